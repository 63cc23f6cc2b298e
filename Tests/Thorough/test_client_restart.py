# SPDX-License-Identifier: Apache-2.0
"""`streamer client` over a restart of the server."""

from __future__ import annotations

import subprocess

from harness.ports import free_port
from harness.program import kill
from harness.waiting import pause
from test_client import FOLDER, command


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
