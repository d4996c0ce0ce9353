# SPDX-License-Identifier: AGPL-3.0-or-later
"""A portvakt-ldap-auth for a directory of a stage; requests go to its
socket, as web sends them."""
import json
import os
import signal
import socket
import struct

from stage import become, programs

STATUS, PROVE = 0x03, 0x20


class LdapAuth:
    def __init__(self, stage, name):
        stage.give_credentials()
        self.path = os.path.join(stage.folder, "run", "ldap-auth@%s.sock" % name)
        self.listening = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listening.bind(self.path)
        self.listening.listen(32)
        self.pid = os.fork()
        if self.pid == 0:
            os.dup2(self.listening.fileno(), 3)
            os.set_inheritable(3, True)
            log = os.open(os.path.join(stage.folder, "ldap-auth.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND)
            os.dup2(log, 2)
            program = os.path.join(programs(), "portvakt-ldap-auth")
            become("portvakt-ldap-auth")
            os.execve(program, [program, "-c", stage.conf, name],
                      {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid()), "PATH": "/usr/bin:/bin"})
        self.hash = self.ask(STATUS, {})["hash"]

    def ask(self, kind, body, seconds=10):
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as s:
            s.settimeout(seconds)
            s.connect(self.path)
            s.send(struct.pack(">BBQ", 1, kind, 5) + json.dumps(body).encode())
            return json.loads(s.recv(70000)[10:])

    def verify(self, login, password, **more):
        return self.ask(PROVE, dict(conf=self.hash[:16], login=login, password=password, **more))

    def cpu(self):
        with open("/proc/%d/stat" % self.pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self):
        os.kill(self.pid, signal.SIGTERM)
        os.waitpid(self.pid, 0)
        self.listening.close()
