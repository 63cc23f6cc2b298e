# SPDX-License-Identifier: Apache-2.0
"""CPU per request and requests per second, compared with nginx: part and playlist over h1, h2, TLS.

nginx serves the bytes of the streamer from a tmpfs with one worker; h2load is the client; server
and client have one core each if there are two. Rounds are interleaved, figures are medians. A
protocol that one side lacks is skipped with its name.
Run: python Bench/http_cells.py [--rounds 3] [--parts 20000] [--playlists 60000]
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
for folder in ("Tests", "Bench"):
    sys.path.insert(0, str(ROOT / folder))

from fanout import BASE, pinned, raw_response  # noqa: E402
from harness.procfs import cpu_of, event_loops  # noqa: E402
from harness.program import Program, launch, stop  # noqa: E402
from harness.tools import streamer_binary  # noqa: E402
from harness.tunein import PLAYLIST, fetch  # noqa: E402
from harness.waiting import pause  # noqa: E402

PART_BYTES = 50 * 1024
# Few frames, because the encoder shares the server's core; the part with the key frame has about
# 50 KiB. Few parts, for a playlist of about 1 KiB.
FLAGS = [
    "--test-src", "--host", "127.0.0.1", "--resolution", "1280x720", "--framerate", "10",
    "--bitrate", "700", "--preset", "ultrafast", "--segment-duration", "1.2", "--part-duration",
    "0.6", "--playlist-length", "6", "--max-files", "3000"
]
PROTOCOLS = {
    "h1": (False, ["--h1"]), "h2c": (False, []), "TLS-h1": (True, ["--h1"]), "TLS-h2": (True, [])
}

CONFIGURATION = """
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  tcp_nodelay on;
  keepalive_timeout 300;
  keepalive_requests 1000000000;
  open_file_cache max=100 inactive=300s;
  types {{ video/mp4 m4s; application/vnd.apple.mpegurl m3u8; }}
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  ssl_certificate {folder}/cert.pem;
  ssl_certificate_key {folder}/key.pem;
  ssl_protocols TLSv1.2 TLSv1.3;
  http2_max_concurrent_streams 128;
  server {{ listen 127.0.0.1:{h1}; listen 127.0.0.1:{tls_h1} ssl; root {folder}; }}
  server {{ listen 127.0.0.1:{h2c} http2; listen 127.0.0.1:{tls_h2} ssl http2; root {folder}; }}
}}
"""


@dataclass
class Server:
    """The measured server: a process and its port per protocol."""

    name: str
    pid: int
    ports: dict[str, int]
    paths: dict[str, str]
    loops: set[int]

    def cpu(self) -> int:
        """CPU nanoseconds of the threads that serve."""
        return cpu_of(self.pid, self.loops)


@dataclass
class Cell:
    """The results of one protocol and one kind of body."""

    cpu_us: dict[str, list[float]] = field(default_factory=dict)
    rate: dict[str, list[float]] = field(default_factory=dict)
    skipped: str = ""


def free_port() -> int:
    """A port on which no process listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_streamer() -> Server:
    """The streamer on the first core, with TLS if possible."""
    help_text = subprocess.run([str(streamer_binary()), "--help"], capture_output=True,
                               text=True).stdout
    secure = "--self-signed" in help_text
    port, secure_port = free_port(), free_port()
    flags = [*FLAGS, "--http-port", str(port)]
    if secure:
        flags += ["--https-port", str(secure_port), "--self-signed"]
    program: Program = launch(flags, defaults=False, prefix=pinned(0))
    if not program.listening.wait(10):
        raise RuntimeError(program.log_text())
    program.port = port
    running.append(program)
    fetch(port)
    pause(4, "the start must not be measured")
    ports = {name: secure_port if is_secure else port for name, (is_secure, _) in PROTOCOLS.items()
             if secure or not is_secure}
    return Server("streamer", program.pid, ports, {"playlist": PLAYLIST}, event_loops(program.pid))


running: list[Program] = []


@contextmanager
def nginx(folder: Path) -> Iterator[Server]:
    """nginx on the first core, serving the files in `folder`."""
    ports = {name: free_port() for name in PROTOCOLS}
    subprocess.run([
        "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
        "-days", "2", "-subj", "/CN=localhost", "-keyout",
        str(folder / "key.pem"), "-out",
        str(folder / "cert.pem")
    ], check=True, capture_output=True)
    configuration = folder / "nginx.conf"
    configuration.write_text(
        CONFIGURATION.format(folder=folder, h1=ports["h1"], h2c=ports["h2c"],
                             tls_h1=ports["TLS-h1"], tls_h2=ports["TLS-h2"]))
    os.chmod(folder, 0o755)
    master = subprocess.Popen([
        *pinned(0), "nginx", "-p",
        str(folder), "-c",
        str(configuration), "-g", f"daemon off; user {'root' if os.geteuid() == 0 else 'nobody'};"
    ], stderr=subprocess.DEVNULL)
    try:
        worker = 0
        for _ in range(50):
            pause(0.1, "nginx starts its worker")
            children = Path(f"/proc/{master.pid}/task/{master.pid}/children").read_text().split()
            if children:
                worker = int(children[0])
                break
        if not worker:
            raise RuntimeError((folder / "error.log").read_text())
        yield Server("nginx", worker, ports, {"part": "/part.m4s", "playlist": "/playlist.m3u8"},
                     {worker})
    finally:
        master.send_signal(signal.SIGTERM)
        master.wait(10)


def copy_bytes(streamer: Server, folder: Path) -> dict[str, int]:
    """A part of about 50 KiB and a playlist of the streamer as nginx's files; their sizes."""
    port = streamer.ports["h1"]
    parts = [part.uri for segment in fetch(port).segments for part in segment.parts]
    responses = {name: raw_response(port, BASE + name)[1] for name in parts}
    name = min(responses, key=lambda n: abs(len(responses[n]) - PART_BYTES))
    streamer.paths["part"] = BASE + name
    (folder / "part.m4s").write_bytes(responses[name])
    (folder / "playlist.m3u8").write_bytes(raw_response(port, PLAYLIST)[1])
    return {
        kind: (folder / file).stat().st_size
        for kind, file in (("part", "part.m4s"), ("playlist", "playlist.m3u8"))
    }


def load(server: Server, protocol: str, kind: str, count: int) -> tuple[float, float] | str:
    """CPU microseconds per request and requests per second; or the reason for their absence."""
    if protocol not in server.ports:
        return f"{server.name} has no {protocol}"
    secure, flags = PROTOCOLS[protocol]
    url = f"http{'s' if secure else ''}://127.0.0.1:{server.ports[protocol]}{server.paths[kind]}"
    streams = ["-m", "1"] if "--h1" in flags else ["-m", "8"]
    before = server.cpu()
    run = subprocess.run(
        [*pinned(1), "h2load", "-n",
         str(count), "-c", "50", "-t", "1", *streams, *flags, url], capture_output=True, text=True,
        timeout=180)
    spent = server.cpu() - before
    done = re.search(r"(\d+) succeeded, (\d+) failed, (\d+) errored", run.stdout)
    rate = re.search(r"finished in [\d.]+m?s, ([\d.]+) req/s", run.stdout)
    codes = re.search(r"status codes: (\d+) 2xx", run.stdout)
    if not done or not rate or not codes or int(codes[1]) == 0:
        return f"{server.name} does not answer {protocol}"
    if int(codes[1]) < count:
        return f"{server.name} over {protocol}: {codes[1]} of {count} answered"
    return spent / count / 1000, float(rate[1])


def measure(rounds: int, counts: dict[str, int]) -> dict[str, Any]:
    """All cells."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    with TemporaryDirectory(dir=memory) as scratch:
        folder = Path(scratch)
        streamer = start_streamer()
        try:
            sizes = copy_bytes(streamer, folder)
            with nginx(folder) as other:
                cells = {(p, k): Cell() for p in PROTOCOLS for k in counts}
                for number in range(-1, rounds):
                    for (protocol, kind), cell in cells.items():
                        for server in (streamer, other):
                            if cell.skipped:
                                continue
                            # The first round is a warm-up and finds the available protocols.
                            found = load(server, protocol, kind,
                                         counts[kind] if number >= 0 else 1000)
                            if isinstance(found, str):
                                cell.skipped = found
                            elif number >= 0:
                                cell.cpu_us.setdefault(server.name, []).append(found[0])
                                cell.rate.setdefault(server.name, []).append(found[1])
        finally:
            for program in running:
                stop(program)
            running.clear()
    return {
        "sizes": sizes,
        "cells": {f"{kind} {protocol}": vars(cell)
                  for (protocol, kind), cell in cells.items()}
    }


def rows(found: dict[str, Any]) -> list[tuple[str, str, str]]:
    """The table: cell, figures, budget."""
    sizes = found["sizes"]
    table = []
    for name, cell in found["cells"].items():
        label = f"CPU per request, {name} ({sizes[name.split()[0]]} bytes), streamer / nginx"
        if cell["skipped"]:
            table.append((label, f"not measured: {cell['skipped']}", "≤ 1"))
            continue
        cpu = {server: statistics.median(values) for server, values in cell["cpu_us"].items()}
        rate = {server: statistics.median(values) for server, values in cell["rate"].items()}
        table.append((
            label,
            f"{cpu['streamer']:.1f} / {cpu['nginx']:.1f} µs = {cpu['streamer'] / cpu['nginx']:.2f}",
            "≤ 1"))
        table.append(
            (f"  requests per second, {name}", f"{rate['streamer']:.0f} / {rate['nginx']:.0f} = "
             f"{rate['streamer'] / rate['nginx']:.2f}", ""))
    return table


def missing() -> str:
    """The missing tool, or nothing."""
    return next((tool for tool in ("nginx", "h2load", "openssl") if not shutil.which(tool)), "")


def main() -> int:
    """Prints the table."""
    parser = argparse.ArgumentParser(description="Compare the CPU per request with nginx.")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--parts", type=int, default=20_000)
    parser.add_argument("--playlists", type=int, default=60_000)
    options = parser.parse_args()
    if tool := missing():
        print(f"not measured: {tool} not found")
        return 2
    found = measure(options.rounds, {"part": options.parts, "playlist": options.playlists})
    for label, figure, budget in rows(found):
        print(f"  {label:<66} {figure:<34} {budget}")
    print(json.dumps(found["cells"]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
