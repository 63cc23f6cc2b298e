# SPDX-License-Identifier: Apache-2.0
"""A link for datagrams that delays them and loses some, without rights to change the kernel's."""

from __future__ import annotations

import heapq
import random
import select
import socket
import threading
import time
from itertools import count


class LossyLink:
    """Relays UDP from one client to `target`, with `loss` and `delay` in each direction."""

    def __init__(self, target: int, *, loss: float, delay: float, seed: int = 1) -> None:
        self.loss, self.delay = loss, delay
        self.relayed = self.lost = 0
        self._random = random.Random(seed)
        self._client: tuple[str, int] | None = None
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind(("127.0.0.1", 0))
        self._back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._back.connect(("127.0.0.1", target))
        for one in (self._front, self._back):
            one.setblocking(False)
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.port = self._front.getsockname()[1]
        self._stopping = False
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ends the relay."""
        self._stopping = True
        self._thread.join(5)
        self._front.close()
        self._back.close()

    def _run(self) -> None:
        waiting: list[tuple[float, int, bool, bytes]] = []
        number = count()
        while not self._stopping:
            now = time.monotonic()
            while waiting and waiting[0][0] <= now:
                _, _, is_forward, data = heapq.heappop(waiting)
                self._send(is_forward, data)
            pause = min(0.05, waiting[0][0] - now) if waiting else 0.05
            for ready in select.select([self._front, self._back], [], [], max(0, pause))[0]:
                for data in self._read(ready):
                    if self._random.random() < self.loss:
                        self.lost += 1
                        continue
                    self.relayed += 1
                    due = time.monotonic() + self.delay
                    heapq.heappush(waiting, (due, next(number), ready is self._front, data))

    def _read(self, ready: socket.socket) -> list[bytes]:
        found = []
        try:
            while len(found) < 64:
                data, peer = ready.recvfrom(2048)
                if ready is self._front:
                    self._client = peer
                found.append(data)
        except OSError:  # nothing is left, or the target has no socket yet
            pass
        return found

    def _send(self, is_forward: bool, data: bytes) -> None:
        try:
            if is_forward:
                self._back.send(data)
            elif self._client:
                self._front.sendto(data, self._client)
        except OSError:  # as on a link, a datagram without a receiver is lost
            pass
