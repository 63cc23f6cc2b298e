# SPDX-License-Identifier: Apache-2.0
"""Readers of the past of a program that is killed: segments, rewound playlists, clips, stills."""

from __future__ import annotations

import random
import threading
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field

from harness.archive import Key, digest
from harness.http1 import Closed, Response, get
from harness.program import Program


@dataclass
class PastReaders:
    """Threads that ask for the past all the time; no answer may have other bytes than before.

    `found` has the digests of closed segments, `known` the clips and stills by their paths: both
    are kept over the programs.
    """

    found: dict[Key, str]
    known: dict[str, Response] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    ended: threading.Event = field(default_factory=threading.Event)
    threads: list[threading.Thread] = field(default_factory=list)

    def start(self, program: Program) -> None:
        """Begins to ask a program, if there is a past."""
        keys = list(self.found)
        self.ended.clear()
        if keys:
            asks = (self._segment, self._segment, self._clip, self._still, self._playlist)
            self.threads = [threading.Thread(target=self._run, args=(ask, program, keys),
                                             daemon=True) for ask in asks]
            for thread in self.threads:
                thread.start()

    def stop(self) -> None:
        """Ends the threads; their requests may outlive the program."""
        self.ended.set()
        for thread in self.threads:
            thread.join(10)

    def _run(self, ask: object, program: Program, keys: list[Key]) -> None:
        choice = random.Random()
        while not self.ended.wait(0.03):
            with suppress(OSError, Closed, ValueError, AssertionError):
                ask(program.port, choice, keys)  # type: ignore[operator]

    def _got(self, port: int, what: str, path: str) -> Response | None:
        """The response if it is 200. All statuses are counted."""
        response = get(port, path, timeout=5)
        self.answers[f"{what} {response.status}"] += 1
        if response.status >= 500 and response.status != 503:
            self.wrong.append(f"{response.status} {path}")
        return response if response.status == 200 else None

    def _segment(self, port: int, choice: random.Random, keys: list[Key]) -> None:
        name, number = choice.choice(keys)
        response = self._got(port, "segment", f"/live/{name}/segment{number}.m4s")
        # Until the folder is read, a bare styp or slate is the answer, which is kept for a second.
        if response and "immutable" in response.headers["cache-control"] \
                and digest(response.body) != self.found[name, number]:
            self.wrong.append(f"{name} {number}")

    def _same(self, port: int, what: str, path: str) -> None:
        response = self._got(port, what, path)
        # A clip with a gap may change, and may be kept for a second.
        if response and "immutable" in response.headers["cache-control"]:
            known = self.known.setdefault(path, response)
            if known.body != response.body:
                pairs = zip(known.body, response.body)
                place = next((at for at, (old, new) in enumerate(pairs) if old != new), -1)
                self.wrong.append(f"{path}: {len(known.body)} and {len(response.body)} bytes, byte "
                                  f"{place}, {known.headers['etag']}, {response.headers['etag']}")

    def _span(self, choice: random.Random, keys: list[Key]) -> int | None:
        """A closed segment of video and audio whose neighbours are closed too."""
        _, number = choice.choice(keys)
        near = [(name, other) for name in ("video", "audio") for other in range(number - 1,
                                                                               number + 3)]
        return number if all(key in self.found for key in near) else None

    def _clip(self, port: int, choice: random.Random, keys: list[Key]) -> None:
        number = self._span(choice, keys)
        if number is not None:
            self._same(port, "clip", f"/live/clip/{number}.25--{number + 1}.75.mp4")

    def _still(self, port: int, choice: random.Random, keys: list[Key]) -> None:
        number = self._span(choice, keys)
        if number is not None:
            self._same(port, "still", f"/live/at/{number}.4.jpg")

    def _playlist(self, port: int, choice: random.Random, keys: list[Key]) -> None:
        name, number = choice.choice(keys)
        response = self._got(port, "playlist",
                             f"/live/{name}/from/{number - number % 60}/playlist.m3u8")
        if response and not response.text.startswith("#EXTM3U\n"):
            self.wrong.append(f"{name} from {number}")
