# SPDX-License-Identifier: Apache-2.0
"""Consumers that are programs: a pipeline of processes whose output has decoded pictures."""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from consumer import CHUNKED, HLS, MPD, PROGRAMS, Consumer, Order, Playing
from harness.frames import STRIP
from harness.players import CROP, open_to_nobody
from harness.sources import SYSTEM_PYTHON
from harness.tools import as_nobody, need
from pictures import Picture, Pipe, Reader, lines, planes, strips

SCRIPTS = Path(__file__).parent / "players"
DECODE = ["-map", "0:v:0", "-fps_mode", "passthrough", *STRIP, "-f", "rawvideo", "-"]
READ = 1 << 16
Command = Callable[[Order], list[list[str]]]


class Pipeline(Playing):
    """Processes, each of which reads the output of the one before."""

    def __init__(self, commands: Sequence[Sequence[str]], reader: Reader,
                 fifo: Path | None = None) -> None:
        super().__init__()
        self._errors: list[str] = []
        self._threads: list[threading.Thread] = []
        self.processes: list[subprocess.Popen[bytes]] = []
        self._fifo = os.open(fifo, os.O_RDWR | os.O_NONBLOCK) if fifo else None
        source: object = subprocess.DEVNULL
        for command in commands:
            process = subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, start_new_session=True)
            if hasattr(source, "close"):
                source.close()
            source = process.stdout
            self.processes.append(process)
            self._run(self._read_errors, process)
        self._run(self._read, reader)

    def _run(self, work: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _read_errors(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stderr is not None
        for line in process.stderr:
            self._errors.append(line.decode(errors="replace").rstrip())
            del self._errors[:-200]

    def _more(self) -> bytes:
        last = self.processes[-1]
        assert last.stdout is not None
        if self._fifo is None:
            return os.read(last.stdout.fileno(), READ)
        while True:
            with suppress(BlockingIOError):
                return os.read(self._fifo, READ)
            if last.poll() is not None:
                return b""
            time.sleep(0.01)

    def _read(self, reader: Reader) -> None:
        with suppress(EOFError, OSError, ValueError):
            for clock in reader(Pipe(self._more)):
                self.pictures.append(Picture(time.time(), clock))
        self.has_ended = True

    def update(self) -> None:
        """A thread reads the pictures."""

    def said(self) -> str:
        """The last lines of standard error."""
        return "\n".join(self._errors[-12:])

    def close(self) -> None:
        """Ends all processes."""
        for process in reversed(self.processes):
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        for process in self.processes:
            process.wait(10)
        for thread in self._threads:
            thread.join(5)
        if self._fifo is not None:
            os.close(self._fifo)


@dataclass(frozen=True)
class Program(Consumer):
    """A consumer that is a pipeline; `needs` are programs, and modules of Python with a dot."""

    needs: tuple[str, ...] = ()
    command: Command = lambda _: []
    reader: Reader = strips

    def missing(self) -> str:
        """The first missing program or module."""
        return next((one for one in self.needs if not is_installed(one)), "")

    def play(self, order: Order) -> Playing:
        """Starts the processes."""
        if self.name.startswith("VLC"):
            return play_vlc(order)
        return Pipeline(self.command(order), self.reader)


def is_installed(tool: str) -> bool:
    """Whether a program is in PATH, or, with "py:" before its name, a module can be imported."""
    kind, _, name = tool.rpartition(":")
    if kind == "gst":
        return gst_has(name)
    return importlib.util.find_spec(name) is not None if kind == "py" else bool(
        shutil.which(name) or (Path(sys.executable).parent / name).exists())


def gst_has(element: str) -> bool:
    """Whether GStreamer and its bindings have an element."""
    asked = "import gi; gi.require_version('Gst', '1.0'); gi.require_version('GstApp', '1.0'); " \
        "from gi.repository import Gst, GstApp; Gst.init(None); " \
        f"assert Gst.ElementFactory.find({element!r})"
    return Path(SYSTEM_PYTHON).exists() and subprocess.run(
        [SYSTEM_PYTHON, "-c", asked], capture_output=True, timeout=60).returncode == 0


def ffmpeg_9() -> str:
    """The ffmpeg of the Python package imageio-ffmpeg."""
    return str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())


def ffmpeg(program: Callable[[], str], *options: str) -> Command:
    """ffmpeg decodes the address."""
    def command(order: Order) -> list[list[str]]:
        keys = ["-cenc_decryption_key", order.key] if order.key and ".mpd" in order.url else []
        return [[program(), "-nostdin", "-v", "error", *options, *keys, *offset("-ss", order),
                 "-i", order.url, *DECODE]]
    return command


def offset(option: str, order: Order) -> list[str]:
    """The option of an offset; nothing without one."""
    return [option, f"{order.offset:g}"] if order.offset else []


def decoded(*command: str) -> list[list[str]]:
    """A program that writes media to its output, and ffmpeg, which decodes it."""
    return [list(command), [need("ffmpeg", "decodes"), "-v", "error", "-i", "-", *DECODE]]


def venv(name: str) -> str:
    """A program of the environment of the tests."""
    return str(Path(sys.executable).parent / name)


def mpv(order: Order) -> list[list[str]]:
    """mpv in encoding mode, which decodes and filters as it does for a screen."""
    return [["mpv", "--no-config", "--msg-level=all=error", "--no-audio", "--o=-",
             "--of=rawvideo", "--ovc=rawvideo", f"--vf=lavfi=[{CROP},format=gray]",
             *([f"--start={order.offset:g}"] if order.offset else []), order.url]]


def streamlink(order: Order) -> list[list[str]]:
    """streamlink writes the stream to its output."""
    scheme = {".mpd": "dash", ".mp4": "httpstream"}.get(Path(order.url).suffix, "hls")
    return decoded(venv("streamlink"), "--loglevel", "warning", "--no-config",
                   *offset("--hls-start-offset", order), "--stdout", f"{scheme}://{order.url}",
                   "best")


def yt_dlp(order: Order) -> list[list[str]]:
    """yt-dlp writes the stream to its output."""
    section = ["--download-sections", f"*{order.offset:g}-inf"] if order.offset else []
    return decoded(venv("yt-dlp"), "--ignore-config", "--quiet", "--no-part", "--no-cache-dir",
                   *section, "-o", "-", order.url)


def script(name: str, interpreter: str = "") -> Command:
    """A script of `players`."""
    def command(order: Order) -> list[list[str]]:
        return [[interpreter or sys.executable, str(SCRIPTS / name), order.url,
                 f"{order.offset:g}", order.key]]
    return command


def play_vlc(order: Order) -> Playing:
    """VLC with the video output that writes pictures, here to a FIFO."""
    home = order.folder / f"vlc-{time.monotonic_ns()}"
    prefix = as_nobody(home)
    home.mkdir(exist_ok=True)
    open_to_nobody(home)
    fifo = home / "pictures"
    os.mkfifo(fifo)
    fifo.chmod(0o666)
    start = [f"--start-time={order.offset:g}"] if order.offset else []
    return Pipeline([[*prefix, need("cvlc", "plays the stream"), "-I", "dummy", "--aout=adummy",
                      "--vout=yuv", f"--yuv-file={fifo}", "--yuv-yuv4mpeg2", "--no-video-title",
                      "--no-spu", "--avcodec-hw=none", *start, order.url, "vlc://quit"]],
                    planes, fifo)


def program(name: str, form: str, *needs: str, command: Command = lambda _: [],
            reader: Reader = strips) -> Program:
    """A row of the group of programs."""
    return Program(name, form, PROGRAMS, needs, command, reader)


def of_debian() -> str:
    """The ffmpeg of Debian."""
    return need("ffmpeg", "plays the stream")


_HLS_ROWS = (
    program("ffmpeg 5", HLS, "ffmpeg", command=ffmpeg(of_debian)),
    program("ffmpeg 9", HLS, "py:imageio_ffmpeg", command=ffmpeg(ffmpeg_9)),
    program("mpv", HLS, "mpv", command=mpv),
    program("GStreamer", HLS, "gst:hlsdemux2", "gst:openh264dec", reader=planes,
            command=script("gstplays.py", SYSTEM_PYTHON)),
    program("streamlink", HLS, "streamlink", "ffmpeg", command=streamlink),
    program("yt-dlp", HLS, "yt-dlp", "ffmpeg", command=yt_dlp),
    program("Home Assistant", HLS, "py:av", command=script("pyavworker.py"), reader=lines),
    program("OpenCV", HLS, "py:cv2", command=script("opencvreads.py"), reader=lines),
    program("VLC", HLS, "cvlc", "setpriv", reader=planes),
)
_MPD_NAMES = ("ffmpeg 5", "ffmpeg 9", "streamlink", "yt-dlp", "VLC")
PROGRAM_ROWS: tuple[Program, ...] = (
    *_HLS_ROWS,
    program("VLC chunked", CHUNKED, "cvlc", "setpriv", reader=planes),
    *(replace(row, name=f"{row.name} MPD", form=MPD) for row in _HLS_ROWS
      if row.name in _MPD_NAMES),
    program("GStreamer MPD", MPD, "gst:dashdemux", "gst:openh264dec", reader=planes,
            command=script("gstplays.py", SYSTEM_PYTHON)),
)
