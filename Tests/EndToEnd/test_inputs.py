# SPDX-License-Identifier: Apache-2.0
"""Inputs pulled from the network, encoded, with real senders: no frame lost, no secret logged."""

from __future__ import annotations

import functools
import signal
import subprocess
from pathlib import Path

import pytest

from harness.http1 import get
from harness.inputs import HOST, check_live, pulls
from harness.messages import PROBED_AUDIO, PROBED_GROUP
from harness.ports import free_port
from harness.program import launch, run_to_end, stop
from harness.sources import Source, clip, ffmpeg_sender, rtsp_server
from harness.supervisor import is_bound
from harness.tools import need, streamer_binary
from harness.tunein import PLAYLIST, fetch
from harness.waiting import pause, wait_until

PASSPHRASE = "sehrgeheim123"


def check_rtsp(transport: str, slices: str, streamer, sources: list[Source]) -> None:
    """Checks that frames arrive in time by RTSP over a transport, in some slices."""
    port = free_port()
    sources.append(rtsp_server(port, "--slices", slices))
    program = pulls(streamer, f"rtsp://127.0.0.1:{port}/x", "--rtsp-transport", transport)
    check_live(program, f"rtsp over {transport}, {slices} slices", 0.25)


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("transport", "slices"), [("tcp", "1")])
def test_rtsp_frames_arrive_in_time(transport: str, slices: str, streamer,
                                    sources: list[Source]) -> None:
    """RTSP over TCP; frames of one slice."""
    check_rtsp(transport, slices, streamer, sources)


def check_kind(kind: str, streamer, sources: list[Source]) -> None:
    """Checks that the frames of a kind of input arrive in time, without a secret in the log."""
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


@pytest.mark.timeout(90)
@pytest.mark.parametrize("kind", ["udp", "srt caller", "rtmp", "http"])
def test_live_frames_arrive_in_time(kind: str, streamer, sources: list[Source]) -> None:
    """MPEG-TS in datagrams, SRT with a passphrase, RTMP, and HTTP."""
    check_kind(kind, streamer, sources)


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
        wait_until(lambda: get(own, PLAYLIST, timeout=15).status == 200, 20, "a playlist")
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
