# SPDX-License-Identifier: Apache-2.0
"""ffmpeg, mpv and VLC play the MPD; ffmpeg continues after a restart of the server."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from harness import players
from harness.metrics import total
from harness.program import Program
from harness.supervisor import Supervisor
from harness.tunein import next_segments
from harness.waiting import pause, wait_until
from test_players import PLAYERS, plays


@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", PLAYERS)
@pytest.mark.parametrize("path", ["/live/manifest.mpd", "/ldash/play/live/manifest.mpd"])
def test_player_plays_the_mpd(name: str, path: str, server: Program, recording: object,
                              tmp_path: Path) -> None:
    """Each plays the MPD without options; the recording lets the slate leave the window first."""
    plays(name, server.url(path), tmp_path)


@pytest.mark.timeout(90)
def test_vlc_plays_numbering_run(numbered: Program, tmp_path: Path) -> None:
    """VLC plays an MPD with Period@start and five-digit numbers.

    FFmpeg 5.1, and mpv with it, ignore Period@start in the oldest number, and therefore request the
    newest complete segment repeatedly.
    """
    url = numbered.url("/live/manifest.mpd")
    found = PLAYERS["vlc"](url, tmp_path)
    print(found)
    assert len(found.clocks) > 150 and found.clocks == sorted(found.clocks)


@pytest.fixture(scope="module")
def numbered(binary: Path):
    """A streamer with --numbering run at 30000/1001 whose slate has left the window."""
    from harness.program import start, stop
    program = start([
        "--numbering", "run", "--framerate", "30000/1001", "--resolution", "640x360", "--bitrate",
        "800", "--history", "2"
    ])
    next_segments(program.port, 4)
    yield program
    stop(program)


def sent(port: int) -> float:
    """The number of segments that were sent."""
    return total(port, "streamer_requests_total", kind="segment", code="200")


@pytest.mark.timeout(60)
def test_ffmpeg_continues_after_a_restart(binary: Path) -> None:
    """ffmpeg continues after the server was killed and restarted with the same socket."""
    supervisor = Supervisor(["--resolution", "320x180"])
    try:
        supervisor.run()
        next_segments(supervisor.port, 2)
        found: list[players.Played] = []
        url = f"http://127.0.0.1:{supervisor.port}/live/manifest.mpd"
        thread = threading.Thread(target=lambda: found.append(players.ffmpeg(url, 20)))
        thread.start()
        wait_until(lambda: sent(supervisor.port) >= 4, 30, "ffmpeg reads segments")
        supervisor.kill()
        pause(0.5, "the duration of the outage")
        back = time.time() * 1000
        supervisor.run()
        thread.join(30)
        clocks = found[0].clocks
        print(found[0], f"last {clocks[-1] - back:.0f} ms after the start")
        assert clocks[-1] > back + 3000, "no new frame after the restart"
        assert clocks == sorted(clocks)
    finally:
        supervisor.close()
