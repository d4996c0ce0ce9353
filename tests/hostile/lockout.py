#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""lockout.py: an account is locked by failed logins, and one password is tried
on many accounts. The log has an alarm once, and an operator ends the lock-out."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from client import Client  # noqa: E402
from stage import check, ctl, end, env, persons  # noqa: E402

LOG = os.path.join(os.path.dirname(env["PORTVAKT_CONF"]), "../log/idp.log")
PORTAL = env["PORTVAKT_URL"].rstrip("/") + "/portal"
LOCKED = "for mange"
ADDRESS = "127.10.0.7"  # of no network of the configuration
FAILURES = 10
SAME_PASSWORD = 50


def lines(event):
    with open(LOG) as f:
        return [line for line in f if line[3:].startswith(event + " ")]


def log_in(login, password):
    """The page that a new browser gets."""
    return Client(env["PORTVAKT_CA"], ADDRESS).walk(PORTAL, (login, password))[1]


def is_in(page):
    return "Mine tjenester" in page


def account(login, password):
    before = len(lines("login.account_locked"))
    for n in range(FAILURES):
        log_in(login, f"gjetning-{n}")
    check(len(lines("login.account_locked")) == before, "up to the limit there is no alarm")
    refused = [log_in(login, password) for _ in range(3)]
    check(not any(is_in(p) for p in refused) and all(LOCKED in p.lower() for p in refused), "after ten failed logins a new browser is refused, with the right password too")
    alarms = lines("login.account_locked")
    check(len(alarms) == before + 1, "and the alarm is logged once", alarms[-1].strip() if alarms else "")
    check(login.partition("@")[0] not in "".join(alarms), "without the login name")
    status, output = ctl("lockout", "clear", login)
    check(status == 0 and f"{FAILURES} failed logins cleared" in output, "portvaktctl lockout clear sets the count to zero", " ".join(output.split()))
    code = output.split()[1] if output.startswith("receipt ") else ""
    status, event = ctl("audit", "show", code)
    check(status == 0 and "lockout clear" in event, "the command is in the audit log", " ".join(event.split())[:120])
    check(is_in(log_in(login, password)), "and the person is in")


def spraying(names, password):
    before = len(lines("login.spraying"))
    for name in names[:SAME_PASSWORD]:
        log_in(name, password)
    check(len(lines("login.spraying")) == before, "a password on fifty accounts is no alarm yet")
    for name in names[SAME_PASSWORD:]:
        page = log_in(name, password)
    alarms = lines("login.spraying")
    check(len(alarms) == before + 1 and f"address={ADDRESS}" in alarms[-1], "on more it is, once", alarms[-1].strip() if alarms else "")
    check(LOCKED in page.lower(), "and the page refuses")
    check(password not in "".join(alarms), "without the password")


def main():
    kongsberg = persons("kongsberg", "employee")
    account(*kongsberg[30])
    spraying([f"finnes.ikke.{n}@tinn.example" for n in range(SAME_PASSWORD + 3)], "Sommerferie-2026")
    status, output = ctl("lockout", "clear", ADDRESS)
    check(status == 0 and f"{ADDRESS}: " in output and "failed logins cleared" in output, "the count of an address is cleared", " ".join(output.split()))
    status, output = ctl("lockout", "clear", ADDRESS)
    check(f"{ADDRESS}: 0 failed logins cleared" in output, "and is zero then", " ".join(output.split()))
    status, output = ctl("lockout", "clear", "finnes.ikke@tinn.example")
    check(status != 0, "an unknown person is an error", " ".join(output.split()))
    end()


main()
