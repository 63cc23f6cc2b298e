# SPDX-License-Identifier: Apache-2.0
"""nginx that checks playback tokens by `/auth`, and passes paths without them on."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from harness import edges
from harness.http1 import get
from harness.program import Program
from harness.tools import need, streamer_binary
from harness.waiting import wait_until

KEY = "k1:" + "0123456789abcdef" * 2


def token(*flags: str) -> str:
    """The prefix of a path, by `streamer token`."""
    return subprocess.run([streamer_binary(), "token", "--key", KEY, *flags], check=True,
                          capture_output=True).stdout.decode().strip()


def test_nginx_checks_tokens(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Only paths below a token of the stream reach the server, without the token."""
    log = tmp_path / "access.log"
    program = streamer("--resolution", "320x180", "--playback-key", KEY, "--trusted-proxy",
                       "127.0.0.1", "--checking-proxy", "127.0.0.1", "--access-log", str(log))
    path = "/live/video/playlist.m3u8"
    wait_until(lambda: get(program.port, path).status == 200, 15, "the stream")
    edge = edges.nginx(tmp_path, "checking.conf", program.port)

    def status(target: str, *flags: str) -> int:
        shown = subprocess.run([need("curl", "edges"), "-sk", "--path-as-is", "-m", "10", "-o",
                                tmp_path / "body", "-w", "%{http_code}", *flags, edge.url(target)],
                               check=True, capture_output=True)
        return int(shown.stdout)

    try:
        good, late = token(), token("--session", "late", "--expires", "1")
        own, other = token("--address", "127.0.0.1"), token("--address", "192.0.2.1")
        assert status(good + path) == 200
        playlist = (tmp_path / "body").read_bytes()
        assert playlist.startswith(b"#EXTM3U") and b"/t/" not in playlist
        assert status(f"{good}{path}?_HLS_msn=1") in (200, 400)
        assert status(own + path) == status(late + path) == 200
        assert status(good + path, "-I") == 200
        assert status(path) == 401 and status("//live/video/playlist.m3u8") == 400
        assert status("/live.m3u8") == status("/manifest.mpd") == 401
        for wrong in (other, token("--stream", "yard"), good[:-1], "/t/x"):
            assert status(wrong + path) == 403
        yard = token("--stream", "yard")
        for target in (f"{yard}/yard/..{path}", f"{yard}/yard/%2e%2e{path}",
                       f"{yard}/yard%2F..{path}", f"{yard}/..%2Flive/video/playlist.m3u8"):
            assert status(target) in (400, 401, 403, 404), target
        assert status("/") == status("/time") == status("/live/") == status(f"{good}/live/") == 200
        for closed in ("/auth", "/api/streams", "/metrics", "/stats", f"{good}/api/streams"):
            assert status(closed) in (401, 403, 404), closed
        begun = time.monotonic()
        for _ in range(20):
            assert status(good + path) == 200
        print(f"nginx: {(time.monotonic() - begun) / 20 * 1000:.1f} ms per curl with a kept token")
    finally:
        edge.close()
    lines = wait_until(lambda: (text := log.read_text()).count(" /auth ") > 10 and text, 5, "log")
    # Permissions are kept: fewer questions than requests for media.
    assert lines.count(" /auth ") < lines.count(f" {path}")
    assert "/t/" not in lines and KEY[3:] not in lines


def test_without_checking_proxy(streamer: Callable[..., Program]) -> None:
    """Other proxies are not believed to have checked tokens."""
    program = streamer("--resolution", "320x180", "--playback-key", KEY, "--trusted-proxy",
                       "127.0.0.1", "--checking-proxy", "192.0.2.0/24")
    assert get(program.port, "/live/playlist.m3u8").status == 403
    fields = {"X-Forwarded-For": "192.0.2.1"}
    assert get(program.port, "/live/playlist.m3u8", headers=fields).status == 403
    assert get(program.port, token() + "/live/playlist.m3u8", headers=fields).status == 200
