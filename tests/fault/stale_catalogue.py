#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""stale_catalogue.py: the catalogue is stopped for longer than max-staleness.
Who is logged in stays so, and enters no other service."""

import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from client import Client  # noqa: E402
from stage import arkiv, check, ctl, end, env, eventually, person, skole  # noqa: E402

CONF = env["PORTVAKT_CONF"]
LOG = os.path.join(os.path.dirname(CONF), "../log/idp.log")
PORTAL = env["PORTVAKT_URL"].rstrip("/") + "/portal"
LIMIT = 10
PROBE = 25  # seconds until portvakt-revocation notices a silent connection


def logged(event):
    with open(LOG) as f:
        return sum(event in line for line in f)


def configure(text):
    with open(CONF, "w") as f:
        f.write(text)
    status, output = ctl("reload")
    check(status == 0, "the configuration is reloaded", " ".join(output.split())[-80:])


def signed_in():
    """A browser in which a person uses the archive."""
    service = arkiv(Client(env["PORTVAKT_CA"]))
    service.login(person("notodden"))
    return service


def refusal(service):
    """The text of the page instead of a login; None if it succeeds."""
    try:
        service.login()
    except RuntimeError as page:
        return str(page)
    return None


def stopped(using):
    began = time.monotonic()
    alarm = eventually(lambda: logged("revocation.catalogue_unreached") > 0, 3 * PROBE)
    check(alarm is not None, "an alarm in the log", f"after {time.monotonic() - began:.0f} s")
    time.sleep(LIMIT)
    check(refusal(skole(using.client)) is not None, "a service not used yet is not entered")
    page = using.client.walk(skole_address(using))[1]
    check("har ikke nådd personregisteret" in page, "and a page gives the reason", re.sub(r"<[^>]*>|\s+", " ", page)[-300:])
    code = re.search(r"\bA-\d{4}-\w{4}\b", page)
    status, event = ctl("audit", "show", code.group(0)) if code else (1, "no receipt code")
    check(status == 0 and "catalogue-stale" in event, "the reason is in the audit log", " ".join(event.split())[:160])
    check(refusal(using) is None, "the service in use is entered again")
    check("Mine tjenester" in using.client.walk(PORTAL)[1], "and the portal is open")
    check(logged("revocation.catalogue_unreached") == 1, "the alarm is logged once")


def skole_address(using):
    """An authorization request of the school's service."""
    at = skole(using.client)
    return (at.at["authorization_endpoint"] + "?response_type=code&scope=openid&client_id=skole&state=s&nonce=n"
            "&code_challenge_method=S256&code_challenge=" + "x" * 43 + "&redirect_uri=" + at.redirect)


def main():
    with open(CONF) as f:
        before = f.read()
    configure(before.replace("\t\tbase    \"dc=kong", f"\t\tmax-staleness {LIMIT}s\n\t\tbase    \"dc=kong", 1))
    time.sleep(5)
    using = signed_in()
    catalogue = int(env["PID_CATALOGUE"])
    os.kill(catalogue, signal.SIGSTOP)
    try:
        stopped(using)
    finally:
        os.kill(catalogue, signal.SIGCONT)
    late = eventually(lambda: refusal(skole(using.client)) is None, 45, 1)
    check(late is not None, "when the catalogue is back the service is entered", f"after {late or 0:.0f} s")
    check(logged("revocation.catalogue_reached") == 1, "and the log has it")
    configure(before)
    end()


main()
