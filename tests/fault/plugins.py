#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""plugins.py: replaces Tinn's plugin by one that crashes, loops, sleeps,
returns garbage or tries to escape, while Kongsberg's people and Tinn's
employees log in. No one is wrongly permitted, others are unaffected, and
the pupil's page has an error code."""

import hashlib
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from client import Client, Service, url64  # noqa: E402
from stage import TOP, arkiv, check, credential, ctl, end, env, eventually, person, persons, processes  # noqa: E402

# A plugin adds a condition of its own name; all but one would permit in the
# end.
PLUGINS = ("crashes", "aborts", "exits", "loops", "sleeps", "rubbish", "forks", "executes", "connects", "opens", "hungry", "thief")
POLICY = os.path.join(os.path.dirname(env["PORTVAKT_CONF"]), "policies/tinn.conf")
FOLDER = os.path.join(os.path.dirname(os.path.realpath(env["PORTVAKT_CTL"].split()[0])), "plugins")
BACK = env["NOTODDEN_SERVICE_URL"].rstrip("/") + "/redirect_uri"
PUPILS = persons("tinn", "pupil")[:6]


def skole():
    at = urllib.parse.urlsplit(env["PORTVAKT_URL"])
    issuer = f"{at.scheme}://notodden.portvakt.localhost:{at.port}"
    return Service(Client(env["PORTVAKT_CA"]), issuer, "skole", credential("skole"), BACK)


def enter(service, who):
    """To the school's platform: (whether admitted, the page's text)."""
    verifier = url64(secrets.token_bytes(32))
    query = urllib.parse.urlencode({
        "response_type": "code", "client_id": service.id, "redirect_uri": BACK, "scope": "openid", "state": "s",
        "code_challenge_method": "S256", "code_challenge": url64(hashlib.sha256(verifier.encode()).digest())})
    there, text = service.client.walk(service.at["authorization_endpoint"] + "?" + query, who, lambda a: a.startswith(BACK))
    return "code=" in there, re.sub(r"<[^>]*>|\s+", " ", text)


class Load(threading.Thread):
    """People unaffected by Tinn's plugin: complete logins, repeatedly."""

    def __init__(self, who, service):
        super().__init__()
        self.who, self.service, self.stop, self.right, self.wrong, self.slowest = who, service, False, 0, [], 0.0

    def run(self):
        while not self.stop:
            began = time.monotonic()
            try:
                self.service.client.forget()
                self.service.login(self.who)
                self.right += 1
            except Exception as e:  # every failure is counted below
                self.wrong.append(str(e)[-300:])
            self.slowest = max(self.slowest, time.monotonic() - began)
            time.sleep(0.02)


def built(folder):
    for name in PLUGINS:
        subprocess.run(["gcc", "-I", TOP, "-O1", "-fPIC", "-shared", "-o", f"{folder}/{name}.so", f"{TOP}/tests/plugins/{name}.c"], check=True)


def install(folder, name):
    """Makes the municipality's file use another plugin and its condition."""
    target = os.path.join(FOLDER, f"{name}.so")
    shutil.copy(os.path.join(folder, f"{name}.so"), target + ".new")
    os.chmod(target + ".new", 0o644)
    os.rename(target + ".new", target)
    with open(POLICY) as f:
        text = f.read()
    text = re.sub(r"^(\s*plugin\s+)\S+", rf"\g<1>{name}", text, flags=re.M)
    text = re.sub(r"(pupils\s+may enter skole\s+when ).*", rf"\g<1>{name} x", text)
    with open(POLICY, "w") as f:
        f.write(text)
    status, output = ctl("reload")
    if status:
        raise RuntimeError(f"reload with {name}: {output[-300:]}")


def restore(original):
    with open(POLICY, "w") as f:
        f.write(original)
    for name in PLUGINS:
        for path in (os.path.join(FOLDER, f"{name}.so"), os.path.join(FOLDER, f"{name}.so.new")):
            if os.path.exists(path):
                os.remove(path)
    status, output = ctl("reload")
    if status:
        print(f"# reload at the end: {output[-300:]}")


def deaths(name):
    """How often a child died while it evaluated this plugin, by the log."""
    with open(os.path.join(env["DEMO_DIR"], "log/idp.log")) as f:
        return sum(">plugin.worker.crashed " in line and f" condition={name} " in line for line in f)


CODE = re.compile(r"\b[A-Z0-9]{1,4}-\d{4}-[0-9A-Z]{4,}")


# These answer, but never with a permit.
LIVE_ON = ("opens", "rubbish", "thief")


def story(name):
    """The results of six pupils, below the ten deaths after which a plugin is disabled."""
    seen = [(*enter(skole(), who), who[0]) for who in PUPILS]
    let_in = [login for good, _, login in seen if good]
    check(not let_in, f"a plugin that {effect_of(name)} admits no pupil", ", ".join(let_in) or f"{len(seen)} tries")
    silent = [text for good, text, login in seen if not CODE.search(text) or not ("sjekket" in text or "regel" in text or "sjekka" in text)]
    check(not silent, f"a plugin that {effect_of(name)}: the page has a text and an error code", silent[0][-300:] if silent else "")
    if name not in LIVE_ON:
        check(deaths(name) > 0, f"a plugin that {effect_of(name)} was called, and died of it", f"{deaths(name)} deaths")


def effect_of(name):
    words = {"exits": "leaves", "rubbish": "talks rubbish", "hungry": "eats memory", "executes": "becomes another program", "connects": "makes a socket",
             "opens": "opens files", "thief": "claims another's condition"}
    return words.get(name, name)


def main():
    before = processes()
    with open(POLICY) as f:
        original = f.read()
    good = [w for w in PUPILS if enter(skole(), w)[0]]
    check(good and len(good) < len(PUPILS), "with Tinn's own plugin those with a guardian's consent enter, and no others",
          f"{len(good)} of {len(PUPILS)}")
    loads = [Load(w, arkiv()) for w in persons("kongsberg", "employee")[:2] + persons("tinn", "employee")[:1]]
    for load in loads:
        load.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            built(folder)
            for name in PLUGINS:
                install(folder, name)
                story(name)
    finally:
        restore(original)
        for load in loads:
            load.stop = True
        for load in loads:
            load.join()
    wrong = [w for load in loads for w in load.wrong]
    check(not wrong and all(load.right > 20 for load in loads), "no login of other people was affected by any of these plugins",
          wrong[0] if wrong else f"{sum(load.right for load in loads)} logins, slowest {max(load.slowest for load in loads) * 1000:.0f} ms")
    after = processes()
    died = [n for n in before if n in ("web", "signer", "audit") and after.get(n) != before[n]]
    check(not died, "web, signer and audit were unaffected", " ".join(died))
    back = eventually(lambda: good and enter(skole(), good[0])[0], 90, 0.5)
    check(back is not None, "with Tinn's own plugin back its pupils enter again", f"{back:.1f} s" if back is not None else "")
    check(bool(arkiv().login(person("kongsberg"))), "Kongsberg's people log in afterwards")
    end()


main()
