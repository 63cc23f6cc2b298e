# SPDX-License-Identifier: Apache-2.0
"""Reads an open segment while it is produced; the bytes received so far can be read at any time."""

from __future__ import annotations

import threading
import time

from harness.http1 import Closed, Connection, Response
from harness.waiting import wait_until


class OpenSegmentReader:
    """Reads a chunked body in its own thread; `outcome` is None until it is "whole" or "cut"."""

    def __init__(self, port: int, path: str, timeout: float = 20) -> None:
        self.connection = Connection(port, timeout)
        self.response: Response | None = None
        self.outcome: str | None = None
        self.error: Exception | None = None
        self.body = b""
        self.connection.send(path)
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            deadline = time.monotonic() + self.connection.timeout
            self.response = self.connection.read_head(deadline)
            if "content-length" in self.response.headers:
                length = int(self.response.headers["content-length"])
                self.body = self.connection._exactly(length, deadline)
            else:
                while data := self.connection.read_piece(self.response, deadline):
                    self.body += data
            self.outcome = "whole"
        except (Closed, ConnectionError) as error:
            self.outcome, self.error = "cut", error
        except Exception as error:  # re-raised as text by wait() and has()
            self.outcome, self.error = "failed", error
        finally:
            self.connection.close()

    def has(self, count: int, within: float = 5) -> bytes:
        """The first `count` bytes, as soon as they have arrived."""
        def has_arrived() -> bool:
            have = len(self.body)
            assert have >= count or self.outcome is None, (self.outcome, self.error, have, count)
            return have >= count

        wait_until(has_arrived, within, f"{count} bytes", interval=0.001)
        return self.body[:count]

    def wait(self, within: float = 20) -> OpenSegmentReader:
        """Waits for the end of the body, whole or not."""
        self.thread.join(within)
        assert self.outcome is not None, "still open"
        return self
