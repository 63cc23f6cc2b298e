# SPDX-License-Identifier: Apache-2.0
"""/S/auto/ on a line that is too slow for the top rendition: trials of it end where they began."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from itertools import groupby
from pathlib import Path

import pytest

from harness.http1 import get
from harness.lossyline import ADDRESS, line
from harness.ownnetwork import in_own_network
from harness.program import start, stop
from harness.tunein import fetch

RATES = (1500, 700, 300)  # kbit/s of the renditions
LINE = 1100  # kbit/s
DELAY = 0.02  # of each direction, s
SECONDS = 50
# The most segments of a trial that fails: the one that is late, and the one after it.
TRIAL = 2
# A player that requests one segment after another; a line of JSON for each.
PLAYER = """
import hashlib, http.client, json, sys, time
server = http.client.HTTPConnection(sys.argv[1], int(sys.argv[2]), timeout=20)
number, end = int(sys.argv[3]), time.monotonic() + float(sys.argv[4])
while time.monotonic() < end:
    server.request("GET", f"/live/auto/segment{number}.m4s", headers={"User-Agent": "test"})
    response = server.getresponse()
    body = response.read()
    print(json.dumps([time.time(), number, response.status, hashlib.sha256(body).hexdigest()]),
          flush=True)
    number += response.status == 200
"""


def play(folder: Path) -> list[tuple[float, int | None]]:
    """The rates that a player behind the line got, each with the seconds since its first one."""
    with line(folder) as path:
        ladder = [flag for rate in RATES for flag in ("--rendition", f"640x360@{rate}")]
        program = start(["--host", "0.0.0.0", "--http-port", "0", "--test-src", "--preset",
                         "ultrafast", "--playlist-length", "90", *ladder], defaults=False)
        try:
            path.set(delay=DELAY, kbits=LINE)
            lowest = f"/live/360p-{RATES[-1]}/playlist.m3u8"
            first = fetch(program.port, path=lowest).last_complete + 1
            command = [*path.far, sys.executable, "-c", PLAYER, ADDRESS, str(program.port),
                       str(first), str(SECONDS)]
            done = subprocess.run(command, capture_output=True, text=True, check=True,
                                  timeout=SECONDS + 30)
            got = [json.loads(text) for text in done.stdout.splitlines()]
            assert all(status == 200 for _, _, status, _ in got), got
            return [(at - got[0][0], rate_of(program.port, number, digest))
                    for at, number, _, digest in got]
        finally:
            stop(program)


def rate_of(port: int, number: int, digest: str) -> int | None:
    """The rate of the rendition whose segment has these bytes."""
    for rate in RATES:
        body = get(port, f"/live/360p-{rate}/segment{number}.m4s").body
        if hashlib.sha256(body).hexdigest() == digest:
            return rate
    return None


def trials(rates: list[int | None]) -> list[int]:
    """The number of segments of each trial of the top rendition that has ended."""
    runs = [(rate, len(list(run))) for rate, run in groupby(rates)]
    return [length for rate, length in runs[:-1] if rate == RATES[0]]


@pytest.mark.timeout(120)
@pytest.mark.skipif(os.geteuid() != 0, reason="network namespaces and tun devices need root")
def test_failed_trials_return_to_the_rendition_before(tmp_path: Path) -> None:
    """1500, 700 and 300 kbit/s on 1100: 700 is shown, 1500 is tried, and 700 follows at once."""
    top, middle, lowest = RATES
    got = in_own_network(lambda: play(tmp_path))
    print([(round(at, 1), rate) for at, rate in got])
    rates = [rate for _, rate in got]
    assert None not in rates and rates[0] == middle
    assert lowest not in rates, f"{middle} had played well"
    found = trials(rates)
    print("segments of each trial:", found)
    assert found, f"{top} was never tried"
    assert max(found) <= TRIAL, found
