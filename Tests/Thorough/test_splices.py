# SPDX-License-Identifier: Apache-2.0
"""Twenty breaks of SCTE-35 in a row, encoded: frames, media messages and playlists agree."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.boxes import chunks
from harness.http1 import get
from harness.program import Program
from harness.transport import Transport, splice_insert
from harness.waiting import wait_until
from test_metadata import (
    SPLICE_SCHEME, TOKEN, Viewed, attribute, levels, milliseconds, watch)

# No multiple of the frames of a segment, so breaks begin and end at each place of a segment.
COUNT, FIRST, STEP, LENGTH = 20, 150, 37, 17
FRAMES = FIRST + COUNT * STEP + 60


def source(path: Path) -> Transport:
    """Video that is white during the breaks; each is announced a second ahead."""
    white = f"gte(n,{FIRST})*lt(n,{FIRST + COUNT * STEP})*lt(mod(n-{FIRST},{STEP}),{LENGTH})"
    stream = Transport(
        path, FRAMES / 30, "-vf",
        f"drawbox=color=black:t=fill,drawbox=enable='{white}':color=white:t=fill")
    for index in range(COUNT):
        out = FIRST + index * STEP
        stream.splice(out - 30, splice_insert(
            100 + index, stream.stamps[out], out=True, seconds=LENGTH / 30))
        stream.splice(out + LENGTH - 10, splice_insert(
            100 + index, stream.stamps[out + LENGTH], out=False))
    return stream


@pytest.mark.timeout(120)
def test_twenty_breaks_are_exact(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Each break begins and ends with an IDR at its frame; dates agree to the millisecond.

    A file has no arrival times, which a busy machine would disturb.
    """
    stream = source(tmp_path / "video.ts")
    film = tmp_path / "source.ts"
    film.write_bytes(b"".join(stream.packets))
    program = streamer(
        "--host", "127.0.0.1", "--http-port", "0", "--playlist-length", "40", "--admin-token",
        TOKEN, "--input", str(film), "--loop", "--passthrough", "never", "--resolution",
        "320x180", "--framerate", "30", defaults=False, within=20)
    viewed = Viewed(program)
    wait_until(lambda: get(
        program.port, "/live/video/playlist.m3u8", timeout=15).status == 200, 20, "a playlist")
    watcher = threading.Thread(target=watch, args=(viewed, 2 * COUNT, 40))
    watcher.start()
    watcher.join()
    times = sorted({message.ticks for message in viewed.of(SPLICE_SCHEME)})
    frame = viewed.scale // 30
    expected = [place for index in range(COUNT)
                for place in (FIRST + index * STEP, FIRST + index * STEP + LENGTH)]
    assert [(when - times[0]) // frame for when in times] == [one - FIRST for one in expected]
    assert all((when - times[0]) % frame == 0 for when in times)
    missing = [(when - times[0]) // frame for when in times if when not in viewed.keys]
    assert not missing, f"no IDR at the frames {missing} after the first break"
    # The pictures of the published media.
    grey = levels(viewed.media, tmp_path)
    shown = [(chunk.tfdt, level > 128)
             for chunk, level in zip(chunks(viewed.media), grey, strict=True)]
    changes = [when for (_, before), (when, after) in zip(shown, shown[1:]) if before != after]
    late = {index: (a - b) // frame for index, (a, b) in enumerate(zip(changes, times)) if a != b}
    assert len(changes) == len(times) and not late, f"frames after the message: {late}"
    # Date ranges: a line of the break, and one with its return.
    worst = 0.0
    for index in range(COUNT):
        begin, end = times[2 * index:2 * index + 2]
        lines = [line for line in viewed.ranges if f'ID="splice-{100 + index}-' in line]
        assert any("SCTE35-OUT=0x" in line for line in lines), lines
        back = next(line for line in lines if "SCTE35-IN=0x" in line)
        for line in lines:
            date = milliseconds(str(attribute(line, "START-DATE")))
            worst = max(worst, abs(viewed.wall(begin) - date))
        length = float(str(attribute(back, "DURATION"))) * 1000
        worst = max(worst, abs((end - begin) * 1000 / viewed.scale - length))
    print(f"{COUNT} breaks: media messages and date ranges differ by at most {worst:.2f} ms")
    assert worst <= 1, worst
