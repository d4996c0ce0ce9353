#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""kills.py: kill -9 of each process during logins: no session is lost,
nothing is signed wrongly, and service resumes at once."""

import os
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from client import Client  # noqa: E402
from stage import again, arkiv, check, ctl, end, env, eventually, people, person, persons, processes, skole, timed  # noqa: E402


class Load(threading.Thread):
    """One person who opens the archive repeatedly, with one retry, as browsers do."""

    def __init__(self, who):
        super().__init__()
        self.service = arkiv()
        self.service.login(who)
        self.stop = False
        self.right, self.second, self.wrong, self.slowest = 0, 0, [], 0.0

    def once(self):
        for again in (0, 1, 2):
            began = time.monotonic()
            try:
                self.service.login()
                self.slowest = max(self.slowest, time.monotonic() - began)
                return again
            except Exception as e:  # every failure is counted below
                said = str(e)
                time.sleep(0.3 * (again + 1))
        self.wrong.append(said[:160])
        return None

    def run(self):
        while not self.stop:
            again = self.once()
            if again == 0:
                self.right += 1
            elif again:
                self.second += 1


def kill(name):
    pid = processes()[name]
    os.kill(pid, signal.SIGKILL)
    return eventually(lambda: processes().get(name, pid) != pid, 5, 0.01)


def storm(name, loads, times, pause):
    before = [(l.right, l.second, len(l.wrong)) for l in loads]
    took = []
    for _ in range(times):
        took.append(kill(name))
        time.sleep(pause)
    right = sum(l.right - b[0] for l, b in zip(loads, before))
    second = sum(l.second - b[1] for l, b in zip(loads, before))
    wrong = [w for l, b in zip(loads, before) for w in l.wrong[b[2]:]]
    check(None not in took, f"{name} is back after kill -9",
          f"{times} kills, slowest {max(t or 9 for t in took) * 1000:.0f} ms as seen from status")
    check(not wrong and right > 0, f"no session is lost when {name} is killed",
          f"{right} right at once, {second} after one retry, {len(wrong)} wrong" + (": " + wrong[0] if wrong else ""))


def ldap_auth(loads):
    """ldap-auth keeps no session: after its death the next login must work."""
    who = person("notodden")
    arkiv().login(who)
    name = "ldap-auth@notodden"
    pid = processes()[name]
    os.kill(pid, signal.SIGKILL)
    took, _ = timed(lambda: eventually(lambda: bool(arkiv().login(who)), 5))
    check(took < 3, "after kill -9 of ldap-auth the next login works", f"{took * 1000:.0f} ms")


def plugin_host():
    """Tinn's pupils with consent are admitted by a plugin in plugin-host@tinn."""
    pupil = next((p["login"], p["password"]) for p in people() if "with a guardian" in p["note"])
    check(eventually(lambda: bool(skole().login(pupil)), 5), "a pupil is admitted by Tinn's plugin host")
    pid = processes()["plugin-host@tinn"]
    os.kill(pid, signal.SIGKILL)
    check(bool(arkiv().login(person("kongsberg"))), "other people log in while Tinn's plugin host is killed")
    took = eventually(lambda: bool(skole().login(pupil)), 5)
    check(took is not None, "after kill -9 of the plugin host its pupils are admitted again", f"{(took or 9) * 1000:.0f} ms")


def redis(loads):
    """A killed Redis with AOF restarts with every session."""
    pid = int(env["PID_REDIS"])
    os.kill(pid, signal.SIGKILL)
    time.sleep(0.2)
    status, _, text = Client(env["PORTVAKT_CA"]).send("GET", env["PORTVAKT_URL"].rstrip("/") + "/portal")
    check(status in (303, 503), "without Redis no login works: the page asks to try again", f"HTTP {status}")
    again("redis")
    lost = [l for l in loads if l.once() is None]
    check(not lost, "no session is lost when Redis is killed and restarts from its AOF",
          f"{len(loads)} sessions" + (f", lost: {lost[0].wrong[-1]}" if lost else ""))


def main():
    who = persons("kongsberg", "employee")[:3]
    loads = [Load(w) for w in who]
    for l in loads:
        l.start()
    time.sleep(1)
    try:
        storm("signer", loads, 5, 1.5)
        storm("audit", loads, 3, 1.0)
        storm("web", loads, 5, 1.5)
        storm("revocation", loads, 2, 1.0)
        storm("admin", loads, 2, 1.0)
        ldap_auth(loads)
        plugin_host()
    finally:
        for l in loads:
            l.stop = True
        for l in loads:
            l.join()
    slowest = max(l.slowest for l in loads)
    check(slowest < 3, "the slowest login during all these kills took less than 3 s", f"{slowest:.2f} s")
    redis(loads)
    end()


main()
