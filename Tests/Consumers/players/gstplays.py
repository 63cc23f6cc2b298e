# SPDX-License-Identifier: Apache-2.0
"""GStreamer plays an address and writes its pictures as mono YUV4MPEG2: URL [OFFSET].

Run by the system's Python, which has the bindings. HLS is played by playbin3 with hlsdemux2, MPDs
by playbin with dashdemux.
"""

from __future__ import annotations

import sys

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
from gi.repository import GLib, Gst, GstApp  # noqa: E402, F401

url, offset = sys.argv[1], float(sys.argv[2] if len(sys.argv) > 2 else 0)
Gst.init(None)
player = Gst.ElementFactory.make("playbin" if ".mpd" in url else "playbin3")
pictures = Gst.parse_bin_from_description(
    "videoconvert ! video/x-raw,format=GRAY8 ! appsink name=pictures emit-signals=true", True)
sound = Gst.ElementFactory.make("fakesink")
sound.set_property("sync", True)
player.set_property("uri", url)
player.set_property("video-sink", pictures)
player.set_property("audio-sink", sound)
loop = GLib.MainLoop()
state = {"size": (0, 0), "sought": False}


def write(sink: GstApp.AppSink) -> Gst.FlowReturn:
    """Writes a picture, and before it the header of a new size."""
    sample = sink.emit("pull-sample")
    buffer, caps = sample.get_buffer(), sample.get_caps().get_structure(0)
    width, height = caps.get_int("width")[1], caps.get_int("height")[1]
    out = sys.stdout.buffer
    if (width, height) != state["size"]:
        state["size"] = width, height
        out.write(b"YUV4MPEG2 W%d H%d Cmono\n" % (width, height))
    data = buffer.extract_dup(0, buffer.get_size())
    stride = len(data) // height
    out.write(b"FRAME\n" + b"".join(
        data[row * stride:row * stride + width] for row in range(height)))
    out.flush()
    return Gst.FlowReturn.OK


def tell(_: Gst.Bus, message: Gst.Message) -> None:
    """Ends at an error or at the end; seeks once, and plays after the seek."""
    if message.type == Gst.MessageType.ERROR:
        print(*message.parse_error(), file=sys.stderr)
        loop.quit()
    elif message.type == Gst.MessageType.EOS:
        loop.quit()
    elif message.type == Gst.MessageType.ASYNC_DONE and offset:
        if state["sought"]:
            player.set_state(Gst.State.PLAYING)
        state["sought"] = state["sought"] or player.seek_simple(
            Gst.Format.TIME, Gst.SeekFlags.FLUSH | Gst.SeekFlags.ACCURATE,
            int(offset * Gst.SECOND))


pictures.get_by_name("pictures").connect("new-sample", write)
player.get_bus().add_signal_watch()
player.get_bus().connect("message", tell)
player.set_state(Gst.State.PAUSED if offset else Gst.State.PLAYING)
loop.run()
player.set_state(Gst.State.NULL)
