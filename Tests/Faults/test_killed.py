# SPDX-License-Identifier: Apache-2.0
"""The streamer is killed (SIGKILL) while Chromium plays, and restarted: both players continue.

With a kept socket it is restarted at once, without one after two seconds on the same port. The
players recover by themselves; pause and latency are printed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from harness.browser import Viewer, viewer
from harness.labreport import between, longest_pause, report
from harness.metrics import wait_held
from harness.newframes import wait_frames
from harness.ports import free_port
from harness.program import Program, kill, start, stop
from harness.supervisor import Supervisor
from harness.waiting import pause

PATHS = {"frames": "/", "hlsjs": "/?player=hlsjs", "ws": "/?transport=ws"}
SMALL = ["--resolution", "640x360", "--bitrate", "1000"]
# A player is live if its frames are at most this late, ms.
LIVE = 6000


def whole(milliseconds: float) -> int | None:
    """Rounded; None for infinity."""
    return None if milliseconds == float("inf") else round(milliseconds)


def describe(view: Viewer, killed: float, ready: float) -> dict[str, Any]:
    """The view of a player around a restart; times in Unix ms.

    `pause_ms` is the longest time without a newer frame, slate included; `clock_pause_ms` the same
    for frames with a burned clock, which slate does not have.
    """
    data = view.data()
    before = report(data, since=killed - 3000, until=killed)
    around = between(data, killed - 500, time.time() * 1000)
    decoded = [s for s in around if s[1] is not None]
    after = report(data, since=time.time() * 1000 - 3000)
    fresh = [s[0] for s in decoded if s[1] > ready]
    stopped, moved = longest_pause(around, 3)
    clock_stopped, clock_moved = longest_pause(decoded, 1)
    return {
        "pause_ms": whole(moved - stopped),
        "clock_pause_ms": whole(clock_moved - clock_stopped),
        "down_ms": whole(ready - killed),
        "pause_after_it_is_back_ms": whole(max(0.0, moved - ready)),
        "first_fresh_after_kill_ms": round(fresh[0] - killed) if fresh else None,
        "before": before["glass_to_glass_ms"]["p50"],
        "after": after["glass_to_glass_ms"],
        "after_span_s": after["clock_span_s"],
        "after_share": after["frames"]["share"],
        "stalls_after": after["stalls"],
        "seeks": len(data["seeks"]),
        "page_errors": data["page_errors"][-3:],
        "bad_responses": data["bad_responses"][-3:],
    }


def play_through(browser: Browser, url: str, crash: Callable[[], float], name: str) -> None:
    """Plays, lets `crash` kill and restart (it returns when the server is ready), and plays on."""
    with viewer(browser) as view:
        view.open(url)
        view.wait_playing(frames=150)
        origin = view.page.evaluate("() => performance.timeOrigin")
        killed = time.time() * 1000
        ready = crash()
        wait_frames(lambda: view.data()["samples"], ready, 150, late=LIVE)
        assert view.page.evaluate("() => performance.timeOrigin") == origin
        print(f"\n{name}: {json.dumps(describe(view, killed, ready))}")


@pytest.fixture
def kept(hlsjs: Path) -> Iterator[Supervisor]:
    """A streamer whose socket is kept by this process."""
    parent = Supervisor([*SMALL, "--hlsjs", str(hlsjs)])
    yield parent
    parent.close()


@pytest.mark.timeout(240)
@pytest.mark.parametrize("player", ["frames", "hlsjs"])
def test_players_continue_after_a_restart_with_a_kept_socket(player: str, browser: Browser,
                                                             kept: Supervisor) -> None:
    """Restarted after 0 s with a kept socket."""
    kept.run()

    def crash() -> float:
        kept.kill()
        kept.run()
        return time.time() * 1000

    play_through(browser, f"http://127.0.0.1:{kept.port}{PATHS[player]}", crash,
                 f"{player}, kept socket, 0 s")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("player", PATHS)
def test_players_continue_after_two_seconds_of_refused_connections(player: str, browser: Browser,
                                                                   hlsjs: Path) -> None:
    """Restarted on the same port after 2 s."""
    flags = ["--test-src", "--host", "127.0.0.1", "--http-port", str(free_port()), *SMALL,
             "--hlsjs", str(hlsjs)]
    running: list[Program] = [start(flags, defaults=False)]

    def crash() -> float:
        kill(running[-1])
        pause(2, "the duration of the outage")
        running.append(start(flags, defaults=False))
        return time.time() * 1000

    try:
        play_through(browser, running[0].url(PATHS[player]), crash, f"{player}, refused for 2 s")
    finally:
        stop(running[-1])


@pytest.mark.timeout(240)
def test_player_continues_after_three_crashes(browser: Browser, kept: Supervisor) -> None:
    """Killed three times within six seconds: our player is live afterwards."""
    kept.run()

    def crash() -> float:
        for _ in range(3):
            kept.kill()
            kept.run()
            pause(2, "the interval of the crashes")
        return time.time() * 1000

    play_through(browser, f"http://127.0.0.1:{kept.port}/", crash, "frames, three crashes")


@pytest.mark.timeout(60)
def test_sigterm_with_a_kept_socket_does_not_end_the_stream(kept: Supervisor) -> None:
    """SIGTERM with a supervisor's socket: no ENDLIST; players wait for the next process."""
    from harness.http1 import Closed, Later
    from harness.tunein import PLAYLIST, align
    program = kept.run()
    parent = align(kept.port, 3).last_part[0]
    held = Later(kept.port, f"{PLAYLIST}?_HLS_msn={parent + 1}")
    wait_held(kept.port, 1)
    assert stop(program) == 0
    try:
        assert "ENDLIST" not in held.result(5).text
    except (Closed, ConnectionError):
        pass
    assert kept.run().process.poll() is None
    assert align(kept.port, 1).last_part[0] >= parent
