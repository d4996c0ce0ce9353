#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""store_full.py: Redis has no memory left. No one is logged in newly, with a
clear page; who is logged in stays so, services refresh their tokens, and logout
works."""

import os
import re
import signal
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from client import Client, Service, find_form  # noqa: E402
from stage import TOP, again, arkiv, check, configuration, credential, ctl, end, env, eventually, person, persons  # noqa: E402

PORTAL = env["PORTVAKT_URL"].rstrip("/") + "/portal"
LOGOUT = env["PORTVAKT_URL"].rstrip("/") + "/logout"
BALLAST = "pv:1:seen:ballast"
TOUCH = 60  # seconds after which the use of a session is written


def limit(memory):
    """Restarts Redis with another maxmemory; it keeps its values."""
    path = os.path.join(os.path.dirname(env["PORTVAKT_CONF"]), "..", "home", "redis.conf")
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(re.sub(r"(?m)^maxmemory \S+", "maxmemory " + memory, text))
    os.kill(int(env["PID_REDIS"]), signal.SIGTERM)
    eventually(lambda: not os.path.exists("/proc/" + env["PID_REDIS"]), 30)
    again("redis")


RENEWING = """service renewing {
	name    "Renewing"
	issuer  region
	oidc renewing {
		secret        @renewing
		redirect-uri  https://renewing.portvakt.localhost/callback
		grant-types   authorization_code refresh_token
	}
	attributes  name
}
"""


def renewing():
    """A service with refresh tokens, which the demo has none of."""
    etc = os.path.dirname(env["PORTVAKT_CONF"])
    with open(os.path.join(etc, "services.d/renewing.conf"), "w") as f:
        f.write(RENEWING)
    path = os.path.join(etc, configuration("credentials-directory"), "renewing")
    with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
        f.write("renewing-secret")
    if os.path.isdir(os.path.join(os.path.dirname(path), "web")):
        subprocess.run([os.path.join(TOP, "deploy/portvakt-credentials"), etc], check=True)
    status, out = ctl("reload")
    assert status == 0, out
    return Service(Client(env["PORTVAKT_CA"]), env["PORTVAKT_ISSUER"], "renewing", "renewing-secret",
                   "https://renewing.portvakt.localhost/callback")


def redis(*words):
    return subprocess.run(["redis-cli", "-s", env["PORTVAKT_REDIS"], "--user", "portvakt", *words], capture_output=True, text=True,
                          env=dict(os.environ, REDISCLI_AUTH=credential("redis")), check=True).stdout.strip()


def logged(event):
    log = os.path.join(os.path.dirname(env["PORTVAKT_CONF"]), "..", "log", "idp.log")
    with open(log, errors="replace") as f:
        return sum(event in line for line in f)


def alarm():
    """With 60 per cent of the memory in use there is no alarm, with 80 there is."""
    # So much that a few connections more or less do not matter.
    redis("SETRANGE", BALLAST, "20000000", "x")
    used = int(re.search(r"used_memory:(\d+)", redis("INFO", "memory")).group(1))
    limit(str(used * 100 // 60))
    time.sleep(8)
    _, status = ctl("status")
    check(re.search(r"^session-store uses (5[6-9]|6[0-4]) % of its memory", status, re.M), "status has the memory of Redis", status[-150:])
    check(logged("session_store.filling") == 0, "... and at 60 per cent of it the log has no alarm")
    limit(str(used * 100 // 80))
    check(eventually(lambda: logged("session_store.filling") == 1, 30), "at 80 per cent of it the log has an alarm")
    _, metrics = ctl("sync", "metrics")
    redis("DEL", BALLAST)
    check(f"portvakt_session_store_max_bytes {used * 100 // 80}" in metrics, "... and it is a metric", metrics[:200])


def answered(act):
    """The result of act(), also while Redis is only just there again."""
    for _ in range(30):
        try:
            return act()
        except (OSError, RuntimeError):
            time.sleep(0.5)
    return act()


def refreshes(service, tokens):
    """Rotations with no memory left: they work, take no more of it, and a token
    that was replaced is worth nothing."""
    def rotate(old):
        return service.token(grant_type="refresh_token", refresh_token=old["refresh_token"])

    latest = answered(lambda: rotate(tokens))
    check("refresh_token" in latest, "a service refreshes its tokens")
    check(userinfo(service, latest["access_token"]) == 200, "... and its new access token is valid")
    check(userinfo(service, tokens["access_token"]) == 401, "... the one before made room for it")
    before = int(redis("DBSIZE"))
    for _ in range(20):
        latest = rotate(latest)
    check(int(redis("DBSIZE")) <= before, "... twenty times more, with no more values in Redis", f"{before} before, {redis('DBSIZE')} after")
    try:
        rotate(tokens)
        refused = "let in"
    except RuntimeError as e:
        refused = str(e)
    check("invalid_grant" in refused, "a refresh token that was used before is refused", refused[:200])
    check(userinfo(service, latest["access_token"]) == 401, "... and ends the others of its login")


def userinfo(service, token):
    return service.client.send("GET", service.at["userinfo_endpoint"], headers={"Authorization": "Bearer " + token})[0]


def main():
    service = arkiv(Client(env["PORTVAKT_CA"]))
    tokens = service.login(person("tinn"))
    other = renewing()
    others = other.login(person("notodden"))
    alarm()
    time.sleep(TOUCH + 2)
    limit("1kb")
    try:
        refreshes(other, others)
        full(service, tokens["access_token"])
    finally:
        limit("512mb")
    late = eventually(lambda: "access_token" in arkiv(Client(env["PORTVAKT_CA"])).login(persons("tinn", "employee")[1]), 15)
    check(late is not None, "with memory again, people log in")
    check(eventually(lambda: logged("session_store.relieved") == 1, 30), "... and the log has the end of the alarm, once",
          f"{logged('session_store.filling')} alarms")


def full(service, token):
    stranger = Client(env["PORTVAKT_CA"])
    there, text = stranger.walk(PORTAL, persons("tinn", "employee")[2])
    check("prøv igjen" in text and not there.endswith("/portal"), "with a full Redis no one is logged in newly, and a page says what to do", main_text(text))
    # Redis has just been restarted, on a machine that may be busy.
    sees = eventually(lambda: "Mine tjenester" in service.client.walk(PORTAL)[1], 15)
    check(sees is not None, "who is logged in sees the portal, also when the use of the session cannot be written",
          main_text(service.client.walk(PORTAL)[1]))
    check(eventually(lambda: userinfo(service, token) == 200, 15) is not None, "UserInfo answers")
    eventually(lambda: find_form(service.client.walk(LOGOUT)[1], 'name="csrf_token"'), 15)
    _, text = service.client.walk(LOGOUT)
    form = find_form(text, 'name="csrf_token"')
    status, _, answer = service.client.send("POST", LOGOUT, form["fields"]) if form else (0, None, text)
    check(status == 200 and "logget ut" in answer, "they log out", f"HTTP {status} {main_text(answer)}")
    check(userinfo(service, token) == 401, "and their tokens end")
    there, text = service.client.walk(PORTAL)
    check('type="password"' in text or "Prøv igjen" in text, "and the session", main_text(text))


def main_text(text):
    return re.sub(r"<[^>]*>|\s+", " ", text)[-600:-200]


main()
end()
