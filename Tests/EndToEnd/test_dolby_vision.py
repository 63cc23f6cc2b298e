# SPDX-License-Identifier: Apache-2.0
"""Dolby Vision of passed-through inputs: box, metadata, SUPPLEMENTAL-CODECS, and the MPD.

ffmpeg 5.1 encodes none: the tests write the configuration box and stand-ins for the metadata.
"""

from __future__ import annotations

import re
import subprocess
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from harness.boxes import boxes, find
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.playlist import parse
from harness.program import Program
from harness.rtmp import HOST as PUBLISHERS
from harness.tools import need
from harness.trackpublisher import CMAF, CMAFTrack
from harness.validation import check_unbroken, follow
from harness.waiting import wait_until

HOST = ["--host", "127.0.0.1", "--http-port", "0"]
SECONDS = 20
# A NAL unit of type 62, in which HEVC carries the metadata of a frame.
METADATA = bytes([62 << 1, 1]) + b"\x19stand-in"
DELIMITER = bytes([0, 0, 0, 1, 35 << 1, 1])
TRANSFERS = {"PQ": "smpte2084", "HLG": "arib-std-b67", "": "bt709"}
PATH = ("moov", "trak", "mdia", "minf", "stbl", "stsd")
SCTE = 'xmlns:scte214="urn:scte:dash:scte214-extensions"'


@cache
def raw(video_range: str) -> bytes:
    """HEVC of 10 bits with a metadata NAL unit at the end of each access unit."""
    primaries = "bt2020:colormatrix=bt2020nc" if video_range else "bt709:colormatrix=bt709"
    coded = subprocess.run(
        [need("ffmpeg", "Dolby Vision"), "-v", "error", "-f", "lavfi", "-i",
         "testsrc2=size=320x180:rate=30", "-t", str(SECONDS), "-pix_fmt", "yuv420p10le", "-c:v",
         "libx265", "-preset", "ultrafast", "-x265-params",
         "log-level=none:aud=1:keyint=30:min-keyint=30:scenecut=0:bframes=0:open-gop=0"
         f":range=limited:transfer={TRANSFERS[video_range]}:colorprim={primaries}",
         "-f", "hevc", "-"],
        check=True, timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout
    units = coded.split(DELIMITER)
    assert len(units) == SECONDS * 30 + 1
    return DELIMITER.join(unit + b"\0\0\0\1" + METADATA if unit else b"" for unit in units)


def configuration(profile: int, compatibility: int, *, level: int = 7) -> bytes:
    """A box with metadata and a base layer."""
    record = bytes([1, 0, profile << 1 | level >> 5, level << 3 & 0xFF | 5, compatibility << 4])
    return b"\0\0\0\x20" + (b"dvcC" if profile < 8 else b"dvvC") + record.ljust(24, b"\0")


def film(folder: Path, video_range: str, box: bytes, *muxing: str, entry: bytes = b"hvc1") -> bytes:
    """An MP4 whose sample entry ends with a box."""
    (folder / "raw.hevc").write_bytes(raw(video_range))
    subprocess.run(
        [need("ffmpeg", "Dolby Vision"), "-v", "error", "-y", "-r", "30", "-i",
         str(folder / "raw.hevc"), "-c", "copy", "-tag:v", "hvc1", *muxing,
         str(folder / "plain.mp4")], check=True, timeout=30)
    data = bytearray((folder / "plain.mp4").read_bytes())
    at, end, starts = 0, len(data), []
    for kind in (*PATH, "hvc1"):
        while data[at + 4:at + 8] != kind.encode():
            at += int.from_bytes(data[at:at + 4])
            assert at < end, kind
        starts.append(at)
        end = at + int.from_bytes(data[at:at + 4])
        at += 16 if kind == "stsd" else 8
    data[end:end] = box
    data[starts[-1] + 4:starts[-1] + 8] = entry
    for start in starts:
        data[start:start + 4] = (int.from_bytes(data[start:start + 4]) + len(box)).to_bytes(4)
    return bytes(data)


def plays(program: Program) -> None:
    """Waits for a segment."""
    address = "/live/video/playlist.m3u8"
    wait_until(lambda: get(program.port, address, timeout=15).status == 200
               and parse(get(program.port, address).text).segments, 25, "a segment")


def newest(program: Program) -> tuple[bytes, bytes]:
    """The header and the newest complete segment."""
    segment = parse(get(program.port, "/live/video/playlist.m3u8").text).segments[-1]
    return (get(program.port, "/live/video/" + segment.map_uri).body,
            get(program.port, "/live/video/" + segment.uri).body)


def check_header(program: Program, box: bytes, entry: str, brand: bytes) -> None:
    """The sample entry has the box of the input byte for byte, samples have their metadata."""
    header, media = newest(program)
    [table] = find(header, "/".join(PATH))
    [found] = boxes(table[8:])
    assert found.kind == entry
    inner = {one.kind: one.body for one in boxes(found.body[78:])}
    assert "hvcC" in inner and inner[box[4:8].decode()] == box[8:]
    assert brand in find(header, "ftyp")[0]
    frames = sum(one.kind == "moof" for one in boxes(media))
    assert frames == 30 and media.count(METADATA) == frames


def check_documents(program: Program, supplement: str, video_range: str) -> None:
    """SUPPLEMENTAL-CODECS and VIDEO-RANGE, and the attributes of the MPD."""
    text = get(program.port, "/live/playlist.m3u8").text
    [line] = re.findall(r"#EXT-X-STREAM-INF:.*", text)
    codecs, brand = supplement.split("/")
    assert 'CODECS="hvc1.2.' in line and f',SUPPLEMENTAL-CODECS="{supplement}",' in line, line
    assert line.endswith(f",VIDEO-RANGE={video_range}" if video_range else "FRAME-RATE=30.000")
    [frames] = re.findall(r"#EXT-X-I-FRAME-STREAM-INF:.*", text)
    assert f',SUPPLEMENTAL-CODECS="{supplement}",' in frames, frames
    manifest = get(program.port, "/live/manifest.mpd").text
    assert re.search(rf'codecs="hvc1\.2\.[^"]*" {SCTE} scte214:supplementalCodecs="{codecs}" '
                     rf'scte214:supplementalProfiles="{brand}"', manifest), manifest


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("profile", "compatibility", "video_range", "supplement"), [
    (8, 4, "HLG", "dvh1.08.07/db4h"), (8, 1, "PQ", "dvh1.08.07/db1p"),
    (8, 2, "", "dvh1.08.07/db2g")])
def test_files(profile: int, compatibility: int, video_range: str, supplement: str,
               streamer: Callable[..., Program], tmp_path: Path) -> None:
    """The record of a file is in our header, and named beside the base layer."""
    path = tmp_path / "film.mp4"
    box = configuration(profile, compatibility)
    path.write_bytes(film(tmp_path, video_range, box))
    program = streamer("--input", str(path), "--loop", "--passthrough", "always", *HOST,
                       defaults=False, within=25)
    plays(program)
    assert PASSED_THROUGH in program.description()
    check_header(program, box, "hvc1", supplement[-4:].encode())
    check_documents(program, supplement, video_range)
    assert not program.logged("dolby-vision")
    [result] = follow(3, [program.url("/live/playlist.m3u8")])
    check_unbroken(result)


@pytest.mark.timeout(90)
def test_a_published_track(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """The box of a publisher's CMAF header; a relay has it, too."""
    box = configuration(8, 4)
    program = streamer(*PUBLISHERS, "--passthrough", "always", defaults=False)
    # Older packagers name the sample entry of Dolby Vision also with a compatible base layer.
    data = film(tmp_path, "HLG", box, *CMAF, entry=b"dvh1")
    track = CMAFTrack(program, "/live/video.cmfv", data, 30, time.monotonic())
    try:
        plays(program)
        relay = streamer("--relay", program.url("/live/"), *HOST, defaults=False)
        plays(relay)
        for server in (program, relay):
            check_header(server, box, "hvc1", b"db4h")
            check_documents(server, "dvh1.08.07/db4h", "HLG")
    finally:
        track.end()


@pytest.mark.timeout(90)
def test_no_compatible_base_layer(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Profile 5 is the codec itself, so that players without it do not show wrong colours."""
    path = tmp_path / "film.mp4"
    box = configuration(5, 0)
    path.write_bytes(film(tmp_path, "", box, entry=b"dvh1"))
    program = streamer("--input", str(path), "--loop", "--passthrough", "always", *HOST,
                       defaults=False, within=25)
    plays(program)
    check_header(program, box, "dvh1", b"")
    text = get(program.port, "/live/playlist.m3u8").text
    assert 'CODECS="dvh1.05.07",RESOLUTION' in text and ",VIDEO-RANGE=PQ\n" in text, text
    manifest = get(program.port, "/live/manifest.mpd").text
    assert 'codecs="dvh1.05.07"' in manifest and "scte214" not in manifest + text
    program.check_logged("dolby-vision", "only players with Dolby Vision show it")
    [result] = follow(3, [program.url("/live/playlist.m3u8")])
    check_unbroken(result)


@pytest.mark.timeout(90)
def test_profiles_without_a_name_and_encoded_video(streamer: Callable[..., Program],
                                                   tmp_path: Path) -> None:
    """One line each: a profile without a brand, and encoded video without a base layer."""
    path, other = tmp_path / "film.mp4", tmp_path / "other.mp4"
    path.write_bytes(film(tmp_path, "PQ", configuration(8, 0)))
    other.write_bytes(film(tmp_path, "", configuration(5, 0), entry=b"dvh1"))
    unnamed = streamer("--input", str(path), "--loop", "--passthrough", "always", *HOST,
                       defaults=False, within=25)
    encoded = streamer("--input", str(other), "--loop", "--passthrough", "never", *HOST,
                       defaults=False, within=25)
    for program, words in ((unnamed, "profile 8.0"), (encoded, "its colours are wrong")):
        plays(program)
        text = get(program.port, "/live/playlist.m3u8").text
        assert "SUPPLEMENTAL" not in text and "dvh1" not in text
        assert "scte214" not in get(program.port, "/live/manifest.mpd").text
        program.check_logged("dolby-vision", words)
    assert b"dvcC" not in newest(encoded)[0]
