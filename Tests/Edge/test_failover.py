# SPDX-License-Identifier: Apache-2.0
"""Two origins behind Varnish: each is killed and frozen in turn while players play.

Both are fed by a test source of their own, or by one RTSP camera; numbers follow the wall clock, so
that a name denotes the same time on both.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness import edges
from harness.browser import viewer
from harness.crowd import Crowd
from harness.frames import clocks_of
from harness.http1 import get
from harness.labreport import report
from harness.newframes import now, wait_frames
from harness.origins import BASE, SMALL, Origins, steps
from harness.playlist import parse
from harness.ports import free_port
from harness.sources import rtsp_server
from harness.tunein import align
from harness.waiting import pause

PATHS = {"frames": "/", "hlsjs": "/?player=hlsjs", "dash": "/?src=/live/manifest.mpd"}
PLAYERS = 25
# A player is live if its frames are at most this late, ms.
LIVE = 3000


@pytest.fixture
def source(request: pytest.FixtureRequest) -> Iterator[Sequence[str]]:
    """The source of both origins: a test pattern, or one camera, encoded or passed through."""
    if request.param == "pattern":
        yield ["--test-src", *SMALL]
        return
    port = free_port()
    camera = rtsp_server(port, "--size", "320x180")
    try:
        yield ["--input", f"rtsp://127.0.0.1:{port}/x",
               *(SMALL if request.param == "camera-encoded" else [])]
    finally:
        camera.kill()


@pytest.fixture
def origins(hlsjs: Path, source: Sequence[str], tmp_path: Path) -> Iterator[Origins]:
    """Two origins and their edge."""
    pair = Origins(tmp_path, "--hlsjs", str(hlsjs), source=source)
    yield pair
    pair.close()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("source", ["camera-encoded", "camera-passed"], indirect=True)
def test_a_camera_has_the_same_frames_on_both_origins(origins: Origins) -> None:
    """A segment of one number begins with the same frame of the camera, also after a restart."""
    playlist = f"{BASE}playlist.m3u8"

    def clocks(port: int, number: int) -> list[int | None]:
        media = [get(port, f"{BASE}{name}") for name in (
            get(port, playlist).text.split('MAP:URI="')[1].split('"')[0],
            f"segment{number}.m4s")]
        assert [answer.status for answer in media] == [200, 200]
        return clocks_of(b"".join(answer.body for answer in media))

    def check() -> None:
        pause(2.2, "segments of the camera on both")
        newest = min(parse(get(port, playlist).text).segments[-1].msn
                     for port in origins.ports)
        one, two = (clocks(port, newest) for port in origins.ports)
        assert len(one) == len(two) == 30 and None not in one + two
        apart = [round(abs(a - b) * 30 / 1000) for a, b in zip(one, two)]
        print(f"frames apart: {sorted(set(apart))}")
        assert max(apart) <= 1

    check()
    origins.kill(0)
    origins.restart(0)
    check()


@pytest.mark.timeout(60)
@pytest.mark.parametrize("source", ["pattern", "camera-encoded", "camera-passed"], indirect=True)
def test_viewers_of_parts_see_no_error(origins: Origins) -> None:
    """25 viewers of parts: the active origin is killed, then the other is frozen: no error."""
    with Crowd(*[origins.edge] * PLAYERS) as crowd:
        parent = align(origins.edge.port, 9).last_part[0] + 1
        steps(origins, crowd, parent, 1)
        origins.kill(0)
        killed = steps(origins, crowd, parent + 1, 2)
        origins.restart(0)
        parent = align(origins.edge.port, 9).last_part[0] + 1
        steps(origins, crowd, parent, 1)
        origins.freeze(1)
        frozen = steps(origins, crowd, parent + 1, 2)
        origins.thaw(1)
    print(f"longest time for a part of 100 ms: {killed * 1000:.0f} ms at the kill, "
          f"{frozen * 1000:.0f} ms at the freeze")


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("player", "source"), [
    *((player, "pattern") for player in PATHS), ("hlsjs", "camera-encoded"),
    ("hlsjs", "camera-passed")
], indirect=["source"])
def test_player_plays_through_the_loss_of_each_origin(player: str, origins: Origins,
                                                      browser: Browser) -> None:
    """Chromium plays while both origins are killed in turn, then frozen in turn.

    Each origin stays away until frames of after its loss are shown: those of the other one.
    """
    found = {}
    with viewer(browser) as view:
        view.open(origins.edge.url(PATHS[player]))
        view.wait_playing(frames=60)
        page = view.page.evaluate("() => performance.timeOrigin")
        for name, lose, regain in (("kill a", lambda: origins.kill(0), lambda: origins.restart(0)),
                                   ("kill b", lambda: origins.kill(1), lambda: origins.restart(1)),
                                   ("freeze a", lambda: origins.freeze(0),
                                    lambda: origins.thaw(0)),
                                   ("freeze b", lambda: origins.freeze(1),
                                    lambda: origins.thaw(1))):
            view.watch(1)
            begin = now()
            lose()
            wait_frames(lambda: view.data()["samples"], begin, 90)
            until = now()
            regain()
            view.watch(0.5)
            part = report(view.data(), since=begin - 200, until=until)
            found[name] = {"stalls": part["stalls"], "glass_to_glass_ms": part["glass_to_glass_ms"],
                           "bad_responses": part["bad_responses"]}
            view.bad_responses.clear()
        wait_frames(lambda: view.data()["samples"], now(), late=LIVE)
        assert view.page.evaluate("() => performance.timeOrigin") == page, "loaded again"
    print(f"{player}: {json.dumps(found)}")


@pytest.mark.timeout(180)
@pytest.mark.parametrize("source", ["pattern"], indirect=True)
def test_websocket_plays_through_the_loss_of_each_origin(origins: Origins, browser: Browser,
                                                         tmp_path: Path) -> None:
    """nginx leads WebSockets to the second origin when the first one is killed, and back."""
    folder = tmp_path / "nginx"
    folder.mkdir()
    first, second = origins.ports
    edge = edges.nginx(folder, "terminator.conf", first, origins.edge.port, second=second)
    try:
        with viewer(browser) as view:
            view.open(edge.url("/?player=ws"))
            view.wait_playing(frames=60)
            for index in (0, 1):
                sockets = len(view.sockets)
                begin = now()
                origins.kill(index)
                wait_frames(lambda: view.data()["samples"], begin, 90)
                part = report(view.data(), since=begin - 200, until=now())
                print(f"kill {index}: {part['stalls']} {part['glass_to_glass_ms']}")
                assert len(view.sockets) > sockets
                origins.restart(index)
    finally:
        edge.close()
