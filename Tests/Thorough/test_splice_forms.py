# SPDX-License-Identifier: Apache-2.0
"""Splices of an encoded input: at once, back to back, cancelled, and with auto_return."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.boxes import chunks
from harness.http1 import get
from harness.ports import free_port
from harness.program import Program
from harness.transport import Transport, splice_cancel, splice_insert, time_signal
from harness.waiting import wait_until
from test_events import TOKEN
from test_metadata import (
    DATA_SCHEME, SPLICE_SCHEME, Viewed, attribute, levels, milliseconds, watch)

# Frames. The break that ends by itself is white.
AT_ONCE, FIRST, SECOND, LAST, CANCELLED, BREAK = 130, 200, 230, 275, 260, 310
BASE = "/live/video/"


def source(path: Path) -> Transport:
    """Fourteen seconds of video with messages of all forms."""
    white = f"drawbox=enable='between(n,{BREAK},{BREAK + 29})':color=white:t=fill"
    stream = Transport(path, 14, "-vf", f"drawbox=color=black:t=fill,{white}")
    stamps = stream.stamps
    # Repeated, as senders do.
    for frame in (AT_ONCE, AT_ONCE + 10, AT_ONCE + 20):
        stream.splice(frame, splice_insert(1, None, out=True, seconds=1, returns=True))
    stream.splice(150, time_signal(stamps[FIRST], (0x30, 10)))
    stream.splice(170, time_signal(stamps[SECOND], (0x30, 11), (0x31, 10)))
    stream.splice(240, time_signal(stamps[LAST], (0x31, 11)))
    stream.splice(180, splice_insert(2, stamps[CANCELLED], out=True))
    stream.splice(220, splice_cancel(2))
    stream.splice(BREAK - 60, splice_insert(3, stamps[BREAK], out=True, seconds=1, returns=True))
    return stream


@pytest.mark.timeout(90)
def test_splices_of_all_forms(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Messages, date ranges and IDRs agree; a cancelled splice leaves the playlist."""
    port = free_port()
    stream = source(tmp_path / "source.ts")
    program = streamer(
        "--input", f"udp://127.0.0.1:{port}", "--passthrough", "never", "--resolution", "320x180",
        "--framerate", "30", "--playlist-length", "20", "--admin-token", TOKEN, "--host",
        "127.0.0.1", "--http-port", "0", defaults=False, within=20)
    wait = stream.send(port)
    wait_until(lambda: get(program.port, BASE + "playlist.m3u8", timeout=15).status == 200, 20,
               "a playlist")
    viewed = Viewed(program)
    watch(viewed, messages=99, seconds=15)
    wait()
    frame = viewed.scale // 30
    found: dict[tuple[str, int], list[tuple[int, int]]] = {}
    for message in viewed.of(DATA_SCHEME):
        splice = json.loads(message.data)["scte35"]
        found.setdefault((splice["role"], splice["eventId"]), []).append(
            (message.ticks, message.tfdt))
    ticks = {key: places[0][0] for key, places in found.items()}
    assert set(found) == {("out", 1), ("out", 2), ("command", 2), ("out", 3), ("out", 10),
                          ("in", 10), ("out", 11), ("in", 11)}, found
    ranges = {key: [line for line in viewed.ranges if f'"splice-{key[1]}-' in line
                    and f"SCTE35-{key[0].upper()}=0x" in line] for key in found}

    # At once: a frame that was not published, and the end of its break a second later.
    assert found["out", 1][0][1] <= ticks["out", 1]
    assert len(ranges["out", 1]) == 1, viewed.ranges
    for key, place in ticks.items():
        if key[1] == 2:
            continue
        assert place in viewed.keys, (key, place)
        for line in ranges[key]:
            start = ticks["out", key[1]]
            date = milliseconds(str(attribute(line, "START-DATE")))
            assert abs(viewed.wall(start) - date) <= 1, (key, line)
    for number in (1, 3):
        end = ticks["out", number] + 30 * frame
        assert end in viewed.keys, (number, end)
        lines = [line for line in viewed.ranges if f'"splice-{number}-' in line]
        assert [attribute(line, "DURATION") for line in lines] == [None, "1"], lines
        assert "PLANNED-DURATION=1,SCTE35-OUT=0x" in lines[0] and "SCTE35" not in lines[1], lines

    # Back to back: one message is the end of one advert, and the beginning of the next.
    assert ticks["in", 10] == ticks["out", 11] == ticks["out", 10] + (SECOND - FIRST) * frame
    assert [attribute(ranges["in", number][0], "DURATION") for number in (10, 11)] == ["1", "1.5"]
    both = {message.data for message in viewed.of(SPLICE_SCHEME)
            if message.ticks == ticks["out", 11]}
    assert len(both) == 1

    # Cancelled: announced, and nothing at its time.
    assert all(tfdt < ticks["out", 2] for _, tfdt in found["out", 2]), found["out", 2]
    assert ticks["out", 2] not in viewed.keys - set(viewed.pdt)
    assert "splice-2-" not in get(program.port, BASE + "playlist.m3u8").text

    # The picture changes with an IDR.
    shown = [(chunk.tfdt, level > 128) for chunk, level in zip(
        chunks(viewed.media), levels(viewed.media, tmp_path), strict=True)]
    white = [when for when, is_white in shown if is_white]
    print(f"the break is white {(white[0] - ticks['out', 3]) / frame:.0f} frames after its time")
    assert {white[0], white[-1] + frame} <= viewed.keys, (white[0], white[-1], ticks["out", 3])
    assert program.logged("splice-key") and any(
        "at the return of a break" in line.message for line in program.logged("splice-key"))
