#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""metrics.py: the metrics of portvaktctl sync metrics by Prometheus' rules, what
logins add to them, and that alerts, runbook and board name nothing else."""

import json
import os
import re
import secrets
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from client import Client  # noqa: E402
from stage import TOP, arkiv, check, ctl, end, env, eventually, person, processes  # noqa: E402

LOGIN = env["PORTVAKT_URL"].rstrip("/")
SAMPLE = re.compile(r'^([a-z_][a-z0-9_]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\.)*",?)*)\})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)$')
SUFFIXES = ("_bucket", "_sum", "_count")
# node_exporter's own, about the file that it reads.
OTHERS = {"node_textfile_mtime_seconds"}


def scrape():
    """The text, and its samples: (name, labels) -> value."""
    text = ctl("sync", "metrics")[1]
    samples = {}
    for line in text.splitlines():
        found = SAMPLE.match(line)
        if found:
            samples[found[1], found[2] or ""] = float(found[3])
    return text, samples


def family(name, types):
    """The metric that a sample belongs to: a histogram has three names."""
    base = re.sub("(_bucket|_sum|_count)$", "", name)
    return base if types.get(base) == "histogram" else name


def breaches(text):
    """What promtool check metrics finds, and a little more."""
    types, helps, seen, last = {}, {}, set(), None
    for line in text.splitlines():
        word = line.split(" ", 3)
        if line.startswith("# HELP "):
            if word[2] in helps or len(word) < 4 or not word[3].endswith("."):
                yield "help: " + line
            helps[word[2]] = word[3]
        elif line.startswith("# TYPE "):
            if word[2] in types or word[2] not in helps or word[3] not in ("gauge", "counter", "histogram"):
                yield "type: " + line
            if (word[3] == "counter") != word[2].endswith("_total"):
                yield "a counter, and nothing else, ends in _total: " + line
            types[word[2]], last = word[3], word[2]
        elif not (found := SAMPLE.match(line)):
            yield "sample: " + line
        else:
            if (found[1], found[2]) in seen:
                yield "twice: " + line
            seen.add((found[1], found[2]))
            if family(found[1], types) != last or not found[1].startswith("portvakt_"):
                yield "not below its type: " + line


def histograms(samples):
    """Each histogram's buckets grow, and the last one is its count."""
    rows = {}
    for (name, labels), value in samples.items():
        if name.endswith("_bucket"):
            rest, le = re.match(r'(.*),le="(.*)"$', labels).groups()
            rows.setdefault((name[:-len("_bucket")], rest), []).append((float(le), value))
    whole = [sorted(row) for row in rows.values()]
    return bool(rows) and all([v for _, v in row] == sorted(v for _, v in row) and row[-1][0] == float("inf") for row in whole) and all(
        sorted(row)[-1][1] == samples[name + "_count", rest] for (name, rest), row in rows.items())


def logins(result, reason=""):
    return scrape()[1].get(("portvakt_logins_total", f'result="{result}",reason="{reason}"'), 0)


def counted():
    was = {row: logins(*row) for row in (("authenticated",), ("entered",), ("failed", "wrong-password"))}
    arkiv().login(person("notodden"))
    try:
        arkiv().login((person("tinn")[0], "a wrong password"))
    except RuntimeError:
        pass
    for row, before in was.items():
        check(logins(*row) == before + 1, f"a login counts as {' '.join(row)}", f"{before:.0f} {logins(*row):.0f}")


def limited():
    """Strangers add no series."""
    browser = Client(env["PORTVAKT_CA"])
    browser.send("GET", LOGIN + "/none")
    browser.send("GET", LOGIN + "/oidc/authorize?client_id=none")
    before = set(scrape()[1])
    for _ in range(40):
        browser.send("GET", f"{LOGIN}/{secrets.token_hex(8)}")
        browser.send("GET", f"{LOGIN}/oidc/authorize?client_id={secrets.token_hex(8)}")
    new = set(scrape()[1]) - before
    check(not new, "40 unknown paths and clients add no series", f"{len(before)} series {new or ''}")


def part_down():
    pid = processes()["signer"]
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(1)
        check(scrape()[1].get(("portvakt_part_up", 'part="signer"')) == 0, "a stopped signer is portvakt_part_up 0")
    finally:
        os.kill(pid, signal.SIGCONT)
    check(eventually(lambda: scrape()[1]["portvakt_part_up", 'part="signer"'] == 1, 20), "and 1 when it is back")


def named(text, names):
    """The metrics that a text names and the demo does not print."""
    used = set(re.findall(r"\b(?:portvakt|node)_[a-z_]+", text)) - OTHERS
    return len(used), sorted(name for name in used if re.sub("|".join(s + "$" for s in SUFFIXES), "", name) not in names and name not in names)


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def anchors():
    return {re.sub(r"[^a-z0-9 -]", "", line[3:].lower()).replace(" ", "-") for line in read("docs/RUNBOOK.md").splitlines() if line.startswith("## ")}


def documents(text):
    names = set(re.findall(r"(?m)^# TYPE (\S+)", text))
    rules, board = read("deploy/prometheus/portvakt.rules.yml"), json.loads(read("deploy/grafana/portvakt.json"))
    count, unknown = named(re.sub("(?m)^ *(#|summary:).*", "", rules), names)
    check(count > 8 and not unknown, "the alert rules name only metrics that exist", f"{count} {' '.join(unknown)}")
    expressions = " ".join(t["expr"] for p in board["panels"] for t in p.get("targets", []))
    count, unknown = named(expressions, names)
    check(count > 12 and not unknown, "the board names only metrics that exist", f"{count} {' '.join(unknown)}")
    alerts = re.findall(r"(?m)^ +- alert: (\S+)", rules)
    runbooks = re.findall(r"(?m)^ +runbook: docs/RUNBOOK.md#(\S+)", rules)
    check(alerts and runbooks == [a.lower() for a in alerts] and set(runbooks) == anchors(), "each alert has its chapter of the runbook, and each chapter its alert",
          " ".join(set(runbooks) ^ anchors()))


def main():
    counted()
    text, samples = scrape()
    found = list(breaches(text))
    check(len(samples) > 60 and not found, "the metrics are in the format of Prometheus", "; ".join(found[:3]))
    check(histograms(samples), "the histograms are whole")
    for name in ("portvakt_web_up", "portvakt_sync_up"):
        check(samples.get((name, "")) == 1, f"{name} is 1")
    check(0 < samples.get(("portvakt_audit_disk_free_bytes", ""), 0) <= samples["portvakt_audit_disk_size_bytes", ""], "the disk of the audit log has its space")
    check(Client(env["PORTVAKT_CA"]).send("GET", LOGIN + "/metrics")[0] == 404, "/metrics is 404 from outside")
    documents(text)
    limited()
    part_down()
    end()


main()
