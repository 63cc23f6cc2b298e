# SPDX-License-Identifier: Apache-2.0
"""An input is read by a process of its own, without rights; the bytes are the same."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import get
from harness.metrics import total
from harness.playlist import parse
from harness.ports import free_port
from harness.program import Program, children, kill, run_to_end, stop
from harness.sources import ffmpeg_sender
from harness.waiting import wait_until
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
