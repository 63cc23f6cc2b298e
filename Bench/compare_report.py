# SPDX-License-Identifier: Apache-2.0
"""The report of `make compare`: a table of what was measured, and the peers that were not."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

HEAD = ("server", "player", "glass to glass p50 / p95, s", "first picture, s", "CPU, % of a core",
        "memory, MB", "rules broken", "server killed, s", "source killed, s")


@dataclass
class Cell:
    """What one player showed of one server."""

    peer: str
    player: str
    late_ms: list[float] = field(default_factory=list)
    first_ms: list[float] = field(default_factory=list)
    cpu: float | None = None
    memory_mb: float | None = None
    # Rules of the level must with their number of findings; None if the stream cannot be followed.
    broken: dict[str, int] | None = None
    is_validated: bool = False
    # Seconds without a newer picture; None if none came while it was observed.
    restart_s: float | None = None
    source_s: float | None = None
    is_restarted: bool = False
    is_starved: bool = False
    problem: str = ""

    def percentile(self, share: float) -> float | None:
        """The latency in ms below which a `share` (0 to 1) of the frames is."""
        ordered = sorted(self.late_ms)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None

    @property
    def first(self) -> float | None:
        """The median time from opening the page to the first picture, in ms."""
        ordered = sorted(self.first_ms)
        return ordered[len(ordered) // 2] if ordered else None


def _seconds(milliseconds: float | None) -> str:
    return "-" if milliseconds is None else f"{milliseconds / 1000:.2f}"


def _gap(is_measured: bool, seconds: float | None, observed: float) -> str:
    if not is_measured:
        return "-"
    return f"none in {observed:g}" if seconds is None else f"{seconds:.1f}"


def _rules(cell: Cell) -> str:
    if not cell.is_validated:
        return "-"
    if cell.broken is None:
        return "cannot be followed"
    return ", ".join(f"`{rule}`" for rule in sorted(cell.broken)) or "none"


def row(cell: Cell, observed: float) -> str:
    """A row of the table."""
    late = f"{_seconds(cell.percentile(0.5))} / {_seconds(cell.percentile(0.95))}"
    words = (cell.peer, cell.player, late, _seconds(cell.first),
             "-" if cell.cpu is None else f"{100 * cell.cpu:.1f}",
             "-" if cell.memory_mb is None else f"{cell.memory_mb:.0f}", _rules(cell),
             _gap(cell.is_restarted, cell.restart_s, observed),
             _gap(cell.is_starved, cell.source_s, observed))
    return "| " + " | ".join(words) + " |"


def _amount(name: str, figure: float) -> str:
    """A figure with its unit."""
    if name in ("glass to glass", "first picture"):
        return f"{figure / 1000:.2f} s"
    if name == "CPU":
        return f"{100 * figure:.1f} %"
    if name == "memory":
        return f"{figure:.0f} MB"
    return "no picture" if figure == math.inf else f"{figure:.1f} s"


def _outage(is_measured: bool, seconds: float | None) -> float | None:
    """The seconds without a picture, for an order: a player that showed none is the last."""
    return math.inf if is_measured and seconds is None else seconds


def lost(cells: list[Cell], own: str) -> list[str]:
    """The figures that another server has lower than `own` with the same player."""
    figures = {
        "glass to glass": lambda cell: cell.percentile(0.5),
        "first picture": lambda cell: cell.first,
        "CPU": lambda cell: cell.cpu, "memory": lambda cell: cell.memory_mb,
        "server killed": lambda cell: _outage(cell.is_restarted, cell.restart_s),
        "source killed": lambda cell: _outage(cell.is_starved, cell.source_s)}
    found: list[str] = []
    for ours in (cell for cell in cells if cell.peer == own):
        for other in cells:
            if other.peer == own or other.player != ours.player:
                continue
            for name, figure in figures.items():
                mine, theirs = figure(ours), figure(other)
                if mine is not None and theirs is not None and theirs < mine:
                    found.append(
                        f"{name} with {ours.player}: {other.peer} has {_amount(name, theirs)}, "
                        f"{own} {_amount(name, mine)}")
    return found


def report(cells: list[Cell], missing: dict[str, str], facts: dict[str, str],
           observed: float, own: str = "streamer") -> str:
    """The report as Markdown."""
    lines = [f"- {name}: {fact}" for name, fact in facts.items()]
    lines += ["", "| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD)]
    lines += [row(cell, observed) for cell in cells]
    for title, listed in (
            ("Not measured to the end:", [f"{cell.peer}, {cell.player}: {cell.problem}"
                                          for cell in cells if cell.problem]),
            ("Not run:", [f"{name}: {why}" for name, why in missing.items()]),
            (f"Where {own} loses:", lost(cells, own))):
        if listed:
            lines += ["", title, "", *(f"- {one}" for one in listed)]
    return "\n".join(lines) + "\n"
