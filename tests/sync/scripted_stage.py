# SPDX-License-Identifier: AGPL-3.0-or-later
"""Stages with scripted directories, and their assertions."""
import glob
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import canonical  # noqa: E402
from mixed import Mixed  # noqa: E402,F401
import answers  # noqa: E402
import scripted  # noqa: E402

PEOPLE = 10
failed = []


def check(good, sentence, why=""):
    print(("ok - " if good else "not ok - ") + sentence + (" (%s)" % why if why else ""), flush=True)
    if not good:
        failed.append(sentence)


def within(stage, what, sentence, seconds=3.0):
    took = stage.wait(what, seconds + 3)
    check(took is not None and took <= seconds, sentence, "never" if took is None else "%.2f s" % took)


# ---- scripted directories

class Scripted:
    """A fake directory with content and a script of responses; after the
    script it answers as slapd does."""

    def __init__(self, where, content, tls=None):
        self.content, self.script, self.lock, self.usual = content, [], threading.Lock(), answers.slapd
        self.fake = scripted.Fake(where, self.answer, tls)
        self.uri, self.start, self.stop = self.fake.uri, self.fake.start, self.fake.stop

    def answer(self, search):
        if search.scope == 0:
            answers.base(search, self.content)
            return
        with self.lock:
            now = self.script.pop(0) if self.script else self.usual
        now(search, self.content)

    def play(self, *script):
        with self.lock:
            self.script = list(script)
        self.fake.hang_up()

    def is_over(self):
        return not self.script


def content_of(stage, name):
    content = answers.Content("dc=%s,dc=example" % name)
    for entry in canonical.read(stage.source_ldif(name)):
        dn = entry.pop("dn")[0]
        if "inetOrgPerson" in entry["objectClass"]:
            entry["objectClass"].append("person")
        content.put(dn, entry)
    return content


def scripted_source(stage, name, folder):
    return Scripted(os.path.join(folder, "ldapi"), content_of(stage, name))


def good_then_cut(search, content):
    threading.Timer(0.15, search.line.close).start()
    answers.slapd(search, content)


def ended(code, text="", *controls, **more):
    def answer(search, content):
        with content.lock:
            entries = list(content.entries.items())[:10]
        for uuid, (dn, attributes) in entries:
            search.entry(dn, attributes, scripted.state(scripted.ADD, uuid))
        search.done(code, text, *controls, **more)
    return answer


# ---- assertions

def active(stage, name):
    return len(stage.entries("(&(portvaktDirectory=%s)(portvaktStatus=active))" % name))


def title(stage, login):
    entry = stage.affiliation(login)
    return entry.get("title", [None])[0] if entry else None


def suspensions(stage):
    out = []
    for path in sorted(glob.glob(os.path.join(stage.folder, "state", "sync", "journal*"))):
        with open(path) as f:
            out += [line for line in f if "suspended" in line]
    return out


def log_of(stage):
    with open(os.path.join(stage.folder, "sync.log")) as f:
        return f.read()


def alive(stage, name, sentence, seconds=6.0):
    """A change arrives, and no one was suspended."""
    content = stage.slapd[name].content
    dn, login = "uid=%s001,ou=elever,%s" % (name[0], content.base), name[0] + "001"
    stage.mark = getattr(stage, "mark", 0) + 1
    _, attributes = next(e for e in content.entries.values() if e[0] == dn)
    content.put(dn, dict(attributes, title=["Merke %d" % stage.mark]))
    within(stage, lambda: title(stage, login) == "Merke %d" % stage.mark, sentence, seconds)
    check(active(stage, name) == PEOPLE, "... and no one is suspended", "%d of %d" % (active(stage, name), PEOPLE))


def after(stage, name, sentence, *script, seconds=8.0):
    """The directory answers wrongly, and then correctly."""
    directory = stage.slapd[name]
    directory.play(*script)
    stage.wait(directory.is_over, seconds)
    alive(stage, name, sentence, seconds)


def one_after_another(stage, name, *broken):
    """Each followed by a correct one, so that the connector does not wait longer and longer."""
    stage.slapd[name].play(*(one for b in broken for one in (b, good_then_cut)))
    stage.wait(stage.slapd[name].is_over, 3 + 2 * len(broken))


def timed(what, *args):
    began = time.monotonic()
    what(*args)
    print("# %s: %.1f s" % (what.__name__, time.monotonic() - began), flush=True)
