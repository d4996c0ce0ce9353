#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""keys.py: searches the memory of the running processes for primes of our
keys outside the signer, and for national numbers outside the processes
that need them."""

import glob
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from stage import arkiv, check, configuration, end, env, person, processes  # noqa: E402


def primes():
    """Both primes of every RSA key of the signer."""
    found = []
    for path in glob.glob(os.path.join(configuration("state-directory"), "signer", "**", "*"), recursive=True):
        if not os.path.isfile(path):
            continue
        out = subprocess.run(["openssl", "rsa", "-in", path, "-noout", "-text"], capture_output=True, text=True).stdout
        for m in re.finditer(r"^prime[12]:\n((?:    .*\n)+)", out, re.M):
            found.append(bytes.fromhex(re.sub(r"[\s:]", "", m.group(1))).lstrip(b"\0"))
    return found


def memory(pid):
    """The readable memory of a process, mapping by mapping."""
    with open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            m = re.match(r"([0-9a-f]+)-([0-9a-f]+) r", line)
            if not m or "[vvar" in line or "[vsyscall" in line:
                continue
            start, stop = (int(x, 16) for x in m.groups())
            try:
                mem.seek(start)
                yield mem.read(stop - start)
            except (OSError, ValueError, OverflowError):
                pass


def holds_any(pid, needles):
    return any(n in part for part in memory(pid) for n in needles)


def numbers():
    """The national numbers of the demo's people."""
    out = subprocess.run(
        ["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-H", env["DIRECTORY_TINN_URI"], "-D", env["DIRECTORY_TINN_BIND"],
         "-w", env["DIRECTORY_TINN_PASSWORD"], "-b", env["DIRECTORY_TINN_BASE"], "(norEduPersonNIN=*)", "norEduPersonNIN"],
        capture_output=True, text=True, env=dict(os.environ, LDAPTLS_CACERT=env["PORTVAKT_CA"])).stdout
    return [n.encode() for n in re.findall(r"norEduPersonNIN: (\d{11})", out)]


def children(pid):
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as f:
            return [int(c) for c in f.read().split()]
    except OSError:
        return []


def main():
    for kind in ("employee", "pupil"):
        try:
            arkiv().login(person("tinn", kind))
        except RuntimeError:
            pass  # a pupil may be denied: the password was processed all the same
    running = processes()
    secret = primes()
    needles = [n for p in secret for n in (p, p[::-1])]
    check(len(secret) >= 4, "the signer's keys were found on disk", f"{len(secret)} primes")
    check(holds_any(running["signer"], needles), "the scan finds primes in the signer, where they are")
    for name, pid in sorted(running.items()):
        if name in ("signer", "id-crypto") or name.startswith("haproxy"):
            continue
        check(not holds_any(pid, needles), f"no prime in the memory of {name}")
    national = numbers()
    check(len(national) > 10, "national numbers were found in Tinn's directory", f"{len(national)}")
    for name in ("web", "provisioner"):
        check(not holds_any(running[name], national), f"no national number in the memory of {name}")
    demo = os.path.dirname(os.environ.get("DEMO_ENV", "build/demo/demo.env"))
    for what, places in {"Redis": ["**/*.aof", "**/*.rdb"], "SQLite": ["**/*.sqlite*", "**/*.db", "**/*.db-wal"],
                         "any log": ["log/*", "**/*.log", "**/*.jsonl"]}.items():
        files = [f for p in places for f in glob.glob(os.path.join(demo, p), recursive=True)
                 if os.path.isfile(f) and "/slapd" not in f]
        bad = [f for f in files if any(n in open(f, "rb").read() for n in national)]
        check(files and not bad, f"no national number in {what}", f"{len(files)} files" + (": " + bad[0] if bad else ""))
    end()


main()
