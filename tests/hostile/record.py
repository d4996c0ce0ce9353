#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""record.py: somebody with a hand on the disk changes what the record says.
`portvaktctl record verify` tells, and names the line."""

import glob
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "kit"))
from stage import check, configuration, ctl, end  # noqa: E402


def changed(path, change):
    """The verdict while the file is changed, and whether it is whole after."""
    with open(path, "rb") as f:
        before = f.read()
    try:
        with open(path, "r+b") as f:
            f.write(change(before))
        status, said = ctl("record", "verify", "kongsberg")
    finally:
        with open(path, "r+b") as f:
            f.write(before)
    return status != 0 and "WRONG" in said and os.path.basename(path) in said, said


def main():
    status, said = ctl("record", "verify")
    check(status == 0 and "WRONG" not in said and said.count("whole") == 4, "the record of the region and of each municipality is whole", said.splitlines()[0])
    path = sorted(glob.glob(os.path.join(configuration("state"), "record/kongsberg/*.jsonl")))[-1]
    found, said = changed(path, lambda b: b.replace(b'"refused"', b'"entered"', 1) if b'"refused"' in b else b.replace(b'"login"', b'"nigol"', 1))
    check(found, "a word that was changed is found, and its line named", said.strip()[:160])
    lines = open(path, "rb").read().count(b"\n")
    found, said = changed(path, lambda b: b"".join([b.splitlines(True)[1], b.splitlines(True)[0], *b.splitlines(True)[2:]]))
    check(found or lines < 2, "two lines that changed places are found", said.strip()[:160])
    status, said = ctl("record", "verify", "kongsberg")
    check(status == 0, "what was put back is whole", said.strip())
    status, said = ctl("record", "verify", "flesberg")
    check(status != 0, "a municipality that is none has no record", said.strip())
    end()


main()
