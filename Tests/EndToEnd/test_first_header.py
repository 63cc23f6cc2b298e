# SPDX-License-Identifier: Apache-2.0
"""Players that read only the first CMAF header play the next publisher's size, rate and sound."""

from __future__ import annotations

import re
import subprocess
import threading
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest

from harness.boxes import timescale
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.playlist import parse
from harness.program import Program
from harness.rtmp import HOST, rtmp_port
from harness.sources import Source
from harness.tools import need
from harness.waiting import wait_until

BASE = "/live/video/"
# Messages of decoders and of their bitstream filters; those of HTTP are about segments.
DECODER = re.compile(r"^\[(h264|hevc|aac|mov|mp3|[a-z0-9_]+_mp4toannexb)\S* @")
# The longest pause between two publishers, and the rest of a group of pictures, in seconds.
LONGEST_STEP = 20
# The media of each publisher, in seconds.
LENGTH = 40
X264 = ("libx264", "-tune", "zerolatency", "-sc_threshold", "0")
X265 = ("libx265", "-x265-params", "log-level=none:bframes=0:scenecut=0:open-gop=0")


class Media(NamedTuple):
    """The media of a publisher."""

    size: tuple[int, int]
    rate: int = 25
    samples: int = 48_000
    channels: int = 2
    coding: tuple[str, ...] = X264
    # Frames from key frame to key frame; 0 for a second.
    group: int = 0
    # Whether it is encoded when it follows another publisher.
    is_encoded: bool = False

    def file(self, folder: Path) -> Path:
        """A file of the media, for longer than the test."""
        size = "x".join(map(str, self.size))
        path = folder / f"{size}.ts"
        subprocess.run(
            [need("ffmpeg", "publishers"), "-v", "error", "-f", "lavfi", "-i",
             f"testsrc2=size={size}:rate={self.rate}", "-f", "lavfi", "-i",
             f"sine=frequency=440:sample_rate={self.samples}", "-t", f"{LENGTH}", "-c:v",
             *self.coding, "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g",
             f"{self.group or self.rate}", "-b:v", "300k", "-c:a", "aac", "-ac",
             f"{self.channels}", str(path)],
            stdin=subprocess.DEVNULL, check=True, timeout=90)
        return path

    def publish(self, program: Program, path: Path) -> Source:
        """ffmpeg publishes H.264 by RTMP, HEVC as MPEG-TS by HTTP."""
        by = (["-f", "flv", f"rtmp://127.0.0.1:{rtmp_port(program)}/live/x"]
              if self.coding == X264 else
              ["-f", "mpegts", "-muxdelay", "0", "-method", "POST",
               program.url("/live/stream.ts")])
        return Source(subprocess.Popen(
            [need("ffmpeg", "publishers"), "-v", "error", "-nostdin", "-re", "-i", str(path), "-c",
             "copy", "-flush_packets", "1", *by],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


class Reader:
    """ffprobe reads and decodes the live playlist."""

    def __init__(self, program: Program) -> None:
        self.process = subprocess.Popen(
            [need("ffprobe", "players of the first header"), "-v", "error", "-show_frames",
             "-show_entries", "frame=media_type,stream_index,pkt_dts,pkt_dts_time,width,height",
             "-of", "compact=p=0", program.url("/live.m3u8")],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        # Of each stream the decode times in seconds; and the sizes of the pictures.
        self.times: dict[str, list[float]] = defaultdict(list)
        self.sizes: dict[tuple[int, int], int] = defaultdict(int)
        self.messages: list[str] = []
        self.threads = [threading.Thread(target=run, daemon=True)
                        for run in (self._frames, self._lines)]
        for thread in self.threads:
            thread.start()

    def _frames(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            fields = dict(part.partition("=")[::2] for part in line.strip().split("|"))
            if fields.get("pkt_dts_time", "N/A") != "N/A":
                self.times[fields["stream_index"]].append(float(fields["pkt_dts_time"]))
            if fields.get("media_type") == "video":
                self.sizes[int(fields["width"]), int(fields["height"])] += 1

    def _lines(self) -> None:
        assert self.process.stderr
        self.messages += self.process.stderr

    def end(self) -> None:
        """Ends ffprobe, and reads what it has written."""
        self.process.terminate()
        self.process.wait(10)
        for thread in self.threads:
            thread.join(10)


def headers(program: Program, track: str) -> list[int]:
    """The timescale of each CMAF header that the playlist of a track lists."""
    text = get(program.port, f"/live/{track}/playlist.m3u8", timeout=15).text
    names = dict.fromkeys(segment.map_uri for segment in parse(text).segments if segment.map_uri)
    return [timescale(get(program.port, f"/live/{track}/{name}").body) for name in names]


@pytest.mark.timeout(150)
@pytest.mark.parametrize(("first", "second"), [
    (Media((160, 90)), Media((320, 180))),
    # It is encoded at the rate of the first one.
    (Media((160, 90)), Media((320, 180), rate=30, samples=44_100, channels=1, is_encoded=True)),
    # A key frame each 6 s.
    (Media((160, 90)), Media((320, 180), group=150, is_encoded=True)),
    (Media((160, 90), coding=X265), Media((320, 180), coding=X265)),
], ids=["size", "size, rate and sound", "encoded size", "size of HEVC"])
def test_a_reader_of_the_first_header(streamer: Callable[..., Program], sources: list[Source],
                                      tmp_path: Path, first: Media, second: Media) -> None:
    """ffmpeg decodes both publishers without an error, and its decode times do not jump."""
    files = [media.file(tmp_path) for media in (first, second)]
    program = streamer(*HOST, defaults=False)
    sources.append(first.publish(program, files[0]))
    path = BASE + "playlist.m3u8"
    wait_until(lambda: get(program.port, path, timeout=15).status == 200, 25, "a playlist")
    scales = [set(headers(program, track)) for track in ("video", "audio")]
    reader = Reader(program)
    try:
        wait_until(lambda: reader.sizes[first.size] > 2 * first.rate, 30, "the first publisher")
        sources[-1].kill()
        sources.append(second.publish(program, files[1]))
        wait_until(lambda: reader.sizes[second.size] > 3 * second.rate, 40, "the second publisher")
        assert [set(headers(program, track)) for track in ("video", "audio")] == scales
    finally:
        reader.end()
    assert (PASSED_THROUGH in program.logged("stream")[-1].message) != second.is_encoded
    assert [line for line in reader.messages if DECODER.match(line)] == []
    assert set(reader.sizes) == {first.size, second.size}
    assert len(reader.times) == 2
    for times in reader.times.values():
        steps = [after - before for before, after in pairwise(times)]
        assert 0 < min(steps) and max(steps) < LONGEST_STEP, (min(steps), max(steps))
