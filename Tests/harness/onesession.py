# SPDX-License-Identifier: Apache-2.0
"""A live source by HTTP that has one session, like some cameras, and counts its connections."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading

from harness.ports import free_port
from harness.sources import Source, ffmpeg_sender

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: video/mp2t\r\nConnection: close\r\n\r\n"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class OneSession:
    """MPEG-TS with the burned clock at `url`, for one client at a time."""

    def __init__(self, *options: str, sessions: int = 1, port: int = 0, group: int = 30) -> None:
        self.port = port or free_port()
        self.url = f"http://127.0.0.1:{self.port}/live.ts"
        self.accepted = 0
        self.refused = 0
        self.requests: list[str] = []
        self._sessions = sessions
        self._clients: list[socket.socket] = []
        self._lock = threading.Lock()
        self.sender: Source = ffmpeg_sender([*options, "-f", "mpegts", "-"], group=group,
                                            stdout=subprocess.PIPE)
        self._server = socket.create_server(("127.0.0.1", self.port))
        self._threads = [threading.Thread(target=self._accept, daemon=True),
                         threading.Thread(target=self._send, daemon=True)]
        for thread in self._threads:
            thread.start()

    @property
    def clients(self) -> int:
        """The open connections."""
        return len(self._clients)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            client.settimeout(2)
            with contextlib.suppress(OSError):
                self.requests.append(client.recv(4096).decode(errors="replace"))
                self._admit(client)

    def _admit(self, client: socket.socket) -> None:
        with self._lock:
            if len(self._clients) >= self._sessions:
                self.refused += 1
                client.sendall(BUSY)
                client.close()
                return
            self.accepted += 1
            client.sendall(HEAD)
            self._clients.append(client)

    def _send(self) -> None:
        output = self.sender.processes[-1].stdout
        assert output is not None
        while data := output.read1(65536):  # type: ignore[attr-defined]
            with self._lock:
                for client in list(self._clients):
                    try:
                        client.sendall(data)
                    except OSError:
                        self._clients.remove(client)
                        client.close()

    def kill(self) -> None:
        """Ends the source: its connections are reset, and no other one is accepted."""
        # A blocked call of accept() keeps the port.
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)
        self._server.close()
        self.sender.kill()
        for thread in self._threads:
            thread.join(5)
        for client in self._clients:
            client.close()
        self._clients.clear()
