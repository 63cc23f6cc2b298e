# SPDX-License-Identifier: Apache-2.0
"""A source whose access units the decoder refuses for too long is opened again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

from harness.metrics import total
from harness.program import Program
from harness.rtmp import HOST, Publisher, rtmp_port
from harness.waiting import wait_until
from test_hostile_sources import H264, VIDEO, advances, ends, make, runs

LIMIT = ["--max-decoder-errors", "20", "--passthrough", "never"]
REASON = "20 access units in a row could not be decoded"


def test_a_file(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Five seconds of frames, and then two of bytes that are no JPEG: the file starts over."""
    path = make(tmp_path / "movie.mkv", *VIDEO, "-t", "7", "-c:v", "mjpeg")
    pieces = path.read_bytes().split(b"\xff\xd8\xff")
    assert len(pieces) == 211
    # Without markers; the last bytes belong to the next block of the file.
    bad = [bytes(len(piece) - 50) + piece[-50:].replace(b"\xff", b"\0") for piece in pieces[151:]]
    path.write_bytes(b"\xff\xd8\xff".join(pieces[:151]) + b"\0\0\0" + b"\0\0\0".join(bad))
    program = runs(streamer, str(path), "--loop", *LIMIT)
    program.wait_logged("source-gone", REASON, within=15)
    program.wait_logged("source-gone", REASON, within=20, count=2)
    wait_until(lambda: total(program.port, "streamer_input_damaged_total") >= 30, 5,
               "the refused access units are counted")
    advances(program, "video", by=1)
    ends(program)


def test_a_publisher(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """A publisher whose frames become garbage, and then are frames again."""
    path = make(tmp_path / "movie.flv", *VIDEO, "-t", "9", *H264)
    program = streamer(*HOST, *LIMIT, defaults=False)
    stop = threading.Event()

    def send(publisher: Publisher) -> None:
        for index, (time, payload) in enumerate(tags(path.read_bytes())):
            if 61 <= index < 121:
                payload = payload[:5] + b"\0\0\0\x20\x65" + b"\xff" * 31
            publisher.media(9, payload, time)
            if stop.wait(1 / 30):
                return

    with Publisher(rtmp_port(program)) as publisher:
        assert publisher.ask("x") == b"NetStream.Publish.Start"
        thread = threading.Thread(target=send, args=(publisher,))
        thread.start()
        try:
            program.wait_logged("source-gone", REASON, within=15)
            program.wait_logged("source-open", within=10, count=2)
            wait_until(lambda: total(program.port, "streamer_stream_online") == 1, 10,
                       "frames again")
        finally:
            stop.set()
            thread.join()
    ends(program)


def tags(data: bytes) -> list[tuple[int, bytes]]:
    """The times and contents of the video tags of an FLV file; Adobe Flash Video, E.4.1."""
    found, place = [], 13
    while place + 11 < len(data):
        size = int.from_bytes(data[place + 1:place + 4])
        time = int.from_bytes(data[place + 4:place + 7]) | data[place + 7] << 24
        if data[place] == 9:
            found.append((time, data[place + 11:place + 11 + size]))
        place += 11 + size + 4
    return found
