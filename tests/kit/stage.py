# SPDX-License-Identifier: AGPL-3.0-or-later
"""stage.py: fixtures of the fault tests: the running demo's variables, its
people and processes, and the report of results."""

import json
import os
import re
import socket
import struct
import subprocess
import sys
import time

sys.dont_write_bytecode = True
TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from client import Client, Service  # noqa: E402

failed = 0
IPC_ERROR = 0xFF


def check(holds, sentence, detail=""):
    """Prints a result; figures are in brackets."""
    global failed
    failed += 0 if holds else 1
    print(("ok - " if holds else "not ok - ") + sentence + (f" [{detail}]" if detail else ""), flush=True)
    return holds


def end():
    sys.exit(1 if failed else 0)


def load():
    path = os.environ.get("DEMO_ENV", os.path.join(TOP, "build/demo/demo.env"))
    out = subprocess.run(["sh", "-c", f"set -a; . {path}; env -0"], capture_output=True, check=True).stdout
    return dict(v.decode().split("=", 1) for v in out.split(b"\0") if b"=" in v)


env = load()


def ctl(*args):
    """Runs portvaktctl: (status, output)."""
    run = subprocess.run(env["PORTVAKT_CTL"] + " " + " ".join(f"'{w}'" for w in args), shell=True,
                         capture_output=True, text=True)
    return run.returncode, run.stdout + run.stderr


def processes():
    """Our running processes: name -> pid."""
    rows = (line.split() for line in ctl("status")[1].splitlines())
    return {r[0]: int(r[1]) for r in rows if len(r) >= 2 and r[1].isdigit() and r[1] != "0"}


def again(*parts):
    """Restarts killed parts of the demo."""
    folder = os.path.dirname(os.path.abspath(os.environ.get("DEMO_ENV", os.path.join(TOP, "build/demo/demo.env"))))
    subprocess.run([os.path.join(TOP, "tests/demo/demo"), "again", *parts], env=dict(os.environ, DEMO_DIR=folder),
                   check=True, stdout=subprocess.DEVNULL)
    env.update(load())


def people():
    with open(env["PORTVAKT_PEOPLE"]) as f:
        head, *rows = [line.rstrip("\n").split("\t") for line in f]
    return [dict(zip(head, r)) for r in rows]


def persons(municipality, kind):
    """(login, password) of the people with this one affiliation."""
    rows = people()
    names = [p["login"].split("@")[0] for p in rows]
    return [(p["login"], p["password"]) for p in rows
            if p["login"].endswith(f"@{municipality}.example") and kind in p["kinds"].split(",")
            and names.count(p["login"].split("@")[0]) == 1]


def person(municipality, kind="employee"):
    return persons(municipality, kind)[0]


def configuration(key):
    with open(env["PORTVAKT_CONF"]) as f:
        return re.search(rf'^\s*{key}\s+"?([^"\n]*?)"?\s*$', f.read(), re.M).group(1)


def ask(process, kind, body):
    """One message to a process: (type of the reply, its body)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
        s.settimeout(10)
        s.connect(os.path.join(configuration("runtime-directory"), process + ".sock"))
        s.send(struct.pack(">BBQ", 1, kind, 5) + json.dumps(body).encode())
        reply = s.recv(70000)
    return (reply[1], json.loads(reply[10:])) if reply else (IPC_ERROR, {})


def credential(name):
    folder = configuration("credentials-directory")
    if not folder.startswith("/"):
        folder = os.path.join(os.path.dirname(env["PORTVAKT_CONF"]), folder)
    with open(os.path.join(folder, name)) as f:
        return f.read().strip()


def arkiv(client=None):
    """A relying party, the archive, at the region's issuer."""
    client = client or Client(env["PORTVAKT_CA"])
    return Service(client, env["PORTVAKT_ISSUER"], "arkiv", credential("arkiv"),
                   env["OIDC_SERVICE_URL"].rstrip("/") + "/redirect_uri")


def skole(client=None):
    """A relying party, the school's, at Notodden's own issuer."""
    client = client or Client(env["PORTVAKT_CA"])
    return Service(client, env["PORTVAKT_ISSUER"].replace("//login.", "//notodden."), "skole", credential("skole"),
                   env["NOTODDEN_SERVICE_URL"].rstrip("/") + "/redirect_uri")


def eventually(holds, seconds=10.0, every=0.05):
    """Seconds until holds() is true, or None."""
    began = time.monotonic()
    while time.monotonic() - began < seconds:
        try:
            if holds():
                return time.monotonic() - began
        except (OSError, RuntimeError):
            pass
        time.sleep(every)
    return None


def timed(act):
    began = time.monotonic()
    value = act()
    return time.monotonic() - began, value


def read(path):
    with open(path) as f:
        return f.read()


def write(path, text):
    """As an editor does: another file takes the name."""
    with open(path + ".new", "w") as f:
        f.write(text)
    os.rename(path + ".new", path)
