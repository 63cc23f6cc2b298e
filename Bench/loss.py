# SPDX-License-Identifier: Apache-2.0
"""Viewers behind a line that loses packets: latency, and the throughput of one connection.

Needs root, for network namespaces and tun devices; both end with the program.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests"))

from harness.browser import chromium_running, viewer  # noqa: E402
from harness.lossyline import ADDRESS, Line, line  # noqa: E402
from fetch_hlsjs import script_flags  # noqa: E402
from harness.program import start, stop  # noqa: E402
from harness.tools import need  # noqa: E402

RECEIVE = """
import socket, sys, time
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 10)
s.recv(1 << 16)
begun, count = time.monotonic(), 0
while time.monotonic() - begun < float(sys.argv[3]):
    count += len(s.recv(1 << 16))
print(count * 8 / 1e6 / (time.monotonic() - begun))
"""
START, SETTLED = 5.0, 10.0
SECURE = "--unsafely-treat-insecure-origin-as-secure"


def throughput(path: Line, algorithm: str, seconds: float) -> float:
    """Mbit/s of one connection from here to the far end."""
    with socket.create_server((ADDRESS, 0)) as server:
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, algorithm.encode())

        def send() -> None:
            connection, _ = server.accept()
            try:
                while True:
                    connection.sendall(bytes(1 << 16))
            except OSError:
                connection.close()

        threading.Thread(target=send, daemon=True).start()
        done = subprocess.run(
            [*path.far, sys.executable, "-c", RECEIVE, ADDRESS, str(server.getsockname()[1]),
             str(seconds)], capture_output=True, text=True, check=True, timeout=seconds + 30)
    return float(done.stdout)


def quantiles(values: list[float]) -> list[int] | None:
    """p50, p95 and the largest, in ms; None without values."""
    if not values:
        return None
    found = sorted(values)
    return [round(found[min(len(found) - 1, int(len(found) * q))]) for q in (0.5, 0.95, 1)]


def watch(path: Line, browser: Any, url: str, options: argparse.Namespace) -> dict[str, Any]:
    """One page: clean at the start, then with losses, then clean."""
    with viewer(browser) as view:
        path.set(0, options.delay, options.line_kbits)
        view.open(url)
        view.page.wait_for_function("() => (window.__player?.framesShown ?? 0) > 60", timeout=30000)
        view.watch(START)
        path.set(options.loss, options.delay, options.kbits or options.line_kbits)
        lossy = time.time() * 1000
        view.watch(options.seconds)
        path.set(0, options.delay, options.line_kbits)
        clean = time.time() * 1000
        state, course = {}, []
        while (rest := SETTLED - (time.time() - clean / 1000)) > 0:
            view.watch(min(1.0, rest))
            state = view.page.evaluate("() => { const { samples, errors, ...rest } = __player; "
                                       "return { ...rest, problems: errors.length }; }")
            late = state["latencyMs"] if state["latencyMs"] is not None else state["glassToGlassMs"]
            course.append([None if late is None else round(late), round(state["target"] * 1000)])
        samples = view.page.evaluate("() => __player.samples")
    stalls = [stall for stall in state["stalls"] if stall["at"] > lossy]
    return {
        "played": state["player"], "load": round(os.getloadavg()[0], 1),
        "lossy": quantiles([at - clock for at, clock in samples if lossy < at < clean]),
        "clean": quantiles([at - clock for at, clock in samples if at > clean + 5000]),
        "stalls": len(stalls), "stalled": round(sum(stall["seconds"] for stall in stalls), 1),
        "course": course, "problems": state["problems"],
    }


def main() -> None:
    """Prints a JSON object per page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loss", type=float, default=0.01, help="share of the lost packets")
    parser.add_argument("--delay", type=float, default=0.025, help="of each direction, s")
    parser.add_argument("--kbits", type=float, default=0, help="rate while packets are lost")
    parser.add_argument("--line-kbits", type=float, default=0, help="rate of the line all the time")
    parser.add_argument("--seconds", type=float, default=15, help="with losses, s")
    parser.add_argument("--bitrate", type=int, default=1000, help="of the stream, kbit/s")
    parser.add_argument("--congestion", default="cubic,bbr")
    parser.add_argument("--players", default="frames,ws,webcodecs,hlsjs")
    parser.add_argument("--flag", action="append", default=[], help="another flag of the server")
    parser.add_argument("--throughput", action="store_true", help="of one connection only")
    options = parser.parse_args()
    if os.environ.get("LOSS_NAMESPACE") != "1":
        os.environ["LOSS_NAMESPACE"] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
    with tempfile.TemporaryDirectory() as folder, line(Path(folder)) as path:
        far = Path(folder) / "chromium"
        far.touch(0o755)
        for algorithm in options.congestion.split(","):
            if options.throughput:
                path.set(options.loss, options.delay)
                rate = throughput(path, algorithm, options.seconds)
                print(json.dumps({"congestion": algorithm, "mbits": round(rate, 1)}), flush=True)
                continue
            program = start(["--host", ADDRESS, "--http-port", "0", "--test-src", "--resolution",
                             "640x360", "--bitrate", str(options.bitrate), "--congestion",
                             algorithm, *script_flags(), *options.flag], defaults=False)
            # Chromium has WebCodecs on secure origins only.
            far.write_text(f"#!/bin/sh\nexec {' '.join(path.far)} {need('chromium', 'pages')} "
                           f"{SECURE}=http://{ADDRESS}:{program.port} \"$@\"\n")
            try:
                for kind in options.players.split(","):
                    with chromium_running(str(far)) as browser:
                        found = watch(path, browser, f"http://{ADDRESS}:{program.port}/live/"
                                      f"?player={kind}", options)
                    print(json.dumps({"congestion": algorithm, "player": kind, **found}),
                          flush=True)
            finally:
                stop(program)


if __name__ == "__main__":
    main()
