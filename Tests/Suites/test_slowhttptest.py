# SPDX-License-Identifier: Apache-2.0
"""slowhttptest beside a viewer: slow heads, bodies, ranges and readers.

The probe of the tool always has a response, and the viewer gets one part after another. Slow heads
and bodies are ended by the program.
"""

from __future__ import annotations

import csv
import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.deviations import Finding, check
from harness.follower import followed, wait_parts
from harness.http1 import get
from harness.program import Program
from harness.tools import need
from harness.tunein import fetch
from harness.waiting import wait_until

CONNECTIONS = 200
# Shorter than the run, so that the program ends connections before the tool does.
LIMITS = ("--head-timeout", "4", "--body-timeout", "4", "--stall-timeout", "4")
SECONDS = 10
# Forms whose connections the program must end. The bytes of the others fit into buffers of the
# system, or their responses end.
ENDED = {"heads", "bodies"}
COLOUR = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
FORMS = {
    "heads": ["-H"],
    "bodies": ["-B", "-t", "PUT"],
    "ranges": ["-R"],
    "readers": ["-X", "-w", "1", "-y", "64", "-z", "5", "-k", "5"],
}


@pytest.fixture
def program(streamer: Callable[..., Program]) -> Program:
    """A server with short limits, one of whose streams takes uploads from this machine."""
    running = streamer("--resolution", "320x180", *LIMITS)
    wait_until(lambda: get(running.port, "/ready").status == 200, 15, "the stream")
    return running


@pytest.mark.timeout(120)
@pytest.mark.parametrize("form", FORMS)
def test_slow_clients_beside_a_viewer(form: str, program: Program, tmp_path: Path) -> None:
    """The server stays available, parts are complete, and deviations are listed."""
    tool = need("slowhttptest", "slow clients by a suite of others")
    last = fetch(program.port).last_part[0]
    path = f"/live/video/segment{last - 1}.m4s" if form in ("ranges", "readers") \
        else "/live/video/playlist.m3u8"
    with followed(program) as followers:
        wait_parts(followers, 5)
        done = subprocess.run(
            [tool, *FORMS[form], "-c", str(CONNECTIONS), "-r", "100", "-i", "2", "-l",
             str(SECONDS), "-p", "5", "-g", "-o", str(tmp_path / "result"), "-u",
             program.url(path)],
            capture_output=True, text=True, timeout=90, check=False)
        wait_parts(followers, 5)
    rows = list(csv.DictReader((tmp_path / "result.csv").open()))
    assert len(rows) >= 2, done.stdout[-2000:] + done.stderr
    output = COLOUR.sub("", done.stdout)
    status = re.search(r"Exit status: (.*)", output)
    assert status, output[-2000:]
    findings = [Finding(f"{form}: service", "not available", f"second {row['Seconds']}")
                for row in rows if row["Service Available"] == "0"]
    if form in ENDED and not any(int(row["Closed"]) for row in rows[:-1]):
        findings.append(Finding(f"{form}: connections", "none was ended", status[1].strip()))
    check(findings, Path(__file__).with_name("slowhttptest.json"),
          lambda row: row.cases[0].startswith(f"{form}:"))
