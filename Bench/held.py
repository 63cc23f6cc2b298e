# SPDX-License-Identifier: Apache-2.0
"""Many held requests released by one part, compared with the C server; memory, TLS.

A small playlist is released once per second, so that the client, which costs as much as the server,
keeps up.
Run: python Bench/held.py [--viewers 100 1000 5000 10000] [--seconds 8] [--rounds 3]
"""

from __future__ import annotations

import argparse
import json
import resource
import socket
import ssl
import statistics
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
for folder in ("Tests", "Bench"):
    sys.path.insert(0, str(ROOT / folder))

import fanout  # noqa: E402
from harness.procfs import resident_bytes  # noqa: E402
from harness.program import Program, launch, start, stop  # noqa: E402
from harness.tools import streamer_binary  # noqa: E402
from harness.tunein import PLAYLIST, fetch  # noqa: E402
from harness.waiting import pause  # noqa: E402
from http_cells import free_port  # noqa: E402

PERIOD_MS, PER_SEGMENT = 1000, 10
# One part per second; a short playlist of about 1 KiB.
FLAGS = [
    "--resolution", "320x180", "--bitrate", "200", "--framerate", "10", "--preset", "ultrafast",
    "--segment-duration", "10", "--part-duration", "1", "--playlist-length", "6", "--history", "6"
]


def release(folder: Path, program: Program, viewers: int, seconds: float,
            rounds: int) -> dict[str, Any]:
    """CPU per delivery and last byte at the last viewer, streamer and C server in turn."""
    found: dict[str,
                Any] = {server: {"us": [], "last_ms": [], "errors": 0}
                        for server in ("streamer", "c")}
    origin = fanout.start_origin(folder, program.port, PERIOD_MS, PER_SEGMENT)
    runs = []
    try:
        for _ in range(rounds):
            for server, port, pid in (("streamer", program.port, program.pid), ("c", origin.port,
                                                                             origin.process.pid)):
                first = fanout.next_index(program.port, PER_SEGMENT)
                run = fanout.drive(folder, port, pid, "playlist", viewers, seconds, first,
                                   PER_SEGMENT)
                found[server]["us"].append(run["cpu_ns"] / max(1, run["count"]) / 1000)
                found[server]["errors"] += run["errors"] + run["closed"]
                if server == "streamer":
                    published = fanout.streamer_publications(program.port, PER_SEGMENT)
                    found[server]["last_ms"].append(
                        fanout.last_delays(run["samples"], published).get("p50", 0))
                    pause(0.5, "the clients disconnect")
                else:
                    runs.append(run["samples"])
    finally:
        published = origin.stop()
    found["c"]["last_ms"] = [
        fanout.last_delays(samples, published).get("p50", 0) for samples in runs
    ]
    return found


def request(path: str) -> bytes:
    """An HTTP/1.1 request."""
    return f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode()


PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0"


def get_frame(stream: int, path: str) -> bytes:
    """HEADERS of a GET, its fields as literals (RFC 9113 §6.2, RFC 7541 §6.2.2)."""
    def literal(index: int, value: str) -> bytes:
        data = value.encode()
        size = bytes([len(data)]) if len(data) < 127 else bytes([127, len(data) - 127])
        return bytes([index]) + size + data
    block = b"\x82\x86" + literal(4, path) + literal(1, "x")
    return len(block).to_bytes(3, "big") + b"\x01\x05" + stream.to_bytes(4, "big") + block


def connect_plain(port: int) -> socket.socket:
    """A connection in the clear."""
    return socket.create_connection(("127.0.0.1", port), timeout=10)


def connect_secure(port: int, protocol: str) -> ssl.SSLSocket:
    """A TLS connection that negotiated `protocol`."""
    context = contexts.setdefault(protocol, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols([protocol])
    connection = context.wrap_socket(connect_plain(port))
    if connection.selected_alpn_protocol() != protocol:
        raise OSError(f"{connection.selected_alpn_protocol()} instead of {protocol}")
    return connection


contexts: dict[str, ssl.SSLContext] = {}


def memory_of(program: Program, connect: Callable[[], socket.socket], data: bytes,
              count: int) -> int:
    """Resident bytes per held viewer."""
    grown = 0
    for _ in range(2):
        base = resident_bytes(program.pid)
        opened = []
        for _ in range(count):
            connection = connect()
            connection.sendall(data)
            opened.append(connection)
        pause(0.5, "all requests are held")
        held = resident_bytes(program.pid)
        if not grown:
            grown = (held - base) // count
        for connection in opened:
            connection.close()
        pause(1, "the server releases its memory")
    return grown


def memory(count: int) -> dict[str, int | str]:
    """Resident bytes per held viewer for each available protocol."""
    help_text = subprocess.run([str(streamer_binary()), "--help"], capture_output=True,
                               text=True).stdout
    secure = "--self-signed" in help_text
    port, secure_port = free_port(), free_port()
    # A long segment, so that all requests are held during the measurement.
    flags = [
        "--test-src", "--host", "127.0.0.1", *FLAGS[:8], "--segment-duration", "20",
        "--part-duration", "20", "--history", "6", "--playlist-length", "6", "--http-port",
        str(port)
    ]
    found: dict[str, int | str] = {}
    for name in ("h1", "h2c", "TLS-h1", "TLS-h2"):
        if not secure and name != "h1":
            found[name] = "the streamer has no TLS"
            continue
        more = ["--https-port", str(secure_port), "--self-signed"] if secure else []
        program = launch([*flags, *more], defaults=False)
        try:
            program.listening.wait(10)
            msn = fetch(port).segments[-1].msn
            path = f"{PLAYLIST}?_HLS_msn={msn + 2}"
            data = PREFACE + get_frame(
                1, path) if name.endswith("h2c") or name.endswith("h2") else request(path)
            if name.startswith("TLS"):
                alpn = "h2" if name == "TLS-h2" else "http/1.1"
                found[name] = memory_of(program, lambda: connect_secure(secure_port, alpn), data,
                                        count)
            else:
                found[name] = memory_of(program, lambda: connect_plain(port), data, count)
        except OSError as error:
            found[name] = str(error)
        finally:
            stop(program)
    return found


def rows(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The table: subject, figures, budget."""
    table = []
    costs = {}
    for viewers, cell in found["release"].items():
        us = {server: statistics.median(cell[server]["us"]) for server in ("streamer", "c")}
        last = {server: statistics.median(cell[server]["last_ms"]) for server in ("streamer", "c")}
        costs[int(viewers)] = us["streamer"]
        table.append(
            (f"{viewers} held, CPU per delivery, streamer / C server",
             f"{us['streamer']:.1f} / {us['c']:.1f} µs = {us['streamer'] / us['c']:.2f}", "≤ 1.2"))
        table.append((f"  last byte at the last of {viewers}, p50",
                      f"{last['streamer']:.0f} / {last['c']:.0f} ms = "
                      f"{last['streamer'] / max(0.01, last['c']):.2f}", "≤ 1.2"))
        table.append((f"  errors of both ({viewers})",
                      f"{cell['streamer']['errors']}, {cell['c']['errors']}", "0, 0"))
    if len(costs) > 1:
        table.append((f"CPU per delivery at {max(costs)} against {min(costs)}",
                      f"{costs[max(costs)] / costs[min(costs)]:.2f}", "≤ 1.2"))
    for name, size in found["memory"].items():
        budget = {"h1": "≤ 1024", "TLS-h1": "≤ 46080", "TLS-h2": "≤ 46080"}.get(name, "")
        table.append((f"resident bytes per held viewer, {name}",
                      str(size) if isinstance(size, int) else f"not measured: {size}", budget))
    return table


def measure(viewers: list[int], seconds: float, rounds: int, count: int = 2000) -> dict[str, Any]:
    """All measurements; needs as many descriptors as viewers."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    try:
        with TemporaryDirectory() as scratch:
            folder = Path(scratch)
            fanout.build(folder)
            program = start(FLAGS, prefix=fanout.pinned(0))
            try:
                fetch(program.port)
                pause(2, "the start must not be measured")
                released = {
                    str(n): release(folder, program, n, seconds, rounds)
                    for n in viewers if n + 300 < hard
                }
            finally:
                stop(program)
        return {"release": released, "memory": memory(count)}
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description="Compare held requests with the C server; memory per viewer.")
    parser.add_argument("--viewers", type=int, nargs="*", default=[100, 1000, 5000, 10_000])
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    found = measure(options.viewers, options.seconds, options.rounds)
    for label, figure, budget in rows(found):
        print(f"  {label:<70} {figure:<34} {budget}")
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
