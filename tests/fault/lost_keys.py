#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""lost_keys.py: the signer starts without its keys, as after half a restore or
with a file system that is not mounted. No one gets another identifier."""

import base64
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../kit"))
from client import Client  # noqa: E402
from stage import arkiv, check, configuration, ctl, end, env, eventually, person, processes  # noqa: E402

KEYS = os.path.join(configuration("state-directory"), "signer")
ASIDE = KEYS + ".aside"


def subject():
    """The sub that the archive gets for one person, by a new browser."""
    token = arkiv(Client(env["PORTVAKT_CA"])).login(person("tinn"))["id_token"]
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))["sub"]


def okonomi(browser, who=None):
    """A page with the response for the ERP, or None."""
    page = browser.walk(env["SAML_SERVICE_URL"], who)[1]
    return page if 'name="SAMLResponse"' in page else None


def fails(act):
    try:
        return act() is None
    except (RuntimeError, KeyError, TypeError, AttributeError):
        return True


def end_signer():
    pid = processes()["signer"]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: processes().get("signer", pid) != pid, 30)


def lose(name):
    os.rename(os.path.join(KEYS, name), ASIDE)
    end_signer()


def restore(name):
    os.rename(ASIDE, os.path.join(KEYS, name))


def unmount():
    """The empty mount point of the signer's directory."""
    owner = os.stat(KEYS)
    os.rename(KEYS, ASIDE)
    os.mkdir(KEYS, 0o700)
    os.chown(KEYS, owner.st_uid, owner.st_gid)
    end_signer()


def mount():
    # The signer's new log is there by now.
    os.rename(KEYS, KEYS + ".new")
    os.rename(ASIDE, KEYS)
    end_signer()


def one_file_lost(name, before):
    """Returns a browser in which a person logged in to a SAML service meanwhile."""
    browser = Client(env["PORTVAKT_CA"])
    lose(name)
    check(fails(subject), f"without {name} no one is logged in at a service")
    check(fails(lambda: okonomi(browser, person("tinn"))), "nor at a SAML service")
    check(not os.path.exists(os.path.join(KEYS, name)), f"no new {name} is made")
    status, said = ctl("keys", "init", "region")
    check(status != 0 and not os.path.exists(os.path.join(KEYS, name)), "nor by keys init", " ".join(said.split()))
    restore(name)
    late = eventually(lambda: subject() == before, 30, 0.5)
    check(late is not None, f"with {name} restored the person has the same sub")
    return browser


def all_lost(before):
    unmount()
    status, said = ctl("keys", "init", "region")
    check(status != 0 and "has had keys" in said, "with the whole directory lost, the catalogue remembers the keys", " ".join(said.split()))
    status, said = ctl("keys", "list")
    check(status == 0 and "region         has no keys" in said, "keys list names the issuer without keys", " ".join(said.split()))
    check(os.listdir(KEYS) == ["signing.log"], "nothing was made", " ".join(os.listdir(KEYS)))
    mount()
    late = eventually(lambda: subject() == before, 30, 0.5)
    check(late is not None, "with the directory restored the person has the same sub")


def main():
    before = subject()
    browser = one_file_lost("region/salt", before)
    check(not fails(lambda: okonomi(browser)), "the browser whose login ended in an error page keeps its session, and is asked for no password")
    one_file_lost("mac.key", before)
    all_lost(before)
    with open(os.path.join(os.path.dirname(env["PORTVAKT_CONF"]), "../log/idp.log")) as log:
        lines = [line for line in log if line.startswith("<3>signer.keys_missing")]
    check(any("salt" in line and "restore it from a backup" in line for line in lines), "the log names the file and what to do",
          lines[0].strip() if lines else "")
    end()


main()
