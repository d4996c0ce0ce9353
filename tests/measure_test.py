#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""measure_test.py: tests/measure finds each breach in a small tree made for it,
and none in a tree without one."""
import os
import subprocess
import sys
import tempfile

MEASURE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "measure")
CALLS = "int {0}(void);\nint {1}(void);\nint {0}(void)\n{{\n\treturn {1}();\n}}\n"
PLAIN = "int {0}(void);\nint {0}(void)\n{{\n\treturn 0;\n}}\n"
LONG = "int {0}(void)\n{{\n" + "\tputs(\"\");\n" * 60 + "}}\n"

CASES = [  # sentence, {file: text}, the breach printed ("" for none)
    ("a tree within the limits has no breach", {"lib/a.c": CALLS.format("a", "b"), "lib/b.c": PLAIN.format("b")}, ""),
    ("a function over 60 lines is found", {"lib/a.c": LONG.format("a")}, "function over 60 lines: a in lib/a.c"),
    ("a file over 600 lines is found", {"lib/a.h": "\n" * 601}, "file over 600 lines: lib/a.h"),
    ("a room over 22 .c files is found", {f"lib/a{i}.c": PLAIN.format(f"a{i}") for i in range(23)}, "room over 22 .c files: lib (23)"),
    ("a cycle between two files of a room is found", {"lib/a.c": CALLS.format("a", "b"), "lib/b.c": CALLS.format("b", "a")},
     "cycle between files: lib/a.c -> lib/b.c by b"),
    ("a cycle between three files of a room is found",
     {"lib/a.c": CALLS.format("a", "b"), "lib/b.c": CALLS.format("b", "c"), "lib/c.c": CALLS.format("c", "a")},
     "cycle between files: lib/c.c -> lib/a.c by a"),
    ("a cycle between folders is found",
     {"lib/a.c": CALLS.format("a", "b"), "lib/x/b.c": CALLS.format("b", "c"), "lib/c.c": PLAIN.format("c")},
     "cycle between folders: lib -> lib/x by a.c: b"),
    ("a function in a table is found by its header",
     {"lib/a.c": CALLS.format("a", "b"), "lib/a.h": "int a(void);\n", "lib/b.c": '#include "lib/a.h"\nint (*t[])(void) = { a };\n' + PLAIN.format("b")},
     "cycle between files: lib/b.c -> lib/a.c by a"),
    ("a variable or a member of that name is no call",
     {"lib/a.c": CALLS.format("a", "b"), "lib/b.c": "int x(struct s *s, int a);\nint b(void);\nint b(void)\n{\n\treturn s->a() + a;\n}\n"}, ""),
    ("a name in a comment or a string is no call",
     {"lib/a.c": CALLS.format("a", "b"), "lib/b.c": "/* a() */\n" + PLAIN.format("b").replace("return 0", 'return *"a"')}, ""),
    ("a static function of the same name is no call",
     {"lib/a.c": CALLS.format("a", "b"), "lib/b.c": "static int a(void)\n{\n\treturn 0;\n}\n" + CALLS.format("b", "a").replace("int a(void);\n", "")}, ""),
]


def output_of(tree):
    """Exit status and output of tests/measure on a tree {path: text}."""
    with tempfile.TemporaryDirectory() as folder:
        for path, text in tree.items():
            os.makedirs(os.path.join(folder, os.path.dirname(path)), exist_ok=True)
            with open(os.path.join(folder, path), "w", encoding="utf-8") as f:
                f.write(text)
        run = subprocess.run([MEASURE, folder], capture_output=True, text=True)
        return run.returncode, run.stdout + run.stderr


failed = False
for sentence, tree, breach in CASES:
    status, output = output_of(tree)
    good = (status == 1 and breach in output) if breach else (status == 0 and "no breach of a limit" in output)
    print(f"{'ok' if good else 'not ok'} - {sentence}")
    if not good:
        failed = True
        print("    " + output.replace("\n", "\n    "))
sys.exit(failed)
