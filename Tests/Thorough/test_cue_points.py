# SPDX-License-Identifier: Apache-2.0
"""Cue points of an RTMP publisher: splices in playlists and media, at the frame of their time."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import pytest

from harness.boxes import boxes, chunks, timescale
from harness.http1 import get
from harness.playlist import Playlist, parse
from harness.program import Program
from harness.rtmp import HOST, rtmp_port
from harness.trackpublisher import MultitrackPublisher
from harness.transport import splice_insert
from harness.waiting import pause, wait_until
from test_metadata import SPLICE_SCHEME, Message, attribute, message, milliseconds, nal_types

BASE = "/live/video/"
KEY = re.compile(r"the nearest key frame of the source is (\d+) ms (before|after) the splice")


def listed(program: Program, words: str) -> tuple[Playlist, str] | None:
    """The playlist, and the line of a date range."""
    playlist = parse(get(program.port, BASE + "playlist.m3u8").text)
    found = [line for line in playlist.text.splitlines()
             if line.startswith("#EXT-X-DATERANGE") and words in line]
    return (playlist, found[0]) if found else None


def carried(program: Program, date: int) -> tuple[list[Message], int, int, bool] | None:
    """The messages in the segment of `date`, its first time, the timescale, and whether the frame
    of `date` is a key frame; None while the segment is not complete."""
    playlist = parse(get(program.port, BASE + "playlist.m3u8").text)
    for segment in playlist.segments:
        if segment.uri and segment.milliseconds() <= date < segment.milliseconds() + 1000:
            data = get(program.port, BASE + segment.uri).body
            scale = timescale(get(program.port, BASE + str(segment.map_uri)).body)
            found = chunks(data)
            messages = [message(box.body, 0) for box in boxes(data) if box.kind == "emsg"]
            at = found[0].tfdt + round((date - segment.milliseconds()) * scale / 1000)
            is_key = any(abs(chunk.tfdt - at) * 1000 <= scale
                         and b"\x65" in nal_types(chunk.sample_data()[0]) for chunk in found)
            return messages, at, scale, is_key
    return None


def check_nearest(program: Program, dates: list[int]) -> None:
    """The log names the key frame nearest to each splice; segments begin at key frames."""
    program.check_logged("splice-key", count=len(dates))
    told = [KEY.search(entry.message) for entry in program.logged("splice-key")]
    distances = [int(found[1]) * (1 if found[2] == "after" else -1) if found else 0
                 for found in told]

    def later() -> list[int]:
        """The begins of the complete segments, when there is one after all splices."""
        playlist = parse(get(program.port, BASE + "playlist.m3u8").text)
        starts = [segment.milliseconds() for segment in playlist.segments if segment.uri]
        return starts if starts[-1] > max(dates) else []

    starts = wait_until(later, 10, "a segment after the splices")
    expected = [min((start - date for start in starts), key=abs) for date in dates]
    print(f"the nearest key frames: {distances} ms, by the playlist {expected} ms")
    for date in expected:
        # In the middle of two key frames both are the nearest one.
        assert any(abs(date - one) <= 2 or abs(date + one) <= 2 and abs(one) > 490
                   for one in distances), (expected, distances)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("flags", [[], ["--resolution", "160x90", "--framerate", "30"]],
                         ids=["passed", "encoded"])
def test_cue_points_are_splices(flags: list[str], streamer: Callable[..., Program]) -> None:
    """A message in Base64, a named break with its return, and a cue point of YouTube."""
    program = streamer(*HOST, "--publish", "open", "--playlist-length", "20", *flags,
                       defaults=False)
    with MultitrackPublisher(rtmp_port(program), {0: 440}) as publisher:
        wait_until(lambda: get(program.port, BASE + "playlist.m3u8", timeout=15).status == 200
                   and parse(get(program.port, BASE + "playlist.m3u8").text).segments, 25,
                   "a segment")
        # A time of another clock: that of the cue point counts.
        section = splice_insert(74, 12345, out=True, seconds=2)
        first = publisher.newest + 2000
        cue = {"type": "scte35", "id": "74", "duration": 2, "time": first / 1000,
               "cue": base64.b64encode(section).decode()}
        for _ in range(3):
            publisher.mark("onAdCue", cue)
            pause(0.2, "encoders repeat a cue, each time in another frame")
        publisher.mark("onAdCue", {"type": "scte35", "id": "1", "cue": "<script>alert(1)</script>"})
        publisher.mark("onCuePoint", {
            "name": "scte35", "type": "event", "time": (first + 1000) / 1000,
            "parameters": {"id": "75", "duration": "3"}})
        publisher.mark("onAdCue", {
            "cue": "SpliceIn", "id": "75", "duration": 0, "time": (first + 2500) / 1000})
        publisher.mark("onCuePoint", {
            "type": "com.youtube.cuepoint", "cue_point_start": True, "splice_event_id": 76,
            "pre_roll_time_sec": 3, "break_duration_sec": 30})
        dates = {}
        for event in (74, 75, 76):
            _, line = wait_until(lambda event=event: listed(program, f'"splice-{event}-'), 10,
                                 f"event {event}")
            dates[event] = milliseconds(str(attribute(line, "START-DATE")))
            assert "SCTE35-OUT=0x" in line, line
        assert "0x" + section.hex().upper() in listed(program, '"splice-74-')[1]
        assert abs(dates[75] - dates[74] - 1000) <= 34, dates
        for event, date in dates.items():
            messages, at, scale, is_key = wait_until(
                lambda date=date: carried(program, date), 15, "the segment of a splice")
            times = [one.ticks for one in messages if one.scheme == SPLICE_SCHEME]
            assert any(abs(ticks - at) * 1000 <= scale for ticks in times), (event, times, at)
            # The publisher has a key frame each second, and the splices lie between them.
            assert is_key or not flags, (event, at)
        _, back = wait_until(lambda: listed(program, "SCTE35-IN=0x"), 10, "the return")
        assert str(attribute(back, "ID")).startswith("splice-75-")
        length = float(str(attribute(back, "DURATION")))
        assert length == pytest.approx(1.5, abs=0.034)
        if flags:
            publisher.mark("onAdCue", {"cue": "SpliceOut", "id": "90", "duration": 0})
            _, line = wait_until(lambda: listed(program, '"splice-90-'), 10, "a splice at once")
            date = milliseconds(str(attribute(line, "START-DATE")))
            messages, at, scale, is_key = wait_until(
                lambda: carried(program, date), 15, "the segment of a splice at once")
            assert is_key and any(abs(one.ticks - at) * 1000 <= scale for one in messages), date
        else:
            check_nearest(program, [*dates.values(), round(dates[75] + 1000 * length)])
        assert publisher.fault is None
    playlist = parse(get(program.port, BASE + "playlist.m3u8").text)
    assert not playlist.text.count("EXT-X-DISCONTINUITY\n")
    program.check_logged("metadata-invalid", "SCTE-35", count=1)
