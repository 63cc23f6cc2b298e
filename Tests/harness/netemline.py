# SPDX-License-Identifier: Apache-2.0
"""The line of `lossyline` by the kernel's netem, where it has that: a veth pair with a qdisc each.

As there the caller has a network namespace of its own, and the far end is another one.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from harness.lossyline import ADDRESS, received

FAR_ADDRESS = "10.99.0.2"
PACKET = 1500
QUEUE = 0.3  # of a router with a limited rate, s, as of `lossyline`


def netem(loss: float, delay: float, kbits: float, jitter: float) -> list[str]:
    """The arguments of the qdisc for one direction. netem adds jitter to both sides of a delay."""
    words = ["netem", "limit", "16384"]
    if kbits:
        waiting = kbits * 1000 / 8 * (QUEUE + delay + jitter) / PACKET
        words[2] = str(max(10, round(waiting)))
    words += ["delay", f"{(delay + jitter / 2) * 1000:g}ms"]
    if jitter:
        words.append(f"{jitter / 2 * 1000:g}ms")
    if loss:
        words += ["loss", f"{loss * 100:g}%"]
    return words + (["rate", f"{kbits:g}kbit"] if kbits else [])


def has_netem() -> bool:
    """Whether the kernel has the qdisc; asked at the loopback of this namespace."""
    def tc(*words: str) -> int:
        return subprocess.run(["tc", "qdisc", *words, "dev", "lo", "root", "netem"],
                              capture_output=True, timeout=10, check=False).returncode
    try:
        return tc("add") == 0 and tc("del") == 0
    except OSError:
        return False


class NetemLine:
    """The line; its far end is the namespace of a process that only waits."""

    name = "veth devices and the kernel's netem"

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.far = ["nsenter", f"--net=/proc/{process.pid}/ns/net"]

    def set(self, loss: float = 0, delay: float = 0, kbits: float = 0, jitter: float = 0) -> None:
        """Loss (0–1), delay and greatest jitter (s) of each direction; kbit/s, 0 without limit."""
        qdisc = ["tc", "qdisc", "replace", "dev", "line", "root",
                 *netem(loss, delay, kbits, jitter)]
        for prefix in ([], self.far):
            subprocess.run([*prefix, *qdisc], check=True, timeout=10)

    def received(self, is_near: bool = False) -> int:
        """Bytes that have arrived at the far end, or the near one, with the heads of packets."""
        return received("thread-self" if is_near else self.process.pid)


@contextmanager
def netem_line() -> Iterator[NetemLine]:
    """A clean line; ADDRESS is its near end."""
    with subprocess.Popen(["unshare", "-n", "sh", "-c", "echo ready; exec cat"],
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None and process.stdout.readline() == b"ready\n"
            made = NetemLine(process)
            for prefix, words in (
                    ([], ["link", "add", "line", "type", "veth", "peer", "name", "line", "netns",
                          str(process.pid)]),
                    ([], ["addr", "add", f"{ADDRESS}/30", "dev", "line"]),
                    ([], ["link", "set", "lo", "up"]), ([], ["link", "set", "line", "up"]),
                    (made.far, ["addr", "add", f"{FAR_ADDRESS}/30", "dev", "line"]),
                    (made.far, ["link", "set", "lo", "up"]),
                    (made.far, ["link", "set", "line", "up"])):
                subprocess.run([*prefix, "ip", *words], check=True, timeout=10)
            made.set()
            yield made
        finally:
            process.kill()
