#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""wrong_passwords.py: whether the time of the response to a wrong password
shows that an account exists, or that it is locked. Attempts for known,
unknown and locked accounts are mixed, with passwords hashed by SSHA and by
SHA-512-crypt in a real slapd. Two kinds differ by the AUC of their times: the
probability that one of the first kind takes longer than one of the second
(Mann and Whitney). 0.5 shows nothing; the limit is 0.55.

Variables: TIMING_EACH, attempts of each kind and hash (2000)."""

import base64
import hashlib
import os
import random
import re
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../hostile"))
from wire import Form, check, env  # noqa: E402
from stage import credential, end, persons  # noqa: E402

EACH = int(os.environ.get("TIMING_EACH", "2000"))
LIMIT = 0.55
AT_ONCE = 8
LOCKED = 15
KINDS = ("known", "unknown", "locked")
WRONG = 'aria-invalid="true"'


def directory(tool, *more, ldif=""):
    """Runs an LDAP tool as Kongsberg's administrator and returns its output."""
    run = subprocess.run([tool, "-x", "-H", env["DIRECTORY_KONGSBERG_URI"], "-D", env["DIRECTORY_KONGSBERG_BIND"],
                          "-w", env["DIRECTORY_KONGSBERG_PASSWORD"], *more],
                         input=ldif, capture_output=True, text=True, env={**os.environ, "LDAPTLS_CACERT": env["PORTVAKT_CA"]}, check=True)
    return run.stdout


def ssha(password):
    salt = os.urandom(8)
    return "{SSHA}" + base64.b64encode(hashlib.sha1(password.encode() + salt).digest() + salt).decode()


def sha512_crypt(password):
    run = subprocess.run(["openssl", "passwd", "-6", password], capture_output=True, text=True, check=True)
    return "{CRYPT}" + run.stdout.strip()


def dns(logins):
    """login name -> DN"""
    text = directory("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", env["DIRECTORY_KONGSBERG_BASE"], "(uid=*)", "uid")
    found = re.findall(r"^dn: (.*)\nuid: (.*)$", text, re.M)
    by_name = {uid: dn for dn, uid in found}
    return {login: by_name[login.partition("@")[0]] for login in logins if login.partition("@")[0] in by_name}


def modify(changes):
    """(DN, attribute, value; None: no value)"""
    directory("ldapmodify", ldif="\n".join(
        f"dn: {dn}\nchangetype: modify\nreplace: {name}\n" + (f"{name}: {value}\n" if value else "") for dn, name, value in changes))


def clear_counters():
    """As if ten minutes had passed."""
    def run(*command):
        return subprocess.run(["redis-cli", "-s", env["PORTVAKT_REDIS"], "--user", "portvakt", *command], capture_output=True, text=True,
                              env={**os.environ, "REDISCLI_AUTH": credential("redis")}, check=True).stdout

    keys = run("--scan", "--pattern", "pv:1:count:*").split()
    if keys:
        run("DEL", *keys)


class Attempts:
    """All attempts in random order, by AT_ONCE browsers."""

    def __init__(self, names):
        self.todo = [(kind, names(kind, n)) for kind in KINDS for n in range(EACH)]
        random.shuffle(self.todo)
        self.times = {kind: [] for kind in KINDS}
        self.odd = []
        self.lock = threading.Lock()

    def take(self):
        with self.lock:
            return self.todo.pop() if self.todo else None

    def browse(self):
        f = Form()
        while attempt := self.take():
            kind, login = attempt
            # An address and a site of its own, so that only accounts count.
            f.address = "X-Forwarded-For: 2a01:%x:%x:%x::1" % tuple(random.randrange(1, 1 << 16) for _ in range(3))
            began = time.monotonic()
            answer = f.log_in(login, os.urandom(8).hex())
            took = (time.monotonic() - began) * 1000
            with self.lock:
                if answer.status == 200 and WRONG in answer.text:
                    self.times[kind].append(took)
                else:
                    self.odd.append(f"{kind} HTTP {answer.status}")

    def run(self):
        threads = [threading.Thread(target=self.browse) for _ in range(AT_ONCE)]
        for t in threads:
            t.start()
        while any(t.is_alive() for t in threads):
            clear_counters()
            time.sleep(0.5)


def auc(one, other):
    """By rank, with the mean rank for equal times."""
    both = sorted([(t, 0) for t in one] + [(t, 1) for t in other])
    ranks, at = 0.0, 0
    while at < len(both):
        upto = at
        while upto < len(both) and both[upto][0] == both[at][0]:
            upto += 1
        mean = (at + 1 + upto) / 2
        ranks += mean * sum(1 for _, which in both[at:upto] if which == 0)
        at = upto
    return (ranks - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))


def middle(times):
    return sorted(times)[len(times) // 2]


def set_passwords(hashed, known, locked):
    """Returns the password of all."""
    password = os.urandom(8).hex()
    modify([(dn, "userPassword", hashed(password)) for dn in [*known.values(), *locked.values()]])
    # An administrator's password is to be changed first, and unlocks.
    modify([(dn, "pwdReset", None) for dn in [*known.values(), *locked.values()]])
    now = time.strftime("%Y%m%d%H%M%SZ", time.gmtime())
    modify([(dn, "pwdAccountLockedTime", now) for dn in locked.values()])
    return password


def is_in(login, password):
    f = Form()
    f.log_in(login, password)
    return f.is_logged_in


def measure(scheme, hashed, known, locked):
    password = set_passwords(hashed, known, locked)
    clear_counters()
    check(is_in(list(known)[0], password) and not is_in(list(locked)[0], password), f"{scheme}: a known account is let in, and a locked one is not")
    names = {"known": list(known), "locked": list(locked)}
    attempts = Attempts(lambda kind, n: names[kind][n % len(names[kind])] if kind in names else f"finnes.ikke.{n}@kongsberg.example")
    attempts.run()
    check(not attempts.odd, f"{scheme}: each of {3 * EACH} attempts gets the page of a wrong password", f"{len(attempts.odd)} others: {attempts.odd[:3]}")
    for i, one in enumerate(KINDS):
        for other in KINDS[i + 1:]:
            a, b = attempts.times[one], attempts.times[other]
            value = auc(a, b)
            check(max(value, 1 - value) <= LIMIT, f"{scheme}: the times of {one} and {other} accounts do not differ",
                  f"AUC {value:.3f}, medians {middle(a):.1f} and {middle(b):.1f} ms, {len(a)} and {len(b)} attempts")


def selftest():
    """The measure finds what it is to find."""
    near = [random.gauss(19, 3) for _ in range(2000)]
    far = [random.gauss(9, 3) for _ in range(2000)]
    same = [random.gauss(19, 3) for _ in range(2000)]
    check(auc(near, far) > 0.95 and 0.45 < auc(near, same) < 0.55 and auc([1, 1], [1, 1]) == 0.5, "the measure tells 9 ms from 19 ms",
          f"AUC {auc(near, far):.3f}; of the same times {auc(near, same):.3f}")


def main():
    selftest()
    found = dns([p[0] for kind in ("employee", "teacher", "pupil") for p in persons("kongsberg", kind)])
    known = dict(list(found.items())[LOCKED:])
    locked = dict(list(found.items())[:LOCKED])
    check(len(known) >= 2 * LOCKED, "there are accounts enough", f"{len(known)} known, {len(locked)} locked")
    for scheme, hashed in (("SSHA", ssha), ("SHA-512-crypt", sha512_crypt)):
        measure(scheme, hashed, known, locked)
    end()


main()
