# SPDX-License-Identifier: Apache-2.0
"""promtool's lint of /metrics after requests of several kinds."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from harness.deviations import Finding, check
from harness.http1 import get
from harness.program import Program
from harness.tools import need
from harness.tunein import PLAYLIST
from harness.waiting import wait_until

PARSED, WITH_REMARKS = 0, 3


def test_promtool_finds_accepted_deviations_only(streamer: Callable[..., Program]) -> None:
    """Each remark is of a listed metric."""
    tool = need("promtool", "names and types of /metrics (Debian: prometheus)")
    program = streamer("--resolution", "320x180")
    wait_until(lambda: get(program.port, "/ready").status == 200, 15, "the stream")
    for path in (PLAYLIST, "/manifest.mpd", "/nothing", f"{PLAYLIST}?CMCD=br%3D200%2Cmtp%3D900"):
        get(program.port, path)
    done = subprocess.run([tool, "check", "metrics"], input=get(program.port, "/metrics").text,
                          text=True, capture_output=True, check=False, timeout=60)
    assert done.returncode in (PARSED, WITH_REMARKS), done.stderr
    lines = (done.stdout + done.stderr).splitlines()
    check([Finding(name, remark) for name, _, remark in (line.partition(" ") for line in lines)],
          Path(__file__).with_name("promtool.json"))
