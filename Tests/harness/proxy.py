# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy that can be cut and slowed down: the network of one viewer."""

from __future__ import annotations

import multiprocessing
import select
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection


class Proxy:
    """Forwards 127.0.0.1:port to `target`; `freeze` stops bytes, `cut` closes connections.

    `silence` stops the bytes of the present connections only: these have lost their way, as behind
    a router that has forgotten them, and new ones work.

    `rate` is the number of bytes per second toward each client, `link_rate` that toward all clients
    together, as of one link; None for no limit. The buffers of a slow connection are small, so that
    the server soon notices. `delay` is the time that bytes take in each direction, in seconds.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port: int = self.listener.getsockname()[1]
        self.flowing = threading.Event()
        self.flowing.set()
        self.refuse = False
        self.rate: float | None = None
        self.link_rate: float | None = None
        # When the link has sent everything, on the clock of time.monotonic().
        self.link_free = 0.0
        self.link = threading.Lock()
        self.delay = 0.0
        self.buffer: int | None = None
        self.running = True
        # The number of connections so far.
        self.accepted = 0
        self.pairs: set[tuple[socket.socket, socket.socket]] = set()
        self.silent: set[tuple[socket.socket, socket.socket]] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def freeze(self) -> None:
        """Passes no byte from now on; connections stay open, as if packets were lost."""
        self.flowing.clear()

    def silence(self) -> int:
        """Passes no byte of the present connections ever again; returns their number."""
        self.silent |= self.pairs
        return len(self.silent)

    def cut(self) -> None:
        """Closes all connections, and new ones as soon as they open."""
        self.refuse = True
        for pair in list(self.pairs):
            for end in pair:
                _shut(end)

    def mend(self) -> None:
        """Passes everything again."""
        self.refuse = False
        self.flowing.set()

    def close(self) -> None:
        """Ends the proxy."""
        self.running = False
        self.mend()
        self.cut()
        self.listener.close()

    def _accept(self) -> None:
        while self.running:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        self.flowing.wait()
        if self.refuse:
            near.close()
            return
        try:
            far = self._connect()
        except OSError:
            near.close()
            return
        for end in (near, far):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        pair = (near, far)
        self.pairs.add(pair)
        try:
            self._pump(near, far)
        except OSError:
            pass
        finally:
            self.pairs.discard(pair)
            self.silent.discard(pair)
            near.close()
            far.close()

    def _connect(self) -> socket.socket:
        far = socket.socket()
        if self.buffer is not None:
            far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self.buffer)
        far.settimeout(5)
        far.connect(("127.0.0.1", self.target))
        return far

    def _pump(self, near: socket.socket, far: socket.socket) -> None:
        # Bytes, to whom they go, and when.
        passing: deque[tuple[float, socket.socket, bytes]] = deque()
        while self.running:
            rest = passing[0][0] - time.monotonic() if passing else 1
            ready, _, _ = select.select([near, far], [], [], min(1, max(0, rest)))
            self.flowing.wait()
            while self.running and (near, far) in self.silent:
                time.sleep(0.1)
            while passing and passing[0][0] <= time.monotonic():
                _, end, data = passing.popleft()
                end.sendall(data)
            for end in ready:
                rate = (self.link_rate or self.rate) if end is far else None
                data = end.recv(1 << 16 if rate is None else max(1, int(rate / 25)))
                if not data:
                    for due, other, late in passing:
                        time.sleep(max(0, due - time.monotonic()))
                        other.sendall(late)
                    return
                if end is far and self.link_rate is not None:
                    self._pass_link(len(data), self.link_rate)
                other = far if end is near else near
                if self.delay > 0:
                    passing.append((time.monotonic() + self.delay, other, data))
                else:
                    other.sendall(data)
                if rate is not None and self.link_rate is None:
                    time.sleep(len(data) / rate)

    def _pass_link(self, size: int, rate: float) -> None:
        """Waits until `size` bytes have passed the link, behind those of all other connections."""
        with self.link:
            self.link_free = max(self.link_free, time.monotonic()) + size / rate
            due = self.link_free
        time.sleep(max(0.0, due - time.monotonic()))


def _shut(end: socket.socket) -> None:
    try:
        end.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass


@contextmanager
def late_link(target: int, delay: float) -> Iterator[int]:
    """The port of a proxy in a process of its own, with `delay` seconds in each direction.

    A thread of the tests' process would wait while the tests take results from a browser.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=_serve_link, args=(target, delay, there), daemon=True)
    process.start()
    try:
        yield here.recv()
    finally:
        process.kill()
        process.join()


def _serve_link(target: int, delay: float, parent: Connection) -> None:
    proxy = Proxy(target)
    proxy.delay = delay
    parent.send(proxy.port)
    threading.Event().wait()
