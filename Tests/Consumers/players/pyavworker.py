# SPDX-License-Identifier: Apache-2.0
"""PyAV by the rules of Home Assistant's stream worker: URL [OFFSET [KEY]]; a clock per line.

The rules: a packet without a decode timestamp is skipped, more than six in succession are an error;
one that is not later than the packet before is skipped; a step of more than 10,000 s is an error.
After an error the worker starts again 10 s later. The pictures are those that its players decode.
"""

from __future__ import annotations

import sys
import time

import av
import numpy as np

sys.path.insert(0, str(__import__("pathlib").Path(__file__).parents[2]))
from harness.burnedclock import decode  # noqa: E402

MOST_MISSING, MOST_SECONDS, AGAIN_AFTER, SILENCE = 6, 10_000, 10, 30


def show(frame: av.VideoFrame) -> None:
    """Writes the clock of a picture."""
    plane = frame.planes[0]
    luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    found = decode(luma[:frame.height, :frame.width])
    print("-" if found is None else found, flush=True)


def work(url: str, offset: float, key: str) -> None:
    """One run of the worker; ValueError for a stream that breaks a rule."""
    options = {"cenc_decryption_key": key} if key and ".mpd" in url else {}
    with av.open(url, options=options, timeout=SILENCE) as container:
        video = container.streams.video[0]
        audio = next(iter(container.streams.audio), None)
        if offset:
            start = container.start_time or 0
            container.seek(start + int(offset * av.time_base))
        last: dict[int, int] = {}
        missing = 0
        for packet in container.demux([one for one in (video, audio) if one]):
            if packet.dts is None:
                missing += 1
                if missing > MOST_MISSING:
                    raise ValueError("no decode timestamps")
                continue
            missing = 0
            before = last.get(packet.stream_index)
            if before is not None and packet.time_base:
                step = float((packet.dts - before) * packet.time_base)
                if abs(step) > MOST_SECONDS:
                    raise ValueError(f"the decode timestamps step by {step:.0f} s")
                if step <= 0:
                    continue
            last[packet.stream_index] = packet.dts
            if packet.stream is video:
                for frame in packet.decode():
                    show(frame)
        for frame in video.codec_context.decode(None):
            show(frame)


def main() -> None:
    """Command line."""
    url, offset, key = (*sys.argv[1:], "", "")[:3]
    while True:
        try:
            return work(url, float(offset or 0), key)
        except (av.FFmpegError, ValueError) as error:
            print(error, file=sys.stderr, flush=True)
        time.sleep(AGAIN_AFTER)


if __name__ == "__main__":
    main()
