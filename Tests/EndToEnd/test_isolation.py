# SPDX-License-Identifier: Apache-2.0
"""An input is read by a process of its own: its crashes cost only its stream, which goes on."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.audio import Track
from harness.http1 import get
from harness.metrics import total
from harness.playlist import parse
from harness.ports import free_port
from harness.preload import preloaded
from harness.program import Program, children, kill, run_to_end, stop
from harness.sources import ENCODER, ffmpeg_sender
from harness.waiting import pause, wait_until
from test_hostile_sources import H264, VIDEO, make

AUDIO = ["-f", "lavfi", "-i", "sine=440:r=48000", "-c:a", "aac", "-shortest"]
ENCODED = ["--passthrough", "never"]
ADMIN = "admin-secret-of-the-server"


def movie(path: Path) -> Path:
    """Ten seconds of H.264 and AAC."""
    return make(path, *VIDEO, *AUDIO[:4], "-t", "10", *H264, *AUDIO[4:])


def child(program: Program) -> int:
    """The process of the only input, once it runs."""
    return wait_until(lambda: children(program), 5, "a process of the source")[0]


def states(pids: list[int]) -> list[str]:
    """The states of those of the processes that exist."""
    found = []
    for pid in pids:
        try:
            found.append(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return found


def parts(port: int, stream: str, rendition: str = "video") -> int:
    """The number of parts and segments since 1970 that the playlist ends with."""
    text = get(port, f"/{stream}/{rendition}/playlist.m3u8", timeout=12).text
    hint = next(line for line in text.splitlines() if line.startswith("#EXT-X-PRELOAD-HINT"))
    number, part = hint.split("segment")[1].split(".")[:2]
    return int(number) * 10 + int(part)


def advances(port: int, stream: str, by: int, within: float) -> None:
    """Waits until the video has `by` further parts."""
    first = parts(port, stream)
    wait_until(lambda: parts(port, stream) >= first + by, within, f"{by} parts of {stream}")


def is_online(port: int, stream: str) -> bool:
    """Whether the source supplies frames."""
    return total(port, "streamer_stream_online", stream=stream) == 1


class Watch:
    """Notes the longest time without a new part of a stream."""

    def __init__(self, port: int, stream: str) -> None:
        self.longest = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(port, stream))
        self._thread.start()

    def _run(self, port: int, stream: str) -> None:
        newest, since = 0, time.monotonic()
        while not self._stop.is_set():
            now_newest = parts(port, stream)
            now = time.monotonic()
            self.longest = max(self.longest, now - since)
            if now_newest != newest:
                newest, since = now_newest, now
            pause(0.02, "samples spread over time")

    def end(self) -> float:
        """The longest time."""
        self._stop.set()
        self._thread.join()
        return self.longest


@pytest.fixture
def two(streamer: Callable[..., Program], tmp_path: Path) -> Callable[..., Program]:
    """Starts a server of a test picture, `good`, and of a movie, `bad`."""

    def run(**keys: object) -> Program:
        configuration = tmp_path / "streams.json"
        path = str(movie(tmp_path / "movie.ts"))
        configuration.write_text(json.dumps({
            "streams": [{"stream": "good", "testSrc": True, "resolution": "160x90"},
                        {"stream": "bad", "input": path, "loop": True, **keys}]
        }))
        program = streamer("-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0",
                           "--admin-token", ADMIN, defaults=False)
        wait_until(lambda: is_online(program.port, "bad"), 10, "the source")
        return program

    return run


@pytest.mark.parametrize(("function", "event", "within"), [
    ("avcodec_send_packet", "codec-hangs", 15), ("av_read_frame", "demuxer-hangs", 30),
])
def test_a_library_that_loops_for_ever_is_noticed(
        streamer: Callable[..., Program], tmp_path: Path, function: str, event: str,
        within: float) -> None:
    """Its process still sends counters, but is ended, and the other stream has no gap."""
    configuration = tmp_path / "streams.json"
    configuration.write_text(json.dumps({
        "streams": [{"stream": "good", "testSrc": True, "resolution": "160x90"},
                    {"stream": "bad", "input": str(movie(tmp_path / "movie.ts")), "loop": True,
                     "passthrough": "never"}]
    }))
    program = streamer(
        "-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0", defaults=False,
        env=preloaded("loopinglibrary", tmp_path, quoted=False, FUNCTION=function, AFTER=150))
    wait_until(lambda: is_online(program.port, "bad"), 10, "the source")
    watch = Watch(program.port, "good")
    program.wait_logged(event, "has not returned for", stream="bad", within=within)
    program.wait_logged("source-crashed", stream="bad", within=3)
    advances(program.port, "bad", 5, 5)
    assert watch.end() < 0.6


@pytest.mark.parametrize("kind", ["udp", "pipe"])
def test_an_input_without_data_is_no_hang(streamer: Callable[..., Program], tmp_path: Path,
                                          kind: str) -> None:
    """A read that waits for longer than a demuxer may take ends with the next data."""
    address = f"udp://127.0.0.1:{free_port()}"
    if kind == "pipe":
        address = str(tmp_path / "pipe")
        os.mkfifo(address)
    program = streamer("--input", address, "--host", "127.0.0.1", "--http-port", "0",
                       defaults=False)
    target = f"{address}?pkt_size=1316" if kind == "udp" else f"file:{address}"
    sender = ffmpeg_sender(["-y", "-f", "mpegts", target])
    try:
        wait_until(lambda: is_online(program.port, "live"), 15, "the source")
        advances(program.port, "live", 3, 5)
        process = child(program)
        # The other end of a pipe stays open.
        sender.freeze()
        pause(17, "more than the 15 s of a demuxer, less than the 20 s of a silent source")
        # A pipe counts as present until its end.
        assert is_online(program.port, "live") == (kind == "pipe")
        assert child(program) == process
        sender.thaw()
        wait_until(lambda: is_online(program.port, "live"), 2.5, "the source, not opened again")
        advances(program.port, "live", 3, 5)
        assert child(program) == process
    finally:
        sender.kill()
    assert not program.logged("source-crashed") and not program.logged("demuxer-hangs")
    assert stop(program) == 0, program.log_text()


@pytest.mark.parametrize("mode", ["auto", "never"])
def test_a_server_that_does_not_read_is_no_hang(streamer: Callable[..., Program], tmp_path: Path,
                                                mode: str) -> None:
    """A process that waits to publish for longer than a codec may take goes on."""
    path = make(tmp_path / "noise.ts", *VIDEO, *AUDIO[:4], "-t", "10", "-vf",
                "noise=alls=100:allf=t", *H264, "-b:v", "4M", *AUDIO[4:])
    encoded = ["--bitrate", "4000"] if mode == "never" else []
    program = streamer("--input", str(path), "--loop", "--passthrough", mode, *encoded, "--host",
                       "127.0.0.1", "--http-port", "0", defaults=False,
                       env=preloaded("smallsocket", tmp_path))
    wait_until(lambda: is_online(program.port, "live"), 10, "the source")
    advances(program.port, "live", 5, 5)
    process = child(program)
    os.kill(program.pid, signal.SIGSTOP)
    pause(7, "the socket is soon full, and a codec may take 4 s")
    os.kill(program.pid, signal.SIGCONT)
    advances(program.port, "live", 5, 10)
    advances(program.port, "live", 5, 10)
    assert child(program) == process
    assert not program.logged("codec-hangs") and not program.logged("source-crashed")
    assert stop(program) == 0, program.log_text()


@pytest.mark.parametrize("mode", ["auto", "never"])
@pytest.mark.parametrize("name", ["SIGKILL", "SIGSEGV", "SIGSTOP"])
def test_crash(two: Callable[..., Program], mode: str, name: str) -> None:
    """A killed or stopped process is replaced; its stream continues, the other has no gap."""
    program = two(passthrough=mode)
    port = program.port
    before = {stream: parts(port, stream) for stream in ("good", "bad")}
    header = parse(get(port, "/bad/video/playlist.m3u8").text).segments[0].map_uri
    watch = Watch(port, "good")
    first = child(program)
    os.kill(first, getattr(signal, name))
    words = ["did not answer"] if name == "SIGSTOP" else [name]
    program.wait_logged("source-crashed", *words, stream="bad", within=4)
    restarted = time.monotonic()
    wait_until(lambda: is_online(port, "bad"), 3, "the source again")
    advances(port, "bad", 3, 3)
    assert time.monotonic() - restarted < 3.5
    advances(port, "bad", 12, 4)
    assert watch.end() < 0.7
    assert parts(port, "bad") > before["bad"]
    assert total(port, "streamer_source_crashes_total", stream="bad") == 1
    playlist = parse(get(port, "/bad/video/playlist.m3u8").text)
    numbers = [int((segment.uri or "").split("segment")[1].split(".")[0])
               for segment in playlist.segments]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    assert {segment.map_uri for segment in playlist.segments} == {header}
    breaks = sum(segment.discontinuity for segment in playlist.segments)
    assert breaks == (1 if mode == "auto" else 0), playlist
    assert children(program) != [first]
    assert states([first]) == []
    assert stop(program) == 0, program.log_text()


def test_a_freeze_of_server_and_process_is_no_crash(two: Callable[..., Program]) -> None:
    """A container that was paused for 3 s goes on with the same process."""
    program = two(passthrough="never")
    process = child(program)
    for _ in range(3):
        os.kill(program.pid, signal.SIGSTOP)
        os.kill(process, signal.SIGSTOP)
        pause(3, "more than the time after which a process is silent")
        # The order of waking is that which is the harder one.
        os.kill(program.pid, signal.SIGCONT)
        pause(0.1, "the server runs before its process")
        os.kill(process, signal.SIGCONT)
        advances(program.port, "bad", 3, 10)
    assert child(program) == process
    assert not program.logged("source-crashed")
    assert stop(program) == 0, program.log_text()


def test_rights(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """The process has two sockets and its input, no variables of the server, and few rights."""
    path = movie(tmp_path / "movie.ts")
    program = streamer("--input", str(path), "--loop", "--host", "127.0.0.1", "--http-port", "0",
                       defaults=False, env={"STREAMER_ADMIN_TOKEN": ADMIN})
    process = Path(f"/proc/{child(program)}")
    advances(program.port, "live", 3, 5)
    variables = (process / "environ").read_bytes()
    assert ADMIN.encode() not in variables and b"STREAMER" not in variables
    targets = {int(link.name): os.readlink(link) for link in (process / "fd").iterdir()}
    assert {targets[number] for number in range(3)} == {"/dev/null"}
    # One of the process, and one of the stream.
    sockets = {target for target in targets.values() if target.startswith("socket:")}
    assert len(sockets) == 2 and targets[3] in sockets
    assert set(targets.values()) <= {"/dev/null", str(path)} | sockets
    status = dict(line.split(":", 1) for line in (process / "status").read_text().splitlines())
    assert status["NoNewPrivs"].strip() == "1"
    assert status["Seccomp"].strip() == "2"
    limits = (process / "limits").read_text()
    assert next(line for line in limits.splitlines() if "core" in line).split()[4] == "0"
    assert str(1024 << 20) in next(line for line in limits.splitlines() if "data" in line)


def test_killed_server_leaves_no_process(streamer: Callable[..., Program],
                                         tmp_path: Path) -> None:
    """If the server is killed, its processes end, also one that is stopped."""
    program = streamer("--input", str(movie(tmp_path / "movie.ts")), "--loop", "--host",
                       "127.0.0.1", "--http-port", "0", defaults=False)
    process = child(program)
    os.kill(process, signal.SIGSTOP)
    kill(program)
    wait_until(lambda: set(states([process])) <= {"Z", "X"}, 3, "the end of the process")


def test_memory(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """A process that needs more memory than its limit ends, and the server goes on."""
    path = make(tmp_path / "large.mkv", "-f", "lavfi", "-i", "testsrc=s=4096x2304:r=5", "-t", "2",
                "-c:v", "mjpeg")
    configuration = tmp_path / "streams.json"
    configuration.write_text(json.dumps({
        "maxSourceMemory": 80,
        "streams": [{"stream": "good", "testSrc": True, "resolution": "160x90"},
                    {"stream": "bad", "input": str(path), "loop": True}]
    }))
    program = streamer("-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0",
                       defaults=False)
    entry = program.wait_logged("out-of-memory", stream="bad", within=15)
    assert "80 MB (--max-source-memory)" in entry.message
    program.wait_logged("source-crashed", stream="bad")
    advances(program.port, "good", 5, 3)
    assert stop(program) == 0, program.log_text()


def test_five_crashes(two: Callable[..., Program]) -> None:
    """After five crashes within a minute the source is opened every 30 s, over slate."""
    program = two(passthrough="never")
    for count in range(5):
        wait_until(lambda: children(program), 5, "a process")
        os.kill(child(program), signal.SIGKILL)
        program.wait_logged("source-crashed", stream="bad", count=count + 1)
    program.wait_logged("source-crashed", "every 30", stream="bad")
    advances(program.port, "bad", 10, 12)
    assert not is_online(program.port, "bad")
    streams = json.loads(get(program.port, "/api/streams",
                             headers={"Authorization": f"Bearer {ADMIN}"}).text)
    bad = next(stream for stream in streams if stream["stream"] == "bad")
    assert bad["sourceCrashes"] == 5 and 10 <= bad["sourceRetry"] <= 30
    assert stop(program) == 0, program.log_text()


def test_same_bytes(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """The header and the form of the playlist do not depend on where the input is read."""
    path = movie(tmp_path / "movie.ts")
    seen = []
    for how in ("process", "none"):
        program = streamer("--input", str(path), "--loop", "--isolation", how, "--host",
                           "127.0.0.1", "--http-port", "0", defaults=False)
        wait_until(lambda: len(parse(get(program.port, "/live/video/playlist.m3u8").text).segments)
                   >= 2, 10, "two segments")
        assert bool(children(program)) == (how == "process")
        headers = [get(program.port, f"/live/{name}/" + (parse(get(
            program.port, f"/live/{name}/playlist.m3u8").text).segments[0].map_uri or "")).body
            for name in ("video", "audio")]
        seen.append((headers, get(program.port, "/live/playlist.m3u8").text))
        assert stop(program) == 0, program.log_text()
    assert seen[0] == seen[1]


def test_live_input(streamer: Callable[..., Program]) -> None:
    """A sender over UDP plays; after a crash its stream continues with its next key frame."""
    port = free_port()
    program = streamer("--input", f"udp://127.0.0.1:{port}", "--host", "127.0.0.1", "--http-port",
                       "0", defaults=False)
    sender = ffmpeg_sender(["-f", "mpegts", f"udp://127.0.0.1:{port}?pkt_size=1316"])
    try:
        wait_until(lambda: total(program.port, "streamer_stream_online") == 1, 15, "the source")
        advances(program.port, "live", 5, 5)
        os.kill(child(program), signal.SIGABRT)
        program.wait_logged("source-crashed", "SIGABRT")
        wait_until(lambda: is_online(program.port, "live"), 4, "the source again")
        advances(program.port, "live", 10, 5)
    finally:
        sender.kill()
    assert stop(program) == 0, program.log_text()


def test_standard_input(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """A stream on standard input plays, and its end is the end of the program."""
    path = movie(tmp_path / "movie.ts")
    with path.open("rb") as stdin:
        program = streamer("--input", "-", "--host", "127.0.0.1", "--http-port", "0",
                           defaults=False, stdin=stdin)
        advances(program.port, "live", 5, 10)
        assert children(program)
        assert stop(program) == 0, program.log_text()


@pytest.mark.parametrize("flags", [["--test-src"], ["--device", "/dev/video0"],
                                   ["--input", "x.ts", "--audio", "hw:0"]])
def test_local_sources_have_no_process(flags: list[str]) -> None:
    """Cameras, the test picture and audio devices cannot have a process of their own."""
    status, lines = run_to_end([*flags, "--isolation", "process"], defaults=False)
    assert status == 2 and "--isolation" in lines[-1], lines
