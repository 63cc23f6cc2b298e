# SPDX-License-Identifier: Apache-2.0
"""A rolling upgrade: two origins behind Varnish are replaced by a new build, one after the other.

The order, the signals and the pauses are those of the chart in deploy/helm: processes are in the
place of pods.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness import stillness
from harness.browser import viewer
from harness.crowd import Crowd, connect
from harness.origins import BASE, SMALL, Origins, steps
from harness.tools import ROOT, streamer_binary
from harness.tunein import align
from harness.waiting import pause

PLAYERS = {"hlsjs": "/?player=hlsjs", "frames": "/"}
VIEWERS = 25
# In the chart minReadySeconds is longer: viewers of this test are at most a second behind.
READY_SECONDS = 2
# The longest time without a new frame, in the time of the page.
PAUSE = 0.5
# A StatefulSet begins with the last pod.
ORDER = (1, 0)
# The newest part at the signal.
LAST_PARTS = {1: 9, 0: 4}


@pytest.fixture
def origins(hlsjs: Path, tmp_path: Path) -> Iterator[Origins]:
    """Two origins of a test pattern, and Varnish."""
    pair = Origins(tmp_path, "--hlsjs", str(hlsjs), source=["--test-src", *SMALL])
    yield pair
    pair.close()


@pytest.fixture
def newer(binary: Path, tmp_path: Path) -> str:
    """The program in another file, as that of a new image."""
    (tmp_path / "new").mkdir()
    return str(shutil.copy(binary, tmp_path / "new/streamer"))


def ended(origins: Origins, index: int) -> None:
    """Waits for the end of an origin within the time that the chart gives it."""
    chart = (ROOT / "deploy/helm/streamer/templates/origins.yaml").read_text()
    found = re.search(r"kill -USR2 1; sleep (\d+)", chart)
    assert found
    assert origins.programs[index].process.wait(int(found[1])) == 0


@pytest.mark.timeout(90)
def test_viewers_of_parts_notice_no_upgrade(origins: Origins, newer: str) -> None:
    """Viewers get each part, and a checking client finds no broken rule at the edge."""
    checking = subprocess.Popen(
        [streamer_binary(), "validate", "--json", "--seconds", "26",
         origins.edge.url(f"{BASE}playlist.m3u8")], stdout=subprocess.PIPE, text=True)
    worst: dict[int, float] = {}
    try:
        with Crowd(*[origins.edge] * VIEWERS) as crowd:
            calm = steps(origins, crowd, align(origins.ports[0], 9).last_part[0] + 1, 3)
        for index in ORDER:
            # At the end of a segment, and within one.
            align(origins.ports[index], LAST_PARTS[index])
            origins.leave(index)
            parent = align(origins.ports[1 - index], 9).last_part[0] + 1
            # Varnish closes connections that are silent for five seconds.
            with Crowd(*[origins.edge] * VIEWERS) as crowd:
                worst[index] = steps(origins, crowd, parent, 3)
            ended(origins, index)
            origins.restart(index, newer)
            pause(READY_SECONDS, "minReadySeconds")
        for program in origins.programs:
            assert program.command[0] == newer
        assert checking.poll() is None, "the checking client ended before the upgrade did"
        found = json.loads(checking.communicate(timeout=30)[0])
    finally:
        checking.kill()
    print(f"longest time for a part of 100 ms: {worst} s, before {calm} s; "
          f"{len(found['checked'])} rules checked, {found['milliseconds']}")
    assert max(worst.values()) < 4 * calm
    assert found["failure"] is None and found["findings"] == []


@pytest.mark.timeout(90)
@pytest.mark.parametrize("player", PLAYERS)
def test_player_notices_no_upgrade(player: str, origins: Origins, newer: str,
                                   browser: Browser) -> None:
    """Chromium plays on: no pause of 0.5 s of its time, no error, and then the live edge."""
    with viewer(browser) as view:
        stillness.measure(view.page)
        view.open(origins.edge.url(PLAYERS[player]))
        view.wait_playing(frames=60)
        stillness.begin(view.page)
        view.watch(3)
        for index in ORDER:
            origins.leave(index)
            view.watch(1)
            ended(origins, index)
            origins.restart(index, newer)
            view.watch(READY_SECONDS)
        found = stillness.found(view.page)
        view.page.wait_for_function("clock => (__player.clock ?? 0) > clock + 700",
                                    arg=view.last_clock(), timeout=10_000)
        view.wait_live(origins.edge.port, path=f"{BASE}playlist.m3u8", behind=500)
    print(f"{player}: {found}")
    assert found["page"] < PAUSE, found
    # Varnish passes no WebSocket, and the page plays without it.
    assert [bad for bad in view.bad_responses if not bad.endswith("/ws")] == []


def test_end_of_a_stream_is_not_an_upgrade(origins: Origins) -> None:
    """SIGTERM ends the streams: the chart and the compose file send SIGUSR2 instead."""
    newest = align(origins.edge.port, 5).last_part[0]
    with connect(origins.edge) as viewer_of_parts:
        viewer_of_parts.send(f"{BASE}playlist.m3u8?_HLS_msn={newest}")
        pause(0.2, "the edge has sent the request on")
        for program in origins.programs:
            program.process.terminate()
        answer = viewer_of_parts.read()
    assert answer.status == 200 and "#EXT-X-ENDLIST" in answer.text
