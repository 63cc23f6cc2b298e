# SPDX-License-Identifier: Apache-2.0
"""HEVC whose groups begin with CRA or BLA pictures: passed through without leading pictures."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from harness.boxes import chunks, find, sample_flags
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.players import Played, ffmpeg, mpv, vlc
from harness.playlist import parse
from harness.ports import free_port
from harness.program import Program
from harness.rtmp import enhanced_ffmpeg, rtmp_port
from harness.sources import Source, ffmpeg_sender, rtsp_server
from harness.tools import need
from harness.waiting import wait_until

HOST = ["--host", "127.0.0.1", "--http-port", "0"]
BASE = "/live/video/"
TS = ["-f", "mpegts", "-muxdelay", "0", "-flush_packets", "1"]
SECONDS = 20
IDR, CRA = {19, 20}, {21}
# BLA_W_LP, BLA_W_RADL and BLA_N_LP: ITU-T H.265 table 7-1.
BLA = {16, 17, 18}
LEADING = set(range(6, 10))


def coding(*more: str) -> list[str]:
    """The options of x265 with groups of one second that begin with CRA pictures."""
    parameters = ("log-level=none", "keyint=30", "min-keyint=30", "scenecut=0", "open-gop=1", *more)
    return ["-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-x265-params",
            ":".join(parameters)]


def film(path: Path, *more: str, seconds: int = SECONDS) -> Path:
    """A file of HEVC whose groups begin with CRA pictures."""
    subprocess.run(
        [need("ffmpeg", "HEVC"), "-v", "error", "-y", "-f", "lavfi", "-i",
         "testsrc2=size=320x180:rate=30", "-t", str(seconds), *coding(*more), str(path)],
        check=True, timeout=60, stdin=subprocess.DEVNULL)
    return path


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file without B-frames."""
    return film(tmp_path_factory.mktemp("hevc") / "cra.mkv", "bframes=0")


def spliced(path: Path, source: Path, kind: int) -> Path:
    """A file as an editor splices it: the CRA pictures of another one are BLA pictures.

    The slices of both kinds have the same syntax (ITU-T H.265 §7.3.6.1), and without leading
    pictures the frames are the same: only the headers of the NAL units differ.
    """
    ffmpeg_program = need("ffmpeg", "HEVC")
    units = subprocess.run(
        [ffmpeg_program, "-v", "error", "-i", str(source), "-c", "copy", "-bsf:v",
         "hevc_mp4toannexb", "-f", "hevc", "-"], capture_output=True, check=True,
        timeout=30).stdout
    (cra,) = CRA
    edited = units.replace(bytes([0, 0, 1, cra << 1, 1]), bytes([0, 0, 1, kind << 1, 1]))
    assert edited.count(bytes([0, 0, 1, kind << 1, 1])) >= SECONDS - 1
    # The muxer of MP4 keeps the times that setts counts; others count in units of their own.
    timed = path.with_name("timed.mp4")
    subprocess.run(
        [ffmpeg_program, "-v", "error", "-y", "-f", "hevc", "-i", "-", "-c", "copy", "-bsf:v",
         "setts=ts=N/30/TB", str(timed)], input=edited, check=True, timeout=30)
    subprocess.run([ffmpeg_program, "-v", "error", "-y", "-i", str(timed), "-c", "copy", str(path)],
                   check=True, timeout=30, stdin=subprocess.DEVNULL)
    return path


def sender(path: Path, *to: str, program: str = "", delay: float = 0) -> Source:
    """Sends a file in real time, as it is."""
    return Source(subprocess.Popen(
        [program or need("ffmpeg", "HEVC"), "-v", "error", "-re", "-ss", str(delay), "-i",
         str(path), "-c", "copy", *to], stdin=subprocess.DEVNULL))


def types(sample: bytes) -> list[int]:
    """nal_unit_type of each NAL unit."""
    found, at = [], 0
    while at + 4 < len(sample):
        found.append(sample[at + 4] >> 1 & 63)
        at += 4 + int.from_bytes(sample[at:at + 4], "big")
    return found


def plays(program: Program) -> None:
    """Waits until there are three complete segments."""
    wait_until(lambda: get(program.port, BASE + "playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")
    wait_until(lambda: len(parse(get(program.port, BASE + "playlist.m3u8").text).segments) >= 3, 10,
               "segments")


def check_key_frames(program: Program, expected: set[int] = CRA) -> None:
    """Each segment begins with a key frame that is a sync sample, and decodes by itself."""
    assert PASSED_THROUGH in program.description(), program.log_text()
    playlist = parse(get(program.port, BASE + "playlist.m3u8").text)
    init = get(program.port, BASE + playlist.segments[-1].map_uri).body
    kinds = set()
    for segment in playlist.segments[-3:]:
        media = get(program.port, BASE + segment.uri).body
        samples = [sample for chunk in chunks(media, init) for sample in chunk.sample_data()]
        assert len(samples) == 30
        slices = [kind for kind in types(samples[0]) if kind < 32]
        kinds.update(slices)
        assert set(slices) <= IDR | expected
        # sample_is_non_sync_sample and sample_depends_on, ISO/IEC 14496-12 §8.8.3.1
        flags = [flag for chunk in chunks(media, init) for flag in sample_flags(chunk.data, init)]
        assert [flag & 0x1_0000 == 0 for flag in flags] == [True] + [False] * 29
        assert flags[0] >> 24 & 3 == 2
        assert [part.independent for part in segment.parts] in (
            [], [True] + [False] * (len(segment.parts) - 1))
        run = subprocess.run(
            [need("ffmpeg", "HEVC"), "-v", "warning", "-i", "-", "-fps_mode", "passthrough", "-f",
             "framemd5", "-"], input=init + media, capture_output=True, timeout=30)
        frames = [line for line in run.stdout.splitlines() if line[:1] != b"#"]
        assert (len(frames), run.stderr) == (30, b"")
    assert kinds & expected, kinds
    entry = find(init, "moov/trak/mdia/minf/stbl/stsd")[0]
    assert entry[12:16] == b"hvc1"
    manifest = get(program.port, "/live/manifest.mpd").text
    assert 'codecs="hvc1.1.6.L' in manifest and 'startWithSAP="1"' in manifest


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["x.ts", "x.mp4", "x.mkv"])
def test_files(name: str, streamer: Callable[..., Program], source: Path, tmp_path: Path) -> None:
    """CRA pictures without leading pictures are key frames, in each container."""
    path = tmp_path / name
    subprocess.run([need("ffmpeg", "HEVC"), "-v", "error", "-i", str(source), "-c", "copy",
                    str(path)], check=True, timeout=30, stdin=subprocess.DEVNULL)
    program = streamer("--input", str(path), "--loop", "--passthrough", "always", *HOST,
                       defaults=False, within=20)
    plays(program)
    check_key_frames(program)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", sorted(BLA))
@pytest.mark.parametrize("name", ["x.ts", "x.mp4", "x.mkv"])
def test_spliced_files(name: str, kind: int, streamer: Callable[..., Program], source: Path,
                       tmp_path: Path) -> None:
    """BLA pictures without leading pictures are key frames too, of each of the three types."""
    path = spliced(tmp_path / name, source, kind)
    program = streamer("--input", str(path), "--loop", "--passthrough", "always", *HOST,
                       defaults=False, within=20)
    plays(program)
    check_key_frames(program, {kind})


@pytest.mark.timeout(60)
@pytest.mark.parametrize("way", ["udp", "rtsp", "srt", "rtmp", "http-ts", "http-fmp4", "http-cmaf"])
def test_live_inputs(way: str, streamer: Callable[..., Program], sources: list[Source],
                     source: Path) -> None:
    """So they are from each kind of sender, also if its first key frame is a CRA picture."""
    if way in ("udp", "rtsp"):
        port = free_port()
        if way == "rtsp":
            sources.append(rtsp_server(port, "--file", str(source), "--hevc"))
            url = f"rtsp://127.0.0.1:{port}/x"
        else:
            url = f"udp://127.0.0.1:{port}"
            sources.append(sender(source, *TS, url + "?pkt_size=1316", delay=1.5))
        program = streamer("--input", url, *HOST, defaults=False, within=25)
    else:
        service = "--srt" if way == "srt" else "--rtmp"
        program = streamer(*HOST, service, "127.0.0.1:0", defaults=False)
        fmp4 = ["-f", "mp4", "-flush_packets", "1", "-movflags"]
        to: Sequence[str] = {
            "srt": lambda: [*TS, f"srt://127.0.0.1:{rtmp_port(program, 'srt')}"
                            "?latency=60000&streamid=live"],
            "rtmp": lambda: ["-f", "flv", f"rtmp://127.0.0.1:{rtmp_port(program)}/live/live"],
            "http-ts": lambda: [*TS, program.url("/live/stream.ts")],
            "http-fmp4": lambda: [*fmp4, "frag_every_frame+empty_moov+default_base_moof",
                                  program.url("/live/stream.mp4")],
            "http-cmaf": lambda: ["-tag:v", "hvc1", *fmp4, "cmaf+empty_moov+frag_every_frame",
                                  program.url("/live/video.cmfv")],
        }[way]()
        sources.append(sender(source, *to, program=enhanced_ffmpeg() if way == "rtmp" else ""))
    plays(program)
    check_key_frames(program)


@pytest.mark.timeout(90)
def test_leading_pictures_end_the_pass_through(streamer: Callable[..., Program],
                                               sources: list[Source], source: Path,
                                               tmp_path: Path) -> None:
    """The next sender has RASL pictures: one line, and the stream is encoded from there on."""
    other = film(tmp_path / "rasl.mkv", "bframes=3")
    found = subprocess.run(
        [need("ffmpeg", "HEVC"), "-v", "error", "-i", str(other), "-c", "copy", "-bsf:v",
         "hevc_mp4toannexb", "-f", "hevc", "-"], capture_output=True, timeout=30).stdout
    assert any(unit and unit[0] >> 1 & 63 in LEADING for unit in found.split(b"\0\0\1"))
    port = free_port()
    url = f"udp://127.0.0.1:{port}"
    to = [*TS, url + "?pkt_size=1316"]
    sources.append(sender(source, *to))
    program = streamer("--input", url, *HOST, defaults=False, within=25)
    plays(program)
    assert PASSED_THROUGH in program.description()
    sources[-1].kill()
    sources.append(sender(other, *to))
    program.wait_logged("unfit", "B-frames", within=20)
    wait_until(lambda: 'codecs="avc1' in get(program.port, "/live/manifest.mpd", timeout=15).text,
               20, "the encoded stream")
    assert len(program.logged("unfit")) == 1


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["ffmpeg", "mpv", "vlc"])
def test_players_start_with_cra_pictures(name: str, streamer: Callable[..., Program],
                                         sources: list[Source], tmp_path: Path) -> None:
    """Players that join in the middle show each frame, by its burned clock."""
    port = free_port()
    url = f"udp://127.0.0.1:{port}"
    sources.append(ffmpeg_sender([*coding("bframes=0"), "-tune", "zerolatency", "-b:v", "1500k",
                                  *TS, url + "?pkt_size=1316"]))
    program = streamer("--input", url, *HOST, "--passthrough", "always", defaults=False, within=25)
    plays(program)
    play: dict[str, Callable[[str], Played]] = {
        "ffmpeg": lambda url: ffmpeg(url, 6), "mpv": lambda url: mpv(url, 6),
        "vlc": lambda url: vlc(url, 7, tmp_path)}
    found = play[name](program.url("/live/video/playlist.m3u8"))
    print(f"{name}: {found}")
    assert len(found.clocks) >= 60 and found.undecoded <= 5, found
    assert found.clocks == sorted(found.clocks)
