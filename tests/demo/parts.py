# SPDX-License-Identifier: AGPL-3.0-or-later
"""The parts of the demo, in the order in which they start. Each writes its
own files (`write`), has a command (`command`) and a readiness check
(`ready`). Redis, haproxy and the regional slapd use the files of deploy/,
with other paths."""

import hashlib
import http.client
import os
import pwd
import re
import shutil
import socket
import ssl
import subprocess

from daemons import Daemon
from place import BASE, MUNICIPALITIES, TREE, Sorry, hashed, stay

SLAPD = "/usr/sbin/slapd"
APACHE_USER = "www-data"


def quiet(command, **more):
    done = subprocess.run([str(w) for w in command], capture_output=True, text=True, **more)
    stay()
    if done.returncode:
        raise Sorry(f"{command[0]} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


def accepts(family, address):
    with socket.socket(family) as s:
        s.settimeout(1)
        return s.connect_ex(address) == 0


def get(place, url, name="login", port="front"):
    """The body at one of the demo's https addresses, or None."""
    context = ssl.create_default_context(cafile=place.ca / "ca.pem")
    host = f"{name}.portvakt.localhost"
    try:
        with socket.create_connection(("127.0.0.1", place.ports[port]), 2) as plain, \
                context.wrap_socket(plain, server_hostname=host) as tls:
            connection = http.client.HTTPSConnection(f"{host}:{place.ports[port]}")
            connection.sock = tls
            connection.request("GET", url)
            answer = connection.getresponse()
            return answer.read() if answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None


class Part:
    """One daemon. `key` is the name of its pid in demo.env."""

    def __init__(self, place):
        self.place = place
        self.daemon = Daemon(place, self.name)

    env = None
    patience = 15
    pause = 0.02

    def write(self):
        """Writes its files, if it has any."""

    def start(self):
        self.write()
        self.daemon.start(self.command(), self.env)
        self.daemon.wait(self.ready, self.patience, self.pause)

    def again(self):
        """Starts what was written before, also after a kill."""
        self.daemon.start(self.command(), self.env)
        self.daemon.wait(self.ready_again, self.patience, self.pause)

    def ready_again(self):
        return self.ready()


class Directory(Part):
    def __init__(self, place, municipality):
        self.name, self.key = municipality, f"SLAPD_{municipality.upper()}"
        self.municipality = municipality
        self.title = f"{municipality.capitalize()}'s directory"
        super().__init__(place)
        self.conf = place.home / f"slapd-{municipality}.conf"

    def write(self):
        place, name = self.place, self.municipality
        place.write(self.conf, place.filled("municipality.slapd.conf", MUNICIPALITY=name,
                                            PASSWORD=hashed(place.secret(f"admin-{name}"))), 0o600)
        ldif = place.people / f"{name}.ldif"
        with open(ldif, "a", encoding="utf-8") as out:
            out.write(place.filled("municipality.ldif", MUNICIPALITY=name,
                                   HASH=hashed(place.secret(name))))
        (place.data / name).mkdir()
        quiet(["/usr/sbin/slapadd", "-q", "-f", self.conf, "-l", ldif])

    def command(self):
        listen = f"{self.place.directory_uri(self.municipality)}/ {self.place.socket_uri(self.name)}"
        return [SLAPD, "-f", self.conf, "-h", listen, "-d", "0"]

    def ready(self):
        return accepts(socket.AF_INET, ("127.0.0.1", self.place.ports[self.municipality]))


class Catalogue(Part):
    name, key, title = "catalogue", "CATALOGUE", "The regional catalogue"
    PROGRAMS = {"sync": "catalogue-writer", "idp": "catalogue-reader",
                "watch": "catalogue-watch", "admin": "catalogue-admin",
                "replica": "catalogue-replica"}

    def conf(self):
        return self.place.home / "catalogue.conf"

    def write(self):
        place = self.place
        text = (TREE / "deploy/ldap/catalogue.conf").read_text()
        for real, ours in (("/etc/portvakt/ldap", TREE / "deploy/ldap"), ("/run/slapd-region", place.run),
                           ("/var/lib/portvakt/catalogue", place.data / "catalogue")):
            text = text.replace(real, str(ours))
        root = f'rootdn\t\t"cn=admin,{BASE}"\nrootpw\t\t{hashed(place.secret("admin-catalogue"))}'
        place.write(self.conf(), re.sub(r"(?m)^rootdn.*$", root, text), 0o600)
        tree = (TREE / "deploy/ldap/tree.ldif").read_text()
        for program, credential in self.PROGRAMS.items():
            tree = tree.replace(f"cn: portvakt-{program}\nuserPassword: {{CRYPT}}!",
                                f"cn: portvakt-{program}\nuserPassword: {hashed(place.secret(credential))}")
        place.write(place.home / "tree.ldif", tree, 0o600)
        (place.data / "catalogue").mkdir()
        quiet(["/usr/sbin/slapadd", "-q", "-f", self.conf(), "-l", place.home / "tree.ldif"])

    def uri(self):
        return f"ldap://127.0.0.1:{self.place.ports['catalogue']}"

    def command(self):
        return [SLAPD, "-f", self.conf(), "-h", f"{self.uri()}/ {self.place.socket_uri('catalogue')}", "-d", "0"]

    def ready(self):
        return accepts(socket.AF_UNIX, str(self.place.run / "catalogue"))

    def count(self, object_class):
        """The number of entries of a class below ou=people."""
        out = quiet(["ldapsearch", "-x", "-LLL", "-H", self.uri(), "-D", f"cn=admin,{BASE}",
                     "-w", self.place.secret("admin-catalogue"), "-b", f"ou=people,{BASE}",
                     "-z", "none", f"(objectClass={object_class})", "1.1"],
                    env=os.environ | {"LDAPNOINIT": "1"})
        return out.count("dn: ") + out.count("dn:: ")


class Replica(Part):
    name, key, title = "replica", "REPLICA", "A replica for old LDAP applications"

    def conf(self):
        return self.place.home / "replica.conf"

    def write(self):
        place = self.place
        text = (TREE / "deploy/ldap/replica.conf").read_text()
        for real, ours in (("/etc/portvakt/ldap", TREE / "deploy/ldap"), ("/run/slapd-replica", place.run / "replica"),
                           ("/var/lib/portvakt/replica", place.data / "replica"),
                           ("ldapi://%2frun%2fslapd-region%2fldapi", place.socket_uri("catalogue")),
                           ("PUT-THE-PASSWORD-HERE", place.secret("catalogue-replica")),
                           ("/etc/portvakt/tls/replica.", f"{place.ca}/region."), ("/run/portvakt", place.run)):
            text = text.replace(real, str(ours))
        place.write(self.conf(), text, 0o600)
        for folder in (place.data, place.run):
            (folder / "replica").mkdir()

    def command(self):
        return [SLAPD, "-f", self.conf(), "-h", f"ldaps://127.0.0.1:{self.place.ports['replica']}/", "-d", "0"]

    def ready(self):
        return accepts(socket.AF_INET, ("127.0.0.1", self.place.ports["replica"]))


class Redis(Part):
    name, key, title = "redis", "REDIS", "Redis"

    def conf(self):
        return self.place.home / "redis.conf"

    def write(self):
        place = self.place
        (place.data / "redis").mkdir()
        text = (TREE / "deploy/redis/portvakt.conf").read_text()
        for real, ours in (("/etc/portvakt/redis/portvakt.acl", place.home / "redis.acl"), ("/run/redis-portvakt", place.run),
                           ("/var/lib/portvakt/redis", place.data / "redis")):
            text = text.replace(real, str(ours))
        place.write(self.conf(), text)
        digest = hashlib.sha256(place.secret("redis").encode()).hexdigest()
        acl = (TREE / "deploy/redis/portvakt.acl").read_text()
        place.write(place.home / "redis.acl",
                    acl.replace("PUT-THE-SHA-256-OF-THE-PASSWORD-HERE", digest), 0o600)

    def command(self):
        # Its socket is for its group, which our users are members of.
        group = ["setpriv", "--regid", "redis", "--clear-groups"] if self.place.separate else []
        return [*group, "redis-server", self.conf()]

    def ready(self):
        return accepts(socket.AF_UNIX, str(self.place.run / "redis.sock"))


class Front(Part):
    name, key, title = "haproxy", "HAPROXY", "The reverse proxy (haproxy)"

    def conf(self):
        return self.place.home / "haproxy.cfg"

    def networks(self):
        """The addresses of the region's networks, as an operator writes them."""
        place, file = self.place, self.place.home / "networks.lst"
        printed = subprocess.run([place.build / "portvaktctl", "-c", place.etc / "region.conf", "config", "networks"],
                                 stdout=subprocess.PIPE, text=True, check=True).stdout
        place.write(file, printed)
        return file

    def write(self):
        place = self.place
        text = (TREE / "deploy/haproxy/portvakt.cfg").read_text()
        text = re.sub(r"(?m)^\t(user|group) haproxy\n", "", text)
        for real, ours in (("bind :443", f"bind 127.0.0.1:{place.ports['front']}"),
                           ("/etc/portvakt/haproxy/portvakt.pem", place.ca / "front.both.pem"),
                           ("/etc/portvakt/haproxy/portvakt-networks.lst", self.networks()),
                           ("/etc/portvakt/haproxy/portvakt-", TREE / "deploy/haproxy/portvakt-"),
                           ("/run/portvakt/http", place.run / "http"),
                           ("log /dev/log local0", "log stdout format raw local0")):
            text = text.replace(real, str(ours))
        place.write(self.conf(), text)

    def command(self):
        return ["haproxy", "-db", "-f", self.conf()]

    def ready(self):
        return accepts(socket.AF_INET, ("127.0.0.1", self.place.ports["front"]))


class Sync(Part):
    name, key, title = "sync", "SYNC", "portvakt-sync"
    # About a hundred people a second on a busy machine, and the start.
    PEOPLE_A_SECOND = 50

    def __init__(self, place):
        super().__init__(place)
        self.patience = 30 + place.people_count // self.PEOPLE_A_SECOND
        self.pause = 0.1 + place.people_count / 20000

    def command(self):
        return [self.place.build / "portvakt-sync", "-c", self.place.etc / "region.conf"]

    def ready(self):
        return Catalogue(self.place).count("portvaktAffiliation") >= self.place.people_count

    def ready_again(self):
        return (self.place.run / "sync.sock").exists()


class Idp(Part):
    name, key, title = "idp", "IDP", "portvakt-idp"

    def command(self):
        return [self.place.build / "portvakt-idp", "-c", self.place.etc / "region.conf"]

    def start(self):
        self.daemon.start(self.command(), self.env)
        self.daemon.wait(lambda: (self.place.run / "admin.sock").exists(), self.patience, self.pause)
        if not (self.place.state / "signer/mac.key").exists():
            quiet([self.place.build / "portvaktctl", "-c", self.place.etc / "region.conf", "keys", "init"])
        self.daemon.wait(self.ready, self.patience, self.pause)

    again = start

    def ready(self):
        # Metadata has certificates in it: the signer has its keys.
        return get(self.place, "/saml/metadata") is not None


class Apache(Part):
    """A real service. Runs as www-data under root: Apache serves nothing as root."""
    FILES = ("services.pem", "services.key", "ca.pem")

    def __init__(self, place):
        super().__init__(place)
        # Its modules create their locks there.
        self.env = {"TMPDIR": str(self.folder)}

    @property
    def folder(self):
        return self.place.home / self.name

    def host(self, template, **values):
        return self.place.filled(template, HOME=self.folder, **values)

    def write(self):
        for name in ("cgi", "empty"):
            (self.folder / name).mkdir(parents=True)
        shutil.copy(TREE / "tests/demo/templates/received", self.folder / "cgi/received")
        for name in self.FILES:
            shutil.copy(self.place.ca / name, self.folder / name)
        self.place.write(self.folder / "apache.conf",
                         self.place.filled("apache.conf", HOME=self.folder) + self.hosts(), 0o600)
        if os.getuid() == 0:
            quiet(["chown", "-R", f"{APACHE_USER}:", self.folder])

    def command(self):
        return [*self.as_somebody_else(), "/usr/sbin/apache2", "-DFOREGROUND", "-f", self.folder / "apache.conf"]

    def as_somebody_else(self):
        if os.getuid() != 0:
            return []
        switch = ["setpriv", "--reuid", APACHE_USER, "--regid", str(pwd.getpwnam(APACHE_USER).pw_gid), "--clear-groups"]
        def may(how, path):
            return subprocess.run([*switch, "test", how, path], check=False).returncode == 0

        # The demo may be in a home directory that only root may enter, and
        # /dev/shm, where Apache's modules create their locks, may be root's in
        # a chroot.
        lacking = [cap for cap, allowed in (("dac_read_search", may("-r", self.folder / "apache.conf")),
                                            ("dac_override", may("-w", "/dev/shm"))) if not allowed]
        caps = ",".join(f"+{cap}" for cap in lacking)
        return [*switch, "--inh-caps", caps, "--ambient-caps", caps] if caps else switch

    def ready(self):
        # It listens before it has parsed its configuration, so wait for a
        # response.
        return get(self.place, "/utlogget", self.port, self.port) is not None


class OidcServices(Apache):
    name, key, title, port = "apache-oidc", "APACHE_OIDC", "Apache with mod_auth_openidc", "oidc"

    @staticmethod
    def encoding():
        """Claims as UTF-8: from 2.4.13 on (Debian 13) the module converts them
        to Latin-1 unless "none" is given, which older ones do not accept."""
        version = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", "libapache2-mod-auth-openidc"], capture_output=True, text=True).stdout
        newer = subprocess.run(["dpkg", "--compare-versions", version or "0", "ge", "2.4.13"]).returncode == 0
        return " none" if newer else ""

    def hosts(self):
        place, encoding = self.place, self.encoding()
        load = "LoadModule auth_openidc_module /usr/lib/apache2/modules/mod_auth_openidc.so\n"
        return load + self.host(
            "oidc-host.conf", NAME="oidc", CLIENT="arkiv", TITLE="Arkiv", ISSUER=place.login,
            HOST_PORT=place.ports["oidc"], SECRET=place.secret("arkiv"), PASSPHRASE=place.secret("oidc-cookies"),
            ENCODING=encoding,
        ) + self.host(
            "oidc-host.conf", NAME="skole", CLIENT="skole", TITLE="Skole", ISSUER=place.notodden,
            HOST_PORT=place.ports["skole"], SECRET=place.secret("skole"), PASSPHRASE=place.secret("skole-cookies"),
            ENCODING=encoding)


class SamlService(Apache):
    name, key, title, port = "apache-saml", "APACHE_SAML", "Apache with mod_auth_mellon", "saml"
    FILES = (*Apache.FILES, "saml-sp.pem", "saml-sp.key")

    def hosts(self):
        load = "LoadModule auth_mellon_module /usr/lib/apache2/modules/mod_auth_mellon.so\n"
        return load + self.host("saml-host.conf", TITLE="Økonomi", HOST_PORT=self.place.ports["saml"],
                                ATTRIBUTES=attribute_names())

    def write(self):
        super().write()
        metadata = get(self.place, "/saml/metadata")
        if metadata is None:
            raise Sorry(f"no SAML metadata at {self.place.login}/saml/metadata")
        (self.folder / "idp.xml").write_bytes(metadata)
        shutil.copy(self.place.etc / "metadata/okonomi.xml", self.folder / "sp.xml")


def attribute_names():
    """The SAML names of attributes.def with their friendly names."""
    table = (TREE / "region/config/attributes.def").read_text()
    pairs = re.findall(r'"(urn:oid:[0-9.]+)",\s*"(\w+)"\)', table)
    return "\n".join(f'\t\tMellonSetEnv "{name}" "{oid}"' for oid, name in pairs)


def all_parts(place):
    parts = [Directory(place, m) for m in MUNICIPALITIES]
    return parts + [kind(place) for kind in (Catalogue, Redis, Front, Sync, Idp, Replica, OidcServices, SamlService)]
