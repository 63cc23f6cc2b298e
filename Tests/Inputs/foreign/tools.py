# SPDX-License-Identifier: Apache-2.0
"""The programs of foreign senders, and what is missing without them."""

from __future__ import annotations

import importlib
import importlib.util
import shutil
import subprocess
import sys
from functools import cache

from harness.sources import SYSTEM_PYTHON, has_rtsp_server
from harness.tools import as_nobody

FFMPEG_5, FFMPEG_9, GSTREAMER = "ffmpeg-5", "ffmpeg-9", "gstreamer"
PYAV, VLC, OBS, CAMERA = "pyav", "vlc", "obs", "gst-rtsp-server"
# The elements of the pipelines.
ELEMENTS = ("rtmp2sink", "srtsink", "udpsink", "rtspclientsink", "flvmux", "mpegtsmux", "qtdemux",
            "h264parse", "h265parse", "aacparse", "x264enc", "voaacenc")
RENDITIONS_OF_VLC = "/usr/lib/x86_64-linux-gnu/vlc/plugins/stream_out"


@cache
def missing(tool: str) -> str:
    """The name of the program that a foreign sender lacks; nothing if it has all."""
    if not shutil.which("ffmpeg"):
        return "ffmpeg"
    if tool == FFMPEG_9 and not importlib.util.find_spec("imageio_ffmpeg"):
        return "imageio-ffmpeg (PyPI)"
    if tool == PYAV and not importlib.util.find_spec("av"):
        return "av (PyPI)"
    if tool == VLC:
        return next((one for one in ("cvlc", "setpriv") if not shutil.which(one)), "")
    if tool == OBS:
        return next((one for one in ("obs", "Xvfb", "dbus-run-session") if not shutil.which(one)),
                    "")
    if tool == CAMERA and not has_rtsp_server():
        return "GStreamer's RTSP server"
    if tool == GSTREAMER:
        return missing_element()
    return ""


def missing_element() -> str:
    """The first missing element of GStreamer, or its launcher."""
    if not shutil.which("gst-launch-1.0"):
        return "gst-launch-1.0"
    asked = "import gi; gi.require_version('Gst', '1.0'); from gi.repository import Gst; " \
        "Gst.init(None); print(next((n for n in {!r} if not Gst.ElementFactory.find(n)), ''))"
    found = subprocess.run([SYSTEM_PYTHON, "-c", asked.format(ELEMENTS)], capture_output=True,
                           text=True, timeout=60)
    return found.stdout.strip() if found.returncode == 0 else "python3-gi"


def executable(tool: str) -> list[str]:
    """The start of the command line of a sender."""
    if tool == FFMPEG_9:
        return [str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())]
    if tool == PYAV:
        return [sys.executable]
    if tool == GSTREAMER:
        return ["gst-launch-1.0", "-q"]
    return ["ffmpeg"]


__all__ = ["as_nobody", "executable", "missing"]
