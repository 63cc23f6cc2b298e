# SPDX-License-Identifier: Apache-2.0
"""VP9 and AV1 are passed through: files, CMAF tracks, Enhanced RTMP, and VP9 by RTSP."""

from __future__ import annotations

import re
import struct
import subprocess
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from harness.boxes import find, timescale
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.playlist import Playlist, parse
from harness.ports import free_port
from harness.program import Program
from harness.rtmp import HOST as PUBLISHERS, enhanced_ffmpeg, rtmp_port
from harness.sources import Source, rtsp_server
from harness.tools import need
from harness.trackpublisher import CMAF, CMAFTrack, boxes
from harness.waiting import wait_until
from test_passthrough_files import hashes

HOST = ["--host", "127.0.0.1", "--http-port", "0"]
BASE = "/live/video/"
SECONDS = 15
GROUP = ["-g", "30", "-keyint_min", "30"]
# By codec: the encoders of ffmpeg that are tried, with their options. VP9 has hidden frames, which
# are in superframes with the shown ones.
ENCODERS = {
    "vp9": {"libvpx-vp9": ["-deadline", "good", "-cpu-used", "5", "-lag-in-frames", "12",
                           "-auto-alt-ref", "1"]},
    "av1": {"libaom-av1": ["-usage", "realtime", "-cpu-used", "8", "-lag-in-frames", "0"],
            "libsvtav1": ["-preset", "10"]},
}
# By codec: the sample entry, the box of its configuration, and the codecs string. 320x180 at 30
# frames per second is level 1.1 of VP9 (VP Codec ISO Media File Format Binding, Levels), and 2.0 of
# AV1 (AV1 specification §A.3), of which encoders may state a higher one.
ENTRIES = {"vp9": (b"vp09", b"vpcC", r"vp09\.00\.11\.08"),
           "av1": (b"av01", b"av1C", r"av01\.0\.0\dM\.08")}


@cache
def encoders() -> str:
    """The encoders of ffmpeg."""
    return subprocess.run([need("ffmpeg", "VP9 and AV1"), "-v", "error", "-encoders"], check=True,
                          capture_output=True, text=True, timeout=20).stdout


def ffmpeg(*options: str) -> None:
    """Runs ffmpeg to its end."""
    subprocess.run([need("ffmpeg", "VP9 and AV1"), "-v", "error", "-y", *options], check=True,
                   timeout=120, stdin=subprocess.DEVNULL)


@pytest.fixture(scope="module", params=ENCODERS)
def film(request: pytest.FixtureRequest,
         tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path, list[str]]:
    """A codec, a Matroska file with it and AAC, and the hashes of its frames."""
    codec = request.param
    found = next((name for name in ENCODERS[codec] if f" {name} " in encoders()), None)
    if found is None:
        pytest.skip(f"ffmpeg without {' and '.join(ENCODERS[codec])}: {codec} is not tested")
    path = tmp_path_factory.mktemp(codec) / "film.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30", "-f", "lavfi", "-i",
           "sine=frequency=440:sample_rate=48000", "-t", f"{SECONDS}", "-pix_fmt", "yuv420p",
           "-c:v", found, *ENCODERS[codec][found], *GROUP, "-b:v", "400k", "-c:a", "aac", str(path))
    sent = hashes(path)
    assert len(set(sent)) == len(sent) == 30 * SECONDS
    return codec, path, sent


def sender(path: Path, *to: str, program: str = "") -> Source:
    """Sends a file in real time, as it is."""
    return Source(subprocess.Popen(
        [program or need("ffmpeg", "VP9 and AV1"), "-v", "error", "-re", "-i", str(path), "-c",
         "copy", *to], stdin=subprocess.DEVNULL))


def published(path: Path, way: str, streamer: Callable[..., Program],
              sources: list[Source]) -> Program:
    """A program with a publisher of the film."""
    program = streamer(*PUBLISHERS, defaults=False)
    if way == "rtmp":
        to = ["-f", "flv", f"rtmp://127.0.0.1:{rtmp_port(program)}/live/x"]
        # ffmpeg 6.1 was the first with VP9 and AV1 in FLV.
        sources.append(sender(path, *to, program=enhanced_ffmpeg((6, 1))))
        return program
    cmaf = ["-c", "copy", "-f", "mp4", "-movflags", "cmaf+empty_moov+frag_every_frame",
            "-flush_packets", "1"]
    sources.append(sender(path, "-map", "0:v", *cmaf, program.url("/live/video.cmfv"), "-map",
                          "0:a", *cmaf, program.url("/live/audio.cmfa")))
    return program


def check(program: Program, codec: str, sent: list[str]) -> None:
    """The log, the documents and the header name the codec; frames equal the sent ones."""
    wait_until(lambda: get(program.port, BASE + "playlist.m3u8", timeout=15).status == 200
               and len(parse(get(program.port, BASE + "playlist.m3u8").text).segments) >= 3, 25,
               "three segments")
    assert f"320x180 {PASSED_THROUGH}" in program.description(), program.log_text()
    assert not program.logged("passthrough")
    entry, box, pattern = ENTRIES[codec]
    master = get(program.port, "/live/playlist.m3u8").text
    named = re.search(r'#EXT-X-STREAM-INF:.*CODECS="([^,"]*),mp4a\.40\.2"', master)
    assert named and re.fullmatch(pattern, named[1]), master
    manifest = get(program.port, "/live/manifest.mpd").text
    assert f'<Representation id="video" codecs="{named[1]}"' in manifest, manifest
    segments = parse(get(program.port, BASE + "playlist.m3u8").text).segments[-3:]
    init = get(program.port, BASE + (segments[-1].map_uri or "")).body
    table = find(init, "moov/trak/mdia/minf/stbl/stsd")[0]
    assert table[12:16] == entry and box in table
    found = hashes(init + b"".join(get(program.port, BASE + (one.uri or "")).body
                                   for one in segments))
    assert found and found[0] in sent, "a frame that was not sent"
    first = sent.index(found[0])
    assert first % 30 == 0, "a segment does not begin with a key frame"
    assert found == sent[first:first + 90]


@pytest.mark.timeout(90)
@pytest.mark.parametrize("way", ["webm", "mp4", "cmaf", "rtmp"])
def test_frames_are_those_of_the_source(way: str, film: tuple[str, Path, list[str]],
                                        streamer: Callable[..., Program], sources: list[Source],
                                        tmp_path: Path) -> None:
    """Each way in: CODECS, the MPD and the header name the codec, and no frame is another one."""
    codec, path, sent = film
    if way in ("cmaf", "rtmp"):
        program = published(path, way, streamer, sources)
    else:
        file = tmp_path / f"film.{way}"
        ffmpeg("-i", str(path), "-c:v", "copy", "-c:a", "libopus" if way == "webm" else "copy",
               str(file))
        program = streamer("--input", str(file), *HOST, defaults=False, within=25)
    check(program, codec, sent)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("film", ["vp9"], indirect=True)
def test_vp9_by_rtsp(film: tuple[str, Path, list[str]], streamer: Callable[..., Program],
                     sources: list[Source]) -> None:
    """RFC 9628 by GStreamer."""
    codec, path, sent = film
    port = free_port()
    sources.append(rtsp_server(port, "--file", str(path), "--vp9"))
    program = streamer("--input", f"rtsp://127.0.0.1:{port}/x", *HOST, defaults=False, within=25)
    check(program, codec, sent)


@pytest.fixture(scope="module")
def high_range(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Matroska file with VP9 of 10 bits whose container declares PQ, and AAC."""
    if " libvpx-vp9 " not in encoders():
        pytest.skip("ffmpeg without libvpx-vp9: VP9 is not tested")
    path = tmp_path_factory.mktemp("pq") / "film.mkv"
    ffmpeg("-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30", "-f", "lavfi", "-i",
           "sine=frequency=440:sample_rate=48000", "-t", f"{SECONDS}", "-pix_fmt", "yuv420p10le",
           "-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc",
           "-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8", *GROUP, "-b:v", "400k",
           "-c:a", "aac", str(path))
    return path


@pytest.mark.timeout(90)
@pytest.mark.parametrize("way", ["mkv", "mp4", "cmaf", "rtmp"])
def test_declared_dynamic_range_of_vp9(way: str, high_range: Path,
                                       streamer: Callable[..., Program], sources: list[Source],
                                       tmp_path: Path) -> None:
    """VP9 has no transfer characteristics: those of the container or the publisher are used."""
    if way in ("cmaf", "rtmp"):
        program = published(high_range, way, streamer, sources)
    else:
        path = tmp_path / f"film.{way}"
        ffmpeg("-i", str(high_range), "-c", "copy", str(path))
        program = streamer("--input", str(path), "--loop", *HOST, defaults=False, within=25)
    wait_until(lambda: get(program.port, BASE + "playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")
    # VP Codec ISO Media File Format Binding, Codecs Parameter String: all fields, since the colours
    # are not those of BT.709.
    codecs = "vp09.02.11.10.01.09.16.09.00"
    text = get(program.port, "/live/playlist.m3u8").text
    assert f'CODECS="{codecs},mp4a.40.2"' in text and ",VIDEO-RANGE=PQ" in text, text
    manifest = get(program.port, "/live/manifest.mpd").text
    assert f'codecs="{codecs}"' in manifest
    for name, value in (("ColourPrimaries", 9), ("TransferCharacteristics", 16),
                        ("MatrixCoefficients", 9)):
        assert (f'<EssentialProperty schemeIdUri="urn:mpeg:mpegB:cicp:{name}" value="{value}"/>'
                in manifest)
    media = parse(get(program.port, BASE + "playlist.m3u8").text)
    init = get(program.port, BASE + (media.segments[-1].map_uri or "")).body
    assert init.partition(b"colrnclx")[2][:7] == bytes([0, 9, 0, 16, 0, 9, 0])
    program.check_logged("bit-depth", "10 bits", "passed through")


def av1_clip(hue: int, *options: str) -> bytes:
    """Fragments of AV1 of 6 s, a key frame per second."""
    return subprocess.run(
        [need("ffmpeg", "VP9 and AV1"), "-v", "error", "-f", "lavfi", "-i",
         f"testsrc2=size=320x180:rate=30,hue=h={hue}", "-t", "6", "-c:v", "libaom-av1",
         *ENCODERS["av1"]["libaom-av1"], *GROUP, "-b:v", "400k", *options, *CMAF, "-"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True, timeout=120).stdout


@pytest.mark.timeout(120)
def test_av1_changes_without_another_header(streamer: Callable[..., Program],
                                            sources: list[Source]) -> None:
    """Sequence headers of key frames count: 10 bits of PQ have a header and one Discontinuity."""
    if " libaom-av1 " not in encoders():
        pytest.skip("ffmpeg without libaom-av1: changes of AV1 are not tested")
    clips = [av1_clip(0, "-pix_fmt", "yuv420p"),
             av1_clip(90, "-pix_fmt", "yuv420p10le", "-color_primaries", "bt2020", "-color_trc",
                      "smpte2084", "-colorspace", "bt2020nc")]
    scale = timescale(b"".join(box for kind, box in boxes(clips[0]) if kind == b"moov"))
    data = b""
    for index, clip in enumerate(clips):
        for kind, box in boxes(clip):
            if kind == b"moof":
                box = moved(box, 6 * index * scale)
            if kind in (b"moof", b"mdat") or index == 0 and kind in (b"ftyp", b"moov"):
                data += box
    program = streamer(*PUBLISHERS, "--playlist-length", "30", "--max-files", "40", defaults=False)
    track = CMAFTrack(program, "/live/video.cmfv", data, 30, time.monotonic())

    def playlist() -> Playlist | None:
        answer = get(program.port, BASE + "playlist.m3u8", timeout=15)
        return parse(answer.text) if answer.status == 200 else None

    def headers() -> list[str]:
        found = playlist()
        names = [one.map_uri or "" for one in found.segments] if found else []
        return list(dict.fromkeys(names))

    wait_until(lambda: len(headers()) == 2, 25, "another header")
    inits = [get(program.port, BASE + name).body for name in headers()]
    # high_bitdepth of av1C (AV1 Codec ISO Media File Format Binding §2.3.3).
    assert [init.partition(b"av1C")[2][2] & 0x40 for init in inits] == [0, 0x40]
    assert [init.partition(b"colrnclx")[2][:7] for init in inits] == [
        b"", bytes([0, 9, 0, 16, 0, 9, 0])]
    now = playlist()
    assert now and now.text.count("#EXT-X-DISCONTINUITY\n") == 1
    manifest = get(program.port, "/live/manifest.mpd").text
    assert re.findall(r'codecs="av01\.0\.\d\dM\.(\d\d)"', manifest)[-2:] == ["08", "10"]
    # Each frame of the second clip is shown with its header.
    wait_until(lambda: len([one for one in (playlist() or now).segments
                            if one.map_uri == headers()[-1]]) >= 3, 15, "segments of the clip")
    shown = [one for one in (playlist() or now).segments if one.map_uri == headers()[-1]]
    found = hashes(inits[1] + b"".join(get(program.port, BASE + (one.uri or "")).body
                                       for one in shown))
    assert found == hashes(clips[1])[:len(found)]
    track.end()


def moved(fragment: bytes, ticks: int) -> bytes:
    """A `moof` at a later time, which has 64 bits."""
    at = fragment.index(b"tfdt") + 8
    assert fragment[at - 4] == 1, "a time of 32 bits"
    later = struct.unpack_from(">Q", fragment, at)[0] + ticks
    return fragment[:at] + struct.pack(">Q", later) + fragment[at + 8:]
