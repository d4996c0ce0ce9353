# SPDX-License-Identifier: AGPL-3.0-or-later
"""Responses observed from real directories, each with its source."""
import threading
import time
import uuid as uuids

import scripted


class Content:
    """The directory's content: uuid -> (dn, attributes). CSNs increase."""

    def __init__(self, base):
        self.base, self.entries, self.csn, self.lock = base, {}, 0, threading.Lock()
        self.changed, self.log = threading.Condition(self.lock), []
        self.stamp()

    def stamp(self, ahead=0):
        """A time in slapd's form, each later than the one before."""
        self.csn += 1
        now = time.strftime("%Y%m%d%H%M%S", time.gmtime(time.time() + ahead))
        self.newest = "%s.%06dZ#000000#000#000000" % (now, self.csn)
        return self.newest

    def put(self, dn, attributes, uuid=None):
        with self.lock:
            uuid = uuid or next((u for u, (d, _) in self.entries.items() if d == dn), uuids.uuid4().bytes)
            kind = scripted.MODIFY if uuid in self.entries else scripted.ADD
            attributes = dict(attributes, entryCSN=[self.stamp()])
            self.entries[uuid] = (dn, attributes)
            self.log.append((kind, uuid, dn, attributes))
            self.changed.notify_all()
        return uuid

    def remove(self, dn):
        with self.lock:
            uuid = next(u for u, (d, _) in self.entries.items() if d == dn)
            del self.entries[uuid]
            self.stamp()
            self.log.append((scripted.DELETE, uuid, dn, {}))
            self.changed.notify_all()

    def cookie(self):
        return ("rid=000,csn=" + self.newest).encode()


def persist(search, content, since):
    """The persist stage: changes as they are made, each with a cookie (slapd 2.5.13)."""
    while True:
        with content.lock:
            while len(content.log) <= since and not search.abandoned.is_set():
                content.changed.wait(0.2)
            if search.abandoned.is_set():
                raise scripted.Gone
            some, since = content.log[since:], len(content.log)
            cookie = content.cookie()
        for kind, uuid, dn, attributes in some:
            search.entry(dn, attributes, scripted.state(kind, uuid, cookie))


def all_of(search, content, kind=scripted.ADD):
    with content.lock:
        entries, since, cookie = list(content.entries.items()), len(content.log), content.cookie()
    for uuid, (dn, attributes) in entries:
        search.entry(dn, attributes, scripted.state(kind, uuid))
    return since, cookie


def base(search, content):
    """The entry at the base alone, with its id."""
    with content.lock:
        uuid, (dn, attributes) = next((u, e) for u, e in content.entries.items() if e[0] == search.base)
    search.entry(dn, dict(attributes, entryUUID=[str(uuids.UUID(bytes=uuid))]))
    search.done()


def slapd_first(search, content):
    """No cookie was sent: everything, then refreshDelete (slapd 2.5.13:
    refreshDeletes TRUE on each first load)."""
    since, cookie = all_of(search, content)
    search.info(scripted.refresh_delete(cookie))
    persist(search, content, since)


def slapd_present(search, content, left_out=()):
    """A restarted provider: its session log is empty, so it lists all
    present entries, 256 at a time, and sends refreshPresent (20,001 UUIDs
    in 79 messages), then the changed ones. left_out: an incomplete
    present list (erthink/ReOpenLDAP#70, #71)."""
    seen = search.cookie().decode().partition("csn=")[2]
    with content.lock:
        named = [u for u, (dn, _) in content.entries.items() if dn not in left_out]
        changed = [(u, e) for u, e in content.entries.items() if e[1]["entryCSN"][0] > seen]
        since, cookie = len(content.log), content.cookie()
    for uuid, (dn, attributes) in changed:
        search.entry(dn, attributes, scripted.state(scripted.ADD, uuid))
    for i in range(0, len(named), 256):
        search.info(scripted.id_set(named[i:i + 256], False))
    search.info(scripted.refresh_present(cookie))
    persist(search, content, since)


def slapd_idle(search, content):
    """No changes: refreshDelete without a cookie (slapd 2.5.13, docs/decisions/0004)."""
    with content.lock:
        since = len(content.log)
    search.info(scripted.refresh_delete())
    persist(search, content, since)


def slapd_not_understood(search, content):
    """An unreadable cookie: everything, refreshDeletes TRUE and no new cookie (slapd 2.5.13)."""
    since, _ = all_of(search, content)
    search.info(scripted.refresh_delete())
    persist(search, content, since)


def slapd(search, content):
    """A correct response."""
    (slapd_present if search.cookie() else slapd_first)(search, content)


def ds389_idle(search, content):
    """No changes, and refreshDeletes is FALSE without a present message: by
    RFC 4533 everything is deleted (389-DS 2.3.1; akkornel/syncrepl#24)."""
    with content.lock:
        since = len(content.log)
    search.info(scripted.refresh_present(content.cookie()))
    persist(search, content, since)


def size_limit(search, content, most=500):
    """Entries up to the limit of the bound account, then 4 (slapd 2.5.13: rc
    4 after exactly 500)."""
    with content.lock:
        entries = list(content.entries.items())[:most]
    for uuid, (dn, attributes) in entries:
        search.entry(dn, attributes, scripted.state(scripted.ADD, uuid))
    search.done(4, "size limit exceeded")


def delcsn_then_denied(search, content):
    """A cookie with delcsn in mid-refresh, and then error 50."""
    search.info(scripted.new_cookie(content.cookie() + b",delcsn=20380101000000.000000Z#000000#000#000000"))
    search.done(50, "insufficient access")


def pages(search, content, entries=None, most=500):
    """Everything in pages, the cookie counting entries (RFC 2696); a server
    may use smaller pages than requested."""
    with content.lock:
        entries = entries or list(content.entries.items())
    size, at = min(search.page[0], most), int(search.page[1] or b"0")
    for uuid, (dn, attributes) in entries[at:at + size]:
        search.entry(dn, dict(attributes, entryUUID=[str(uuids.UUID(bytes=uuid))]))
    more = at + size < len(entries)
    search.done(0, "", scripted.page(b"%d" % (at + size) if more else b""))


def dirsync(search, log, most):
    """Active Directory's MoreResults: a part of the changes, the cookie for
    the next, and whether there is one (MS-ADTS 3.1.1.3.4.1.3; Samba never
    sends it). log: (dn, attributes) of each change."""
    at = int(search.dirsync[2] or b"0")
    for dn, attributes in log[at:at + most]:
        search.entry(dn, attributes)
    search.done(0, "", scripted.dirsync(int(at + most < len(log)), b"%d" % min(at + most, len(log))))


def ranged(values, asked, step=1500):
    """member as Active Directory returns it beyond MaxValRange:
    member;range=0-1499 and an empty member beside it (MS-ADTS
    3.1.1.3.1.3.3). asked: the requested attribute."""
    first = int(asked.split("range=")[1].split("-")[0]) if "range=" in asked else 0
    some = values[first:first + step]
    last = "*" if first + step >= len(values) else str(first + step - 1)
    name = "member;range=%d-%s" % (first, last)
    return {name: some} if first else {"member": [], name: some}


def nameless_tombstone(guid):
    """A deletion that the account may not see: an empty DN, objectGUID and
    isDeleted (Samba's dirsync.py asserts it of Windows)."""
    return "", {"objectGUID": [guid], "isDeleted": ["TRUE"]}
