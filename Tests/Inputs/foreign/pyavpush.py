# SPDX-License-Identifier: Apache-2.0
"""Pushes a film by PyAV, as programs in Python do: packets as they are, or encoded again.

pyavpush.py FILE URL FORMAT [encode] [NAME=VALUE of x264 ...]
"""

from __future__ import annotations

import sys
import time

import av


def main() -> None:
    """Sends each packet when its time has come."""
    source, target, form, *words = sys.argv[1:]
    options = dict(word.split("=", 1) for word in words if "=" in word)
    begun = time.monotonic()

    def wait(packet: av.Packet) -> None:
        at = float((packet.dts if packet.dts is not None else packet.pts) * packet.time_base)
        time.sleep(max(0, begun + at - time.monotonic()))

    with av.open(source) as reader, av.open(target, "w", format=form) as writer:
        streams = {}
        for one in reader.streams:
            if one.type == "video" and "encode" in words:
                made = writer.add_stream("libx264", rate=one.average_rate, options=options)
                made.width, made.height, made.pix_fmt = one.width, one.height, "yuv420p"
            else:
                made = writer.add_stream_from_template(one)
            streams[one.index] = made
        for packet in reader.demux():
            if packet.dts is None:
                continue
            stream = streams[packet.stream.index]
            wait(packet)
            if stream.type == "video" and "encode" in words:
                for frame in packet.decode():
                    writer.mux(stream.encode(frame))
            else:
                packet.stream = stream
                writer.mux(packet)
        for stream in streams.values():
            if stream.type == "video" and "encode" in words:
                writer.mux(stream.encode(None))


if __name__ == "__main__":
    main()
