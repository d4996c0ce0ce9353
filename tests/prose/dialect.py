#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""dialect.py: checks that comments, documents, manual pages and test sentences
are plain English (docs/STYLE.md, Language).

Counts three sets of avoided terms per 10,000 in each group of text.  A group
above a limit fails, with file:line of each occurrence.  Also checks the number
of house terms in the glossary, and the length of paragraphs in the decisions.
The counter itself is tested first, with samples that must fail."""
import glob
import os
import re
import subprocess

os.chdir(os.path.join(os.path.dirname(os.path.abspath(__file__)), "../.."))

# term set: (pattern, occurrences per 10,000 that are permitted)
LIMITS = {
    "nobody, whoever, whom, somebody": (r"nobody|whoever|whom|somebody", 2),
    "told, tell, say, said": (r"told|tells?|telling|says?|said|saying", 4),
    "word": (r"words?", 3),
}
HOUSE_TERMS, PARAGRAPH_LINES = 15, 8
TERM = re.compile(r"[A-Za-z']+")
STRING = re.compile(r'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|`(?:\\.|[^`\\])*`')

failed = False


def report(holds, sentence, found=()):
    global failed
    print(("ok - " if holds else "not ok - ") + sentence)
    for line in list(found)[:20]:
        print("    " + line)
    failed = failed or not holds


def listed(*patterns):
    out = subprocess.run(["git", "ls-files", "-z", "--", *patterns], stdout=subprocess.PIPE, check=True)
    return [f for f in out.stdout.decode().split("\0") if f and os.path.isfile(f)]


def read(path):
    with open(path, encoding="utf-8", errors="replace") as f:
        return f.read()


# ---- extraction: text -> (line number, text) of its prose


def comments(text):
    """The comments of C."""
    for m in re.finditer(r'"(?:\\.|[^"\\\n])*"|/\*.*?\*/|//[^\n]*', text, re.S):
        first = text.count("\n", 0, m.start()) + 1
        if m.group()[0] == "/":
            for at, line in enumerate(m.group().split("\n")):
                yield first + at, line


def markdown(text):
    """Markdown without code."""
    fenced = False
    for at, line in enumerate(text.split("\n"), 1):
        fenced ^= line.startswith("```")
        if not fenced and not line.startswith(("\t", "    ")):
            yield at, re.sub(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->", " ", line)


def manual(text):
    """A manual page without macro names, comments and literal text."""
    literal = False
    for at, line in enumerate(text.split("\n"), 1):
        literal = line.startswith(".Bd") or (literal and not line.startswith(".Ed"))
        if not literal and not line.startswith('.\\"'):
            yield at, re.sub(r"^\.(It )?[A-Z][a-z]( (Ic|Cm|Ar|Pa|Xr|Fl|Dq|Sy))*", " ", line)


def script(text):
    """The comments of a script, and its strings of three terms or more."""
    for at, line in enumerate(text.split("\n"), 1):
        if re.match(r"\s*(#|//|\*|/\*)", line):
            yield at, line
            continue
        for m in STRING.finditer(line):
            plain = re.sub(r"\$?\{[^}]*\}|%[a-z]|\\[a-z]|\$\w+", " ", m.group())
            if len(re.findall(r"\b[a-z]{2,}\b", plain)) >= 3 and "<" not in plain:
                yield at, plain


def unit_test(text):
    """The names of unit tests, as sentences."""
    for m in re.finditer(r"^static void (\w+)\(\s*void \*\*", text, re.M):
        yield text.count("\n", 0, m.start()) + 1, m.group(1).replace("_", " ")


# ---- counting


def above(prose):
    """prose: (place, text).  The term sets above their limit, with their places."""
    total, found = 0, {name: [] for name in LIMITS}
    for place, text in prose:
        text = text.replace("SPDX-License-Identifier", "")
        total += len(TERM.findall(text))
        for name, (pattern, _) in LIMITS.items():
            for m in re.finditer(r"\b(%s)\b" % pattern, text, re.I):
                found[name].append("%s: %s" % (place, " ".join(text.split())[:110]))
    return {name: places for name, places in found.items()
            if 10000 * len(places) > LIMITS[name][1] * max(total, 1)}


def places(files, extract):
    for path in files:
        for at, text in extract(read(path)):
            yield "%s:%d" % (path, at), text


def long_paragraphs(path):
    count = 0
    for at, text in enumerate(read(path).split("\n"), 1):
        count = 0 if not text.strip() or text.startswith(("#", "|", "```")) else 1 if re.match(r"\s*([-*]|\d+\.) ", text) else count + 1
        if count == PARAGRAPH_LINES + 1:
            yield "%s:%d" % (path, at)


def house_terms(text):
    section = re.search(r"^## House terms\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    rows = [line for line in section.group(1).split("\n") if line.startswith("|")] if section else []
    return len(rows) - 2 if section else HOUSE_TERMS + 1


# ---- the check itself, with samples that must fail

PLAIN = "the caller returns an error and the request fails " * 300
SAMPLES = (
    (comments, "/* %s\n * nobody is told, say the words. */" % PLAIN, 2),
    (comments, 'x = "/* no comment */"; // whoever is told, in a word, by somebody %s, said, telling' % PLAIN, 1),
    (markdown, "# x\n%s\nNobody says a word, whom it told, said.\n" % PLAIN, 3),
    (manual, ".Sh NAME\n%s\n.It Ic a\nIt tells somebody the words, says, nobody.\n" % PLAIN, 4),
    (script, "# %s\ncheck(x, 'nobody is told or said to say a word to somebody')\n" % PLAIN, 2),
    (unit_test, "static void nobody_says_a_word_to_somebody_told(void **state)\n", 1),
)


def test_check():
    for extract, text, line in SAMPLES:
        bad = above((str(at), prose) for at, prose in extract(text))
        if set(bad) != set(LIMITS) or any(not p.startswith("%d:" % line) for ps in bad.values() for p in ps):
            return False
        good = re.sub(r"(?i)(?<![a-z])(nobody|whoever|whom|somebody|told|tells?|telling|says?|said|words?)", "x", text)
        if above((str(at), prose) for at, prose in extract(good)):
            return False
    return (list(markdown("```\nnobody\n```\n`word`\n"))[-2][1].strip() == "" and house_terms("## House terms\n| a |\n|-|\n" + "| b |\n" * 16) == 16)


SCRIPTS = [f for f in listed("tests/*", ".ci/*", "deploy/*.sh", "idp/page/*.awk", "idp/page/*.sh")
           if not f.endswith((".c", ".h", ".md", ".dict", ".json")) and "/seeds/" not in f and not f.startswith("tests/prose/")
           and not f.startswith("tests/unit/")]
GROUPS = (
    ("C comments", listed("*.c", "*.h", "*.def"), comments),
    ("documents", listed("docs/*.md", "*.md"), markdown),
    ("manual pages", listed("docs/man/*") + sorted(glob.glob("build/man/*.[1-9]")), manual),
    ("test sentences", SCRIPTS, script),
    ("unit test names", listed("tests/unit/*.c"), unit_test),
)

report(test_check(), "the check of plain English finds bad samples")
for group, files, extract in GROUPS:
    bad = above(places(files, extract))
    report(bool(files) and not bad, "%s are plain English" % group,
           ["%s" % p for name in bad for p in ["%s, at most %d per 10,000:" % (name, LIMITS[name][1])] + bad[name]])
report(house_terms(read("docs/GLOSSARY.md")) <= HOUSE_TERMS, "the glossary has at most %d house terms" % HOUSE_TERMS)
long = [p for f in listed("docs/decisions/*.md") for p in long_paragraphs(f)]
report(not long, "no paragraph in docs/decisions has more than %d lines" % PARAGRAPH_LINES, long)
raise SystemExit(failed)
