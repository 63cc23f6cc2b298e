# SPDX-License-Identifier: Apache-2.0
"""Receives MPEG-TS by SRT with GStreamer, and prints the number of access units of each track.

Run by the system's Python, which has the bindings: PORT COUNT.
"""

from __future__ import annotations

import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import GLib, Gst  # noqa: E402

port, count = int(sys.argv[1]), int(sys.argv[2])
Gst.init(None)
pipeline = Gst.parse_launch(
    f"srtsrc uri=srt://127.0.0.1:{port}?mode=listener latency=20 ! tsdemux name=d "
    "d. ! queue ! h264parse ! video/x-h264,alignment=au ! fakesink name=video "
    "signal-handoffs=true sync=false d. ! queue ! aacparse ! fakesink name=audio "
    "signal-handoffs=true sync=false")
loop = GLib.MainLoop()
counts = {"video": 0, "audio": 0}


def take(sink: Gst.Element, *_: object) -> None:
    """Counts an access unit."""
    counts[sink.get_name()] += 1
    if min(counts.values()) >= count:
        loop.quit()


for name in counts:
    pipeline.get_by_name(name).connect("handoff", take)
pipeline.set_state(Gst.State.PLAYING)
GLib.timeout_add_seconds(20, loop.quit)
loop.run()
pipeline.set_state(Gst.State.NULL)
print(counts["video"], counts["audio"])
