# SPDX-License-Identifier: Apache-2.0
"""GStreamer as a packager: MPEG-TS over UDP to HLS with segments of one second, by hlssink2.

Runs in the Python of the system, which has GStreamer's bindings: `compare_hls.py PORT FOLDER`.
"""

from __future__ import annotations

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402


def main() -> None:
    """Packages until an error or the end of the process."""
    port, folder = sys.argv[1:]
    Gst.init(None)
    pipeline = Gst.parse_launch(
        f"udpsrc address=127.0.0.1 port={int(port)} caps=video/mpegts,systemstream=true,"
        "packetsize=188 ! tsparse set-timestamps=true ! tsdemux latency=0 ! h264parse ! queue ! "
        "hlssink2 name=hls target-duration=1 playlist-length=6 max-files=12 "
        "send-keyframe-requests=false")
    sink = pipeline.get_by_name("hls")
    sink.set_property("location", f"{folder}/segment%05d.ts")
    sink.set_property("playlist-location", f"{folder}/live.m3u8")
    pipeline.set_state(Gst.State.PLAYING)
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.ERROR | Gst.MessageType.EOS)
    pipeline.set_state(Gst.State.NULL)
    sys.exit(str(message.parse_error()[0]) if message.type == Gst.MessageType.ERROR else 0)


if __name__ == "__main__":
    main()
