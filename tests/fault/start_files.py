#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""start_files.py: files that change while portvakt-idp is stopped. A start
activates none of them: a change for few is active a moment later, by a reload
that weighs it, and one that would shut out a municipality's employees waits for
an operator."""

import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from stage import again, arkiv, check, ctl, end, env, eventually, person, processes, read, write  # noqa: E402

ETC = os.path.dirname(env["PORTVAKT_CONF"])
REGION = env["PORTVAKT_CONF"]
TINN = os.path.join(ETC, "policies/tinn.conf")
LOG = os.path.join(os.path.dirname(os.path.abspath(os.environ.get("DEMO_ENV", "build/demo/demo.env"))), "log/idp.log")
WARNING = "warning: region runs by its last good version"


GOOD, REGION_GOOD = read(TINN), read(REGION)
SHUT = GOOD.replace("employees    may enter arkiv okonomi portal", "employees    may enter portal")
FEW = GOOD.replace("guests       may enter arkiv ", "guests       may enter arkiv okonomi ")


def end_process(name, number):
    pid = processes()[name]
    os.kill(pid, number)
    eventually(lambda: not os.path.exists(f"/proc/{pid}"), 60)


def start_with(text):
    """Changes Tinn's file while portvakt-idp is stopped: what the log has of the start."""
    end_process("portvakt-idp", signal.SIGTERM)
    write(TINN, text)
    before = len(read(LOG))
    again("idp")
    return lambda: read(LOG)[before:]


def admits(who):
    arkiv().login(who)
    return True


def refuses(who):
    try:
        arkiv().login(who)
    except RuntimeError:
        return True
    return False


def answer(who, service):
    found = re.search(r"^as \w+ in tinn \(.*?\): (\w+)", ctl("explain", who, service)[1], re.M)
    return found and found.group(1)


def small():
    guest = person("tinn", "guest")[0]
    check(answer(guest, "okonomi") == "REFUSED", "a guest is refused before")
    log = start_with(FEW)
    took = eventually(lambda: answer(guest, "okonomi") == "ALLOWED", 30)
    check(took is not None, "a change for few that was made while stopped is active after the start",
          f"{took:.1f} s" if took else ctl("status")[1][-600:])
    check(eventually(lambda: WARNING not in ctl("status")[1], 10) is not None, "... and status has no warning")
    check("config.start_unchanged" in log() and "config.start_reloaded" in log(), "... and the log has both steps")
    status = ctl("reload")
    check(status[0] == 0, "... and a reload has nothing left to do", status[1][-200:] if status[0] else "")


def large():
    employee = person("tinn")
    log = start_with(SHUT)
    check(eventually(lambda: admits(employee), 30) is not None, "a change that would shut out a town, made while stopped, shuts out no one")
    check(eventually(lambda: "config.change_waits" in log(), 60) is not None, "... the log has that it waits", log()[-300:] if "change_waits" not in log() else "")
    status = ctl("status")[1]
    check(WARNING in status and "until an operator accepts it" in status, "... as status has", status[-400:])
    check(admits(employee), "... and people log in after that")
    end_process("admin", signal.SIGKILL)
    check(eventually(lambda: "waits until these effects are accepted" in ctl("policy", "diff")[1], 30) is not None and admits(employee),
          "... also when portvakt-admin is started again")
    start_with(SHUT)
    check(eventually(lambda: admits(employee), 30) is not None and WARNING in ctl("status")[1], "... and at the next start")
    found = eventually(lambda: re.search(r"^([0-9a-f]{16}): a reload waits", ctl("policy", "diff")[1], re.M), 30)
    draft = re.search(r"^([0-9a-f]{16}): a reload waits", ctl("policy", "diff")[1], re.M) if found is not None else None
    code, text = ctl("reload", "--accept-effects", draft.group(1), "--by", "Pia", "--reason", "Sak 1") if draft else (1, "no hash")
    check(code == 0 and refuses(employee), "an operator accepts it, and it is active", text[-300:] if code else "")
    check(WARNING not in ctl("status")[1], "... and status has no warning")


def unsaved():
    """A process that ends by a fault is no reason to read the files."""
    employee = person("tinn")
    write(TINN, FEW)
    end_process("admin", signal.SIGKILL)
    guest = person("tinn", "guest")[0]
    check(eventually(lambda: answer(guest, "okonomi") == "REFUSED", 30) is not None and admits(employee),
          "a process that is started again reads the active configuration, not the files")


try:
    # The demo's own limit lets everything pass.
    write(REGION, re.sub(r"\n\tmax-access-change.*", "", REGION_GOOD))
    ctl("reload")
    small()
    write(TINN, GOOD)
    ctl("reload")
    unsaved()
    write(TINN, GOOD)
    ctl("reload")
    large()
finally:
    write(TINN, GOOD)
    write(REGION, REGION_GOOD)
    # The demo's limit is active before the rules are as they were.
    draft = re.search(r"^([0-9a-f]{16}): a reload", ctl("policy", "diff")[1], re.M)
    if draft:
        ctl("reload", "--accept-effects", draft.group(1), "--by", "Pia", "--reason", "Sak 2")
end()
