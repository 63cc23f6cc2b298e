# SPDX-License-Identifier: Apache-2.0
"""Pulled inputs, encoded, with real senders: no frame lost or late, no secret logged."""

from __future__ import annotations

import functools
import http.server
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.continuity import Frame, check_one_stream, frames, lost, repeated
from harness.http1 import get
from harness.playlist import parse
from harness.messages import PROBED_AUDIO, PROBED_GROUP
from harness.program import Program, launch, run_to_end, stop
from harness.recorder import record
from harness.sources import Source, clip, ffmpeg_sender, rtsp_server
from harness.supervisor import free_port, is_bound
from harness.tools import need, streamer_binary
from harness.tunein import PLAYLIST, fetch, next_segments
from harness.waiting import pause, wait_until

HOST = ["--passthrough", "never", "--host", "127.0.0.1", "--http-port", "0"]
SECONDS = 6
PASSPHRASE = "sehrgeheim123"


def pulls(streamer: Callable[..., Program], url: str, *more: str, within: float = 20) -> Program:
    """A streamer that pulls an input, once it plays."""
    program = streamer("--input", url, *HOST, *more, defaults=False, within=within)
    fetch(program.port)
    return program


def shown(program: Program, seconds: float = SECONDS) -> list[Frame]:
    """The frames of some seconds without slate; the recording is checked for continuity."""
    next_segments(program.port, 2)
    found = record(program.port, seconds)
    check_one_stream(found)
    every = frames(found)
    first = next((i for i, frame in enumerate(every) if frame.clock is not None), len(every))
    return every[first:]


def check_live(program: Program, name: str, most_delay: float) -> list[Frame]:
    """Checks that frames follow one another and arrive soon after they were drawn."""
    seen = shown(program)
    assert len(seen) >= 30 * (SECONDS - 2), "frames of the source are missing"
    assert all(frame.clock is not None for frame in seen), "a frame without burned clock"
    twice, missing = repeated(seen), lost(seen, 1 / 30)
    delays = sorted(frame.captured - (frame.clock or 0) for frame in seen)
    p50, p99 = (delays[len(delays) * share // 100] * 1000 for share in (50, 99))
    print(f"{name}: {len(seen)} frames, {twice} repeated, {missing} lost, "
          f"capture time after the burned clock: p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    assert twice <= len(seen) // 10 and missing <= len(seen) // 10
    off = [frame.captured - frame.frame_time for frame in seen]
    assert max(map(abs, off)) <= 0.018, "further than half a frame from the frame time"
    assert delays[len(delays) // 2] < most_delay
    return seen


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("transport", "slices"), [("tcp", "1"), ("udp", "3")])
def test_rtsp_frames_arrive_in_time(transport: str, slices: str, streamer,
                                    sources: list[Source]) -> None:
    """RTSP over TCP and over datagrams; frames of one slice and of three."""
    port = free_port()
    sources.append(rtsp_server(port, "--slices", slices))
    program = pulls(streamer, f"rtsp://127.0.0.1:{port}/x", "--rtsp-transport", transport)
    check_live(program, f"rtsp over {transport}, {slices} slices", 0.25)


@pytest.mark.timeout(60)
def test_rtsps_with_credentials_plays(tmp_path: Path, streamer, sources: list[Source]) -> None:
    """RTSP over TLS, with credentials and a self-signed certificate."""
    certificate, key = tmp_path / "c.pem", tmp_path / "k.pem"
    subprocess.run([
        need("openssl", "rtsps"), "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj",
        "/CN=localhost", "-days", "2", "-keyout",
        str(key), "-out",
        str(certificate)
    ], check=True, capture_output=True)
    port = free_port()
    sources.append(
        rtsp_server(port, "--certificate", str(certificate), "--key", str(key), "--user", "anna",
                    "--password", PASSPHRASE))
    program = pulls(streamer, f"rtsps://anna:{PASSPHRASE}@127.0.0.1:{port}/x")
    check_live(program, "rtsps", 0.25)
    assert PASSPHRASE not in program.log_text().split("\n", 1)[1]


@pytest.mark.timeout(90)
@pytest.mark.parametrize("kind",
                         ["udp", "udp, bounded", "srt caller", "srt listener", "rtmp", "http"])
def test_live_frames_arrive_in_time(kind: str, streamer, sources: list[Source]) -> None:
    """MPEG-TS in datagrams, SRT in both roles with a passphrase, RTMP, and HTTP."""
    port = free_port()
    ts = ["-f", "mpegts", *(["-omit_video_pes_length", "0"] if "bounded" in kind else [])]
    secret = f"passphrase={PASSPHRASE}"
    sender, url = {
        "udp": ([*ts, f"udp://127.0.0.1:{port}?pkt_size=1316"], f"udp://127.0.0.1:{port}"),
        "udp, bounded": ([*ts, f"udp://127.0.0.1:{port}?pkt_size=1316"], f"udp://127.0.0.1:{port}"),
        "srt caller": ([*ts, f"srt://127.0.0.1:{port}?mode=listener&{secret}"],
                       f"srt://127.0.0.1:{port}?{secret}"),
        "srt listener": ([*ts, f"srt://127.0.0.1:{port}?{secret}"],
                         f"srt://127.0.0.1:{port}?mode=listener&{secret}"),
        "rtmp": (["-f", "flv", "-listen", "1", f"rtmp://127.0.0.1:{port}/live/{PASSPHRASE}"],
                 f"rtmp://127.0.0.1:{port}/live/{PASSPHRASE}"),
        "http": ([*ts, "-listen", "1",
                  f"http://127.0.0.1:{port}/x.ts"], f"http://127.0.0.1:{port}/x.ts"),
    }[kind]
    begin = functools.partial(ffmpeg_sender, sender)
    if kind == "srt listener":
        program = launch(["--input", url, *HOST], defaults=False)
        try:
            wait_until(lambda: is_bound(port), 10, "the listener of the program")
            sources.append(begin())
            assert program.listening.wait(20) and program.port, program.log_text()
            check_live(program, kind, 0.5)
        finally:
            assert stop(program) == 0, program.log_text()
    else:
        sources.append(begin())
        if not kind.startswith("udp"):
            wait_until(lambda: is_bound(port), 10, "the listener of ffmpeg")
        program = pulls(streamer, url)
        check_live(program, kind, 0.5 if "srt" in kind else 0.25)
    assert PASSPHRASE not in program.log_text().split("\n", 1)[1]


@pytest.mark.timeout(60)
def test_srt_wrong_passphrase_is_refused(tmp_path: Path) -> None:
    """A caller with a wrong passphrase is refused, and no library writes into the log."""
    port = free_port()
    program = launch(
        ["--input", f"srt://127.0.0.1:{port}?mode=listener&passphrase={PASSPHRASE}", *HOST],
        defaults=False)
    try:
        assert program.listening.wait(10), program.log_text()
        wait_until(lambda: is_bound(port), 10, "the listener of the program")
        caller = subprocess.run([
            need("ffmpeg", "pulled inputs"), "-v", "quiet", "-f", "lavfi", "-i", "testsrc", "-t",
            "1", "-f", "mpegts", f"srt://127.0.0.1:{port}?passphrase=falsch{PASSPHRASE}"
        ], timeout=20, stderr=subprocess.DEVNULL)
        assert caller.returncode != 0
    finally:
        assert stop(program) == 0
    assert not [line for line in program.log if "SRT" in line], program.log_text()
    status, lines = run_to_end(["--input", f"srt://127.0.0.1:{port}?passphrase=kurz", *HOST],
                               defaults=False)
    assert status == 2 and len(
        lines) == 1 and "10–79 characters" in lines[0] and "kurz" not in lines[0], lines


@pytest.mark.timeout(60)
def test_size_and_rate_are_the_sources(streamer, sources: list[Source]) -> None:
    """Size and rate are those of the source unless given; another aspect is letterboxed."""
    port = free_port()
    sources.append(
        ffmpeg_sender(["-f", "mpegts", f"udp://127.0.0.1:{port}?pkt_size=1316"], size="480x270",
                      rate=25))
    program = pulls(streamer, f"udp://127.0.0.1:{port}")
    description = program.description()
    assert "480x270" in description and "25 fps" in description
    next_segments(program.port, 2)
    found = record(program.port, 4)
    check_one_stream(found)
    assert len(frames(found)) % 25 == 0


@pytest.mark.timeout(60)
@pytest.mark.parametrize("name", ["clip.ts", "clip.mp4"])
def test_looped_file_keeps_the_grid(name: str, streamer, tmp_path: Path) -> None:
    """A file is paced by its timestamps and restarts at its end, without a break on the grid."""
    path = clip(tmp_path / name, 3)
    program = pulls(streamer, str(path), "--loop")
    seen = shown(program)
    clocks = [frame.clock for frame in seen if frame.clock is not None]
    assert len(clocks) >= 30 * (SECONDS - 2)
    assert repeated(seen) <= 6
    assert any(two < one for one, two in zip(clocks, clocks[1:])), "the file did not restart"
    steps = [round((two - one) * 30) for one, two in zip(clocks, clocks[1:]) if two > one]
    assert sum(step != 1 for step in steps) <= 6, steps


@pytest.mark.timeout(60)
def test_b_frames_are_shown_in_order(streamer, tmp_path: Path) -> None:
    """Frames that are coded out of order are shown in order."""
    path = clip(tmp_path / "b.mp4", 4, "-tune", "film", "-bf", "2", "-preset", "veryfast")
    program = pulls(streamer, str(path), "--loop")
    clocks = [frame.clock for frame in shown(program) if frame.clock is not None]
    backwards = sum(two < one for one, two in zip(clocks, clocks[1:]))
    assert len(clocks) >= 90 and backwards <= 2


@pytest.mark.timeout(60)
def test_file_over_http_is_paced(streamer, tmp_path: Path) -> None:
    """A file from a web server is paced like a local file."""
    clip(tmp_path / "clip.mp4", 3, "-movflags", "+faststart")
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(tmp_path))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        program = pulls(streamer, f"http://127.0.0.1:{server.server_address[1]}/clip.mp4", "--loop")
        seen = shown(program)
        assert repeated(seen) <= 6 and len(seen) >= 30 * (SECONDS - 2)
    finally:
        server.shutdown()


def ends(program: Program) -> None:
    """Waits for ENDLIST; the window is served for a while, then the program exits with status 0."""
    base = PLAYLIST.rsplit("/", 1)[0]
    wait_until(lambda: "EXT-X-ENDLIST" in get(program.port, PLAYLIST).text, 25, "ENDLIST")
    listed = parse(get(program.port, PLAYLIST).text)
    assert get(program.port, f"{base}/{listed.segments[-1].uri}").status == 200
    assert program.process.wait(20) == 0, program.log_text()


@pytest.mark.timeout(90)
def test_end_of_file_ends_the_stream(streamer, tmp_path: Path) -> None:
    """Without --loop the end of the file is the end of the stream."""
    path = clip(tmp_path / "clip.mp4", 4)
    program = pulls(streamer, str(path), "--playlist-length", "6")
    ends(program)


@pytest.mark.timeout(90)
def test_end_of_standard_input_ends_the_stream(tmp_path: Path) -> None:
    """MPEG-TS on standard input, live; its end is the end of the stream."""
    sender = ffmpeg_sender(["-f", "mpegts", "-"], stdout=subprocess.PIPE)
    output = sender.processes[1].stdout
    command = [str(streamer_binary()), "--input", "-", *HOST, "--playlist-length", "6"]
    process = subprocess.Popen(command, stdin=output, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    from harness.program import _read_log
    program = Program(process, command, time.monotonic())
    threading.Thread(target=_read_log, args=(program,), daemon=True).start()
    try:
        assert output is not None
        output.close()
        assert program.listening.wait(15) and program.port, program.log_text()
        fetch(program.port)
        check_live(program, "stdin", 0.25)
        sender.kill()
        ends(program)
    finally:
        sender.kill()
        if process.poll() is None:
            process.kill()


@pytest.mark.timeout(60)
def test_still_images_rotation_and_missing_video(streamer, tmp_path: Path) -> None:
    """A still image loops; a rotated video is upright; a file without video is refused."""
    ffmpeg = [need("ffmpeg", "files as inputs"), "-v", "error", "-y"]
    sideways, upright, still, audio = (tmp_path / name for name in ("sideways.mp4", "upright.mp4",
                                                                 "still.png", "audio.m4a"))
    clip(sideways, 3)
    for options, path in ((["-c", "copy", "-metadata:s:v",
                            "rotate=90"], upright), (["-frames:v",
                                                      "1"], still), (["-vn", "-c:a",
                                                                      "copy"], audio)):
        subprocess.run([*ffmpeg, "-i", str(sideways), *options, str(path)], check=True, timeout=30)
    for path, words in ((still, ("640x360", "25 fps")), (upright, ("360x640", "30 fps"))):
        program = pulls(streamer, str(path), "--loop")
        assert any(all(word in line for word in words) for line in program.log), program.log_text()
        assert len(frames(record(program.port, 2))) >= 40
    status, lines = run_to_end(["--input", str(audio), "--loop", *HOST], defaults=False)
    assert status == 2 and len(lines) == 1 and f'--input: "{audio}"' in lines[0], lines


@pytest.mark.timeout(60)
def test_named_pipe_is_read(tmp_path: Path) -> None:
    """A named pipe is read like standard input; SIGTERM works while it has no writer."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    alone = launch(["--input", str(pipe), *HOST], defaults=False)
    assert alone.listening.wait(10) and alone.port, alone.log_text()
    assert stop(alone) == 0, alone.log_text()
    program = launch(["--input", str(pipe), *HOST], defaults=False)
    assert program.listening.wait(10) and program.port, program.log_text()
    with pipe.open("wb") as output:
        sender = ffmpeg_sender(["-f", "mpegts", "-"], stdout=output.fileno())
    try:
        check_live(program, "named pipe", 0.25)
    finally:
        sender.kill()
        assert stop(program) == 0, program.log_text()


@pytest.mark.timeout(60)
def test_source_that_starts_later_is_awaited(sources: list[Source]) -> None:
    """A source that is absent at start is awaited, then played."""
    port, own = free_port(), free_port()
    program = launch(
        ["--input", f"rtsp://127.0.0.1:{port}/x", "--host", "127.0.0.1", "--http-port",
         str(own)], defaults=False, port=own)
    try:
        pause(2, "the source is absent for two seconds")
        sources.append(rtsp_server(port))
        assert program.listening.wait(15), program.log_text()
        assert fetch(own).segments
    finally:
        assert stop(program) == 0, program.log_text()


@pytest.mark.timeout(30)
def test_sigterm_ends_a_program_without_its_source() -> None:
    """SIGTERM ends a program whose source is absent, with status 0."""
    program = launch(["--input", f"rtsp://127.0.0.1:{free_port()}/x", *HOST], defaults=False)
    pause(1.5, "the program tries to open its source")
    program.process.send_signal(signal.SIGTERM)
    assert program.process.wait(5) == 0


@pytest.mark.timeout(90)
def test_credentials_decide_and_are_never_logged(streamer, sources: list[Source]) -> None:
    """Right credentials play, wrong ones are refused; neither is logged."""
    port = free_port()
    sources.append(rtsp_server(port, "--user", "anna", "--password", PASSPHRASE))
    program = pulls(streamer, f"rtsp://anna:{PASSPHRASE}@127.0.0.1:{port}/x", "-v")
    assert PASSPHRASE not in program.log_text().split("\n", 1)[1]
    wrong = launch(["--input", f"rtsp://anna:falsch{PASSPHRASE}@127.0.0.1:{port}/x", *HOST, "-v"],
                   defaults=False)
    try:
        wait_until(lambda: "401" in wrong.log_text() or "nauthorized" in wrong.log_text(), 10,
                   "a refusal in the log")
        assert PASSPHRASE not in wrong.log_text().split("\n", 1)[1]
    finally:
        stop(wrong)


@pytest.mark.parametrize(("given", "named"), [
    ("nowhere.ts", "No such file"), ("/etc/hostname", "Invalid data"),
    ("ftp://h/x", "expected a URL of rtsp")])
def test_unusable_input_is_refused(given: str, named: str) -> None:
    """A missing file, a file without video, an unknown scheme: exit 2 and one line."""
    status, lines = run_to_end(["--input", given, *HOST], defaults=False)
    assert status == 2 and len(lines) == 1 and named in lines[0] and "--input" in lines[0], lines


def test_two_sources_are_refused() -> None:
    """An input together with another source is refused."""
    status, lines = run_to_end(["--test-src", "--input", "x.ts", *HOST], defaults=False)
    assert status == 2 and "--test-src" in lines[0] and "--input" in lines[0], lines


@pytest.mark.timeout(60)
def test_probe_prints_the_source(tmp_path: Path) -> None:
    """--probe prints codec, size, rate, key frames, audio and the decision; 1 if it cannot open."""
    path = clip(tmp_path / "clip.ts", 4)
    run = subprocess.run(
        [str(streamer_binary()), "--probe", str(path)], capture_output=True, text=True, timeout=30)
    assert run.returncode == 0, run.stderr
    for part in ("h264, 640x360, 30 fps", PROBED_GROUP, "aac, 48000 Hz, mono",
                 "pass through", PROBED_AUDIO):
        assert part in run.stdout, run.stdout
    gone = subprocess.run(
        [str(streamer_binary()), "--probe", f"rtsp://u:{PASSPHRASE}@127.0.0.1:{free_port()}/x"],
        capture_output=True, text=True, timeout=30)
    assert gone.returncode == 1 and "refused" in gone.stderr and PASSPHRASE not in gone.stderr
