#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""policy_effects.py: a change that shuts out a municipality's employees, and one
that opens a service to its pupils, wait for a yes; what `policy diff` counts is
what `explain` answers for each person before and after. A folder elsewhere that
has the same change gives the same numbers and answers."""

import os
import re
import shutil
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from stage import check, ctl, end, env, read, write  # noqa: E402

ETC = os.path.dirname(env["PORTVAKT_CONF"])
REGION = env["PORTVAKT_CONF"]
TINN = os.path.join(ETC, "policies/tinn.conf")


GOOD, REGION_GOOD = read(TINN), read(REGION)


def diff():
    """(names by (kind, service) that gain or lose it, counts by them, the text)."""
    status, text = ctl("policy", "diff", "--names")
    names, counts = {}, {}
    for who, kind, service, now in re.findall(r"^  (\S+) as (\w+): (\S+): (never|always|sometimes), was", text, re.M):
        names.setdefault((kind, service), {})[who] = now
    for kind, service, n in re.findall(r"^tinn: (\w+): (\S+): (\d+) can enter", text, re.M):
        counts[(kind, service)] = int(n)
    return names, counts, text if status == 0 else f"status {status}: {text}"


def of_candidate(text, run):
    """What run() gives if -c names a copy of the configuration with this file of Tinn."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ETC, os.path.join(folder, "etc"))
        write(os.path.join(folder, "etc/policies/tinn.conf"), text)
        program = env["PORTVAKT_CTL"].split(" -c ")[0]

        def candidate(*args):
            done = subprocess.run([*program.split(), "-c", os.path.join(folder, "etc", os.path.basename(REGION)), *args],
                                  capture_output=True, text=True)
            return done.returncode, done.stdout + done.stderr
        return run(candidate)


def numbers(text):
    """The lines with counts and with names, in order."""
    return sorted(line for line in text.splitlines() if re.search(r" can enter | as \w+: ", line))


def answers(names, kind, service, ask=ctl, *options):
    """What explain answers for each of these people with this affiliation."""
    found = {}
    for who in names[(kind, service)]:
        _, text = ask("explain", who, service, *options)
        line = re.search(rf"^as {kind} in tinn \(.*?\): (\w+)", text, re.M)
        found[who] = line and line.group(1)
    return found


def waits(sentence):
    status, answer = ctl("reload")
    check(status == 1 and "nothing was changed" in answer and "--accept-effects" in answer, sentence, answer.strip()[-300:])


try:
    # The demo's own limit lets everything pass.
    write(REGION, re.sub(r"\n\tmax-access-change.*", "", REGION_GOOD))
    status, answer = ctl("reload")
    check(status == 0, "the default limit is active", answer.strip()[-200:])
    names, counts, text = diff()
    check(not counts and "are those that are active" in text, "the active files change nothing", text[-200:])

    shut = GOOD.replace("employees    may enter arkiv okonomi portal", "employees    may enter portal")
    elsewhere = of_candidate(shut, lambda ask: ask("policy", "diff", "--names"))
    listed = {("employee", "arkiv"): re.findall(r"^  (\S+) as employee: arkiv: never", elsewhere[1], re.M)}
    people = of_candidate(shut, lambda ask: answers(listed, "employee", "arkiv", ask))
    check("are those that are active" in ctl("policy", "diff")[1], "asking about a folder elsewhere changes nothing")
    write(TINN, shut)
    names, counts, text = diff()
    check(elsewhere[0] == 0 and len(numbers(text)) > 5 and numbers(elsewhere[1]) == numbers(text),
          "a folder elsewhere with the same change gives the same numbers and names", elsewhere[1][-400:])
    check("a reload would wait" in elsewhere[1], "... and states that a reload would wait", elsewhere[1][-200:])
    drafts = answers(names, "employee", "arkiv", ctl, "--draft")
    check(len(people) > 5 and people == drafts and set(people.values()) == {"REFUSED"},
          "explain answers for it as for the draft in place", f"{list(people.items())[:3]} {list(drafts.items())[:3]}")
    status, wrong = of_candidate(shut.replace("employees ", "employes ", 1), lambda ask: ask("policy", "diff"))
    check(status == 1 and 'did you mean "employees"' in wrong, "a folder with an error is refused as check does", wrong[-200:])
    lost = names.get(("employee", "arkiv"), {})
    check(counts.get(("employee", "arkiv"), 0) == len(lost) > 5 and set(lost.values()) == {"never"},
          "a diff names each employee that loses the archive, and counts them", text[-300:])
    before = answers(names, "employee", "arkiv") if lost else {}
    waits("a reload that shuts out the employees of a municipality waits")
    check(before and set(before.values()) == {"ALLOWED"}, "each of them can enter as long as it waits", str(before)[:200])
    draft = re.search(r"^([0-9a-f]{16}): a reload waits", text, re.M)
    status, answer = ctl("reload", "--accept-effects", "0" * 16, "--by", "Pia", "--reason", "Sak 1")
    check(status == 1 and "their hash is" in answer, "a yes to another change is refused", answer.strip()[-200:])
    status, answer = ctl("reload", "--accept-effects", draft.group(1))
    check(status == 1 and "active:" not in answer, "a yes without a name is refused", answer.strip()[-200:])
    status, answer = ctl("reload", "--accept-effects", draft.group(1), "--by", "Pia", "--reason", "Sak 1")
    check(status == 0 and "active: " + draft.group(1) in answer, "the yes to this change activates it", answer.strip()[-200:])
    after = answers(names, "employee", "arkiv") if lost else {}
    check(after and set(after.values()) == {"REFUSED"}, "each of them is refused afterwards", str(after)[:200])
    receipt = re.search(r"^receipt (\S+)", answer, re.M)
    _, event = ctl("audit", "show", receipt.group(1)) if receipt else (1, "")
    check("Pia" in event and "Sak 1" in event, "the audit event has who accepted it, and why", event.strip()[-300:])

    write(TINN, GOOD)
    waits("the change back waits, too: it gives a service to many")
    _, _, text = diff()
    draft = re.search(r"^([0-9a-f]{16}): a reload waits", text, re.M)
    status, answer = ctl("reload", "--accept-effects", draft.group(1), "--by", "Pia", "--reason", "Sak 2")
    check(status == 0, "and is accepted", answer.strip()[-200:])

    write(TINN, GOOD.replace("pupils       may enter portal\n", "pupils       may enter portal arkiv\n"))
    names, counts, text = diff()
    gained = names.get(("pupil", "arkiv"), {})
    check(counts.get(("pupil", "arkiv"), 0) == len(gained) > 5 and set(gained.values()) == {"always"},
          "a diff names each pupil that gets the archive", text[-300:])
    waits("a reload that opens a service to pupils waits")

    write(TINN, GOOD.replace("\trules {\n", "\trules {\n\t\temployees may enter portal when unit Servicetorgt or position at least 1%\n"))
    line = GOOD[:GOOD.index("\trules {\n")].count("\n") + 2
    for command in (("policy", "diff"), ("reload",)):
        notes = [n for n in ctl(*command)[1].splitlines() if n.startswith(f"note: {TINN}:{line}: ")]
        check(len(notes) >= 1 and 'no one in tinn has unit Servicetorgt at present; did you mean "Servicetorget"?' in notes[0] and not any("at least 1%" in n for n in notes),
              f"{' '.join(command)} names a unit that no one has, and no position that a person has", " ".join(notes))

    write(TINN, GOOD.replace("guests       may enter arkiv ", "guests       may enter arkiv okonomi "))
    status, answer = ctl("reload")
    check(status == 0 and "active: " in answer, "a change for few is active at once", answer.strip()[-300:])
finally:
    write(TINN, GOOD)
    ctl("reload")
    write(REGION, REGION_GOOD)
    ctl("reload")
end()
