# SPDX-License-Identifier: AGPL-3.0-or-later
"""A small region for the tests of synchronisation: three municipalities'
slapd, the regional one, and portvakt-sync, all in one folder and with
Unix sockets. It ends what it started by process id."""
import base64
import hashlib
import json
import os
import pwd
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import uuid

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BASE = "dc=kongsbergregionen,dc=example"
NAMES = ["kongsberg", "notodden", "tinn"]
NUMBERS = {"kongsberg": "942402465", "notodden": "964963193", "tinn": "964963282"}
FIRST = ["Kari", "Ola", "Åse", "Bjørn", "Ingrid", "Lars", "Sølvi", "Nils", "Ærlend", "Turid"]
LAST = ["Rjukan", "Heddal", "Sandsvær", "Øverås", "Møsstrond", "Lågen", "Blefjell", "Tinnsjø"]


def national(rng):
    """A synthetic number of Test-Norge's form: the month raised by 80."""
    one, two = [3, 7, 6, 1, 8, 9, 4, 5, 2], [5, 4, 3, 2, 7, 6, 5, 4, 3, 2]
    while True:
        d = "%02d%02d%02d%03d" % (rng.randint(1, 28), 80 + rng.randint(1, 12), rng.randint(50, 99), rng.randint(0, 499))
        k1 = -sum(int(c) * w for c, w in zip(d, one)) % 11
        if k1 == 10:
            continue
        k2 = -sum(int(c) * w for c, w in zip(d + str(k1), two)) % 11
        if k2 < 10:
            return d + str(k1) + str(k2)


def ldapi(path):
    return "ldapi://" + path.replace("/", "%2f")


# As root each of our processes is a user of its own (tests/kit/with-users).
SEPARATE = os.getuid() == 0
if SEPARATE:
    os.umask(0o022)


def let_users_in(folder):
    """Lets the users of our processes pass through a temporary folder."""
    while SEPARATE and folder not in ("/", "/tmp"):
        os.chmod(folder, 0o755)
        folder = os.path.dirname(folder)


def become(user):
    """Changes to the user of a role, in a child of the test; nothing without root."""
    if SEPARATE:
        entry = pwd.getpwnam(user)
        os.setgroups([])
        os.setgid(entry.pw_gid)
        os.setuid(entry.pw_uid)


class Slapd:
    def __init__(self, folder, conf, ldif):
        self.folder, self.socket = folder, os.path.join(folder, "ldapi")
        self.uri = ldapi(self.socket)
        os.makedirs(os.path.join(folder, "db"))
        with open(os.path.join(folder, "slapd.conf"), "w") as f:
            f.write(conf)
        if ldif:
            subprocess.run(["/usr/sbin/slapadd", "-q", "-f", self.conf()], input=ldif.encode(), check=True,
                           stdout=subprocess.DEVNULL)
        self.start()

    def conf(self):
        return os.path.join(self.folder, "slapd.conf")

    def start(self):
        log = open(os.path.join(self.folder, "log"), "a")
        self.process = subprocess.Popen(["/usr/sbin/slapd", "-f", self.conf(), "-h", self.uri, "-d", "0"],
                                        stdout=log, stderr=log)
        for _ in range(200):
            if subprocess.run(["ldapsearch", "-x", "-LLL", "-H", self.uri, "-s", "base", "-b", "", "1.1"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode in (0, 50, 48):
                os.chmod(self.socket, 0o777)
                return
            time.sleep(0.02)
        raise RuntimeError("slapd does not answer: " + self.folder)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


INCLUDES = "".join("include /etc/ldap/schema/%s.schema\n" % s for s in ("core", "cosine", "inetorgperson"))
INCLUDES += "".join("include %s/deploy/ldap/%s.schema\n" % (ROOT, s) for s in ("eduperson", "noredu"))
MODULES = "modulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload syncprov\n"


def catalogue_conf(folder, extra=""):
    rights = open(ROOT + "/deploy/ldap/rights.conf").read()
    return (INCLUDES + "include %s/deploy/ldap/portvakt.schema\n" % ROOT + MODULES +
            "pidfile %s/pid\nthreads 8\n%sdatabase mdb\nsuffix %s\nrootdn cn=root,%s\nrootpw root\n"
            "directory %s/db\nmaxsize 1073741824\nindex objectClass,entryUUID,entryCSN eq\n"
            "index portvaktId,portvaktFormerId,portvaktAnchor,portvaktJoin,portvaktLogin,portvaktDirectory,"
            "portvaktMunicipality,portvaktStatus eq\n"
            "limits dn.onelevel=\"ou=programs,%s\" size=unlimited time=unlimited\n"
            "overlay syncprov\nsyncprov-checkpoint 100 5\nsyncprov-sessionlog 10000\n"
            % (folder, extra, BASE, BASE, folder, BASE) + rights)


def catalogue_ldif():
    tree = open(ROOT + "/deploy/ldap/tree.ldif").read()
    return tree.replace("userPassword: {CRYPT}!", "userPassword: passord")


# The limits of a day and a kind, for tests of anything else: their kinds are small.
WIDE_LIMITS = "\tlimits {\n" + "".join("\t\t%s 1000\n" % one for one in (
    "deactivations", "returns", "kind-changes", "upward-moves", "role-grants", "role-losses", "end-dates",
    "changed-names", "lost-values", "same-values")) + "\t\tshare 100%\n\t\tunit-share 100%\n\t}\n"


def source_conf(folder, name, extra="", rights=""):
    return (INCLUDES + "include %s/deploy/ldap/hr.schema\n" % ROOT + MODULES + "moduleload ppolicy\n" +
            "pidfile %s/pid\n%sdatabase mdb\nsuffix dc=%s,dc=example\nrootdn cn=admin,dc=%s,dc=example\n"
            "rootpw passord\ndirectory %s/db\nmaxsize 1073741824\nindex objectClass,entryUUID,entryCSN,uid eq\n"
            "limits dn.onelevel=\"ou=programs,dc=%s,dc=example\" size=unlimited time=unlimited\n"
            "%saccess to attrs=userPassword by anonymous auth by * none\naccess to * by * read\n"
            "overlay syncprov\nsyncprov-sessionlog 1000\noverlay ppolicy\n"
            % (folder, extra, name, name, folder, name, rights))


def person_ldif(dn, person):
    lines = ["dn: " + dn, "objectClass: inetOrgPerson", "objectClass: norEduPerson", "objectClass: hrPerson"]
    for key, value in person.items():
        data = value.encode()
        if any(b > 126 or b < 32 for b in data):
            lines.append("%s:: %s" % (key, base64.b64encode(data).decode()))
        else:
            lines.append("%s: %s" % (key, value))
    return "\n".join(lines) + "\n\n"


def make_person(rng, login, municipality, number=None, like=None):
    """like: another entry of the same person, with the same name."""
    given, family = rng.choice(FIRST), rng.choice(LAST)
    if like:
        given, family = like["givenName"], like["sn"]
    person = {"uid": login, "cn": "%s %s" % (given, family), "displayName": "%s %s" % (given, family),
              "givenName": given, "sn": family, "mail": "%s@%s.example" % (login, municipality),
              "title": rng.choice(["Rådgiver", "Lærer", "Sykepleier"]), "hrPosition": str(rng.choice([20, 60, 100])),
              "userPassword": "hemmelig-" + login}
    if number:
        person["norEduPersonNIN"] = number
    return person


def tree_ldif(name):
    base = "dc=%s,dc=example" % name
    out = "dn: %s\nobjectClass: dcObject\nobjectClass: organization\no: %s\n\n" % (base, name)
    for ou in ("ansatte", "elever", "folkevalgte", "gjester", "grupper", "programs"):
        out += "dn: ou=%s,%s\nobjectClass: organizationalUnit\n\n" % (ou, base)
    return out + ("dn: cn=portvakt,ou=programs,%s\nobjectClass: organizationalRole\n"
                  "objectClass: simpleSecurityObject\nuserPassword: passord\n\n" % base)


class Stage:
    """people: how many in each municipality; every tenth employee works in
    the next municipality too."""

    def __init__(self, folder, programs, people=20, seed=1, grace="30d", limits=WIDE_LIMITS):
        self.folder, self.programs, self.limits = folder, programs, limits
        self.rng = random.Random(seed)
        shutil.rmtree(folder, ignore_errors=True)
        for sub in ("run", "state", "credentials", "policies"):
            os.makedirs(os.path.join(folder, sub), 0o755 if SEPARATE else 0o700)
        let_users_in(folder)
        self.give_directories("run", "state")
        self.sync, self.slapd = None, {}
        self.people = {name: {} for name in NAMES}
        self.invent(people)
        for name in NAMES:
            self.start_source(name)
        sub = os.path.join(folder, "catalogue")
        os.makedirs(sub)
        self.catalogue = Slapd(sub, catalogue_conf(sub), catalogue_ldif())
        self.configure(grace)

    # ---- creating

    def invent(self, people):
        shared = []
        for m, name in enumerate(NAMES):
            base = "dc=%s,dc=example" % name
            for i in range(people):
                ou = ("ansatte", "elever", "folkevalgte")[i % 3]
                like = shared.pop(0) if i % 10 == 0 and shared and m > 0 else None
                number = like["norEduPersonNIN"] if like else national(self.rng)
                login = "%s%03d" % (name[0], i)
                person = make_person(self.rng, login, name, number, like)
                self.people[name]["uid=%s,ou=%s,%s" % (login, ou, base)] = person
                if i % 10 == 3:
                    shared.append(person)

    def source_ldif(self, name):
        ldif = tree_ldif(name)
        for dn, person in self.people[name].items():
            ldif += person_ldif(dn, person)
        members = [dn for dn in self.people[name] if "ou=ansatte" in dn]
        for group, part in (("laerere", members[::2]), ("pleie-og-omsorg", members[1::3])):
            ldif += "dn: cn=%s,ou=grupper,dc=%s,dc=example\nobjectClass: groupOfNames\n" % (group, name)
            ldif += "".join("member: %s\n" % dn for dn in part) or "member: \n"
            ldif += "\n"
        return ldif

    def start_source(self, name):
        sub = os.path.join(self.folder, name)
        os.makedirs(sub)
        self.slapd[name] = Slapd(sub, source_conf(sub, name), self.source_ldif(name))

    def secret(self, name, value):
        path = os.path.join(self.folder, "credentials", name)
        with open(path, "w") as f:
            f.write(value + "\n")
        os.chmod(path, 0o600)

    def give_credentials(self):
        """Gives each role its own credentials, as the operator of a region does."""
        if SEPARATE:
            subprocess.run([ROOT + "/deploy/portvakt-credentials", self.folder], check=True)

    def give_directories(self, run, state):
        if SEPARATE:
            subprocess.run([ROOT + "/tests/kit/give-directories", *(os.path.join(self.folder, d) for d in (run, state))], check=True)

    def give_state(self):
        """Gives back what a test put there as root."""
        if SEPARATE and os.path.exists(os.path.join(self.folder, "state", "sync")):
            subprocess.run(["chown", "-R", "portvakt-provisioner:", os.path.join(self.folder, "state", "sync")], check=True)

    def configure(self, grace):
        f = self.folder
        self.conf = os.path.join(f, "region.conf")
        for name in NAMES + ["catalogue-reader", "catalogue-writer", "catalogue-admin"]:
            self.secret(name, "passord")
        self.secret("redis", "redis")
        for name in ("join", "seal"):
            self.secret(name, hashlib.sha256(name.encode()).hexdigest())
        text = """region kongsbergregionen {
	name "Kongsbergregionen"
	login-url https://innlogging.kongsbergregionen.example
	contact "Regional servicedesk"
	runtime-directory %s/run
	state-directory %s/state
	credentials-directory %s/credentials
	catalogue %s {
		base "%s"
		reader "cn=portvakt-idp,ou=programs,%s" secret @catalogue-reader
		writer "cn=portvakt-sync,ou=programs,%s" secret @catalogue-writer
		admin "cn=portvakt-admin,ou=programs,%s" secret @catalogue-admin
	}
	session-store unix:%s/run/redis.sock { secret @redis }
	delete-after %s
}
""" % (f, f, f, self.catalogue.uri, BASE, BASE, BASE, BASE, f, grace)
        text = text.replace("{ secret @redis }", "{\n\t\tsecret @redis\n\t}")
        for name in NAMES:
            text += """directory %s %s {
	base "dc=%s,dc=example"
	bind-dn "cn=portvakt,ou=programs,dc=%s,dc=example"
	secret @%s
	map position from hrPosition
	map from from hrFrom
	map until from hrUntil
%s}
municipality %s {
	name "%s kommune"
	organisation-number %s
	domain %s.example
	contact "IKT"
	people from %s {
		employees under "ou=ansatte"
		pupils under "ou=elever"
		politicians under "ou=folkevalgte"
		guests under "ou=gjester"
		teachers are employees in "cn=laerere,ou=grupper"
		role health is employees in "cn=pleie-og-omsorg,ou=grupper"
		join by national-id
	}
	rules {
		employees may enter portal
	}
}
""" % (name, self.slapd[name].uri, name, name, name, self.limits, name, name.capitalize(), NUMBERS[name], name, name)
        with open(self.conf, "w") as out:
            out.write(text)

    # ---- running

    def start(self):
        self.give_credentials()
        self.give_state()
        log = open(os.path.join(self.folder, "sync.log"), "a")
        self.sync = subprocess.Popen([os.path.join(self.programs, "portvakt-sync"), "-c", self.conf],
                                     stdout=log, stderr=log)

    def stop(self):
        if self.sync and self.sync.poll() is None:
            self.sync.send_signal(signal.SIGTERM)
            try:
                self.sync.wait(10)
            except subprocess.TimeoutExpired:
                self.sync.kill()
                self.sync.wait()
        self.sync = None

    def close(self):
        self.stop()
        for s in list(self.slapd.values()) + [self.catalogue]:
            s.stop()

    def children(self):
        """name -> pid of sync's processes, from the kernel."""
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open("/proc/%s/stat" % pid) as f:
                    parent = f.read().rsplit(")", 1)[1].split()[1]
                if int(parent) != self.sync.pid:
                    continue
                with open("/proc/%s/cmdline" % pid) as f:
                    args = f.read().split("\0")
            except OSError:
                continue
            name = os.path.basename(args[0])
            found[name + ("@" + args[3] if len(args) > 4 else "")] = int(pid)
        return found

    def forget(self):
        """Deletes the cache while sync is stopped."""
        folder = os.path.join(self.folder, "state", "sync")
        for name in os.listdir(folder):
            if name.startswith("cache.sqlite"):
                os.unlink(os.path.join(folder, name))

    # ---- changing the sources

    def modify(self, name, ldif, also=()):
        run = subprocess.run(["ldapmodify", "-x", "-H", self.slapd[name].uri, "-D", "cn=admin,dc=%s,dc=example" % name,
                              "-w", "passord", *also], input=ldif.encode(), stdout=subprocess.DEVNULL,
                             stderr=subprocess.PIPE)
        if run.returncode != 0:
            raise RuntimeError(run.stderr.decode() + "\n" + ldif)

    def change(self, name, dn, attribute, value):
        self.modify(name, "dn: %s\nchangetype: modify\nreplace: %s\n%s:: %s\n" %
                    (dn, attribute, attribute, base64.b64encode(value.encode()).decode()))

    def add(self, name, dn, person):
        self.modify(name, person_ldif(dn, person).replace("\nobjectClass", "\nchangetype: add\nobjectClass", 1))

    def rights(self, name, rights=""):
        """Restarts the source with these rules before the others."""
        slapd = self.slapd[name]
        slapd.stop()
        with open(slapd.conf(), "w") as f:
            f.write(source_conf(slapd.folder, name, rights=rights))
        slapd.start()

    def delete(self, name, dn):
        self.modify(name, "dn: %s\nchangetype: delete\n" % dn)

    def rename(self, name, dn, rdn, above=None):
        self.modify(name, "dn: %s\nchangetype: modrdn\nnewrdn: %s\ndeleteoldrdn: 1\n%s" %
                    (dn, rdn, "newsuperior: %s\n" % above if above else ""))

    def disable(self, name, dn):
        self.modify(name, "dn: %s\nchangetype: modify\nreplace: pwdAccountLockedTime\n"
                          "pwdAccountLockedTime: 000001010000Z\n" % dn, also=("-e", "!relax"))

    def enable(self, name, dn):
        self.modify(name, "dn: %s\nchangetype: modify\ndelete: pwdAccountLockedTime\n" % dn, also=("-e", "!relax"))

    def decide(self, what, directory, subjects, kind=None, until=604800, whole=None):
        """Writes an approval as admin does: a list in parts of 500 with a
        common hash, or a value. whole: the input of the hash."""
        lists = [s for s in whole or subjects if ":" in s]
        digest = hashlib.sha256("".join(s + "\n" for s in sorted(lists)).encode()).digest()
        stamp = lambda when: time.strftime("%Y%m%d%H%M%SZ", time.gmtime(when))  # noqa: E731
        ldif = ""
        for at in range(0, len(subjects) or 1, 500):
            one = str(uuid.uuid4())
            ldif += ("dn: portvaktId=%s,ou=decisions,%s\nobjectClass: portvaktDecision\nportvaktId: %s\n"
                     "portvaktVersion: 1\nportvaktDecides: %s\nportvaktBy: Kari\nportvaktReason: test\n"
                     "portvaktFrom: %s\nportvaktUntil: %s\n" %
                     (one, BASE, one, what, stamp(time.time()), stamp(time.time() + until)))
            if kind not in ("source", "configuration"):
                ldif += "portvaktHash: %s\n" % base64.urlsafe_b64encode(digest).decode().rstrip("=")
            for subject in filter(None, [directory, kind] + subjects[at:at + 500]):
                ldif += "portvaktSubject: %s\n" % subject
            ldif += "\n"
        subprocess.run(["ldapadd", "-x", "-H", self.catalogue.uri, "-D", "cn=portvakt-admin,ou=programs," + BASE,
                        "-w", "passord"], input=ldif.encode(), stdout=subprocess.DEVNULL, check=True)

    # ---- reading the catalogue

    def dump(self, filter="(objectClass=*)", base="ou=people," + BASE):
        run = subprocess.run(["ldapsearch", "-x", "-LLL", "-o", "ldif-wrap=no", "-H", self.catalogue.uri, "-D",
                              "cn=root," + BASE, "-w", "root", "-b", base, filter], stdout=subprocess.PIPE, check=True)
        return run.stdout.decode()

    def entries(self, filter="(objectClass=*)"):
        out = []
        for block in self.dump(filter).split("\n\n"):
            entry = {}
            for line in block.splitlines():
                key, _, value = line.partition(":")
                if value.startswith(":"):
                    value = base64.b64decode(value[1:].strip()).decode("utf-8", "replace")
                entry.setdefault(key, []).append(value.strip())
            if entry:
                out.append(entry)
        return out

    def wait(self, what, seconds=2.0):
        """Waits until what() is true; returns the seconds, or None."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if what():
                return time.monotonic() - began
            time.sleep(0.03)
        return None

    def affiliation(self, login):
        found = self.entries("(portvaktLogin=%s)" % login)
        return found[0] if found else None

    def settle(self, expected=None, seconds=60):
        """Waits until the catalogue has not changed for 1.5 s."""
        began, last, since = time.monotonic(), None, time.monotonic()
        while time.monotonic() - began < seconds:
            now = self.dump("(objectClass=portvaktAffiliation)")
            if now != last:
                last, since = now, time.monotonic()
            elif time.monotonic() - since > 1.5 and (not expected or now.count("\ndn:") + 1 >= expected):
                return True
            time.sleep(0.15)
        return False


def ask(stage, *args):
    """Sends a portvaktctl sync command: returns the lines of the response,
    none without a listener."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.settimeout(10)
        try:
            s.connect(os.path.join(stage.folder, "run", "sync.sock"))
        except OSError:
            return []
        s.send(struct.pack(">BBQ", 1, 0x50, 7) + json.dumps({"args": list(args)}).encode())
        lines = []
        while True:
            frame = s.recv(70000)
            if len(frame) < 10 or frame[1] != 0x51:
                return lines
            lines.append(json.loads(frame[10:])["text"])


def programs():
    return os.environ.get("PORTVAKT_PROGRAMS") or os.path.join(ROOT, os.environ.get("B", "build"))


if __name__ == "__main__":
    s = Stage(sys.argv[1], programs(), people=int(sys.argv[2]) if len(sys.argv) > 2 else 20)
    s.start()
    print("running in", sys.argv[1])
    try:
        s.sync.wait()
    finally:
        s.close()
