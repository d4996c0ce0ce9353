#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""confinement.py: what the running programs have given up, from /proc, and what
happens to a forbidden call made inside them by a debugger, as code of an
attacker would make it."""

import glob
import os
import pwd
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from client import Client  # noqa: E402
from stage import check, configuration, end, env, eventually, person, processes  # noqa: E402

RUN = configuration("runtime-directory")
STATE = configuration("state-directory")
SUPERVISORS = ("portvakt-idp", "portvakt-sync")
NO_NETWORK = ("signer", "audit", "id-crypto", "plugin-host@tinn")
# setgid, setuid, kill
KEPT_BY_SUPERVISORS = 1 << 6 | 1 << 7 | 1 << 5
EPERM, EACCES, EAFNOSUPPORT = 1, 13, 97
# On every Debian, readable by all.
PUBLIC_FILE = "/var/lib/dpkg/status"


def start_on_demand():
    """A connection starts the processes that wait for one."""
    for path in glob.glob(RUN + "/*.sock") + [RUN + "/slapd-sock"]:
        for kind in (socket.SOCK_SEQPACKET, socket.SOCK_STREAM):
            with socket.socket(socket.AF_UNIX, kind) as s:
                try:
                    s.connect(path)
                except OSError:
                    continue
    return {"ldap-auth@tinn", "plugin-host@tinn", "slapd-sock"} <= set(processes())


def status(pid):
    with open(f"/proc/{pid}/status") as f:
        return dict(line.rstrip("\n").split(":\t", 1) for line in f if ":\t" in line)


def children(pid):
    found = []
    for path in glob.glob("/proc/[0-9]*/status"):
        try:
            with open(path) as f:
                found += [int(path.split("/")[2])] if f"PPid:\t{pid}\n" in f.read() else []
        except OSError:
            continue
    return found


def given_up(name, pid):
    s = status(pid)
    kept = KEPT_BY_SUPERVISORS if name in SUPERVISORS else 0
    sets = {c: int(s[c], 16) for c in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")}
    users = set(map(int, s["Uid"].split()))
    user = users.pop()
    good = (s["NoNewPrivs"] == "1" and s["Seccomp"] == "2" and sets["CapPrm"] == sets["CapEff"] == kept and
            not sets["CapInh"] | sets["CapBnd"] | sets["CapAmb"] and user != 0 and not users)
    detail = f"uid {s['Uid'].split()}, NoNewPrivs {s['NoNewPrivs']}, Seccomp {s['Seccomp']}, CapEff {sets['CapEff']:x}, CapBnd {sets['CapBnd']:x}"
    check(good, f"{name} is not root, and has given up privileges and system calls", detail)
    return user


def logs():
    """The log of both services."""
    return "".join(open(f"{env['DEMO_DIR']}/log/{part}.log", errors="replace").read() for part in ("idp", "sync"))


# ---- calls inside a process


def no_core():
    """gdb itself may crash when the process ends under it."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def inside(pid, *calls):
    """Makes system calls inside a running process, by gdb: a list of (result, errno), shorter if a call ended it, and what
    gdb printed."""
    commands = []
    for call in calls:
        arguments = ", ".join(map(str, call))
        for expression in (f"((long(*)(long,...))syscall)({arguments})", "*((int*(*)())__errno_location)()"):
            commands += ["-ex", f"print {expression}"]
    run = subprocess.run(["gdb", "--batch", "-nx", "-iex", "set debuginfod enabled off", "-p", str(pid), *commands],
                         capture_output=True, text=True, timeout=120, preexec_fn=no_core)
    values = [int(v) for v in re.findall(r"^\$\d+ = (-?\d+)", run.stdout, re.M)]
    return list(zip(values[::2], values[1::2])), run.stdout + run.stderr


# Numbers of amd64.
OPEN, GETPID, SOCKET, EXECVE, PTRACE = 2, 39, 41, 59, 101
SETGROUPS, SETRESUID, SETRESGID = 116, 117, 119
AF_INET, SOCK_STREAM, PTRACE_ATTACH = 2, 1, 16


def other_state(name):
    """A file in the state of another process."""
    role = "sync" if name == "signer" else "signer"
    return next(f for f in sorted(glob.glob(f"{STATE}/{role}/**", recursive=True)) if os.path.isfile(f))


def hindrance(pid):
    """Why no debugger's call can be made here; None if one can."""
    got, text = inside(pid, (GETPID,))
    if got:
        return None
    return "a debugger may not attach" if "not permitted" in text else text[-200:]


def kernel_restricts_files():
    return "process.files_unrestricted" not in logs()


def refused(name, pid):
    other = other_state(name)
    got, text = inside(pid, (SOCKET, AF_INET, SOCK_STREAM, 0), (OPEN, f'"{PUBLIC_FILE}"', 0), (OPEN, f'"{other}"', 0))
    if not check(len(got) == 3, f"{name} answers three calls of a debugger", text[-300:] if len(got) < 3 else ""):
        return
    if name in NO_NETWORK:
        check(got[0] == (-1, EAFNOSUPPORT), f"{name} cannot open an internet socket", got[0])
    else:
        check(got[0][0] > 0, f"{name} can open an internet socket", got[0])
    if not kernel_restricts_files():
        return
    check(os.stat(PUBLIC_FILE).st_mode & stat.S_IROTH and got[1] == (-1, EACCES),
          f"{name} cannot read a public file that it does not need", got[1])
    check(got[2] == (-1, EACCES), f"{name} cannot read the state of another process", f"{os.path.basename(other)}: {got[2]}")


def deaths(name):
    """How often a supervisor reported that the process ended by SIGSYS."""
    return len(re.findall(rf'^<4>process\.died .* role={re.escape(name)} detail="signal {int(signal.SIGSYS)}"', logs(), re.M))


def killed(name, call, *arguments):
    """The process ends, and the supervisor starts it again."""
    pid, before = processes()[name], deaths(name)
    got, text = inside(pid, arguments)
    check(not got and eventually(lambda: deaths(name) == before + 1, 10), f"{name} ends at {call}(), and the log has its signal",
          text[-300:] if got else "")
    again = eventually(lambda: start_on_demand() and processes().get(name) not in (None, pid), 30)
    check(again, f"{name} is started again")


def never_root(name, pid):
    """A supervisor changes to the users of its table only: to a child's own, never to root or the users of the others.
    The ids of its table are not tried: it would be that user from then on."""
    other = pwd.getpwnam("nobody").pw_uid
    foreign = pwd.getpwnam("portvakt-provisioner" if name == "portvakt-idp" else "portvakt-signer").pw_uid
    calls = ((SETRESUID, 0, 0, 0), (SETRESUID, -1, 0, -1), (SETRESUID, other, other, other), (SETRESUID, foreign, foreign, foreign),
             (SETRESGID, 0, 0, 0), (SETRESGID, -1, 0, -1), (SETGROUPS, 1, '"\\0\\0\\0"'))
    got, text = inside(pid, *calls)
    check(got == [(-1, EPERM)] * len(calls), f"{name} cannot become root, or a user that is not its processes'", got or text[-300:])
    check(processes().get(name) == pid, f"{name} goes on")


def main():
    if os.geteuid() != 0 or not shutil.which("gdb"):
        print("skip - calls inside the running programs (root and gdb are needed)")
        return
    check(eventually(start_on_demand, 30), "the processes that start on demand run", " ".join(sorted(processes())))
    all_of_them = processes()
    users = {}
    for name, pid in sorted(all_of_them.items()):
        users.setdefault(given_up(name, pid), set()).add(name.split("@")[0])
    Client(env["PORTVAKT_CA"]).walk(env["PORTVAKT_URL"] + "/portal", person("tinn", "pupil"))
    worker = children(all_of_them["plugin-host@tinn"])
    check(len(worker) == 2 and all([given_up("a plugin worker", w) for w in worker]), "a plugin has two workers", worker)
    shared = [names for names in users.values() if len(names) > 1]
    check(shared == [set(SUPERVISORS)], "each role is a user of its own, and both supervisors are one", str(users))
    roles = [name for name in sorted(all_of_them) if name not in SUPERVISORS and name.split("@")[-1] not in ("kongsberg", "notodden")]
    reason = hindrance(all_of_them["audit"])
    if reason:
        print(f"skip - calls inside the running programs ({reason})")
        return
    if not kernel_restricts_files():
        print("skip - files of other processes (the kernel has no Landlock)")
    for name in SUPERVISORS:
        never_root(name, all_of_them[name])
    for name in roles:
        refused(name, all_of_them[name])
    for name in roles:
        killed(name, "ptrace", PTRACE, PTRACE_ATTACH, 1, 0, 0)
        # A plugin host starts its own program, and no other.
        if name != "plugin-host@tinn":
            killed(name, "execve", EXECVE, '"/bin/true"', 0, 0)
    got, _ = inside(processes()["plugin-host@tinn"], (EXECVE, '"/var/lib/dpkg/status"', 0, 0))
    check(got == [(-1, EACCES)], "a plugin host runs no file outside the directories of programs", got)


if __name__ == "__main__":
    main()
    end()
