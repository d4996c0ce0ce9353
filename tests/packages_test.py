#!/usr/bin/env python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""packages_test.py: what tests/packages installs is not started, nor enabled at
boot, and what was there before stays as it was; with dpkg and apt, in an overlay
of this machine and a repository of its own. And what the tree has of other
projects is unchanged."""
import filecmp
import hashlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

TREE = pathlib.Path(__file__).resolve().parents[1]
# One of the packages of the demo, and a service that it needs in a newer version.
NEW, OLD = "redis-server", "portvakt-test-old"
POLICY = "#!/bin/sh\n# an administrator's own\nexit 0\n"
failed = False


def result(passed, sentence):
    global failed
    print(("ok - " if passed else "not ok - ") + sentence)
    failed = failed or not passed


def style_sheets():
    """Those of the tree are what `renew` makes of the npm packages."""
    ours = TREE / "idp/page/designsystemet"
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([ours / "renew", TREE / "build/npm/node_modules", folder], check=True)
        compared = filecmp.cmpfiles(ours, folder, os.listdir(folder), shallow=False)
        for name in compared[1] + compared[2]:
            print(f"    {name} differs")
        result(len(compared[0]) > 2 and not compared[1] + compared[2], "the style sheets are those of the npm packages")


# ---- a repository with two services ------------------------------------------

INIT = """#!/bin/sh
### BEGIN INIT INFO
# Provides: {name}
# Required-Start:
# Required-Stop:
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
### END INIT INFO
echo "{name} $1" >>/started
"""
UNIT = "[Service]\nExecStart=/bin/true\n[Install]\nWantedBy=multi-user.target\nAlias={name}-alias.service\n"
# What debhelper writes for a service.
POSTINST = """#!/bin/sh
set -e
deb-systemd-helper unmask {name}.service >/dev/null
if deb-systemd-helper --quiet was-enabled {name}.service; then
	deb-systemd-helper enable {name}.service >/dev/null
else
	deb-systemd-helper update-state {name}.service >/dev/null
fi
update-rc.d {name} defaults >/dev/null
invoke-rc.d {name} {action} || exit 1
"""


def service(folder, name, version, action, needs=""):
    """Builds the package and returns its stanza of the index."""
    root = folder / f"{name}_{version}"
    control = f"Package: {name}\nVersion: {version}\nArchitecture: all\nMaintainer: Test <test@portvakt.example>\n" + needs
    for path, text, mode in (("DEBIAN/control", control + "Description: a service\n", 0o644),
                             ("DEBIAN/postinst", POSTINST.format(name=name, action=action), 0o755),
                             (f"etc/init.d/{name}", INIT.format(name=name), 0o755),
                             (f"usr/lib/systemd/system/{name}.service", UNIT.format(name=name), 0o644)):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
        (root / path).chmod(mode)
    root.chmod(0o755)
    deb = folder / f"{name}_{version}.deb"
    subprocess.run(["dpkg-deb", "--root-owner-group", "-b", root, deb], check=True, capture_output=True)
    data = deb.read_bytes()
    return f"{control}Filename: ./{deb.name}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\nDescription: a service\n\n"


def repository(folder):
    folder.mkdir()
    service(folder, OLD, "1.0", "start")
    index = service(folder, OLD, "2.0", "restart") + service(folder, NEW, "99:1.0", "start", f"Depends: {OLD} (>= 2.0)\n")
    (folder / "Packages").write_text(index)


# ---- the machine ---------------------------------------------------------------

PREPARE = f"""
rm -rf /etc/apt/sources.list /etc/apt/sources.list.d/*
echo 'deb [trusted=yes] file:/repository ./' >/etc/apt/sources.list
rm -f /usr/sbin/policy-rc.d
dpkg --purge --force-depends {NEW}
dpkg -i /repository/{OLD}_1.0.deb
rm -f /started
cat >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
"""


def inside(root, command, text=None):
    """Runs a command in the overlay, without network."""
    return subprocess.run(["unshare", "-n", "chroot", root, "env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C.UTF-8",
                           "DEBIAN_FRONTEND=noninteractive", "sh", "-ec", command], input=text, text=True, stderr=subprocess.STDOUT, stdout=subprocess.PIPE)


def links(root, name):
    """What starts the service at boot."""
    found = [*(root / "etc").glob(f"rc[2345].d/S*{name}"), *(root / "etc/systemd/system").rglob(f"{name}*.service")]
    return [path for path in found if path.is_symlink()]


def shown(done):
    for line in done.stdout.splitlines()[-12:]:
        print("    " + line)


def services(root):
    prepared = inside(root, PREPARE, POLICY)
    was = links(root, OLD)
    done = inside(root, "cd /tree; tests/packages --if-missing demo")
    installed = inside(root, f"dpkg-query -W -f '${{Status}} ${{Version}}\\n' {NEW} {OLD}").stdout
    result(prepared.returncode == 0 and done.returncode == 0 and installed.count("install ok installed") == 2, "the demo's packages are installed")
    if failed:
        return shown(prepared), shown(done)
    started = (root / "started").read_text() if (root / "started").exists() else ""
    result(f"{NEW} start" not in started, "a service that is installed for the demo is not started")
    result(not links(root, NEW), "and it is not enabled at boot")
    result(f"{OLD} restart" in started, "a service that was there is restarted by its upgrade")
    result(len(was) >= 3 and links(root, OLD) == was, "and it stays enabled at boot")
    policy = root / "usr/sbin/policy-rc.d"
    result(policy.exists() and policy.read_text() == POLICY, "the administrator's policy-rc.d is put back")
    result(inside(root, "cd /tree; tests/packages --if-missing demo").stdout == "", "a second call does nothing")
    return None


def machine():
    """An overlay of this machine in memory, in a mount namespace of its own."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="portvakt-packages-"))
    try:
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", folder], check=True)
        for name in ("upper", "work", "root"):
            (folder / name).mkdir()
        root = folder / "root"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir=/,upperdir={folder}/upper,workdir={folder}/work", root], check=True)
        for name in ("dev", "proc"):
            subprocess.run(["mount", "--rbind", f"/{name}", root / name], check=True)
        repository(root / "repository")
        (root / "tree/tests").mkdir(parents=True)
        shutil.copy(TREE / "tests/packages", root / "tree/tests")
        services(root)
    finally:
        subprocess.run(["umount", "-R", "-l", folder], check=False, stderr=subprocess.DEVNULL)
        folder.rmdir()


def main():
    if sys.argv[1:] == ["machine"]:
        machine()
        sys.exit(failed)
    style_sheets()
    own = ["unshare", "-m", "--propagation", "private"]
    if os.getuid() != 0 or subprocess.run([*own, "true"], capture_output=True).returncode:
        print("skip - what is installed is not started, and what was there stays (only root with a mount namespace can try it)")
        sys.exit(failed)
    sys.exit(subprocess.run([*own, sys.argv[0], "machine"]).returncode or failed)


main()
