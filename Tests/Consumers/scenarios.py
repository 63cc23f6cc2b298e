# SPDX-License-Identifier: Apache-2.0
"""The scenarios: each starts a server, opens the consumers, lets an event happen, judges cells."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path

from audience import COUNT, Audience, Cell, audience, offsets
from consumer import CHUNKED, HLS, MPD, MPD_PAGES, PAGES, Consumer, Playing
from harness.waiting import pause
from numbered import FIRST, OTHER, SAME, SHORT, SIZE, Film
from result import SILENCE, Result, Rows, Scenario, followed
from rewinding import END_MS, clip, past, seek
from stage import KEY, Stage, key_file, staged

# The outages of "away"; one that lasts longer than a playlist only with LONG=1.
AWAY_SECONDS = {"away-5": 5, "away": 10, "away-60": 60, "away-600": 600}
LONG_AWAY = ("away-60", "away-600")
# The media that shows that a consumer plays on, ms.
LIVE_MS = 10_000


@contextmanager
def playing_live(rows: Rows, folder: Path, excused: Sequence[str],
                 ) -> Iterator[tuple[Stage, Audience, dict[str, Cell]]]:
    """Consumers that play a publisher, with their cells so far."""
    with staged() as stage:
        stage.publish(FIRST)
        stage.wait_live()
        with audience(stage, folder, excused) as viewers:
            for row in rows:
                viewers.open(row)
            yield stage, viewers, viewers.joined(FIRST)


def live(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """A publisher that sends on."""
    with playing_live(rows, folder, excused) as (stage, viewers, _):
        cells: dict[str, Cell] = {}
        with followed(stage, 8, cells):
            cells |= viewers.joined(FIRST, LIVE_MS)
        return Result(cells, viewers.reports(cells))


def merged(before: dict[str, Cell], after: dict[str, Cell]) -> dict[str, Cell]:
    """The cells after an event; a consumer that did not play before has that fault."""
    return {name: Cell(f"before the event: {before[name].fault}") if before[name].fault else cell
            for name, cell in after.items()}


def with_event(rows: Rows, folder: Path, excused: Sequence[str], film: Film,
               event: Callable[[Stage], None], is_followed: bool = True,
               seconds: int = 20) -> Result:
    """Consumers play on after an event, whose last act is to publish `film`.

    `streamer validate` follows the stream from before the event, or from the return of a server
    that is away.
    """
    with playing_live(rows, folder, excused) as (stage, viewers, before):
        cells: dict[str, Cell] = {}
        with (followed(stage, seconds, cells, known=SILENCE) if is_followed
              else nullcontext()):
            event(stage)
            if is_followed:
                cells |= merged(before, viewers.again(FIRST, film))
        if not is_followed:
            stage.wait_live(1)
            with followed(stage, 8, cells):
                cells |= merged(before, viewers.again(FIRST, film))
        return Result(cells, viewers.reports(cells))


def killed(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """SIGKILL; the supervisor and the publisher start again at once."""
    def event(stage: Stage) -> None:
        stage.kill()
        stage.publish(SAME)
    return with_event(rows, folder, excused, SAME, event, is_followed=False)


def away(seconds: int) -> Scenario:
    """The publisher is away for some seconds."""
    def run(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
        def event(stage: Stage) -> None:
            stage.leave()
            pause(seconds, "the duration of the outage")
            stage.publish(SAME)
        return with_event(rows, folder, excused, SAME, event, seconds=seconds + 10)
    return run


def size(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """S: the next publisher has another size."""
    return with_event(rows, folder, excused, SIZE, lambda stage: stage.publish(SIZE))


def other(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """R: the next publisher has another size, rate and audio."""
    return with_event(rows, folder, excused, OTHER, lambda stage: stage.publish(OTHER))


def end(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """A stream that ends at a server that goes on: its last frame is shown, and consumers end."""
    settings = folder / "streamer.json"
    settings.write_text(json.dumps({"streams": [
        {"stream": "live", "input": str(SHORT.file()), "passthrough": "always"},
        {"stream": "next", "testSrc": True, "onDemand": True}]}))
    with staged("-c", str(settings)) as stage:
        stage.wait_live()
        cells: dict[str, Cell] = {}
        with audience(stage, folder, excused) as viewers:
            for row in rows:
                viewers.open(row)
            with followed(stage, 8, cells):
                last = (SHORT.seconds * SHORT.rate - 1) * 1000 // SHORT.rate
                viewers.wait(lambda playing: playing.has_ended, 50)
                cells |= {name: Cell(end_fault(playing, last))
                          for name, playing in viewers.playing.items()}
            return Result(cells, viewers.reports(cells))


def end_fault(playing: Playing, last: int) -> str:
    """A fault at the end of a stream."""
    found = offsets(playing, SHORT)
    if not found or len(found) < COUNT:
        return f"{len(found)} pictures of {len(playing.pictures)}"
    if not playing.has_ended:
        return f"it has not ended, {last - found[-1]} ms before the end"
    early = last - found[-1]
    return f"it ends {early} ms before the end" if early > END_MS else ""


def encrypted(rows: Rows, folder: Path, excused: Sequence[str]) -> Result:
    """Samples are encrypted by `cbcs`; consumers have the key, or the address of licences."""
    with staged("--encryption", "cbcs", "--encryption-keys", str(key_file(folder))) as stage:
        stage.publish(FIRST)
        stage.wait_live()
        with audience(stage, folder, excused) as viewers:
            for row in rows:
                viewers.open(row, key=KEY)
            counts = {row.name: counted(row) for row in rows}
            cells: dict[str, Cell] = {}
            with followed(stage, 8, cells):
                viewers.wait(lambda playing: next(
                    counts[name](playing) for name, one in viewers.playing.items()
                    if one is playing) >= COUNT)
                for name, playing in viewers.playing.items():
                    seen = counts[name](playing)
                    cells[name] = Cell("" if seen >= COUNT else f"{seen} pictures")
            return Result(cells, viewers.reports(cells))


def counted(row: Consumer) -> Callable[[Playing], int]:
    """How the pictures of an encrypted stream are counted: pages cannot read them back."""
    if row.group in (PAGES, MPD_PAGES):
        return lambda playing: len(playing.pictures)
    return lambda playing: len(offsets(playing, FIRST))


SCENARIOS: dict[str, Scenario] = {
    "live": live, "killed": killed,
    **{name: away(seconds) for name, seconds in AWAY_SECONDS.items()},
    "size": size, "other": other, "past": past, "seek": seek, "clip": clip, "end": end,
    "encrypted": encrypted,
}
# The forms of addresses that a scenario has; a file has no form.
FORMS = {"past": (HLS,), "seek": (HLS, MPD), "clip": (HLS,)}


def rows_of(scenario: str, rows: Rows) -> list[Consumer]:
    """The consumers of a scenario."""
    return [row for row in rows if row.form in FORMS.get(scenario, (HLS, CHUNKED, MPD))]
