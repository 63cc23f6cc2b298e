# SPDX-License-Identifier: Apache-2.0
"""LL-DASH: the bytes and times of its media, for early clients, stalls and restarts (DC, DT)."""

from __future__ import annotations

import hashlib
import signal
import time
from fractions import Fraction
from pathlib import Path
from urllib.parse import urljoin

import pytest

from harness.boxes import chunks, timescale
from harness.http1 import Connection, get
from harness.mpd import fetch, seconds
from harness.opensegment import OpenSegmentReader
from harness.program import Program, stop
from harness.supervisor import Supervisor
from harness.tunein import align
from harness.tunein import fetch as fetch_playlist
from harness.waiting import pause, seen_once

BASE = "/live/video/"
MPD = "/live/manifest.mpd"
FRAME_TICKS = 3000  # at 30 frames per second
SMALL = ("--resolution", "320x180", "--bitrate", "300")


@pytest.mark.timeout(60)
def test_dt_03_fifty_early_clients_get_the_same_bytes(server: Program) -> None:
    """DT-03: fifty requests arrive 0 to 1 s early; all get the same, complete content."""
    def are_equal() -> bool:
        parent = align(server.port, 0).last_part[0]
        path = f"{BASE}segment{parent + 1}.m4s"
        requests = []
        for _ in range(50):
            requests.append(OpenSegmentReader(server.port, path))
            pause(0.016, "the requests are spread over 0.8 s")
        found = [request.wait() for request in requests]
        assert {f.outcome for f in found} == {"whole"}, [f.error for f in found]
        assert len({f.body for f in found}) == 1
        whole = get(server.port, path)
        assert "content-length" in whole.headers and whole.body == found[0].body
        early = sum(f.response.held_ms is not None for f in found if f.response)
        print(f"{early} of 50 were held")
        return early >= 25

    seen_once(are_equal, 5, "most requests are early")


@pytest.mark.timeout(60)
def test_dt_02_encoder_stall_delays_and_never_shortens(streamer) -> None:
    """DT-02: the encoder stops for 3 s in a segment: responses wait, then are whole, or cut."""
    program = streamer("--resolution", "640x360", "--bitrate", "800")
    parent = align(program.port, 4).last_part[0]
    names = [f"{BASE}segment{parent}.m4s"] * 10 + [f"{BASE}segment{parent + 1}.m4s"] * 10
    readers = [OpenSegmentReader(program.port, name) for name in names]
    readers[0].has(1)
    program.process.send_signal(signal.SIGSTOP)
    try:
        pause(3, "the duration of the stall")
        assert all(f.outcome is None for f in readers), "ended during the stall"
    finally:
        program.process.send_signal(signal.SIGCONT)
    outcome = [f.wait().outcome for f in readers]
    print(outcome)
    for name, reader in zip(names, readers):
        whole = get(program.port, name)
        if reader.outcome == "whole":
            # An encoder that is late by so much shows a frame for several frame times.
            assert whole.status == 200 and reader.body == whole.body
            assert sum(chunk.duration for chunk in chunks(reader.body)) == 30 * FRAME_TICKS
        else:
            assert reader.outcome == "cut" and (whole.status != 200
                                              or whole.body.startswith(reader.body))
    assert "whole" in outcome


@pytest.mark.timeout(60)
def test_dc_10_parts_are_the_segment(server: Program) -> None:
    """DC-10: the parts of LL-HLS are the segment of LL-DASH, while it is open and after."""
    parent = align(server.port, 9).last_part[0]
    path = f"{BASE}segment{parent + 1}.m4s"
    reader = OpenSegmentReader(server.port, path)
    joined = b""
    with Connection(server.port) as connection:
        for index in range(10):
            response = connection.get(f"{BASE}segment{parent + 1}.{index}.m4s")
            assert response.status == 200
            joined += response.body
            begun = reader.has(len(joined))
            assert hashlib.sha256(begun).digest() == hashlib.sha256(joined).digest(), index
            if index < 9:
                assert reader.outcome is None
    assert reader.wait().outcome == "whole"
    complete = get(server.port, path).body
    assert hashlib.sha256(joined).digest() == hashlib.sha256(complete).digest()
    assert reader.body == complete


def test_clocks_agree(server: Program) -> None:
    """prft, PRT, PROGRAM-DATE-TIME and /timestamps.json agree within half a frame."""
    manifest = fetch(server.port)
    init = get(server.port, urljoin(MPD, manifest.init)).body
    align(server.port, 5)
    playlist = fetch_playlist(server.port)
    captures = get(server.port, "/timestamps.json").json()["captures"]
    half = 1 / 60 + 0.0011
    checked = 0
    for segment in playlist.segments[-3:]:
        body = get(server.port, BASE + str(segment.uri)).body
        found = chunks(body, init)
        for chunk in found:
            assert chunk.prft is not None
            # A busy encoder leaves frames out.
            place = round((chunk.tfdt - found[0].tfdt) / FRAME_TICKS)
            wall = float(manifest.last.wall(chunk.tfdt))
            assert abs(chunk.prft / 1e9 - wall) < half
            date = segment.milliseconds() / 1000 + place / 30
            assert abs(date - wall) < half
            name = f"{str(segment.uri)[:-4]}.{place // 3}.m4s"
            if place % 3 == 0 and name in captures:
                assert abs(captures[name] / 1e9 - wall) < half
                checked += 1
        frame_time = Fraction(chunks(body, init)[0].tfdt, timescale(init))
        number = int(str(segment.uri)[7:-4])
        assert abs(
            manifest.available(number) + manifest.last.ahead - manifest.last.duration -
            frame_time) < Fraction(1, 10_000)
    assert checked >= 20
    pipeline = float(manifest.last.wall(0, "encoder") - manifest.last.wall(0))
    assert 0.01 <= pipeline <= 0.1, "the encoder's reference is later by the pipeline"


@pytest.mark.timeout(60)
def test_client_of_the_clock_survives_a_kill(binary: Path) -> None:
    """After a kill and a restart the CMAF header is the same and the numbers continue."""
    supervisor = Supervisor(["--resolution", "320x180"])
    try:
        supervisor.run()
        manifest = fetch(supervisor.port)
        init = get(supervisor.port, urljoin(MPD, manifest.init)).body
        number = manifest.number(time.time())
        opened = OpenSegmentReader(supervisor.port, urljoin(MPD, manifest.media(number + 1)))
        opened.has(1)
        supervisor.kill()
        assert opened.wait(
        ).outcome == "cut", "a truncated body must not end cleanly"
        waiting = OpenSegmentReader(supervisor.port, urljoin(MPD, manifest.media(number + 2)))
        pause(0.5, "the duration of the outage")
        supervisor.run()
        again = fetch(supervisor.port)
        assert again.periods == manifest.periods
        assert get(supervisor.port, urljoin(MPD, again.init)).body == init
        assert waiting.wait().outcome == "whole"
        for wanted in range(number - 3, manifest.number(time.time()) + 1):
            body = get(supervisor.port, urljoin(MPD, manifest.media(wanted))).body
            assert chunks(body, init)[0].tfdt == wanted * timescale(init), wanted
    finally:
        supervisor.close()


def test_every_segment_of_the_window_can_be_fetched(streamer) -> None:
    """Every number in timeShiftBufferDepth is 200, the open one too; beyond H it is 425."""
    program = streamer(*SMALL)
    manifest = fetch(program.port)
    depth = seconds(manifest.attributes["timeShiftBufferDepth"])
    now = manifest.number(time.time())
    count = int(depth / manifest.last.duration)
    for number in range(now - count + 1, now + 1):
        assert get(program.port, urljoin(MPD, manifest.media(number)),
                   "HEAD").status == 200, number - now
    assert get(program.port, urljoin(MPD, manifest.media(now + 6))).status == 425
    stop(program)
