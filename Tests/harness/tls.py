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


def make_certificate(folder: Path, name: str) -> tuple[Path, Path]:
    """A certificate for localhost and its key, by openssl."""
    certificate_file, key_file = folder / f"{name}.pem", folder / f"{name}.key"
    subprocess.run(
        [need("openssl", "certificates from files"), "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
         "-keyout", str(key_file), "-out", str(certificate_file)], check=True, capture_output=True)
    return certificate_file, key_file
