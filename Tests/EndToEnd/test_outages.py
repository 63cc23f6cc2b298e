# SPDX-License-Identifier: Apache-2.0
"""A stream without media of its source states why, since when, and when it is tried next."""

from __future__ import annotations

import json
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness.http1 import get
from harness.ports import free_port
from harness.program import Program
from harness.rtmp import publish, rtmp_port
from harness.sources import Source, clip
from harness.waiting import pause, wait_until

TOKEN = "correct-horse-battery-staple"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PASSWORD = "geheim-4711"


class Camera(socketserver.StreamRequestHandler):
    """RTSP with a password that no client knows."""

    def handle(self) -> None:
        while request := self.rfile.readline():
            number = b"1"
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                name, _, value = line.partition(b":")
                if name.lower() == b"cseq":
                    number = value.strip()
            is_open = request.startswith(b"OPTIONS")
            status = b"200 OK" if is_open else b"401 Unauthorized"
            self.wfile.write(b"RTSP/1.0 " + status + b"\r\nCSeq: " + number + b"\r\n"
                             b'WWW-Authenticate: Basic realm="camera"\r\n\r\n')


class Files(BaseHTTPRequestHandler):
    """A live MPEG-TS of the file of the server, and a login page."""

    def do_GET(self) -> None:
        self.send_response(200)
        if self.path == "/login":
            page = b"<!doctype html><title>Camera</title><form>Password</form>"
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)
            return
        self.send_header("Content-Type", "video/mp2t")
        self.end_headers()
        try:
            while True:
                self.wfile.write(self.server.media)  # type: ignore[attr-defined]
                pause(0.5, "the media has half a second")
        except OSError:
            pass

    def log_message(self, format: str, *args: object) -> None:
        pass


def with_stream_type(media: bytes, kind: int) -> bytes:
    """MPEG-TS whose PMT names another type of its H.264 stream."""
    packets = []
    for start in range(0, len(media), 188):
        packet = bytearray(media[start:start + 188])
        if (packet[1] & 31) << 8 | packet[2] == 0x1000:
            table = 5 + packet[4]
            size = 3 + ((packet[table + 1] & 15) << 8 | packet[table + 2])
            packet[packet.index(b"\x1b\xe1", table)] = kind
            check = 0xffffffff
            for byte in packet[table:table + size - 4]:
                check ^= byte << 24
                for _ in range(8):
                    check = (check << 1 ^ 0x04c11db7 if check >> 31 else check << 1) & 0xffffffff
            packet[table + size - 4:table + size] = check.to_bytes(4, "big")
        packets.append(bytes(packet))
    return b"".join(packets)


@pytest.fixture
def inputs(tmp_path: Path) -> Iterator[dict[str, str]]:
    """The addresses of inputs that yield no media, by the kind of their outage."""
    camera = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Camera)
    files = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    # More than the library reads to find out the properties of an unknown codec: 5 MB.
    media = clip(
        tmp_path / "clip.ts", 6, "-an", "-muxrate", "8M", "-f", "mpegts").read_bytes()
    files.media = with_stream_type(media, 0xd4)  # type: ignore[attr-defined]  # AVS3
    for server in (camera, files):
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    secret = f"admin:{PASSWORD}@"
    yield {
        "denied": f"rtsp://{secret}127.0.0.1:{camera.server_address[1]}/main?token={PASSWORD}",
        "unknown-host": f"rtsp://{secret}camera.invalid/main",
        "refused": f"rtsp://{secret}127.0.0.1:{free_port()}/main",
        "unsupported": f"http://127.0.0.1:{files.server_address[1]}/live.ts",
        "no-video": f"http://127.0.0.1:{files.server_address[1]}/login",
    }
    for server in (camera, files):
        server.shutdown()
        server.server_close()


def write(folder: Path, inputs: dict[str, str], **settings: object) -> Path:
    """A configuration with one stream for each input, and one for publishers."""
    streams = [{"stream": kind, "input": url} for kind, url in inputs.items()]
    file = folder / "streams.json"
    file.write_text(json.dumps({
        "host": "127.0.0.1", "httpPort": 0, "rtmp": "127.0.0.1:0", "adminToken": TOKEN,
        "streams": [*streams, {"stream": "no-publisher", "source": "rtmp"}], **settings}))
    return file


def outages(program: Program, path: str = "/api/streams") -> dict[str, dict[str, Any]]:
    """The outages of all streams, by the names of the streams."""
    response = get(program.port, path, headers=BEARER)
    assert response.status == 200 and PASSWORD not in response.text
    streams = json.loads(response.text)
    return {stream.get("stream") or stream["name"]: stream.get("outage") for stream in streams}


@pytest.mark.timeout(90)
def test_an_outage_ends_with_the_first_frame(streamer: Callable[..., Program],
                                             sources: list[Source], tmp_path: Path) -> None:
    """A publisher arrives and leaves: the outage ends, and another one begins."""
    program = streamer("-c", str(write(tmp_path, {})), defaults=False)

    def outage() -> dict[str, Any] | None:
        return outages(program)["no-publisher"]

    wait_until(lambda: outage() is not None, 10, "the wait for a publisher")
    source = publish(rtmp_port(program), "no-publisher/x")
    sources.append(source)
    wait_until(lambda: outage() is None, 20, "its frames")
    killed = time.monotonic()
    source.kill()
    wait_until(lambda: outage() is not None, 20, "the next wait")
    last = outage()
    passed = time.monotonic() - killed
    assert last and last["kind"] in ("no-publisher", "silent") and last["seconds"] <= passed + 1


@pytest.mark.timeout(30)
def test_statistics_name_the_flag(streamer: Callable[..., Program]) -> None:
    """`/stats` on this machine is refused with the flag that permits it."""
    program = streamer()
    response = get(program.port, "/stats")
    assert response.status == 403 and "--stats loopback" in response.text
    other = streamer("--admin-token", TOKEN)
    response = get(other.port, "/stats")
    assert response.status == 401 and "--stats loopback" in response.text
    permitted = streamer("--stats", "loopback")
    assert get(permitted.port, "/stats").status == 200


class SlowCamera(Camera):
    """A camera that refuses the password after a while."""

    refuses = threading.Event()

    def handle(self) -> None:
        self.refuses.wait(60)
        super().handle()


def test_a_held_request_is_refused_when_the_outage_is_known(
        streamer: Callable[..., Program]) -> None:
    """A playlist that was asked for before the first attempt failed is not held for 8 s."""
    SlowCamera.refuses.clear()
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), SlowCamera) as camera, \
            ThreadPoolExecutor() as pool:
        threading.Thread(target=camera.serve_forever, daemon=True).start()
        try:
            program = streamer(
                "--host", "127.0.0.1", "--http-port", "0", "--input",
                f"rtsp://u:{PASSWORD}@127.0.0.1:{camera.server_address[1]}/x", defaults=False)
            held = pool.submit(get, program.port, "/live/playlist.m3u8", timeout=60)
            wait_until(lambda: 'streamer_held_requests{kind="start"} 1' in get(
                program.port, "/metrics").text, 20, "a held request")
            SlowCamera.refuses.set()
            answer = held.result(60)
        finally:
            SlowCamera.refuses.set()
            camera.shutdown()
    assert answer.status == 503 and answer.headers["cache-control"] == "no-store"
    assert "the source refuses access" in answer.text, answer.text
    assert 1 <= int(answer.headers["retry-after"]) <= 10
    # One whose time is over says how long it was held.
    assert "x-held-ms" not in answer.headers
