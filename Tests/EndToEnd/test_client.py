# SPDX-License-Identifier: Apache-2.0
"""client.ts follows a stream from a terminal, without npm packages."""

from __future__ import annotations

import subprocess

import pytest

from harness.ports import free_port
from harness.program import Program
from harness.tools import ROOT, need

FOLDER = ROOT / "client"


def command(url: str, *flags: str) -> list[str]:
    """The documented command, or a skip."""
    if not (FOLDER / "client.ts").is_file():
        pytest.skip("client/client.ts not found: the terminal client is not tested")
    return [need("npx", "the terminal client"), "tsx", "client.ts", url, *flags]


def test_text_output_has_a_line_per_second(server: Program) -> None:
    """Without --json: one line per second."""
    run = subprocess.run(command(server.url("/live.m3u8"), "--seconds", "3"), cwd=FOLDER,
                         capture_output=True, text=True, timeout=40)
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.splitlines()) >= 3


def test_unreachable_server_is_one_clear_line() -> None:
    """An unreachable server: a clear line, no stack trace."""
    run = subprocess.run(command(f"http://127.0.0.1:{free_port()}/live.m3u8", "--seconds", "2"),
                         cwd=FOLDER, capture_output=True, text=True, timeout=40)
    output = run.stdout + run.stderr
    assert output.strip() and "    at " not in output
