# SPDX-License-Identifier: Apache-2.0
"""h2spec against the program, in the clear and over TLS: RFC 9113 and RFC 7541.

h2spec is the command of that name, or of $H2SPEC. Cases about a half-closed stream need a response
that has not ended: they have the result of motion JPEG, which does not end.
"""

from __future__ import annotations

import os
import re
import subprocess
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.deviations import Finding, check
from harness.http1 import get
from harness.program import Program, start, stop
from harness.tools import need
from harness.tunein import PLAYLIST
from harness.waiting import wait_until

ENDLESS = "/live/stream.mjpeg"
# DATA and HEADERS on a stream whose request has ended.
HALF_CLOSED = ("http2/5.1/5", "http2/5.1/6", "http2/6.1/2")
CASES = 147


@pytest.fixture(scope="module")
def program(binary: Path) -> Iterator[Program]:
    """A server with HTTP and HTTPS."""
    running = start(["--resolution", "320x180", "--self-signed", "--https-port", "0"])
    wait_until(lambda: get(running.port, "/ready").status == 200, 15, "the stream")
    running.secure_url("/")
    yield running
    stop(running)


def run(folder: Path, program: Program, is_secure: bool, path: str, *cases: str) -> dict[str, str]:
    """The outcome of each case of a run; empty if the case has passed."""
    tool = os.environ.get("H2SPEC") or need("h2spec", "HTTP/2 by a suite of others (H2SPEC)")
    report = folder / "report.xml"
    port = program.secure_port if is_secure else program.port
    subprocess.run([tool, *cases, "--strict", "--host", "127.0.0.1", "--port", str(port),
                    "--path", path, "--junit-report", str(report),
                    *(["--tls", "--insecure"] if is_secure else [])],
                   capture_output=True, text=True, timeout=200, check=False)
    found = {}
    for section in ElementTree.parse(report).getroot().iter("testsuite"):
        for number, case in enumerate(section.iter("testcase"), 1):
            fault = case.find("error") if case.find("error") is not None else case.find("failure")
            seen = "" if fault is None else (fault.text or "unknown").strip().split("\n")[-1]
            # Lengths and identifiers are those of the moment.
            found[f"{case.get('package')}/{number}"] = re.sub(r" \(.*", "", seen)
    return found


@pytest.mark.timeout(300)
@pytest.mark.parametrize("is_secure", [False, True], ids=["clear", "tls"])
def test_h2spec_finds_accepted_deviations_only(is_secure: bool, program: Program,
                                               tmp_path: Path) -> None:
    """RFC 9113, RFC 7541: 147 cases, the strict ones included."""
    found = run(tmp_path, program, is_secure, PLAYLIST)
    assert len(found) == CASES, "h2spec has other cases"
    for case in HALF_CLOSED:
        # A run of one case has it as the first of its section.
        own = run(tmp_path, program, is_secure, ENDLESS, case)
        assert len(own) == 1, own
        found[case] = next(iter(own.values()))
    transport = "tls" if is_secure else "clear"
    check([Finding(f"{transport} {case}", "failed", seen) for case, seen in found.items() if seen],
          Path(__file__).with_name("h2spec.json"),
          lambda row: row.cases[0].startswith(("*", transport)))
