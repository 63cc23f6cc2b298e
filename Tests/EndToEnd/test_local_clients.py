# SPDX-License-Identifier: Apache-2.0
"""Which clients on this machine have rights by their address."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import get
from harness.ports import free_port
from harness.program import Program
from harness.rtmp import publish, rtmp_port
from harness.uploads import TRANSPORTS, Encoder, curl
from harness.waiting import wait_until
from test_isolation import child, movie

FIELDS = ["X-Forwarded-For: 203.0.113.9", "Forwarded: for=203.0.113.9", "Via: 1.1 cache",
          "X-Real-IP: 203.0.113.9"]


def test_processes_of_inputs_have_no_rights(streamer: Callable[..., Program],
                                            tmp_path: Path) -> None:
    """A process of an input has fewer rights than other programs of its user, at each door."""
    log, port = tmp_path / "access.log", free_port()
    configuration = tmp_path / "streams.json"
    configuration.write_text(json.dumps({
        "host": "127.0.0.1", "httpPort": port, "rtmp": "127.0.0.1:0", "srt": "127.0.0.1:0",
        "selfSigned": True, "httpsPort": 0, "stats": "loopback",
        "metrics": "loopback", "accessLog": str(log), "streams": [
            {"stream": "movie", "input": str(movie(tmp_path / "movie.ts")), "loop": True},
            {"stream": "curious", "input": f"http://127.0.0.1:{port}/stats.json"},
            {"stream": "up", "source": "relay"}, {"stream": "pub", "source": "rtmp"},
            {"stream": "call", "source": "srt"}]}))
    program = streamer("-c", str(configuration), defaults=False)
    assert child(program)

    def statuses() -> set[int]:
        lines = log.read_text().splitlines() if log.exists() else []
        entries = [json.loads(line) for line in lines]
        return {entry["code"] for entry in entries if entry["path"] == "/stats.json"}

    # The input of the process asks again and again, before any other client does.
    assert wait_until(statuses, 15, "requests of the process of an input") == {403}
    for path in ("/stats.json", "/metrics"):
        assert curl(program, "GET", path)[0] == 200
    # Over a connection of each kind; the test and its clients have the user of the server.
    for transport in TRANSPORTS:
        assert curl(program, "PUT", f"/up/{transport}.mp4", transport, body=b"x")[0] == 201
    source = publish(rtmp_port(program), "pub/x", size="320x180")
    caller = Encoder(tmp_path, "-f", "mpegts", "-muxdelay", "0", "-flush_packets", "1",
                     f"srt://127.0.0.1:{rtmp_port(program, 'srt')}?latency=60000&streamid=call")
    try:
        for stream in ("pub", "call"):
            path = f"/{stream}/playlist.m3u8"
            wait_until(lambda path=path: get(port, path).status == 200, 20, path)
    finally:
        source.kill()
        caller.stop()
    assert not program.logged("publish-refused")


@pytest.mark.parametrize("field", FIELDS)
def test_a_proxy_that_is_not_named_brings_no_local_clients(streamer: Callable[..., Program],
                                                           field: str) -> None:
    """A request from this machine with a field of a proxy has no rights; one warning says so."""
    program = streamer("--host", "127.0.0.1", "--http-port", "0", "--source", "relay", "--name",
                       "up", "--stats", "loopback", "--metrics", "loopback", defaults=False)
    for _ in range(2):
        for path in ("/stats.json", "/metrics"):
            assert curl(program, "GET", path, "h1", "-H", field)[0] == 403
        for method in ("PUT", "DELETE"):
            assert curl(program, method, "/up/a.mp4", "h1", "-H", field, body=b"x")[0] == 403
    assert curl(program, "PUT", "/up/a.mp4", body=b"x")[0] == 201
    assert curl(program, "GET", "/metrics")[0] == 200
    warnings = program.logged("unnamed-proxy")
    assert len(warnings) == 1 and "--trusted-proxy 127.0.0.1" in warnings[0].message
    # A proxy that is named states its clients: no other warning.
    named = streamer("--host", "127.0.0.1", "--http-port", "0", "--source", "relay", "--name",
                     "up", "--trusted-proxy", "127.0.0.1", defaults=False)
    assert curl(named, "PUT", "/up/a.mp4", "h1", "-H", field, body=b"x")[0] == 403
    assert not named.logged("unnamed-proxy")
