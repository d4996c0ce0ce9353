#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""raw_requests.py: sends ambiguous, invalid and oversized HTTP requests as raw
bytes to the reverse proxy and to the Unix socket behind it."""

import os
import socket
import ssl
import sys
import time
import warnings

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wire import AT, HOST, LEGS, Oracles, ask, check, connect, cut, env, person, request, send, until_quiet  # noqa: E402
from stage import end, eventually  # noqa: E402

# The old versions of TLS are requested on purpose.
warnings.simplefilter("ignore", DeprecationWarning)
oracles = None
SECOND = request("/oidc/jwks")


def line(status):
    """What one should be, as a set."""
    return status if isinstance(status, set) else {status}


def refused(leg, data, statuses, may_drop=False):
    """Returns what is wrong, or None: one error response, nothing served
    after it, and the connection closed. The reverse proxy may keep it
    open where it knows the request's end."""
    answers, closed = send(leg, data)
    oracles.saw(*answers)
    if may_drop and closed and not answers:
        return None
    if len(answers) != 1 or answers[0].status not in line(statuses):
        return f"{leg}: {[a.status for a in answers]} to {data[:90]!r}"
    return None if closed or leg == "front door" else f"{leg}: connection left open after {data[:90]!r}"


def row(sentence, rows, statuses, legs=LEGS, may_drop=False):
    """Every request of rows is refused on every leg."""
    wrong = [w for leg in legs for data in rows if (w := refused(leg, data, statuses, may_drop))]
    check(not wrong, sentence, wrong[0] if wrong else f"{len(rows)} inputs, {len(legs)} ways in")


def served_once(sentence, rows, legs=LEGS):
    """Harmless: refused, or handled as one request only."""
    wrong = []
    for leg in legs:
        for data in rows:
            answers, _ = send(leg, data)
            oracles.saw(*answers)
            if len(answers) != 1 or answers[0].status >= 500:
                wrong.append(f"{leg}: {[a.status for a in answers]} to {data[:90]!r}")
    check(not wrong, sentence, wrong[0] if wrong else f"{len(rows)} inputs, {len(legs)} ways in")


def post(*headers, body=b""):
    return request("/login", "POST", ["Content-Type: application/x-www-form-urlencoded", *headers], body)


def lengths():
    both = post("Content-Length: 4", "Transfer-Encoding: chunked", body=b"0\r\n\r\n") + SECOND
    row("W38 Content-Length with Transfer-Encoding is refused and nothing after it is served", [both], 400, ("socket",))
    # RFC 9112 6.1 permits a proxy to drop the length; then there is one
    # meaning.
    answers, closed = send("front door", both)
    check(len(answers) <= 2 and all(a.status < 500 for a in answers),
          "W38 the reverse proxy never forwards Content-Length with Transfer-Encoding", f"{[a.status for a in answers]}")
    row("W39 two Content-Length, or an invalid one, are refused",
        [post("Content-Length: 4", "Content-Length: 4", body=b"abcd") + SECOND,
         post("Content-Length: 4", "Content-Length: 5", body=b"abcd") + SECOND,
         *(post(f"Content-Length: {n}", body=b"abcde") + SECOND
           for n in ("+5", "0x5", "5,6", "-5", "18446744073709551616", "5 5", "five", ""))],
        {400, 413}, ("socket",))
    row("W39 two different Content-Length, or an invalid one, are refused at the reverse proxy",
        [post("Content-Length: 4", "Content-Length: 5", body=b"abcd") + SECOND,
         *(post(f"Content-Length: {n}", body=b"abcde") + SECOND
           for n in ("+5", "0x5", "5,6", "-5", "18446744073709551616", "18446744073709551621", "4294967301"))],
        400, ("front door",))
    row("W40 a Transfer-Encoding other than one chunked is refused",
        [post(f"Transfer-Encoding: {c}", body=b"0\r\n\r\n") + SECOND for c in ("xchunked", "chunked, identity", "identity", "gzip")]
        + [post("Transfer-Encoding: chunked", "Transfer-Encoding: chunked", body=b"0\r\n\r\n") + SECOND],
        {400, 422, 501}, ("socket",), may_drop=True)
    served_once("W40 no unusual Transfer-Encoding hides a second request from the reverse proxy",
                [post(f"Transfer-Encoding: {c}", body=b"0\r\n\r\n") for c in ("xchunked", "chunked, identity")], ("front door",))


def hosts():
    row("W41 a missing, repeated or invalid Host is refused",
        [request(host=None), request(host=None, headers=[f"Host: {HOST}", "Host: evil.example"]),
         *(request(host=h) for h in ("user@" + HOST, HOST + "/path", "a b", "", "evil.example\\@" + HOST))],
        {400, 421})
    row("W41 an unknown Host, and a request target with another host, get no page",
        [request(host="evil.example", headers=["Connection: close"]),
         request(f"https://evil.example/login", headers=["Connection: close"])], {400, 421})
    there = ask("/.well-known/openid-configuration")
    lied = ask("/.well-known/openid-configuration", headers=["X-Forwarded-Host: evil.example"])
    check(there.status == 200 and there.body == lied.body and b"evil" not in there.body,
          "W41 our own URLs come from the configuration")
    false = ["X-Forwarded-Proto: http", "X-Forwarded-Host: evil.example", "X-Forwarded-Prefix: /evil",
             "Forwarded: for=10.40.0.1;host=evil.example;proto=http", "X-Original-URL: /portal", "X-Rewrite-URL: /portal"]
    answers = [ask("/login", leg, headers=false) for leg in LEGS]
    check(all(a.status == 303 and (a.header("location") or "").startswith(f"{AT.scheme}://{HOST}/login?") for a in answers),
          "W54 forwarding headers from outside change nothing", f"{[a.status for a in answers]}")


def heads():
    row("W42 a space before the colon, or an invalid header name, is refused",
        [request(headers=[h]) for h in ("Host : a", "X A: b", b"X\x00A: b", b"X\xc3\xb8: b", b"X\x01: b", b"X\x7f: b")],
        400, may_drop=True)
    row("W42 a header without a name is refused at the reverse proxy", [request(headers=[": b"])], 400, ("front door",))
    row("W42 101 headers, or 40 kB of headers, are refused",
        [request(headers=[f"X-{i}: a" for i in range(101)]), request(headers=["X-Long: " + "a" * 40000])], {400, 413, 431},
        may_drop=True)
    row("W43 a bare CR in a header is refused", [request(headers=[b"X-A: a\rb"]), request(headers=[b"Cookie: a=b\r; c=d"])], 400,
        may_drop=True)
    # libmicrohttpd cuts the value there silently, so the request stays valid.
    served_once("W43 bytes after a NUL in a header are ignored",
                [request("/none", headers=[h, "Connection: close"])
                 for h in (b"X-A: a\x00b", b"Cookie: a=b\x00; c=d", b"X-A: a\x00\x0d")]
                + [request(host=None, headers=[b"Host: " + HOST.encode() + b"\x00.evil.example", "Connection: close"])])
    row("W43 a NUL in Content-Length or Transfer-Encoding is refused",
        [post(b"Content-Length: 4\x005", body=b"abcd") + SECOND, post(b"Transfer-Encoding: chunked\x00x", body=b"0\r\n\r\n") + SECOND,
         post(b"Transfer-Encoding: \x00chunked", body=b"0\r\n\r\n") + SECOND], {400, 422, 501}, ("front door",), may_drop=True)
    served_once("W43 a folded header and a bare LF hide nothing from the proxy or from us",
                [request(headers=["X-A: a", " Content-Length: 5", "Connection: close"]),
                 request(headers=["X-A: a", "\tHost: evil.example", "Connection: close"]),
                 request(headers=["Connection: close"]).replace(b"\r\n", b"\n")])
    row("W47 unsupported methods are refused",
        [request(method=m, headers=["Connection: close"]) for m in ("TRACE", "PUT", "PATCH", "DELETE", "get", "POSTT", "CONNECT")],
        {400, 405, 501}, may_drop=True)
    row("W47 a method of 10 kB is refused", [request(method="A" * 10000)], {400, 405, 414, 431, 501}, may_drop=True)
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        a, b = ask("/logout"), ask("/logout", headers=[f"{name}: POST"])
        if not check((a.status, a.header("location")) == (b.status, b.header("location")), f"W47 {name} is ignored"):
            break


def parameters():
    bad = ["?t=ola%00admin", "?t=a%zz", "?t=%1", "?t=%", "?t=%c0%ae", "?t=%ed%a0%80", "?t=%f5%80%80%80", "?%00=a"]
    wrong = [f"{leg} {p} {a.status}" for leg in LEGS for p in bad if (a := ask("/login" + p, leg)).status != 400]
    check(not wrong, "W44 W45 a NUL, an invalid escape or invalid UTF-8 in a parameter is refused", "; ".join(wrong))
    twice = ask("/login?t=" + "a" * 43 + "&t=" + "b" * 43)
    check(twice.status == 400, "W44 a repeated parameter is refused", f"HTTP {twice.status}")
    listed = ask("/oidc/authorize?client_id[]=arkiv&response_type=code")
    check(400 <= listed.status < 404, "W44 client_id[] is not client_id", f"HTTP {listed.status}")
    paths = ["//login", "/login/", "/./login", "/../login", "/%2e%2e/login", "/login;jsessionid=1", "/LOGIN", "/login%2f", "/login%00",
             "/%6cogin", "/assets/../login", "/assets/%2e%2e/login", "/assets/../../etc/region.conf", "/assets//etc/passwd",
             "/oidc/token/", "/.well-known/../login", "/login/."]
    wrong = [f"{leg} {p} {a.status}" for leg in LEGS for p in paths if (a := ask(p, leg)).status not in (400, 404)]
    check(not wrong, "W46 a path that differs slightly from a route is not found", "; ".join(wrong) or f"{len(paths)} paths")
    many = b"&".join(b"a%d=" % i for i in range(9000))
    began = time.monotonic()
    a = ask("/login", method="POST", headers=["Content-Type: application/x-www-form-urlencoded"], body=many)
    check(a.status == 400, "W51 nine thousand parameter names are refused", f"{(time.monotonic() - began) * 1000:.0f} ms, HTTP {a.status}")
    a = ask("/login", method="POST", headers=["Content-Type: application/x-www-form-urlencoded", "Content-Encoding: gzip"], body=b"a=b")
    check(a.status == 415, "W56 a compressed body is refused", f"HTTP {a.status}")
    a = ask("/login", method="POST", headers=["Content-Type: multipart/form-data; boundary=a"], body=b"--a--")
    check(a.status == 415, "W56 a body that is not a form is refused", f"HTTP {a.status}")
    a = ask("/login", method="POST", headers=["Content-Type: application/x-www-form-urlencoded"], body=b"a=" + b"b" * 200000)
    check(a.status == 413, "W51 a body over 64 KiB is refused", f"HTTP {a.status}")


def breaks():
    """W52: no value with a line break reaches a header."""
    back = env["OIDC_SERVICE_URL"].rstrip("/") + "/redirect_uri"
    evil = "%0d%0aSet-Cookie:%20x=y%0d%0a%0d%0a<script>"
    ask_none = f"/oidc/authorize?response_type=code&client_id=arkiv&redirect_uri={back}&scope=openid&prompt=none" \
               f"&code_challenge={'a' * 43}&code_challenge_method=S256&state="
    paths = [f"/language?to=nb&back={evil}", f"/login?t={evil}", f"/choose?t={evil}&to={evil}", f"/as?service={evil}",
             f"/language?to={evil}&back=login", ask_none + evil, f"/oidc/logout?state={evil}&post_logout_redirect_uri={evil}"]
    wrong = []
    for p in paths:
        a = ask(p)
        oracles.saw(a)
        if a.status in (0, 500) or any("x=y" in v for v in a.all("set-cookie")) or "\n" in (a.header("location") or ""):
            wrong.append(f"{p[:40]} {a.status} {a.headers}")
    check(not wrong, "W52 a line break in a parameter never becomes a header", "; ".join(wrong)[:300] or f"{len(paths)} addresses")


def versions():
    row("W48 HTTP/2 without TLS, an invalid version, and TLS on the plain socket get no page",
        [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", request(version="HTTP/1.9"), request(version="HTTP/3.0"), request(version="http/1.1"),
         b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 64 + b"\r\n\r\n", b"GET /login\r\n\r\n"], {400, 426, 505}, ("socket",), may_drop=True)
    answers, closed = send("socket", request(version="HTTP/1.0"))
    check(len(answers) == 1 and answers[0].status in (303, 505) and closed, "W48 HTTP/1.0 is answered and the connection closed")
    wrong = [v.name for v in (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1) if speaks(v)]
    check(not wrong and speaks(ssl.TLSVersion.TLSv1_2), "W57 TLS 1.0 and 1.1 are refused, 1.2 is accepted", " ".join(wrong))
    ciphers = [c for c in ("AES128-SHA", "AES256-GCM-SHA384", "ECDHE-RSA-AES128-SHA") if speaks(ssl.TLSVersion.TLSv1_2, c)]
    check(not ciphers, "W57 ciphers without forward secrecy, or with CBC only, are refused", " ".join(ciphers))


def speaks(version, ciphers="ALL:@SECLEVEL=0"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_ciphers(ciphers if "@" in ciphers else ciphers + ":@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    try:
        with socket.create_connection(("127.0.0.1", AT.port), 3) as plain, context.wrap_socket(plain, server_hostname=AT.hostname):
            return True
    except (ssl.SSLError, ConnectionError):
        return False


def many():
    paths = ["/oidc/jwks", "/none"]
    count = 500
    for leg in LEGS:
        with connect(leg) as s:
            s.settimeout(20)
            s.sendall(b"".join(request(paths[i % 2], headers=["Connection: close"] if i == count - 1 else []) for i in range(count)))
            raw, _ = until_quiet(s, 5)
        statuses = [a.status for a in cut(raw)]
        check(statuses == [200, 404] * (count // 2), f"W50 five hundred pipelined requests are answered in order ({leg})",
              f"{len(statuses)} answers")
    data = post("Content-Length: 3", "Expect: 100-continue", "Connection: close", body=b"a=b")
    answers, _ = send("front door", data)
    check(len(answers) == 1 and answers[0].status < 500, "W50 Expect: 100-continue is one request", f"{[a.status for a in answers]}")
    a = ask("/none", "front door", headers=["Range: bytes=0-5"])
    check(a.status == 404 and "</html>" in a.text, "W50 Range on a page is ignored", f"HTTP {a.status}")
    with connect("front door") as s:
        began = time.monotonic()
        s.sendall(request()[:-4])
        s.settimeout(12)
        try:
            s.recv(4096)
        except OSError:
            pass
        took = time.monotonic() - began
    check(took < 10, "W49 a connection that never completes its request head is closed within 10 s", f"{took:.1f} s")
    crowd()


def crowd():
    """W49: 200 clients that send half a request head, and one normal client."""
    slow = []
    for _ in range(200):
        s = connect("front door")
        s.sendall(b"GET /login HTTP/1.1\r\nHost: ")
        slow.append(s)
    began = time.monotonic()
    a = ask("/oidc/jwks", "front door")
    took = time.monotonic() - began
    for s in slow:
        s.close()
    check(a.status == 200 and took < 3, "W49 a normal request is answered beside two hundred slow ones", f"{took * 1000:.0f} ms")


def main():
    global oracles
    oracles = Oracles("ambiguous requests", person("kongsberg"))
    for group in (lengths, hosts, heads, parameters, breaks, versions, many):
        group()
    check(eventually(lambda: ask("/oidc/jwks").status == 200, 5) is not None, "M12 requests that libmicrohttpd accepts wrongly are refused by the request check")
    oracles.hold()
    end()


main()
