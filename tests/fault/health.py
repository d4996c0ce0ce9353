#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""health.py: /live and /ready for the load balancer: what stops is named, a
directory does not make the node unready, and no one outside gets an answer."""

import concurrent.futures
import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from client import Client  # noqa: E402
from stage import arkiv, check, configuration, credential, end, env, eventually, person, processes, timed  # noqa: E402

LOGIN = env["PORTVAKT_URL"].rstrip("/")
PROXY_LOG = os.path.join(os.path.dirname(env["PORTVAKT_CONF"]), "../log/haproxy.log")


class Inner(http.client.HTTPConnection):
    """HTTP at the socket of portvakt-web, as haproxy's check."""

    def __init__(self):
        super().__init__("localhost", timeout=15)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(15)
        self.sock.connect(os.path.join(configuration("runtime-directory"), "http"))


def ask(path, method="GET", **headers):
    """One request: (status, body)."""
    connection = Inner()
    connection.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
    response = connection.getresponse()
    body = response.read().decode()
    connection.close()
    return response.status, body


def reasons():
    """The status of /ready, and the reasons."""
    status, body = ask("/ready")
    return status, sorted(row["reason"] for row in json.loads(body)["checks"] if "reason" in row)


def proxy_logged():
    with open(PROXY_LOG) as f:
        return f.read().count("Server portvakt-web/web is DOWN")


def stopped(pid, what, reason):
    """/ready while a process is stopped, and after it."""
    downs = proxy_logged()
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(1)  # an answer is a second old at most
        took, (status, found) = timed(reasons)
        check(status == 503 and reason in found, f"with {what} stopped /ready is 503 and has the reason", f"{status} {' '.join(found)}")
        check(took < 3, "and the answer comes within haproxy's time", f"{took:.1f} s")
        check(ask("/live")[0] == 200, "and /live is 200")
        check(eventually(lambda: proxy_logged() > downs, 20), "and haproxy takes the node for unready")
    finally:
        os.kill(pid, signal.SIGCONT)
    check(eventually(lambda: reasons() == (200, []), 20), f"when {what} is back, /ready is 200")


def from_outside():
    browser = Client(env["PORTVAKT_CA"])
    for path in ("/live", "/ready"):
        check(browser.send("GET", LOGIN + path)[0] == 404, f"{path} is 404 from outside")
        host = LOGIN.split("//")[1]
        check(ask(path, Host=host, X_Portvakt_Listener="https")[0] == 404, "and for a request that haproxy passed on")
        check(ask(path, Host=host, X_Portvakt_Listener="")[0] == 404, "and with an empty listener")
    check(ask("/ready", "POST", Host="localhost")[0] == 421, "a POST is not answered")


def rounds():
    """How often Redis was asked by the checks, within a minute."""
    key = "pv:1:count:" + hashlib.sha256(b"health\0" + configuration("node-id").encode()).hexdigest()
    read = subprocess.run(["redis-cli", "-s", env["PORTVAKT_REDIS"], "--user", "portvakt", "GET", key], capture_output=True, text=True,
                          env=dict(os.environ, REDISCLI_AUTH=credential("redis")), check=True)
    return int(read.stdout.strip() or 0)


def bounded():
    # The counter ends with its minute.
    eventually(lambda: reasons() == (200, []) and 0 < rounds() < 40, 70, 0.5)
    before, began = rounds(), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: ask("/ready")[0], range(200)))
    most = 2 + int(time.monotonic() - began)
    check(answers == [200] * 200 and rounds() - before <= most, "200 questions cost no more than one a second",
          f"{rounds() - before} rounds, {time.monotonic() - began:.1f} s")


def main():
    check(ask("/live") == (200, '{"status":"live"}') and ask("/live", "HEAD")[0] == 200, "/live is 200")
    check(reasons() == (200, []), "/ready is 200")
    from_outside()
    check(eventually(lambda: reasons() == (200, []) and rounds() > 0, 5) is not None, "the checks write to Redis")
    bounded()
    os.kill(int(env["PID_SLAPD_NOTODDEN"]), signal.SIGSTOP)
    try:
        time.sleep(2)
        check(reasons() == (200, []), "with one directory stopped /ready is 200")
    finally:
        os.kill(int(env["PID_SLAPD_NOTODDEN"]), signal.SIGCONT)
    stopped(processes()["signer"], "the signer", "signer-unavailable")
    stopped(processes()["audit"], "the audit log", "audit-unavailable")
    stopped(int(env["PID_REDIS"]), "Redis", "session-store-unavailable")
    stopped(int(env["PID_CATALOGUE"]), "the catalogue", "catalogue-unavailable")
    check(bool(arkiv().login(person("kongsberg"))), "and people log in")
    end()


main()
