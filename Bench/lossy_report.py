# SPDX-License-Identifier: Apache-2.0
"""The figures of a player behind a line, and their table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

FRAME_MS = 1000 / 30
STALL_MS = 200  # beyond the duration of a frame, as everywhere
NEAR_MS = 100  # a latency this much above that before the disturbance counts as back
# Asked: the latency p95 by line and player, the longest time of one picture, and the way back.
P95_MS = {"webcodecs": 100, "frames": 160, "frames-h2": 160, "ws": 160}
FACTORS = {"0/50": 1.0, "0.5/50": 1.0, "1/50": 1.0, "3/50": 1.3}
STANDING_MS, BACK_S = 300, 10.0

Sample = tuple[float, float]


@dataclass
class Cell:
    """One player behind one line. Times are Unix ms, samples (shown, burned clock)."""

    line: str
    player: str
    congestion: str
    is_again: bool = False
    load: float = 0
    samples: list[Sample] = field(default_factory=list)
    calm_since: float = 0
    begin: float = 0
    disturbed_until: float = 0
    end: float = 0
    until: float = 0
    received: int = 0
    renditions: list[str] = field(default_factory=list)
    problem: str = ""

    def between(self, since: float, until: float) -> list[Sample]:
        """The samples shown between two times."""
        return [sample for sample in self.samples if since <= sample[0] <= until]

    def percentile(self, share: float) -> float | None:
        """The latency in ms, from the first disturbance to the end of the line's course."""
        return percentile([shown - clock for shown, clock in self.between(self.begin, self.end)],
                          share)

    def calm(self) -> float | None:
        """The median latency before the first disturbance, ms."""
        return percentile([shown - clock for shown, clock in
                           self.between(self.calm_since, self.begin)], 0.5)

    def pauses(self) -> list[float]:
        """How long each picture stood, ms, until `until`, also the last one."""
        newest, last, found = 0.0, self.begin, []
        for shown, clock in self.between(self.begin, self.until):
            if clock > newest:
                newest = clock
                found.append(shown - last)
                last = shown
        return [*found, self.until - last]

    def stalls(self) -> int:
        """The number of pictures that stood for too long."""
        return sum(pause > STALL_MS + FRAME_MS for pause in self.pauses())

    def back(self) -> float | None:
        """Seconds from the last disturbance until the latency stays as before; None if never."""
        calm = self.calm()
        after = self.between(self.disturbed_until, self.until)
        if calm is None or not after or self.until - after[-1][0] > STALL_MS + FRAME_MS:
            return None
        late = [shown for shown, clock in after if shown - clock > calm + NEAR_MS]
        if late and self.until - late[-1] < 1000:
            return None
        # A picture that stood at first is late too.
        back = late[-1] if late else after[0][0]
        return max(0.0, back - self.disturbed_until) / 1000

    def misses(self) -> list[str]:
        """The bounds that the cell does not keep."""
        if self.problem:
            return ["did not play"]
        found = []
        factor, late = FACTORS.get(self.line), self.percentile(0.95)
        most = P95_MS.get(self.player)
        if factor and most and (late is None or late > most * factor):
            found.append(f"p95 > {most * factor:.0f} ms")
        if factor and max(self.pauses()) > STANDING_MS * factor:
            found.append(f"picture > {STANDING_MS * factor:.0f} ms")
        back = self.back()
        if back is None or back > BACK_S:
            found.append("stays late")
        return found


def percentile(values: Sequence[float], share: float) -> float | None:
    """The value below which a `share` (0 to 1) of the values is."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def number(value: float | None, form: str = ".0f") -> str:
    """A figure, or a dash."""
    return "–" if value is None else format(value, form)


HEAD = ("line", "player", "congestion", "load", "before", "p50", "p95", "p99", "longest picture",
        "stalls", "back after", "MB", "renditions", "misses")


def row(cell: Cell) -> str:
    """A row of the table."""
    name = cell.player + (", again" if cell.is_again else "")
    if cell.problem:
        words = [cell.line, name, cell.congestion, number(cell.load, ".1f"), cell.problem]
        return "| " + " | ".join(words + [""] * (len(HEAD) - len(words))) + " |"
    back = cell.back()
    words = [cell.line, name, cell.congestion, number(cell.load, ".1f"), number(cell.calm()),
             *(number(cell.percentile(share)) for share in (0.5, 0.95, 0.99)),
             number(max(cell.pauses())), str(cell.stalls()),
             "never" if back is None else f"{back:.1f}", number(cell.received / 1e6, ".1f"),
             ", ".join(cell.renditions) or "–", ", ".join(cell.misses()) or "none"]
    return "| " + " | ".join(words) + " |"


def table(cells: Sequence[Cell]) -> str:
    """The table as Markdown; times are in ms, the way back in s."""
    return "\n".join(["| " + " | ".join(HEAD) + " |", "|" + "---|" * len(HEAD),
                      *(row(cell) for cell in cells)])
