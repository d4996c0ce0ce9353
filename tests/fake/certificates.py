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
    def __init__(self, folder):
        self.folder, self.count = folder, 0
        os.makedirs(folder)
        self.pem = os.path.join(folder, "authority.pem")
        open(os.path.join(folder, "index"), "w").close()
        with open(os.path.join(folder, "conf"), "w") as f:
            f.write(CONF % ((folder,) * 4))
        openssl("req", "-x509", *KEY, "-keyout", folder + "/authority.key", "-out", self.pem, "-days", "30",
                "-subj", "/CN=authority")

    def give(self, name, begins, ends):
        """(certificate, key) for name, valid from and until that many seconds from now."""
        self.count += 1
        stem = os.path.join(self.folder, str(self.count))
        openssl("req", *KEY, "-keyout", stem + ".key", "-out", stem + ".csr", "-subj", "/CN=" + name,
                "-addext", "subjectAltName=DNS:" + name)
        when = [time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() + s)) for s in (begins, ends)]
        openssl("ca", "-batch", "-config", self.folder + "/conf", "-in", stem + ".csr", "-out", stem + ".pem",
                "-startdate", when[0], "-enddate", when[1], "-notext")
        return stem + ".pem", stem + ".key"
