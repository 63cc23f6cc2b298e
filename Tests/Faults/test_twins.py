# SPDX-License-Identifier: Apache-2.0
"""Healing of an archive: twins that send something else, and a hole of ten minutes."""

from __future__ import annotations

import http.server
import re
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness import configuration, pasthours
from harness.archive import complete
from harness.http1 import get
from harness.metrics import total
from harness.playlist import parse
from harness.ports import free_port
from harness.procfs import resident_bytes
from harness.program import Program, kill, stop
from harness.sources import Source
from harness.tls import make_certificate
from harness.tools import need
from harness.waiting import pause, wait_until

HASH = "0a1b2c3d"
# The twin of a stream has the name of its fault; the log has this reason.
FAULTS = {
    "wrong": "video/init-0a1b2c3d.mp4: not the CMAF header of its name",
    "long": "video/init-0a1b2c3d.mp4: more than ",
    "slow": "video/from/.*: no end within 30 s",
    "redirected": "too many redirections",
    "broken": "status 500",
    "cut": "the response",
    "untrusted": "self-signed certificate",
}
TOKEN = "k1.4102444800.viewer.token-of-the-twin"


class Liar(http.server.BaseHTTPRequestHandler):
    """A twin that lists every segment, and then sends something else."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _body(self, data: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        """Answers according to the name of the stream."""
        fault = self.path.split("/")[3]
        try:
            self._answer(fault)
        except OSError:
            self.close_connection = True

    def _answer(self, fault: str) -> None:
        span = re.search(r"/from/(\d+)/to/(\d+)/", self.path)
        if fault == "redirected":
            self.send_response(302)
            self.send_header("Location", self.path)
            self.send_header("Content-Length", "0")
            self.end_headers()
        elif fault == "broken":
            self.send_error(500)
        elif fault == "cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello")
            self.close_connection = True
        elif fault == "slow":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                self.wfile.write(b"#")
                time.sleep(0.5)
        elif span:
            lines = [f"segment{number}.m4s" for number in range(int(span[1]), int(span[2]))]
            self._body("\n".join(["#EXTM3U", f'#EXT-X-MAP:URI="init-{HASH}.mp4"', *lines]).encode())
        elif fault == "long":
            self.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                self.wfile.write(bytes(1 << 20))
        else:
            self._body(b"something else")


@pytest.fixture
def liars(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """The ports of a twin over HTTP and of one over HTTPS."""
    certificate, key = make_certificate(tmp_path, "liar")
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), Liar) for _ in range(2)]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    servers[1].socket = context.wrap_socket(servers[1].socket, server_side=True)
    for server in servers:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield servers[0].server_port, servers[1].server_port
    for server in servers:
        server.shutdown()


@pytest.mark.timeout(120)
def test_lies_of_twins_are_bounded(
        liars: tuple[int, int], streamer: Callable[..., Program], tmp_path: Path) -> None:
    """One line per twin, whatever it sends; live media and memory are as without it."""
    urls = {name: f"http://127.0.0.1:{liars[0]}" for name in FAULTS}
    urls["untrusted"] = f"https://127.0.0.1:{liars[1]}"
    streams = [configuration.stream(name, resolution="160x90",
                                    archive={"heal": [f"{url}/t/{TOKEN}/{name}/"]})
               for name, url in urls.items()]
    path = configuration.write(tmp_path, streams, archive=str(tmp_path / "archive"))
    flags = ["--config", str(path)]
    program = streamer(*flags, defaults=False)

    def archived(name: str) -> float:
        return total(program.port, "streamer_archive_segments_total", stream=name)

    # The slate that fills the windows at the start is listed, but not archived.
    wait_until(lambda: all(archived(name) >= 2 for name in FAULTS), 40, "segments of all streams")
    kill(program)
    pause(2, "an outage of all streams")
    program = streamer(*flags, defaults=False)
    for name in FAULTS:
        program.check_logged("archive", " since ", stream=name)
    for name, reason in FAULTS.items():
        failed = program.wait_logged("twin-failed", stream=name, within=60)
        assert re.search(reason, failed.message), failed
    before = {name: archived(name) for name in FAULTS}
    wait_until(lambda: all(archived(name) > before[name] for name in FAULTS), 10, "live media")
    for name in FAULTS:
        assert len(program.logged("twin-failed", stream=name)) == 1, name
        assert not program.logged("twin-recovered", stream=name)
        assert not program.logged("heal-failed", stream=name)
        assert total(program.port, "streamer_archive_healed_total", stream=name) == 0
    assert TOKEN not in program.log_text()
    assert resident_bytes(program.pid) < 400 << 20
    assert stop(program) == 0, program.log_text()


class Split:
    """Forwards datagrams to two ports; one of them may be cut off."""

    def __init__(self, ports: tuple[int, int]) -> None:
        self.cut: int | None = None
        self.near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.near.bind(("127.0.0.1", 0))
        self.port = self.near.getsockname()[1]
        self.ports = ports
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            data = self.near.recv(2048)
            for port in self.ports:
                if port != self.cut:
                    self.near.sendto(data, ("127.0.0.1", port))


@pytest.fixture
def split() -> Iterator[Split]:
    """One MPEG-TS stream at two ports."""
    made = Split((free_port(), free_port()))
    sender = Source(subprocess.Popen([
        need("ffmpeg", "two origins of one source"), "-v", "error", "-re", "-f", "lavfi", "-i",
        "testsrc2=size=160x90:rate=30", "-f", "lavfi", "-i", "sine=sample_rate=48000", "-c:v",
        "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-b:v",
        "100k", "-g", "30", "-c:a", "aac", "-f", "mpegts",
        f"udp://127.0.0.1:{made.port}?pkt_size=1316"
    ], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    yield made
    sender.kill()


TRACKS = ("video", "audio")
HOLE = 600


def listed(program: Program, track: str, first: int, end: int) -> list[str] | None:
    """The segments of a span, with an empty name for a gap; nothing before its end."""
    response = get(program.port, f"/live/{track}/from/{first}/to/{end}/playlist.m3u8", timeout=10)
    if response.status != 200:
        return None
    return ["" if one.gap else one.uri or "" for one in parse(response.text).segments]


@pytest.mark.timeout(240)
def test_two_origins_heal_each_other(
        split: Split, streamer: Callable[..., Program], tmp_path: Path) -> None:
    """One lacks ten minutes and is cut off, one is killed: both have the same numbers again."""
    ports = free_port(), free_port()
    folders = tmp_path / "a", tmp_path / "b"

    def origin(index: int) -> Program:
        return streamer(
            "--input", f"udp://127.0.0.1:{split.ports[index]}", "--host", "127.0.0.1",
            "--http-port", str(ports[index]), "--archive", str(folders[index]), "--dvr", "2h",
            "--archive-heal", f"http://127.0.0.1:{ports[1 - index]}/live/", "--playlist-length",
            "10", "--max-files", "12", defaults=False, within=25)

    def newest(program: Program) -> int:
        return min((max(complete(program, track), default=0) for track in TRACKS))

    programs = [origin(0), origin(1)]
    tracks = wait_until(lambda: pasthours.record(programs[0]), 60, "eight segments")
    for program in programs:
        kill(program)
    until = int(time.time()) - 5
    first = until - HOLE - 40
    hole = range(until - HOLE - 20, until - 20)
    for folder, missing in zip(folders, (hole, range(0))):
        pasthours.write(folder, tracks, first, until, missing)
    programs = [origin(0), origin(1)]
    begun = wait_until(lambda: min(newest(program) for program in programs), 30, "both origins") + 2
    wait_until(lambda: newest(programs[0]) > begun + 2, 20, "segments before the cut")
    split.cut = split.ports[0]
    cut = newest(programs[1])
    pause(6, "the cut of one origin")
    split.cut = None
    wait_until(lambda: newest(programs[0]) > cut + 9, 30, "segments after the cut")
    kill(programs[1])
    killed = newest(programs[0])
    pause(6, "the outage of the other one")
    programs[1] = origin(1)
    wait_until(lambda: newest(programs[1]) > killed + 8, 30, "segments after the outage")
    end = killed + 7
    for span in ((first, until), (begun, end)):
        for track in TRACKS:
            def lists(track: str = track, span: tuple[int, int] = span) -> list[list[str] | None]:
                return [listed(program, track, *span) for program in programs]

            wait_until(lambda: lists()[0] == lists()[1] and all(lists()[0] or [""]), 90,
                       f"{track} without a gap")
            assert len(lists()[0] or []) == span[1] - span[0]
    # Segments that an origin has itself are not replaced: those in which an outage begins and ends
    # were written in part, and the audio after it may be a frame away from that of the twin. The
    # video is ahead of the listed audio by up to half a second.
    for start_, seconds in ((hole.start - 2, 5), (hole.stop - 3, 5), (cut + 3, 3), (killed + 1, 5)):
        span = f"/live/clip/{start_}.5--{start_ + seconds}.2.mp4"
        clips = [get(program.port, span, timeout=15) for program in programs]
        assert [clip.status for clip in clips] == [200, 200], span
        assert clips[0].headers["x-media-digest"] == clips[1].headers["x-media-digest"], span
    for program in programs:
        assert stop(program) == 0
