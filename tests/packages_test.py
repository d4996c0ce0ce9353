#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""packages_test.py: what the tree contains of other projects is unchanged."""
import filecmp
import os
import subprocess
import sys
import tempfile

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
failed = False


def result(passed, sentence):
    global failed
    print(("ok - " if passed else "not ok - ") + sentence)
    failed = failed or not passed


def style_sheets():
    """Those of the tree are what `renew` makes of the npm packages."""
    ours = os.path.join(TREE, "idp/page/designsystemet")
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([os.path.join(ours, "renew"), os.path.join(TREE, "build/npm/node_modules"), folder], check=True)
        compared = filecmp.cmpfiles(ours, folder, os.listdir(folder), shallow=False)
        for name in compared[1] + compared[2]:
            print(f"    {name} differs")
        result(len(compared[0]) > 2 and not compared[1] + compared[2], "the style sheets are those of the npm packages")


style_sheets()
sys.exit(failed)
