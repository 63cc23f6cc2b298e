# SPDX-License-Identifier: Apache-2.0
"""The report of `make latency` is one page with the figures of the players."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from harness.tools import ROOT, chromium, need


sys.path.insert(0, str(ROOT / "Bench"))

import latency  # noqa: E402
from latency_page import (  # noqa: E402
    Series,
    distribution,
    over_time,
    page,
)


def test_report_has_the_figures_of_a_player(tmp_path: Path) -> None:
    """Chromium plays; the page has its row, both plots, and nothing from elsewhere."""
    if not chromium():
        need("chromium", "the report of latencies")
    target, plot = tmp_path / "latency.html", tmp_path / "latency.svg"
    subprocess.run([sys.executable, str(ROOT / "Bench/latency.py"), "--seconds", "2", "--viewers",
                    "5", "--starts", "2", "--players", "frame player", "--browsers", "chromium",
                    "--out", str(target), "--plot", str(plot)], check=True, timeout=60)
    text = target.read_text()
    row = re.search(r"<tr><th>frame player, Chromium</th>(.+?)</tr>", text)
    assert row, text
    cells = re.findall(r"<td>([^<]*)</td>", row.group(1))
    assert len(cells) == 8, cells
    # The first picture after connect, and the median latency.
    assert all(int(cells[index].split()[0]) > 0 for index in (1, 2)), cells
    assert text.count("<svg") == 2 and plot.read_text().startswith("<svg")
    assert not re.search(r"(?:src|href)=", text)


def test_a_player_that_does_not_play_is_named() -> None:
    """A failed player has a row with its reason, and no line in the plots."""
    every = [Series("plays", [(0.1, 100.0), (0.6, 120.0)], 300, 0, 10, 20),
             Series("<fails>", problem="not played: no <video>")]
    text = page(every, {"Machine": "a & b"}, "make latency", "today")
    assert "<tr><th>&lt;fails&gt;</th><td colspan=8>not played: no &lt;video&gt;</td></tr>" in text
    assert "a &amp; b" in text
    for plot in (over_time(every), distribution(every)):
        assert "plays" in plot and "fails" not in plot


def test_each_series_has_its_own_line_and_name() -> None:
    """Twelve series: no two lines are alike, all names are within the picture."""
    players = ["WebCodecs", "frame player", "WebSocket", "hls.js", "MPD, own player", "dash.js"]
    for names in ([f"{player}, {browser}" for player in players
                   for browser in ("Chromium", "Firefox")], [f"player {one}" for one in range(20)]):
        every = [Series(name, [(0.1, 100.0 + row), (0.9, 120.0)])
                 for row, name in enumerate(names)]
        for plot in (over_time(every), distribution(every)):
            view = re.search(r'viewBox="0 0 (\d+) (\d+)"', plot)
            assert view
            lines = re.findall(r'fill="none" (stroke="#\w+"(?: stroke-dasharray="[^"]+")?) '
                               r'stroke-width="1.6"', plot)
            assert len(lines) == len(set(lines)) == len(names)
            for name in names:
                place = re.search(rf'<text x="(\d+)" y="(\d+)" fill="#111827">{name}<', plot)
                assert place and int(place[2]) + 13 <= int(view[2])
    pair = [re.findall(r'd="M\d+ \d+h20" fill="none" stroke="(#\w+)"', over_time(
        [Series(name, [(0.1, 100.0)]) for name in ("hls.js, Chromium", "hls.js, Firefox")]))]
    assert pair[0][0] == pair[0][1], "one colour per player"


def test_stalls_have_one_definition() -> None:
    """More than 0.2 s beyond the duration of a frame without a newer frame, also at the end."""
    frames = [(1000 + frame * 1000 / 30, 900 + frame * 1000 / 30) for frame in range(300)]

    def stalls(samples: list[tuple[float, float]], until: float = 10_990) -> int | None:
        series = Series("x")
        latency.take(series, samples, 1000, until)
        return series.stalls

    assert stalls(frames) == 0
    # Five frames of 33 ms are missing, then seven.
    assert stalls(frames[:100] + frames[105:]) == 0
    assert stalls(frames[:100] + frames[107:]) == 1
    # An older frame is no newer one.
    assert stalls([(at, clock if not 100 <= row < 110 else 0)
                   for row, (at, clock) in enumerate(frames)]) == 1
    assert stalls(frames[:200]) == 1 and stalls([]) == 1
    series = Series("x")
    latency.take(series, frames, 3000, 5000)
    assert len(series.readings) == 61 and series.readings[0][1] == 100


def test_percentiles_are_those_of_the_frames() -> None:
    """p50, p95 and p99 of a hundred frames."""
    series = Series("x", [(0, float(late)) for late in range(100)])
    assert [series.percentile(share) for share in (0.5, 0.95, 0.99)] == [50, 95, 99]
    assert Series("none").percentile(0.5) is None
