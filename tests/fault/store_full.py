#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""store_full.py: Redis has no memory left. No one is logged in newly, with a
clear page; who is logged in stays so, and can log out."""

import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from client import Client, find_form  # noqa: E402
from stage import again, arkiv, check, end, env, eventually, person, persons  # noqa: E402

PORTAL = env["PORTVAKT_URL"].rstrip("/") + "/portal"
LOGOUT = env["PORTVAKT_URL"].rstrip("/") + "/logout"
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


def userinfo(service, token):
    return service.client.send("GET", service.at["userinfo_endpoint"], headers={"Authorization": "Bearer " + token})[0]


def main():
    service = arkiv(Client(env["PORTVAKT_CA"]))
    tokens = service.login(person("tinn"))
    time.sleep(TOUCH + 2)
    limit("1kb")
    try:
        full(service, tokens["access_token"])
    finally:
        limit("512mb")
    late = eventually(lambda: "access_token" in arkiv(Client(env["PORTVAKT_CA"])).login(persons("tinn", "employee")[1]), 15)
    check(late is not None, "with memory again, people log in")


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
