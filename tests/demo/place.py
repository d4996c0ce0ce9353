# SPDX-License-Identifier: AGPL-3.0-or-later
"""The locations of a demo: folders, ports, addresses, secrets, and the
templates that are filled with them."""

import base64
import hashlib
import os
import pathlib
import pwd
import re
import secrets
import shutil
import socket
import subprocess
import sys
import threading
import urllib.parse

TREE = pathlib.Path(__file__).resolve().parents[2]
MUNICIPALITIES = ("kongsberg", "notodden", "tinn")
BASE = "dc=kongsbergregionen,dc=example"
# The block of ports, counted from DEMO_PORT.
PORTS = ("front", "oidc", "saml", "skole", *MUNICIPALITIES, "catalogue", "replica")
# A Unix socket's path has 107 bytes; ours need this many after the folder.
LONGEST_FOLDER = 75


USERS = re.findall(r"(?m)^u +(\S+)", (TREE / "deploy/sysusers.d/portvakt.conf").read_text())


class Sorry(Exception):
    """An error that a person can correct; the text has the remedy."""


# Set by Ctrl-C. Checked between two steps, so that no daemon starts whose pid
# is not recorded.
leaving = threading.Event()


def stay():
    if leaving.is_set():
        raise KeyboardInterrupt


def is_user(name):
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


def number_from(name, default, least, most):
    text = os.environ.get(name, str(default))
    if not text.isdigit() or not least <= int(text) <= most:
        raise Sorry(f"{name} is a number from {least} to {most}, not {text!r}")
    return int(text)


def hashed(password):
    """{SSHA}, as slapd keeps it."""
    salt = secrets.token_bytes(8)
    digest = hashlib.sha1(password.encode() + salt).digest()
    return "{SSHA}" + base64.b64encode(digest + salt).decode()


class Place:
    MARK = ".portvakt-demo"
    FOLDERS = ("ca", "data", "etc", "home", "log", "people", "pids", "run", "state")

    def __init__(self):
        self.dir = pathlib.Path(os.environ.get("DEMO_DIR") or TREE / "build/demo").absolute()
        self.build = pathlib.Path(os.environ.get("PORTVAKT_BUILD") or TREE / "build").absolute()
        first = number_from("DEMO_PORT", 18440, 1024, 32767 - len(PORTS))
        self.ports = {name: first + n for n, name in enumerate(PORTS)}
        self.people_count = number_from("DEMO_PEOPLE", 360, 11, 200000)
        self.without = os.environ.get("DEMO_WITHOUT", "").split()
        self.secrets = {}
        if len(os.fsencode(str(self.dir))) > LONGEST_FOLDER:
            raise Sorry(f"DEMO_DIR is too long for the sockets in it: {self.dir}")
        if re.search(r"[\s\"'%#]", str(self.dir)):
            raise Sorry(f"DEMO_DIR must not contain spaces, quotes, % or #: {self.dir}")

    def __getattr__(self, name):
        if name in self.FOLDERS:
            return self.dir / name
        raise AttributeError(name)

    # ---- folders ----------------------------------------------------------

    def prepare(self):
        """Empty folders of our own; only the authority is kept."""
        if self.separate:
            os.umask(0o022)
        if self.dir.is_dir() and any(self.dir.iterdir()) and not (self.dir / self.MARK).exists():
            raise Sorry(f"{self.dir} does not belong to a demo; it is left unchanged")
        self.dir.mkdir(parents=True, exist_ok=True)
        (self.dir / self.MARK).touch()
        for name in self.FOLDERS:
            if name != "ca":
                shutil.rmtree(self.dir / name, ignore_errors=True)
            (self.dir / name).mkdir(exist_ok=True)
        for name in ("policies", "services.d", "credentials", "metadata"):
            (self.etc / name).mkdir()
        for private in (self.etc / "credentials", self.data):
            private.chmod(0o700)
        if self.separate:
            subprocess.run([TREE / "tests/kit/give-directories", self.run, self.state], check=True)

    # ---- users ------------------------------------------------------------

    @property
    def separate(self):
        """Whether each of our roles runs as a user of its own."""
        return os.getuid() == 0 and all(map(is_user, USERS))

    def give_credentials(self):
        """Gives each role its own credentials, as the operator of a region does."""
        if self.separate:
            subprocess.run([TREE / "deploy/portvakt-credentials", self.etc], check=True)

    # ---- ports and addresses ------------------------------------------------

    def check_ports(self):
        busy = [port for port in self.ports.values() if not port_free(port)]
        if busy:
            raise Sorry(f"port {', '.join(map(str, busy))} on 127.0.0.1 is in use; choose another "
                        f"block of {len(PORTS)} with DEMO_PORT=first")

    def url(self, host, port=None):
        return f"https://{host}.portvakt.localhost:{self.ports[port or host]}"

    @property
    def login(self):
        return self.url("login", "front")

    @property
    def notodden(self):
        return self.url("notodden", "front")

    def directory_uri(self, municipality):
        return f"ldaps://127.0.0.1:{self.ports[municipality]}"

    def socket_uri(self, name):
        return "ldapi://" + urllib.parse.quote(str(self.run / name), safe="")

    # ---- secrets ------------------------------------------------------------

    def secret(self, name):
        if name not in self.secrets:
            self.secrets[name] = secrets.token_hex(32)
        return self.secrets[name]

    def credential(self, name):
        """A file with a secret that Portvakt reads."""
        path = self.etc / "credentials" / name
        path.touch(mode=0o600)
        path.write_text(self.secret(name))

    # ---- templates ------------------------------------------------------------

    def values(self):
        return {
            "SCHEMA": TREE / "deploy/ldap", "CA": self.ca, "DATA": self.data,
            "RUN": self.run, "RUN_QUOTED": urllib.parse.quote(str(self.run), safe=""),
            "ETC": self.etc, "STATE": self.state, "PORT": self.ports["front"],
            "OIDC_URL": self.url("oidc"), "SAML_URL": self.url("saml"),
            "SKOLE_URL": self.url("skole"),
        }

    def filled(self, template, **more):
        """A file of templates/ with every @NAME@ replaced; an unknown one is a bug."""
        values = self.values() | more
        text = (TREE / "tests/demo/templates" / template).read_text(encoding="utf-8")
        return re.sub(r"@([A-Z][A-Z_]*)@", lambda m: str(values[m.group(1)]), text)

    def write(self, path, text, mode=0o644):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=mode)
        path.write_text(text, encoding="utf-8")


def port_free(port):
    with socket.socket() as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def report(text, end="\n"):
    """A closed standard output does not stop the demo."""
    try:
        sys.stdout.write(text + end)
        sys.stdout.flush()
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")
