# SPDX-License-Identifier: Apache-2.0
"""Files with flash and beep, and senders that repeat them."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness.program import start, stop
from harness.audio import Track
from harness.sources import Source
from harness.tools import need
from harness.tunein import next_segments

SECONDS = 8


def record(folder: Path) -> Path:
    """Records eight seconds of a streamer; `long.mkv` in the same folder has forty.

    Eight seconds are 240 frames and 375 AAC frames, so that the repeats in `long.mkv` have no seam.
    """
    path = folder / "tone.mkv"
    program = start(["--resolution", "320x180", "--bitrate", "500", "--audio", "tone"])
    try:
        # The open segment begins with slate, and audio may be one segment late: two more.
        next_segments(program.port, SECONDS + 2)
        parts = []
        # On the common timeline audio starts up to an AAC frame before video.
        begin = min(
            Track(program.port, name).playlist().segments[-SECONDS].msn
            for name in ("video", "audio"))
        for name in ("video", "audio"):
            track = Track(program.port, name)
            playlist = track.playlist()
            found = [
                track.get(str(segment.uri)) for segment in playlist.segments
                if begin <= segment.msn < begin + SECONDS
            ]
            part = path.with_name(name + ".mp4")
            part.write_bytes(track.header(playlist) + b"".join(found))
            parts += ["-i", str(part)]
        mux = [need("ffmpeg", "audio of inputs"), "-v", "error"]
        subprocess.run([
            *mux, "-copyts", *parts, "-map", "0", "-map", "1", "-c", "copy", "-output_ts_offset",
            str(-begin),
            str(path)
        ], check=True, timeout=30, stdin=subprocess.DEVNULL)
        # -stream_loop would shift each repeat by the time from the first to the last timestamp,
        # which are of different tracks.
        repeats = path.with_name("repeats.txt")
        repeats.write_text(f"file {path.name}\nduration {SECONDS}\n" * 5)
        subprocess.run([
            *mux, "-f", "concat", "-i", str(repeats), "-map", "0", "-c", "copy",
            str(path.with_name("long.mkv"))
        ], check=True, timeout=30, stdin=subprocess.DEVNULL)
    finally:
        stop(program)
    return path


def sender(tone: Path, audio: Sequence[str], output: Sequence[str]) -> Source:
    """Sends the forty seconds beside `tone` repeatedly, at the pace of their timestamps."""
    command = [
        need("ffmpeg", "audio of inputs"), "-v", "error", "-stream_loop", "-1", "-re", "-i",
        str(tone.with_name("long.mkv")), "-map", "0:v", "-map", "0:a", "-c:v", "copy", *audio,
        "-flush_packets", "1", *output
    ]
    return Source(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL))


def ts(port: int) -> list[str]:
    """MPEG-TS in datagrams, each AAC frame in its own packet."""
    return ["-f", "mpegts", "-pes_payload_size", "0", "-muxdelay", "0", "-muxpreload", "0",
            f"udp://127.0.0.1:{port}?pkt_size=1316"]


def flv(port: int) -> list[str]:
    """RTMP; the sender listens."""
    return ["-f", "flv", "-listen", "1", "-rtmp_live", "live", f"rtmp://127.0.0.1:{port}/live/x"]
