#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""login.py: hostile input to the login form. The response to a wrong
password is the reference: every failed login must get the same page."""

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
from wire import Form, HOST, Oracles, ask, check, env, form, main_text, person, plain  # noqa: E402
from stage import again, configuration, end, eventually, persons  # noqa: E402

oracles = None
WRONG = "feil-passord-2026"
# The first mark of a response to a wrong password (idp/login/response_mark.h), less the millisecond that the clock is cut at.
MARK_MS = 249


def tried(login, password, **more):
    """One attempt from a fresh browser: its form, and the response."""
    f = Form()
    a = f.log_in(login, password, **more)
    oracles.saw(a)
    return f, a


def measure():
    """The response to a wrong password, without the typed login name."""
    _, a = tried("ukjent.person@kongsberg.example", WRONG)
    return a.status, main_text(a).replace("ukjent.person@kongsberg.example", "")


def like_wrong(sentence, rows, wrong):
    """None of these logs in; each gets the page of a wrong password."""
    bad = []
    for login, password in rows:
        f, a = tried(login, password, m="kongsberg")
        if f.is_logged_in or a.status != wrong[0] or "reason" in main_text(a) or same(a) != plain(wrong[1]):
            bad.append(f"{login!r}/{password!r}: HTTP {a.status} {plain(main_text(a))[:120]}")
    check(not bad, sentence, bad[0] if bad else f"{len(rows)} inputs, HTTP {wrong[0]} each")


def same(answer):
    return plain(main_text(answer))


def passwords(wrong):
    who = person("kongsberg")
    like_wrong("W01 an empty password is refused as a wrong one", [(who[0], ""), (who[0].upper(), "")], wrong)
    like_wrong("W02 spaces, a TAB and a no-break space are wrong passwords",
               [(persons("kongsberg", "employee")[n][0], p) for n, p in enumerate((" ", "    ", "\t", "\u00a0", "\r\n"), 1)], wrong)
    bad = [p for p in (b"%00", b"%00" + who[1].encode(), who[1].encode() + b"%00", who[1].encode() + b"%00x")
           if tried(who[0], p)[0].is_logged_in or tried(who[0], p)[1].status != 400]
    check(not bad, "W02 a NUL in a password is refused", str(bad))
    others = persons("kongsberg", "employee")[8:]
    like_wrong("W08 a password of 4,097 bytes or 60 kB is refused as a wrong one",
               [(others[0][0], "a" * 4097), (others[1][0], "a" * 60000)], wrong)
    like_wrong("W08 emoji, decomposed letters and 4,096 bytes are valid passwords",
               [(others[2][0], "\U0001f600" * 20), (others[3][0], "a\u030aøæ"), (others[4][0], "å" * 2048)], wrong)
    f, a = tried(others[5][0], b"a" * 1_000_000)
    check(a.status == 413 and not f.is_logged_in, "W08 a password of 1 MB is refused before it is parsed", f"HTTP {a.status}")
    f, a = tried(who[0], who[1] + "x")
    check(not f.is_logged_in, "W08 a password is never truncated: the right one with an extra letter is wrong", f"HTTP {a.status}")


def names(wrong):
    who, key = person("kongsberg")
    local = who.partition("@")[0]
    patterns = ["*", local[:2] + "*", "*)(uid=*", f"*)(uid={local}", "admin)(&", "\\2a", ")(|(objectClass=*", "(cn=)", f"{local})(uid=*",
                f"{local}*", f"*{local[1:]}", "*)(|(uid=*)", f"{local})(!(uid=x", "\\", "\\5c\\28", f"{local}\\2a", "&", "|(uid=*)", "%2a",
                f"x)(|(uid={local})(uid=x)"]
    like_wrong("W04 LDAP filters as login names match no person, even with a right password",
               [(f"{p}@kongsberg.example", key) for p in patterns], wrong)
    base = env["DIRECTORY_KONGSBERG_BASE"]
    dns = [f"uid={local},{base}", f"uid={local}+cn=x", f"{local},{base}", f"#{local}", f"{local};", f"<{local}>", f'"{local}"', f"{local}\\",
           f"{local}\\20", f"cn={local}", "+", ",", f"ldap:///{base}", f"dn:uid={local},{base}", f"u:{local}", env["DIRECTORY_KONGSBERG_BIND"]]
    like_wrong("W05 DNs as login names match no person", [(f"{d}@kongsberg.example", key) for d in dns], wrong)
    f, a = tried(env["DIRECTORY_KONGSBERG_BIND"], env["DIRECTORY_KONGSBERG_PASSWORD"], m="kongsberg")
    check(not f.is_logged_in, "W05 the directory's administrator cannot log in", f"HTTP {a.status}")
    f, a = tried((local + "%00@kongsberg.example").encode(), key)
    check(a.status == 400 and not f.is_logged_in, "W04 a NUL in a login name is refused", f"HTTP {a.status}")
    f, a = tried(local.encode() + b"%ff%fe@kongsberg.example", key)
    check(a.status == 400 and not f.is_logged_in, "W07 a login name with invalid UTF-8 is refused", f"HTTP {a.status}")
    like_wrong("W07 a login name of 10 kB is refused as a wrong one", [("a" * 10000 + "@kongsberg.example", key)], wrong)
    f, a = tried(who.upper(), key)
    check(f.is_logged_in, "W07 V41 a login name in upper case is the same name", f"HTTP {a.status}")
    f, a = tried(f"  {who} ", key)
    check(f.is_logged_in, "V41 spaces around a login name are ignored", f"HTTP {a.status}")
    wide = "".join(chr(ord(c) + 0xfee0) if "!" <= c <= "~" and c != "@" else c for c in local)
    f, a = tried(f"{wide}@kongsberg.example", key)
    check(a.status < 500, "W07 full-width letters are answered without an error", f"HTTP {a.status}, logged in: {f.is_logged_in}")
    f, a = tried(local, key, m="")
    check(not f.is_logged_in and "/choose?" in a.text, "W06 a name without its municipality is never matched to the first candidate", f"HTTP {a.status}")
    f, a = tried(f"{local}@evil.example", key)
    check(not f.is_logged_in and "/choose?" in a.text, "W06 an unknown domain leads to the list of municipalities", f"HTTP {a.status}")
    f, a = tried(f"{local}@tinn.example", key)
    check(not f.is_logged_in, "W06 a login name and password of one municipality are invalid in another", f"HTTP {a.status}")
    opened = [tried(f"{name}\\{local}", key)[0].is_logged_in for name in ("kongsberg", "KONGSBERG", "tinn", "ukjent", "kongsberg.example")]
    check(opened == [True, True, False, False, False], "W06 NAME\\login selects that municipality, in capitals too, and no other",
          str(opened))


def repeated_name():
    who, key = person("kongsberg")
    f = Form()
    body = {**f.fields, "login": "kari@kongsberg.example", "password": key}
    pairs = "&".join(f"{n}={v}" for n, v in body.items()) + f"&login={who}"
    a = f.keep(form("/login", pairs.encode(), [*f.headers(), f"Origin: https://{HOST}"]))
    check(a.status == 400 and not f.is_logged_in, "W44 a repeated login name is refused", f"HTTP {a.status}")
    f = Form()
    for what, more in (("another site's form", ["Origin: https://evil.example"]), ("a form sent by another site", ["Sec-Fetch-Site: cross-site"])):
        a = f.keep(form("/login", {**f.fields, "login": who, "password": key}, [*f.headers(), *more]))
        if not check(a.status == 400 and not f.is_logged_in, f"W60 {what} does not log in", f"HTTP {a.status}"):
            break
    g = Form()
    g.fields = f.fields
    a = g.log_in(who, key)
    check(not g.is_logged_in, "W16 a form shown to one browser does not log in another", f"HTTP {a.status}")


def enumeration():
    """W14: the page does not reveal whether an account exists; times are printed."""
    known = [p[0] for p in persons("kongsberg", "employee")[10:22]]
    pages, times = set(), {True: [], False: []}
    for n, login in enumerate(known):
        for exists, name in ((True, login), (False, f"fins.ikke.{n}@kongsberg.example")):
            f = Form()
            began = time.monotonic()
            a = f.log_in(name, f"{WRONG}-{n}-{exists}")
            times[exists].append((time.monotonic() - began) * 1000)
            pages.add((a.status, plain(main_text(a)).replace(name, ""), len(main_text(a).replace(name, ""))))
    check(len(pages) == 1, "W14 the page is the same for existing and unknown names",
          f"medians {statistics.median(times[True]):.1f} and {statistics.median(times[False]):.1f} ms")
    check(min(times[True] + times[False]) >= MARK_MS, "W14 a wrong password is answered at a mark, and never before the first one",
          f"earliest {min(times[True]):.1f} and {min(times[False]):.1f} ms")


def directory(tool, *more, ldif=""):
    """Runs an LDAP tool as Kongsberg's administrator and returns its output."""
    run = subprocess.run([tool, "-x", "-H", env["DIRECTORY_KONGSBERG_URI"], "-D", env["DIRECTORY_KONGSBERG_BIND"],
                          "-w", env["DIRECTORY_KONGSBERG_PASSWORD"], *more],
                         input=ldif, capture_output=True, text=True, env={**os.environ, "LDAPTLS_CACERT": env["PORTVAKT_CA"]}, check=True)
    return run.stdout


def switched_off():
    """W14: a directory that refuses before it checks the password has
    verified nothing, so the response reveals nothing."""
    login, right = persons("kongsberg", "employee")[25]
    dn = re.search(r"^dn: (.*)$", directory("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", env["DIRECTORY_KONGSBERG_BASE"],
                                            f"(uid={login.partition('@')[0]})", "uid"), re.M).group(1)
    wrong = tried("finnes.ikke.av@kongsberg.example", WRONG)[1]
    check(any(b"rejected the login: unknown" in line for line in audit_lines()), "W14 the audit log has that a name is unknown")
    for what, until in (("an administrator disabled", "000001010000Z"), ("too many attempts locked", time.strftime("%Y%m%d%H%M%SZ", time.gmtime()))):
        directory("ldapmodify", ldif=f"dn: {dn}\nchangetype: modify\nreplace: pwdAccountLockedTime\npwdAccountLockedTime: {until}\n")
        try:
            f, a = tried(login, f"{WRONG}-{until}")
            check((a.status, same(a).replace(login, "")) == (wrong.status, same(wrong).replace("finnes.ikke.av@kongsberg.example", "")),
                  f"W14 an account that {what} gets the same page as an unknown one", f"HTTP {a.status} {same(a)[:120]}")
            before = len(audit_lines())
            f, a = tried(login, right)
            check(not f.is_logged_in, f"W14 an account that {what} cannot log in", f"HTTP {a.status}")
            aside = b"rejected the login: disabled" if until.startswith("0000") else b"rejected the login: locked"
            check(len(audit_lines()) > before and any(aside in line for line in audit_lines()), f"W14 the audit log has the reason for an account that {what}")
        finally:
            directory("ldapmodify", ldif=f"dn: {dn}\nchangetype: modify\nreplace: pwdAccountLockedTime\n")


def audit_lines():
    """Every line of the audit log so far."""
    lines = []
    for folder, _, files in os.walk(os.path.join(configuration("state-directory"), "audit")):
        for name in files:
            if name.endswith(".jsonl"):
                with open(os.path.join(folder, name), "rb") as f:
                    lines += f.read().splitlines()
    return lines


def addresses():
    """W13: only the address that the reverse proxy saw counts."""
    lies = ["X-Forwarded-For: 10.40.1.1", "X-Forwarded-For: 127.0.0.1, 10.40.1.1", "X-Forwarded-For: " + ", ".join(["10.40.0.9"] * 50),
            "X-Forwarded-For: '; drop", "X-Real-IP: 10.40.1.1", "X-Portvakt-Listener: sikker-sone", "X_Forwarded_For: 10.40.1.1"]
    seen = []
    for lie in lies:
        f = Form()
        f.address = lie
        before = len(audit_lines())
        a = ask("/login?t=" + f.fields["t"], "front door", headers=f.headers())
        a = form("/login", {**f.fields, "login": "ukjent@kongsberg.example", "password": WRONG + str(len(seen))},
                 [*f.headers(), f"Origin: https://{HOST}"], "front door")
        oracles.saw(a)
        events = [json.loads(x) for x in audit_lines()[before:]]
        seen += [json.dumps(r) for r in events if "10.40" in json.dumps(r) or "sikker-sone" in json.dumps(r) or "drop" in json.dumps(r)]
        seen += ["nothing was logged"] if not events else []
    check(not seen, "W13 an address or listener claimed by the client is ignored", seen[0] if seen else f"{len(lies)} claims")


def logs():
    """W53 and U4: typed values stay out of logs, or are one harmless line."""
    folder = os.path.join(env["DEMO_DIR"], "log")
    start = {n: os.path.getsize(os.path.join(folder, n)) for n in os.listdir(folder)}
    before = len(audit_lines())
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
    lines = audit_lines()[before:]
    check(b"\x1b" not in new and b"falsk\n" not in new and max(map(len, new.splitlines() or [b""])) < 4096,
          "W53 no input breaks a line of a log", f"{len(new.splitlines())} lines")
    check(all(isinstance(json.loads(x), dict) and b"\x1b" not in x for x in lines) and lines,
          "W53 no input breaks a line of the audit log", f"{len(lines)} lines")
    both = new + b"\n".join(lines)
    check(b"hemmelig" not in both and WRONG.encode() not in both + b"".join(audit_lines()), "U4 no typed password is in a log or the audit log")


def disguised(local):
    """A directory accepts many spellings of one name; an attacker may use them all."""
    def wide(n):
        return local[:n] + chr(ord(local[n]) + 0xfee0) + local[n + 1:]

    spellings = [local, local.upper(), local.capitalize(), local[0] + "\u00ad" + local[1:], local[:2] + "\u200b" + local[2:],
                 local.replace("s", "\u017f"), *(wide(n) for n, c in enumerate(local) if c.isalpha()),
                 *(local[:n] + "\u00ad" * 2 + local[n:] for n in range(1, 9))]
    reached = [Form().log_in(f"{s}@kongsberg.example", f"{WRONG}-skrivemåte-{n}").status for n, s in enumerate(spellings)]
    key = next(k for login, k in persons("kongsberg", "employee") if login.startswith(local + "@"))
    opened = [s for s in (local[0] + "\u00ad" + local[1:], wide(1)) if (f := Form()).log_in(f"{s}@kongsberg.example", key) and f.is_logged_in]
    check(reached.count(200) <= 10 or not opened,
          "W09 another spelling of a login name has no attempts of its own",
          f"{len(opened)} of two other spellings opened it; {reached.count(200)} of {len(spellings)} tries were not stopped")


def waiting_field(answer):
    return re.search(r'name="wait" value="([^"]*)"', answer.text).group(1)


def guesses():
    """W09 to W12: guessing is limited, without harm to other users."""
    # Another person on each run, because counters last ten minutes.
    who, key = random.choice(persons("kongsberg", "employee")[23:])
    spread = "Sommer2026!" + secrets.token_hex(4)
    friend = Form()
    check(friend.log_in(who, key).status == 303 and friend.is_logged_in, "W11 a person logs in before the guessing begins")
    old = {n: v for n, v in friend.cookies.items() if n != "__Host-portvakt"}
    statuses = []
    for n in range(14):
        f = Form()
        statuses.append(f.log_in(who, f"{WRONG}-gjett-{n}").status)
    check(statuses == [200] * 5 + [429] * 9, "W09 five guesses for an account reach its directory, then a new browser must wait", str(statuses))
    a = f.answer = Form.log_in(f, who, key)
    check(a.status == 429 and "denne brukerkontoen" in a.text and not f.is_logged_in, "W09 the right password too, and the page says that it is the account")
    forged = [f.log_in(who, key, wait=w).status for w in ("", "A" * 80, waiting_field(a) + "A", waiting_field(a)[:-4])]
    check(set(forged) == {429} and not f.is_logged_in, "W09 a time that was not sealed here is no wait", str(forged))
    disguised(persons("kongsberg", "employee")[22][0].partition("@")[0])
    known = Form()
    known.cookies = dict(old)
    known.fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', known.get("/login").text)) or known.fields
    a = known.get("/login")
    a = known.get(a.header("location").split(HOST)[-1]) if a.status == 303 else a
    known.fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', a.text))
    known.log_in(who, key)
    check(known.is_logged_in, "W11 guessing does not lock out a trusted browser")
    crowd = (persons("kongsberg", "pupil") + persons("kongsberg", "teacher"))[:60]
    statuses, place = [], "X-Forwarded-For: 192.0.2.254"
    for login, _ in crowd:
        f = Form()
        f.address = place
        a = f.log_in(login, spread)
        statuses.append(a.status)
    check(statuses.count(200) == 10 and set(statuses[10:]) == {429}, "W10 one password tried on many accounts is limited",
          f"{statuses.count(200)} of {len(crowd)} reached a directory")
    check(statuses[-1] == 429 and "fra nettverket ditt" in a.text, "W10 and the page says that it is the network, not the account")
    statuses = []
    for n, (login, _) in enumerate(crowd):
        f = Form()
        f.address = f"X-Forwarded-For: 2001:db8:1:1:{n + 1:x}::{n + 1:x}"
        statuses.append(f.log_in(login, spread + "6").status)
    check(statuses.count(200) == 10 and 429 in statuses, "W10 the addresses of one IPv6 /64 are one", str(statuses.count(200)))
    honest = [Form() for _ in range(5)]
    for f, (login, right) in zip(honest, crowd):
        f.address = place
        f.log_in(login, right)
    check(all(f.is_logged_in for f in honest), "W12 other people at the same address log in meanwhile",
          f"{sum(f.is_logged_in for f in honest)} of {len(honest)}")


def away():
    """W20: an unavailable directory is never reported as a wrong password."""
    who, key = person("tinn")
    os.kill(int(env["PID_SLAPD_TINN"]), signal.SIGTERM)
    time.sleep(0.5)
    wrong = []
    try:
        for n in range(12):
            f, a = tried(who, key if n % 2 else WRONG)
            if a.status != 503 or "passordet er feil" in a.text or 'aria-invalid="true"' in a.text or f.is_logged_in:
                wrong.append(f"HTTP {a.status} {plain(main_text(a))[:150]}")
    finally:
        again("tinn")
    check(not wrong, "W20 an unavailable directory is reported as such, and no password is called wrong", wrong[0] if wrong else "12 tries")
    took = eventually(lambda: tried(who, key)[0].is_logged_in, 10, 0.3)
    check(took is not None, "W20 attempts while a directory is down are not counted as guesses")


def main():
    global oracles
    oracles = Oracles("hostile logins", person("kongsberg"))
    wrong = measure()
    check(wrong[0] == 200, "W14 a wrong password is answered with a page", f"HTTP {wrong[0]}")
    for group in (lambda: passwords(wrong), lambda: names(wrong), repeated_name, enumeration, switched_off, addresses, logs, guesses, away):
        group()
    oracles.hold()
    end()


main()
