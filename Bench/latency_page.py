# SPDX-License-Identifier: Apache-2.0
"""The report of `make latency` as one page without other files: plots as SVG, table, machine."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass, field

WIDTH, LEAST_HEIGHT = 860, 300
LEGEND_ROW = 30
LEFT, RIGHT, TOP, BOTTOM = 52, 215, 16, 34
COLOURS = ("#1d4ed8", "#dc2626", "#15803d", "#9333ea", "#ea9a0c", "#0891b2", "#db2777", "#475569")
DASHES = ("", "6 3", "2 2", "9 3 2 3", "1 4")


@dataclass
class Series:
    """One player in one browser: (second, milliseconds) of its frames, and its figures."""

    name: str
    readings: list[tuple[float, float]] = field(default_factory=list)
    first_frame_ms: float | None = None
    # From the start of the player in a loaded page.
    first_picture_ms: float | None = None
    stalls: int | None = None
    browser_cpu: float | None = None
    server_cpu: float | None = None
    problem: str = ""

    def percentile(self, share: float) -> float | None:
        """The latency below which a `share` (0 to 1) of the frames is."""
        ordered = sorted(late for _, late in self.readings)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def limit(values: list[float]) -> float:
    """A round number above nearly all values, for the end of an axis."""
    ordered = sorted(values)
    most = ordered[min(len(ordered) - 1, int(0.995 * len(ordered)))] if ordered else 1
    return next(step for step in (100, 200, 300, 500, 750, 1000, 1500, 2000, 3000, 5000, 10_000,
                                  30_000, 1e9) if step >= most * 1.05)


def plot_height(rows: int) -> int:
    """The height of a plot with the names of `rows` series beside it."""
    return max(LEAST_HEIGHT, TOP + rows * LEGEND_ROW + BOTTOM)


def frame(title: str, x_name: str, y_name: str, x_most: float, y_most: float, rows: int,
          y_unit: str = "") -> list[str]:
    """Axes, grid and names of a plot with this number of series."""
    whole = plot_height(rows)
    inner, height = WIDTH - LEFT - RIGHT, whole - TOP - BOTTOM
    made = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {whole}" role="img" '
            f'aria-label="{html.escape(title)}" font-family="sans-serif" font-size="12">',
            f'<rect width="{WIDTH}" height="{whole}" fill="#fff"/>']
    for step in range(6):
        x, y = LEFT + inner * step / 5, TOP + height * step / 5
        made.append(f'<path d="M{x:.1f} {TOP}V{TOP + height}M{LEFT} {y:.1f}H{LEFT + inner}" '
                    'stroke="#e5e7eb"/>')
        made.append(f'<text x="{x:.1f}" y="{TOP + height + 16}" text-anchor="middle" '
                    f'fill="#374151">{x_most * step / 5:g}</text>')
        made.append(f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end" fill="#374151">'
                    f'{y_most * (5 - step) / 5:g}{y_unit}</text>')
    made.append(f'<text x="{LEFT + inner}" y="{whole - 3}" text-anchor="end" fill="#374151">'
                f'{x_name}</text>')
    made.append(f'<text x="{LEFT}" y="{whole - 3}" fill="#374151">{y_name}</text>')
    return made


def strokes(names: Sequence[str]) -> list[str]:
    """The attributes of a line for each series, no two alike.

    A player, the name before the last comma, has one colour, and a dash per further browser.
    """
    players = list(dict.fromkeys(name.rpartition(", ")[0] or name for name in names))
    made: list[str] = []
    for name in names:
        place = players.index(name.rpartition(", ")[0] or name)
        choices = [f'stroke="{colour}"' + (f' stroke-dasharray="{dash}"' if dash else "")
                   for turn in range(len(COLOURS)) for dash in DASHES
                   for colour in [COLOURS[(place + turn) % len(COLOURS)]]]
        made.append(next((one for one in choices if one not in made), choices[0]))
    return made


def legend(made: list[str], row: int, name: str, note: str, stroke: str) -> None:
    """Adds the name of a series."""
    x, y = WIDTH - RIGHT + 10, TOP + 10 + row * LEGEND_ROW
    made.append(f'<path d="M{x} {y - 4}h20" fill="none" {stroke} stroke-width="2.4"/>'
                f'<text x="{x + 26}" y="{y}" fill="#111827">{html.escape(name)}</text>'
                f'<text x="{x + 26}" y="{y + 13}" fill="#6b7280" font-size="11">{note}</text>')


def line(points: list[tuple[float, float]], stroke: str) -> str:
    """A line through points in the units of the picture."""
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    return f'<path d="M{path}" fill="none" {stroke} stroke-width="1.6"/>' if path else ""


def over_time(every: list[Series]) -> str:
    """Latency over time: the median of each half second."""
    played = [one for one in every if one.readings]
    seconds = max((at for one in played for at, _ in one.readings), default=1)
    most = limit([late for one in played for _, late in one.readings])
    made = frame("latency over time", "seconds", "glass to glass, ms", round(seconds), most,
                 len(played))
    inner, height = WIDTH - LEFT - RIGHT, plot_height(len(played)) - TOP - BOTTOM
    for row, (one, stroke) in enumerate(zip(played, strokes([one.name for one in played]))):
        bins: dict[int, list[float]] = {}
        for at, late in one.readings:
            bins.setdefault(int(at * 2), []).append(late)
        points = [(LEFT + inner * min(1, (slot / 2 + 0.25) / seconds),
                   TOP + height * (1 - min(1, sorted(found)[len(found) // 2] / most)))
                  for slot, found in sorted(bins.items())]
        note = f"p50 {one.percentile(0.5):.0f} ms"
        legend(made, row, one.name, note, stroke)
        made.append(line(points, stroke))
    return "\n".join([*made, "</svg>"])


def distribution(every: list[Series]) -> str:
    """The share of frames with at most a latency."""
    played = [one for one in every if one.readings]
    most = limit([late for one in played for _, late in one.readings])
    made = frame("distribution of latency", "glass to glass, ms", "share of frames", most, 100,
                 len(played), " %")
    inner, height = WIDTH - LEFT - RIGHT, plot_height(len(played)) - TOP - BOTTOM
    for row, (one, stroke) in enumerate(zip(played, strokes([one.name for one in played]))):
        points = []
        for step in range(201):
            value = one.percentile(step / 200)
            if value is None:
                continue
            points.append((LEFT + inner * min(1, max(0, value / most)),
                           TOP + height * (1 - step / 200)))
        note = f"p99 {one.percentile(0.99):.0f} ms"
        legend(made, row, one.name, note, stroke)
        made.append(line(points, stroke))
    return "\n".join([*made, "</svg>"])


def cell(value: float | None, unit: str = "") -> str:
    """A number for the table."""
    return "–" if value is None else f"{value:.0f}{unit}"


def table(every: list[Series]) -> str:
    """One row per player."""
    rows = []
    for one in every:
        if one.problem:
            rows.append(f"<tr><th>{html.escape(one.name)}</th><td colspan=8>"
                        f"{html.escape(one.problem)}</td></tr>")
            continue
        cells = [cell(one.first_frame_ms, " ms"), cell(one.first_picture_ms, " ms"),
                 cell(one.percentile(0.5), " ms"), cell(one.percentile(0.95), " ms"),
                 cell(one.percentile(0.99), " ms"),
                 cell(one.stalls), cell(one.browser_cpu, " %"), cell(one.server_cpu, " %")]
        rows.append(f"<tr><th>{html.escape(one.name)}</th>"
                    + "".join(f"<td>{value}</td>" for value in cells) + "</tr>")
    head = "".join(f"<th>{name}</th>" for name in
                   ("", "first frame", "first picture after connect", "p50", "p95", "p99", "stalls",
                    "CPU of the browser", "CPU of the server"))
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


STYLE = """body{font:16px/1.5 sans-serif;max-width:900px;margin:2rem auto;padding:0 1rem;
color:#111827;background:#fff}svg{width:100%;height:auto}table{border-collapse:collapse;width:100%}
td{white-space:nowrap}td,th{padding:.3rem .6rem;text-align:right;border-bottom:1px solid #e5e7eb;
font-weight:normal}
tbody th,thead th:first-child{text-align:left}dt{color:#6b7280}dd{margin:0 0 .4rem}
code{background:#f3f4f6;padding:.1rem .3rem}"""


def page(every: list[Series], facts: dict[str, str], command: str, when: str) -> str:
    """The whole report."""
    listed = "".join(f"<dt>{html.escape(name)}</dt><dd>{html.escape(text)}</dd>"
                     for name, text in facts.items())
    return f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Latency of streamer, {html.escape(when)}</title>
<style>{STYLE}</style>
<h1>Latency of streamer</h1>
<p>{html.escape(when)}. Glass to glass is the time at which a frame is shown, minus the frame time
that the test pattern has burned into it. Encoder, server, browser and viewers share one machine and
its clock.</p>
<h2>Over time</h2>
{over_time(every)}
<h2>Distribution</h2>
{distribution(every)}
<h2>Figures</h2>
{table(every)}
<p>One core is 100 %. The first frame counts from the request for the page. The first picture after
connect counts from the start of &lt;live-player&gt; in a page that is loaded, as the median of
several starts. A stall is a time of more than 0.2 s, beyond the duration of a frame, without a
newer one, for all players.</p>
<h2>Machine and versions</h2>
<dl>{listed}</dl>
<h2>To repeat</h2>
<p><code>{html.escape(command)}</code></p>
</html>
"""
