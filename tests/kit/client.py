# SPDX-License-Identifier: AGPL-3.0-or-later
"""client.py: a browser and a relying party in one, minimal. It connects to
127.0.0.1 for every host."""

import base64
import hashlib
import html
import http.client
import json
import re
import secrets
import ssl
import urllib.parse
import zlib


class Loopback(http.client.HTTPSConnection):
    """HTTPS to 127.0.0.1, with the host name of the address."""

    source = None

    def connect(self):
        import socket

        plain = socket.create_connection(("127.0.0.1", self.port), 10, self.source and (self.source, 0))
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sock = self._context.wrap_socket(plain, server_hostname=self.host)


class Client:
    def __init__(self, authority, source=None):
        self.source = source
        self.tls = ssl.create_default_context(cafile=authority)
        self.kept = {}
        self.cookies = {}

    def forget(self):
        """A new browser over the same connections."""
        self.cookies = {}

    def connection(self, netloc):
        if netloc not in self.kept:
            host, _, port = netloc.partition(":")
            self.kept[netloc] = Loopback(host, int(port or 443), timeout=10, context=self.tls)
            self.kept[netloc].source = self.source
        return self.kept[netloc]

    def send(self, method, address, body=None, headers=None):
        """One request: (status, headers, text)."""
        at = urllib.parse.urlsplit(address)
        host = at.netloc.partition(":")[0]
        jar = self.cookies.setdefault(host, {})
        sent = dict(headers or {})
        if jar:
            sent["Cookie"] = "; ".join(f"{k}={v}" for k, v in jar.items())
        if isinstance(body, dict):
            body = urllib.parse.urlencode(body)
            sent["Content-Type"] = "application/x-www-form-urlencoded"
            sent.setdefault("Origin", f"{at.scheme}://{at.netloc}")
        path = at.path + ("?" + at.query if at.query else "")
        for again in (True, False):
            c = self.connection(at.netloc)
            try:
                c.request(method, path or "/", body, sent)
                r = c.getresponse()
                text = r.read().decode()
                break
            except (http.client.HTTPException, ConnectionError):
                self.kept.pop(at.netloc).close()
                if not again:
                    raise
        for line in r.headers.get_all("Set-Cookie") or []:
            name, _, rest = line.partition("=")
            value = rest.split(";")[0]
            if "Max-Age=0" in line or not value:
                jar.pop(name, None)
            else:
                jar[name] = value
        return r.status, r.headers, text

    def walk(self, address, person=None, stop=lambda a: False):
        """Follows redirects and fills in the login form once, until an
        address that stop accepts or a page without a redirect: (address,
        text)."""
        method, body = "GET", None
        for _ in range(12):
            if stop(address):
                return address, ""
            status, headers, text = self.send(method, address, body)
            if status in (302, 303):
                address = urllib.parse.urljoin(address, headers["Location"])
                method, body = "GET", None
                continue
            form = find_form(text, 'type="password"')
            if not form or not person:
                return address, text
            fields, filled = form["fields"], person
            person = None
            fields[form["login"]], fields[form["password"]] = filled
            address = urllib.parse.urljoin(address, form["action"])
            method, body = "POST", fields
        raise RuntimeError("too many redirects at " + address)


def attribute(tag, name):
    m = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(m.group(1)) if m else None


def find_form(text, having):
    for m in re.finditer(r"<form\b.*?</form>", text, re.S):
        form = m.group(0)
        if having not in form:
            continue
        found = {"action": attribute(form[: form.index(">")], "action") or "", "fields": {}}
        for tag in re.findall(r"<input\b[^>]*>", form):
            name, kind = attribute(tag, "name"), attribute(tag, "type") or "text"
            if not name:
                continue
            if kind == "password":
                found["password"] = name
            elif kind in ("text", "email"):
                found["login"] = name
            else:
                found["fields"][name] = attribute(tag, "value") or ""
        return found
    return None


def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Service:
    """A relying party of one issuer."""

    def __init__(self, client, issuer, client_id, secret, redirect):
        self.client, self.id, self.secret, self.redirect = client, client_id, secret, redirect
        _, _, text = client.send("GET", issuer + "/.well-known/openid-configuration")
        self.at = json.loads(text)

    def login(self, person=None):
        verifier = url64(secrets.token_bytes(32))
        state = url64(secrets.token_bytes(12))
        query = urllib.parse.urlencode({
            "response_type": "code", "client_id": self.id, "redirect_uri": self.redirect, "scope": "openid profile",
            "state": state, "nonce": state, "code_challenge_method": "S256",
            "code_challenge": url64(hashlib.sha256(verifier.encode()).digest()),
        })
        there, text = self.client.walk(self.at["authorization_endpoint"] + "?" + query, person,
                                       lambda a: a.startswith(self.redirect))
        params = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(there).query))
        if params.get("state") != state or "code" not in params:
            raise RuntimeError("no code: " + there + " " + re.sub(r"<[^>]*>|\s+", " ", text)[:200])
        return self.token(grant_type="authorization_code", code=params["code"], redirect_uri=self.redirect,
                          code_verifier=verifier)

    def token(self, **form):
        basic = base64.b64encode(f"{self.id}:{self.secret}".encode()).decode()
        status, _, text = self.client.send("POST", self.at["token_endpoint"], form, {"Authorization": "Basic " + basic})
        if status != 200:
            raise RuntimeError(f"token endpoint: {status} {text[:200]}")
        return json.loads(text)


def authn_request(sso, entity, acs):
    import datetime

    now = datetime.datetime.utcnow().strftime("%Y-%m-%dT%H:%M:%SZ")
    xml = (f'<samlp:AuthnRequest xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" ID="_{secrets.token_hex(16)}" '
           f'Version="2.0" IssueInstant="{now}" AssertionConsumerServiceURL="{acs}" Destination="{sso}">'
           f'<saml:Issuer xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion">{entity}</saml:Issuer></samlp:AuthnRequest>')
    deflate = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = base64.b64encode(deflate.compress(xml.encode()) + deflate.flush()).decode()
    return sso + "?" + urllib.parse.urlencode({"SAMLRequest": packed, "RelayState": "bench"})


def saml_login(client, sso, entity, acs, person=None):
    _, text = client.walk(authn_request(sso, entity, acs), person)
    m = re.search(r'name="SAMLResponse"\s+value="([^"]*)"', text)
    if not m:
        raise RuntimeError("no SAMLResponse: " + re.sub(r"<[^>]*>|\s+", " ", text)[:200])
    xml = base64.b64decode(html.unescape(m.group(1))).decode()
    if "status:Success" not in xml or "SignatureValue" not in xml:
        raise RuntimeError("not a signed success")
    return xml
