#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Faults that an operator or an accident causes on a machine with a region, each planted, found by
`portvaktctl doctor`, and mended. The rows state what must be named, not doctor's own text."""

import importlib.machinery
import importlib.util
import os
import pathlib
import re
import signal
import sys
import time

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
loader = importlib.machinery.SourceFileLoader("installed", str(HERE / "installed"))
installed = importlib.util.module_from_spec(importlib.util.spec_from_loader("installed", loader))
loader.exec_module(installed)
from machine import Machine, hindrance  # noqa: E402

BASE, HOST, check = installed.BASE, installed.HOST, installed.check
STATE, ETC, SECRETS = "/var/lib/portvakt", "/etc/portvakt", "/etc/portvakt/credentials"
CATALOGUE = "-Q -Y EXTERNAL -H ldapi://%2frun%2fslapd-region%2fldapi"
PEM = f"{ETC}/haproxy/portvakt.pem"


# ---- kinds of faults: each returns (plant, mend)


def changed(path, edit, after=":"):
    """A file that an sed script changes; after both, a command."""
    return f"cp -p {path} /var/tmp/kept && sed -i {edit} {path} && ! cmp -s {path} /var/tmp/kept && {after}", f"cp -p /var/tmp/kept {path}; {after}"


def replaced(path, by, after=":"):
    return f"cp -p {path} /var/tmp/kept && cp {by} {path} && {after}", f"cp -p /var/tmp/kept {path}; {after}"


def gone(path):
    """path is expanded by the shell."""
    return f"p=$(ls -d {path} | head -1) && echo $p >/var/tmp/path && mv $p /var/tmp/lost", "p=$(cat /var/tmp/path); [ ! -d $p ] || rmdir $p; mv /var/tmp/lost $p"


def owner(path, wrong, right):
    return f"chown {wrong} {path}", f"chown {right} {path}"


def mode(path, wrong):
    return f"stat -c %a {path} >/var/tmp/mode && chmod {wrong} {path}", f"chmod $(cat /var/tmp/mode) {path}"


def drop_in(unit, text, after):
    folder = f"/etc/systemd/system/{unit}.service.d"
    return (f"mkdir -p {folder} && printf '[Service]\\n{text}\\n' >{folder}/local.conf && systemctl daemon-reload && {after}",
            f"rm -r {folder}; systemctl daemon-reload; {after}")


def paused(user):
    return f"pkill -STOP -u {user}", f"pkill -CONT -u {user}"


def stopped(unit):
    return f"systemctl stop {unit}", f"systemctl start {unit}"


def disabled(unit):
    return f"systemctl disable --quiet {unit}", f"systemctl enable --quiet {unit}"


def binary(path, unit):
    """As an upgrade without a restart."""
    return f"cp -p {path} {path}.new && mv {path}.new {path}", f"systemctl restart {unit}"


def small_disk(folder, kept):
    """A file system of 64 MB of which `kept` bytes are free."""
    return (f"mount -t tmpfs -o size=64m tmpfs /mnt && cp -a {folder}/. /mnt && chown --reference={folder} /mnt && chmod --reference={folder} /mnt && "
            f"free=$(df --output=avail -B1 /mnt | tail -1) && fallocate -l $((free - {kept})) /mnt/filler && chown --reference={folder} /mnt/filler && "
            f"chmod 600 /mnt/filler && mount --move /mnt {folder}", f"umount {folder}")


def password(program, of, dn_end=f"ou=programs,{BASE}"):
    return (f"ldappasswd {CATALOGUE} -s another cn={program},{dn_end}", f"ldappasswd {CATALOGUE} -T {SECRETS}/{of} cn={program},{dn_end}")


RESTART_CATALOGUE = "systemctl restart portvakt-catalogue"
RESTART_REDIS = "systemctl restart portvakt-redis"
RELOAD_PROXY = "systemctl reload portvakt-haproxy"
RIGHTS = f"{ETC}/ldap/rights.conf"
IDP = f'dn.exact=\\"cn=portvakt-idp,ou=programs,{BASE}\\"'

# (what doctor finds, (plant, mend), what it must name, level)
FAULTS = [
    # state
    ("a state folder of another user", owner(f"{STATE}/audit", "root:", "portvakt-audit:"), f"{STATE}/audit", "fail"),
    ("a key of another user", owner(f"{STATE}/signer/mac.key", "root:", "portvakt-signer:"), f"{STATE}/signer", "fail"),
    ("a data file of Redis of another user", owner(f"{STATE}/redis/appendonlydir/*", "root:", "redis:"), f"{STATE}/redis", "fail"),
    ("a database of the catalogue of another user", owner(f"{STATE}/catalogue/data.mdb", "root:", "openldap:"), f"{STATE}/catalogue", "fail"),
    ("a folder of keys that all can enter", mode(f"{STATE}/signer", "755"), f"{STATE}/signer", "fail"),
    ("a key that all can read", mode(f"{STATE}/signer/mac.key", "644"), f"{STATE}/signer/mac.key", "(fail|warn)"),
    ("a state folder that is gone", gone(f"{STATE}/revocation"), f"{STATE}/revocation", "fail"),
    ("a salt that is gone", gone(f"{STATE}/signer/region/salt"), "signer/region/salt", "fail"),
    ("a signing key that is gone", gone(f"{STATE}/signer/region/oidc-RS256-*.pem"), "signer/region|oidc-RS256|[Kk]eys? .*region", "fail"),
    ("the key of the whole region that is gone", gone(f"{STATE}/signer/mac.key"), "mac.key", "fail"),
    ("the mark of a region that is gone", gone(f"{STATE}/initialised"), f"{STATE}/initialised", "fail"),
    # credentials
    ("a credential that a group can read", (f"chgrp users {SECRETS}/join && chmod 640 {SECRETS}/join", f"chgrp root {SECRETS}/join; chmod 600 {SECRETS}/join"),
     f"{SECRETS}/join", "fail"),
    ("a credential with a newline", (f"cp -p {SECRETS}/catalogue-writer /var/tmp/kept && echo >>{SECRETS}/catalogue-writer && {{ portvaktctl credentials {ETC}; true; }}",
                                     f"cp -p /var/tmp/kept {SECRETS}/catalogue-writer; portvaktctl credentials {ETC}"), "catalogue-writer", "fail"),
    ("an outdated copy of a credential", (f"printf %s outdated >{SECRETS}/web/redis", f"portvaktctl credentials {ETC}"), "web.*redis|redis.*web", "fail"),
    ("a copy of a credential that is gone", (f"rm {SECRETS}/connector/tinn", f"portvaktctl credentials {ETC}"), "connector.*tinn|tinn.*connector", "fail"),
    ("a copy of a credential that its process cannot read", owner(f"{SECRETS}/id-crypto/join", "root:root", "$(stat -c %u:%g " + f"{SECRETS}/id-crypto/seal)"),
     "id-crypto", "fail"),
    ("a credential that is gone", gone(f"{SECRETS}/seal"), f"{SECRETS}/seal|@?seal", "fail"),
    # services and their units
    ("a service that is stopped", stopped("portvakt-sync"), "portvakt-sync", "fail"),
    ("a process that does not answer", paused("portvakt-audit"), "audit", "fail"),
    ("a web server that does not answer", paused("portvakt-web"), f"web|{HOST}", "fail"),
    ("a service that does not start at boot", disabled("portvakt-redis"), "portvakt-redis", "warn"),
    ("a target that does not start at boot", disabled("portvakt.target"), r"portvakt\.target", "warn"),
    ("a drop-in that is not in use yet", drop_in("portvakt-idp", "NoNewPrivileges=no", ":"), "portvakt-idp", "warn"),
    ("a catalogue that runs as root", drop_in("portvakt-catalogue", "User=root\\nGroup=root\\nCapabilityBoundingSet=~", f"{RESTART_CATALOGUE}; chown -R openldap: {STATE}/catalogue"), "catalogue", "fail"),
    ("a reverse proxy without confinement", drop_in("portvakt-haproxy", "NoNewPrivileges=no\\nSystemCallFilter=\\nRestrictAddressFamilies=\\nProtectSystem=no\\nCapabilityBoundingSet=~",
                                                    "systemctl restart portvakt-haproxy"), "haproxy", "(fail|warn)"),
    ("a unit in place of the shipped one", ("sed /^Protect/d /lib/systemd/system/portvakt-sync.service >/etc/systemd/system/portvakt-sync.service && systemctl daemon-reload",
                                            "rm /etc/systemd/system/portvakt-sync.service; systemctl daemon-reload"), "portvakt-sync", "warn"),
    ("a unit that was edited where the package put it", changed("/lib/systemd/system/portvakt-redis.service", "s/^PrivateTmp=yes/PrivateTmp=no/", "systemctl daemon-reload"),
     "portvakt-redis", "warn"),
    ("a unit that systemd has not read again", ("touch /lib/systemd/system/portvakt-haproxy.service", "systemctl daemon-reload"), "portvakt-haproxy|daemon-reload", "warn"),
    ("a process whose program was replaced", binary("/usr/sbin/portvakt-sync", "portvakt-sync"), "portvakt-sync", "warn"),
    ("a Redis whose program was replaced", binary("$(readlink -f /usr/bin/redis-server)", "portvakt-redis"), "redis", "warn"),
    ("a user that is gone", ("cp -p /etc/passwd /etc/passwd.good && sed -i /^portvakt-audit:/d /etc/passwd", "cp -p /etc/passwd.good /etc/passwd"), "portvakt-audit", "fail"),
    ("a user who lost a group", ("gpasswd -d portvakt-web redis", "gpasswd -a portvakt-web redis"), "portvakt-web", "fail"),
    # the session store
    ("a Redis that removes sessions", changed(f"{ETC}/redis/portvakt.conf", "s/noeviction/allkeys-lru/", RESTART_REDIS), "allkeys-lru|maxmemory-policy", "fail"),
    ("a Redis without a file", changed(f"{ETC}/redis/portvakt.conf", "'s/^appendonly yes/appendonly no/'", RESTART_REDIS), "(?i)appendonly|aof", "fail"),
    ("a Redis that needs no password", changed(f"{ETC}/redis/portvakt.acl", "'s/^user default off resetpass/user default on nopass/'", RESTART_REDIS),
     r"(?i)\bdefault\b|password|portvakt\.acl", "fail"),
    ("a Redis that is stopped", stopped("portvakt-redis"), "redis", "fail"),
    # the catalogue
    ("a catalogue that is stopped", stopped("portvakt-catalogue"), "catalogue", "fail"),
    ("a catalogue that answers anyone", (
        f"cp -p {ETC}/ldap/catalogue.conf /var/tmp/kept && sed -i -e /^disallow/d -e 's/^include.*rights.conf/access to * by * read/' {ETC}/ldap/catalogue.conf && {RESTART_CATALOGUE}",
        f"cp -p /var/tmp/kept {ETC}/ldap/catalogue.conf; {RESTART_CATALOGUE}"), "(?i)anon", "fail"),
    ("a catalogue in which portvakt-idp can write", changed(RIGHTS, f"\"/by {IDP.replace('.', '[.]')} read/s/read/write/\"", RESTART_CATALOGUE), "portvakt-idp", "fail"),
    ("a catalogue in which portvakt-idp can read join values", changed(RIGHTS, f"\"/attrs=portvaktJoin/a\\\\\\tby {IDP} read\"", RESTART_CATALOGUE), "portvakt-idp", "fail"),
    ("a catalogue in which portvakt-sync can read national numbers", changed(RIGHTS, "'s/ =w$/ write/'", RESTART_CATALOGUE), "portvakt-sync", "fail"),
    ("a wrong password of a program in the catalogue", password("portvakt-sync", "catalogue-writer"), "portvakt-sync|catalogue-writer", "fail"),
    # certificates and the reverse proxy
    ("a certificate that has ended", replaced(PEM, "/var/tmp/c/ended.pem", RELOAD_PROXY), PEM + "|" + HOST, "fail"),
    ("a certificate that ends in a week", replaced(PEM, "/var/tmp/c/week.pem", RELOAD_PROXY), PEM + "|" + HOST, "warn"),
    ("a certificate of another host", replaced(PEM, "/var/tmp/c/other.pem", RELOAD_PROXY), PEM + "|" + HOST, "fail"),
    ("a certificate with the key of another", replaced(PEM, "/var/tmp/c/mixed.pem"), "portvakt.pem|portvakt.cfg", "fail"),
    ("a certificate that haproxy has not read", replaced(PEM, "/var/tmp/c/new.pem"), "portvakt.pem|haproxy", "warn"),
    ("a private key that all can read", mode(PEM, "644"), PEM, "fail"),
    ("a reverse proxy whose configuration is wrong", changed(f"{ETC}/haproxy/portvakt.cfg", "'s/default_backend portvakt-web/default_backend portvakt-wbe/'", f"{{ ! haproxy -c -q -f {ETC}/haproxy/portvakt.cfg; }}"), "haproxy", "fail"),
    ("a socket that the reverse proxy cannot use", ("stat -c %g /run/portvakt/http >/var/tmp/group && chgrp root /run/portvakt/http", "chgrp $(cat /var/tmp/group) /run/portvakt/http"),
     "/run/portvakt/http", "fail"),
    ("a port 443 that another program has", ("systemctl stop portvakt-haproxy && systemd-run -q --unit other-web python3 -m http.server 443 && sleep 1; systemctl start --no-block portvakt-haproxy",
                                             "systemctl stop other-web; systemctl restart portvakt-haproxy"), r"\b443\b", "fail"),
    # directories
    ("a directory's authority whose certificate has ended", replaced(f"{ETC}/trusted/tinn.pem", "/var/tmp/c/ca-ended.pem"), "trusted/tinn.pem", "fail"),
    ("a directory's authority whose certificate ends in a week", replaced(f"{ETC}/trusted/tinn.pem", "/var/tmp/c/ca-week.pem"), "trusted/tinn.pem", "warn"),
    ("a directory that is down", stopped("tinn"), r"\btinn\b", "fail"),
    ("a directory with another password", (
        "ldappasswd -x -H ldapi://%2frun%2fslapd-tinn%2fldapi -D cn=admin,dc=tinn,dc=example -w passord -s another cn=portvakt,ou=programs,dc=tinn,dc=example",
        f"ldappasswd -x -H ldapi://%2frun%2fslapd-tinn%2fldapi -D cn=admin,dc=tinn,dc=example -w passord -T {SECRETS}/tinn cn=portvakt,ou=programs,dc=tinn,dc=example"),
     r"\btinn\b", "fail"),
    # the configuration
    ("an error in a municipality's file", changed(f"{ETC}/policies/tinn.conf", "s/organisation-number/organization-number/"), r"policies/tinn\.conf", "fail"),
    ("a configuration that is not active", changed(f"{ETC}/policies/tinn.conf", "'s/IKT Tinn/IT i Tinn/'"), r"tinn|configuration", "warn"),
    ("a configuration that all can change", mode(f"{ETC}/region.conf", "666"), f"{ETC}/region.conf", "fail"),
    # the machine
    ("a disk that is nearly full", small_disk(f"{STATE}/audit", 2000000), f"{STATE}", "warn"),
    ("a disk that is full", small_disk(f"{STATE}/audit", 0), f"{STATE}", "fail"),
    ("another Redis, Debian's own", ("systemctl start redis-server", "systemctl stop redis-server"), "redis-server", "warn"),
    ("another haproxy, Debian's own", ("systemctl start haproxy", "systemctl stop haproxy"), "haproxy of Debian", "warn"),
    # backups
    ("backups that ended a week ago", ("touch -d '7 days ago' /var/backups/portvakt/*.cms", "touch /var/backups/portvakt/*.cms"), "backup", "warn"),
    ("a region without a backup", gone("/var/backups/portvakt"), "backup", "warn"),
    ("a backup that was never verified", gone(f"{STATE}/backup-verified"), "verif", "warn"),
    ("a backup that was verified a year ago", (f"cp -p {STATE}/backup-verified /var/tmp/kept && date -ud '1 year ago' +%FT%TZ >{STATE}/backup-verified && touch -d '1 year ago' {STATE}/backup-verified",
                                               f"cp -p /var/tmp/kept {STATE}/backup-verified"), "verif", "warn"),
    ("a timer of backups that is disabled", ("systemctl disable --quiet --now portvakt-backup.timer", "systemctl enable --quiet --now portvakt-backup.timer"), "portvakt-backup", "warn"),
    ("no certificate to seal backups to", gone(f"{ETC}/recovery"), "recovery", "(fail|warn)"),
]


# ---- the machine

CERTIFICATES = r"""set -e; mkdir -p /var/tmp/c; cd /var/tmp/c
self() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=$2 -addext subjectAltName=DNS:$2 -days $3 -keyout $1.key -out $1.crt 2>/dev/null; cat $1.key $1.crt >$1.pem; }
self ended HOST 90; openssl x509 -in ended.crt -signkey ended.key -days -1 2>/dev/null | cat ended.key - >ended.pem; self week HOST 6; self other logg-inn.example 90; self new HOST 90; self mixed HOST 90; cat new.key mixed.crt >mixed.pem
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ca.key
for d in ca:90 ca-week:6; do openssl req -x509 -key ca.key -subj /CN=ca -days ${d#*:} -out ${d%:*}.pem; done
openssl x509 -in ca.pem -signkey ca.key -days -1 -out ca-ended.pem 2>/dev/null
openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=ldap.tinn.example -keyout /etc/slapd-tinn.key -out tinn.csr 2>/dev/null
printf 'subjectAltName=DNS:ldap.tinn.example\n' >ext; openssl x509 -req -in tinn.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 90 -extfile ext -out /etc/slapd-tinn.pem 2>/dev/null
chown openldap: /etc/slapd-tinn.*; install -m 644 ca.pem /etc/portvakt/trusted/tinn.pem
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 90 -subj /CN=recovery -keyout recovery.key -out recovery.pem 2>/dev/null
install -D -m 644 recovery.pem /etc/portvakt/recovery/recovery.pem
""".replace("HOST", HOST)

BACKUP = """systemctl enable --quiet --now portvakt-backup.timer && portvaktctl backup create /var/backups/portvakt &&
portvaktctl backup verify /var/backups/portvakt/*.cms --key /var/tmp/c/recovery.key"""


def directory_with_tls(d):
    """As `installed` has it, but by ldaps."""
    conf = d.machine.root / "etc/slapd-tinn.conf"
    d.write(conf, conf.read_text().replace("database mdb", "TLSCertificateFile /etc/slapd-tinn.pem\nTLSCertificateKeyFile /etc/slapd-tinn.key\ndatabase mdb", 1))
    d.unit("tinn", "openldap", "slapd-tinn", '/usr/sbin/slapd -d 0 -f /etc/slapd-tinn.conf -h "ldapi://%%2frun%%2fslapd-tinn%%2fldapi/????x-mod=0777 ldaps://127.0.0.1:6636"')
    name = "directories.d/tinn.conf"
    installed.FILES[name] = installed.FILES[name].replace("ldapi://%2frun%2fslapd-tinn%2fldapi", "ldaps://ldap.tinn.example:6636").replace("\tsecret", "\ttls-ca-file trusted/tinn.pem\n\tsecret")


def make(d):
    d.run("rm -f /usr/sbin/policy-rc.d; echo 127.0.0.1 ldap.tinn.example >>/etc/hosts")
    if not d.good("dpkg -i $(ls /tree/build/deb/*.deb | grep -v dbgsym)", "the packages are installed") or not d.good(f"portvaktctl {installed.INIT}", "a region is made"):
        sys.exit(1)
    directory_with_tls(d)
    d.good(CERTIFICATES, "the certificates are made")
    installed.users(d)
    installed.first_start(d)
    d.good(BACKUP, "a backup is written and verified")


# ---- doctor


def doctor(d):
    """(exit status, [(level, text)]); lines that continue the one before belong to it."""
    status, output = d.ctl("doctor")
    found = []
    for line in output.splitlines():
        got = re.match(r"(ok|warn|fail)\w*:?\s+(.*)", line)
        if got:
            found.append((got.group(1), got.group(2)))
        elif found:
            found[-1] = (found[-1][0], found[-1][1] + " " + line.strip())
        else:
            found.append(("fail", line))
    return status, found


def bad(found):
    return [(level, text) for level, text in found if level != "ok"]


def of_machine(text):
    """What the machine of the test is, not the region on it."""
    return "clock" in text or "MB free in /var/lib/portvakt:" in text


def is_silent(d):
    status, found = doctor(d)
    left = [f"{level} {text}" for level, text in bad(found) if not of_machine(text)]
    return status in (0, 1) and not left and len(found) > 14, left


def show(found):
    for level, text in bad(found):
        if not of_machine(text):
            print(f"#   {level} {text}", flush=True)


def is_found(result, names, level):
    status, found = result
    expected = {"warn": (1,), "fail": (2,)}.get(level, (1, 2))
    return status in expected and any(re.fullmatch(level, at) and re.search(names, text) for at, text in bad(found) if not of_machine(text))


COMMAND = r": ((?:chown|chmod|systemctl|portvaktctl|systemd-\w+|usermod|adduser|gpasswd)\b.*)"


def remedy(d, sentence, result, names, level):
    """Runs what doctor states as a command."""
    text = next(text for at, text in bad(result[1]) if re.fullmatch(level, at) and re.search(names, text))
    got = re.search(COMMAND, text)
    if not got:
        print(f"# no command: {text}", flush=True)
        return
    status, output = d.run(got.group(1))
    time.sleep(2)
    good, left = is_silent(d)
    check(good, f"and its remedy mends {sentence}", f"{got.group(1)}: {status} {output[-200:]} " + " | ".join(left)[-400:])


def fault(d, sentence, plant, mend, names, level):
    status, output = d.run(plant)
    if not check(status == 0, f"a fault is planted: {sentence}", output[-300:]):
        return
    result = doctor(d)
    if not is_found(result, names, level):
        time.sleep(2)
        result = doctor(d)
    good = is_found(result, names, level)
    check(good, f"doctor finds {sentence}", f"{level} and {names} expected, exit status {result[0]}")
    if not good or os.environ.get("SHOW"):
        show(result[1])
    last = []
    if good and os.environ.get("REMEDY"):
        remedy(d, sentence, result, names, level)
    d.run(mend + ("; portvaktctl reload" if os.environ.get("REMEDY") else ""))
    if not d.machine.eventually(lambda: silent(d, last), 20):
        check(False, f"and is silent when it is mended: {sentence}", " | ".join(last)[-700:])


def silent(d, last):
    good, last[:] = is_silent(d)
    return good


def clock(d):
    """It is that of this machine, so its fault cannot be planted."""
    synchronised = d.run("timedatectl show -P NTPSynchronized")[1].strip() == "yes"
    named = any("clock" in text for _, text in bad(doctor(d)[1]))
    check(named != synchronised, "doctor warns of a clock that is not synchronised, and of no other", f"synchronised: {synchronised}")


def main():
    reason = hindrance()
    if reason:
        print(f"skip - faults that doctor finds ({reason})")
        return
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    machine = Machine()
    try:
        d = installed.Deployed(machine)
        d.source() if os.environ.get("BUILT") else d.prepare()
        if not check(machine.boot(), "a machine boots", (machine.dir / "boot.log").read_text()[-400:]):
            return
        make(d)
        last = []
        if not check(d.machine.eventually(lambda: silent(d, last), 30), "doctor finds nothing wrong with a region that works"):
            print("\n".join("#   " + line for line in last))
        clock(d)
        only = sys.argv[1] if len(sys.argv) > 1 else ""
        for sentence, (plant, mend), names, level in FAULTS:
            if re.search(only, sentence):  # the argument selects rows
                began = time.monotonic()
                fault(d, sentence, plant, mend, names, level)
                print(f"# {time.monotonic() - began:.1f} s", flush=True)
        if os.environ.get("KEEP"):
            input("the machine runs; its process 1 is %d " % machine.pid)
    finally:
        machine.close()


if __name__ == "__main__":
    main()
    sys.exit(1 if installed.failed else 0)
