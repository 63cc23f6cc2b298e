# SPDX-License-Identifier: Apache-2.0
"""The throughput of one TCP connection over a line with losses, by congestion control.

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
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests"))

from harness.lossyline import ADDRESS, Line, line  # noqa: E402

RECEIVE = """
import socket, sys, time
s = socket.create_connection((sys.argv[1], int(sys.argv[2])), 10)
s.recv(1 << 16)
begun, count = time.monotonic(), 0
while time.monotonic() - begun < float(sys.argv[3]):
    count += len(s.recv(1 << 16))
print(count * 8 / 1e6 / (time.monotonic() - begun))
"""
INSIDE = "THROUGHPUT_NAMESPACE"


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


def main() -> None:
    """Prints a JSON object per congestion control."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--loss", type=float, default=0.01, help="share of the lost packets")
    parser.add_argument("--delay", type=float, default=0.025, help="of each direction, s")
    parser.add_argument("--seconds", type=float, default=15, help="per connection")
    parser.add_argument("--congestion", default="cubic,bbr")
    options = parser.parse_args()
    if os.environ.get(INSIDE) != "1":
        os.environ[INSIDE] = "1"
        os.execvp("unshare", ["unshare", "-n", sys.executable, *sys.argv])
    with tempfile.TemporaryDirectory() as folder, line(Path(folder)) as path:
        for algorithm in options.congestion.split(","):
            path.set(options.loss, options.delay)
            rate = throughput(path, algorithm, options.seconds)
            print(json.dumps({"congestion": algorithm, "mbits": round(rate, 1)}), flush=True)


if __name__ == "__main__":
    main()
