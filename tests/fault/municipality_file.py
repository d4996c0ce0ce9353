#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""municipality_file.py: Tinn's file gets, one after the other, each top-level
statement, an include of another file, no content, no `may` rule, a typo and
bytes that are no text, while others log in 20 times a second. Tinn runs by its
last good version, which is named in five places; the others' logins, reload and
restart are as before."""

import os
import re
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from stage import again, arkiv, check, ctl, end, env, eventually, person, processes, timed  # noqa: E402

ETC = os.path.dirname(env["PORTVAKT_CONF"])
TINN = os.path.join(ETC, "policies/tinn.conf")
KONGSBERG = os.path.join(ETC, "policies/kongsberg.conf")
ARKIV = os.path.join(ETC, "services.d/arkiv.conf")
THREADS, RATE = 5, 20
MEDIAN_MS = 1000


def read(path):
    with open(path, "rb") as f:
        return f.read()


def write(path, data):
    """As an editor does: another file takes the name."""
    with open(path + ".new", "wb") as f:
        f.write(data)
    os.rename(path + ".new", path)


GOOD = read(TINN)
KONGSBERG_GOOD = read(KONGSBERG)
REGION_GOOD = read(env["PORTVAKT_CONF"])

# (what is wrong, the file, what the cause has).
BAD = [(f"has a {word.split()[0]} at top level", word.encode() + b"\n" + GOOD, "belongs to the region's files")
       for word in ("region other {\n}", "network everywhere 0.0.0.0/0", "directory own ldaps://evil.example {\n}",
                    "municipality vinje {\n}", "municipality-files ../*.conf",
                    "service mine {\n\tname Mine\n\tissuer region\n}", "plugin mine")]
BAD[3] = ("has a second municipality", GOOD + b"municipality vinje {\n}\n", "belongs to the region's files")
BAD += [
    ("includes /etc/shadow", b"include /etc/shadow\n" + GOOD, "include is not allowed here"),
    ("is empty", b"", "this file is empty"),
    ("has no may rule left", re.sub(rb"\bmay enter\b", b"may not enter", GOOD), "has no `may` rule left"),
    ("has a typo", re.sub(rb"employees(\s+may)", rb"employes\1", GOOD, count=1), 'did you mean "employees"'),
    ("is no text", bytes(range(256)) * 20, "this is not a text file"),
]


class Logins(threading.Thread):
    """One share of the logins of a second, each in a new browser."""

    every = THREADS / RATE

    def __init__(self, who):
        super().__init__(daemon=True)
        self.who, self.service, self.stop, self.took, self.wrong = who, arkiv(), False, [], []

    def run(self):
        due = time.monotonic()
        while not self.stop:
            began = time.monotonic()
            try:
                self.service.client.forget()
                self.service.login(self.who)
                self.took.append(time.monotonic() - began)
            except Exception as e:  # every failure is counted below
                self.wrong.append(str(e)[-300:])
            due = max(due + self.every, time.monotonic() - 1)
            time.sleep(max(0.0, due - time.monotonic()))


def begin():
    threads = [Logins(person("kongsberg" if i % 2 else "notodden")) for i in range(THREADS)]
    for t in threads:
        t.start()
    return threads, time.monotonic()


def finish(load, sentence):
    threads, began = load
    for t in threads:
        t.stop = True
    for t in threads:
        t.join()
    seconds = time.monotonic() - began
    took = sorted(x for t in threads for x in t.took)
    wrong = [w for t in threads for w in t.wrong]
    rate = len(took) / seconds
    check(not wrong and took and rate > RATE * 0.8 and took[len(took) // 2] * 1000 < MEDIAN_MS, sentence,
          f"{len(took)} logins, {rate:.0f} a second, median {took[len(took) // 2] * 1000:.0f} ms, slowest {took[-1] * 1000:.0f} ms"
          if took and not wrong else f"{len(wrong)} failed, {wrong[:1]}")


def admits(who):
    arkiv().login(who)
    return True


def kongsberg_changes(number):
    write(KONGSBERG, re.sub(rb'(contact +"[^"]*)"', rb'\1 %d"' % number, KONGSBERG_GOOD, count=1))


def run_one(number, what, data, cause):
    """A reload with a bad file of Tinn and a new one of Kongsberg."""
    write(TINN, data)
    kongsberg_changes(number)
    status, answer = ctl("reload")
    kept = f"kept tinn at its last good version: {TINN}"
    check(status == 1 and kept in answer and cause in answer and "active: " in answer,
          f"Tinn's file {what}: a reload keeps Tinn and activates the rest", answer.strip()[-400:] if kept not in answer else "")
    receipt = re.search(r"^receipt (\S+)", answer, re.M)
    active = re.search(r"^active: (\w+)", answer, re.M)
    said = {
        "answer and receipt": bool(receipt) and "kept=tinn" in ctl("audit", "show", receipt.group(1))[1],
        "status": "warning: tinn runs by its last good version" in ctl("status")[1],
        "check": "note: tinn runs by its last good version" in ctl("check")[1],
        "metrics": 'portvakt_configuration_kept{municipality="tinn"} 1' in ctl("sync", "metrics")[1],
        "report": "tinn" in ctl("sync", "report", "--language", "en")[1].split("Its last good version")[0],
        "log": any("config.municipality_kept" in line and "municipality=tinn" in line for line in log_since()),
    }
    check(all(said.values()), f"... which is in {', '.join(said)}", ", ".join(k for k in said if not said[k]))
    if b"shadow" in data:
        check("root:" not in ctl("check")[1] + answer, "... and no line of that file is printed")
    check(admits(person("tinn")), "... Tinn's people log in")
    return active and active.group(1)


LOG = os.path.join(os.path.dirname(os.path.abspath(os.environ.get("DEMO_ENV", "build/demo/demo.env"))), "log/idp.log")
log_at = [0]


def log_since():
    with open(LOG, "rb") as f:
        f.seek(log_at[0])
        text = f.read()
    log_at[0] += len(text)
    return text.decode(errors="replace").splitlines()


def restart():
    """Ends the supervisor and starts it again: seconds until logins work."""
    pid = processes()["portvakt-idp"]
    os.kill(pid, signal.SIGTERM)
    eventually(lambda: not os.path.exists(f"/proc/{pid}"), 40)
    began = time.monotonic()
    again("idp")
    eventually(lambda: admits(person("kongsberg")), 30)
    return time.monotonic() - began


def reloads():
    hashes = set()
    load = begin()
    for number, (what, data, cause) in enumerate(BAD):
        hashes.add(run_one(number, what, data, cause))
    finish(load, "others logged in 20 times a second meanwhile, none in vain")
    check(len(hashes - {None}) == len(BAD), "each reload activated Kongsberg's change", f"{len(hashes)} of {len(BAD)}")


def restarts():
    write(TINN, GOOD)
    ctl("reload")
    plain = restart()
    for what, data, _ in (BAD[8], BAD[10], BAD[11]):
        write(TINN, data)
        took = restart()
        check(took < plain + 5, f"a start while Tinn's file {what} is as any other", f"{took:.1f} s, with a good file {plain:.1f} s")
        check(admits(person("tinn")) and "warning: tinn runs by" in ctl("status")[1], "... with Tinn at its last good version")
        load = begin()
        time.sleep(2)
        finish(load, "... and others log in")


def region_file():
    """A bad file of the region changes nothing."""
    write(TINN, GOOD)
    good = read(ARKIV)
    write(ARKIV, good.replace(b"attributes", b"atributes", 1))
    status, answer = ctl("reload")
    check(status == 1 and "nothing was changed" in answer and "services.d/arkiv.conf:" in answer,
          "a bad file of the region: a reload changes nothing and lists the errors", answer.strip()[-200:] if status != 1 else "")
    restart()
    check(admits(person("tinn")) and admits(person("kongsberg")) and "warning: region runs by" in ctl("status")[1],
          "... and a start has the last good configuration")
    # A process that starts on demand now reads the same.
    check(ctl("explain", person("tinn")[0], "arkiv")[0] == 0, "... also in processes that start on demand")
    write(ARKIV, good)


def held():
    """A change that would shut out many waits, also at a start."""
    # Before the demo's limit is lowered the change must not be there.
    write(KONGSBERG, KONGSBERG_GOOD)
    write(env["PORTVAKT_CONF"], REGION_GOOD.replace(b"max-access-change  100%", b"max-access-change  5%"))
    ctl("reload")
    write(KONGSBERG, re.sub(rb"(employees\s+may enter )[^\n]*", rb"\1portal", KONGSBERG_GOOD))
    status, answer = ctl("reload")
    check(status == 1 and "active: " not in answer, "a reload that would take Kongsberg's services waits", answer.strip()[-300:] if not status else "")
    restart()
    check(admits(person("kongsberg")) and "warning: region runs by" in ctl("status")[1], "... also at a start, with a warning")
    write(KONGSBERG, KONGSBERG_GOOD)
    write(env["PORTVAKT_CONF"], REGION_GOOD)
    ctl("reload")


def accepted():
    """An operator names the municipality that loses its rules."""
    write(TINN, BAD[9][1])
    status, answer = ctl("reload", "--accept", "tinn")
    check(status == 0 and "kept" not in answer, "reload --accept tinn takes a file without may rules", answer.strip()[-200:] if status else "")
    write(TINN, GOOD)
    status, answer = ctl("reload")
    check(status == 0 and "warning" not in ctl("status")[1].replace("warning: all processes", ""),
          "with the good file back nothing is kept", answer.strip()[-200:] if status else "")


try:
    log_since()
    reloads()
    restarts()
    region_file()
    held()
    accepted()
finally:
    write(TINN, GOOD)
    write(KONGSBERG, KONGSBERG_GOOD)
    write(env["PORTVAKT_CONF"], REGION_GOOD)
    took, (status, output) = timed(lambda: ctl("reload"))
    if status:
        print(f"# reload at the end: {output[-300:]}")
end()
