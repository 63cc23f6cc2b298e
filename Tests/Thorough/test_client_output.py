# SPDX-License-Identifier: Apache-2.0
"""The lines and the summary of client.ts in JSON."""

from __future__ import annotations

import json
import subprocess

import pytest

from harness.program import Program
from test_client import FOLDER, command


def figures(value: object) -> list[float]:
    """All numbers in a JSON value."""
    if isinstance(value, dict):
        return [n for inner in value.values() for n in figures(inner)]
    if isinstance(value, list):
        return [n for inner in value for n in figures(inner)]
    return [float(value)] if isinstance(value, (int, float)) and not isinstance(value, bool) else []


@pytest.mark.parametrize(("path", "seconds"), [
    ("/live.m3u8", 5), ("/live/video/playlist.m3u8", 2), ("/live/playlist.m3u8", 2),
])
def test_json_output_ends_with_a_summary(path: str, seconds: int, server: Program) -> None:
    """--seconds N --json: each line is JSON, the last is the summary; then the client exits."""
    run = subprocess.run(command(server.url(path), "--seconds", str(seconds), "--json"), cwd=FOLDER,
                         capture_output=True, text=True, timeout=40)
    assert run.returncode == 0, run.stderr
    lines = [json.loads(line) for line in run.stdout.splitlines() if line.strip()]
    assert len(lines) >= seconds - 1, run.stdout
    summary = json.dumps(lines[-1]).lower()
    for word in ("median", "p95", "min", "max"):
        assert word in summary, summary
    assert figures(lines[-1])
