# SPDX-License-Identifier: Apache-2.0
"""Burned clock, tfdt, PROGRAM-DATE-TIME, prft and /timestamps.json show one time."""

from __future__ import annotations

import re
import time

import pytest

from harness.boxes import chunks, timescale
from harness.frames import clocks_of
from harness.http1 import get
from harness.program import Program
from harness.recorder import Recording, record
from harness.runs import longest
from harness.tunein import next_segments


def recent(recording: Recording, count: int = 3) -> list[int]:
    """Numbers of the last complete segments of the recording, without prefill."""
    return sorted(recording.segments())[-count:]


def test_pl_20_burned_clock_is_the_frame_time(recording: Recording) -> None:
    """PL-20: burned clock, tfdt, prft and PROGRAM-DATE-TIME are the frame time."""
    init = recording.init()
    scale = timescale(init)
    dates = {s.msn: s.milliseconds() for p in recording.playlists for s in p.segments}
    for msn in recent(recording):
        data = recording.segments()[msn][1]
        found, clocks = chunks(data, init), clocks_of(init + data)
        assert len(clocks) == len(found)
        assert abs(dates[msn] -
                   found[0].tfdt * 1000 / scale) <= 1, "PROGRAM-DATE-TIME is the first frame time"
        for chunk, clock in zip(found, clocks):
            assert clock == chunk.tfdt * 1000 // scale, (msn, chunk.tfdt)
            assert chunk.prft is not None
            assert abs(chunk.prft - chunk.tfdt * 1_000_000_000 // scale) <= 1_000_000


def test_no_frame_is_missing_or_repeated(recording: Recording) -> None:
    """Burned clocks advance by exactly one frame, also from segment to segment."""
    init = recording.init()
    clocks = [
        s for msn in recent(recording) for s in clocks_of(init + recording.segments()[msn][1])
    ]
    assert None not in clocks
    assert {b - a for a, b in zip(clocks, clocks[1:])} <= {33, 34}  # type: ignore[operator]


def test_segment_number_is_time_since_1970(recording: Recording) -> None:
    """N = floor(i/F): with segments of one second the number is the second."""
    init = recording.init()
    scale = timescale(init)
    for msn in recent(recording):
        assert chunks(recording.segments()[msn][1], init)[0].tfdt == msn * scale


def test_hinted_part_arrives_before_the_next_one_exists(recording: Recording) -> None:
    """A hinted part arrives after its last frame, and before the last one of the next part."""
    init = recording.init()
    parts = [(response.done, (chunks(response.body, init)[-1].prft or 0) / 1e9)
             for response in recording.hinted.values()]
    late = sorted(done - captured for done, captured in parts)
    print(
        f"last frame time of a part to its last byte: median {late[len(late) // 2] * 1000:.1f} ms, "
        f"worst {late[-1] * 1000:.1f} ms")
    assert min(late) > 0
    assert longest(done < captured for (done, _), (_, captured) in zip(parts, parts[1:])) >= 10


def test_timestamps_match_the_playlist(server: Program) -> None:
    """/timestamps.json: completion after capture; capture is the burned clock; names match."""
    recording = record(server.port, 3)
    init = recording.init()
    before = time.time_ns()
    data = get(server.port, "/timestamps.json").json()
    after = time.time_ns()
    assert before - 5_000_000 <= data["timestamp"] <= after + 5_000_000
    assert set(data["parts"]) == set(data["captures"])
    assert re.fullmatch(r"segment\d+\.m4s", next(iter(data["segments"])))
    # Twenty segments and the open one; the parts are those of these segments.
    assert len(data["segments"]) <= 20
    numbers = {int(re.findall(r"\d+", name)[0]) for name in data["parts"]}
    assert len(numbers) <= 21
    checked = 0
    for uri, response in recording.hinted.items():
        if uri not in data["parts"]:
            continue
        checked += 1
        found = chunks(response.body, init)
        assert abs(data["captures"][uri] - (found[0].prft or 0)) <= 1_000_000, uri
        assert data["parts"][uri] > (found[-1].prft or 0), f"{uri} complete before its last frame"
        assert data["parts"][
            uri] < response.first_byte * 1e9 + 1_000_000, f"{uri} sent before complete"
    assert checked >= 20
    for name, complete in data["segments"].items():
        last = f"{name.removesuffix('.m4s')}.9.m4s"
        if last in data["parts"]:
            assert complete == pytest.approx(data["parts"][last], abs=5_000_000)


def test_timestamps_report_the_system_clock(server: Program) -> None:
    """`clock` reports whether the system clock is synchronised."""
    clock = get(server.port, "/timestamps.json").json()["clock"]
    assert isinstance(clock["synchronized"], bool) and isinstance(clock["offsetEstimateNs"], int)
    assert clock["source"]


def test_prefill_is_absent_from_timestamps(streamer) -> None:
    """The slate segments of the prefill are in the playlist, not in /timestamps.json."""
    program = streamer("--resolution", "320x180")
    live_since = int(time.time() * 1e9) - 2_000_000_000
    get(program.port, "/live.m3u8")
    data = get(program.port, "/timestamps.json").json()
    assert all(capture > live_since for capture in data["captures"].values())


def test_timestamps_flag_limits_the_segments(streamer) -> None:
    """--timestamps N keeps the last N segments."""
    program = streamer("--resolution", "320x180", "--timestamps", "2", "--segment-duration", "0.5")
    get(program.port, "/live.m3u8")
    # Segments of half a second: six of them exceed the limit of two.
    next_segments(program.port, 6)
    assert len(get(program.port, "/timestamps.json").json()["segments"]) == 2


def test_time_service_has_the_true_clock(server: Program) -> None:
    """/time?ms is the true clock in ms; /time?iso and /isotime are it as a date."""
    from datetime import datetime
    before = time.time() * 1000
    response = get(server.port, "/time?ms")
    assert before - 2 <= float(response.text) <= time.time() * 1000 + 2
    for path in ("/time?iso", "/isotime", "/time?xsdate"):
        before = time.time()
        text = get(server.port, path).text.strip()
        when = datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
        # The text has milliseconds or microseconds.
        assert before - 0.002 <= when <= time.time() + 0.002, (path, text)
