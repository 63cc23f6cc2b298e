# SPDX-License-Identifier: Apache-2.0
"""testssl.sh against HTTPS of the program: protocols, ciphers, known attacks, certificate."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.deviations import Finding, check
from harness.http1 import get
from harness.program import Program
from harness.tools import need
from harness.waiting import wait_until

# Protocols, ciphers, forward secrecy, preferences, defaults, fields and attacks; not the simulation
# of clients, and not each cipher once more.
PARTS = ("-p", "-s", "-f", "-P", "-S", "-h", "-U")
HARMLESS = {"OK", "INFO", "DEBUG"}
# Tests that must have run: a scan that ends early has no finding either.
NEEDED = {"SSLv2", "SSLv3", "TLS1_2", "TLS1_3", "heartbleed", "CCS", "ROBOT", "CRIME_TLS",
          "SWEET32", "LOGJAM", "BEAST", "RC4", "secure_renego", "fallback_SCSV", "PFS",
          "cert_trust"}


@pytest.mark.timeout(400)
def test_testssl_finds_accepted_deviations_only(streamer: Callable[..., Program],
                                                tmp_path: Path) -> None:
    """RFC 9325: each finding above INFO is listed."""
    tool = need("testssl", "TLS by a suite of others (Debian: testssl.sh)")
    program = streamer("--resolution", "320x180", "--self-signed", "--https-port", "0")
    wait_until(lambda: get(program.port, "/ready").status == 200, 15, "the stream")
    program.secure_url("/")
    report = tmp_path / "report.json"
    done = subprocess.run([tool, *PARTS, "--quiet", "--color", "0", "--warnings", "off",
                           "--jsonfile", str(report), f"127.0.0.1:{program.secure_port}"],
                          capture_output=True, text=True, timeout=360, check=False)
    assert report.is_file(), done.stdout[-2000:] + done.stderr[-2000:]
    rows = json.loads(report.read_text())
    missing = NEEDED - {row["id"] for row in rows}
    assert not missing, f"testssl.sh did not run {missing}: {done.stderr[-2000:]}"
    assert next(row for row in rows if row["id"] == "TLS1_3")["severity"] == "OK"
    check([Finding(row["id"], row["severity"], row["finding"]) for row in rows
           if row["severity"] not in HARMLESS], Path(__file__).with_name("testssl.json"))
