#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""lockout.py: failed logins make new browsers wait, for an account and for one
password that is tried on many accounts. The log has an alarm once, and an
operator ends it."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from client import Client  # noqa: E402
from stage import check, ctl, end, env, persons  # noqa: E402

LOG = os.path.join(os.path.dirname(env["PORTVAKT_CONF"]), "../log/idp.log")
PORTAL = env["PORTVAKT_URL"].rstrip("/") + "/portal"
WAIT = "vent 4 sekunder"
WRONG = "brukernavnet eller passordet er feil"
ADDRESS = "127.10.0.7"  # of no network of the configuration
FAILURES = 5  # then a browser waits
ALARM = 10  # failed and refused logins
SAME_PASSWORD = 10
SAME_ALARM = 50
UNKNOWN = 15


def lines(event):
    with open(LOG) as f:
        return [line for line in f if line[3:].startswith(event + " ")]


def log_in(login, password, address=ADDRESS):
    """The page that a new browser gets."""
    return Client(env["PORTVAKT_CA"], address).walk(PORTAL, (login, password))[1]


def is_in(page):
    return "Mine tjenester" in page


def account(login, password):
    before = len(lines("login.account_locked"))
    tried = [log_in(login, f"gjetning-{n}").lower() for n in range(FAILURES)]
    check(all(WRONG in p for p in tried), "five failed logins are tried")
    refused = [log_in(login, password) for _ in range(ALARM - FAILURES)]
    check(not any(is_in(p) for p in refused) and all(WAIT in p.lower() and "brukerkonto" in p for p in refused),
          "then a new browser must wait, with the right password too, and the page says that it is the account")
    check(len(lines("login.account_locked")) == before, "up to ten failed and refused logins there is no alarm")
    for _ in range(3):
        log_in(login, password)
    alarms = lines("login.account_locked")
    check(len(alarms) == before + 1, "beyond, the alarm is logged once", alarms[-1].strip() if alarms else "")
    check(login.partition("@")[0] not in "".join(alarms), "without the login name")
    status, output = ctl("lockout", "clear", login)
    check(status == 0 and f"{FAILURES} failed logins cleared" in output, "portvaktctl lockout clear sets the count to zero", " ".join(output.split()))
    code = output.split()[1] if output.startswith("receipt ") else ""
    status, event = ctl("audit", "show", code)
    check(status == 0 and "lockout clear" in event, "the command is in the audit log", " ".join(event.split())[:120])
    check(is_in(log_in(login, password)), "and the person is in")


def spraying(names, password):
    before = len(lines("login.spraying"))
    pages = [log_in(name, password).lower() for name in names[:SAME_ALARM]]
    check(sum(WRONG in p for p in pages) == SAME_PASSWORD, "a password is tried on ten accounts", str(sum(WRONG in p for p in pages)))
    check(all(WAIT in p and "nettverket ditt" in p for p in pages[SAME_PASSWORD:]), "then it must wait, and the page says that it is the network")
    check(len(lines("login.spraying")) == before, "a password on fifty accounts is no alarm yet")
    for name in names[SAME_ALARM:]:
        log_in(name, password)
    alarms = lines("login.spraying")
    check(len(alarms) == before + 1 and f"address={ADDRESS}" in alarms[-1], "on more it is, once", alarms[-1].strip() if alarms else "")
    check(password not in "".join(alarms), "without the password")


def unknown(address):
    before = len(lines("login.unknown_names"))
    for n in range(UNKNOWN):
        check_none = len(lines("login.unknown_names")) == before
        log_in(f"gjettet.navn.{n}@tinn.example", f"gjetning-{n}", address)
    alarms = lines("login.unknown_names")
    check(check_none and len(alarms) == before + 1 and f"address={address}" in alarms[-1], "fifteen login names that no directory has are logged, once", alarms[-1].strip() if alarms else "")
    check("gjettet" not in "".join(alarms), "without the names")


def main():
    kongsberg = persons("kongsberg", "employee")
    account(*kongsberg[30])
    spraying([f"finnes.ikke.{n}@tinn.example" for n in range(SAME_ALARM + 3)], "Sommerferie-2026")
    unknown("127.10.0.8")
    status, output = ctl("lockout", "clear", ADDRESS)
    check(status == 0 and f"{ADDRESS}: " in output and "failed logins cleared" in output, "the count of an address is cleared", " ".join(output.split()))
    status, output = ctl("lockout", "clear", ADDRESS)
    check(f"{ADDRESS}: 0 failed logins cleared" in output, "and is zero then", " ".join(output.split()))
    page = log_in("finnes.ikke.mer@tinn.example", "Sommerferie-2026")
    check(WRONG in page.lower(), "and that of its passwords: it is tried again")
    status, output = ctl("lockout", "clear", "finnes.ikke@tinn.example")
    check(status != 0, "an unknown person is an error", " ".join(output.split()))
    end()


main()
