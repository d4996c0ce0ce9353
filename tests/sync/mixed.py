# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stages whose municipalities have directories of other kinds than slapd."""
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)
from stage import Stage  # noqa: E402

sys.path += [os.path.join(os.path.dirname(HERE), "kit"), os.path.join(os.path.dirname(HERE), "fake")]


class Mixed(Stage):
    """sources: NAME -> function of the stage, the name and a folder that
    returns the directory, with uri, start() and stop(). settings: NAME ->
    lines for its directory { }; without: which of the usual ones are left
    out there."""

    def __init__(self, folder, programs, sources=None, settings=None, without=(), **more):
        self.sources, self.settings, self.without = sources or {}, settings or {}, without
        super().__init__(folder, programs, **more)

    def start_source(self, name):
        if name not in self.sources:
            super().start_source(name)
            return
        sub = os.path.join(self.folder, name)
        os.makedirs(sub)
        self.slapd[name] = self.sources[name](self, name, sub)

    def configure(self, grace):
        super().configure(grace)
        text = open(self.conf).read()
        for name, lines in self.settings.items():
            head, tail = text.split("directory %s " % name, 1)
            block, rest = tail.split("\n}\n", 1)
            kept = [line for line in block.splitlines() if not any(w in line for w in self.without)]
            text = head + "directory %s " % name + "\n".join(kept + ["\t" + line for line in lines]) + "\n}\n" + rest
        with open(self.conf, "w") as out:
            out.write(text)
