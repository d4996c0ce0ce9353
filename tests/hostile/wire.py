# SPDX-License-Identifier: AGPL-3.0-or-later
"""wire.py: sends raw bytes to the reverse proxy and to the socket behind it,
splits the responses, and has the checks that hold for every hostile
input."""

import os
import re
import socket
import ssl
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from stage import arkiv, check, env, person, processes  # noqa: E402, F401

AT = urllib.parse.urlsplit(env["PORTVAKT_URL"])
HOST = AT.netloc
PATIENCE = 3.0
LEGS = ("front door", "socket")

ALWAYS = {"x-frame-options": "DENY", "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}
# File and library names, and texts that a program prints when it fails.
LOUD = re.compile(rb"\.c:\d+|libmicrohttpd|cjose|xmlsec|libxml|jansson|hiredis|Assertion|Traceback|[Ss]tack trace|"
                  rb"segfault|/build/|/region/|/idp/|LDAP: |ldap_|AddressSanitizer")


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def header(self, name):
        return next((v for n, v in self.headers if n == name), None)

    def all(self, name):
        return [v for n, v in self.headers if n == name]

    @property
    def text(self):
        return self.body.decode("utf-8", "replace")

    @property
    def is_ours(self):
        """Returns the headers without the reverse proxy's own."""
        return self.header("x-frame-options") is not None


def connect(leg):
    if leg == "socket":
        s = socket.socket(socket.AF_UNIX)
        s.settimeout(PATIENCE)
        s.connect(os.path.join(env["DEMO_DIR"], "run/http"))
        return s
    plain = socket.create_connection(("127.0.0.1", AT.port), PATIENCE)
    context = ssl.create_default_context(cafile=env["PORTVAKT_CA"])
    return context.wrap_socket(plain, server_hostname=AT.hostname)


def take_chunks(data):
    body = b""
    while True:
        size, _, data = data.partition(b"\r\n")
        count = int(size.split(b";")[0] or b"0", 16)
        if count == 0:
            return body, data[2:]
        body, data = body + data[:count], data[count + 2:]


def cut(data, to_head=False):
    """The responses in these bytes, in order."""
    answers = []
    while data.startswith(b"HTTP/1."):
        head, behind, data = data.partition(b"\r\n\r\n")
        if not behind:
            break
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = [(n.strip().lower(), v.strip()) for n, _, v in (line.partition(":") for line in lines)]
        found = dict(headers)
        status = int(first.split(" ")[1])
        if status == 100:
            continue
        if "chunked" in found.get("transfer-encoding", ""):
            body, data = take_chunks(data)
        else:
            length = 0 if to_head else int(found.get("content-length", len(data)))
            body, data = data[:length], data[length:]
        answers.append(Answer(status, headers, body))
    return answers


def until_quiet(s, patience):
    """Reads until the peer closes or is idle: (bytes, whether it closed)."""
    data = b""
    s.settimeout(patience)
    while True:
        try:
            more = s.recv(65536)
        except (TimeoutError, ssl.SSLError, socket.timeout):
            return data, False
        except ConnectionError:
            return data, True
        if not more:
            return data, True
        data += more


def send(leg, data, patience=0.6, pause=0):
    """Sends raw bytes on a new connection: (responses, whether it was closed)."""
    with connect(leg) as s:
        try:
            s.sendall(data)
            if pause:
                time.sleep(pause)
        except (ConnectionError, ssl.SSLError):
            pass
        raw, closed = until_quiet(s, patience)
        return cut(raw, data.startswith(b"HEAD ")), closed


def request(path="/login", method="GET", headers=(), body=b"", host=HOST, version="HTTP/1.1"):
    """A request as bytes; headers are whole lines, text or bytes."""
    lines = [f"{method} {path} {version}".encode("latin-1")]
    if host is not None:
        lines.append(b"Host: " + host.encode())
    lines += [h if isinstance(h, bytes) else h.encode("utf-8") for h in headers]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def ask(path="/login", leg="socket", method="GET", headers=(), body=b"", host=HOST):
    """The one response to one request."""
    more = [f"Content-Length: {len(body)}"] if body else []
    answers, _ = send(leg, request(path, method, [*headers, "Connection: close", *more], body, host), PATIENCE)
    return answers[0] if answers else Answer(0, [], b"")


def form(path, fields, headers=(), leg="socket", host=HOST):
    body = fields if isinstance(fields, bytes) else urllib.parse.urlencode(fields).encode()
    return ask(path, leg, "POST", ["Content-Type: application/x-www-form-urlencoded", *headers], body, host)


# ---- the checks that hold for every row -------------------------------------


def pids():
    """The processes that must survive any input."""
    return {n: p for n, p in processes().items() if n in ("web", "signer", "audit", "admin") or n.startswith("ldap-auth@")}


def is_quiet(answer):
    """U5: reveals no internals, and is safe to display."""
    if LOUD.search(answer.body):
        return False
    return not answer.is_ours or all(answer.header(n) == v for n, v in ALWAYS.items()) and \
        "default-src 'none'" in (answer.header("content-security-policy") or "")


class Oracles:
    """Started before the rows of a file and checked after them: the same
    processes run (U2) and a legitimate login works (U6)."""

    def __init__(self, what, who):
        self.what, self.who = what, who
        arkiv().login(who)
        self.before = pids()
        self.loud = []

    def saw(self, *answers):
        self.loud += [a for a in answers if not is_quiet(a)]

    def hold(self):
        after = pids()
        died = [n for n, p in self.before.items() if after.get(n) != p]
        check(not died, f"U2 no process died of {self.what}", " ".join(died))
        check(not self.loud, f"U5 no response to {self.what} reveals internals",
              f"{self.loud[0].status} {self.loud[0].body[:200]}" if self.loud else "")
        try:
            arkiv().login(self.who)
            check(True, f"U6 a legitimate login works right after {self.what}")
        except RuntimeError as e:
            check(False, f"U6 a legitimate login works right after {self.what}", str(e)[-200:])


# ---- the login form ---------------------------------------------------------


class Form:
    """The login page as in a browser. Its rate-limit address is from a
    documentation network, so that rows do not affect each other; only the
    socket accepts it."""

    count = 0

    def __init__(self, query=""):
        Form.count += 1
        self.address = f"X-Forwarded-For: 192.0.2.{Form.count % 250 + 1}"
        self.cookies, self.lines = {}, []
        at = f"/login{query}"
        for _ in range(4):
            self.answer = self.get(at)
            if self.answer.status != 303:
                break
            at = self.answer.header("location").split(HOST)[-1]
        fields = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', self.answer.text)
        self.fields = dict(fields)

    def keep(self, answer):
        self.lines += answer.all("set-cookie")
        for line in answer.all("set-cookie"):
            name, _, rest = line.partition("=")
            self.cookies[name] = rest.split(";")[0]
        return answer

    def headers(self):
        jar = "; ".join(f"{n}={v}" for n, v in self.cookies.items())
        return [self.address] + ([f"Cookie: {jar}"] if jar else [])

    def get(self, path):
        return self.keep(ask(path, headers=self.headers()))

    def log_in(self, login, password, **more):
        """Posts the form; login and password may be bytes already escaped."""
        def escaped(value):
            return value if isinstance(value, bytes) else urllib.parse.quote_plus(value).encode()

        fields = self.fields | more
        body = b"&".join(n.encode() + b"=" + escaped(v) for n, v in
                         [*fields.items(), ("login", login), ("password", password)])
        return self.keep(form("/login", body, [*self.headers(), f"Origin: {AT.scheme}://{HOST}"]))

    @property
    def is_logged_in(self):
        return "__Host-portvakt" in self.cookies


def plain(text):
    """The text of a page."""
    return re.sub(r"<[^>]*>|\s+", " ", text)


def main_text(answer):
    """The body of the page, without the parts that vary."""
    body = re.search(r"<main.*</main>", answer.text, re.S)
    text = body.group(0) if body else answer.text
    text = re.sub(r'value="[^"]*"|[?&]t=[\w-]+|(?<=<strong class="pv-code">)[^<]*', "", text)
    return text
