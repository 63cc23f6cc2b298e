# SPDX-License-Identifier: Apache-2.0
"""Runs ffmpeg, mpv and VLC on a URL and reads the burned clock of the frames they decode."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from harness.frames import clocks_of, read_strips
from harness.tools import as_nobody, need

CROP = "crop=iw:trunc(ih/18)*2:0:0,scale=256:16:flags=area"


@dataclass(frozen=True)
class Played:
    """The output of a player: burned clocks, frames without a clock, delays (ms) if known."""

    clocks: list[int]
    undecoded: int
    late: list[float]

    def __str__(self) -> str:
        if not self.late:
            return f"{len(self.clocks)} frames, {self.undecoded} undecoded"
        late = sorted(self.late)
        return (f"{len(self.clocks)} frames, {self.undecoded} undecoded, late {late[0]:.0f}/"
                f"{late[len(late) // 2]:.0f}/{late[-1]:.0f} ms (min/median/max)")


def _played(samples: list[tuple[float, int | None]], warm_up: float) -> Played:
    begin = samples[0][0] + warm_up
    late = [at * 1000 - clock for at, clock in samples if clock is not None and at >= begin]
    clocks = [clock for _, clock in samples if clock is not None]
    return Played(clocks, len(samples) - len(clocks), late)


def ffmpeg(url: str, seconds: float) -> Played:
    """ffmpeg without input options."""
    command = [
        need("ffmpeg", "plays the stream"), "-v", "error", "-i", url, "-map", "0:v:0", "-vf", CROP,
        "-f", "rawvideo", "-pix_fmt", "gray", "-fps_mode", "passthrough", "-"
    ]
    return _played(read_strips(command, seconds), 2)


def mpv(url: str, seconds: float) -> Played:
    """mpv with its low-latency profile, in encoding mode to raw frames."""
    command = [
        need("mpv", "plays the stream"), "--no-config", "--profile=low-latency", "--really-quiet",
        "--no-audio", "--o=-", "--of=rawvideo", "--ovc=rawvideo",
        f"--vf=lavfi=[{CROP},format=gray]", url
    ]
    return _played(read_strips(command, seconds), 2)


def mpv_file(url: str, seconds: float, output: Path) -> None:
    """Runs mpv with its low-latency profile; writes video and audio into a Matroska file."""
    command = [
        need("mpv",
             "plays video and audio"), "--no-config", "--profile=low-latency", "--really-quiet",
        f"--o={output}", "--ovc=libx264", "--ovcopts=preset=ultrafast,bf=0", "--oac=pcm_s16le", url
    ]
    _until_interrupted(command, seconds)


def vlc_file(url: str, seconds: float, folder: Path, mux: str = "ts") -> Path:
    """Runs VLC as non-root; writes the received video and audio into a file of this form."""
    program = need("cvlc", "plays video and audio")
    home = folder / "vlc"
    prefix = as_nobody(home)
    home.mkdir(exist_ok=True)
    open_to_nobody(home)
    output = home / f"both.{mux}"
    sink = f"#standard{{access=file,mux={mux},dst={output}}}"
    _until_interrupted([
        *prefix, program, "-I", "dummy", "--network-caching=300", "--sout", sink, url, "vlc://quit"
    ], seconds)
    return output


def _until_interrupted(command: list[str], seconds: float) -> None:
    player = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL)
    try:
        player.wait(seconds)
    except subprocess.TimeoutExpired:
        player.send_signal(signal.SIGINT)
    try:
        player.wait(8)
    except subprocess.TimeoutExpired:
        player.kill()
        player.wait(5)


def open_to_nobody(home: Path) -> None:
    for parent in (home, *home.parents):  # the user `nobody` must be able to reach the folder
        if parent.is_relative_to(tempfile.gettempdir()) and parent.stat().st_uid == os.getuid():
            parent.chmod(parent.stat().st_mode | 0o011)


def vlc(url: str, seconds: float, folder: Path) -> Played:
    """VLC as non-root, writing a transport stream; `late` is the delay at its exit."""
    program = need("cvlc", "plays the stream")
    home = folder / "vlc"
    prefix = as_nobody(home)
    home.mkdir(exist_ok=True)
    open_to_nobody(home)
    output = home / "out.ts"
    sink = f"#standard{{access=file,mux=ts,dst={output}}}"
    command = [
        *prefix, program, "-I", "dummy", "--no-audio", "--network-caching=300", "--sout", sink, url,
        "vlc://quit"
    ]
    player = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
    try:
        player.wait(seconds)
    except subprocess.TimeoutExpired:
        player.send_signal(signal.SIGINT)
    ended = time.time() * 1000
    try:
        _, error = player.communicate(timeout=8)
    except subprocess.TimeoutExpired:
        player.kill()
        _, error = player.communicate(timeout=5)
    assert output.exists() and output.stat().st_size, error.decode(errors="replace")[-800:]
    found = clocks_of(output)
    clocks = [clock for clock in found if clock is not None]
    return Played(clocks, len(found) - len(clocks), [ended - clocks[-1]] if clocks else [])
