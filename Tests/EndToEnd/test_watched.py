# SPDX-License-Identifier: Apache-2.0
"""The alerts and the dashboard of deploy/ name series that the program has."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

from harness.http1 import get
from harness.program import Program
from harness.rtmp import HOST

DEPLOY = Path(__file__).resolve().parent.parent.parent / "deploy"
ALERTS = DEPLOY / "prometheus" / "alerts.yml"
NAME = re.compile(r"\b(?:streamer|process)_[a-z_]+\b")


def used_series() -> set[str]:
    """The names of series in the expressions of alerts and panels."""
    # The annotations and comments of the alerts name no series.
    names = set(NAME.findall(ALERTS.read_text()))
    board = json.loads((DEPLOY / "grafana" / "streamer.json").read_text())
    for panel in board["panels"]:
        for target in panel["targets"]:
            names |= set(NAME.findall(target["expr"]))
    for variable in board["templating"]["list"]:
        names |= set(NAME.findall(variable.get("definition", "")))
    return names


def test_alerts_and_dashboard_use_existing_series(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Each series of an expression is in a scrape, with its type; panels do not overlap."""
    program = streamer("--resolution", "320x180", "--https-port", "0", "--self-signed",
                       "--archive", str(tmp_path / "archive"),
                       # A port on which no store answers.
                       "--archive-objects", "http://127.0.0.1:1/bucket",
                       "--push", "rtmp://127.0.0.1:1/live/key",
                       env={"XDG_STATE_HOME": str(tmp_path), "AWS_ACCESS_KEY_ID": "id",
                            "AWS_SECRET_ACCESS_KEY": "secret"})
    get(program.port, "/live/playlist.m3u8")
    scrape = get(program.port, "/metrics").body.decode()
    # A stream that waits for its first publisher: it is starting, and no alert fires.
    waiting = get(streamer(*HOST, defaults=False).port, "/metrics").body.decode()
    for sample in ('streamer_stream_state{stream="live",state="starting"} 1',
                   'streamer_publisher_connected{stream="live"} 0'):
        assert f"\n{sample}\n" in waiting, sample
    scrape += waiting
    types = dict(re.findall(r"^# TYPE (\S+) (\S+)$", scrape, re.M))
    missing = {
        name for name in used_series()
        if name not in types and types.get(name.removesuffix("_bucket")) != "histogram"
    }
    assert not missing
    board = json.loads((DEPLOY / "grafana" / "streamer.json").read_text())
    cells = [(x, y) for panel in board["panels"] for place in [panel["gridPos"]]
             for x in range(place["x"], place["x"] + place["w"])
             for y in range(place["y"], place["y"] + place["h"])]
    assert len(cells) == len(set(cells)) and max(x for x, _ in cells) < 24
