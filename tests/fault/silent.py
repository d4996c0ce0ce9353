#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""silent.py: a directory that accepts LDAPS and never answers, and one that
stalls during the handshake. Its people get a clear page within 3 s;
others are unaffected."""

import os
import signal
import socket
import statistics
import sys
import threading
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from client import Client  # noqa: E402
from stage import again, arkiv, check, end, env, person, persons, processes, timed  # noqa: E402

WINDOWS, EACH = 3, 12


class Stalling(threading.Thread):
    """A proxy to a healthy LDAPS server that forwards a number of bytes of
    its response and then nothing."""

    def __init__(self, port, behind, most):
        super().__init__(daemon=True)
        self.behind, self.most, self.open, self.peak = behind, most, 0, 0
        self.s = socket.socket()
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        for _ in range(100):
            try:
                self.s.bind(("127.0.0.1", port))
                break
            except OSError:
                time.sleep(0.1)
        self.s.listen(64)

    def run(self):
        while True:
            try:
                c, _ = self.s.accept()
            except OSError:
                return
            threading.Thread(target=self.one, args=(c,), daemon=True).start()

    def one(self, c):
        self.open += 1
        self.peak = max(self.peak, self.open)
        with socket.create_connection(self.behind) as b:
            b.sendall(c.recv(65536))
            c.sendall(b.recv(self.most))
            c.settimeout(30)
            try:
                while c.recv(65536):
                    pass
            except OSError:
                pass
        self.open -= 1
        c.close()


def refusal(who):
    """The text that the person gets, and how long it took."""
    client = Client(env["PORTVAKT_CA"])
    service = arkiv(client)
    try:
        service.login(who)
        return "let in"
    except RuntimeError as e:
        return str(e)


def windows(others):
    """Seconds of each login of other municipalities' people."""
    return [timed(lambda w=others[i % len(others)]: arkiv().login(w))[0] for i in range(EACH)]


def crowd(theirs, count=20):
    """A number of its people at once: (seconds, text) each."""
    seen = []
    threads = [threading.Thread(target=lambda w=theirs[i % len(theirs)]: seen.append(timed(lambda: refusal(w))))
               for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return seen


def cpu(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def story(name, silence, speak, others, theirs):
    baseline, disturbed, worst = [], [], 0.0
    for window in range(WINDOWS):
        baseline += windows(others)
        silence()
        stop, busy = threading.Event(), []
        hung = [threading.Thread(target=lambda w=w: (refusal(w), busy.append(1)), daemon=True) for w in theirs[:8]]
        for t in hung:
            t.start()
        time.sleep(0.2)
        these = windows(others)
        disturbed += these
        worst = max(worst, max(these))
        for t in hung:
            t.join(10)
        speak()
        time.sleep(0.3)
        print(f"# {name}, window {window + 1}: median {statistics.median(baseline[-EACH:]) * 1000:.0f} ms quiet, "
              f"{statistics.median(these) * 1000:.0f} ms while it is silent")
    ratio = statistics.median(disturbed) / statistics.median(baseline)
    check(worst < 1, f"{name}: no login of other people takes over 1 s", f"slowest {worst * 1000:.0f} ms")
    print(f"# {name}: median ratio of the others' logins {ratio:.2f}")
    silence()
    took, text = timed(lambda: refusal(theirs[0]))
    check(took < 3.3 and "let in" not in text, f"{name}: its people get a page within 3 s", f"{took:.2f} s: {text[-150:]}")
    seen = crowd(theirs)
    quick = [s for s, _ in seen if s < 2.2]
    check(all(s < 3.6 for s, _ in seen), f"{name}: of twenty at once none waits longer", f"slowest {max(s for s, _ in seen):.2f} s")
    check(len(quick) >= len(seen) - 8, f"{name}: it occupies no more than its 8 slots", f"{len(quick)} of {len(seen)} waited for a slot")
    check(not any("let in" in t for _, t in seen), f"{name}: no one is logged in without a verified password")
    pids = [p for n, p in processes().items() if n in ("web", "ldap-auth@notodden")]
    before = sum(cpu(p) for p in pids)
    time.sleep(2)
    used = sum(cpu(p) for p in pids) - before
    check(used < 0.5, f"{name}: no process spins afterwards", f"{used:.2f} s of CPU in 2 s")
    speak()


def main():
    others = persons("kongsberg", "employee")[:6]
    theirs = persons("notodden", "employee")[:20]
    arkiv().login(theirs[0])
    pid = int(env["PID_SLAPD_NOTODDEN"])
    story("a silent directory", lambda: os.kill(pid, signal.SIGSTOP), lambda: os.kill(pid, signal.SIGCONT), others, theirs)
    time.sleep(1)
    took, text = timed(lambda: refusal(theirs[1]))
    check(text == "let in", "when it answers again its people log in", f"{took:.2f} s {text[-100:] if text != 'let in' else ''}")
    port = urllib.parse.urlsplit(env["DIRECTORY_NOTODDEN_URI"]).port
    behind = ("127.0.0.1", urllib.parse.urlsplit(env["DIRECTORY_KONGSBERG_URI"]).port)
    running = {"stall": None, "slapd": pid}

    def silence():
        os.kill(running["slapd"], signal.SIGTERM)
        time.sleep(0.8)
        running["stall"] = Stalling(port, behind, 60)
        running["stall"].start()

    def speak():
        if running["stall"]:
            running["stall"].s.shutdown(socket.SHUT_RDWR)
            running["stall"].s.close()
            running["stall"] = None
            time.sleep(0.3)
            again("notodden")
            running["slapd"] = int(env["PID_SLAPD_NOTODDEN"])
            time.sleep(1)

    global WINDOWS
    WINDOWS = 2
    story("a directory that stalls in the handshake", silence, speak, others, theirs)
    end()


main()
