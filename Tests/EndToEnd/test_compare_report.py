# SPDX-License-Identifier: Apache-2.0
"""The report of `make compare` has the figures of its runs, and the name of what did not run."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.tools import ROOT


sys.path.insert(0, str(ROOT / "Bench"))

from compare_peers import peers  # noqa: E402
from compare_report import Cell, report  # noqa: E402
from compare_view import gap  # noqa: E402

OURS = Cell("streamer", "hls.js", [350, 360, 350, 350], [900, 500, 400], 0.031, 45.4, {}, True,
            2.04, None, True, True)
OTHER = Cell("other", "hls.js", [4000, 4100], [450], 0.01, 20, {"codecs": 3, "frame-rate": 1}, True,
             0.5, 4, True, True)


def test_report_has_the_figures_of_each_player() -> None:
    """Latencies are in seconds, CPU in percents; an outage without a picture has its limit."""
    text = report([OURS, OTHER], {}, {"Machine": "two processors"}, 20)
    assert "- Machine: two processors" in text
    assert "| streamer | hls.js | 0.35 / 0.36 | 0.50 | 3.1 | 45 | none | 2.0 | none in 20 |" in text
    assert "| other | hls.js | 4.10 / 4.10 | 0.45 | 1.0 | 20 | `codecs`, `frame-rate` |" in text
    assert "`frame-rate` | 0.5 | 4.0 |" in text


def test_report_says_where_another_server_is_better() -> None:
    """Each figure with the same player that another server has lower; no other."""
    text = report([OURS, OTHER, Cell("other", "dash.js", [1])], {}, {}, 20)
    lost = text.split("Where streamer loses:")[1]
    assert "- first picture with hls.js: other has 0.45 s, streamer 0.50 s" in lost
    assert "- CPU with hls.js: other has 1.0 %, streamer 3.1 %" in lost
    assert "- memory with hls.js: other has 20 MB, streamer 45 MB" in lost
    assert "- server killed with hls.js: other has 0.5 s, streamer 2.0 s" in lost
    assert "- source killed with hls.js: other has 4.0 s, streamer no picture" in lost
    assert "glass to glass" not in lost and "dash.js" not in lost


def test_what_did_not_run_is_named(tmp_path: Path) -> None:
    """Programs that the machine has not, and a player that did not play, have their reasons."""
    found, missing = peers({"PATH": str(tmp_path), "PEER_SRS": str(tmp_path / "srs")})
    assert [peer.name for peer in found if peer.rtmp_path] == []
    assert missing["MediaMTX"] == "PEER_MEDIAMTX is not set"
    assert missing["SRS"] == f"PEER_SRS: no program {tmp_path / 'srs'}"
    text = report([Cell("streamer", "dash.js", problem="not playing")], missing, {}, 20)
    assert "| streamer | dash.js | - / - | - | - | - | - | - | - |" in text
    assert "- streamer, dash.js: not playing" in text
    assert "- go2rtc: PEER_GO2RTC is not set" in text


def test_named_program_has_its_configuration(tmp_path: Path) -> None:
    """A program of PEER_… is started with a file that has the ports of the run."""
    program = tmp_path / "mediamtx"
    program.write_text("")
    program.chmod(0o755)
    found, missing = peers({"PATH": "", "PEER_MEDIAMTX": str(program)})
    assert "MediaMTX" not in missing
    peer = next(peer for peer in found if peer.name == "MediaMTX")
    peer.prepare(tmp_path / "run")
    text = (tmp_path / "run/mediamtx.yml").read_text()
    assert f"127.0.0.1:{peer.http}" in text and f"127.0.0.1:{peer.ingest}" in text
    assert peer.commands(peer) == [[str(program), str(tmp_path / "run/mediamtx.yml")]]


def test_an_outage_is_the_longest_time_without_a_newer_picture() -> None:
    """Repeated pictures do not count; pictures from before the kill are not a return."""
    before = [(0.0, -100.0), (500.0, 400.0), (1000.0, 900.0)]
    assert gap([*before, (1500, 900), (3000, 2900), (3500, 3400)], 1000, 3600) == 2.0
    # A player that stops again is without a picture until the end.
    assert gap([*before, (3000, 2900)], 1000, 9000) == 6.0
    # It plays what it has, and nothing that was drawn later.
    assert gap([*before, (1050, 950)], 1000, 9000) is None
