# SPDX-License-Identifier: Apache-2.0
"""The report of `make latency` is one page with the figures of the players."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from harness.tools import ROOT, chromium, need

sys.path.insert(0, str(ROOT / "Bench"))

from latency_page import Series, distribution, over_time, page  # noqa: E402


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
    assert all(0 < int(cells[index].split()[0]) < 3000 for index in (1, 2)), cells
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


def test_percentiles_are_those_of_the_frames() -> None:
    """p50, p95 and p99 of a hundred frames."""
    series = Series("x", [(0, float(late)) for late in range(100)])
    assert [series.percentile(share) for share in (0.5, 0.95, 0.99)] == [50, 95, 99]
    assert Series("none").percentile(0.5) is None
