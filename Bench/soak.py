# SPDX-License-Identifier: Apache-2.0
"""Viewers of all kinds connect, disconnect and fail at random; nothing in the server may grow.

Prints a table of the server's memory, descriptors and threads. Exits with 1 if one of them grew, if
a well-behaved viewer got a wrong response, or if the stream stopped. A seed repeats the same
sequence of viewers.
With --through varnish viewers without TLS connect to Varnish with the configuration of deploy/edge:
its memory, descriptors and objects must not grow either, and players of parts must not stall.
Run: python Bench/soak.py [--seconds 600] [--seed 1] [--viewers 150] [--through varnish]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
for folder in ("Tests", "Bench"):
    sys.path.insert(0, str(ROOT / folder))

from harness.edges import Edge, varnish  # noqa: E402
from harness.metrics import total  # noqa: E402
from harness.procfs import cpu_nanoseconds, descriptors, resident_bytes, thread_cpu  # noqa: E402
from harness.program import Program, start, stop  # noqa: E402
from harness.tools import streamer_binary  # noqa: E402
from harness.tunein import fetch  # noqa: E402
from harness.waiting import pause  # noqa: E402
from http_cells import free_port  # noqa: E402
from soak_cache import CacheFigures  # noqa: E402
from soak_viewers import BEHAVED, OTHERS, SECURE, Ports, Viewer, WrongResponse  # noqa: E402
from soak_viewers import encrypted  # noqa: E402


class Soak:
    """The viewers and the figures of the server."""

    def __init__(self, program: Program, secure_port: int, seed: int, viewers: int,
                 edge: Edge | None = None) -> None:
        self.program, self.viewers = program, viewers
        self.ports = Ports(edge.port if edge else program.port, secure_port,
                           is_cached=edge is not None)
        self.cache = CacheFigures(edge) if edge else None
        self.dice = random.Random(seed)
        self.began = time.monotonic()
        self.running: set[asyncio.Task[None]] = set()
        self.started: Counter[str] = Counter()
        self.wrong_responses: list[str] = []
        self.rows: list[tuple[float, int, int, int, int]] = []

    async def live(self, viewer: Viewer, seconds: float, seed: int) -> None:
        """Runs one viewer for `seconds`; records wrong responses to well-behaved viewers."""
        try:
            async with asyncio.timeout(seconds):
                await viewer(self.ports, random.Random(seed))
        except TimeoutError:
            pass
        except WrongResponse as error:
            if viewer in BEHAVED or viewer is encrypted:
                self.wrong_responses.append(f"{viewer.__name__}: {error}")
        except (OSError, asyncio.IncompleteReadError, AssertionError, ValueError) as error:
            if viewer in BEHAVED or viewer is encrypted:
                self.wrong_responses.append(f"{viewer.__name__}: {type(error).__name__} {error}")

    def admit(self) -> None:
        """Adds viewers up to the current number."""
        wave = 0.55 + 0.45 * ((time.monotonic() - self.began) % 60 < 30)
        while len(self.running) < self.viewers * wave:
            viewer = self.dice.choice(BEHAVED + OTHERS + (SECURE if self.ports.secure else []))
            self.started[viewer.__name__] += 1
            life = min(60, self.dice.expovariate(1 / 6))
            task = asyncio.create_task(self.live(viewer, life, self.dice.getrandbits(32)))
            self.running.add(task)
            task.add_done_callback(self.running.discard)

    def look(self) -> None:
        """Measures one row of the table."""
        pid = self.program.pid
        row = (time.monotonic() - self.began, len(
            self.running), resident_bytes(pid), descriptors(pid), len(thread_cpu(pid)))
        self.rows.append(row)
        print(
            f"  {row[0]:6.0f} s {row[1]:6} viewers {row[2] / 1e6:8.1f} MB "
            f"{row[3]:6} descriptors {row[4]:4} threads"
            + (f"; {self.cache.look()}" if self.cache else ""),
            flush=True)

    async def run(self, seconds: float) -> None:
        """Runs the viewers for `seconds`, then ends them."""
        step = max(1.0, seconds / 60)
        next_look = 0.0
        while time.monotonic() - self.began < seconds:
            self.admit()
            if time.monotonic() - self.began >= next_look:
                self.look()
                next_look += step
            await asyncio.sleep(0.02)  # interval of the admission of viewers
        for task in list(self.running):
            task.cancel()
        await asyncio.gather(*self.running, return_exceptions=True)


def settle(program: Program, base: int, within: float = 20) -> int:
    """Waits until the server has closed the descriptors of all viewers; returns the open ones."""
    deadline = time.monotonic() + within
    while descriptors(program.pid) > base and time.monotonic() < deadline:
        pause(0.2, "polling interval; a timeout is a result, not an error")
    return descriptors(program.pid)


def verdict(soak: Soak, base: tuple[int, int, int], edge: tuple[int, int]) -> list[str]:
    """The faults found; empty if the soak passed."""
    wrong = []
    resident, base_descriptors, threads = base
    quarter = max(2, len(soak.rows) // 4)
    second = statistics.median(row[2] for row in soak.rows[quarter : 2 * quarter])
    last = statistics.median(row[2] for row in soak.rows[-quarter:])
    # Allocators keep their peak memory, so two quarters under load are compared.
    print(
        f"resident, second quarter → last: {second / 1e6:.1f} → {last / 1e6:.1f} MB; "
        "without viewers before: "
        f"{resident / 1e6:.1f} MB, after: {resident_bytes(soak.program.pid) / 1e6:.1f} MB")
    if last > second * 1.1 + 4e6:
        wrong.append(f"memory grows: {second / 1e6:.1f} → {last / 1e6:.1f} MB")
    if soak.cache:
        wrong += soak.cache.verdict()
        print(f"longest time between two parts of a player: {soak.ports.gaps.longest:.2f} s")
        if soak.ports.gaps.stalls:
            wrong.append(f"players stalled {soak.ports.gaps.stalls} times")
        # Its idle connections to the server would count as those of viewers.
        soak.cache.edge.close()
    left = settle(soak.program, base_descriptors)
    if left > base_descriptors + 3:
        wrong.append(f"descriptors stay open: {base_descriptors} → {left}")
    if max(row[4] for row in soak.rows) > threads or len(thread_cpu(soak.program.pid)) > threads:
        wrong.append(f"threads grow: {threads} → {max(row[4] for row in soak.rows)}")
    deadline = time.monotonic() + 3
    while (held := total(soak.program.port,
                         "streamer_held_requests")) > 0 and time.monotonic() < deadline:
        pause(0.2, "polling interval; a timeout is a result, not an error")
    if held > 0:
        kinds = {kind: total(soak.program.port, "streamer_held_requests", kind=kind)
                 for kind in ("start", "version", "segment")}
        wrong.append(f"{held:.0f} requests are still held without clients: {kinds}")
    now = fetch(soak.program.port).last_part
    elapsed = time.monotonic() - soak.began
    if now[0] - edge[0] < elapsed - 3:
        wrong.append(f"the stream is late: {edge} → {now} in {elapsed:.0f} s")
    if soak.wrong_responses:
        wrong.append(f"{len(soak.wrong_responses)} wrong responses to well-behaved viewers: "
                     + "; ".join(soak.wrong_responses[:5]))
    problems = [line for line in soak.program.log if " warning " in line or " error " in line]
    if problems:
        print("the server's warnings:", *problems[:10], sep="\n  ")
    return wrong


def main() -> int:
    """Runs the soak; 1 after a fault."""
    parser = argparse.ArgumentParser(
        description="Run viewers that connect, disconnect and fail at random.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--viewers", type=int, default=150,
                        help="greatest number of viewers at a time (default 150)")
    parser.add_argument("--through", choices=["varnish"],
                        help="connect viewers without TLS to this cache")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    secure_port = 0  # set if the streamer has TLS
    flags = ["--resolution", "640x360", "--bitrate", "1000"]
    if "--self-signed" in subprocess.run([str(streamer_binary()), "--help"], capture_output=True,
                                         text=True).stdout:
        secure_port = free_port()
        flags += ["--self-signed", "--https-port", str(secure_port)]
    else:
        print("not tested: TLS and HTTP/2; this streamer lacks them")
    program = start(flags)
    cleanup = ExitStack()
    try:
        cache = None
        if options.through:
            os.environ["PATH"] += ":/usr/sbin"
            folder = Path(cleanup.enter_context(TemporaryDirectory()))
            cache = varnish(folder, [program.port], kept="5m")
            cleanup.callback(cache.close)
        edge = fetch(program.port).last_part
        pause(2, "the start must not be measured")
        base = (resident_bytes(program.pid), descriptors(program.pid), len(thread_cpu(program.pid)))
        cpu = cpu_nanoseconds(program.pid)
        print(f"seed {options.seed}, {options.seconds:.0f} s, up to {options.viewers} viewers")
        soak = Soak(program, secure_port, options.seed, options.viewers, cache)
        asyncio.run(soak.run(options.seconds))
        wrong = verdict(soak, base, edge)
        print("viewers:",
              ", ".join(f"{count} {name}" for name, count in sorted(soak.started.items())))
        spent = (cpu_nanoseconds(program.pid) - cpu) / 1e9
        print(
            f"CPU {spent:.1f} s; "
            f"answers cut {total(program.port, 'streamer_answers_cut_total'):.0f}; "
            f"answers {total(program.port, 'streamer_requests_total'):.0f}")
        folder = ROOT / "bench-results"
        folder.mkdir(exist_ok=True)
        path = folder / time.strftime("soak-%Y%m%d-%H%M%S.json")
        path.write_text(json.dumps({"seed": options.seed, "rows": soak.rows, "wrong": wrong}))
    finally:
        cleanup.close()
        status = stop(program)
    if status != 0:
        wrong.append(f"exit status {status}")
    print("FAILED: " + "; ".join(wrong) if wrong else
          "passed: memory, descriptors and threads did not grow; the stream continued")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
