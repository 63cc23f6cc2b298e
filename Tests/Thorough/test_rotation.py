# SPDX-License-Identifier: Apache-2.0
"""Rotated video: onMetaData of RTMP, the display orientation in SEI, and the matrix of CMAF."""

from __future__ import annotations

import struct
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.boxes import find
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.playlist import parse
from harness.program import Program
from harness.rtmp import HOST, rtmp_port
from harness.tools import need
from harness.trackpublisher import CMAF, CMAFTrack, MultitrackPublisher, encoded
from harness.waiting import wait_until

VIDEO = "/live/video/"
ONE = 0x1_0000
QUARTER, UPRIGHT, THREE_QUARTERS = (0, ONE, -ONE, 0), (ONE, 0, 0, ONE), (0, -ONE, ONE, 0)
# The left half is red, the right half is blue.
HALVES = ("-f", "lavfi", "-i", "color=c=red:s=160x180:r=30,pad=320:180:0:0:blue", "-c:v", "libx264",
          "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g", "30",
          "-keyint_min", "30", "-sc_threshold", "0")


def plays(program: Program) -> None:
    """Waits for a segment."""
    wait_until(lambda: get(program.port, VIDEO + "playlist.m3u8", timeout=15).status == 200
               and parse(get(program.port, VIDEO + "playlist.m3u8").text).segments, 25, "a segment")


def newest(program: Program) -> tuple[bytes, bytes]:
    """The header and the bytes of the newest complete segment."""
    segment = parse(get(program.port, VIDEO + "playlist.m3u8").text).segments[-1]
    return get(program.port, VIDEO + segment.map_uri).body, get(program.port,
                                                                VIDEO + segment.uri).body


def matrix(program: Program) -> tuple[int, ...]:
    """The numbers a, b, c and d in `tkhd` of the newest segment."""
    tkhd = find(newest(program)[0], "moov/trak/tkhd")[0]
    a, b, _, c, d = struct.unpack_from(">5i", tkhd, 52 if tkhd[0] else 40)
    return a, b, c, d


def picture(program: Program) -> str:
    """The first and last row of nine areas of a frame, as ffmpeg displays it: red and blue."""
    raw = subprocess.run(
        [need("ffmpeg", "rotation"), "-v", "error", "-i", "-", "-frames:v", "1", "-vf",
         "scale=3:3:flags=area", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"],
        input=b"".join(newest(program)), capture_output=True, check=True, timeout=30).stdout
    colours = ["r" if raw[at] > 128 > raw[at + 2] else "b" if raw[at + 2] > 128 > raw[at] else "."
               for at in range(0, 27, 3)]
    return "".join(colours[:3]) + " " + "".join(colours[6:])


def in_mpd(program: Program, size: str) -> bool:
    """Whether the newest Period has a size of the displayed picture."""
    width, _, height = size.partition("x")
    newest = get(program.port, "/live/manifest.mpd").text.split("<Period")[-1]
    return f'width="{width}" height="{height}"' in newest


def discontinuities(program: Program) -> int:
    """The number of Discontinuities in the window and before it."""
    text = get(program.port, VIDEO + "playlist.m3u8").text
    return text.count("#EXT-X-DISCONTINUITY\n") + int(
        parse(text).tags.get("EXT-X-DISCONTINUITY-SEQUENCE", "0"))


def has_size(program: Program, size: str) -> bool:
    """Whether the Multivariant Playlist and the MPD have a size."""
    master = get(program.port, "/live/playlist.m3u8").text
    return f"RESOLUTION={size}" in master and in_mpd(program, size)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("isolation", ["process", "none"])
def test_a_turning_phone_is_passed_through(isolation: str,
                                           streamer: Callable[..., Program]) -> None:
    """The header has the declared rotation, another one has another header; others have a line."""
    program = streamer(*HOST, "--isolation", isolation, defaults=False)
    with MultitrackPublisher(rtmp_port(program), {0: 440}, metadata={"rotation": 90},
                             picture=HALVES) as publisher:
        plays(program)
        assert PASSED_THROUGH in program.description()
        assert has_size(program, "180x320")
        assert matrix(program) == QUARTER and picture(program) == "rrr bbb"
        publisher.declare(rotation="left")
        publisher.declare(orientation=0)
        wait_until(lambda: matrix(program) == UPRIGHT, 10, "an upright header")
        assert has_size(program, "320x180") and picture(program).replace(".", "") == "rb rb"
        assert discontinuities(program) == 1
        publisher.declare(rotation="left")
        publisher.declare(orientation=3)
        wait_until(lambda: matrix(program) == THREE_QUARTERS, 10, "a turned header")
        assert has_size(program, "180x320") and picture(program) == "bbb rrr"
        assert discontinuities(program) == 2
        program.check_logged("declaration-ignored", "the rotation left of onMetaData is ignored")
        assert publisher.fault is None


@pytest.mark.timeout(90)
def test_a_turning_phone_is_encoded_upright(streamer: Callable[..., Program]) -> None:
    """The size is that of the first frame; a later rotation is upright within it."""
    program = streamer(*HOST, "--passthrough", "never", defaults=False)
    with MultitrackPublisher(rtmp_port(program), {0: 440}, metadata={"orientation": 1},
                             picture=HALVES) as publisher:
        plays(program)
        assert has_size(program, "180x320")
        wait_until(lambda: picture(program) == "rrr bbb", 10, "an upright picture")
        assert matrix(program) == UPRIGHT
        publisher.declare(rotation=-90)
        wait_until(lambda: picture(program) == "bbb rrr", 10, "the other rotation")
        assert has_size(program, "180x320") and publisher.fault is None


@pytest.mark.timeout(60)
@pytest.mark.parametrize("codec", ["h264", "hevc"])
@pytest.mark.parametrize("mode", ["always", "never"])
def test_the_display_orientation_in_sei(mode: str, codec: str, streamer: Callable[..., Program],
                                        tmp_path: Path) -> None:
    """A file whose key frames have it is turned like one with a matrix."""
    path, turned = tmp_path / f"turned.{codec}", tmp_path / "turned.mp4"
    x265 = ("-x265-params", "keyint=30:min-keyint=30:scenecut=0:bframes=0:log-level=none")
    options = HALVES if codec == "h264" else (*HALVES[:4], "-c:v", "libx265", *x265)
    sei = bytes([47, 3, 0x18, 0x00, 0x14]) if codec == "h264" else bytes([47, 3, 0x18, 0x00, 0x18])
    path.write_bytes(with_sei(encoded(*options, "-t", "4", "-f", codec), sei, codec))
    subprocess.run([need("ffmpeg", "rotation"), "-v", "error", "-r", "30", "-i", str(path), "-c",
                    "copy", str(turned)], check=True, timeout=30)
    program = streamer("--input", str(turned), "--loop", "--passthrough", mode, "--host",
                       "127.0.0.1", "--http-port", "0", defaults=False, within=25)
    plays(program)
    assert 'width="180" height="320"' in get(program.port, "/live/manifest.mpd").text
    assert matrix(program) == (QUARTER if mode == "always" else UPRIGHT)
    wait_until(lambda: picture(program) == "rrr bbb", 10, "an upright picture")


def with_sei(stream: bytes, message: bytes, codec: str) -> bytes:
    """A byte stream with a NAL unit of SEI in front of the first slice of each key frame."""
    unit = (b"\x06" if codec == "h264" else b"\x4e\x01") + message + b"\x80"
    out = []
    for nal in stream.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1")[1:]:
        if codec == "h264":
            is_first_of_key = nal[0] & 31 == 5 and nal[1] >= 0x80
        else:
            is_first_of_key = 16 <= nal[0] >> 1 & 63 <= 21 and nal[2] >= 0x80
        if is_first_of_key:
            out.append(unit)
        out.append(nal)
    return b"".join(b"\0\0\0\1" + nal for nal in out)


@pytest.mark.timeout(60)
def test_the_matrix_of_a_published_track(streamer: Callable[..., Program]) -> None:
    """A CMAF track keeps the rotation of its header."""
    program = streamer(*HOST, defaults=False)
    data = bytearray(encoded(*HALVES, *CMAF))
    at = data.index(b"tkhd") + 4 + (52 if data[data.index(b"tkhd") + 4] else 40)
    struct.pack_into(">5i", data, at, 0, ONE, 0, -ONE, 0)
    track = CMAFTrack(program, "/live/video.cmfv", bytes(data), 30, time.monotonic())
    plays(program)
    assert matrix(program) == QUARTER and picture(program) == "rrr bbb"
    track.end()
