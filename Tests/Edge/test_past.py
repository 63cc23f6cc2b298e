# SPDX-License-Identifier: Apache-2.0
"""Varnish has the media of the last hour: viewers that go back do not reach the server."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urljoin

import pytest

from harness import edges
from harness.archive import complete
from harness.clockstep import ClockStep
from harness.http1 import Connection, get
from harness.metrics import read_metrics
from harness.playlist import parse
from harness.program import Program
from harness.waiting import wait_until

NAMES = ("video", "audio")
SECONDS = 12
VIEWERS = 10


def media_requests(server: Program) -> int:
    """The requests for segments and headers that have reached the server."""
    return int(sum(value for name, labels, value in read_metrics(server.port)
                   if name == "streamer_requests_total"
                   and labels["kind"] in ("segment", "init")))


@pytest.mark.timeout(90)
def test_bytes_that_were_live_in_the_last_hour_are_in_the_cache(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Fifty minutes later at least 99 % of the requests of ten viewers are answered by Varnish."""
    server = streamer("--resolution", "320x180", "--bitrate", "300", "--audio", "tone",
                      "--playlist-length", "6", "--max-files", "8", "--archive",
                      str(tmp_path / "archive"), "--dvr", "2h")
    clock = ClockStep(tmp_path)
    folder = tmp_path / "edge"
    folder.mkdir()
    edge = edges.varnish(folder, [server.port], env={**os.environ, **clock.env})
    try:
        # Live: each segment as soon as it begins, by a viewer of each rendition.
        first = wait_until(lambda: max(complete(server, "video"), default=0), 15, "a segment") + 2

        def watch(name: str) -> list[bytes]:
            with Connection(edge.port) as viewer:
                page = viewer.get(f"/live/{name}/playlist.m3u8").text
                viewer.get(f"/live/{name}/" + page.split('EXT-X-MAP:URI="')[1].split('"')[0])
                wait_until(lambda: complete(server, name) & {first - 1}, 10, "the first segment")
                return [viewer.get(f"/live/{name}/segment{number}.m4s").body
                        for number in range(first, first + SECONDS)]
        with ThreadPoolExecutor(len(NAMES)) as pool:
            live = dict(zip(NAMES, pool.map(watch, NAMES)))
        wait_until(lambda: all(min(complete(server, name)) > first + SECONDS for name in NAMES),
                   30, "the past")
        clock.set(50 * 60 * 10**9)
        before = media_requests(server)

        def rewind(name: str) -> int:
            path = f"/live/{name}/from/{first}/to/{first + SECONDS}/playlist.m3u8"
            with Connection(edge.port) as viewer:
                playlist = parse(viewer.get(path).text)
                uris = [str(segment.uri) for segment in playlist.segments]
                assert len(uris) == SECONDS
                viewer.get(urljoin(path, str(playlist.segments[0].map_uri)))
                assert [viewer.get(urljoin(path, uri)).body for uri in uris] == live[name]
            return len(uris) + 1
        with ThreadPoolExecutor(VIEWERS) as pool:
            asked = sum(pool.map(rewind, NAMES * (VIEWERS // len(NAMES))))
        reached = media_requests(server) - before
        print(f"{asked} requests of {VIEWERS} viewers for media of the past, {reached} at the "
              "server")
        assert reached <= asked / 100
        # Media without a live viewer are asked for once.
        path = f"/live/video/segment{first - 1}.m4s"
        for _ in range(3):
            assert get(edge.port, path).status == 200
        assert media_requests(server) - before == reached + 1
    finally:
        edge.close()
