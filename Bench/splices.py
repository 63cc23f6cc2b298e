# SPDX-License-Identifier: Apache-2.0
"""Breaks of SCTE-35 in an encoded stream: is an IDR, and the picture, at each splice?

A publisher by SRT announces breaks at frames of its own, white in a black picture. The published
media and playlists are compared: IDR, `emsg`, EXT-X-DATERANGE, and the first and last white frame.
Run: python Bench/splices.py [--pairs 20] [--passthrough never]. It prints what it found.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / folder) for folder in ("Tests", "Tests/EndToEnd", "Tests/Thorough")]

from harness.boxes import chunks  # noqa: E402
from harness.http1 import get  # noqa: E402
from harness.program import start, stop  # noqa: E402
from harness.rtmp import rtmp_port  # noqa: E402
from harness.transport import Transport, splice_insert  # noqa: E402
from harness.waiting import wait_until  # noqa: E402
from test_broadcast import HOST  # noqa: E402
from test_metadata import (  # noqa: E402
    SPLICE_SCHEME, Viewed, attribute, levels, milliseconds, watch)

RATE, LENGTH = 30, 37
# How long before its frame a message is sent, frames.
AHEAD = {"out": 45, "in": 20}


def source(path: Path, pairs: int) -> Transport:
    """Breaks of 37 frames, every three seconds or so, at no whole second."""
    breaks = [(first, first + LENGTH) for first in (
        2 * RATE + 3 * RATE * pair + 7 * pair % 11 for pair in range(pairs))]
    white = "+".join(f"between(n,{first},{end - 1})" for first, end in breaks)
    stream = Transport(path, breaks[-1][1] / RATE + 3, "-vf",
                       f"drawbox=color=black:t=fill,drawbox=enable='{white}':color=white:t=fill")
    for pair, (first, end) in enumerate(breaks):
        stream.splice(first - AHEAD["out"], splice_insert(
            100 + pair, stream.stamps[first], out=True, seconds=LENGTH / RATE))
        stream.splice(end - AHEAD["in"], splice_insert(100 + pair, stream.stamps[end], out=False))
    return stream


def compare(viewed: Viewed, folder: Path) -> None:
    """Prints how the splices agree."""
    splices = sorted({message.ticks for message in viewed.of(SPLICE_SCHEME)})
    print(f"{len(splices)} splices, {sum(at in viewed.keys for at in splices)} at an IDR")
    dates = sorted({milliseconds(str(attribute(line, "START-DATE")))
                    for line in viewed.ranges if "SCTE35-OUT=0x" in line})
    late = [abs(viewed.wall(at) - date) for at, date in zip(splices[::2], dates, strict=True)]
    print(f"{len(dates)} date ranges, at most {max(late):.2f} ms from their emsg")
    print("DURATION of the returns:", dict(Counter(
        attribute(line, "DURATION") for line in viewed.ranges if "SCTE35-IN=0x" in line)))
    grey, times = levels(viewed.media, folder), [chunk.tfdt for chunk in chunks(viewed.media)]
    changes = [at for at, before, after in zip(times[1:], grey, grey[1:])
               if (before > 128) != (after > 128)]
    print("frames from a splice to the change of the picture:", dict(Counter(
        round((change - at) * RATE / viewed.scale)
        for change, at in zip(changes, splices, strict=True))))


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20)
    parser.add_argument("--passthrough", default="never")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        stream = source(Path(folder) / "breaks.ts", options.pairs)
        program = start([*HOST, "--passthrough", options.passthrough], defaults=False)
        sender = stream.call(
            f"srt://127.0.0.1:{rtmp_port(program, 'srt')}?streamid=live&latency=60000")
        try:
            wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status
                       == 200, 20, "a playlist")
            viewed = Viewed(program)
            watch(viewed, messages=2 * options.pairs, seconds=3 * options.pairs + 30)
            compare(viewed, Path(folder))
        finally:
            sender.kill()
            stop(program)


if __name__ == "__main__":
    main()
