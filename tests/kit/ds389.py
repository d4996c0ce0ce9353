# SPDX-License-Identifier: AGPL-3.0-or-later
"""389-DS for tests, in a folder of its own: Retro Changelog and Content
Synchronization are on, it listens only on a Unix socket, and its manager
is cn=admin below the suffix, with the password of the tests' slapds.
dscreate needs systemd and the machine's own folders; PREFIX, with a
rewritten defaults.inf, avoids both. Its result, which takes nine seconds,
is kept in build/ds389.tar, with @FOLDER@ in place of the folder."""
import base64
import glob
import hashlib
import os
import re
import shutil
import signal
import subprocess
import tarfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TAR = os.path.join(ROOT, "build", "ds389.tar")
INF = "/usr/share/dirsrv/inf/defaults.inf"
SERVER = "/usr/sbin/ns-slapd"
KEPT = "etc/dirsrv/slapd-one"  # of what dscreate makes
NEEDED = ("var/lib/dirsrv/slapd-one/db", "var/lib/dirsrv/slapd-one/ldif", "var/lib/dirsrv/slapd-one/bak",
          "var/log/dirsrv/slapd-one", "run/dirsrv", "run/lock/dirsrv/slapd-one", "shm", "etc/dirsrv/ssca",
          "etc/default", "etc/tmpfiles.d", "inst/slapd-one", "share/dirsrv/inf")
PLUGINS = {"cn=Retro Changelog Plugin,cn=plugins,cn=config":
           ["nsslapd-attribute: nsuniqueid:targetUniqueId", "nsslapd-changelogmaxage: 10d",
            "nsslapd-changelog-trim-interval: 1"],
           "cn=Content Synchronization,cn=plugins,cn=config": []}


def why_not():
    """The reason why 389-DS cannot run here, or None."""
    if not os.path.exists(SERVER) or not shutil.which("dscreate"):
        return "389-ds-base and python3-lib389 are not installed"
    return "dscreate needs root" if os.getuid() != 0 else None


# ---- creating

def defaults(folder):
    out = []
    for line in open(INF).read().splitlines():
        key, _, value = line.partition(" = ")
        if key == "inst_dir":
            value = folder + "/inst/slapd-{instance_name}"
        elif re.match(r"/(etc|run|var|dev/shm)(/|$)", value):
            value = folder + value.replace("/dev/shm", "/shm")
        elif key in ("user", "group"):
            value = "root"
        elif key == "with_systemd":
            value = "0"
        out.append(key + " = " + value if value else line)
    return "\n".join(out) + "\n"


def folders(folder):
    for name in NEEDED:
        os.makedirs(os.path.join(folder, name), exist_ok=True)


def pid_of(folder):
    return int(open(os.path.join(folder, "run/dirsrv/slapd-one.pid")).read())


def runs(pid):
    # It is not our child, so another process reaps it.
    try:
        return os.readlink("/proc/%d/exe" % pid).endswith("ns-slapd")
    except OSError:
        return False


def end(folder):
    try:
        pid = pid_of(folder)
        os.kill(pid, signal.SIGTERM)
    except (OSError, ValueError):
        return
    for _ in range(500):
        if not runs(pid):
            return
        time.sleep(0.02)


def make(folder):
    """The result of dscreate, in TAR."""
    folders(folder)
    shutil.copytree("/etc/dirsrv", folder + "/etc/dirsrv", dirs_exist_ok=True)
    with open(folder + "/share/dirsrv/inf/defaults.inf", "w") as f:
        f.write(defaults(folder))
    with open(folder + "/one.inf", "w") as f:
        f.write("[general]\nconfig_version = 2\nsystemd = False\nfull_machine_name = localhost.localdomain\n"
                "strict_host_checking = False\nselinux = False\nstart = True\n[slapd]\ninstance_name = one\n"
                "port = 14389\nsecure_port = 14636\nroot_password = passord-til-roten\nuser = root\ngroup = root\n"
                "self_sign_cert = False\n")
    shutil.rmtree(folder + "/inst/slapd-one")
    shutil.rmtree(folder + "/etc/dirsrv/slapd-one", ignore_errors=True)
    run = subprocess.run(["dscreate", "from-file", folder + "/one.inf"], env=dict(os.environ, PREFIX=folder),
                         stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    end(folder)
    if run.returncode != 0:
        raise RuntimeError(run.stdout.decode()[-2000:])
    dse = os.path.join(folder, KEPT, "dse.ldif")
    text = open(dse).read().replace("\n ", "").replace(folder, "@FOLDER@")
    with open(dse, "w") as f:
        f.write(text)
    os.makedirs(os.path.dirname(TAR), exist_ok=True)
    with tarfile.open(TAR + ".new", "w") as tar:
        tar.add(os.path.join(folder, KEPT), KEPT)
    os.rename(TAR + ".new", TAR)
    shutil.rmtree(folder)


# ---- configuring

def replace(text, name, value):
    """For cn=config, which may not have the attribute yet."""
    line = "%s: %s" % (name, value)
    if not re.search(r"(?mi)^%s:" % re.escape(name), text):
        return text.replace("\ndn: cn=config\n", "\ndn: cn=config\n" + line + "\n", 1)
    return re.sub(r"(?mi)^%s:.*$" % re.escape(name), lambda _: line, text, count=1)


def hashed(password):
    """A fast hash: many binds here, and no secret."""
    return "{SSHA}" + base64.b64encode(hashlib.sha1(password.encode() + b"salt").digest() + b"salt").decode()


def switch_on(text, dn, also):
    entry = re.search(r"(?ms)^dn: %s\n.*?\n\n" % re.escape(dn), text).group(0)
    now = entry.replace("nsslapd-pluginEnabled: off", "nsslapd-pluginEnabled: on").rstrip("\n")
    return text.replace(entry, "\n".join([now] + also) + "\n\n")


def backend(suffix):
    return ("dn: cn=\"%s\",cn=mapping tree,cn=config\nobjectClass: top\nobjectClass: extensibleObject\n"
            "objectClass: nsMappingTree\ncn: \"%s\"\nnsslapd-state: backend\nnsslapd-backend: here\n\n"
            "dn: cn=here,cn=ldbm database,cn=plugins,cn=config\nobjectClass: top\nobjectClass: extensibleObject\n"
            "objectClass: nsBackendInstance\ncn: here\nnsslapd-suffix: %s\nnsslapd-cachesize: -1\n"
            "nsslapd-directory: @FOLDER@/var/lib/dirsrv/slapd-one/db/here\n\n" % (suffix, suffix, suffix))


def schema(name):
    """A schema of deploy/ldap in the form of 389-DS."""
    text = open(os.path.join(ROOT, "deploy/ldap/%s.schema" % name)).read()
    roots = dict(re.findall(r"(?m)^objectidentifier (\S+) (\S+)$", text))
    out = []
    for kind, body in re.findall(r"(?ms)^(attributetype|objectclass) (\(.*?\))\s*$", text):
        body = re.sub(r"^\( (\w+):(\d+)", lambda m: "( %s.%s" % (roots[m[1]], m[2]), " ".join(body.split()))
        out.append({"attributetype": "attributeTypes: ", "objectclass": "objectClasses: "}[kind] + body)
    return "dn: cn=schema\n" + "\n".join(sorted(out)) + "\n"


class Ds389:
    """A backend for suffix with ldif. schemas: of deploy/ldap."""

    def __init__(self, folder, suffix, ldif, schemas=("eduperson", "noredu", "hr")):
        self.folder, self.suffix = folder, suffix
        self.socket = os.path.join(folder, "ldapi")
        self.uri = "ldapi://" + self.socket.replace("/", "%2f")
        if not os.path.exists(TAR):
            make(folder)
        folders(folder)
        with tarfile.open(TAR) as tar:
            tar.extractall(folder)
        self.set_up()
        for n, name in enumerate(schemas):
            with open(os.path.join(folder, KEPT, "schema/9%d%s.ldif" % (n, name)), "w") as f:
                f.write(schema(name))
        self.start()
        self.load(ldif)
        self.load("dn: %s\nchangetype: modify\nadd: aci\naci: (targetattr != \"userPassword\")(version 3.0; "
                  "acl \"authenticated users read\"; allow (read, search, compare) userdn = \"ldap:///all\";)\n" % suffix)

    def set_up(self):
        path = os.path.join(self.folder, KEPT, "dse.ldif")
        text = open(path).read()
        for name, value in (("nsslapd-port", "0"), ("nsslapd-ldapifilepath", self.socket),
                            ("nsslapd-rootdn", "cn=admin," + self.suffix), ("nsslapd-rootpw", hashed("passord")), ("nsslapd-rootpwstoragescheme", "SSHA"),
                            ("passwordStorageScheme", "SSHA"),
                            ("nsslapd-ldapimaprootdn", "cn=admin," + self.suffix), ("nsslapd-security", "off")):
            text = replace(text, name, value)
        for dn, also in PLUGINS.items():
            text = switch_on(text, dn, also)
        text = text.rstrip("\n") + "\n\n" + backend(self.suffix)
        with open(path, "w") as f:
            f.write(text.replace("@FOLDER@", self.folder))
        for copy in glob.glob(path + ".*"):
            os.unlink(copy)

    def start(self):
        folder = os.path.join(self.folder, KEPT)
        with open(os.path.join(self.folder, "log"), "a") as log:
            subprocess.run([SERVER, "-D", folder, "-i", os.path.join(self.folder, "run/dirsrv/slapd-one.pid")],
                           check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        for _ in range(400):
            if subprocess.run(["ldapsearch", "-x", "-LLL", "-H", self.uri, "-s", "base", "-b", "", "1.1"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
                return
            time.sleep(0.02)
        raise RuntimeError("389-DS does not answer: " + self.folder)

    def stop(self):
        end(self.folder)

    def is_running(self):
        try:
            return runs(pid_of(self.folder))
        except (OSError, ValueError):
            return False

    def load(self, ldif):
        run = subprocess.run(["ldapadd", "-x", "-H", self.uri, "-D", "cn=admin," + self.suffix, "-w", "passord"],
                             input=ldif.encode(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        if run.returncode != 0:
            raise RuntimeError(run.stderr.decode())

    def keep_changes(self, age):
        """How long the changelog keeps changes, from its next start on."""
        path = os.path.join(self.folder, KEPT, "dse.ldif")
        text = re.sub(r"(?m)^nsslapd-changelogmaxage: .*$", "nsslapd-changelogmaxage: " + age, open(path).read())
        with open(path, "w") as f:
            f.write(text)

    def changelog(self):
        """The first and the last change number it has."""
        run = subprocess.run(["ldapsearch", "-x", "-LLL", "-H", self.uri, "-s", "base", "-b", "", "firstchangenumber",
                              "lastchangenumber"], stdout=subprocess.PIPE, check=True)
        return tuple(int(n) for n in re.findall(r"changenumber: (\d+)", run.stdout.decode()))
