# SPDX-License-Identifier: Apache-2.0
"""`make lossy`: the steps of its lines, the line itself, and the figures of its table."""

from __future__ import annotations

import os
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.lossyline import ADDRESS, line
from harness.netemline import netem
from harness.ownnetwork import in_own_network
from harness.tools import ROOT
from harness.waiting import pause


sys.path.insert(0, str(ROOT / "Bench"))

from lossy_lines import USUAL, Setting, course  # noqa: E402
from lossy_report import Cell, row, table  # noqa: E402

NEEDS_ROOT = pytest.mark.skipif(os.geteuid() != 0,
                                reason="network namespaces and tun devices need root")
# Answers datagrams with nothing; prints the number and the delay of each, in the order of arrival.
RECEIVER = """
import socket, struct, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("10.99.0.2", 9))
s.settimeout(3)
print("ready", flush=True)
try:
    while True:
        number, sent = struct.unpack("!Id", s.recv(1500)[:12])
        print(number, time.time() - sent, flush=True)
        if number == 999:
            break
except TimeoutError:
    pass
"""


def cell(player: str, latencies: list[float], name: str = "1/50", **more: float) -> Cell:
    """Three calm seconds at 100 ms, then these latencies, a frame each 40 ms, 10 s disturbed."""
    made = Cell(name, player, "bbr", load=1.5, calm_since=0, begin=3000, disturbed_until=13_000,
                end=13_000, until=25_000, received=1_250_000, renditions=["360p", "180p"])
    for name_, value in more.items():
        setattr(made, name_, value)
    calm = [(at, at - 100.0) for at in range(0, 3000, 40)]
    late = [(3000 + 40.0 * i, 3000 + 40 * i - value) for i, value in enumerate(latencies)]
    made.samples = calm + late
    return made


def test_lines_are_calm_after_their_disturbances() -> None:
    """Each line ends as it begins, its steps are in order, and `end` is the last of them."""
    for name in USUAL:
        made = course(name, 20, 2000)
        times = [at for at, _ in made.steps]
        assert times == sorted(times) and times[-1] == made.end, name
        assert made.steps[-1][1] == made.calm, name
    assert course("3/100", 20, 0).steps[0][1] == Setting(loss=0.03, delay=0.05)
    assert [step.kbits for _, step in course("rate", 20, 2000).steps] == [1000, 2000]
    silence = course("silence", 20, 0)
    assert [step.loss for _, step in silence.steps] == [1, 0]
    assert silence.steps[1][0] - silence.steps[0][0] == 2
    with pytest.raises(ValueError, match="unknown line \"storm\" .*expected LOSS/ROUND-TRIP"):
        course("storm", 20, 0)


def test_figures_of_a_player_that_is_late_during_losses_only() -> None:
    """Percentiles are of the disturbed time; the way back ends with the last late frame."""
    late = cell("frames", [100] * 200 + [250] * 100 + [100] * 250)
    assert late.calm() == 100 and late.percentile(0.5) == 100
    assert late.percentile(0.95) == 250
    assert late.back() == pytest.approx((3000 + 299 * 40 - 13_000) / 1000)
    assert late.misses() == ["p95 > 160 ms"]
    standing = cell("frames", [100] * 200)
    standing.samples += [(11_500 + 40 * i, 11_400 + 40 * i) for i in range(335)]
    assert standing.misses() == ["picture > 300 ms"] and standing.stalls() == 1
    assert cell("frames", [100] * 550).misses() == []
    assert "| 1/50 | frames | bbr | 1.5 | 100 | 100 | 100 | 100 | 40 | 0 | 0.0 | 1.2 |" in table(
        [cell("frames", [100] * 550)])


def test_a_player_that_stops_or_stays_late_is_never_back() -> None:
    """The last picture stands until the end; a player that is late at the end is not back."""
    stopped = cell("hlsjs", [100] * 300)
    assert stopped.back() is None and max(stopped.pauses()) == 25_000 - (3000 + 299 * 40)
    late = cell("hlsjs", [400] * 550)
    assert late.back() is None and "stays late" in late.misses()
    silent = cell("ws", [100] * 50 + [2200] * 500, "silence")
    assert silent.misses() == ["stays late"] and "| never |" in row(silent)


def test_bounds_are_wider_with_three_percent() -> None:
    """1.3 times the bounds of 1 %; WebCodecs has a lower one; other lines have none."""
    assert cell("webcodecs", [120] * 550).misses() == ["p95 > 100 ms"]
    assert cell("webcodecs", [120] * 550, "3/50").misses() == []
    assert cell("webcodecs", [140] * 550, "3/50").misses() == ["p95 > 130 ms"]
    assert cell("webcodecs", [140] * 550, "jitter").misses() == []
    failed = cell("ws", [], problem="not played: no frame")
    assert "| not played: no frame |" in row(failed) and failed.misses() == ["did not play"]


def test_netem_is_set_like_the_line_of_tun_devices() -> None:
    """Jitter only delays; the queue of a limited rate is 300 ms and the packets on their way."""
    assert netem(0, 0.025, 0, 0) == ["netem", "limit", "16384", "delay", "25ms"]
    assert netem(0.01, 0.025, 0, 0.03) == ["netem", "limit", "16384", "delay", "40ms", "15ms",
                                           "loss", "1%"]
    assert netem(0, 0.025, 2400, 0) == ["netem", "limit", "65", "delay", "25ms", "rate",
                                        "2400kbit"]


@NEEDS_ROOT
def test_line_has_jitter_without_reordering_and_counts_bytes(tmp_path: Path) -> None:
    """1,000 datagrams each millisecond: in order, 20 to 50 ms late; half of them are lost then."""
    def send(loss: float, jitter: float) -> tuple[list[tuple[int, float]], int]:
        with line(tmp_path) as path, subprocess.Popen(
                [*path.far, sys.executable, "-c", RECEIVER], stdout=subprocess.PIPE,
                text=True) as receiver:
            assert receiver.stdout is not None and receiver.stdout.readline() == "ready\n"
            path.set(loss, 0.02, jitter=jitter)
            before = path.received()
            sent_to_far()
            found = [(int(number), float(late)) for number, late in
                     (text.split() for text in receiver.stdout)]
            assert path.received(is_near=True) < 10_000, "the far end sends nothing"
            return found, path.received() - before

    def both() -> tuple[list[tuple[int, float]], int, int]:
        found, count = send(0, 0.03)
        lossy, _ = send(0.5, 0)
        return found, count, len(lossy)

    found, count, lossy = in_own_network(both)
    assert [number for number, _ in found] == list(range(1000))
    assert min(late for _, late in found) >= 0.02
    ordered = sorted(late for _, late in found)
    assert ordered[900] - ordered[100] > 0.004, "the delay varies"
    # The greatest delay of the line is two and a half times its least one.
    assert ordered[500] < 10 * ordered[0]
    assert 1000 * 128 <= count <= 1000 * 128 + 4000
    assert 350 < lossy < 650


def sent_to_far() -> None:
    """1,000 datagrams of 128 bytes with their IP head, from the near end."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.bind((ADDRESS, 0))
        for number in range(1000):
            sender.sendto(struct.pack("!Id", number, time.time()).ljust(100, b" "),
                          ("10.99.0.2", 9))
            pause(0.001, "the rate of the datagrams")
