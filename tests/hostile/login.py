#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""login.py: what strangers type into the login form, and what is said to them
(hostile.md 6.1).  The answer to a wrong password is the measure: whatever is
no login gets that same page."""

import json
import os
import random
import re
import secrets
import signal
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wire import Form, HOST, Oracles, ask, check, env, form, main_words, person, plain  # noqa: E402
from stage import again, configuration, end, eventually, persons  # noqa: E402

oracles = None
WRONG = "feil-passord-2026"


def tried(login, password, **more):
    """A fresh browser tries once: its form, and the answer."""
    f = Form()
    a = f.prove(login, password, **more)
    oracles.saw(a)
    return f, a


def measure():
    """What a wrong password gets, without what was typed."""
    _, a = tried("ukjent.person@kongsberg.example", WRONG)
    return a.status, main_words(a).replace("ukjent.person@kongsberg.example", "")


def like_wrong(sentence, rows, wrong):
    """None of these logs anybody in; each gets the page of a wrong password."""
    bad = []
    for login, password in rows:
        f, a = tried(login, password, m="kongsberg")
        if f.is_logged_in or a.status != wrong[0] or "reason" in main_words(a) or same(a) != plain(wrong[1]):
            bad.append(f"{login!r}/{password!r}: HTTP {a.status} {plain(main_words(a))[:120]}")
    check(not bad, sentence, bad[0] if bad else f"{len(rows)} inputs, HTTP {wrong[0]} each")


def same(answer):
    return plain(main_words(answer))


def passwords(wrong):
    who = person("kongsberg")
    like_wrong("W01 an empty password is a wrong one", [(who[0], ""), (who[0].upper(), "")], wrong)
    like_wrong("W02 blanks, a TAB and a hard blank are wrong passwords",
               [(persons("kongsberg", "employee")[n][0], p) for n, p in enumerate((" ", "    ", "\t", "\u00a0", "\r\n"), 1)], wrong)
    bad = [p for p in (b"%00", b"%00" + who[1].encode(), who[1].encode() + b"%00", who[1].encode() + b"%00x")
           if tried(who[0], p)[0].is_logged_in or tried(who[0], p)[1].status != 400]
    check(not bad, "W02 a NUL in a password is refused", str(bad))
    others = persons("kongsberg", "employee")[8:]
    like_wrong("W08 a password of 4,097 bytes or 100 kB is a wrong one",
               [(others[0][0], "a" * 4097), (others[1][0], "a" * 100000)], wrong)
    like_wrong("W08 smileys, decomposed letters and 4,096 bytes are passwords like others",
               [(others[2][0], "\U0001f600" * 20), (others[3][0], "a\u030aøæ"), (others[4][0], "å" * 2048)], wrong)
    f, a = tried(others[5][0], b"a" * 1_000_000)
    check(a.status == 413 and not f.is_logged_in, "W08 a password of 1 MB is refused at the door", f"HTTP {a.status}")
    f, a = tried(who[0], who[1] + "x")
    check(not f.is_logged_in, "W08 a password is never cut: the right one with a letter behind is wrong", f"HTTP {a.status}")


def names(wrong):
    who, key = person("kongsberg")
    local = who.partition("@")[0]
    patterns = ["*", local[:2] + "*", "*)(uid=*", f"*)(uid={local}", "admin)(&", "\\2a", ")(|(objectClass=*", "(cn=)", f"{local})(uid=*",
                f"{local}*", f"*{local[1:]}", "*)(|(uid=*)", f"{local})(!(uid=x", "\\", "\\5c\\28", f"{local}\\2a", "&", "|(uid=*)", "%2a",
                f"x)(|(uid={local})(uid=x)"]
    like_wrong("W04 filters as login names are names that nobody has, though the password is somebody's",
               [(f"{p}@kongsberg.example", key) for p in patterns], wrong)
    base = env["DIRECTORY_KONGSBERG_BASE"]
    dns = [f"uid={local},{base}", f"uid={local}+cn=x", f"{local},{base}", f"#{local}", f"{local};", f"<{local}>", f'"{local}"', f"{local}\\",
           f"{local}\\20", f"cn={local}", "+", ",", f"ldap:///{base}", f"dn:uid={local},{base}", f"u:{local}", env["DIRECTORY_KONGSBERG_BIND"]]
    like_wrong("W05 names of entries as login names are names that nobody has", [(f"{d}@kongsberg.example", key) for d in dns], wrong)
    f, a = tried(env["DIRECTORY_KONGSBERG_BIND"], env["DIRECTORY_KONGSBERG_PASSWORD"], m="kongsberg")
    check(not f.is_logged_in, "W05 the directory's administrator is nobody here", f"HTTP {a.status}")
    f, a = tried((local + "%00@kongsberg.example").encode(), key)
    check(a.status == 400 and not f.is_logged_in, "W04 a NUL in a login name is refused", f"HTTP {a.status}")
    f, a = tried(local.encode() + b"%ff%fe@kongsberg.example", key)
    check(a.status == 400 and not f.is_logged_in, "W07 a login name that is no UTF-8 is refused", f"HTTP {a.status}")
    like_wrong("W07 a login name of 10 kB is a wrong one", [("a" * 10000 + "@kongsberg.example", key)], wrong)
    f, a = tried(who.upper(), key)
    check(f.is_logged_in, "W07 V41 upper case in a login name is the same name", f"HTTP {a.status}")
    f, a = tried(f"  {who} ", key)
    check(f.is_logged_in, "V41 blanks round a login name mean nothing", f"HTTP {a.status}")
    wide = "".join(chr(ord(c) + 0xfee0) if "!" <= c <= "~" and c != "@" else c for c in local)
    f, a = tried(f"{wide}@kongsberg.example", key)
    check(a.status < 500, "W07 full-width letters are answered without an error", f"HTTP {a.status}, logged in: {f.is_logged_in}")
    f, a = tried(local, key, m="")
    check(not f.is_logged_in and "/choose?" in a.text, "W06 a name without its municipality is never the first that matches", f"HTTP {a.status}")
    f, a = tried(f"{local}@evil.example", key)
    check(not f.is_logged_in and "/choose?" in a.text, "W06 a domain nobody has leads to the municipalities", f"HTTP {a.status}")
    f, a = tried(f"{local}@tinn.example", key)
    check(not f.is_logged_in, "W06 a name and password of one municipality open no other", f"HTTP {a.status}")
    opened = [tried(f"{name}\\{local}", key)[0].is_logged_in for name in ("kongsberg", "KONGSBERG", "tinn", "ukjent", "kongsberg.example")]
    check(opened == [True, True, False, False, False], "W06 NAME\\login is that municipality's login, in capitals too, and no other's",
          str(opened))


def words_twice():
    who, key = person("kongsberg")
    f = Form()
    body = {**f.fields, "login": "kari@kongsberg.example", "password": key}
    pairs = "&".join(f"{n}={v}" for n, v in body.items()) + f"&login={who}"
    a = f.keep(form("/login", pairs.encode(), [*f.headers(), f"Origin: https://{HOST}"]))
    check(a.status == 400 and not f.is_logged_in, "W44 a login name that comes twice is refused", f"HTTP {a.status}")
    f = Form()
    for what, more in (("another site's form", ["Origin: https://evil.example"]), ("a form that another site sends", ["Sec-Fetch-Site: cross-site"])):
        a = f.keep(form("/login", {**f.fields, "login": who, "password": key}, [*f.headers(), *more]))
        if not check(a.status == 400 and not f.is_logged_in, f"W60 {what} proves nothing", f"HTTP {a.status}"):
            break
    g = Form()
    g.fields = f.fields
    a = g.prove(who, key)
    check(not g.is_logged_in, "W16 a form shown to one browser proves nothing in another", f"HTTP {a.status}")


def enumeration():
    """W14: who exists cannot be told from the page; the times are printed."""
    known = [p[0] for p in persons("kongsberg", "employee")[10:22]]
    pages, times = set(), {True: [], False: []}
    for n, login in enumerate(known):
        for exists, name in ((True, login), (False, f"fins.ikke.{n}@kongsberg.example")):
            f = Form()
            began = time.monotonic()
            a = f.prove(name, f"{WRONG}-{n}-{exists}")
            times[exists].append((time.monotonic() - began) * 1000)
            pages.add((a.status, plain(main_words(a)).replace(name, ""), len(main_words(a).replace(name, ""))))
    check(len(pages) == 1, "W14 the page for a name that exists and one that does not is the same",
          f"medians {statistics.median(times[True]):.1f} and {statistics.median(times[False]):.1f} ms")


def directory(tool, *more, ldif=""):
    """An LDAP tool as Kongsberg's administrator: what it printed."""
    run = subprocess.run([tool, "-x", "-H", env["DIRECTORY_KONGSBERG_URI"], "-D", env["DIRECTORY_KONGSBERG_BIND"],
                          "-w", env["DIRECTORY_KONGSBERG_PASSWORD"], *more],
                         input=ldif, capture_output=True, text=True, env={**os.environ, "LDAPTLS_CACERT": env["PORTVAKT_CA"]}, check=True)
    return run.stdout


def switched_off():
    """W14: a directory that refuses before it looks at the password has proved
    nothing, so a stranger learns nothing of it."""
    login, right = persons("kongsberg", "employee")[25]
    dn = re.search(r"^dn: (.*)$", directory("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", env["DIRECTORY_KONGSBERG_BASE"],
                                            f"(uid={login.partition('@')[0]})", "uid"), re.M).group(1)
    wrong = tried("finnes.ikke.av@kongsberg.example", WRONG)[1]
    for what, until in (("an administrator switched off", "000001010000Z"), ("too many tries locked", time.strftime("%Y%m%d%H%M%SZ", time.gmtime()))):
        directory("ldapmodify", ldif=f"dn: {dn}\nchangetype: modify\nreplace: pwdAccountLockedTime\npwdAccountLockedTime: {until}\n")
        try:
            f, a = tried(login, f"{WRONG}-{until}")
            check((a.status, same(a).replace(login, "")) == (wrong.status, same(wrong).replace("finnes.ikke.av@kongsberg.example", "")),
                  f"W14 an account that {what} looks like one that nobody has", f"HTTP {a.status} {same(a)[:120]}")
            before = len(record())
            f, a = tried(login, right)
            check(not f.is_logged_in, f"W14 an account that {what} lets nobody in", f"HTTP {a.status}")
            aside = b"says disabled" if until.startswith("0000") else b"says locked"
            check(len(record()) > before and any(aside in line for line in record()), f"W14 the record says why it let nobody in that {what}")
        finally:
            directory("ldapmodify", ldif=f"dn: {dn}\nchangetype: modify\nreplace: pwdAccountLockedTime\n")


def record():
    """Every line of the record so far."""
    lines = []
    for folder, _, files in os.walk(os.path.join(configuration("state"), "audit")):
        for name in files:
            if name.endswith(".jsonl"):
                with open(os.path.join(folder, name), "rb") as f:
                    lines += f.read().splitlines()
    return lines


def addresses():
    """W13: only what the front door saw counts."""
    lies = ["X-Forwarded-For: 10.40.1.1", "X-Forwarded-For: 127.0.0.1, 10.40.1.1", "X-Forwarded-For: " + ", ".join(["10.40.0.9"] * 50),
            "X-Forwarded-For: '; drop", "X-Real-IP: 10.40.1.1", "X-Portvakt-Listener: sikker-sone", "X_Forwarded_For: 10.40.1.1"]
    seen = []
    for lie in lies:
        f = Form()
        f.address = lie
        before = len(record())
        a = ask("/login?t=" + f.fields["t"], "front door", headers=f.headers())
        a = form("/login", {**f.fields, "login": "ukjent@kongsberg.example", "password": WRONG + str(len(seen))},
                 [*f.headers(), f"Origin: https://{HOST}"], "front door")
        oracles.saw(a)
        said = [json.loads(x) for x in record()[before:]]
        seen += [json.dumps(r) for r in said if "10.40" in json.dumps(r) or "sikker-sone" in json.dumps(r) or "drop" in json.dumps(r)]
        seen += ["nothing was recorded"] if not said else []
    check(not seen, "W13 an address or listener that a stranger claims counts for nothing", seen[0] if seen else f"{len(lies)} claims")


def logs():
    """W53 and U4: what was typed stays out of logs, or is one harmless line."""
    folder = os.path.join(env["DEMO_DIR"], "log")
    start = {n: os.path.getsize(os.path.join(folder, n)) for n in os.listdir(folder)}
    before = len(record())
    secret = "hemmelig-%n%s-\"}-\x1b[31m-2026"
    tried('kari"},{"level":"x\x1b[2J%n%s@kongsberg.example', secret)
    ask("/%n%n%1b[2J%0d%0afalsk", headers=["User-Agent: \x1b]0;x\x07"])
    ask("/login?t=%1b%5b2J%0d%0a{}", headers=["User-Agent: %n%s\"}", "Referer: " + "a" * 3000])
    ask("/login", headers=["User-Agent: " + "a" * 12000])
    time.sleep(0.3)
    new = b""
    for name in os.listdir(folder):
        with open(os.path.join(folder, name), "rb") as f:
            f.seek(start.get(name, 0))
            new += f.read()
    lines = record()[before:]
    check(b"\x1b" not in new and b"falsk\n" not in new and max(map(len, new.splitlines() or [b""])) < 8192,
          "W53 nothing a stranger sends breaks a line of a log", f"{len(new.splitlines())} lines")
    check(all(isinstance(json.loads(x), dict) and b"\x1b" not in x for x in lines) and lines,
          "W53 nothing a stranger sends breaks a line of the record", f"{len(lines)} lines")
    both = new + b"\n".join(lines)
    check(b"hemmelig" not in both and WRONG.encode() not in both + b"".join(record()), "U4 no password that was typed is in a log or the record")


def disguised(local):
    """A directory takes many spellings for one name; so do those who guess."""
    def wide(n):
        return local[:n] + chr(ord(local[n]) + 0xfee0) + local[n + 1:]

    spellings = [local, local.upper(), local.capitalize(), local[0] + "\u00ad" + local[1:], local[:2] + "\u200b" + local[2:],
                 local.replace("s", "\u017f"), *(wide(n) for n, c in enumerate(local) if c.isalpha()),
                 *(local[:n] + "\u00ad" * 2 + local[n:] for n in range(1, 9))]
    reached = [Form().prove(f"{s}@kongsberg.example", f"{WRONG}-skrivemåte-{n}").status for n, s in enumerate(spellings)]
    key = next(k for login, k in persons("kongsberg", "employee") if login.startswith(local + "@"))
    opened = [s for s in (local[0] + "\u00ad" + local[1:], wide(1)) if (f := Form()).prove(f"{s}@kongsberg.example", key) and f.is_logged_in]
    check(reached.count(403) <= 10 or not opened,
          "W09 a name spelled with other letters is not another account to guess at",
          f"{len(opened)} of two other spellings opened it; {reached.count(403)} of {len(spellings)} tries were not stopped")


def guesses():
    """W09 to W12: guessing is stopped, and stops nobody else."""
    # Another each time, for what was counted lasts ten minutes.
    who, key = random.choice(persons("kongsberg", "employee")[23:])
    spread = "Sommer2026!" + secrets.token_hex(4)
    friend = Form()
    check(friend.prove(who, key).status == 303 and friend.is_logged_in, "W11 somebody logs in before the guessing begins")
    old = {n: v for n, v in friend.cookies.items() if n != "__Host-portvakt"}
    statuses = []
    for n in range(14):
        f = Form()
        statuses.append(f.prove(who, f"{WRONG}-gjett-{n}").status)
    check(statuses[0] == 403 and statuses.count(403) <= 10 and statuses[-1] == 429, "W09 no more than ten guesses for an account reach its directory", str(statuses))
    disguised(persons("kongsberg", "employee")[22][0].partition("@")[0])
    known = Form()
    known.cookies = dict(old)
    known.fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', known.get("/login").text)) or known.fields
    a = known.get("/login")
    a = known.get(a.header("location").split(HOST)[-1]) if a.status == 303 else a
    known.fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', a.text))
    known.prove(who, key)
    check(known.is_logged_in, "W11 guessing locks nobody out of a browser that is known")
    crowd = (persons("kongsberg", "pupil") + persons("kongsberg", "teacher"))[:60]
    statuses, place = [], "X-Forwarded-For: 192.0.2.254"
    for login, _ in crowd:
        f = Form()
        f.address = place
        statuses.append(f.prove(login, spread).status)
    check(0 < statuses.count(403) <= 50 and (len(crowd) <= 50 or 429 in statuses), "W10 one password tried on many accounts is stopped",
          f"{statuses.count(403)} of {len(crowd)} reached a directory")
    honest = [Form() for _ in range(5)]
    for f, (login, right) in zip(honest, crowd):
        f.address = place
        f.prove(login, right)
    check(all(f.is_logged_in for f in honest), "W12 honest people at the same address log in meanwhile",
          f"{sum(f.is_logged_in for f in honest)} of {len(honest)}")


def away():
    """W20: a directory that is down is never a wrong password."""
    who, key = person("tinn")
    os.kill(int(env["PID_SLAPD_TINN"]), signal.SIGTERM)
    time.sleep(0.5)
    wrong = []
    try:
        for n in range(12):
            f, a = tried(who, key if n % 2 else WRONG)
            if a.status != 503 or "passordet er feil" in a.text or "alarmed" in a.text or f.is_logged_in:
                wrong.append(f"HTTP {a.status} {plain(main_words(a))[:150]}")
    finally:
        again("tinn")
    check(not wrong, "W20 a directory that is down is said to be so, and no password is called wrong", wrong[0] if wrong else "12 tries")
    took = eventually(lambda: tried(who, key)[0].is_logged_in, 10, 0.3)
    check(took is not None, "W20 tries at a directory that was down are no guesses: its people log in when it is back")


def main():
    global oracles
    oracles = Oracles("hostile logins", person("kongsberg"))
    wrong = measure()
    check(wrong[0] == 403, "W14 a wrong password is answered by a page", f"HTTP {wrong[0]}")
    for group in (lambda: passwords(wrong), lambda: names(wrong), words_twice, enumeration, switched_off, addresses, logs, guesses, away):
        group()
    oracles.hold()
    end()


main()
