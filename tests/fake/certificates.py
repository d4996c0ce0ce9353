# SPDX-License-Identifier: AGPL-3.0-or-later
"""A certificate authority for tests, for any name and validity."""
import os
import subprocess
import time

CONF = """[ca]
default_ca = one
[one]
database = %s/index
new_certs_dir = %s
certificate = %s/authority.pem
private_key = %s/authority.key
default_md = sha256
policy = any
rand_serial = yes
unique_subject = no
copy_extensions = copy
[any]
commonName = supplied
"""
KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


def openssl(*words):
    run = subprocess.run(["openssl", *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if run.returncode != 0:
        raise RuntimeError(run.stderr.decode())


class Authority:
    """An authority with its own certificate, or (above) one of another
    authority, valid from and until that many seconds from now."""

    def __init__(self, folder, above=None, begins=-3600, ends=30 * 86400, name="authority"):
        self.folder, self.count = folder, 0
        os.makedirs(folder)
        self.pem = os.path.join(folder, "authority.pem")
        open(os.path.join(folder, "index"), "w").close()
        with open(os.path.join(folder, "conf"), "w") as f:
            f.write(CONF % ((folder,) * 4))
        self.make(above, begins, ends, name)

    def make(self, above, begins, ends, name):
        stem = os.path.join(self.folder, "authority")
        openssl("req", *KEY, "-keyout", stem + ".key", "-out", stem + ".csr", "-subj",
                "/CN=" + name, "-addext", "basicConstraints=critical,CA:TRUE")
        if above:
            above.sign(stem, begins, ends)
        else:
            self.sign(stem, begins, ends, "-selfsign")

    def sign(self, stem, begins, ends, *more):
        when = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + s)) for s in (begins, ends)]
        openssl("ca", "-batch", "-config", self.folder + "/conf", "-in", stem + ".csr", "-out", stem + ".pem",
                "-startdate", when[0], "-enddate", when[1], "-notext", *more)

    def give(self, name, begins, ends, *others):
        """(certificate, key) for these names, valid from and until that many seconds from now."""
        self.count += 1
        stem = os.path.join(self.folder, str(self.count))
        openssl("req", *KEY, "-keyout", stem + ".key", "-out", stem + ".csr", "-subj", "/CN=" + name,
                "-addext", "subjectAltName=" + ",".join("DNS:" + n for n in (name, *others)))
        self.sign(stem, begins, ends)
        return stem + ".pem", stem + ".key"
