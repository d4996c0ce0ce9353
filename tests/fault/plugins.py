#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""plugins.py: replaces Tinn's plugin by one that crashes, loops, sleeps,
returns garbage or tries to escape, while Kongsberg's people and Tinn's
employees log in. No one is wrongly permitted, others are unaffected, and
the pupil's page has an error code. Plugins that cannot be used are refused by
check and reload, and the one that answered goes on. Data, the way back, the
log, and a plugin that crashes for some people only."""

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
from stage import TOP, again, arkiv, check, credential, ctl, end, env, eventually, person, persons, processes, write  # noqa: E402

# The rows of tests/plugins/ROWS.md that are tried one by one: (row, plugin, reason, sentence). All but one of the plugins
# would permit in the end. SILENT: the worker ends or is late.
SILENT, DENIES = "plugin-silent", "plugin-refuses"
BEHAVIOURS = (
    ("K01", "crashes", SILENT, "a plugin that crashes"),
    ("K02", "loops", SILENT, "a plugin that loops"),
    ("K03", "polls", SILENT, "a plugin that waits in poll"),
    ("K04", "sleeps", SILENT, "a plugin that sleeps"),
    ("K05", "forks", SILENT, "a plugin that forks"),
    ("K06", "threads", SILENT, "a plugin that starts a thread"),
    ("K07", "connects", SILENT, "a plugin that makes a socket"),
    ("K08", "exits", SILENT, "a plugin that exits"),
    ("K09", "rwx", SILENT, "a plugin that maps executable memory"),
    ("K10", "talks", SILENT, "a plugin that talks on its socket"),
    ("K11", "undefined", SILENT, "a plugin that returns 99"),
    ("K12", "negative", SILENT, "a plugin that returns -1"),
    ("K13", "opens", DENIES, "a plugin that opens a file"),
    ("K14", "proc", DENIES, "a plugin that opens /proc"),
    ("K15", "looks", DENIES, "a plugin that looks for an environment"),
    ("K16", "floods", DENIES, "a plugin that floods its output"),
    ("K17", "early", DENIES, "a plugin that opens files in a constructor"),
    ("K21", "signals", SILENT, "a plugin that sends a signal"),
    ("K22", "tgkills", SILENT, "a plugin that sends a signal to a thread"),
    ("K27", "aborts", SILENT, "a plugin that aborts"),
    ("K28", "executes", SILENT, "a plugin that becomes another program"),
    ("K29", "reads", SILENT, "a plugin that reads from its socket"),
    ("K30", "closes", SILENT, "a plugin that closes its socket"),
    ("K31", "recurses", SILENT, "a plugin that exhausts its stack"),
    ("K32", "corrupts", SILENT, "a plugin that overwrites its heap"),
    ("K33", "traces", SILENT, "a plugin that traces"),
    ("K34", "limits", SILENT, "a plugin that raises its limits"),
    ("K35", "handles", SILENT, "a plugin that handles SIGSYS"),
    ("K36", "protects", SILENT, "a plugin that makes its stack executable"),
    ("K37", "hungry", DENIES, "a plugin that takes all memory"),
    ("K38", "rubbish", SILENT, "a plugin that returns 4711"))
# The forbidden system call that the log names.
CALLS = {"sleeps": "clock_nanosleep", "forks": "clone", "connects": "socket", "rwx": "mmap", "signals": "kill", "tgkills": "tgkill",
         "executes": "execve", "limits": "prlimit64", "handles": "rt_sigaction", "protects": "mprotect"}
# The plugin host's own filter ends it before its name is noted.
UNNAMED = {"traces": "signal 31, a system call that the sandbox forbids"}
# Silent, but their worker lives on.
UNDEFINED = ("undefined", "negative", "rubbish")
# They do as much as they can in the 40 ms, and can be late.
HEAVY = ("floods", "hungry")
# Plugins that are refused, and a part of the sentence of each.  candidate.c has a number for each of the others.
REFUSED = (
    ("missing", 0, "No such file or directory"), ("writable", 0, "is writable by group or others"),
    ("another version of the interface", 1, "its interface has version 9"), ("no struct", 2, "does not export portvakt_plugin"),
    ("an undefined symbol", 3, "undefined symbol: no_such_function"), ("another name", 4, 'the name "another"'),
    ("a crash in prepare", 5, "it ended in prepare (signal 11)"), ("a loop in prepare", 6, "did not end within 1000 ms in prepare"),
    ("3 GiB in prepare", 7, "needs more memory than the 96 MiB"), ("a crash in a constructor", 8, "ended while it was loaded (signal 11)"),
    ("a child in a constructor", 9, "system call clone, which the sandbox forbids"), ("a self-test that fails", 10, "self-test failed: two and two are five"),
    ("a crash in validate", 11, 'when asked if "candidate" is valid'), ("a file opened in prepare", 12, "it cannot open its file"))
ETC = os.path.dirname(env["PORTVAKT_CONF"])
POLICY = os.path.join(ETC, "policies/tinn.conf")
KONGSBERG = os.path.join(ETC, "policies/kongsberg.conf")
FOLDER = os.path.join(os.path.dirname(os.path.realpath(env["PORTVAKT_CTL"].split()[0])), "plugins/tinn")
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


def build(folder, name, source=None, *defines):
    subprocess.run(["gcc", "-I", TOP, "-O1", "-w", "-fPIC", "-shared", *defines, "-o", f"{folder}/{name}.so",
                    f"{TOP}/tests/plugins/{source or name}.c"], check=True)


def built(folder):
    for name in ("switch", "moody", "writes", "repeats") + tuple(row[1] for row in BEHAVIOURS):
        if os.path.exists(f"{TOP}/tests/plugins/{name}.c"):
            build(folder, name)
        else:
            build(folder, name, "behaviours", f'-DNAME="{name}"')


def put_library(folder, name):
    target = os.path.join(FOLDER, f"{name}.so")
    if os.path.exists(os.path.join(folder, f"{name}.so")):
        shutil.copy(os.path.join(folder, f"{name}.so"), target + ".new")
        os.chmod(target + ".new", 0o644)
        os.rename(target + ".new", target)


def put(folder, name, more="", condition=None):
    """The municipality's file uses another plugin and its condition, and no reload has come."""
    put_library(folder, name)
    with open(POLICY) as f:
        text = f.read()
    text = re.sub(r"^(\s*plugin\s+).*$", lambda m: f"{m[1]}{name}{more}", text, flags=re.M)
    text = re.sub(r"^\t\tdata .*\n\t}\n", "", text, flags=re.M) if not more else text
    text = re.sub(r"(pupils\s+may enter skole\s+when ).*", lambda m: m[1] + (condition or f"{name} x"), text)
    write(POLICY, text)


def install(folder, name, more=""):
    put(folder, name, more)
    status, output = ctl("reload")
    if status:
        raise RuntimeError(f"reload with {name}: {output[-300:]}")


def restore(original):
    write(POLICY, original)
    for name in os.listdir(FOLDER):
        if not name.startswith("consent."):
            os.remove(os.path.join(FOLDER, name))
    status, output = ctl("reload")
    if status:
        print(f"# reload at the end: {output[-300:]}")


def deaths(name):
    """How often a child died while it evaluated this plugin, by the log, and by its forbidden system call."""
    end = f"system call {CALLS[name]}, which the sandbox forbids" if name in CALLS else UNNAMED.get(name, "")
    with open(os.path.join(env["DEMO_DIR"], "log/idp.log")) as f:
        return sum(">plugin.worker.crashed " in line and f" condition={name} " in line and end in line for line in f)


CODE = re.compile(r"\b[A-Z0-9]{1,4}-\d{4}-[0-9A-Z]{4,}")


def rows_of_table():
    """Row -> its required result, of the rows that this file tests."""
    with open(f"{TOP}/tests/plugins/ROWS.md") as f:
        found = re.findall(r"^\| (K\d\d) \| .*; (.*) \| tests/fault/plugins\.py \|", f.read(), re.M)
    return dict(found)


def use_beside(folder, original, name):
    """Tinn has this plugin beside its own, which lets pupils into the archive."""
    put_library(folder, name)
    text = re.sub(r"^(\s*plugin\s+consent)$", lambda m: f"{m[1]}\n\tplugin  {name}", original, flags=re.M)
    text = re.sub(r"(pupils\s+may enter skole\s+when ).*", lambda m: f"{m[1]}{name} x\n\t\tpupils       may enter arkiv           when consent for arkiv", text)
    write(POLICY, text)
    status, output = ctl("reload")
    if status:
        raise RuntimeError(f"reload with {name}: {output[-300:]}")


def reason_of(text):
    code = CODE.search(text)
    found = re.search(r"^reason +(\S+)", ctl("audit", "show", code[0])[1], re.M) if code else None
    return found[1] if found else "no receipt: " + text[-200:]


def behaviour(folder, original, row, good, loads):
    """One row of the table: this pupil is refused with its reason, and no one else is."""
    _, name, reason, sentence = row
    use_beside(folder, original, name)
    before = [load.right for load in loads]
    seen = [enter(skole(), who) for who in PUPILS[:2]]
    reasons = {reason_of(text) for entered, text in seen if not entered}
    expected = {reason, SILENT} if name in HEAVY else {reason}
    check(not any(entered for entered, _ in seen) and reasons <= expected and
          all("sjekket" in text or "regel" in text or "sjekka" in text for _, text in seen),
          f"{sentence}: pupils are refused with {' or '.join(sorted(expected))}, and a page says so", ", ".join(sorted(reasons)))
    if reason == SILENT and name not in UNDEFINED:
        named = f", and the log names {CALLS[name]}" if name in CALLS else ""
        check(eventually(lambda: deaths(name) > 0, 5), f"... and its worker ended{named}", f"{deaths(name)} deaths")
    own = [allowed(who, "arkiv") for who in good]
    waited = eventually(lambda: all(load.right > n for load, n in zip(loads, before)), 10)
    check(all(own) and waited is not None, "... Tinn's other plugin and other people of Tinn and Kongsberg are answered", f"{own} {waited}")


def refused(folder, original, good):
    """Ten bad plugins and more: check and reload say why, and the old one goes on."""
    sentences = set()
    for what, number, sentence in REFUSED:
        if number or what == "writable":
            build(folder, "candidate", "candidate", f"-DBAD={number}")
        put(folder, "candidate")
        if what == "writable":
            os.chmod(os.path.join(FOLDER, "candidate.so"), 0o666)
        status, output = ctl("check")
        found = re.search(r"^(?!note:).*tinn\.conf:\d+:\d+: (plugin candidate: .*)", output, re.M)
        check(status and found and sentence in found[1], f"check refuses a plugin with {what}, with its line and its sentence", output[-300:])
        sentences.add(found[1] if found else "")
        status, output = ctl("reload")
        check(status == 1 and "kept tinn at its last good version: " in output and sentence in output and "active: " in output,
              f"reload keeps Tinn at its last good version: {what}", output[-300:])
        check(enter(skole(), good)[0], f"the plugin before it goes on: {what}")
    check(len(sentences) == len(REFUSED), "each has its own sentence", f"{len(sentences)} of {len(REFUSED)}")
    restore(original)


def kept_in(answer):
    """Where Tinn's last good version is named: place -> whether it is."""
    receipt = re.search(r"^receipt (\S+)", answer, re.M)
    with open(os.path.join(env["DEMO_DIR"], "log/idp.log")) as f:
        log = f.read().splitlines()[-400:]
    return {
        "answer and receipt": bool(receipt) and "kept=tinn" in ctl("audit", "show", receipt[1])[1],
        "status": "warning: tinn runs by its last good version" in ctl("status")[1],
        "check": "note: tinn runs by its last good version" in ctl("check")[1],
        "metrics": 'portvakt_configuration_kept{municipality="tinn"} 1' in ctl("sync", "metrics")[1],
        "report": "tinn" in ctl("sync", "report", "--language", "en")[1].split("Its last good version")[0],
        "log": any("config.municipality_kept" in line and "municipality=tinn" in line and "plugin candidate" in line for line in log),
    }


def others_change(folder, original, good):
    """A refused plugin of Tinn, and a change of Kongsberg in the same reload, and at a start."""
    with open(KONGSBERG) as f:
        kongsberg = f.read()
    who = person("kongsberg")
    build(folder, "candidate", "candidate", "-DBAD=5")
    put(folder, "candidate")
    write(KONGSBERG, kongsberg.replace("rules {\n", "rules {\n\t\temployees  may not enter arkiv\n\t\tteachers  may not enter arkiv\n"))
    status, output = ctl("reload")
    check(status == 1 and "active: " in output and "plugin candidate: it ended in prepare" in output and
          not allowed(who, "arkiv"), "a refused plugin of Tinn: Kongsberg's change in the same reload is live", output[-300:])
    found = kept_in(output)
    check(all(found.values()), f"... and Tinn's last good version is named in {', '.join(found)}", ", ".join(k for k in found if not found[k]))
    check(enter(skole(), good)[0], "... and Tinn's plugin before it answers")
    write(KONGSBERG, kongsberg)
    restart()
    # A start changes nothing; the reload that follows it does.
    eventually(lambda: allowed(who, "arkiv") and "warning: region runs by" not in ctl("status")[1], 60)
    check(allowed(who, "arkiv") and enter(skole(), good)[0] and "warning: tinn runs by" in ctl("status")[1],
          "... and so are they after a start")
    os.remove(os.path.join(FOLDER, "candidate.so"))
    region = env["PORTVAKT_CONF"]
    with open(region) as f:
        text = f.read()
    write(POLICY, original)
    write(region, text + "\nplugin nothing\n")
    status, output = ctl("reload")
    check(status == 1 and "nothing was changed" in output and "plugin nothing: " in output and "active: " not in output,
          "a refused plugin of the region changes nothing", output[-300:])
    write(region, text)
    restore(original)
    check("runs by its last good version" not in ctl("status")[1], "with good plugins nothing is kept")


def allowed(who, service):
    """By a real login."""
    try:
        return bool({"arkiv": arkiv}[service]().login(who))
    except Exception:  # the login's page has the reason
        return False


def restart():
    pid = processes()["portvakt-idp"]
    os.kill(pid, 15)
    eventually(lambda: not os.path.exists(f"/proc/{pid}"), 60)
    again("idp")
    eventually(lambda: allowed(person("notodden"), "arkiv"), 60)


def wrong_argument(original):
    with open(POLICY) as f:
        line = next(n for n, text in enumerate(f, 1) if "consent for skole" in text)
    write(POLICY, original.replace("consent for skole", "consent frm skole"))
    status, output = ctl("check")
    check(status and f"tinn.conf:{line}:" in output and "consent expects for SERVICE" in output, "check asks the plugin about each condition", output[-300:])
    restore(original)


def listed(plugin):
    _, output = ctl("plugin", "list")
    found = re.search(rf"^tinn {plugin} file=(\S+) data=(\S+) .*", output, re.M)
    return found.groups() if found else (output, "")


def hash_of(path):
    with open(path, "rb") as f:
        return hashlib.sha256(f.read()).hexdigest()[:16]


def plugins_of_refusal(who):
    """The plugins in the audit event of a refusal at the school's platform."""
    _, text = enter(skole(), who)
    code = CODE.search(text)
    found = re.search(r"^plugins +(.*)", ctl("audit", "show", code[0])[1], re.M) if code else None
    return found[1] if found else text[-200:]


def in_receipts(folder, original, good):
    """The receipt of a decision has what answered: the file and the data."""
    path = os.path.join(ETC, "policies/switch.txt")
    library = os.path.join(FOLDER, "switch.so")
    write(path, "no\n")
    install(folder, "switch", " {\n\t\tdata switch.txt\n\t}")
    before = f"switch file={hash_of(library)} data={hash_of(path)}"
    seen = plugins_of_refusal(good)
    check(seen == before, "the receipt of a decision has the plugin that answered, with the hashes of file and data", seen)
    build(folder, "switch", "switch", "-DEXCHANGED", "-O0")
    put_library(folder, "switch")
    write(path, "no\n\n")
    seen = plugins_of_refusal(good)
    check(seen == before, "... until a reload the same", seen)
    status, output = ctl("reload")
    after = f"switch file={hash_of(library)} data={hash_of(path)}"
    seen = plugins_of_refusal(good)
    check(not status and after != before and seen == after, "... and after the reload that exchanges it the new ones", f"{seen} {output[-200:]}")
    output = ctl("explain", good[0], "skole")[1]
    check(f"asked plugin {after}" in output, "... as explain prints them", output[-300:])
    # The exchanged version knows an argument that the one before does not.
    ctl("plugin", "rollback", "tinn", "switch", "--by", "Tester", "--reason", "another opinion")
    with open(POLICY) as f:
        text = f.read()
    write(POLICY, text.replace("when switch x", "when switch bad"))
    with open(KONGSBERG) as f:
        kongsberg = f.read()
    write(KONGSBERG, kongsberg.replace("Kongsberg kommune", "Kongsberg by"))
    status, output = ctl("reload")
    check(status == 1 and "kept tinn at its last good version: " in output and 'switch expects anything but "bad"' in output and "active: " in output,
          "a version to which an operator has returned, and that refuses, keeps Tinn and no other", output[-400:])
    seen = plugins_of_refusal(good)
    check(seen == before, "... and goes on", seen)
    write(KONGSBERG, kongsberg)
    restore(original)


def log_lines():
    with open(os.path.join(env["DEMO_DIR"], "log/idp.log")) as f:
        return f.read().splitlines()


def logged(plugin):
    return [line for line in log_lines() if ">plugin.log " in line and f" plugin={plugin} " in line]


def data(folder, good):
    """Data is live with the reload, as is the way back."""
    path = os.path.join(ETC, "policies/switch.txt")
    more = " {\n\t\tdata switch.txt\n\t}"
    write(path, "no\n")
    install(folder, "switch", more)
    check(not enter(skole(), good)[0], "a plugin has its data")
    write(path, "yes\n")
    check(not enter(skole(), good)[0], "changed data has no effect before the reload")
    began = time.monotonic()
    status, output = ctl("reload")
    entered = enter(skole(), good)[0]
    took = time.monotonic() - began
    check(not status and entered, "changed data is live with the reload", f"{took:.2f} s {output[-200:]}")
    check(listed("switch") == (hash_of(os.path.join(FOLDER, "switch.so")), hash_of(path)), "the list has the hashes of both files", str(listed("switch")))
    write(path, "perhaps\n")
    status, output = ctl("reload")
    check(status and "it is neither yes nor no" in output and enter(skole(), good)[0], "data that the plugin refuses is refused", output[-200:])
    write(path, "yes\n")
    status, output = ctl("plugin", "rollback", "tinn", "switch", "--by", "Tester", "--reason", "wrong table")
    check(not status and not enter(skole(), good)[0], "one command returns to the version before", output[-300:])
    os.kill(processes()["plugin-host@tinn"], 9)
    time.sleep(1)
    check(not enter(skole(), good)[0], "and a restart does not lose it")
    status, output = ctl("plugin", "rollback", "tinn", "switch", "--by", "Tester", "--reason", "it was right")
    check(not status and enter(skole(), good)[0], "and back again", output[-300:])
    install(folder, "writes")
    enter(skole(), good)
    eventually(lambda: any("forged" in line for line in logged("writes")), 5)
    check(any("forged" in line for line in logged("writes")) and not any(line.startswith("<3>forged") for line in log_lines()),
          "what a plugin writes is labelled, and forges no line")
    install(folder, "repeats")
    enter(skole(), good)
    eventually(lambda: logged("repeats"), 5)
    lines = logged("repeats")
    check(len(lines) == 1 and " times=100 " in lines[0], "a line that a plugin writes 100 times is one line with the count", str(lines)[-300:])


def moody(folder, good):
    """A crash belongs to the person whose question it was."""
    install(folder, "moody")
    other = next(w for w in PUPILS if w not in good)
    for _ in range(12):
        check_quiet.append(not enter(skole(), other)[0])
    right = [w for w in good for _ in range(5) if enter(skole(), w)[0]]
    check(all(check_quiet) and len(right) == 5 * len(good), "a plugin that crashes for one pupil refuses this one and admits the others",
          f"{len(right)} of {5 * len(good)}")
    check(deaths("moody") <= 3, "and dies once for the pupil, not each time", f"{deaths('moody')} deaths")


check_quiet = []


def main():
    with open(POLICY) as f:
        original = f.read()
    good = [w for w in PUPILS if enter(skole(), w)[0]]
    check(good and len(good) < len(PUPILS), "with Tinn's own plugin those with a guardian's consent enter, and no others",
          f"{len(good)} of {len(PUPILS)}")
    with tempfile.TemporaryDirectory() as folder:
        others_change(folder, original, good[0])
    before = processes()
    table = rows_of_table()
    wrong = [row for row, _, reason, _ in BEHAVIOURS if not table.get(row, "").startswith(reason)]
    check(not wrong and len(table) > len(BEHAVIOURS), "each behaviour has its row and its reason in tests/plugins/ROWS.md", str(wrong))
    loads = [Load(w, arkiv()) for w in persons("kongsberg", "employee")[:2] + persons("tinn", "employee")[:1]]
    for load in loads:
        load.start()
    try:
        with tempfile.TemporaryDirectory() as folder:
            built(folder)
            refused(folder, original, good[0])
            wrong_argument(original)
            in_receipts(folder, original, good[0])
            data(folder, good[0])
            moody(folder, good)
            restore(original)
            for row in BEHAVIOURS:
                behaviour(folder, original, row, good, loads)
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


if __name__ == "__main__":
    main()
