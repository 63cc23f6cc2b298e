# SPDX-License-Identifier: Apache-2.0
"""Follows an open segment while it is made: what has arrived can be looked at any time."""

from __future__ import annotations

import threading
import time

from harness.http1 import Answer, Closed, Connection


class Follower:
    """Reads a chunked body in a thread of its own; `how` is None while it goes on, then "whole" or "cut"."""

    def __init__(self, port: int, path: str, timeout: float = 20) -> None:
        self.connection = Connection(port, timeout)
        self.answer: Answer | None = None
        self.how: str | None = None
        self.error: Exception | None = None
        self.body = b""
        self.connection.send(path)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            deadline = time.monotonic() + self.connection.timeout
            self.answer = self.connection.read_head(deadline)
            if "content-length" in self.answer.headers:
                length = int(self.answer.headers["content-length"])
                self.body = self.connection._exactly(length, deadline)
            else:
                while data := self.connection.read_piece(self.answer, deadline):
                    self.body += data
            self.how = "whole"
        except (Closed, ConnectionError) as error:
            self.how, self.error = "cut", error
        except Exception as error:  # shown by whoever waits
            self.how, self.error = "failed", error
        finally:
            self.connection.close()

    def has(self, count: int, within: float = 5) -> bytes:
        """The first `count` bytes, as soon as they are there."""
        deadline = time.monotonic() + within
        while len(self.body) < count:
            assert self.how is None and time.monotonic() < deadline, (self.how, self.error,
                                                                      len(self.body), count)
            time.sleep(0.001)
        return self.body[:count]

    def wait(self, within: float = 20) -> Follower:
        """Waits for the end, whatever it is."""
        self.thread.join(within)
        assert self.how is not None, "still open"
        return self
