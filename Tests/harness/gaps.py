# SPDX-License-Identifier: Apache-2.0
"""The longest time without a new part, of streams and of an undisturbed program beside them."""

from __future__ import annotations

import threading
import time

from harness.http1 import get
from harness.playlist import parse
from harness.program import Program, start, stop
from harness.waiting import pause

# A part comes each 0.1 s. It may be late by this, beside what a busy machine costs any program.
LATE_SECONDS = 0.4


def newest_part(port: int, stream: str) -> tuple[int, int] | None:
    """The last part of a stream's playlist; nil if there is none."""
    try:
        return parse(get(port, f"/{stream}/video/playlist.m3u8").text).last_part
    except (OSError, ValueError, IndexError):
        return None


class Watch:
    """Notes the longest time without a new part of a stream."""

    def __init__(self, port: int, stream: str) -> None:
        self.longest = 0.0
        self._fault: Exception | None = None
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, args=(port, stream))
        self._thread.start()

    def _watch(self, port: int, stream: str) -> None:
        try:
            self._sample(port, stream)
        except Exception as error:  # noqa: BLE001
            self._fault = error

    def _sample(self, port: int, stream: str) -> None:
        newest, since = newest_part(port, stream), time.monotonic()
        while not self._end.is_set():
            found = newest_part(port, stream)
            now = time.monotonic()
            self.longest = max(self.longest, now - since)
            if found != newest:
                newest, since = found, now
            pause(0.02, "samples spread over time")

    def end(self) -> float:
        """The longest time; raises what ended the watch before."""
        self._end.set()
        self._thread.join()
        if self._fault:
            raise self._fault
        return self.longest


class GapWatch:
    """Fails if streams had a longer gap than the test picture of a program of its own.

    A machine that stops all processes for a second makes the gap of both longer; a fault that stops
    the streams makes only theirs longer.
    """

    def __init__(self, port: int, *streams: str) -> None:
        self._port = port
        self._streams = streams

    def __enter__(self) -> GapWatch:
        self._program: Program = start(["--resolution", "160x90"])
        self._reference = Watch(self._program.port, "live")
        self._watches = {stream: Watch(self._port, stream) for stream in self._streams}
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        found = {stream: watch.end() for stream, watch in self._watches.items()}
        reference = self._reference.end()
        stop(self._program)
        print(f"longest time without a part: {found}, of a program beside it {reference:.2f} s")
        for stream, longest in found.items():
            assert kind or longest < 2 * reference + LATE_SECONDS, (stream, found, reference)
