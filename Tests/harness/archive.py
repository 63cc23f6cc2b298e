# SPDX-License-Identifier: Apache-2.0
"""Segments as viewers fetch them live, and the same from an archive and from its hour files."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.boxes import boxes
from harness.http1 import Closed, get
from harness.playlist import parse
from harness.program import Program
from harness.waiting import wait_until

# The archive has a segment at most this long after it is complete, on a loaded machine.
WRITING = 0.3

Key = tuple[str, int]  # rendition and number


def digest(data: bytes) -> str:
    """SHA-256 of bytes."""
    return hashlib.sha256(data).hexdigest()


def complete(program: Program, rendition: str, stream: str = "live") -> set[int]:
    """The numbers of the complete segments in the playlist; none while it is missing."""
    with suppress(OSError, Closed, ValueError, AttributeError):
        response = get(program.port, f"/{stream}/{rendition}/playlist.m3u8", timeout=5)
        if response.status == 200:
            playlist = parse(response.text)
            return {number_of(segment.uri) for segment in playlist.segments
                    if segment.uri and not segment.gap}
    return set()


def number_of(uri: str) -> int:
    """The number in `segmentN.m4s`."""
    return int(uri.rpartition("segment")[2].partition(".")[0])


@dataclass
class Recorder:
    """Fetches every segment of a running program as soon as it is complete.

    Segments that are complete when it begins are left out: they may be the prefill.
    """

    program: Program
    renditions: tuple[str, ...] = ("video", "audio")
    found: dict[Key, str] = field(default_factory=dict)
    ended: threading.Event = field(default_factory=threading.Event)
    thread: threading.Thread | None = None

    def __enter__(self) -> Recorder:
        old = {name: wait_until(lambda name=name: complete(self.program, name), 15, "a playlist")
               for name in self.renditions}
        # The segment in progress at the start may begin with slate too.
        first = max(max(numbers) for numbers in old.values()) + 2
        self.thread = threading.Thread(target=self._run, args=(first,), daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ended.set()
        assert self.thread is not None
        self.thread.join(10)

    def wait_for(self, count: int, within: float) -> None:
        """Waits until `count` segments of each rendition are recorded."""
        wait_until(lambda: all(len(self.numbers(name)) >= count for name in self.renditions),
                   within, f"{count} segments")

    def numbers(self, rendition: str) -> list[int]:
        """The recorded numbers of a rendition, in order."""
        return sorted(number for name, number in list(self.found) if name == rendition)

    def _run(self, first: int) -> None:
        while not self.ended.wait(0.1):
            for name in self.renditions:
                for number in sorted(complete(self.program, name)):
                    if number >= first and (name, number) not in self.found:
                        self._fetch(name, number)

    def _fetch(self, name: str, number: int) -> None:
        with suppress(OSError, Closed):
            response = get(self.program.port, f"/live/{name}/segment{number}.m4s", timeout=5)
            if response.status == 200:
                self.found[name, number] = digest(response.body)


def hour_files(folder: Path, rendition: str = "video", stream: str = "live") -> list[Path]:
    """The hour files of a rendition, oldest first."""
    return sorted(path for path in (folder / stream / rendition).glob("*/*")
                  if path.suffix in (".cmfv", ".cmfa"))


def segments(data: bytes) -> list[bytes]:
    """The segments in an hour file, from `styp` to `styp`, without the marks between them."""
    found: list[bytes] = []
    position = 0
    for box in boxes(data):
        size = box.size
        if box.kind == "styp":
            found.append(b"")
        if found and box.kind != "free":
            found[-1] += data[position:position + size]
        position += size
    return found


def digests(files: Iterable[Path]) -> set[str]:
    """SHA-256 of each segment of hour files."""
    return {digest(segment) for path in files for segment in segments(path.read_bytes())}
