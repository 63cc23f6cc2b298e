# SPDX-License-Identifier: Apache-2.0
"""promtool of Debian's prometheus: the form of /metrics, the alerts, a scrape of the program."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from harness.http1 import get
from harness.metrics import read_metrics
from harness.program import Program
from harness.tools import ROOT, need
from harness.tunein import align
from harness.waiting import pause, wait_until

ALERTS = ROOT / "deploy/prometheus/alerts.yml"
# Facts of the machine of the test, not of the program.
MACHINE = {"streamer_clock_synchronized": 1.0}
# Counted on a busy machine; one event is an alert.
BUSY = {"streamer_encoder_overloaded_total"}
SCRAPE = 15


def promtool(*arguments: str | Path, text: str | None = None) -> subprocess.CompletedProcess[str]:
    """A run of promtool."""
    tool = need("promtool", "the alerts, and the form of /metrics (Debian: prometheus)")
    return subprocess.run([tool, *map(str, arguments)], input=text, text=True, capture_output=True,
                          check=False, timeout=60)


def alerts() -> list[str]:
    """The names of all alerts."""
    return re.findall(r"- alert: (\w+)", ALERTS.read_text())


def test_alerts_fire_on_recorded_series() -> None:
    """The rules are valid; each alert is caused by the series that it is for."""
    for arguments in (["check", "rules", ALERTS],
                      ["test", "rules", ALERTS.with_name("alerts_test.yml")]):
        done = promtool(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr


def test_metrics_have_the_form_of_prometheus(streamer: Callable[..., Program]) -> None:
    """promtool reads a scrape."""
    program = streamer("--resolution", "320x180")
    get(program.port, "/live/playlist.m3u8")
    # Status 3: remarks on names, which are older than this test.
    checked = promtool("check", "metrics", text=get(program.port, "/metrics").text)
    assert checked.returncode in (0, 3), checked.stderr


def series(first: dict[str, float], last: dict[str, float], seconds: float,
           counters: set[str]) -> list[dict[str, str]]:
    """The samples of two scrapes, continued for 20 minutes with the same rates."""
    made = []
    for name, value in last.items():
        family = name.split("{")[0]
        value = MACHINE.get(family, value)
        grown = value - first.get(name, value)
        step = grown * SCRAPE / seconds if family in counters - BUSY else 0
        labels = name[len(family):].strip("{}")
        own = ", ".join(filter(None, ['job="streamer"', 'instance="a"', labels]))
        made.append({"series": f"{family}{{{own}}}", "values": f"{value:f}+{step:f}x80"})
    return made


def test_a_healthy_program_causes_no_alert(streamer: Callable[..., Program],
                                           tmp_path: Path) -> None:
    """Two scrapes of the program with a viewer, continued: no alert; without the stream: one."""
    program = streamer("--resolution", "320x180", "--https-port", "0", "--self-signed",
                       env={"XDG_STATE_HOME": str(tmp_path)})
    wait_until(lambda: get(program.port, "/ready").status == 200, 15, "the stream")

    def scrape() -> tuple[dict[str, float], float]:
        found = {}
        for name, labels, value in read_metrics(program.port):
            text = ", ".join(f"{key}=\"{label}\"" for key, label in labels.items())
            found[f"{name}{{{text}}}"] = value
        return found, time.monotonic()

    first, begun = scrape()
    for part in range(8):
        parent = align(program.port, part).last_part[0]
        get(program.port, f"/live/video/playlist.m3u8?_HLS_msn={parent}&_HLS_part={part}")
    pause(0.2, "the responses are counted")
    last, ended = scrape()
    text = get(program.port, "/metrics").text
    counters = set(re.findall(r"^# TYPE (\S+) counter$", text, re.M))
    for name in re.findall(r"^# TYPE (\S+) histogram$", text, re.M):
        counters |= {f"{name}_bucket", f"{name}_sum", f"{name}_count"}
    samples = series(first, last, ended - begun, counters)
    assert len(samples) > 100 and sum("+0.000000x" not in one["values"] for one in samples) > 5
    samples.append({"series": 'up{job="streamer", instance="a"}', "values": "1x80"})

    def tested(samples: list[dict[str, str]]) -> subprocess.CompletedProcess[str]:
        rules = tmp_path / "test.yml"
        rules.write_text(json.dumps({
            "rule_files": [str(ALERTS)], "evaluation_interval": f"{SCRAPE}s", "tests": [{
                "interval": f"{SCRAPE}s", "input_series": samples,
                "alert_rule_test": [{"eval_time": "18m", "alertname": name} for name in alerts()],
            }]}))
        return promtool("test", "rules", rules)

    healthy = tested(samples)
    assert healthy.returncode == 0, healthy.stdout + healthy.stderr
    online = 'streamer_stream_online{job="streamer", instance="a", stream="live"}'
    lost = [{**one, "values": "0x80"} if one["series"] == online else one for one in samples]
    assert lost != samples
    broken = tested(lost)
    assert broken.returncode != 0 and "StreamSourceLost" in broken.stdout + broken.stderr
