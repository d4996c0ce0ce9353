#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""descriptors.py: portvakt-web with no descriptor left: it waits without using
the processor, logs it once, and serves again by itself."""

import os
import shutil
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from client import Client  # noqa: E402
from stage import check, configuration, end, env, eventually, processes  # noqa: E402

HELD_SECONDS, BUSY_SHARE = 3, 0.1


def open_descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def allow(pid, descriptors):
    """Sets the soft limit, as the user of the process: root may not be permitted to."""
    subprocess.run(["setpriv", "--reuid", "portvakt-web", "--regid", "portvakt-web", "--clear-groups",
                    "prlimit", "--pid", str(pid), f"--nofile={descriptors}:"], check=True)


def page():
    try:
        return Client(env["PORTVAKT_CA"]).send("GET", env["PORTVAKT_ISSUER"] + "/.well-known/openid-configuration")[0]
    except OSError:
        return None


def shortages():
    with open(f"{env['DEMO_DIR']}/log/idp.log", errors="replace") as f:
        return f.read().count("process.accept_failed")


def shortage(pid, spare, whole):
    """With so many descriptors left, connections are opened and held."""
    before = shortages()
    allow(pid, open_descriptors(pid) + spare)
    held = [socket.socket(socket.AF_UNIX) for _ in range(20)]
    for s in held:
        s.connect(configuration("runtime-directory") + "/http")
    time.sleep(0.5)
    began = processor_seconds(pid)
    time.sleep(HELD_SECONDS)
    used = processor_seconds(pid) - began
    check(used < HELD_SECONDS * BUSY_SHARE, f"with {spare} descriptors left and 20 connections web waits, and is not busy", f"{used:.2f} s of {HELD_SECONDS}")
    check(shortages() == before + 1, "it is logged, once", shortages() - before)
    allow(pid, whole)
    check(eventually(lambda: page() == 200, 10), "with descriptors it serves again by itself", page())
    for s in held:
        s.close()


def main():
    if os.geteuid() != 0 or not shutil.which("prlimit"):
        print("skip - a web process without descriptors (root is needed)")
        return
    pid = processes()["web"]
    with open(f"/proc/{pid}/limits") as f:
        whole = next(int(line.split()[3]) for line in f if line.startswith("Max open files"))
    check(page() == 200, "web serves a page")
    for spare in (0, 3):
        eventually(lambda: False, 1)
        shortage(pid, spare, whole)
    check(processes()["web"] == pid, "and it is the same process")


if __name__ == "__main__":
    main()
    end()
