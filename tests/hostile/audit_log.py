#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""audit_log.py: edits the audit log on disk. `portvaktctl audit verify` must
find each change and name the line."""

import glob
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kit"))
from stage import arkiv, check, configuration, ctl, end, person  # noqa: E402


def changed(path, change):
    """Verifies while the file is changed: (whether the change was found, the output)."""
    with open(path, "rb") as f:
        before = f.read()
    try:
        with open(path, "r+b") as f:
            f.write(change(before))
        status, output = ctl("audit", "verify", "kongsberg")
    finally:
        with open(path, "r+b") as f:
            f.write(before)
    return status != 0 and "FAILED" in output and os.path.basename(path) in output, output


def main():
    for _ in range(2):
        check(bool(arkiv().login(person("kongsberg"))), "a person logs in, so that there is something to change")
    status, output = ctl("audit", "verify")
    check(status == 0 and "FAILED" not in output and output.count("verified") == 4, "the audit logs of the region and of each municipality are intact", output.splitlines()[0])
    path = sorted(glob.glob(os.path.join(configuration("state-directory"), "audit/kongsberg/*.jsonl")))[-1]
    found, output = changed(path, lambda b: b.replace(b'"refused"', b'"entered"', 1) if b'"refused"' in b else b.replace(b'"login"', b'"nigol"', 1))
    check(found, "a changed value is found, with its line number", output.strip()[:160])
    lines = open(path, "rb").read().count(b"\n")
    found, output = changed(path, lambda b: b"".join([b.splitlines(True)[1], b.splitlines(True)[0], *b.splitlines(True)[2:]]))
    check(found or lines < 2, "two swapped lines are found", output.strip()[:160])
    status, output = ctl("audit", "verify", "kongsberg")
    check(status == 0, "the restored audit log is intact", output.strip())
    status, output = ctl("audit", "verify", "flesberg")
    check(status != 0, "an unknown municipality has no audit log", output.strip())
    end()


main()
