# SPDX-License-Identifier: AGPL-3.0-or-later
"""Starts, finds and stops our programs by their pid files. A pid file also
has the start time, so that a reused pid is never taken for ours."""

import os
import pathlib
import resource
import shutil
import signal
import subprocess
import time

from place import Sorry, stay

# slapd allocates memory for every file it might open.
OPEN_FILES = 4096


def began(pid):
    """The start time of the process in clock ticks since boot; None if it is gone or a zombie."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def limit_files():
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(OPEN_FILES, hard), hard))


class Daemon:
    def __init__(self, place, name):
        self.name = name
        self.pid_file = place.pids / name
        self.log = place.log / (name + ".log")

    def pid(self):
        """The pid of the running process, or None."""
        try:
            pid, since = self.pid_file.read_text().split()
        except (OSError, ValueError):
            return None
        return int(pid) if began(int(pid)) == since else None

    def start(self, command, env=None):
        if not shutil.which(command[0]):
            raise Sorry(f"{command[0]} does not exist; run make")
        with open(self.log, "ab") as log:
            process = subprocess.Popen(
                [str(arg) for arg in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                env=os.environ | (env or {}), start_new_session=True, preexec_fn=limit_files)
        self.process = process
        # Written atomically: another process may be stopping us.
        new = self.pid_file.with_suffix(".new")
        new.write_text(f"{process.pid} {began(process.pid)}\n")
        new.rename(self.pid_file)

    def wait(self, ready, seconds, pause):
        """Waits until ready() is true; a daemon that ends before fails."""
        until = time.monotonic() + seconds
        while not ready():
            stay()
            if self.process.poll() is not None:
                raise Sorry(f"{self.name} ended at once:\n{self.last_lines()}")
            if time.monotonic() > until:
                raise Sorry(f"{self.name} was not ready within {seconds} s:\n{self.last_lines()}")
            time.sleep(pause)

    def last_lines(self):
        try:
            lines = self.log.read_text(errors="replace").splitlines()[-12:]
        except OSError:
            lines = []
        return "\n".join(["  " + line for line in lines] + [f"  (full log: {self.log})"])

    def stop(self, patience=6):
        """TERM, then KILL to the rest of its session."""
        pid = self.pid()
        if pid:
            os.kill(pid, signal.SIGTERM)
            until = time.monotonic() + patience
            while self.pid() and time.monotonic() < until:
                self.reap()
                time.sleep(0.02)
        self.kill_session()
        self.reap()
        self.pid_file.unlink(missing_ok=True)

    def kill_session(self):
        """Children may outlive a killed supervisor: they are in the session
        it began, whose id was its pid."""
        try:
            session = int(self.pid_file.read_text().split()[0])
        except (OSError, ValueError):
            return
        for pid in members(session):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def reap(self):
        if hasattr(self, "process"):
            self.process.poll()


def members(session):
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rsplit(")", 1)[1].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] not in "ZX":
            yield int(path.parent.name)
