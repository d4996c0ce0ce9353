# SPDX-License-Identifier: AGPL-3.0-or-later
"""samba_dc.py: a real Active Directory for tests: the LDAP server of Samba's
domain controller, on a loopback address (127.0.1.1 and on, ports 389 and 636).
A domain is created once and kept in build/samba; after that it is unpacked.
It ends what it started by process id.  (samba.py would hide Samba's own
modules.)

    ad = samba_dc.Domain(folder, "kongsberg")          # DC=kongsberg,DC=example
    ad.add("OU=ansatte," + ad.base, {"objectClass": "organizationalUnit"})
    ad.add_person("CN=Kari,OU=ansatte," + ad.base, {"sAMAccountName": "kari"}, "hemmelig")
    ad.uri, ad.ca, ad.reader("portvakt")            # for the configuration
    ad.stop()

Accounts of every domain, all with the password PASSWORD: Administrator;
portvakt, with the rights of the manual page; usn, which may
see deleted objects and nothing else; blind, an ordinary account."""
import base64
import fcntl
import hashlib
import os
import re
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tarfile
import time

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.path.join(TOP, "build", "samba")
PASSWORD = "Passord1!xyz"
MANY = 1700
PYTHON = "/usr/bin/python3"  # Debian's, which has Samba's modules
# As Exchange names them, which most municipalities have had.
EXTENSIONS = {"extensionAttribute1": 423, "extensionAttribute2": 424, "extensionAttribute3": 425}

CONF = """[global]
	server role = active directory domain controller
	server services = ldap
	workgroup = {workgroup}
	realm = {realm}
	netbios name = DC1
	private dir = {folder}/private
	state directory = {folder}/state
	cache directory = {folder}/cache
	lock directory = {folder}/lock
	pid directory = {folder}/run
	ncalrpc dir = {folder}/run/ncalrpc
	binddns dir = {folder}/bind-dns
	interfaces = {address}/8
	bind interfaces only = yes
	ldap server require strong auth = no
	tls keyfile = {folder}/tls/key.pem
	tls certfile = {folder}/tls/cert.pem
	tls cafile = {folder}/tls/ca.pem
	log level = 0
	logging = file
"""


def lacking():
    """The reason why no domain can run here, or None."""
    if os.geteuid() != 0:
        return "Samba's domain controller needs root"
    for program in ("/usr/sbin/samba", "/usr/bin/samba-tool", "/usr/bin/openssl"):
        if not os.path.exists(program):
            return "no " + program
    return None


def own_network():
    """Runs this test again in a network namespace of its own, where ports
    389 and 636 are free; if that is not permitted, it continues in this
    one."""
    if os.environ.get("PORTVAKT_NETWORK") == "own":
        lo_up()
        return
    may = subprocess.run(["unshare", "-n", "true"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    if may.returncode == 0:
        os.environ["PORTVAKT_NETWORK"] = "own"
        sys.stdout.flush()
        os.execvp("unshare", ["unshare", "-n", sys.executable] + sys.argv)


def lo_up():
    """SIOCSIFFLAGS: IFF_UP | IFF_RUNNING."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        fcntl.ioctl(s, 0x8914, struct.pack("16sh14x", b"lo", 0x41))


def run(*args, **more):
    done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more)
    if done.returncode != 0:
        raise RuntimeError("%s: %s" % (args[0], done.stdout.decode("utf-8", "replace")))
    return done.stdout.decode("utf-8", "replace")


# ---- creating a domain

def domain_sid(db):
    return str(db.get_domain_sid())


def allow(db, dn, entries, controls=()):
    """Rights added to those of an entry, as SDDL."""
    import ldb
    from samba.dcerpc import security
    from samba.ndr import ndr_pack, ndr_unpack
    found = db.search(base=dn, scope=ldb.SCOPE_BASE, attrs=["nTSecurityDescriptor"], controls=list(controls))[0]
    sid = security.dom_sid(domain_sid(db))
    sddl = ndr_unpack(security.descriptor, found["nTSecurityDescriptor"][0]).as_sddl(sid)
    head, sep, tail = sddl.partition("S:") if "S:" in sddl else (sddl, "", "")
    new = security.descriptor.from_sddl(head + entries + sep + tail, sid)
    message = ldb.Message(found.dn)
    message["nTSecurityDescriptor"] = ldb.MessageElement(ndr_pack(new), ldb.FLAG_MOD_REPLACE, "nTSecurityDescriptor")
    db.modify(message, controls=list(controls))


def opened(folder, conf):
    """The domain's own database, whether it is being served or not."""
    from samba.auth import system_session
    from samba.param import LoadParm
    from samba.samdb import SamDB
    lp = LoadParm(os.path.join(folder, conf))
    lp.set("dsdb:schema update allowed", "yes")
    return SamDB(url=os.path.join(folder, "private", "sam.ldb"), session_info=system_session(), lp=lp)


def furnish(folder):
    """Through Samba's own modules: attributes, accounts and rights."""
    from samba.dcerpc import security
    from samba.ndr import ndr_unpack
    db = opened(folder, "etc/smb.conf")
    base = str(db.get_default_basedn())
    schema = str(db.get_schema_basedn())
    for name, number in EXTENSIONS.items():
        db.add_ldif("dn: CN=%s,%s\nobjectClass: attributeSchema\nlDAPDisplayName: %s\nattributeID: 1.2.840.113556.1.2.%d\n"
                    "attributeSyntax: 2.5.5.12\noMSyntax: 64\nisSingleValued: TRUE\n\n" % (name, schema, name, number))
    db.modify_ldif("dn:\nchangetype: modify\nadd: schemaUpdateNow\nschemaUpdateNow: 1\n\n")
    db.modify_ldif("dn: CN=User,%s\nchangetype: modify\nadd: mayContain\n%s" %
                   (schema, "".join("mayContain: %s\n" % name for name in EXTENSIONS)))
    # Members for a group above the limit of Windows (MaxValRange 1500).
    db.transaction_start()
    db.add_ldif("dn: OU=mange,%s\nobjectClass: organizationalUnit\n\n" % base)
    for i in range(MANY):
        db.add_ldif("dn: CN=m%04d,OU=mange,%s\nobjectClass: contact\n\n" % (i, base))
    db.transaction_commit()
    db.set_pwdProperties("0")
    db.set_minPwdLength("4")
    db.set_minPwdAge("0")
    sids = {}
    for name in ("portvakt", "usn", "blind"):
        db.newuser(name, PASSWORD)
        found = db.search(base=base, expression="(sAMAccountName=%s)" % name, attrs=["objectSid"])[0]
        sids[name] = str(ndr_unpack(security.dom_sid, found["objectSid"][0]))
    # DS-Replication-Get-Changes, and never Get-Changes-All.
    allow(db, base, "(OA;;CR;1131f6aa-9c07-11d1-f79f-00c04fc2dcd2;;%s)" % sids["portvakt"])
    for name in ("portvakt", "usn"):
        allow(db, "CN=Deleted Objects," + base, "(A;OICI;RPLCLORC;;;%s)" % sids[name], ["show_deleted:1"])


def undelete(folder, guid, dn):
    """MS-ADTS 3.1.1.5.3.7.3: one change that undeletes it under a name."""
    import ldb
    db = opened(folder, "smb.conf")
    found = db.search(base="<GUID=%s>" % guid, scope=ldb.SCOPE_BASE, attrs=["dn"], controls=["show_deleted:1"])[0]
    message = ldb.Message(found.dn)
    message["isDeleted"] = ldb.MessageElement([], ldb.FLAG_MOD_DELETE, "isDeleted")
    message["distinguishedName"] = ldb.MessageElement([dn], ldb.FLAG_MOD_REPLACE, "distinguishedName")
    db.modify(message, controls=["show_deleted:1"])


def authority():
    """One authority for all domains: its certificate and key."""
    cert, key = os.path.join(CACHE, "ca.pem"), os.path.join(CACHE, "ca.key")
    if not os.path.exists(cert):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "3650",
            "-subj", "/CN=Test authority", "-keyout", key + ".new", "-out", cert + ".new",
            "-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
        os.rename(key + ".new", key)
        os.rename(cert + ".new", cert)
    return cert, key


def certify(folder, host, address):
    """Samba's own certificate has no alternative names."""
    cert, key = authority()
    os.makedirs(folder, exist_ok=True)
    ours = os.path.join(folder, "key.pem")
    asked, names = os.path.join(folder, "asked.pem"), os.path.join(folder, "names")
    with open(names, "w") as f:
        f.write("subjectAltName=DNS:%s,IP:%s\n" % (host, address))
    run("openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + host,
        "-keyout", ours, "-out", asked)
    run("openssl", "x509", "-req", "-in", asked, "-CA", cert, "-CAkey", key, "-set_serial", str(time.time_ns()),
        "-days", "3650", "-extfile", names, "-out", os.path.join(folder, "cert.pem"))
    os.chmod(ours, 0o600)
    shutil.copy(cert, os.path.join(folder, "ca.pem"))


def made(name):
    """The tar of a fresh domain of that name."""
    with open(os.path.abspath(__file__), "rb") as f:
        version = hashlib.sha256(f.read()).hexdigest()[:12]
    path = os.path.join(CACHE, "%s-%s.tar" % (name, version))
    if os.path.exists(path):
        return path
    os.makedirs(CACHE, exist_ok=True)
    scratch = os.path.join(CACHE, "%s.%d" % (name, os.getpid()))
    shutil.rmtree(scratch, ignore_errors=True)
    try:
        run("samba-tool", "domain", "provision", "--targetdir=" + scratch, "--realm=%s.EXAMPLE" % name.upper(),
            "--domain=" + name.upper(), "--server-role=dc", "--dns-backend=NONE", "--adminpass=" + PASSWORD,
            "--host-name=dc1", "--host-ip=127.0.0.1", "--option=interfaces=lo", "--option=bind interfaces only=yes")
        run(PYTHON, "-I", os.path.abspath(__file__), "furnish", scratch)
        for old in os.listdir(CACHE):
            if re.fullmatch(re.escape(name) + r"-[0-9a-f]{12}\.tar", old):
                os.unlink(os.path.join(CACHE, old))
        with tarfile.open(path + ".new", "w") as tar:
            tar.add(os.path.join(scratch, "private"), "private")
            tar.add(os.path.join(scratch, "state"), "state")
        os.rename(path + ".new", path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return path


# ---- running a domain

def encoded(values):
    """Lines of LDIF; every value in base64, so that none needs escaping."""
    lines = []
    for name, value in values.items():
        for one in value if isinstance(value, (list, tuple)) else [value]:
            data = one if isinstance(one, bytes) else str(one).encode()
            lines.append("%s:: %s" % (name, base64.b64encode(data).decode()))
    return "\n".join(lines) + "\n"


def dn_line(dn):
    return "dn:: %s\n" % base64.b64encode(dn.encode()).decode()


def quoted(password):
    """The format of unicodePwd (MS-ADTS 3.1.1.3.1.5)."""
    return ('"%s"' % password).encode("utf-16-le")


class Domain:
    def __init__(self, folder, name, number=1):
        """number: which address, if there are several at once."""
        self.folder, self.name = folder, name
        self.address = "127.0.1.%d" % number
        self.base = "DC=%s,DC=example" % name
        self.host = "dc1.%s.example" % name
        self.uri = "ldaps://" + self.address
        self.administrator = "Administrator@%s.example" % name
        self.process = None
        os.makedirs(folder)
        with tarfile.open(made(name)) as tar:
            tar.extractall(folder)
        for sub in ("cache", "lock", "run", "bind-dns", "log"):
            os.makedirs(os.path.join(folder, sub))
        certify(os.path.join(folder, "tls"), self.host, self.address)
        self.ca = os.path.join(folder, "tls", "ca.pem")
        self.conf = os.path.join(folder, "smb.conf")
        with open(self.conf, "w") as f:
            f.write(CONF.format(folder=folder, workgroup=name.upper(), realm=name.upper() + ".EXAMPLE",
                                address=self.address))
        self.start()

    def reader(self, account="portvakt"):
        return "CN=%s,CN=Users,%s" % (account, self.base)

    def answers(self):
        return subprocess.run(["ldapsearch", "-x", "-LLL", "-H", "ldap://" + self.address, "-s", "base", "-b", "",
                               "dsServiceName"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.find(b"NTDS") > 0

    def start(self):
        log = open(os.path.join(self.folder, "out"), "a")
        self.process = subprocess.Popen(["/usr/sbin/samba", "-i", "-M", "single", "--debug-stdout", "-d0", "-l",
                                         os.path.join(self.folder, "log"), "-s", self.conf], stdin=subprocess.DEVNULL,
                                        stdout=log, stderr=log, start_new_session=True)
        began = time.monotonic()
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() - began > 60:
                raise RuntimeError("samba does not answer: " + self.folder)
            time.sleep(0.05)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    # ---- changes as its administrator

    def command(self, program, *args):
        return [program, "-x", "-H", self.uri, "-D", self.administrator, "-w", PASSWORD, *args]

    def environment(self):
        return dict(os.environ, LDAPTLS_CACERT=self.ca)

    def modify(self, ldif, *also):
        done = subprocess.run(self.command("ldapmodify", *also), input=ldif.encode(), stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, env=self.environment())
        if done.returncode != 0:
            raise RuntimeError(done.stderr.decode() + "\n" + ldif)

    def add(self, dn, values):
        self.modify(dn_line(dn) + "changetype: add\n" + encoded(values))

    def person(self, dn, values, password=None):
        """The LDIF of a disabled account."""
        values = dict({"objectClass": "user", "userAccountControl": 512}, **values)
        if password:
            values["unicodePwd"] = quoted(password)
        else:
            values["userAccountControl"] = 544
        return dn_line(dn) + "changetype: add\n" + encoded(values) + "\n"

    def add_person(self, dn, values, password=None):
        self.modify(self.person(dn, values, password))

    def change(self, dn, attribute, *values):
        """Without values the attribute is deleted."""
        self.modify(dn_line(dn) + "changetype: modify\nreplace: %s\n%s" % (attribute, encoded({attribute: values})))

    def members(self, group, add=(), remove=()):
        """'add: member' would fail for an existing member."""
        for operation, names in (("add", add), ("delete", remove)):
            if names:
                self.modify(dn_line(group) + "changetype: modify\n%s: member\n%s" % (operation, encoded({"member": list(names)})))

    def delete(self, dn):
        self.modify(dn_line(dn) + "changetype: delete\n")

    def rename(self, dn, rdn, above=None):
        self.modify(dn_line(dn) + "changetype: modrdn\nnewrdn:: %s\ndeleteoldrdn: 1\n%s" %
                    (base64.b64encode(rdn.encode()).decode(), "newsuperior: %s\n" % above if above else ""))

    def disable(self, dn, off=True):
        self.change(dn, "userAccountControl", 514 if off else 512)

    def undelete(self, guid, dn):
        """Through Samba's own modules: over LDAP it returns an operations
        error, even with the recycle bin."""
        run(PYTHON, "-I", os.path.abspath(__file__), "undelete", self.folder, guid, dn)

    def search(self, filter="(objectClass=*)", *names, base=None, scope="sub", also=()):
        """Entries as {name: [value, ...]}, objectGUID as text."""
        out = run(*self.command("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-b", base or self.base, "-s", scope, *also,
                                filter, *names), env=self.environment())
        found = []
        for block in out.split("\n\n"):
            entry = {}
            for line in block.splitlines():
                key, _, value = line.partition(":")
                raw = base64.b64decode(value[1:]) if value.startswith(":") else value.strip().encode()
                entry.setdefault(key, []).append(guid_text(raw) if key == "objectGUID" else raw.decode("utf-8", "replace"))
            if "dn" in entry:
                found.append(entry)
        return found

    def guid(self, dn):
        return self.search("(objectClass=*)", "objectGUID", base=dn, scope="base")[0]["objectGUID"][0]


def guid_text(raw):
    """MS-DTYP 2.3.4: the first three fields are little-endian."""
    parts = struct.unpack("<IHH", raw[:8])
    return "%08x-%04x-%04x-%s-%s" % (*parts, raw[8:10].hex(), raw[10:].hex())


if __name__ == "__main__":
    {"furnish": furnish, "undelete": undelete}[sys.argv[1]](*sys.argv[2:])
