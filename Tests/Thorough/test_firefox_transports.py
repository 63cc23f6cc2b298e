# SPDX-License-Identifier: Apache-2.0
"""The player page in Firefox by each transport, video alone and with audio, by the burned clock.

Other files have HTTP frames and hls.js with flash and beep (`test_audio_firefox.py`), other targets
and MPDs (`test_other_browsers.py`), and the transports in Chromium.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median
from typing import Any

import pytest

from harness.firefox import Firefox, firefox_running
from harness.program import Program, start, stop
from harness.waiting import wait_until

SECONDS = 5
# Added to the asked latency: the machine runs other tests at the same time.
BUSY = 200
STATE = """(({ samples, ...rest }) => ({ ...rest, samples: samples.slice(-600) }))(
  window.__player ?? { samples: [] })"""


@dataclass(frozen=True)
class Case:
    """A transport, the player that it leads to, and the asked median of the latency."""

    transport: str
    has_audio: bool
    player: str
    asked_ms: int

    def __str__(self) -> str:
        return f"{self.transport}-{'audio' if self.has_audio else 'video'}"


CASES = [
    Case("ws", False, "ws", 160), Case("ws", True, "ws", 200),
    Case("auto", False, "frames", 160), Case("auto", True, "frames", 200),
    Case("webcodecs", False, "webcodecs", 60),
    Case("webcodecs", True, "webcodecs", 60),
]


@pytest.fixture(scope="module")
def firefox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """A headless Firefox for this file."""
    with firefox_running(tmp_path_factory.mktemp("firefox")) as browser:
        yield browser


@pytest.fixture(scope="module", params=["video", "audio"])
def stream(request: pytest.FixtureRequest, binary: object) -> Iterator[tuple[Program, bool]]:
    """A stream, and whether it has audio."""
    has_audio = request.param == "audio"
    program = start(["--resolution", "640x360", "--bitrate", "700",
                     *(("--audio", "tone") if has_audio else ())])
    try:
        yield program, has_audio
    finally:
        stop(program)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("transport", ["ws", "auto", "webcodecs"])
def test_firefox_plays_near_the_asked_latency(transport: str, firefox: Firefox,
                                              stream: tuple[Program, bool]) -> None:
    """Frames follow each other without a stall, at the asked latency and what a load adds."""
    program, has_audio = stream
    case = next(case for case in CASES
                if case.transport == transport and case.has_audio == has_audio)
    for attempt in (1, 2):
        firefox.open(program.url(f"/?transport={transport}"))
        wait_until(lambda: len(state(firefox)["samples"]) >= 30, 30, "thirty frames",
                   interval=0.25)
        wait_until(lambda: is_near(state(firefox), case.asked_ms), 30,
                   "the asked latency", interval=0.25)
        before = state(firefox)
        since, clock = before["samples"][-1]
        after = wait_until(lambda: now if (now := state(firefox))["samples"][-1][1]
                           >= clock + 1000 * SECONDS else None, 4 * SECONDS,
                           "five seconds of pictures", interval=0.25)
        found = [sample for sample in after["samples"] if sample[0] > since]
        late = median(shown - clock for shown, clock in found)
        clocks = [clock for _, clock in found]
        still = stalled(after) - stalled(before)
        print(f"run {attempt}, {case}: median {late:.0f} ms, {len(set(clocks))} frames, "
              f"{still} stalls, target {after['target']}")
        assert after["player"] == case.player and after["status"] == "live"
        assert after["sound"] is has_audio and not after["errors"]
        assert clocks == sorted(clocks)
        is_whole = len(set(clocks)) > 0.5 * 30 * SECONDS
        if is_whole and not still:
            return
    raise AssertionError(f"{case}: {late:.0f} ms, {len(set(clocks))} frames, {still} stalls")


def state(firefox: Firefox) -> dict[str, Any]:
    """The state of the page."""
    return firefox.evaluate(STATE)


def is_near(found: dict[str, Any], asked_ms: float) -> bool:
    """Whether the last second of pictures is near the asked latency, which a stall raises."""
    last, most = found["samples"][-30:], max(asked_ms, 1000 * found["target"]) + BUSY
    return len(last) == 30 and median(shown - clock for shown, clock in last) < most


def stalled(found: dict[str, Any]) -> int:
    """The number of stalls so far."""
    return len(found["stalls"])
