#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""links.py: sends portvakt-admin what a compromised web process would: links of
people who are not one, malformed ones, and commands. Admin records only what
the catalogue confirms, once."""

import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kit"))
from stage import ask, check, ctl, end, env  # noqa: E402

STATUS, COMMAND, LINK_PROVED, ERROR = 0x03, 0x50, 0x53, 0xFF
NOBODY = 65534
RECEIPT = "A-0101-TEST"


def report(person, affiliations, **more):
    body = {"conf": ask("admin", STATUS, {})[1]["hash"][:16], "person": person, "affiliations": affiliations, "how": "pwd", "receipt": RECEIPT}
    body |= more
    kind, reply = ask("admin", LINK_PROVED, {name: value for name, value in body.items() if value is not None})
    return kind != ERROR, reply


def links():
    """The number of links of this test in the catalogue."""
    found = subprocess.run(
        ["ldapsearch", "-LLL", "-x", "-H", env["CATALOGUE_URI"], "-D", env["CATALOGUE_BIND"], "-w", env["CATALOGUE_PASSWORD"],
         "-b", "ou=decisions," + env["CATALOGUE_BASE"], "(&(portvaktDecides=link)(portvaktReason=both passwords in one session, receipt %s))" % RECEIPT, "1.1"],
        capture_output=True, text=True, env={**os.environ, "LDAPTLS_CACERT": env["PORTVAKT_CA"]}, check=True)
    return found.stdout.count("dn: ")


def shown(login):
    """A person's id, and the ids of the affiliations."""
    output = ctl("person", "show", login)[1]
    return re.search(r"^person +(\S+)", output, re.M)[1], re.findall(r"^affiliation +(\S+)", output, re.M)


def as_other_user(kind):
    """Whether a user that is neither web nor an operator gets a reply."""
    pid = os.fork()
    if pid == 0:
        os.setuid(NOBODY)
        try:
            os._exit(0 if ask("admin", kind, {"args": ["person", "show", "x"]})[1] else 1)
        except OSError:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def main():
    ase, own = shown("ase.ostby@kongsberg.example")
    kjell, his = shown("kjell.kvitveisheim@tinn.example")
    refused = {
        "two people's affiliations": report(ase, [own[0], his[0]]),
        "the other person": report(kjell, own),
        "one affiliation twice": report(ase, [own[0], own[0]]),
        "one affiliation": report(ase, own[:1]),
        "three": report(ase, own + his),
        "an unknown person": report("7c776cbb-0000-4000-8000-e2de59ae4281", own),
        "a filter as person": report("*", own),
        "no person": report(None, own),
        "numbers for ids": report(ase, [1, 2]),
        "no receipt": report(ase, own, receipt=None),
        "a long receipt": report(ase, own, receipt=RECEIPT * 30),
        "a receipt with a line break": report(ase, own, receipt=RECEIPT + "\nportvaktBy: x"),
        "an unknown method": report(ase, own, how="spoken"),
        "an unknown configuration": report(ase, own, conf="0" * 16),
    }
    taken = [name for name, (good, _) in refused.items() if good]
    check(not taken and links() == 0, "admin records no link that the catalogue does not confirm, and no malformed one", ", ".join(taken))
    results = [report(ase, own)[0], report(ase, own[::-1])[0], report(ase, own)[0]]
    check(all(results) and links() == 1, "a link of one person's two municipalities is recorded once", f"{results} {links()}")
    if os.geteuid() == 0:
        check(not as_other_user(LINK_PROVED) and not as_other_user(COMMAND), "admin answers no user but web and operators")
    end()


main()
