# SPDX-License-Identifier: Apache-2.0
"""Players behind a line that loses half of its packets for a moment, or all for 2 s, return.

Server and browser have a network namespace each, with the line of `make lossy` between them, which
measures how soon they return, and how long a picture stands still.
"""

from __future__ import annotations

import os
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from fetch_hlsjs import script_flags
from harness.lossyline import ADDRESS, Line, line
from harness.ownnetwork import in_own_network, need_own_network
from harness.program import start, stop
from harness.tools import ROOT
from harness.waiting import pause, wait_until

sys.path.insert(0, str(ROOT / "Bench"))

from lossy_lines import Setting, apply  # noqa: E402
from lossy_report import Cell, number, percentile  # noqa: E402
from lossy_view import VIEWERS, Watch, browser_at  # noqa: E402

PLAYERS = ("frames", "ws", "webcodecs", "hlsjs")
LADDER = ["--rendition", "640x360@1000", "--rendition", "320x180@300"]
CALM = Setting(delay=0.025)  # a round trip of 50 ms
SETTLE, MEASURED = 4.0, 2.0  # s
# How long a player has to stay at its latency from before, and the longest wait for that, s.
STAYS, WITHIN = 2.0, 60.0


@dataclass(frozen=True)
class Disturbance:
    """A loss (0–1) of each direction, for some seconds."""

    name: str
    loss: float
    seconds: float


DISTURBANCES = (Disturbance("burst", 0.5, 0.5), Disturbance("silence", 1, 2))


def disturbed(cell: Cell, one: Disturbance, path: Line, watch: Watch) -> None:
    """Fills a cell with the calm time before a disturbance, and the time after it."""
    cell.calm_since = time.time() * 1000
    watch.until(time.monotonic() + MEASURED)
    cell.begin = time.time() * 1000
    apply(path, Setting(loss=one.loss, delay=CALM.delay))
    pause(one.seconds, "the disturbance is not longer because the page answers late")
    apply(path, CALM)
    cell.disturbed_until = time.time() * 1000

    def stays() -> bool:
        watch.until(time.monotonic() + 1)
        cell.until = cell.end = time.time() * 1000
        watch.ask()  # the page may have answered late: its newest frames were shown before
        cell.samples = sorted(watch.found.items())
        back = cell.back()
        return back is not None and cell.until - cell.disturbed_until > 1000 * (back + STAYS)

    wait_until(stays, WITHIN, f"the latency from before, after {one.name}", interval=0)
    cell.renditions = list(watch.seen)
    cell.load = os.getloadavg()[0]


def played(player: str, folder: Path) -> None:
    """A player in Chromium behind the line, that returns after each disturbance."""
    with line(folder) as path:
        program = start(["--host", ADDRESS, "--http-port", "0", "--test-src", *LADDER,
                         *script_flags()], defaults=False)
        try:
            apply(path, CALM)
            with browser_at(path.far, program, folder) as view:
                view.open(f"http://{ADDRESS}:{program.port}{VIEWERS[player]}")
                watch = Watch(view, player == "webcodecs")

                def plays() -> bool:
                    watch.until(time.monotonic() + 0.5)
                    return len(watch.found) > 30

                wait_until(plays, 30, "the page plays", interval=0)
                watch.until(time.monotonic() + SETTLE)
                target = float(view.page.evaluate("() => __player.target")) * 1000
                for one in DISTURBANCES:
                    cell = Cell(one.name, player, "default")
                    disturbed(cell, one, path, watch)
                    show(cell, target)
        finally:
            stop(program)


def show(cell: Cell, target: float) -> None:
    """Prints the figures of a disturbance. `target` in ms."""
    calm, back, longest = cell.calm(), cell.back(), max(cell.pauses()) / 1000
    steps = range(round(cell.disturbed_until), round(cell.until), 1000)
    late = [number(percentile([shown - clock for shown, clock in cell.between(at, at + 1000)], 0.5))
            for at in steps]
    print(f"{cell.player}, {cell.line}: target {target:.0f} ms, before {number(calm)} ms, a "
          f"picture for {longest:.2f} s, back after {number(back, '.1f')} s, "
          f"{', '.join(cell.renditions)}, load {cell.load:.1f}; ms each second: {' '.join(late)}")


@pytest.mark.timeout(240)
@pytest.mark.parametrize("player", PLAYERS)
def test_player_returns_after_losses(player: str, tmp_path: Path,
                                     request: pytest.FixtureRequest) -> None:
    """After each disturbance the player is at its latency from before, and stays there."""
    need_own_network("a line with losses")
    if player == "hlsjs":
        request.getfixturevalue(player)
    in_own_network(lambda: played(player, tmp_path))
