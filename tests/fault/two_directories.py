#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""two_directories.py: a municipality has two directories and one of them does
not respond. A password that the other one rejects counts as a failed login, on
the login page and on the page for a new password."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from client import Client, find_form  # noqa: E402
from stage import check, ctl, end, env, persons  # noqa: E402

CONF = env["PORTVAKT_CONF"]
POLICY = os.path.join(os.path.dirname(CONF), "policies/kongsberg.conf")
HOME = env["PORTVAKT_URL"].rstrip("/")
ADDRESS = "127.10.0.9"  # of no network of the configuration
FAILURES = 5  # then a browser waits
AWAY = "svarer ikke"
WAIT = "vent 4 sekunder"
FRESH = "Blåbærtur over Gausta"

SECOND = """
directory kongsberg-away ldaps://127.0.0.1:1 {
	kind                openldap
	base                "dc=kongsberg,dc=example"
	bind-dn             "cn=portvakt,ou=programs,dc=kongsberg,dc=example"
	secret              @kongsberg
	password-change     self teachers
}
"""
PEOPLE = """
	people from kongsberg-away {
		employees    under "ou=ansatte"
	}

	people from kongsberg {"""


def configure(texts):
    for path, text in texts.items():
        with open(path, "w") as f:
            f.write(text)
    status, output = ctl("reload")
    check(status == 0, "the configuration is reloaded", " ".join(output.split())[-200:])


def log_in(login, password):
    """The page that a new browser gets."""
    return Client(env["PORTVAKT_CA"], ADDRESS).walk(HOME + "/portal", (login, password))[1]


def change(login, password):
    """The same of the page for a new password."""
    client = Client(env["PORTVAKT_CA"], ADDRESS)
    t = find_form(client.walk(HOME + "/portal")[1], 'type="password"')["fields"]["t"]
    _, page = client.walk(f"{HOME}/password?t={t}&m=kongsberg")
    fields = find_form(page, 'name="old"')["fields"]
    fields |= {"login": login, "old": password, "new": FRESH, "again": FRESH}
    return client.send("POST", HOME + "/password", fields)[2]


def guessed(attempt, person, where):
    login, password = person
    pages = [attempt(login, f"gjetning-{n}").lower() for n in range(FAILURES)]
    check(all(AWAY in p for p in pages), f"{where}: a wrong password gets the page of the directory that does not respond")
    page = attempt(login, password).lower()
    check(WAIT in page and "brukerkonto" in page, f"{where}: it was counted, and the next attempt must wait")


def main():
    before = {}
    for path in (CONF, POLICY):
        with open(path) as f:
            before[path] = f.read()
    people = persons("kongsberg", "employee")
    try:
        configure({CONF: before[CONF] + SECOND, POLICY: before[POLICY].replace("\n\tpeople from kongsberg {", PEOPLE, 1)})
        guessed(log_in, people[31], "the login page")
        guessed(change, people[32], "the page for a new password")
    finally:
        configure(before)
    end()


main()
