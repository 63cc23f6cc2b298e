# SPDX-License-Identifier: Apache-2.0
"""Hostile or broken sources cost only themselves: their stream goes on, and so do the others.

Each input is made here by ffmpeg or by a small writer (`harness/hostilefiles.py`).
"""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.audio import Track
from harness.hostilefiles import H264, VIDEO, make, wide_pixels
from harness.http1 import get
from harness.metrics import total
from harness.program import Program, run_to_end, stop
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


def peak_memory(pid: int) -> int:
    """The largest resident size that a process had, in bytes; proc(5)."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) << 10


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
