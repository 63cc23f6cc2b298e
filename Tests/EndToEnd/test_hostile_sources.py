# SPDX-License-Identifier: Apache-2.0
"""Hostile or broken sources cost only themselves: their stream goes on, and so do the others.

Each input is made here by ffmpeg or by a small writer (`harness/hostilefiles.py`).
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.audio import Track
from harness.boxes import boxes
from harness.hostilefiles import (H264, VIDEO, access_units, flv_with_configuration, make, slices,
    wide_pixels)
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.metrics import total
from harness.ports import free_port
from harness.program import Program, run_to_end, stop
from harness.sources import Source
from harness.tools import need
from harness.waiting import wait_until


def runs(streamer: Callable[..., Program], source: str, *more: str) -> Program:
    """A streamer of one input."""
    return streamer("--input", source, "--host", "127.0.0.1", "--http-port", "0", *more,
                    defaults=False, within=25)


def advances(program: Program, name: str, stream: str = "live", by: int = 3) -> None:
    """Waits until a rendition has `by` further segments."""
    track = Track(program.port, name, stream)
    first = wait_until(lambda: _newest(track), 20, f"a segment of {name}")
    wait_until(lambda: _newest(track) >= first + by, 3 * by + 10, f"{by} segments of {name}")


def _newest(track: Track) -> int:
    response = get(track.port, track.base + "playlist.m3u8")
    if response.status != 200:
        return 0
    names = [line for line in response.text.splitlines() if line.startswith("segment")]
    complete = [name for name in names if name.count(".") == 1]
    return int(complete[-1][len("segment"):].split(".")[0]) if complete else 0


def ends(program: Program) -> None:
    """SIGTERM ends the program with status 0."""
    status = stop(program)
    assert status == 0, f"status {status}\n{program.log_text()}"


@pytest.fixture
def web(tmp_path: Path) -> Iterator[int]:
    """The port of an HTTP server of the test's folder."""

    class Quiet(SimpleHTTPRequestHandler):
        """A handler that logs nothing."""

        def log_message(self, format: str, *args: object) -> None:
            """Logs nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server.server_address[1]
    server.shutdown()
    server.server_close()


def test_pixel_aspect_ratio(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """A pixel aspect ratio of two 32-bit numbers is shown, not a trap."""
    program = runs(streamer, str(wide_pixels(tmp_path / "sar.mkv")), "--loop")
    advances(program, "video")
    ends(program)


def test_pixel_aspect_ratio_of_a_stream_on_demand(streamer: Callable[..., Program], tmp_path: Path,
                                                  web: int) -> None:
    """One request of a viewer starts a stream with such a source; the other stream goes on."""
    wide_pixels(tmp_path / "sar.mkv")
    configuration = tmp_path / "streams.json"
    configuration.write_text(json.dumps({
        "streams": [{"stream": "good", "testSrc": True, "resolution": "160x90"},
                    {"stream": "bad", "input": f"http://127.0.0.1:{web}/sar.mkv",
                     "onDemand": True}]
    }))
    program = streamer("-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0",
                       defaults=False)
    assert get(program.port, "/bad/playlist.m3u8", timeout=12).status == 200
    advances(program, "video", "good")
    ends(program)


NOISE = ["-f", "lavfi", "-i", "anoisesrc=r=48000"]
AUDIO = {
    "not-a-number": (["-f", "lavfi", "-i", "aevalsrc=0/0:s=48000"], ["-c:a", "pcm_f32le"]),
    "infinite": (["-f", "lavfi", "-i", "aevalsrc=1/0:s=48000"], ["-c:a", "pcm_f32le"]),
    "1e7": (NOISE, ["-af", "aformat=sample_fmts=flt,volume=140dB:precision=float", "-c:a",
                    "pcm_f32le"]),
    "1e11": (NOISE, ["-af", "aformat=sample_fmts=flt,volume=220dB:precision=float", "-c:a",
                     "pcm_f32le"]),
    "nine-channels": (["-f", "lavfi", "-i", "aevalsrc=" + "|".join(["sin(440*t)"] * 9) +
                       ":s=48000"], ["-c:a", "pcm_s16le"]),
    "500-hertz": (["-f", "lavfi", "-i", "aevalsrc=sin(100*t):s=500"],
                  ["-ar", "500", "-c:a", "pcm_s16le"]),
}


@pytest.mark.parametrize("name", AUDIO)
def test_audio_that_cannot_be_encoded(name: str, streamer: Callable[..., Program],
                                      tmp_path: Path) -> None:
    """Such audio is silence or limited; video and audio go on, and SIGTERM ends the program."""
    source, codec = AUDIO[name]
    path = make(tmp_path / "audio.mkv", *VIDEO, *source, "-t", "6", *H264, *codec)
    program = runs(streamer, str(path), "--loop")
    advances(program, "audio", by=8)
    advances(program, "video", by=1)
    refused = program.logged("audio-refused")
    assert len(refused) <= 1, refused
    assert bool(refused) == (name in ("nine-channels", "500-hertz")), refused
    assert not program.logged("audio-failed")
    ends(program)


def test_large_audio_packet(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """One packet of 3,000 s is left out: neither memory nor processor time grows."""
    video = make(tmp_path / "video.mkv", *VIDEO, "-t", "20", *H264)
    samples = "aresample=1000,asetnsamples=n=3000000:p=0"
    path = make(tmp_path / "large.mkv", "-i", str(video), "-f", "lavfi", "-i",
                "sine=100:r=8000:d=3000", "-map", "0:v", "-map", "1:a", "-c:v", "copy", "-af",
                samples, "-c:a", "pcm_s16le")
    program = runs(streamer, str(path))
    advances(program, "video")
    program.wait_logged("audio-refused", "3000 s")
    assert peak_memory(program.pid) < 400 << 20
    ends(program)


def peak_memory(pid: int) -> int:
    """The largest resident size that a process had, in bytes; proc(5)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) << 10


def test_aac_at_an_unlisted_rate(streamer: Callable[..., Program], tmp_path: Path,
                                 sources: list[Source]) -> None:
    """AAC that declares 20,000 Hz is not copied, since no encoder makes silence of that rate."""
    base = make(tmp_path / "base.flv", *VIDEO, "-f", "lavfi", "-i", "sine=440:r=48000", "-t", "20",
                *H264, "-c:a", "aac", "-ac", "2")
    # AAC-LC, index 15, 20,000 Hz, two channels.
    path = flv_with_configuration(base, tmp_path / "odd.flv", bytes.fromhex("178027101000"))
    url = f"http://127.0.0.1:{free_port()}/x.flv"
    sources.append(Source(subprocess.Popen(
        [need("ffmpeg", "FLV over HTTP"), "-v", "error", "-re", "-stream_loop", "-1", "-i",
         str(path), "-c", "copy", "-f", "flv", "-listen", "1", url],
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)))
    program = runs(streamer, url)
    advances(program, "video")
    advances(program, "audio")
    assert PASSED_THROUGH in program.description()
    ends(program)


def test_large_access_units(streamer: Callable[..., Program], tmp_path: Path,
                            sources: list[Source]) -> None:
    """Access units of more than 204,800 bytes in MPEG-TS arrive whole and unchanged."""
    noise = ["-f", "lavfi", "-i", "nullsrc=s=1280x720:r=10,geq=random(1)*255:128:128"]
    path = make(tmp_path / "large.ts", *noise, "-t", "3", "-c:v", "libx264", "-preset", "ultrafast",
                "-qp", "18", "-g", "10", "-bf", "0", "-x264-params", "aud=1:scenecut=0")
    elementary = make(tmp_path / "large.h264", "-i", str(path), "-c", "copy", "-f", "h264")
    sent = access_units(elementary.read_bytes())
    assert len(sent) == 30 and max(map(len, sent)) > 600_000, [len(unit) for unit in sent]
    url = f"http://127.0.0.1:{free_port()}/x.ts"
    sources.append(Source(subprocess.Popen(
        [need("ffmpeg", "MPEG-TS over HTTP"), "-v", "error", "-re", "-stream_loop", "-1", "-i",
         str(path), "-c", "copy", "-f", "mpegts", "-listen", "1", url],
        stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)))
    program = runs(streamer, url)
    advances(program, "video", by=4)
    assert PASSED_THROUGH in program.description()
    track = Track(program.port, "video")
    found = [slices(box.body) for box in boxes(track.media(track.playlist(), 3))
             if box.kind == "mdat"]
    assert len(found) >= 20
    unknown = [len(unit) for unit in found if unit not in sent]
    assert not unknown, f"access units that were not sent, of {unknown} bytes"
    ends(program)


@pytest.mark.parametrize("name", ["/dev/zero", "pipe"])
def test_files_that_are_no_files(name: str, tmp_path: Path) -> None:
    """A device or a pipe as a configuration is refused at once, in one line."""
    path = Path(name)
    if name == "pipe":
        path = tmp_path / "pipe"
        os.mkfifo(path)
    for flags in (["-c", str(path)], ["--dashjs", str(path)],
                  ["--tls-cert", str(path), "--tls-key", str(path)]):
        status, lines = run_to_end([*flags, "--http-port", "0"], within=5, defaults=False)
        assert status == 2 and len(lines) == 1 and "not a regular file" in lines[0], lines


def test_a_list_of_streams_that_is_no_file(streamer: Callable[..., Program],
                                            tmp_path: Path) -> None:
    """`"streams": "/dev/zero"` is refused at the start, and at SIGHUP while the streams go on."""
    configuration, streams = tmp_path / "config.json", tmp_path / "streams.json"
    streams.write_text('[{"stream": "a", "testSrc": true, "resolution": "160x90"}]')
    configuration.write_text(json.dumps({"streams": str(streams)}))
    flags = ["-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0"]
    program = streamer(*flags, defaults=False)
    advances(program, "video", "a", by=1)
    configuration.write_text('{"streams": "/dev/zero"}')
    os.kill(program.pid, signal.SIGHUP)
    program.wait_logged("configuration", "not reloaded", "not a regular file")
    advances(program, "video", "a", by=1)
    assert peak_memory(program.pid) < 300 << 20
    ends(program)
    status, lines = run_to_end(flags, within=5, defaults=False)
    assert status == 2 and len(lines) == 1 and "not a regular file" in lines[0], lines


def test_large_frames_of_an_input(tmp_path: Path) -> None:
    """Frames above --max-frame-size are not decoded."""
    path = make(tmp_path / "large.mkv", "-f", "lavfi", "-i", "testsrc=s=640x360:r=30", "-t", "2",
                "-c:v", "mjpeg")
    status, lines = run_to_end(["--input", str(path), "--max-frame-size", "320x180", "--http-port",
                                "0"], within=10, defaults=False)
    assert status == 2 and "640x360 (expected at most 320x180)" in lines[-1], lines


def test_a_playlist_reaches_no_other_host(streamer: Callable[..., Program], tmp_path: Path,
                                          web: int) -> None:
    """Segments of another host are refused, and accepted with --other-hosts."""
    make(tmp_path / "clip.ts", *VIDEO, "-t", "8", *H264)
    (tmp_path / "x.m3u8").write_text(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\n"
        f"http://localhost:{web}/clip.ts\n#EXT-X-ENDLIST\n")
    url = f"http://127.0.0.1:{web}/x.m3u8"
    refused = runs(streamer, url)
    refused.wait_logged("source-gone", "localhost", within=10)
    ends(refused)
    accepted = runs(streamer, url, "--other-hosts", "--loop")
    advances(accepted, "video")
    ends(accepted)


def test_streams_on_demand_have_a_limit(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Above --max-running-streams a request gets 503, and the running streams go on."""
    configuration = tmp_path / "streams.json"
    configuration.write_text(json.dumps({
        "maxRunningStreams": 2,
        "streams": [{"stream": name, "testSrc": True, "resolution": "160x90", "onDemand": True}
                    for name in ("a", "b", "c")]
    }))
    program = streamer("-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0",
                       defaults=False)
    for name in ("a", "b"):
        assert get(program.port, f"/{name}/playlist.m3u8").status == 200
    response = get(program.port, "/c/playlist.m3u8")
    assert response.status == 503 and response.headers["retry-after"] == "5"
    assert get(program.port, "/a/playlist.m3u8").status == 200
    assert total(program.port, "streamer_starts_refused_total") == 1
