# SPDX-License-Identifier: Apache-2.0
"""The result of a scenario, and the rules that the bytes of the stream obey meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from audience import Cell
from consumer import Consumer
from harness.validation import Following
from stage import Stage

VALIDATED = "streamer validate"
# A known finding of docs/validate.md: an MPD announces segments by the clock until its source is
# known to be silent.
SILENCE = "segment-in-time"
# A playlist of the past with an end does not change: caches may keep it for longer.
LIFETIME, FROM = "playlist-lifetime", "/from/"
LIVE = ("/live.m3u8", "/live/manifest.mpd")
Rows = Sequence[Consumer]


@dataclass
class Result:
    """The cells of a scenario, and the last messages of consumers with a fault."""

    cells: dict[str, Cell]
    reports: str


Scenario = Callable[[Rows, Path, Sequence[str]], Result]


@contextmanager
def followed(stage: Stage, seconds: int, cells: dict[str, Cell], *paths: str,
             known: str = "") -> Iterator[None]:
    """`streamer validate` follows playlists and MPDs beside a block; adds its cell.

    Findings of the rule `known` in an MPD are expected.
    """
    base = f"http://127.0.0.1:{stage.port}"
    follower = Following(seconds, [base + path for path in paths or LIVE])
    try:
        yield
        cells[VALIDATED] = Cell(findings(follower, known))
    finally:
        follower.close()


def findings(follower: Following, known: str) -> str:
    """The rules of the level must that the bytes of the stream break, as one fault."""
    results = follower.results()
    failures = [result["failure"] for result in results if result["failure"]]
    broken = [f"{one['rule']} {one['url']}: {one['seen']}" for result in results
              for one in result["findings"]
              if one["level"] == "must" and not (one["rule"] == LIFETIME and FROM in one["url"])
              and not (one["rule"] == known and ".mpd" in result["url"])]
    return "; ".join([*failures, *broken])
