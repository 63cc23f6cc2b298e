# SPDX-License-Identifier: Apache-2.0
"""Video whose colours, bits and scan change within a stream is passed through without a loss."""

from __future__ import annotations

import gzip
import struct
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from pathlib import Path

import pytest

from harness.boxes import timescale
from harness.flvrelay import VIDEO
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.playlist import Playlist, Segment, parse
from harness.ports import free_port
from harness.program import Program
from harness.rtmp import HOST as PUBLISHERS, rtmp_port
from harness.sources import Source
from harness.tools import need
from harness.trackpublisher import CMAF, CMAFTrack, MultitrackPublisher, boxes, tags
from harness.waiting import wait_until
from test_passthrough_files import hashes

HOST = ["--host", "127.0.0.1", "--http-port", "0"]
# All segments of the test stay in the window.
LONG = ["--playlist-length", "40", "--max-files", "50"]
BASE = "/live/video/"
RATE = 30
EIGHT, TEN = ["-pix_fmt", "yuv420p"], ["-pix_fmt", "yuv420p10le"]
PQ = ["-color_trc", "smpte2084", "-color_primaries", "bt2020", "-colorspace", "bt2020nc"]
INTERLACED = ["-flags", "+ildct+ilme", "-x264-params", "tff=1"]
# Each clip differs from the one before in one property: colours, bits, scan.
CLIPS = [EIGHT, [*EIGHT, *PQ], [*TEN, *PQ], [*TEN, *PQ, *INTERLACED]]
CHANGES = len(CLIPS) - 1
LENGTHS = [6, 4, 4, 4]
STARTS = [0, *accumulate(LENGTHS)][:len(CLIPS)]
# profile_idc of High 10: ITU-T H.264 §A.2.5.
HIGH_10 = 110


@cache
def clip(index: int, *muxing: str) -> bytes:
    """A clip of H.264 whose frames no other clip has, with a key frame per second."""
    return subprocess.run(
        [need("ffmpeg", "changes of video"), "-v", "error", "-f", "lavfi", "-i",
         f"testsrc2=size=320x180:rate={RATE},hue=h={index * 50}", "-t", f"{LENGTHS[index]}", "-c:v",
         "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", f"{RATE}", "-keyint_min",
         f"{RATE}", "-sc_threshold", "0", *CLIPS[index], *muxing, "-"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, timeout=60).stdout


class Publishing(Source):
    """A publisher in this process."""

    def __init__(self, end: Callable[[], object]) -> None:
        super().__init__()
        self.end = end

    def kill(self) -> None:
        """Ends the publisher."""
        self.end()


def by_rtmp(streamer: Callable[..., Program], sources: list[Source], folder: Path) -> Program:
    """Tags of one connection, with audio: each clip begins with its decoder configuration."""
    program = streamer(*PUBLISHERS, *LONG, defaults=False)
    publisher = MultitrackPublisher(rtmp_port(program), {0: 440}, picture=(
        "-f", "lavfi", "-i", "color=size=64x64:rate=1", "-c:v", "libx264"))
    publisher.video = [(moment + 1000 * start, body) for index, start in enumerate(STARTS)
                       for kind, moment, body in tags(clip(index, "-f", "flv"))
                       # AVC end of sequence: FLV 10.1 §E.4.3.1.
                       if kind == VIDEO and body[1] != 2]
    publisher.__enter__()
    sources.append(Publishing(publisher.__exit__))
    return program


def by_cmaf(streamer: Callable[..., Program], sources: list[Source], folder: Path) -> Program:
    """One body: each clip begins with its header, and continues the times."""
    program = streamer(*PUBLISHERS, *LONG, defaults=False)
    data = b""
    for index, start in enumerate(STARTS):
        part = clip(index, *CMAF)
        header = b"".join(box for kind, box in boxes(part) if kind in (b"ftyp", b"moov"))
        for kind, box in boxes(part):
            if kind == b"moof":
                at = box.index(b"tfdt") + 8
                assert box[at - 4] == 1, "a time of 32 bits"
                moved = struct.unpack_from(">Q", box, at)[0] + start * timescale(header)
                box = box[:at] + struct.pack(">Q", moved) + box[at + 8:]
            data += box if kind in (b"ftyp", b"moov", b"moof", b"mdat") else b""
    sources.append(Publishing(
        CMAFTrack(program, "/live/video.cmfv", data, RATE, time.monotonic()).end))
    return program


def by_udp(streamer: Callable[..., Program], sources: list[Source], folder: Path) -> Program:
    """MPEG-TS: the parameter sets of a clip precede its key frames."""
    lines = ["ffconcat version 1.0"]
    for index, length in enumerate(LENGTHS):
        (folder / f"{index}.ts").write_bytes(clip(index, "-f", "mpegts"))
        lines += [f"file {index}.ts", f"duration {length}"]
    (folder / "clips.txt").write_text("\n".join(lines))
    url = f"udp://127.0.0.1:{free_port()}"
    sources.append(Source(subprocess.Popen(
        [need("ffmpeg", "changes of video"), "-v", "error", "-re", "-f", "concat", "-i",
         str(folder / "clips.txt"), "-c", "copy", "-f", "mpegts", "-muxdelay", "0",
         "-flush_packets", "1", url + "?pkt_size=1316"], stdin=subprocess.DEVNULL)))
    return streamer("--input", url, *HOST, *LONG, defaults=False, within=25)


@dataclass
class Run:
    """The segments with one CMAF header."""

    init: bytes
    segments: list[Segment] = field(default_factory=list)
    media: bytes = b""

    @property
    def profile(self) -> int:
        """AVCProfileIndication of `avcC` (ISO/IEC 14496-15 §5.3.3.1)."""
        return self.init.partition(b"avcC")[2][1]

    @property
    def transfer(self) -> int:
        """The transfer characteristics of `colr` (ISO/IEC 14496-12 §12.1.5); 0 without one."""
        return int.from_bytes(self.init.partition(b"colrnclx")[2][2:4])


class Follower:
    """Loads each segment when it is listed."""

    def __init__(self, program: Program) -> None:
        self.port = program.port
        self.runs: dict[str, Run] = {}
        self.newest: int | None = None

    def playlist(self) -> Playlist:
        """The present playlist."""
        return parse(get(self.port, BASE + "playlist.m3u8", timeout=15).text)

    def has_last_run(self) -> bool:
        """Loads the new segments; whether the run of the last clip has two."""
        for segment in self.playlist().segments:
            if self.newest is not None and segment.msn <= self.newest:
                continue
            assert self.newest in (None, segment.msn - 1) and not segment.gap, segment
            self.newest = segment.msn
            name = segment.map_uri or ""
            if name not in self.runs:
                self.runs[name] = Run(get(self.port, BASE + name).body)
            run = self.runs[name]
            assert run is list(self.runs.values())[-1], "an earlier header returns"
            run.segments.append(segment)
            run.media += get(self.port, BASE + (segment.uri or "")).body
        return len(self.runs) > CHANGES and len(list(self.runs.values())[-1].segments) >= 2


def check_documents(program: Program, before: str) -> None:
    """The playlist of the stream has the same kind as before, and the documents the new video."""
    plain = get(program.port, "/live/playlist.m3u8").text
    manifest = get(program.port, "/live/manifest.mpd").text.split("<Period")[1:]
    transfer = "urn:mpeg:mpegB:cicp:TransferCharacteristics"
    assert ["avc1.6e" in period for period in manifest[-4:]] == [False, False, True, True]
    assert [transfer in period for period in manifest[-4:]] == [False, True, True, True]
    assert ("#EXT-X-TARGETDURATION" in plain) == ("#EXT-X-TARGETDURATION" in before)
    if "#EXT-X-TARGETDURATION" in plain:
        return
    assert "VIDEO-RANGE" not in before and "avc1.6e" not in before
    packed = get(program.port, "/live/playlist.m3u8", headers={"Accept-Encoding": "gzip"}).body
    for text in (plain, gzip.decompress(packed).decode(), get(program.port, "/live.m3u8").text):
        assert ",VIDEO-RANGE=PQ," in text and 'CODECS="avc1.6e' in text, text


@pytest.mark.timeout(120)
@pytest.mark.parametrize("way", [by_rtmp, by_cmaf, by_udp], ids=["rtmp", "cmaf", "udp"])
def test_a_change_is_one_header_and_one_discontinuity(
        way: Callable[[Callable[..., Program], list[Source], Path], Program],
        streamer: Callable[..., Program], sources: list[Source], tmp_path: Path) -> None:
    """SDR to PQ, 8 to 10 bits, progressive to interlaced: each frame is shown, in its header."""
    program = way(streamer, sources, tmp_path)
    wait_until(lambda: get(program.port, BASE + "playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")
    assert PASSED_THROUGH in program.description()
    before = get(program.port, "/live/playlist.m3u8").text
    follower = Follower(program)
    wait_until(follower.has_last_run, sum(LENGTHS) + 15, "segments of the last clip")
    runs = list(follower.runs.values())
    assert [run.transfer for run in runs] == [0, 16, 16, 16]
    assert [run.profile == HIGH_10 for run in runs] == [False, False, True, True]
    # Each change has one Discontinuity, and nothing else has.
    for index, run in enumerate(runs):
        assert [segment.discontinuity for segment in run.segments] == [index > 0] + [False] * (
            len(run.segments) - 1)
    playlist = follower.playlist()
    assert playlist.text.count("#EXT-X-DISCONTINUITY\n") == CHANGES
    for index, run in enumerate(runs):
        sent, shown = hashes(clip(index, *CMAF)), hashes(run.init + run.media)
        if index == 0:
            assert len(shown) >= RATE and shown == sent[-len(shown):]
        else:
            assert shown == (sent if index < CHANGES else sent[:len(shown)])
    check_documents(program, before)
