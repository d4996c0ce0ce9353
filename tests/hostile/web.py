#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""web.py: attacks on the user's browser: script in every parameter,
redirects to other sites, cookies, headers, caches."""

import hashlib
import html.parser
import os
import re
import sys
import urllib.parse

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from wire import AT, Form, HOST, LEGS, Oracles, ask, check, env, form, person  # noqa: E402
from client import authn_request, url64  # noqa: E402
from stage import end  # noqa: E402

oracles = None
HOME = f"{AT.scheme}://{HOST}"
BACK = env["OIDC_SERVICE_URL"].rstrip("/") + "/redirect_uri"
CHALLENGE = "a" * 43

SCRIPTS = ["<script>zq9()</script>", '"><img src=x onerror=zq9()>', "'onmouseover=zq9() x='", '" autofocus onfocus=zq9() x="',
           "</textarea><script>zq9()</script>", "</title><svg onload=zq9()>", "{{7*191}}${7*191}<%=7*191%>", "javascript:zq9()",
           "\u2028zq9()", "<!--zq9-->", "&lt;script&gt;zq9()&lt;/script&gt;"]


class Running(html.parser.HTMLParser):
    """Returns the parts of a page that would run script."""

    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag in ("script", "svg", "object", "embed", "iframe", "base", "meta") and not (tag == "meta" and not dict(attrs).get("http-equiv")):
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            leads = name in ("href", "src", "action", "formaction") and re.match(r"\s*(javascript|data|vbscript):", value or "", re.I)
            if name.startswith("on") or leads:
                self.found.append(f"{tag} {name}={value}")
            if tag == "img" and not (value or "").startswith("/assets/") and name == "src":
                self.found.append(f"{tag} {name}={value}")

    def handle_comment(self, data):
        self.found.append(f"<!--{data}-->")


def runs(answer):
    """The first part that a hostile value made executable, or None."""
    page = Running()
    page.feed(answer.text)
    if "1337" in answer.text:
        page.found.append("7*191")
    return page.found[0] if page.found else None


def query(**pairs):
    return urllib.parse.urlencode(pairs)


def authorize(**more):
    return "/oidc/authorize?" + query(**({"response_type": "code", "client_id": "arkiv", "redirect_uri": BACK, "scope": "openid",
                                         "state": "s", "code_challenge": CHALLENGE, "code_challenge_method": "S256"} | more))


def scripts():
    """W25: each page, with a script in each of its parameters, logged in and not."""
    addresses = {
        "/login": ("t", "m", "login", "language", "to"), "/choose": ("t", "to"), "/as": ("t", "service"), "/portal": ("q", "language"),
        "/sessions": ("end", "t"), "/logout": ("t", "from", "state"), "/language": ("to", "back", "t"), "/return": ("t",),
        "/oidc/logout": ("state", "client_id", "id_token_hint", "post_logout_redirect_uri", "ui_locales"),
        "/saml/sso": ("SAMLRequest", "RelayState", "SigAlg", "Signature"), "/saml/slo": ("SAMLRequest", "SAMLResponse", "RelayState"),
    }
    visitor = Form()
    visitor.log_in(*person("kongsberg"))
    wrong, tried = [], 0
    for path, names in addresses.items():
        for script in SCRIPTS:
            for headers in (["X-Forwarded-For: 192.0.2.9"], visitor.headers()):
                a = ask(f"{path}?{query(**{n: script for n in names})}", headers=headers)
                oracles.saw(a)
                tried += 1
                if runs(a) or a.status in (0, 500):
                    wrong.append(f"{path} {script} HTTP {a.status}")
    check(visitor.is_logged_in and not wrong, "W25 no script in a query parameter runs", "; ".join(wrong[:3]) or f"{tried} pages")


def scripts_asked():
    wrong = []
    for name in ("client_id", "redirect_uri", "scope", "state", "nonce", "prompt", "ui_locales", "login_hint", "acr_values", "claims",
                 "id_token_hint", "request", "display", "code_challenge", "response_mode", "response_type", "max_age"):
        for script in SCRIPTS:
            f = Form()
            a = f.get(authorize(**{name: script}))
            for _ in range(4):
                if a.status != 303 or HOST not in a.header("location"):
                    break
                a = f.get(a.header("location").split(HOST)[1])
            oracles.saw(a)
            if runs(a) or a.status in (0, 500) or "zq9()>" in (a.header("location") or ""):
                wrong.append(f"{name} {script} HTTP {a.status}")
    check(not wrong, "W25 no script in an authorization request runs", "; ".join(wrong[:3]) or f"{17 * len(SCRIPTS)} requests")
    wrong = []
    for n, script in enumerate(SCRIPTS):
        f = Form()
        a = f.log_in(f"{script}@kongsberg.example", f"feil-{n}")
        wrong += [f"{script}: HTTP {a.status}"] if runs(a) or a.status >= 500 else []
        g = Form()
        a = g.log_in("ukjent@kongsberg.example", f"feil-{n}x", t=g.fields["t"], m=script, csrf_token=script)
        wrong += [f"parameter {script}: HTTP {a.status}"] if runs(a) or a.status >= 500 else []
        for path in (f"/{urllib.parse.quote(script)}", f"/assets/{urllib.parse.quote(script)}.css", f"/assets/mark-{urllib.parse.quote(script)}.svg"):
            a = ask(path)
            wrong += [f"{path}: HTTP {a.status}"] if runs(a) or a.status not in (400, 404) else []
        a = ask("/login", headers=[f"Cookie: __Host-portvakt-choice={urllib.parse.quote(script)}.{script}; __Host-portvakt={script}",
                                   f"Accept-Language: {script}", f"Referer: {script}", f"User-Agent: {script}"])
        wrong += [f"cookie {script}: HTTP {a.status}"] if runs(a) or a.status >= 500 else []
    check(not wrong, "W25 no script in a form, a path, a cookie or a header runs", "; ".join(wrong[:3]))
    texts = [ask("/oidc/authorize?" + query(client_id="arkiv", redirect_uri="https://evil.example/", error="x",
                                            error_description="Ring 815 493 00 og si passordet")).text for _ in range(1)]
    check(all("815 493 00" not in t for t in texts), "W26 our pages show only our own texts")


TARGETS = ["https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "%5c%5cevil.example", "https:evil.example",
           "https:/\\evil.example", "///evil.example", f"{HOME}@evil.example/", f"{HOME}.evil.example/", "https://evil.example#@" + HOST,
           "javascript:alert(1)", "data:text/html,evil.example", "/login/../..//evil.example", "https://evil.example\\@" + HOST, "\thttps://evil.example",
           "https://xn--evil-.example", "https://[::ffff:127.0.0.1]/evil.example", BACK + "/../evil.example", BACK + "?next=https://evil.example"]


def leads_away(answer):
    to = answer.header("location")
    if to and not to.startswith((HOME + "/", "/login", "/portal")):
        return to
    away = re.findall(r'(?:href|action|src)="([^"]*evil[^"]*)"', answer.text)
    return away[0] if away else None


def redirects():
    """W34: no parameter makes us redirect a browser to another site."""
    visitor = Form()
    visitor.log_in(*person("kongsberg"))
    wrong, tried = [], 0
    for target in TARGETS:
        q = query(next=target, to=target, back=target, ReturnTo=target, RelayState=target, target=target, url=target, redirect_uri=target,
                  post_logout_redirect_uri=target, target_link_uri=target, service=target)
        for path in ("/", "/login", "/choose", "/as", "/portal", "/sessions", "/logout", "/language", "/return", "/oidc/logout", "/oidc/authorize",
                     "/saml/sso", "/saml/slo"):
            for headers in (["X-Forwarded-For: 192.0.2.9"], visitor.headers()):
                a = ask(f"{path}?{q}", headers=headers)
                oracles.saw(a)
                tried += 1
                if leads_away(a) or a.status in (0, 500):
                    wrong.append(f"{path} {target}: HTTP {a.status} {leads_away(a)}")
    check(not wrong, "W34 no RelayState, next or ReturnTo redirects to another site", "; ".join(wrong[:3]) or f"{tried} requests")
    wrong = []
    for target in TARGETS:
        a = ask(authorize(redirect_uri=target))
        if a.status not in (400, 403) or a.header("location"):
            wrong.append(f"{target}: HTTP {a.status} {a.header('location')}")
    check(not wrong, "W34 an authorization request with an unregistered redirect_uri gets a page", "; ".join(wrong[:3]) or f"{len(TARGETS)} addresses")
    saml = urllib.parse.urlsplit(authn_request(HOME + "/saml/sso", "https://evil.example/sp", "https://evil.example/acs"))
    a = ask(saml.path + "?" + saml.query)
    check(400 <= a.status < 404 and not a.header("location"), "W34 a SAML request with an unregistered ACS gets a page", f"HTTP {a.status}")


def cookies():
    f = Form()
    f.log_in(*person("kongsberg"))
    lines = f.lines
    wrong = [x for x in lines if not x.startswith("__Host-") or not re.search(r"; Path=/(;|$)", x) or "; Secure" not in x
             or "; HttpOnly" not in x or "; SameSite=Lax" not in x or "Domain" in x]
    check(len(lines) >= 3 and not wrong, "W27 every cookie is __Host-, Secure, HttpOnly, SameSite=Lax and known", str(wrong or len(lines)))
    secret = f.cookies["__Host-portvakt"]
    check(re.fullmatch(r"[A-Za-z0-9_-]{43}", secret) is not None, "W27 the session cookie is 256 random bits and no data")
    g = Form()
    g.cookies["__Host-portvakt"] = planted = "A" * 43
    g.answer = g.get("/login")
    a = g.get(g.answer.header("location").split(HOST)[-1]) if g.answer.status == 303 else g.answer
    g.fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', a.text))
    g.log_in(*person("kongsberg"))
    check(g.is_logged_in and g.cookies["__Host-portvakt"] != planted, "W27 a session cookie set before login is not adopted")
    tickets = Form()
    for _ in range(300):
        tickets.get("/login")
    size = sum(len(n) + len(v) for n, v in tickets.cookies.items())
    check(size < 1024, "W37 three hundred logins begun in one browser leave few cookies", f"{size} bytes, {len(tickets.cookies)} cookies")
    return f


def headers(visitor):
    pages = {p: ask(p, leg, headers=visitor.headers()) for leg in LEGS for p in ("/login", "/portal", "/sessions", "/logout", "/none")}
    pages["/oidc/jwks"] = ask("/oidc/jwks")
    for a in pages.values():
        oracles.saw(a)
    check(all("max-age=" in (a.header("strict-transport-security") or "") and
              int(re.search(r"max-age=(\d+)", a.header("strict-transport-security")).group(1)) >= 31536000 for a in pages.values()),
          "W28 every response has HSTS for two years")
    kept = [p for p, a in pages.items() if p != "/oidc/jwks" and "no-store" not in (a.header("cache-control") or "")]
    check(not kept, "W29 no page with state is cached", str(kept))
    check(all(a.header("referrer-policy") == "no-referrer" for a in pages.values()), "W30 no URL of ours is sent as Referer")
    outside = [u for a in pages.values() for u in re.findall(r'(?:src|href)="(https?:[^"]*)"', a.text)
               if not u.startswith(HOME) and "<link" in a.text[max(0, a.text.find(u) - 60):a.text.find(u)]]
    images = [u for a in pages.values() for u in re.findall(r'<(?:img|link|script)[^>]*(?:src|href)="((?:https?:)?//[^"]*)"', a.text)]
    check(not outside and not images, "W30 no page fetches anything from another origin", str(outside + images))
    check(all(a.header("x-content-type-options") == "nosniff" and
              (not a.body or ";" in (a.header("content-type") or "") or "json" in a.header("content-type")) for a in pages.values()),
          "W31 every response has nosniff")
    check(not any("<script" in a.text or " on" in re.sub(r'"[^"]*"', "", " ".join(re.findall(r"<[^>]*>", a.text))) for a in pages.values()),
          "W33 no page needs or has a script")
    login = ask("/login", headers=["X-Forwarded-For: 192.0.2.9"])
    f = Form()
    check('autocomplete="current-password"' in f.answer.text and 'autocomplete="username"' in f.answer.text and "onpaste" not in f.answer.text,
          "W32 the form permits password managers and pasting", f"HTTP {login.status}")
    for name in ("/login", "/portal"):
        csp = pages[name].header("content-security-policy") or ""
        check("default-src 'none'" in csp and "base-uri 'none'" in csp and "frame-ancestors 'none'" in csp and "form-action 'self'" in csp
              and "unsafe" not in csp and "script-src" not in csp, f"W25 the policy of {name} permits no script, frame or base", csp)


def origins():
    evil = ["Origin: https://evil.example"]
    for path, method in (("/oidc/token", "POST"), ("/oidc/userinfo", "GET"), ("/oidc/jwks", "GET"), ("/.well-known/openid-configuration", "GET"),
                         ("/portal", "GET"), ("/login", "GET")):
        a = ask(path, method=method, headers=evil + (["Content-Type: application/x-www-form-urlencoded"] if method == "POST" else []),
                body=b"a=b" if method == "POST" else b"")
        allowed = a.header("access-control-allow-origin")
        good = a.header("access-control-allow-credentials") is None and "evil" not in (allowed or "")
        check(good and (allowed is None or path in ("/oidc/jwks", "/.well-known/openid-configuration", "/oidc/token", "/oidc/userinfo")),
              f"W35 another origin cannot read personal data at {path}", f"{a.status} {allowed}")


def leaving(visitor):
    a = visitor.get("/logout")
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', a.text))
    check(visitor.get("/portal").status == 200, "W29 before logout the portal opens")
    forged = form("/logout", {}, [*visitor.headers(), "Origin: https://evil.example"])
    check(visitor.get("/portal").status == 200, "W60 a logout form sent by another site logs no one out", f"HTTP {forged.status}")
    old = dict(visitor.cookies)
    visitor.keep(form("/logout", fields, [*visitor.headers(), f"Origin: {HOME}"]))
    visitor.cookies = old
    a = visitor.get("/portal")
    check(a.status == 303 and "/login" in a.header("location"), "W29 after logout the old cookie and the Back button open nothing", f"HTTP {a.status}")


def ending_oneself():
    """The form of the list of sessions, with the id of the browser's own."""
    who = person("kongsberg")
    other, own = Form(), Form()
    for f in (other, own):
        f.log_in(*who)
    token = re.search(r'name="csrf_token" value="([^"]*)"', own.get("/sessions").text).group(1)
    hashed = hashlib.sha256(own.cookies["__Host-portvakt"].encode()).hexdigest()
    a = own.keep(form("/sessions", {"csrf_token": token, "end": hashed}, [*own.headers(), f"Origin: {HOME}"]))
    check("Du er logget ut" in a.text and not own.cookies["__Host-portvakt"],
          "W29 ending one's own session in the list of sessions is a logout, and the cookie is expired", f"HTTP {a.status}")
    check(other.get("/portal").status == 200, "W29 and the person's session in another browser lives")


def stolen(visitor):
    """A session cookie must match exactly."""
    real = visitor.cookies["__Host-portvakt"]
    last = "AQgw" if real[-1] not in "AQgw" else "048c"
    near = [real[:-1], real + "A", real[:-1] + last[0], real.swapcase(), real[:-1] + "=", "*", "", "../" + real, url64(b"\0" * 32)]
    wrong = []
    for cookie in near:
        a = ask("/portal", headers=[f"Cookie: __Host-portvakt={cookie}"])
        wrong += [f"{cookie[:8]}…: HTTP {a.status}"] if a.status not in (303, 400) else []
    twice = ask("/portal", headers=[f"Cookie: __Host-portvakt={'B' * 43}; __Host-portvakt={real}"])
    check(not wrong and twice.status == 400, "W27 a cookie that is almost a session cookie opens nothing", f"{wrong} twice: HTTP {twice.status}")


def main():
    global oracles
    oracles = Oracles("a hostile page", person("kongsberg"))
    scripts()
    scripts_asked()
    redirects()
    visitor = cookies()
    headers(visitor)
    origins()
    stolen(visitor)
    leaving(visitor)
    ending_oneself()
    oracles.hold()
    end()


main()
