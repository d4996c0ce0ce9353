# SPDX-License-Identifier: AGPL-3.0-or-later
"""machine.py: boots systemd as process 1 of namespaces of its own, on an overlay
of this machine's files, so that what `make install` puts down runs as it does
on a machine of its own. The overlay is in memory; nothing here is changed."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import time

TREE = pathlib.Path(__file__).resolve().parents[2]
# Units that need devices, consoles or the network of a real machine.
MASKED = ("systemd-udevd.service", "systemd-udevd-kernel.socket", "systemd-udevd-control.socket", "systemd-udev-trigger.service",
          "systemd-modules-load.service", "systemd-logind.service", "getty@tty1.service", "console-getty.service",
          "systemd-timesyncd.service", "apt-daily.timer", "apt-daily-upgrade.timer", "e2scrub_all.timer", "fstrim.timer",
          "systemd-remount-fs.service", "networking.service", "man-db.timer", "dpkg-db-backup.timer")

BOOT = r"""
root=$1; tree=$2
hostname machine; mount --make-rprivate /
mount -t proc proc "$root/proc"; mount -t sysfs sysfs "$root/sys"
mount -t tmpfs -o mode=755 tmpfs "$root/dev"
for n in null zero full random urandom tty; do touch "$root/dev/$n"; mount --bind "/dev/$n" "$root/dev/$n"; done
mkdir -p "$root/dev/pts" "$root/dev/shm"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
ln -s pts/ptmx "$root/dev/ptmx"; ln -s /proc/self/fd "$root/dev/fd"
mount -t tmpfs tmpfs "$root/dev/shm"; mount -t tmpfs -o mode=755 tmpfs "$root/run"; mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
mkdir -p "$root/sys/fs/cgroup"; mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mkdir -p "$root/tree"; mount --bind "$tree" "$root/tree"
ip link set lo up
cd "$root"; mkdir -p .old; pivot_root . .old; umount -l /.old
exec env -i container=other PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --log-target=journal --show-status=no systemd.unified_cgroup_hierarchy=1
"""


def hindrance():
    """Why no machine can be booted here; None if one can."""
    if os.geteuid() != 0:
        return "only root can boot one"
    if not os.access("/lib/systemd/systemd", os.X_OK):
        return "systemd is not installed"
    with tempfile.TemporaryDirectory() as d:
        tried = subprocess.run(
            ["unshare", "-m", "-p", "-C", "-n", "-f", "sh", "-ec",
             f"mount -t tmpfs tmpfs {d}; mkdir {d}/u {d}/w {d}/r {d}/c; mount -t cgroup2 cgroup2 {d}/c;"
             f"mount -t overlay overlay -o lowerdir=/,upperdir={d}/u,workdir={d}/w {d}/r"], capture_output=True, text=True)
    return None if tried.returncode == 0 else "no namespaces or overlays: " + tried.stderr.strip()[-120:]


class Machine:
    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="portvakt-machine-"))
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=755", "tmpfs", self.dir], check=True)
        for name in ("upper", "work", "root"):
            (self.dir / name).mkdir()
        self.root = self.dir / "root"
        subprocess.run(["mount", "-t", "overlay", "overlay", "-o",
                        f"lowerdir=/,upperdir={self.dir}/upper,workdir={self.dir}/work", self.root], check=True)
        # Only what the test enables starts.
        for folder in [*(self.root / "etc/systemd/system").glob("*.wants"), *(self.root / "etc").glob("rc?.d")]:
            for entry in folder.iterdir():
                entry.unlink()
        for unit in MASKED:
            link = self.root / "etc/systemd/system" / unit
            link.unlink(missing_ok=True)
            link.symlink_to("/dev/null")
        self.outer, self.pid = None, None

    def boot(self):
        """Returns whether systemd is up."""
        log = open(self.dir / "boot.log", "ab")
        self.outer = subprocess.Popen(["unshare", "-m", "-p", "-u", "-i", "-n", "-C", "-f", "bash", "-ec", BOOT, "bash", self.root, TREE],
                                      stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=self.enter_cgroup)
        self.pid = self.eventually(self.first_process, 30)
        return bool(self.pid) and self.eventually(lambda: self.run("systemctl is-system-running")[1].strip() in ("running", "degraded"), 60)

    def enter_cgroup(self):
        """A cgroup of its own is the root that systemd sees."""
        for base in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"):
            if os.access(base + "/cgroup.procs", os.W_OK):
                os.makedirs(f"{base}/{self.dir.name}", exist_ok=True)
                with open(f"{base}/{self.dir.name}/cgroup.procs", "w") as f:
                    f.write(str(os.getpid()))
                return

    def first_process(self):
        for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = path.read_text().rsplit(")", 1)[1].split()
                if int(fields[1]) == self.outer.pid and "systemd" in os.readlink(path.parent / "exe"):
                    return int(path.parent.name)
            except OSError:
                continue
        return None

    def run(self, command, text=None):
        """A shell command in the machine: (status, output)."""
        done = subprocess.run(["nsenter", "-t", str(self.pid), "-a", "/usr/bin/env", "-i", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                               "LC_ALL=C.UTF-8", "bash", "-c", command], input=text, capture_output=True, text=True, timeout=120)
        return done.returncode, done.stdout + done.stderr

    def eventually(self, what, seconds):
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            got = what()
            if got:
                return got
            time.sleep(0.2)
        return None

    def halt(self):
        """As a power failure; the files stay."""
        if self.outer:
            for pid in filter(None, [self.first_process(), self.outer.pid]):
                try:
                    os.kill(pid, 9)
                except ProcessLookupError:
                    pass
            self.outer.wait()
        self.outer, self.pid = None, None

    def close(self):
        self.halt()
        subprocess.run(["umount", "-l", self.root])
        subprocess.run(["umount", "-l", self.dir])
        shutil.rmtree(self.dir, ignore_errors=True)
        for base in ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"):
            subprocess.run(["find", f"{base}/{self.dir.name}", "-depth", "-type", "d", "-delete"], stderr=subprocess.DEVNULL)
