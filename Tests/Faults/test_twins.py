# SPDX-License-Identifier: Apache-2.0
"""Healing of an archive: twins that send something else, a hole of ten minutes, and an outage.

The outage lasts for TWINS_OUTAGE seconds (60).
"""

from __future__ import annotations

import http.server
import itertools
import os
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
from harness.proxy import Proxy
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
                pause(0.5, "the twin is slow")
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


def gaps(programs: list[Program], track: str, first: int, end: int) -> list[list[int]]:
    """The numbers of a span that each origin does not list, or lists as a gap."""
    found = []
    for program in programs:
        names = listed(program, track, first, end) or []
        present = {name.rpartition("/")[2] for name in names}
        found.append([n for n in range(first, end) if f"segment{n}.m4s" not in present])
    return found


def wait_until_whole(
        programs: list[Program], track: str, first: int, end: int, within: float) -> None:
    """Waits until all origins list all numbers of a span, without a gap."""
    deadline = time.monotonic() + within
    while any(found := gaps(programs, track, first, end)):
        assert time.monotonic() < deadline, f"{track} of {first} to {end} lacks {found}"
        pause(0.5, "the origins heal")


def flags(source: int, port: int, folder: Path, twin: int) -> list[str]:
    """The options of an origin with an archive: the ports of its source, its own, its twin's."""
    return ["--input", f"udp://127.0.0.1:{source}", "--host", "127.0.0.1", "--http-port", str(port),
            "--archive", str(folder), "--dvr", "2h", "--archive-heal",
            f"http://127.0.0.1:{twin}/live/", "--playlist-length", "10", "--max-files", "12"]


def newest(program: Program) -> int:
    """The newest segment that all tracks have."""
    return min(max(complete(program, track), default=0) for track in TRACKS)


@pytest.mark.timeout(240)
def test_two_origins_heal_each_other(
        split: Split, streamer: Callable[..., Program], tmp_path: Path) -> None:
    """One lacks ten minutes and is cut off, one is killed: both have the same numbers again."""
    ports = free_port(), free_port()
    folders = tmp_path / "a", tmp_path / "b"

    def origin(index: int) -> Program:
        return streamer(*flags(split.ports[index], ports[index], folders[index],
                               ports[1 - index]), defaults=False, within=25)

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
    wait_until(lambda: newest(programs[1]) > cut + 7, 60, "segments of the other one")
    split.cut = None
    wait_until(lambda: newest(programs[0]) > cut + 11, 60, "segments after the cut")
    kill(programs[1])
    killed = newest(programs[0])
    wait_until(lambda: newest(programs[0]) > killed + 8, 60, "segments of the first one")
    programs[1] = origin(1)
    wait_until(lambda: newest(programs[1]) > killed + 12, 60, "segments after the outage")
    end = killed + 9
    for span in ((first, until), (begun, end)):
        for track in TRACKS:
            wait_until_whole(programs, track, *span, within=90)
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


OUTAGE = int(os.environ.get("TWINS_OUTAGE", "60"))


@pytest.fixture
def line() -> Iterator[Proxy]:
    """The line from the first origin to the second one, whose port a test sets."""
    made = Proxy(0)
    yield made
    made.close()


@pytest.mark.timeout(240 + 2 * OUTAGE)
@pytest.mark.parametrize("cause", ["line", "program"])
def test_an_origin_has_the_media_of_its_outage(
        cause: str, split: Split, line: Proxy, streamer: Callable[..., Program],
        tmp_path: Path) -> None:
    """One of two origins has neither source nor twin, or is killed; then both have the same."""
    ports = free_port(), free_port()
    line.target = ports[1]
    first = flags(split.ports[0], ports[0], tmp_path / "a", line.port)
    programs = [
        streamer(*first, defaults=False, within=25),
        streamer(*flags(split.ports[1], ports[1], tmp_path / "b", ports[0]), defaults=False,
                 within=25)]
    begun = wait_until(lambda: min(newest(program) for program in programs), 30, "both origins") + 3
    wait_until(lambda: newest(programs[0]) > begun + 2, 20, "segments before the outage")
    if cause == "line":
        split.cut = split.ports[0]
        line.cut()
    else:
        kill(programs[0])
    lost = max(newest(programs[1]), int(time.time()))
    pause(OUTAGE, "the outage of one origin")
    # Without the segments in which the outage begins and ends: these are the origin's own.
    hole = range(lost + 3, newest(programs[1]) - 1)
    if cause == "line":
        for number in hole:
            assert not archived(programs[0], number), number
        split.cut = None
        line.mend()
    else:
        programs[0] = streamer(*first, defaults=False, within=25)
        assert not archived(programs[0], hole[len(hole) // 2])
    back = time.monotonic()
    # The twelve segments of the window are slate or gaps of the outage at first.
    wait_until(lambda: newest(programs[0]) > hole.stop + 13, 60, "a window after the outage")
    end = newest(programs[0]) - 1
    for track in TRACKS:
        wait_until_whole(programs, track, begun, end, within=90 + OUTAGE / 4)
    whole = time.monotonic() - back
    healed = total(programs[0].port, "streamer_archive_healed_total", stream="live")
    assert healed >= len(TRACKS) * len(hole)
    for track, number in itertools.product(TRACKS, hole):
        path = f"/live/{track}/segment{number}.m4s"
        bodies = [get(program.port, path, timeout=15).body for program in programs]
        assert bodies[0] == bodies[1] and len(bodies[0]) > 100, path
    spans = [(number, min(number + 10, hole.stop - 2)) for number in hole[:-2:10]]
    spans.append((hole.start, hole.stop - 2))
    for start, stop_ in spans:
        path = f"/live/clip/{start}.5--{stop_}.2.mp4"
        clips = [get(program.port, path, timeout=15) for program in programs]
        assert [clip.status for clip in clips] == [200, 200], path
        assert clips[0].headers["x-media-digest"] == clips[1].headers["x-media-digest"], path
    print(f"outage of {OUTAGE} s ({cause}): {end - begun} numbers in both, {healed:.0f} segments "
          f"healed, equal {whole:.0f} s after its end, {len(spans)} clips with equal digests")
    for program in programs:
        assert stop(program) == 0


def archived(program: Program, number: int) -> bool:
    """Whether a segment of video has media."""
    answer = get(program.port, f"/live/video/segment{number}.m4s", timeout=10)
    return answer.status == 200 and len(answer.body) > 100
