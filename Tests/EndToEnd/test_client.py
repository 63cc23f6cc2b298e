# SPDX-License-Identifier: Apache-2.0
"""client.ts follows a stream from a terminal, without npm packages, and survives a restart."""

from __future__ import annotations

import json
import subprocess

import pytest

from harness.ports import free_port
from harness.program import Program, kill
from harness.tools import ROOT, need
from harness.waiting import pause

FOLDER = ROOT / "client"


def command(url: str, *flags: str) -> list[str]:
    """The documented command, or a skip."""
    if not (FOLDER / "client.ts").is_file():
        pytest.skip("client/client.ts not found: the terminal client is not tested")
    return [need("npx", "the terminal client"), "tsx", "client.ts", url, *flags]


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


def test_text_output_has_a_line_per_second(server: Program) -> None:
    """Without --json: one line per second."""
    run = subprocess.run(command(server.url("/live.m3u8"), "--seconds", "3"), cwd=FOLDER,
                         capture_output=True, text=True, timeout=40)
    assert run.returncode == 0, run.stderr
    assert len(run.stdout.splitlines()) >= 3


def test_client_survives_a_restart(streamer) -> None:
    """The server is killed and restarted after a second: the client reports it and continues."""
    port = free_port()
    flags = ("--test-src", "--host", "127.0.0.1", "--http-port", str(port), "--resolution",
             "320x180")
    program = streamer(*flags, defaults=False)
    client = subprocess.Popen(command(f"http://127.0.0.1:{port}/live.m3u8", "--seconds",
                                      "10"), cwd=FOLDER, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True)
    try:
        assert client.stdout
        output = "".join(client.stdout.readline() for _ in range(3))
        kill(program)
        pause(1, "an outage of one second")
        streamer(*flags, defaults=False)
        output += client.communicate(timeout=30)[0]
    finally:
        client.kill()
    assert client.returncode == 0, output
    words = ("restart", "unreachable", "refused", "again", "back", "reconnect", "lost")
    assert any(word in output.lower() for word in words), output
    assert len(output.splitlines()) >= 7, output


def test_unreachable_server_is_one_clear_line() -> None:
    """An unreachable server: a clear line, no stack trace."""
    run = subprocess.run(command(f"http://127.0.0.1:{free_port()}/live.m3u8", "--seconds", "2"),
                         cwd=FOLDER, capture_output=True, text=True, timeout=40)
    output = run.stdout + run.stderr
    assert output.strip() and "    at " not in output
