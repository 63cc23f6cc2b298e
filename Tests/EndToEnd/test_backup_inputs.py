# SPDX-License-Identifier: Apache-2.0
"""Backup inputs: the picture changes when the shown input is lost, and changes back."""

from __future__ import annotations

import subprocess
import threading
from itertools import groupby

import numpy as np
import pytest

from harness.boxes import chunks, timescale
from harness.continuity import check_one_stream
from harness.http1 import get
from harness.metrics import total
from harness.ports import free_port
from harness.program import Program
from harness.recorder import Recording, record
from harness.rtmp import HOST as RTMP
from harness.rtmp import rtmp_port
from harness.sources import ENCODER, Source, rtsp_server
from harness.tools import need
from harness.tunein import fetch, next_segments
from harness.waiting import pause, wait_until

TOKEN = "admin-secret-of-the-server"
HOST = ["--host", "127.0.0.1", "--http-port", "0"]
SIZE = "320x180"


def paint(colour: str, *output: str, seconds: float = 0) -> Source:
    """ffmpeg sends frames of one colour, 30 per second, to `output`."""
    limit = ["-t", str(seconds)] if seconds else []
    realtime = [] if seconds else ["-re"]
    return Source(
        subprocess.Popen([
            need("ffmpeg", "backup inputs"), "-v", "error", "-y", *realtime, "-f", "lavfi", "-i",
            f"color={colour}:size={SIZE}:rate=30", *limit, *ENCODER, "-pix_fmt", "yuv420p", "-g",
            "30", "-flush_packets", "1", *output
        ], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


def colours(found: Recording) -> list[str]:
    """The colours of the recorded frames, repetitions left out."""
    init, segments = found.init(), found.segments()
    media = init + b"".join(segments[number][1] for number in sorted(segments))
    run = subprocess.run([
        need("ffmpeg", "frames of media"), "-v", "error", "-i", "-", "-map", "0:v:0", "-fps_mode",
        "passthrough", "-vf", "scale=1:1:flags=area", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"
    ], input=media, capture_output=True, timeout=60)
    pixels = np.frombuffer(run.stdout, np.uint8).reshape(-1, 3)
    def name(pixel: np.ndarray) -> str:
        red, _, blue = (int(value) for value in pixel)
        if max(red, blue) < 40:
            return "slate"
        return "red" if red > 2 * blue + 40 else "blue" if blue > 2 * red + 40 else "other"
    return [colour for colour, _ in groupby(map(name, pixels))]


def shown(program: Program) -> dict:
    """The shown input of the stream, as /api/streams states it."""
    answer = get(program.port, "/api/streams", headers={"Authorization": f"Bearer {TOKEN}"})
    return answer.json()[0].get("input", {})


@pytest.mark.timeout(60)
def test_an_encoded_stream_changes_its_input(tmp_path, streamer, sources: list[Source]) -> None:
    """Red is killed: blue within two seconds; red is back: shown after the failback.

    The slate is a green picture.
    """
    slate = tmp_path / "green.png"
    subprocess.run([
        need("ffmpeg", "slates"), "-v", "error", "-f", "lavfi", "-i", f"color=0x00A000:size={SIZE}",
        "-frames:v", "1",
        str(slate)
    ], check=True, timeout=20)
    first, second = free_port(), free_port()
    def send(colour: str, port: int) -> Source:
        source = paint(colour, "-f", "mpegts", f"udp://127.0.0.1:{port}?pkt_size=1316")
        sources.append(source)
        return source
    red = send("red", first)
    send("blue", second)
    program = streamer("--input", f"udp://127.0.0.1:{first}", "--input",
                       f"udp://127.0.0.1:{second}", "--failback", "3", "--admin-token", TOKEN,
                       "--passthrough", "never", "--preset", "ultrafast", "--slate",
                       str(slate), *HOST, defaults=False)
    fetch(program.port)
    next_segments(program.port, 2)
    assert shown(program)["shown"] == 0

    recordings: list[Recording] = []
    recorder = threading.Thread(target=lambda: recordings.append(record(program.port, 13)))
    recorder.start()
    pause(1, "red is shown")
    red.kill()
    wait_until(lambda: shown(program)["shown"] == 1, 3, "blue is shown")
    pause(1, "blue is shown")
    send("red", first)
    wait_until(lambda: shown(program)["shown"] == 0, 8, "red is shown again")
    recorder.join()

    found = recordings[0]
    check_one_stream(found)
    init, segments = found.init(), found.segments()
    every = [c for n in sorted(segments) for c in chunks(segments[n][1], init)]
    assert timescale(init) and all(
        two.tfdt == one.tfdt + one.duration for one, two in zip(every, every[1:]))
    seen = [colour for colour in colours(found) if colour != "slate"]
    print(f"colours: {colours(found)}, input: {shown(program)}")
    assert [colour for colour, _ in groupby(seen)] == ["red", "blue", "red"]
    assert colours(found)[0] == "slate", "the window before the first frame"
    assert shown(program)["switches"] == 2
    assert total(program.port, "streamer_input_switches_total") == 2
    assert total(program.port, "streamer_input_shown") == 0
    program.check_logged("input-switched", count=2)


@pytest.mark.timeout(60)
def test_a_published_stream_has_a_backup(tmp_path, streamer, sources: list[Source]) -> None:
    """A file is shown until a publisher comes, and after it; both are passed through."""
    film = tmp_path / "film.mp4"
    for process in paint("blue", str(film), seconds=4).processes:
        assert process.wait(30) == 0
    program = streamer("--source", "rtmp", "--input", str(film), "--loop", "--admin-token", TOKEN,
                       *RTMP, defaults=False)
    port = rtmp_port(program)
    wait_until(lambda: shown(program).get("shown") == 1, 15, "the file is shown")
    red = paint("red", "-f", "flv", f"rtmp://127.0.0.1:{port}/live/x")
    sources.append(red)
    wait_until(lambda: shown(program)["shown"] == 0, 8, "the publisher is shown")
    pause(2, "the publisher is shown")
    red.kill()
    wait_until(lambda: shown(program)["shown"] == 1, 8, "the file is shown again")
    next_segments(program.port, 2)
    text = get(program.port, "/live/video/playlist.m3u8").text
    assert text.splitlines().count("#EXT-X-DISCONTINUITY") == 2, text


@pytest.mark.timeout(90)
@pytest.mark.parametrize("kinds", [("srt", "srt"), ("rtsp", "srt"), ("srt", "rtsp")],
                         ids=["srt-srt", "rtsp-srt", "srt-rtsp"])
@pytest.mark.parametrize("mode", ["auto", "never"])
def test_inputs_by_srt_and_rtsp(kinds: tuple[str, str], mode: str, streamer,
                                sources: list[Source]) -> None:
    """The first is killed: the backup is shown; it is back: shown after the failback."""
    ports = [free_port(), free_port()]

    def address(index: int) -> str:
        path = "/x" if kinds[index] == "rtsp" else ""
        return f"{kinds[index]}://127.0.0.1:{ports[index]}{path}"

    def send(index: int) -> Source:
        if kinds[index] == "rtsp":
            source = rtsp_server(ports[index])
        else:
            source = paint(("red", "blue")[index], "-f", "mpegts",
                           f"{address(index)}?mode=listener&latency=60000")
        sources.append(source)
        return source

    first = send(0)
    send(1)
    program = streamer("--input", address(0), "--input", address(1), "--failback", "3",
                       "--admin-token", TOKEN, "--passthrough", mode, "--preset", "ultrafast",
                       *HOST, defaults=False)
    fetch(program.port)
    wait_until(lambda: shown(program).get("shown") == 0, 15, "the first input is shown")
    wait_until(lambda: len(program.logged("source-open")) == 2, 15, "the backup is open")
    first.kill()
    wait_until(lambda: shown(program)["shown"] == 1, 8, "the backup is shown")
    send(0)
    wait_until(lambda: shown(program)["shown"] == 0, 20, "the first input is shown again")
    next_segments(program.port, 2)
    program.check_logged("input-switched", count=2)
