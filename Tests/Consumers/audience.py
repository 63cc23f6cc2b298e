# SPDX-License-Identifier: Apache-2.0
"""The consumers of one scenario at one server, and the pictures of each after an event."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from consumer import LIVE_PATHS, Consumer, Order, Playing
from numbered import Film
from stage import Stage

# Frames that show that a consumer plays: two seconds.
COUNT = 50
# The limits of waits against hanging, s: for a consumer that starts, and after an event.
WITHIN, EVENT_WITHIN = 60, 40
# The media of an event that a consumer may miss, and the time until its picture returns, beyond the
# latency before.
MISSED_MS, AGAIN_SECONDS = 5000, 5.0


@dataclass
class Cell:
    """The result of a consumer: nothing in `fault` if it plays; seconds until its picture again."""

    fault: str = ""
    again: float | None = None

    def __str__(self) -> str:
        figure = "" if self.again is None else f" ({self.again:.1f} s)"
        return (self.fault or "plays") + figure


@dataclass
class Audience:
    """Running consumers by name; those of `excused` are not waited for, unless all are."""

    stage: Stage
    folder: Path
    excused: frozenset[str] = frozenset()
    playing: dict[str, Playing] = field(default_factory=dict)

    def open(self, row: Consumer, path: str = "", offset: float = 0, key: str = "") -> None:
        """Starts a consumer at its live address, or at another path."""
        base = f"http://127.0.0.1:{self.stage.port}"
        self.playing[row.name] = row.play(Order(
            base + (path or LIVE_PATHS[row.form]), self.folder, offset, key,
            f"{base}/live/clearkey" if key else ""))

    def close(self) -> None:
        """Ends all consumers."""
        for playing in self.playing.values():
            playing.close()

    def wait(self, is_done: Callable[[Playing], bool], within: float = WITHIN) -> None:
        """Waits until the condition is true of all consumers that have not ended."""
        end = time.monotonic() + within
        waited = [playing for name, playing in self.playing.items() if name not in self.excused]
        while time.monotonic() < end:
            for playing in self.playing.values():
                playing.update()
            if all(is_done(playing) or playing.has_ended
                   for playing in waited or self.playing.values()):
                return
            time.sleep(0.1)

    def joined(self, film: Film, span: int = 0) -> dict[str, Cell]:
        """Waits until all have played a film for `span` ms of media; the cells of a stream."""
        self.wait(lambda playing: has_played(playing, film, span))
        return {name: Cell(order_fault(playing, film, span))
                for name, playing in self.playing.items()}

    def again(self, before: Film, film: Film) -> dict[str, Cell]:
        """Waits until all play the film of the next publisher, and judges each."""
        self.wait(lambda playing: len(offsets(playing, film)) >= COUNT, EVENT_WITHIN)
        began, old = self.stage.began[film.number], self.stage.began[before.number]
        cells = {name: Cell(order_fault(playing, film) or missed_fault(playing, film),
                            return_seconds(playing, before, old, film, began))
                 for name, playing in self.playing.items()}
        note_late(list(cells.values()))
        return cells

    def reports(self, cells: dict[str, Cell]) -> str:
        """The last messages of the consumers with a fault."""
        return "\n".join(f"--- {name}: {cell}\n{self.playing[name].said()}"
                         for name, cell in cells.items()
                         if cell.fault and name in self.playing and name not in self.excused)


@contextmanager
def audience(stage: Stage, folder: Path, excused: Sequence[str] = ()) -> Iterator[Audience]:
    """Consumers that are ended after the block."""
    found = Audience(stage, folder, frozenset(excused))
    try:
        yield found
    finally:
        found.close()


def offsets(playing: Playing, film: Film) -> list[int]:
    """The frames of a film that were shown, each once, in the order of display."""
    return list(dict.fromkeys(offset for clock in playing.clocks()
                              if (offset := film.offset(clock)) is not None))


def has_played(playing: Playing, film: Film, span: int) -> bool:
    """Whether enough pictures of a film were shown, over `span` ms of media."""
    found = offsets(playing, film)
    return len(found) >= COUNT and max(found) - min(found) >= span


def order_fault(playing: Playing, film: Film, span: int = 0) -> str:
    """A fault in the order or the number of a film's pictures; nothing if it is played well."""
    found = offsets(playing, film)
    if not has_played(playing, film, span):
        end = ", then it ended" if playing.has_ended else ""
        over = f" over {found[-1] - found[0]} ms" if found else ""
        return f"{len(found)} pictures of {len(playing.pictures)}{over}{end}"
    if found != sorted(found):
        return "its pictures go back"
    return damage_fault(playing, film)


def damage_fault(playing: Playing, film: Film) -> str:
    """The damaged pictures from the first picture of a film on."""
    clocks = [picture.clock for picture in playing.pictures]
    first = next(at for at, clock in enumerate(clocks) if film.offset(clock) is not None)
    damaged = clocks[first:].count(None)
    return f"{damaged} damaged pictures" if damaged else ""


def note_late(cells: list[Cell]) -> None:
    """Notes a fault of each whose picture returns too late; the quickest is for diagnosis."""
    times = [cell.again for cell in cells if cell.again is not None]
    for cell in cells:
        if not cell.fault and cell.again is not None and cell.again > AGAIN_SECONDS:
            cell.fault = f"its picture returns too late; the quickest after {min(times):.1f} s"


def missed_fault(playing: Playing, film: Film) -> str:
    """The media that was missed after an event, if it is more than permitted."""
    first = offsets(playing, film)[0]
    return f"it misses {first} ms of media" if first > MISSED_MS else ""


def return_seconds(playing: Playing, before: Film, old: float, film: Film,
                   began: float) -> float | None:
    """Seconds from the next publisher to its first picture, less the latency before."""
    latencies = [picture.at - old - offset / 1000 for picture in playing.pictures
                 if (offset := before.offset(picture.clock)) is not None]
    returns = [picture.at for picture in playing.pictures
               if film.offset(picture.clock) is not None]
    if not latencies or not returns:
        return None
    return returns[0] - began - statistics.median(latencies[-COUNT:])
