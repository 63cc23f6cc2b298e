# SPDX-License-Identifier: Apache-2.0
"""`streamer validate` through a cache: the rules that hold at the origin hold behind it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.edges import KINDS
from harness.program import Program
from harness.validation import check_unbroken, follow


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", ["varnish", "trafficserver"])
def test_streams_behind_a_cache_break_no_rule(kind: str, streamer: Callable[..., Program],
                                              tmp_path: Path) -> None:
    """Playlists, an MPD and chunked HLS behind a cache of deploy/edge: no finding."""
    server = streamer("--trusted-proxy", "127.0.0.1")
    names = ("live/playlist.m3u8", "live/manifest.mpd", "live/chunked.m3u8")
    with KINDS[kind](tmp_path, server.port) as edge:
        trust = ("--verify", tmp_path / "cert.pem") if edge.is_secure else ()
        for result in follow(8, [edge.url(f"/{name}") for name in names], *trust):
            check_unbroken(result)
