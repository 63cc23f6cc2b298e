# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of two programs that are measured in turns: ratios, their spread, and the noise.

In each round two builds of the older commit are measured. The ratio of these two shows how far
figures of one program differ on this machine, which is the noise of the other ratio.
"""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass, field

HEAD = ("| cell | unit | older | this | this ÷ older | spread | noise | |\n"
        "|---|---|---|---|---|---|---|---|")


@dataclass(frozen=True)
class Round:
    """One round of a cell: both builds of the older program, and this one; positive figures."""

    older: float
    again: float
    this: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(figure) and figure > 0
                   for figure in (self.older, self.again, self.this)):
            raise ValueError(f"no ratio of {self.older}, {self.again} and {self.this}")

    @property
    def ratio(self) -> float:
        """This program over the geometric mean of the older one's figures."""
        return self.this / math.sqrt(self.older * self.again)

    @property
    def noise(self) -> float:
        """The larger of the older program's figures over the smaller, at least 1."""
        return max(self.older, self.again) / min(self.older, self.again)


@dataclass
class Result:
    """All rounds of a cell, or the reason for their absence. Less is better in each cell."""

    name: str
    unit: str
    rounds: list[Round] = field(default_factory=list)
    absent: str = ""

    def ratio(self) -> float:
        """The median of the ratios."""
        return statistics.median(one.ratio for one in self.rounds)

    def spread(self) -> tuple[float, float]:
        """The smallest and the largest ratio."""
        ratios = [one.ratio for one in self.rounds]
        return min(ratios), max(ratios)

    def noise(self) -> float:
        """The largest noise of a round."""
        return max(one.noise for one in self.rounds)

    def verdict(self) -> str:
        """"more" or "less" if all ratios are beyond the noise on one side, else "equal"."""
        least, most = self.spread()
        if least > self.noise():
            return "more"
        return "less" if most < 1 / self.noise() else "equal"


def row(result: Result) -> str:
    """The row of a cell."""
    if not result.rounds:
        return f"| {result.name} | {result.unit} | NOT RUN: {result.absent} | | | | | |"
    older = statistics.median(figure for one in result.rounds for figure in (one.older, one.again))
    this = statistics.median(one.this for one in result.rounds)
    least, most = result.spread()
    noise = result.noise()
    return (f"| {result.name} | {result.unit} | {figure(older)} | {figure(this)} "
            f"| {result.ratio():.3f} | {least:.3f}–{most:.3f} | {1 / noise:.3f}–{noise:.3f} "
            f"| {result.verdict()} |")


def figure(value: float) -> str:
    """Three digits, or all digits before the point."""
    digits = max(0, 2 - math.floor(math.log10(value)))
    return f"{value:.{digits}f}"


def table(results: list[Result]) -> str:
    """The table of all cells."""
    return "\n".join([HEAD, *map(row, results)])


def turns(number: int) -> list[str]:
    """The order of a round: each program is first, second and last in one of three rounds."""
    names = ["older", "this", "again"]
    first = number % len(names)
    return names[first:] + names[:first]
