# SPDX-License-Identifier: Apache-2.0
"""Clients of HTTPS that accept any certificate, and certificates by openssl."""

from __future__ import annotations

import socket
import ssl
import subprocess
from pathlib import Path

from harness.tools import need


def curl(*arguments: str) -> str:
    """The output of curl; its failure is a failure of the test."""
    done = subprocess.run([need("curl", "HTTPS by curl"), "-s", "--max-time", "10", *arguments],
                          capture_output=True, text=True, check=False)
    assert done.returncode == 0, (done.returncode, arguments, done.stderr)
    return done.stdout


def context() -> ssl.SSLContext:
    """A client that accepts any certificate."""
    made = ssl.create_default_context()
    made.check_hostname = False
    made.verify_mode = ssl.CERT_NONE
    return made


def certificate(port: int) -> bytes:
    """The certificate that a new connection gets."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain:
        with context().wrap_socket(plain) as connection:
            found = connection.getpeercert(binary_form=True)
            assert found
            return found


def certificate_of(state: Path) -> Path:
    """The certificate of a server with `--self-signed` and this state folder, without its key."""
    text = (state / "streamer/self-signed.pem").read_text()
    mark = "-----END CERTIFICATE-----\n"
    path = state / "certificate.pem"
    path.write_text(text[text.index("-----BEGIN CERTIFICATE") : text.index(mark)] + mark)
    return path


class Authority:
    """An authority of clients' certificates, by openssl."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path, self.key = make_certificate(folder, "authority")
        self.revoked = folder / "revoked.pem"
        (folder / "index").write_text("")
        (folder / "number").write_text("01\n")
        (folder / "ca.conf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\ndefault_md=sha256\n"
            "default_crl_days=2\n")
        self._list()

    def client(self, name: str) -> tuple[Path, Path]:
        """A certificate of this common name, and its key."""
        made, key, request = (self.folder / f"{name}.{kind}" for kind in ("pem", "key", "csr"))
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-subj", f"/O=Example/CN={name}", "-keyout", str(key), "-out", str(request))
        self._openssl("x509", "-req", "-in", str(request), "-CA", str(self.path), "-CAkey",
                      str(self.key), "-CAcreateserial", "-days", "2", "-out", str(made))
        return made, key

    def revoke(self, certificate_file: Path) -> None:
        """Revokes a certificate in the list."""
        self._openssl("ca", "-config", "ca.conf", "-cert", str(self.path), "-keyfile",
                      str(self.key), "-revoke", str(certificate_file))
        self._list()

    def _list(self) -> None:
        self._openssl("ca", "-config", "ca.conf", "-cert", str(self.path), "-keyfile",
                      str(self.key), "-gencrl", "-out", str(self.revoked))

    def _openssl(self, *arguments: str) -> None:
        subprocess.run([need("openssl", "client certificates"), *arguments], check=True,
                       capture_output=True, cwd=self.folder)


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for localhost and its key, by openssl."""
    certificate_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        [need("openssl", "certificates from files"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-keyout", str(key_file), "-out", str(certificate_file)], check=True, capture_output=True)
    return certificate_file, key_file
