# SPDX-License-Identifier: Apache-2.0
"""Latency and CPU per viewer: direct, with TLS, and through each edge of deploy/edge.

One loop reads all viewers. Each requests the next part before it exists, then the playlist that
lists it, as LL-HLS players do. Latency is that of one viewer, from the publication of a part to its
last byte; CPU is that of the server and of the processes of the edge, with many viewers.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fanout import BASE, PARTS, next_index, streamer_publications
from freshness import percentiles
from harness.crowd import Address, Crowd
from harness.edges import KINDS
from harness.procfs import cpu_nanoseconds, cpu_seconds, descendants
from harness.program import Program, start, stop
from harness.tunein import PLAYLIST, fetch
from harness.waiting import pause

if TYPE_CHECKING:
    from bench import Bench

# The programs that an edge needs.
TOOLS = {"varnish": ["varnishd"], "nginx-varnish": ["nginx", "varnishd"],
         "trafficserver": ["traffic_server"], "nginx-alone": ["nginx"]}
VIEWERS = 100


@dataclass
class Target:
    """What viewers connect to, and its processes beside the server."""

    port: int
    is_secure: bool = False
    pids: set[int] = field(default_factory=set)


def part(index: int) -> str:
    """The path of a part."""
    return f"{BASE}segment{index // PARTS}.{index % PARTS}.m4s"


def playlist(index: int) -> str:
    """The path of the playlist that lists a part."""
    return f"{PLAYLIST}?_HLS_msn={index // PARTS}&_HLS_part={index % PARTS}"


def follow(port: int, target: Address, viewers: int, seconds: float) -> list[tuple[int, float]]:
    """Lets viewers follow the stream; the index and the arrival (Unix seconds) of their parts."""
    found: list[tuple[int, float]] = []
    with Crowd(*[target] * viewers) as crowd:
        end, index = time.monotonic() + seconds, next_index(port)
        while time.monotonic() < end:
            crowd.run([(0, client, part(index)) for client in crowd.clients])
            statuses = {client.status for client in crowd.clients} - {200}
            if statuses:
                print(f"    {part(index)}: status {statuses}", flush=True)
            found += [(index, client.done) for client in crowd.clients if client.status == 200]
            crowd.run([(0, client, playlist(index)) for client in crowd.clients])
            # A loop that falls behind measures itself: it continues at the live edge.
            index = max(index + 1, next_index(port) if viewers > 1 else 0)
    return found


def measure_target(program: Program, target: Target, bench: Bench) -> dict[str, Any]:
    """Latency of one viewer, and CPU per viewer."""
    follow(program.port, target, 1, 2)
    # The document of publish times keeps 20 s or more.
    arrivals = follow(program.port, target, 1, bench.seconds(18))
    published = streamer_publications(program.port)
    late = [at * 1000 - published[index] / 1e6 for index, at in arrivals if index in published]
    seconds = bench.seconds(12)
    server, edge = cpu_nanoseconds(program.pid), cpu_seconds(target.pids)
    idle_began = time.monotonic()
    pause(min(4, seconds), "CPU without viewers is subtracted")
    idle = (cpu_nanoseconds(program.pid) - server) / (time.monotonic() - idle_began) / 1e9
    idle_edge = (cpu_seconds(target.pids) - edge) / (time.monotonic() - idle_began)
    server, edge, began = cpu_nanoseconds(program.pid), cpu_seconds(target.pids), time.monotonic()
    parts = len(follow(program.port, target, VIEWERS, seconds))
    length = time.monotonic() - began
    spent = (cpu_nanoseconds(program.pid) - server) / 1e9 - idle * length
    spent_edge = cpu_seconds(target.pids) - edge - idle_edge * length
    # Per viewer that gets every part: a viewer takes 10 parts per second.
    share = parts / length / PARTS
    return {"ms": percentiles(late), "viewers": VIEWERS, "parts": parts,
            "server_percent": 100 * spent / length / share,
            "edge_percent": 100 * spent_edge / length / share}


@contextmanager
def targets(program: Program, folder: Path, name: str) -> Iterator[Target]:
    """One kind of target, started."""
    if name == "direct":
        yield Target(program.port)
    elif name == "direct, TLS":
        program.secure_url("/")
        yield Target(program.secure_port or 0, True)
    else:
        folder.mkdir()
        with KINDS[name](folder, program.port) as edge:
            pids, behind = set(), edge
            while behind:
                pids |= {behind.process.pid} | descendants(behind.process.pid)
                behind = behind.behind
            yield Target(edge.port, edge.is_secure, pids)


def measure(bench: Bench) -> dict[str, Any]:
    """The rows of all targets."""
    folder = bench.folder / "edges"
    folder.mkdir()
    # Debian's path of caches, which users do not have.
    os.environ["PATH"] += ":/usr/sbin"
    program = start(["--self-signed", "--https-port", "0"], env={"XDG_STATE_HOME": str(folder)})
    result: dict[str, Any] = {}
    try:
        fetch(program.port)
        pause(3, "the start must not be measured")
        for name in ["direct", "direct, TLS", *KINDS]:
            missing = [tool for tool in TOOLS.get(name, []) if not shutil.which(tool)]
            if missing:
                bench.row(f"through {name}", f"not measured: {missing[0]} not found")
                continue
            with targets(program, folder / name, name) as target:
                found = result[name] = measure_target(program, target, bench)
            ms = found["ms"]
            label = name if name.startswith("direct") else f"through {name}"
            budget = "p50 ≤ 2, p99 ≤ 10 ms above direct" if name == "varnish" else ""
            bench.row(f"part → one viewer, {label}, p50 / p99 / max",
                      f"{ms['p50']} / {ms['p99']} / {ms['max']} ms" if ms else "no sample", budget)
            bench.row(f"  CPU per viewer of {VIEWERS}, server + edge (one core = 100 %)",
                      f"{found['server_percent']:.3f} + {found['edge_percent']:.3f} %")
    finally:
        stop(program)
    return result
