# SPDX-License-Identifier: Apache-2.0
"""Languages, several audio tracks, high dynamic range, interlaced and 10-bit inputs."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.playlist import parse
from harness.ports import free_port
from harness.program import Program
from harness.rtmp import HOST as RTMP, enhanced_ffmpeg, rtmp_port
from harness.sources import Source
from harness.tools import decoder, need
from harness.transport import Transport
from harness.waiting import pause, wait_until

HOST = ["--host", "127.0.0.1", "--http-port", "0"]
VIDEO = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30",
        "-keyint_min", "30", "-sc_threshold", "0"]
TONES = {"ger": 440, "eng": 880, "fra": 1320}
TRANSFERS = {"PQ": "smpte2084", "HLG": "arib-std-b67"}


def ffmpeg(*options: str, program: str = "") -> None:
    """Runs ffmpeg to its end."""
    subprocess.run([program or need("ffmpeg", "inputs"), "-v", "error", "-y", *options],
                   check=True, timeout=60, stdin=subprocess.DEVNULL)


def tones(late: str = "") -> list[str]:
    """The inputs and options of an audio track for each language, of which one begins late."""
    inputs, options = [], []
    for index, (name, pitch) in enumerate(TONES.items()):
        inputs += ["-itsoffset", "0.6"] if name == late else ["-itsoffset", "0"]
        inputs += ["-f", "lavfi", "-i", f"sine=frequency={pitch}:sample_rate=48000"]
        options += ["-map", f"{index + 1}:a", f"-metadata:s:a:{index}", f"language={name}"]
    return [*inputs, "-map", "0:v", *options, *H264, "-c:a", "aac", "-ac", "2", "-b:a", "96k"]


def plays(streamer: Callable[..., Program], path: Path | str, *more: str) -> Program:
    """A streamer that plays an input, once it has a playlist."""
    program = streamer("--input", str(path), *more, *HOST, defaults=False, within=25)
    wait_until(lambda: get(program.port, "/live/playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")
    return program


def pitch(program: Program, track: str = "audio") -> float:
    """The frequency of the newest complete segment of an audio track, in Hz."""
    base = f"/live/{track}/"
    segments = parse(get(program.port, base + "playlist.m3u8").text).segments
    init = get(program.port, base + segments[-1].map_uri).body
    media = get(program.port, base + segments[-1].uri).body
    pcm = subprocess.run(
        [decoder("audio"), "-v", "error", "-i", "-", "-ac", "1", "-ar", "48000", "-f",
         "s16le", "-"], input=init + media, capture_output=True, check=True, timeout=30).stdout
    values = memoryview(pcm).cast("h")[4096:]
    rises = sum(one < 0 <= two for one, two in zip(values, values[1:]))
    return rises * 48000 / len(values)


def check_language(program: Program, tag: str, hertz: float, name: str = "audio") -> None:
    """The first audio is that of one language, in all documents."""
    assert f'NAME="{name}",LANGUAGE="{tag}"' in get(program.port, "/live/playlist.m3u8").text
    assert f'lang="{tag}"' in get(program.port, "/live/manifest.mpd").text
    wait_until(lambda: abs(pitch(program) - hertz) < 15, 8, f"a tone of {hertz} Hz", interval=0.25)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("late", ["ger", "eng"])
@pytest.mark.parametrize("name", ["three.ts", "three.mkv", "three.mp4"])
def test_first_audio_track_of_a_file(name: str, late: str, streamer: Callable[..., Program],
                                     tmp_path: Path) -> None:
    """The first of the container, also if another one is heard first; one line has the others."""
    path = tmp_path / name
    ffmpeg(*VIDEO, *tones(late), "-t", "8", str(path))
    program = plays(streamer, path, "--loop")
    check_language(program, "de", 440, "Deutsch")
    program.check_logged("audio-tracks", "3 of 3", "aac (de), aac (en), aac (fr)")


@cache
def three() -> bytes:
    """MPEG-TS of 25 s with three tracks, encoded once per worker."""
    return subprocess.run(
        [need("ffmpeg", "inputs"), "-v", "error", *VIDEO, *tones("ger"), "-t", "25", "-f", "mpegts",
         "-"], check=True, timeout=60, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout


@pytest.mark.timeout(60)
@pytest.mark.parametrize("flags", [
    ["--audio-tracks", "1"], ["--audio-tracks", "1", "--resolution", "160x90"],
    ["--audio-tracks", "1", "--isolation", "none"]])
def test_first_audio_track_of_a_live_input(flags: Sequence[str], streamer: Callable[..., Program],
                                           sources: list[Source], tmp_path: Path) -> None:
    """That of the PMT, in a process of its own or not, encoded or not, and behind a relay."""
    path = tmp_path / "three.ts"
    path.write_bytes(three())
    url = f"udp://127.0.0.1:{free_port()}"
    sources.append(Source(subprocess.Popen(
        [need("ffmpeg", "inputs"), "-v", "error", "-re", "-ss", "0.3", "-i", str(path), "-map", "0",
         "-c", "copy", "-f", "mpegts", url + "?pkt_size=1316"], stdin=subprocess.DEVNULL)))
    program = plays(streamer, url, *flags)
    check_language(program, "de", 440)
    program.check_logged("audio-tracks", "first of 3", "aac (de)", "aac (en), aac (fr)")
    relay = streamer("--relay", program.url("/live/"), *HOST, defaults=False)
    wait_until(lambda: get(relay.port, "/live/playlist.m3u8", timeout=15).status == 200, 15,
               "the relay")
    check_language(relay, "de", 440)


@pytest.mark.timeout(60)
def test_tracks_of_rtmp(streamer: Callable[..., Program], sources: list[Source]) -> None:
    """Those of a real encoder, in the order of their numbers."""
    program = streamer(*RTMP, defaults=False)
    sources.append(Source(subprocess.Popen(
        [enhanced_ffmpeg(), "-v", "error", "-re", *VIDEO, *tones(), "-t", "30", "-f", "flv",
         f"rtmp://127.0.0.1:{rtmp_port(program)}/live/x"], stdin=subprocess.DEVNULL)))
    wait_until(lambda: get(program.port, "/live/playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")
    program.check_logged("audio-tracks", "3 of 3")
    for name, hertz in (("audio", 440), ("audio-2", 880), ("audio-3", 1320)):
        wait_until(lambda name=name, hertz=hertz: abs(pitch(program, name) - hertz) < 15, 8,
                   f"a tone of {hertz} Hz", interval=0.25)


@pytest.mark.timeout(60)
def test_language_of_a_cmaf_track(streamer: Callable[..., Program],
                                  sources: list[Source]) -> None:
    """That of `mdhd` in an uploaded track."""
    program = streamer(*RTMP, defaults=False)
    cmaf = ["-f", "mp4", "-movflags", "cmaf+empty_moov+frag_every_frame", "-flush_packets", "1"]
    sources.append(Source(subprocess.Popen(
        [need("ffmpeg", "uploads"), "-v", "error", "-re", *VIDEO, "-re", "-f", "lavfi", "-i",
         "sine=frequency=440", "-map", "0", *H264, *cmaf, program.url("/live/video.cmfv"), "-map",
         "1", "-c:a", "aac", "-metadata:s:a:0", "language=nld", *cmaf,
         program.url("/live/audio.cmfa")], stdin=subprocess.DEVNULL)))
    wait_until(lambda: get(program.port, "/live/playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")
    check_language(program, "nl", 440)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("curve", ["PQ", "HLG", "SDR"])
def test_dynamic_range_of_pass_through(curve: str, streamer: Callable[..., Program],
                                       tmp_path: Path) -> None:
    """VIDEO-RANGE in a Multivariant Playlist, `colr`, properties of the MPD; a relay has them."""
    path = tmp_path / "film.ts"
    transfer = TRANSFERS.get(curve)
    colours = (f":colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc:range=limited"
               if transfer else ":colorprim=bt709:transfer=bt709:colormatrix=bt709")
    ffmpeg(*VIDEO, "-t", "6", "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt",
           "yuv420p10le" if transfer else "yuv420p", "-x265-params",
           "log-level=none:keyint=30:min-keyint=30:scenecut=0:bframes=0" + colours, str(path))
    program = plays(streamer, path, "--loop", "--passthrough", "always")
    relay = streamer("--relay", program.url("/live/"), *HOST, defaults=False)
    wait_until(lambda: get(relay.port, "/live/playlist.m3u8", timeout=15).status == 200, 15,
               "the relay")
    for server in (program, relay):
        text = get(server.port, "/live/playlist.m3u8").text
        manifest = get(server.port, "/live/manifest.mpd").text
        media = get(server.port, "/live/video/playlist.m3u8").text
        init = get(server.port, "/live/video/" + parse(media).segments[-1].map_uri).body
        if transfer is None:
            assert "#EXT-X-TARGETDURATION" in text and "VIDEO-RANGE" not in text
            assert "cicp" not in manifest and b"colr" not in init
            continue
        assert f",VIDEO-RANGE={curve}\nvideo/playlist.m3u8\n" in text
        code = {"PQ": 16, "HLG": 18}[curve]
        assert bytes([0, 9, 0, code, 0, 9, 0]) in init.partition(b"colrnclx")[2][:7]
        element = "EssentialProperty" if curve == "PQ" else "SupplementalProperty"
        for name, value in (("ColourPrimaries", 9), ("TransferCharacteristics", code),
                            ("MatrixCoefficients", 9)):
            tag = f'<{element} schemeIdUri="urn:mpeg:mpegB:cicp:{name}" value="{value}"/>'
            assert tag in manifest
    if transfer:
        program.check_logged("bit-depth", "10 bits", "passed through")
        probed = subprocess.run(
            [need("ffprobe", "plays"), "-v", "error", "-select_streams", "v", "-show_entries",
             "stream=color_transfer", "-of", "csv=p=0", program.url("/live/playlist.m3u8")],
            capture_output=True, text=True, timeout=30).stdout
        assert transfer in probed
    else:
        assert not program.logged("bit-depth")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("coding", "event", "words", "flags"), [
    (["-flags", "+ildct+ilme", "-x264-params", "tff=1"], "interlaced", "passed through", []),
    (["-pix_fmt", "yuv420p10le"], "bit-depth", "10 bits", []),
    (["-pix_fmt", "yuv422p"], "chroma", "4:2:2", []),
    (["-pix_fmt", "yuv444p"], "chroma", "4:4:4", []),
    (["-pix_fmt", "yuv420p10le"], "bit-depth", "encoded with 8 bits", ["--passthrough", "never"]),
    (["-pix_fmt", "yuv420p10le", "-color_trc", "smpte2084", "-color_primaries", "bt2020",
      "-colorspace", "bt2020nc"], "dynamic-range", "PQ", ["--passthrough", "never"]),
])
def test_unusual_video_has_one_warning(coding: Sequence[str], event: str, words: str,
                                       flags: Sequence[str], streamer: Callable[..., Program],
                                       tmp_path: Path) -> None:
    """Interlaced, 10-bit, and encoded HDR inputs."""
    path = tmp_path / "film.ts"
    ffmpeg(*VIDEO, "-t", "6", *H264, "-pix_fmt", "yuv420p", *coding, str(path))
    program = plays(streamer, path, "--loop", *flags)
    assert (PASSED_THROUGH in program.description()) == (not flags)
    program.wait_logged(event, words)
    pause(1, "a line for each frame would come meanwhile")
    program.check_logged(event, words)
    assert program.logged(event)[0].level == "warning"
    # ISO/IEC 23009-1 §5.3.7.2
    assert ('scanType="interlaced"' in get(program.port, "/live/manifest.mpd").text) == (
        event == "interlaced")


@pytest.mark.timeout(60)
def test_probe_names_all_audio_tracks(binary: Path, tmp_path: Path) -> None:
    """`--probe` prints the tracks in their order."""
    path = tmp_path / "three.ts"
    ffmpeg(*VIDEO, *tones("ger"), "-t", "4", str(path))
    found = subprocess.run([str(binary), "--probe", str(path)], capture_output=True,
                           text=True, timeout=30).stdout
    lines = found.splitlines()
    assert [line for line in lines if line.startswith("audio")] == [
        f"audio     aac, 48000 Hz, stereo, {tag}" for tag in ("de", "en", "fr")], found


@pytest.mark.timeout(60)
def test_probe_names_subtitles_and_metadata(binary: Path, tmp_path: Path) -> None:
    """`--probe` has a row for each page of teletext, and for SCTE-35, ID3 and KLV, with PIDs."""
    path = tmp_path / "film.ts"
    source = Transport(path, 4, pages=[("ger", 2, 888), ("eng", 5, 777)])
    # A track that sends nothing has a row too.
    source.text(30, 888, "Guten Abend")
    path.write_bytes(b"".join(source.packets))
    found = subprocess.run([str(binary), "--probe", str(path)], capture_output=True,
                           text=True, timeout=30).stdout
    rows = [line for line in found.splitlines() if line.startswith(("subtitles", "metadata"))]
    assert rows == [
        "metadata  SCTE-35, PID 496", "metadata  ID3, PID 497", "metadata  KLV, PID 498",
        "metadata  KLV, PID 499", "subtitles teletext, page 888, de, PID 500",
        "subtitles teletext, page 777, en, PID 500"], found


@pytest.mark.timeout(60)
def test_mpeg_audio_of_a_live_input_has_its_layer(streamer: Callable[..., Program],
                                                  sources: list[Source]) -> None:
    """MPEG-TS has one stream type for all layers (ISO/IEC 13818-1 table 2-34)."""
    url = f"udp://127.0.0.1:{free_port()}"
    tone = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]
    sources.append(Source(subprocess.Popen(
        [need("ffmpeg", "inputs"), "-v", "error", "-re", *VIDEO, *tone, *tone, "-map", "0:v",
         "-map", "1:a", "-map", "2:a", *H264, "-c:a:0", "mp2", "-c:a:1", "libmp3lame", "-t", "40",
         "-f", "mpegts", url + "?pkt_size=1316"], stdin=subprocess.DEVNULL)))
    program = plays(streamer, url)
    wait_until(lambda: program.logged("audio-tracks"), 10, "a line about the tracks")
    program.check_logged("audio-tracks", "2 of 2", "mp2, mp3")
    assert not program.logged("audio-parameters")
    wait_until(lambda: abs(pitch(program) - 440) < 15, 8, "a tone of 440 Hz", interval=0.25)
