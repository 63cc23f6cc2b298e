# SPDX-License-Identifier: Apache-2.0
"""Sends damaged media to the built program, several at a time, beside a healthy stream.

Inputs are TS, FLV, MP4, Matroska and ADTS of every accepted codec with flipped bits, cuts,
insertions and extreme length fields. They arrive over HTTP, as files and as live streams, and as
MPEG-TS over UDP; half of the streams are encoded, half may be passed through. The program must not
end, its memory must not grow, no thread may be left, and no part of the healthy stream may be later
than the same part of another program, which gets no input. Prints the figures; exits with 1 if a
property does not hold. A seed repeats the same inputs.

Run: python Tests/Faults/hostile.py [--count 10000] [--seconds 0] [--seed 1] [--streams 8]
     python Tests/Faults/hostile.py --seed 1 --write 4711 FILE [--udp]     writes one input
"""

from __future__ import annotations

import argparse
import itertools
import json
import socket
import sys
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
for folder in ("Tests", "Fuzz"):
    sys.path.insert(0, str(ROOT / folder))

from harness.follower import Follower  # noqa: E402
from harness.http1 import Closed, Connection, get  # noqa: E402
from harness.mutation import Mutant, mutant  # noqa: E402
from harness.ports import free_port  # noqa: E402
from harness.procfs import descriptors, resident_bytes, thread_cpu  # noqa: E402
from harness.program import Program, start, stop  # noqa: E402
from harness.waiting import pause, wait_until  # noqa: E402
from seeds import media  # noqa: E402

TOKEN = "hostile-inputs-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PART = 0.2
LATE = 3 * PART  # PART-HOLD-BACK: a player this far behind the live edge would stall
GOOD = {"stream": "good", "testSrc": True, "resolution": "320x180", "framerate": 15}
GROWTH = 1.25  # and 64 MB: arenas of the allocator, more threads
LIFE = 6.0  # seconds after which a stream is removed, whatever it does
CONNECTIONS = 4  # connections after which a stream is removed


@dataclass
class Inputs:
    """The sequence of inputs, and the newest ones, for the report of a failure."""

    seeds: dict[str, bytes]
    seed: int
    count: int
    deadline: float
    given: int = 0
    newest: deque[str] = field(default_factory=lambda: deque(maxlen=24))
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_over(self) -> bool:
        """Whether all inputs were given, or the time is over."""
        return self.given >= self.count or time.monotonic() >= self.deadline

    def take(self, is_udp: bool = False) -> Mutant:
        """The next input."""
        with self.lock:
            self.given += 1
            index = self.given
        found = choose(self.seeds, self.seed, index, is_udp)
        self.newest.append(str(found))
        return found


def choose(seeds: dict[str, bytes], seed: int, index: int, is_udp: bool) -> Mutant:
    """Input `index`; of MPEG-TS if it is for UDP."""
    return mutant({name: data for name, data in seeds.items()
                   if not is_udp or name.endswith(".ts")}, seed, index)


class Web(ThreadingHTTPServer):
    """Serves the next input to each connection; counts the connections of each stream."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, inputs: Inputs) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.inputs = inputs
        self.served: dict[str, int] = {}

    def handle_error(self, request: object, client_address: object) -> None:
        """The program may close a connection at any time."""


class Answer(BaseHTTPRequestHandler):
    """One response: a file with ranges, a live stream in real time, or one that comes at once."""

    server: Web

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""

    def do_GET(self) -> None:  # noqa: N802
        """Sends an input in the form that the path names: /STREAM/FORM."""
        stream, form = self.path.strip("/").split("/")
        if "Range" in self.headers and (data := getattr(self.server, stream, None)):
            # Another range of the same file: one input.
            return self.send(data, int(self.headers["Range"][6:].split("-")[0]))
        found = self.server.inputs.take()
        self.server.served[stream] = self.server.served.get(stream, 0) + 1
        if form == "file":
            setattr(self.server, stream, found.data)
            return self.send(found.data, 0)
        self.send_response(200)
        self.end_headers()
        size = max(1, len(found.data) // 13) if form == "live" else 1 << 20
        for begin in range(0, len(found.data), size):
            self.wfile.write(found.data[begin:begin + size])
            if form == "live":
                pause(0.1, "the rate of a live stream")

    def send(self, data: bytes, begin: int) -> None:
        """A file from a position on."""
        self.send_response(206 if begin else 200)
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Content-Length", str(max(0, len(data) - begin)))
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        self.end_headers()
        self.wfile.write(data[begin:])


def attack(program: Program, web: Web, number: int, faults: list[str]) -> None:
    """Adds a stream, lets its source send some inputs, asks for it, and removes it; again."""
    for turn in itertools.count():
        if web.inputs.is_over or program.process.poll() is not None:
            return
        stream = f"h{number}-{turn}"
        form = ("file", "live", "once", "file")[turn % 4]
        body = json.dumps({
            "stream": stream, "input": f"http://127.0.0.1:{web.server_port}/{stream}/{form}",
            "passthrough": "auto" if number % 2 else "never", "preset": "ultrafast", "history": 2,
        }).encode()
        try:
            with Connection(program.port, timeout=15) as connection:
                head = "".join(f"{key}: {value}\r\n" for key, value in BEARER.items())
                connection.send_raw(
                    f"POST /api/streams HTTP/1.1\r\nHost: localhost\r\n{head}"
                    f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
                if (status := connection.read("POST").status) != 201:
                    faults.append(f"POST {stream}: {status}")
                    return
                until = time.monotonic() + LIFE
                while time.monotonic() < until and web.served.get(stream, 0) < CONNECTIONS:
                    pause(0.1, "the source sends")
                for path in ("playlist.m3u8", "manifest.mpd", "video/playlist.m3u8"):
                    with Connection(program.port, timeout=0.5) as viewer:
                        try:
                            viewer.get(f"/{stream}/{path}")
                        except (OSError, Closed):
                            break  # held: there is no segment yet
                status = get(program.port, f"/api/streams/{stream}", "DELETE",
                             headers=BEARER).status
                if status != 204:
                    faults.append(f"DELETE {stream}: {status}")
        except (OSError, Closed) as error:
            if program.process.poll() is None:
                faults.append(f"{stream}: {error!r}")


def send_datagrams(program: Program, port: int, inputs: Inputs) -> None:
    """Sends damaged MPEG-TS to a UDP input until all inputs were given."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        while not inputs.is_over and program.process.poll() is None:
            data = inputs.take(is_udp=True).data
            for begin in range(0, len(data), 1316):
                sender.sendto(data[begin:begin + 1316], ("127.0.0.1", port))
                pause(0.02, "the rate of a live stream")


def family(pid: int) -> list[int]:
    """A process and its children."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            found += [int(child) for child in (task / "children").read_text().split()]
        except OSError:
            continue
    return found


def memory(pid: int) -> int:
    """Resident bytes of the program and its children."""
    total = 0
    for each in family(pid):
        try:
            total += resident_bytes(each)
        except (OSError, IndexError):
            continue
    return total


@dataclass
class Figures:
    """The state of the program between inputs."""

    megabytes: int
    descriptors: int
    threads: int

    @classmethod
    def of(cls, program: Program) -> Figures:
        """The figures now."""
        return cls(memory(program.pid) >> 20, descriptors(program.pid),
                   len(thread_cpu(program.pid)))


def run(count: int, seconds: float, seed: int, streams: int) -> tuple[dict[str, object], list[str]]:
    """Sends the inputs; the figures, and the properties that do not hold."""
    with tempfile.TemporaryDirectory() as scratch:
        seeds = media(Path(scratch))
        ports = [free_port(), free_port()]
        configuration = Path(scratch) / "streams.json"
        configuration.write_text(json.dumps({
            "adminToken": TOKEN, "preset": "ultrafast", "partDuration": PART, "history": 2,
            "streams": [
                GOOD,
                {"stream": "udp0", "input": f"udp://127.0.0.1:{ports[0]}",
                 "passthrough": "never"},
                {"stream": "udp1", "input": f"udp://127.0.0.1:{ports[1]}"},
            ],
        }))
        alone = Path(scratch) / "alone.json"
        alone.write_text(json.dumps({"preset": "ultrafast", "partDuration": PART, "history": 2,
                                     "streams": [GOOD]}))
        programs: list[Program] = []
        try:
            for each in (configuration, alone):
                programs.append(start(["-c", str(each), "--host", "127.0.0.1", "--http-port", "0"],
                                      defaults=False, within=20))
            limit = time.monotonic() + (seconds or 1e9)
            return observe(programs[0], programs[1], Inputs(seeds, seed, count, limit), ports,
                           streams)
        finally:
            for program in programs:
                stop(program)


def observe(program: Program, alone: Program, inputs: Inputs, ports: list[int],
            streams: int) -> tuple[dict[str, object], list[str]]:
    """Runs all attackers beside the healthy stream, and beside a program that gets no input."""
    faults: list[str] = []
    for each in (program, alone):
        wait_until(lambda port=each.port: get(port, "/good/video/playlist.m3u8").status == 200, 10,
                   "good")
    before = Figures.of(program)
    healthy, calm = (Follower(each, "good", PART) for each in (program, alone))
    web = Web(inputs)
    threads = [threading.Thread(target=healthy.run), threading.Thread(target=calm.run),
               threading.Thread(target=web.serve_forever)]
    attackers = [threading.Thread(target=attack, args=(program, web, number, faults))
                 for number in range(streams)]
    attackers += [threading.Thread(target=send_datagrams, args=(program, port, inputs))
                  for port in ports]
    for thread in threads + attackers:
        thread.daemon = True
        thread.start()
    begun, warm = time.monotonic(), None
    while any(thread.is_alive() for thread in attackers):
        pause(1, "the inputs are sent")
        if program.process.poll() is not None:
            break
        # Libraries, thread pools and arenas are in memory after some hundred inputs.
        if warm is None and inputs.given >= 200:
            warm = Figures.of(program)
        if int(time.monotonic() - begun) % 60 == 0:
            print(f"{inputs.given} inputs, {memory(program.pid) >> 20} MB", flush=True)
    took = time.monotonic() - begun
    after = None
    if program.process.poll() is None:
        pause(3, "removed streams end")
        after = Figures.of(program)
    for each in (healthy, calm):
        each.is_stopped.set()
    for thread in threads[:2]:
        thread.join(5)
    web.shutdown()
    status = program.process.poll()
    if status is None:
        status = stop(program)
    faults += healthy.faults[:5] + calm.faults[:5]
    if status != 0:
        faults.append(f"the program ended with status {status}")
        faults += list(inputs.newest)
    faults += [str(entry) for entry in program.logged("thread-left")]
    base = warm or before
    if after and after.megabytes > base.megabytes * GROWTH + 64:
        faults.append(f"memory grew from {base.megabytes} to {after.megabytes} MB")
    if after and after.descriptors > before.descriptors + 4:
        faults.append(f"descriptors grew from {before.descriptors} to {after.descriptors}")
    if after and after.threads > before.threads + 8:
        faults.append(f"threads grew from {before.threads} to {after.threads}")
    figures: dict[str, object] = {
        "seed": inputs.seed, "inputs": inputs.given, "seconds": round(took),
        "streams": streams, "good": healthy.figures(), "alone": calm.figures(),
        **{name: vars(found) for name, found in
           (("before", before), ("warm", warm), ("after", after)) if found},
    }
    if late := healthy.late_beyond(calm, LATE):
        faults.append(f"late parts of the healthy stream: {late} of {healthy.figures()}")
    return figures, faults


def main() -> int:
    """Runs, and prints the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--streams", type=int, default=8)
    parser.add_argument("--write", nargs=2, metavar=("INDEX", "FILE"))
    parser.add_argument("--udp", action="store_true")
    given = parser.parse_args()
    print(f"--seed {given.seed}", flush=True)
    if given.write:
        with tempfile.TemporaryDirectory() as scratch:
            found = choose(media(Path(scratch)), given.seed, int(given.write[0]), given.udp)
        Path(given.write[1]).write_bytes(found.data)
        print(found)
        return 0
    figures, faults = run(given.count, given.seconds, given.seed, given.streams)
    print(json.dumps(figures, indent=2))
    for fault in faults:
        print("FAILED:", fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
