# SPDX-License-Identifier: AGPL-3.0-or-later
"""A scripted LDAP server: it accepts every bind, and the test's own function
answers each search. For responses that no real server can be made to send
(answers.py has their sources)."""
import os
import socket
import ssl
import threading
import time

SYNC, STATE, DONE, INFO = ("1.3.6.1.4.1.4203.1.9.1.%d" % n for n in (1, 2, 3, 4))
PAGED, DIRSYNC = "1.2.840.113556.1.4.319", "1.2.840.113556.1.4.841"
PRESENT, ADD, MODIFY, DELETE = range(4)
NOTICE = "1.3.6.1.4.1.1466.20036"


# ---- BER, as much as LDAP needs (X.690, definite lengths)

def tlv(tag, *parts):
    body = b"".join(parts)
    size = len(body)
    if size < 128:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body


def number(value, tag=0x02):
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True))


def octets(value, tag=0x04):
    return tlv(tag, value.encode() if isinstance(value, str) else value)


def boolean(value):
    return tlv(0x01, b"\xff" if value else b"\x00")


def sequence(*parts):
    return tlv(0x30, *parts)


def read(data, at=0):
    """(tag, contents, end); None if more bytes are needed."""
    if len(data) < at + 2:
        return None
    tag, size, at = data[at], data[at + 1], at + 2
    if size & 0x80:
        n = size & 0x7f
        if len(data) < at + n:
            return None
        size, at = int.from_bytes(data[at:at + n], "big"), at + n
    return (tag, data[at:at + size], at + size) if len(data) >= at + size else None


def parts(data):
    out, at = [], 0
    while at < len(data):
        tag, body, at = read(data, at)
        out.append((tag, body))
    return out


def integer(body):
    return int.from_bytes(body, "big", signed=True)


# ---- controls and messages of RFC 4533, RFC 2696 and MS-ADTS

def control(oid, value=None, critical=False):
    return sequence(octets(oid), *([boolean(True)] if critical else []), *([octets(value)] if value is not None else []))


def maybe(cookie):
    return [octets(cookie)] if cookie is not None else []


def state(kind, uuid, cookie=None):
    return control(STATE, sequence(number(kind, 0x0a), octets(uuid), *maybe(cookie)))


def sync_done(cookie=None, deletes=False):
    return control(DONE, sequence(*maybe(cookie), boolean(deletes)))


def new_cookie(cookie):
    return octets(cookie, 0x80)


def refresh_delete(cookie=None, done=True):
    return tlv(0xa1, *maybe(cookie), boolean(done))


def refresh_present(cookie=None, done=True):
    return tlv(0xa2, *maybe(cookie), boolean(done))


def id_set(uuids, deletes, cookie=None):
    return tlv(0xa3, *maybe(cookie), boolean(deletes), tlv(0x31, *(octets(u) for u in uuids)))


def page(cookie, estimate=0):
    return control(PAGED, sequence(number(estimate), octets(cookie)))


def dirsync(more, cookie):
    return control(DIRSYNC, sequence(number(more), number(0), octets(cookie)))


# ---- searches and responses

class Gone(Exception):
    """The peer has closed the connection or abandoned the search."""


class Search:
    def __init__(self, line, id, body, controls):
        self.line, self.id, self.controls, self.at = line, id, controls, time.monotonic()
        base, scope, deref, size, _, _, self.filter, names = parts(body)
        self.base, self.names = base[1].decode(), [n.decode() for _, n in parts(names[1])]
        self.scope, self.deref, self.size = integer(scope[1]), integer(deref[1]), integer(size[1])
        self.sync, self.page, self.dirsync = self.ask(SYNC), self.ask(PAGED), self.ask(DIRSYNC)
        self.abandoned = threading.Event()

    def ask(self, oid):
        """The values of that control, or None: cookies as bytes."""
        if oid not in self.controls:
            return None
        return [integer(b) if tag in (0x02, 0x0a) else b for tag, b in parts(read(self.controls[oid])[1])]

    def cookie(self):
        return next((v for v in self.sync[1:] if len(v) > 1), None)

    def send(self, op, *controls, id=None):
        if self.abandoned.is_set():
            raise Gone
        self.line.send(sequence(number(self.id if id is None else id), op,
                                *([tlv(0xa0, *controls)] if controls else [])))

    def entry(self, dn, attributes, *controls, id=None):
        self.send(tlv(0x64, octets(dn), sequence(*(
            sequence(octets(name), tlv(0x31, *(octets(v) for v in values))) for name, values in attributes.items()
        ))), *controls, id=id)

    def reference(self, *uris):
        self.send(tlv(0x73, *(octets(u) for u in uris)))

    def info(self, value, oid=INFO):
        self.send(tlv(0x79, octets(oid, 0x80), octets(value, 0x81)))

    def done(self, code=0, text="", *controls, referral=()):
        where = [tlv(0xa3, *(octets(u) for u in referral))] if referral else []
        self.send(tlv(0x65, number(code, 0x0a), octets(""), octets(text), *where), *controls)

    def notice(self, code=52):
        """Notice of disconnection (RFC 4511 4.4.1)."""
        self.send(tlv(0x78, number(code, 0x0a), octets(""), octets("shutting down"), octets(NOTICE, 0x8a)), id=0)

    def raw(self, data):
        self.line.send(data)

    def cut(self):
        self.line.close()
        raise Gone

    def wait(self):
        """Waits until it is abandoned or the connection is gone."""
        self.abandoned.wait()
        raise Gone


class Line:
    """One connection."""

    def __init__(self, fake, sock):
        self.fake, self.sock, self.lock, self.searches, self.silent = fake, sock, threading.Lock(), [], False

    def send(self, data):
        try:
            with self.lock:
                self.sock.sendall(data)
        except OSError as why:
            raise Gone from why

    def close(self):
        for search in self.searches:
            search.abandoned.set()
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.sock.close()

    def answer(self, search):
        try:
            if search.base == "" and search.scope == 0:
                search.entry("", self.fake.root) if b"\x87" in bytes([search.filter[0]]) else None
                search.done()
            else:
                self.fake.answer(search)
        except Gone:
            pass

    def on_message(self, id, op, body, controls):
        if self.silent:
            return
        if op == 0x60:
            self.fake.binds += 1
            self.send(sequence(number(id), tlv(0x61, number(self.fake.bind_code, 0x0a), octets(""), octets(self.fake.bind_text))))
        elif op == 0x63:
            search = Search(self, id, body, controls)
            if search.scope == 0 and "entryUUID" in search.names and search.sync is None:
                search.done()  # it does not identify itself
                return
            self.searches.append(search)
            if search.sync or search.page or search.dirsync:
                self.fake.searches.append(search)
            threading.Thread(target=self.answer, args=(search,), daemon=True).start()
        elif op == 0x50:
            for search in self.searches:
                if search.id == integer(body):
                    search.abandoned.set()

    def serve(self):
        data = b""
        try:
            if self.fake.tls:
                self.sock = self.fake.tls.wrap_socket(self.sock, server_side=True)
            while True:
                more = self.sock.recv(65536)
                if not more:
                    break
                data += more
                while (whole := read(data)) is not None:
                    data = data[whole[2]:]
                    (_, id), (op, body), *rest = parts(whole[1])
                    if op == 0x42:
                        return
                    self.on_message(integer(id), op, body, self.controls_of(rest))
        except (OSError, Gone):
            pass
        finally:
            self.close()

    @staticmethod
    def controls_of(rest):
        found = {}
        for _, body in rest:
            for _, one in parts(body):
                fields = parts(one)
                found[fields[0][1].decode()] = next((b for tag, b in fields[1:] if tag == 0x04), b"")
        return found


class Fake:
    """Listens on a Unix socket, or on a port of 127.0.0.1; answer(search) is
    called in a thread of its own for each search except those of the
    root."""

    def __init__(self, where, answer, tls=None):
        self.where, self.answer = where, answer
        self.bind_code, self.bind_text, self.binds, self.root = 0, "", 0, {"supportedControl": [SYNC, PAGED]}
        # Those for its content: with a control for changes or pages.
        self.searches, self.lines, self.listener, self.tls = [], [], None, None
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*tls)
        # libldap takes "localhost" for this machine's own name.
        self.uri = ("%s://katalog.localhost:%d" % ("ldaps" if tls else "ldap", where) if isinstance(where, int)
                    else "ldapi://" + where.replace("/", "%2f"))
        self.start()

    def start(self):
        if isinstance(self.where, int):
            self.listener = socket.create_server(("127.0.0.1", self.where))
        else:
            if os.path.exists(self.where):
                os.unlink(self.where)
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(self.where)
            os.chmod(self.where, 0o777)
            self.listener.listen()
        threading.Thread(target=self.accept, args=(self.listener,), daemon=True).start()

    def accept(self, listener):
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            line = Line(self, sock)
            self.lines.append(line)
            threading.Thread(target=line.serve, daemon=True).start()

    def silence(self):
        """Closes every connection, as a stopped process does."""
        for line in self.lines:
            line.silent = True

    def hang_up(self):
        """Closes every connection; new ones are accepted."""
        for line in self.lines:
            line.close()
        self.lines = []

    def stop(self):
        if self.listener:
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
            self.listener = None
        self.hang_up()
