#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""limits.py: the limits of the running programs, and a process that uses all
the memory that it may: it ends, is started again, and the others go on."""

import os
import shutil
import sys

from confinement import SUPERVISORS, inside, start_on_demand
from client import Client
from stage import check, configuration, end, env, eventually, person, processes
import socket

MIB = 1 << 20
# Of each role, in MiB; written here a second time.
MEMORY = {"web": 1024, "signer": 512, "id-crypto": 512, "audit": 512, "ldap-auth": 512, "plugin-host": 256, "slapd-sock": 512,
          "admin": 1024, "revocation": 1024, "connector": 2048, "provisioner": 2048, "feide": 1024}
THREADS = 2048
# Of amd64.
MMAP, ENOMEM = 9, 12
READ_WRITE, PRIVATE_ANONYMOUS = 3, 0x22
PIECE = 64 * MIB


def limit(pid, name):
    with open(f"/proc/{pid}/limits") as f:
        fields = next(line[len(name):].split() for line in f if line.startswith(name))
    return fields[:2]


def every_role_has_its_limits():
    wrong = []
    for name, pid in processes().items():
        if name in SUPERVISORS:
            continue
        memory = str(MEMORY[name.split("@")[0]] * MIB)
        if limit(pid, "Max data size") != [memory] * 2 or limit(pid, "Max processes") != [str(THREADS)] * 2 or limit(pid, "Max core file size") != ["0"] * 2:
            wrong.append(name)
    check(not wrong, "each process has the memory, the threads and the core dumps that its role may have", wrong)


def logs_in():
    status, page = Client(env["PORTVAKT_CA"]).walk(env["PORTVAKT_URL"] + "/portal", person("tinn", "pupil"))[:2]
    return "/logout" in page


def connect(name, count):
    """Connections to a process, each of which it serves in a thread."""
    held = []
    for _ in range(count):
        s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        s.connect(f"{configuration('runtime-directory')}/{name}.sock")
        held.append(s)
    return held


def memory_is_used_up(name):
    before = processes()
    pid = before[name]
    pieces = MEMORY[name] * MIB // PIECE
    got, text = inside(pid, *[(MMAP, 0, PIECE, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0)] * (pieces + 1),
                       *[(MMAP, 0, MIB // 4, READ_WRITE, PRIVATE_ANONYMOUS, -1, 0)] * (PIECE * 4 // MIB))
    results = [result for result, _ in got]
    check(results[0] > 0 and got[pieces] == (-1, ENOMEM) and got[-1] == (-1, ENOMEM), f"{name} gets no more memory than its role may have",
          f"{results[:2]} {got[-1:]} {text[-200:]}")
    held = connect(name, 20)
    check(eventually(logs_in, 20), f"with {name} at its limit a person logs in")
    for s in held:
        s.close()
    after = processes()
    check(all(after[other] == pid for other, pid in before.items() if other != name), "and no other process ended",
          {other: (pid, after.get(other)) for other, pid in before.items() if after.get(other) != pid})
    if after[name] != pid:
        check(limit(after[name], "Max data size")[0] == str(MEMORY[name] * MIB), f"{name} was started again, with its limit")


def main():
    if os.geteuid() != 0 or not shutil.which("gdb"):
        print("skip - the limits of the running programs (root and gdb are needed)")
        return
    check(eventually(start_on_demand, 30), "the processes that start on demand run", " ".join(sorted(processes())))
    check(logs_in(), "a person logs in")
    every_role_has_its_limits()
    if not inside(processes()["audit"], (39,))[0]:
        print("skip - a process without memory (a debugger may not attach)")
        return
    for name in ("audit", "signer"):
        memory_is_used_up(name)


if __name__ == "__main__":
    main()
    end()
