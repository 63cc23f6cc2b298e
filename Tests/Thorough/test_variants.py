# SPDX-License-Identifier: Apache-2.0
"""Other rates, numberings, sizes and windows; the start; frames lost by a frozen process."""

from __future__ import annotations

import os
import re
import signal
import time
from decimal import Decimal

import pytest

from harness.boxes import chunks, timescale
from harness.frames import clocks_of
from harness.http1 import get
from harness.playlist import Playlist, parse
from harness.program import Program, launch, stop
from harness.recorder import record
from harness.tunein import PLAYLIST, fetch
from harness.waiting import pause

BASE = "/live/video/"
SMALL = ("--resolution", "320x180")


def settled(program: Program, seconds: float = 0) -> Playlist:
    """The playlist as soon as all listed segments are from after the start."""
    begin = fetch(program.port)
    return fetch(program.port, f"?_HLS_msn={begin.last_complete + 2}") if not seconds else begin


def test_ntsc_rate_has_segments_of_1001_ms(streamer) -> None:
    """30000/1001: segments of 1.001 s, parts of 0.1001 s, one log line; N = floor(i/30)."""
    program = streamer(*SMALL, "--framerate", "30000/1001")
    playlist = settled(program)
    assert playlist.target_duration == 1
    assert playlist.part_target == Decimal("0.1001")
    assert all(abs(s.duration - Decimal("1.001")) < Decimal("0.0001") for s in playlist.segments)
    assert Decimal(playlist.server_control["PART-HOLD-BACK"]) >= Decimal("0.3003")
    segment = playlist.segments[-1]
    init = get(program.port, BASE + str(segment.map_uri)).body
    media = get(program.port, BASE + str(segment.uri)).body
    first = chunks(media, init)[0]
    frame = first.duration
    assert timescale(init) * 1001 == frame * 30000, "a frame is a whole number of ticks"
    assert first.tfdt == segment.msn * 30 * frame
    clocks = clocks_of(init + media)
    assert clocks == [(segment.msn * 30 + i) * 1001 * 1000 // 30000 for i in range(30)]
    program.wait_logged("stream", "1.001")


def test_25_fps_has_parts_of_three_frames(streamer) -> None:
    """25 fps: eight parts of three frames and one part of one frame per segment."""
    program = streamer(*SMALL, "--framerate", "25")
    playlist = settled(program)
    assert playlist.part_target == Decimal("0.12")
    segment = playlist.segments[-1]
    assert [part.duration for part in segment.parts] == [Decimal("0.12")] * 8 + [Decimal("0.04")]
    assert Decimal(playlist.server_control["PART-HOLD-BACK"]) >= Decimal("0.36")


def test_numbering_run_starts_at_00001(streamer) -> None:
    """--numbering run: names with five digits from 00001; the number is the sequence number."""
    program = streamer(*SMALL, "--numbering", "run")
    playlist = fetch(program.port)
    assert playlist.segments[0].msn == 1
    for segment in playlist.segments:
        assert segment.uri == f"segment{segment.msn:05d}.m4s"
        for index, part in enumerate(segment.parts):
            assert part.uri == f"segment{segment.msn:05d}.{index}.m4s"
    assert get(program.port, BASE + str(playlist.segments[-1].uri)).status == 200
    found = record(program.port, 3)
    assert not found.errors and found.playlists[-1].last_part > playlist.last_part
    names = get(program.port, "/timestamps.json").json()["segments"]
    assert all(re.fullmatch(r"segment\d{5}\.m4s", name) for name in names)


def test_history_0_waits_for_the_first_segment(streamer) -> None:
    """Without prefill the first playlist is sent when the first segment is complete."""
    program = streamer(*SMALL, "--history", "0")
    response = get(program.port, PLAYLIST)
    playlist = parse(response.text)
    assert response.status == 200 and len(playlist.segments) == 1
    assert playlist.media_sequence >= 1 and playlist.segments[0].duration == 1
    init = get(program.port, BASE + str(playlist.segments[0].map_uri)).body
    clocks = clocks_of(init + get(program.port, BASE + str(playlist.segments[0].uri)).body)
    assert len(clocks) == 30 and None not in clocks
    assert "GAP" not in playlist.text and "EXT-X-DISCONTINUITY\n" not in playlist.text


@pytest.mark.parametrize("flags", [
    ("--resolution", "64x64"),
    ("--resolution", "426x240"),
    ("--resolution", "160x90", "--framerate", "5"),
    ("--resolution", "320x180", "--framerate", "60"),
    ("--resolution", "320x240", "--framerate", "24000/1001"),
    ("--resolution", "320x180", "--segment-duration", "2", "--part-duration", "0.2"),
    ("--resolution", "320x180", "--segment-duration", "0.5", "--part-duration", "0.034"),
    ("--resolution", "320x180", "--part-duration", "1"),
    ("--resolution", "320x180", "--preset", "ultrafast", "--bitrate", "200", "--playlist-length",
     "6"),
], ids=" ".join)
def test_first_playlist_is_full_with_other_settings(flags: tuple[str, ...], streamer) -> None:
    """Other sizes, rates and durations: the first playlist is full, and the stream advances."""
    program = streamer(*flags)
    playlist = fetch(program.port)
    assert len(playlist.segments) >= 6
    parent, index = playlist.last_part
    later = fetch(program.port, f"?_HLS_msn={parent + 1}&_HLS_part=0")
    assert later.last_part >= (parent + 1, 0)
    for part in (p for s in later.segments for p in s.parts):
        assert part.duration <= later.part_target
    uri = later.segments[-1].uri
    init = get(program.port, BASE + str(later.segments[-1].map_uri)).body
    found = chunks(get(program.port, BASE + str(uri)).body, init)
    assert sum(c.duration for c in found) == pytest.approx(
        float(later.segments[-1].duration) * timescale(init), abs=found[0].duration)


def test_window_size_limits_the_playlist(streamer) -> None:
    """--window-size lists N segments."""
    program = streamer(*SMALL, "--window-size", "14", "--retain", "30", "--target-duration", "0.5")
    assert len(fetch(program.port).segments) == 14


def test_unknown_encoder_falls_back_to_libx264(streamer) -> None:
    """A missing encoder: a warning, libx264, and the stream plays."""
    program = streamer(*SMALL, "--encoder", "h264_nothere")
    assert fetch(program.port).segments
    program.wait_logged("encoder-fallback", "h264_nothere")


def test_hold_back_is_printed(streamer) -> None:
    """--hold-back is printed as PART-HOLD-BACK."""
    program = streamer(*SMALL, "--hold-back", "0.6")
    assert Decimal(fetch(program.port).server_control["PART-HOLD-BACK"]) == Decimal("0.6")


def test_json_log_has_one_object_per_line(streamer) -> None:
    """--log-format json: every line is an object."""
    import json
    program = streamer(*SMALL, "--log-format", "json")
    fetch(program.port)
    lines = [entry.message for entry in program.entries]
    assert lines and all(isinstance(json.loads(line), dict) for line in lines)


def test_first_playlist_is_full_and_soon_available(streamer) -> None:
    """The first playlist is full; its delay is printed (tolerance for a loaded machine)."""
    times = []
    for _ in range(3):
        begin = time.monotonic()
        program = launch(["--resolution", "1280x720"])
        try:
            assert program.listening.wait(5) and program.port
            playlist = fetch(program.port)
            times.append(time.monotonic() - begin)
            assert len(playlist.segments) >= 10 and playlist.last_part
            init = get(program.port, BASE + str(playlist.segments[-1].map_uri))
            newest = playlist.all_parts()[-1][2].uri
            assert init.status == 200 and get(program.port, BASE + newest).status == 200
        finally:
            stop(program)
    print("start to first playable playlist at 720p: " + ", ".join(f"{t * 1000:.0f} ms"
                                                                   for t in times))
    # The window is filled faster than it would pass.
    assert min(times) < sum(segment.duration for segment in playlist.segments) / 3


def test_rs_03_restart_keeps_the_cmaf_header(streamer) -> None:
    """RS-03: the same settings give the same CMAF header, and the numbers continue."""
    seen = []
    for _ in range(2):
        program = streamer(*SMALL)
        playlist = fetch(program.port)
        name = str(playlist.segments[-1].map_uri)
        seen.append((name, get(program.port, BASE + name).body, playlist.media_sequence))
        stop(program)
    assert seen[0][:2] == seen[1][:2] and seen[1][2] >= seen[0][2]


def test_pl_03_constants_survive_lost_frames(streamer) -> None:
    """PL-02, PL-03: frozen for 1.5 s, the program keeps its constants and consecutive numbers."""
    program = streamer(*SMALL)
    before = fetch(program.port)
    os.kill(program.pid, signal.SIGSTOP)
    pause(1.5, "the duration of the freeze")
    os.kill(program.pid, signal.SIGCONT)
    found = record(program.port, 6)
    assert not found.errors, found.errors
    for name in ("EXT-X-TARGETDURATION", "EXT-X-PART-INF", "EXT-X-SERVER-CONTROL"):
        assert {p.tags[name] for p in found.playlists} == {before.tags[name]}, name
    last = found.playlists[-1]
    assert last.media_sequence > before.media_sequence
    assert last.last_complete >= before.last_complete + 6, "it does not catch up with the clock"
    assert "#EXT-X-DISCONTINUITY\n" not in last.text
    names = [int(re.findall(r"\d+", str(s.uri))[0]) for s in last.segments]
    assert names == list(range(names[0], names[0] + len(names)))
    for playlist in found.playlists:
        assert all(part.duration <= playlist.part_target for _, _, part in playlist.all_parts())
    init, data = found.init(), found.segments()
    for msn in sorted(data)[:-1]:
        if msn + 1 in data:
            tail = chunks(data[msn][1], init)[-1]
            assert chunks(data[msn + 1][1], init)[0].tfdt == tail.tfdt + tail.duration
