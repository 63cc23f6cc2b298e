# SPDX-License-Identifier: Apache-2.0
"""ffmpeg, mpv and VLC play the MPD; a server that is killed and started again is a pause for ffmpeg."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from harness import players
from harness.program import Program
from harness.supervisor import Supervisor
from test_players import PLAYERS, plays


@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", PLAYERS)
@pytest.mark.parametrize("path", ["/live/manifest.mpd", "/ldash/play/live/manifest.mpd"])
def test_player(name: str, path: str, server: Program, recording: object, tmp_path: Path) -> None:
    """Each plays it without options (the recording lets the slate of the start slide out)."""
    plays(name, server.url(path), tmp_path)


@pytest.mark.timeout(90)
def test_vlc_numbered_run(numbered: Program, tmp_path: Path) -> None:
    """VLC plays an MPD with Period@start and five-digit numbers.

    FFmpeg 5.1, and mpv with it, leave Period@start out of the oldest number they think there is, and so ask for the
    newest complete segment again and again.
    """
    url = numbered.url("/live/manifest.mpd")
    found = PLAYERS["vlc"](url, tmp_path)
    print(found)
    assert len(found.stamps) > 150 and found.stamps == sorted(found.stamps)


@pytest.fixture(scope="module")
def numbered(binary: Path):
    """A streamer with --numbering run at 30000/1001, old enough for its slate to have left the window."""
    from harness.program import start, stop
    program = start([
        "--numbering", "run", "--framerate", "30000/1001", "--resolution", "640x360", "--bitrate",
        "800", "--history", "2"
    ])
    time.sleep(4)
    yield program
    stop(program)


@pytest.mark.timeout(60)
def test_ffmpeg_over_a_restart(binary: Path) -> None:
    """ffmpeg plays on after the server was killed and started again on the same socket."""
    supervisor = Supervisor(["--resolution", "320x180"])
    try:
        supervisor.run()
        time.sleep(2)
        found: list[players.Played] = []
        url = f"http://127.0.0.1:{supervisor.port}/live/manifest.mpd"
        thread = threading.Thread(target=lambda: found.append(players.ffmpeg(url, 14)))
        thread.start()
        time.sleep(6)
        supervisor.kill()
        time.sleep(0.5)
        back = time.time() * 1000
        supervisor.run()
        thread.join(30)
        stamps = found[0].stamps
        print(found[0], f"last {stamps[-1] - back:.0f} ms after the start")
        assert stamps[-1] > back + 3000, "nothing new is shown after the restart"
        assert stamps == sorted(stamps)
    finally:
        supervisor.close()
