# SPDX-License-Identifier: Apache-2.0
"""Clients that ask for much of the past: others get theirs, and these an answer that is true.

No verdict is a time: an attack goes on until the others have their answers.
"""

from __future__ import annotations

import json
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness import pasthours
from harness.http1 import Closed, Connection, Response, get
from harness.http2frames import HEADERS, Frames, request
from harness.metrics import total
from harness.program import Program, start, stop
from harness.waiting import wait_until

FLAGS = ("--resolution", "160x90", "--bitrate", "100", "--audio", "tone")
# A long hour, and many short ones before it: seconds of each, and their number.
LONG, SHORT, HOURS = 900, 3, 330
BUSY = "the archive: the past is busy"
# The most attempts of others until an answer is 200: the machine may be slow.
ATTEMPTS = 60


@dataclass
class Past:
    """A program with two streams of the same archived hours; the newest one is the long one."""

    program: Program
    long: int

    def hour(self, index: int) -> int:
        """The first second of a short hour."""
        return self.long - 3600 * (1 + index)

    def get(self, path: str, viewer: str) -> Response:
        """The answer to a viewer, as a trusted proxy states its address."""
        return get(self.program.port, path, headers={"X-Forwarded-For": viewer}, timeout=60)

    def served(self, path: str, viewer: str) -> None:
        """Another viewer gets the media; until then, its answers are true."""
        answers = []
        for _ in range(ATTEMPTS):
            answer = self.get(path, viewer)
            if answer.status == 200:
                return
            check_refused(answer)
            answers.append(answer.text)
        raise AssertionError(f"{path}: {answers[-3:]}")


def check_refused(answer: Response, *texts: str) -> None:
    """A refusal names the load, and when to ask again."""
    assert answer.status == 503, (answer.status, answer.text)
    assert int(answer.headers["retry-after"]) >= 1
    assert "does not answer" not in answer.text
    assert answer.text.strip() in (texts or (BUSY, "too many stills are requested")), answer.text


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Past]:
    """A program whose archive was filled before its start."""
    folder = tmp_path_factory.mktemp("archive")
    program = start(["--test-src", *FLAGS])
    try:
        tracks = pasthours.record(program)
    finally:
        stop(program)
    past = Past(program, int(time.time()) // 3600 * 3600 - 3600)
    for stream in ("big", "small"):
        pasthours.write(folder, tracks, past.long, past.long + LONG, stream=stream)
    for index in range(HOURS):
        pasthours.write(folder, tracks, past.hour(index), past.hour(index) + SHORT, stream="small")
    path = tmp_path_factory.mktemp("past") / "streams.json"
    common = {"testSrc": True, "resolution": "160x90", "bitrate": 100, "audio": "tone"}
    path.write_text(json.dumps({
        "archive": str(folder), "dvr": "30d", "trustedProxy": ["127.0.0.1"],
        "streams": [{"stream": "big", **common}, {"stream": "small", **common}]}))
    past.program = start(["-c", str(path), "--host", "127.0.0.1", "--http-port", "0"],
                         defaults=False, within=30)
    try:
        # The indexes are made at the start.
        for stream in ("big", "small"):
            wait_until(lambda stream=stream: past.get(
                f"/{stream}/audio/segment{past.long}.m4s", "192.0.2.9").status == 200, 120,
                "the archive")
        yield past
    finally:
        stop(past.program)


@dataclass
class Attack:
    """Threads of one viewer that ask until they are stopped."""

    answers: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def run(self, ask: Callable[[int], Response | None], index: int, step: int) -> None:
        """Asks for one thing after another."""
        while not self.ended.is_set():
            with suppress(OSError, Closed):
                answer = ask(index)
                if answer is not None:
                    self.answers[answer.status] += 1
                    if answer.status != 200:
                        try:
                            check_refused(answer)
                        except AssertionError as fault:
                            self.faults.append(str(fault))
            index += step


@contextmanager
def attack(ask: Callable[[int], Response | None], threads: int) -> Iterator[Attack]:
    """An attack that is under way."""
    running = Attack()
    all_threads = [threading.Thread(target=running.run, args=(ask, index, threads), daemon=True)
                   for index in range(threads)]
    for thread in all_threads:
        thread.start()
    try:
        yield running
    finally:
        running.ended.set()
        for thread in all_threads:
            thread.join(60)


def refusals(past: Past) -> tuple[float, float]:
    """The refused questions about the past, and the dropped ones."""
    return (total(past.program.port, "streamer_archive_questions_refused_total"),
            total(past.program.port, "streamer_archive_questions_dropped_total"))


def test_clips_whose_clients_leave_do_not_close_the_past(past: Past) -> None:
    """Long clips: half of the clients leave at once. Segments and stills of others are answered."""
    before = refusals(past)

    def ask(index: int) -> Response | None:
        begin = past.long + index % 40
        with Connection(past.program.port, 60) as connection:
            connection.send(f"/big/clip/{begin}.{index % 9}--{past.long + LONG - 1}.mp4",
                            headers={"X-Forwarded-For": "192.0.2.1"})
            if index % 2:
                return None
            answer = connection.read_head(time.monotonic() + 60)
            if answer.status != 200:
                answer.body = connection._exactly(int(answer.headers["content-length"]),
                                                  time.monotonic() + 60)
            return answer

    with attack(ask, 24) as running:
        wait_until(lambda: running.answers[503] > 20, 120, "refused clips")
        for number in range(8):
            second = past.long + 50 * number
            past.served(f"/small/video/segment{second}.m4s", "192.0.2.2")
            past.served(f"/small/audio/segment{second}.m4s", "192.0.2.3")
            past.served(f"/big/video/segment{second}.m4s", "192.0.2.4")
            past.served(f"/small/at/{second}.5.jpg", "192.0.2.5")
            past.served(f"/big/at/{second}.5.jpg", "192.0.2.6")
        wait_until(lambda: refusals(past)[1] > before[1], 120, "dropped questions")
    assert not running.faults, running.faults[:3]
    assert set(running.answers) <= {200, 503}
    refused = refusals(past)[0] - before[0]
    assert refused >= running.answers[503] > 0
    # The past is there for the attacker too, when it asks for less.
    past.served(f"/big/clip/{past.long}.1--{past.long + 2}.2.mp4", "192.0.2.1")


def open_hours(program: Program) -> int:
    """The hour files that the program has open to read or write."""
    found = 0
    for link in Path(f"/proc/{program.pid}/fd").iterdir():
        with suppress(OSError):
            found += link.readlink().suffix in (".cmfv", ".cmfa")
    return found


class Holder:
    """A viewer that asks for clips of short hours, one after the other, and reads none."""

    def __init__(self, past: Past, viewer: str) -> None:
        # SETTINGS_INITIAL_WINDOW_SIZE 0: no byte of a body is sent.
        self.connection = Frames(past.program.port, struct.pack(">HI", 4, 0))
        self.past, self.viewer, self.stream = past, viewer, 1
        self.begun = self.refused = 0

    def ask(self, hour: int) -> None:
        """Asks for a clip, which needs a file of video and one of audio."""
        begin = self.past.hour(hour)
        self.connection.send(request(
            f"/small/clip/{begin}.1--{begin + SHORT - 1}.2.mp4", self.stream,
            **{"x-forwarded-for": self.viewer}))
        self.stream += 2
        # Field `:status: 200` is the index 8 of the static table (RFC 7541, appendix A).
        if self.connection.next(HEADERS).payload[:1] == b"\x88":
            self.begun += 1
        else:
            self.refused += 1


def test_clips_that_are_not_read_hold_few_files(past: Past) -> None:
    """An address has at most a quarter of the 512 hour files, and all have at most 512."""
    program = past.program
    others = open_hours(program)
    holders = [Holder(past, f"198.51.100.{index}") for index in range(5)]
    try:
        first = holders[0]
        most = 0
        for hour in range(70):
            first.ask(hour)
            most = max(most, open_hours(program))
        assert 0 < first.begun <= 64 and first.refused >= 6
        assert most <= 128 + others
        # Not for that address, but for others.
        check_refused(past.get(
            f"/small/clip/{past.hour(80)}.1--{past.hour(80) + 2}.mp4", first.viewer), BUSY)
        for hour in range(80, 85):
            past.served(f"/small/video/segment{past.hour(hour)}.m4s", "198.51.100.9")
            past.served(f"/small/at/{past.hour(hour)}.5.jpg", "198.51.100.9")
        refused = refusals(past)[0]
        for index, holder in enumerate(holders[1:]):
            for hour in range(66):
                holder.ask(70 + 65 * index + hour % 65)
                most = max(most, open_hours(program))
        assert most <= 512 + others
        assert refusals(past)[0] >= refused
    finally:
        for holder in holders:
            holder.connection.__exit__()
    wait_until(lambda: open_hours(program) <= others + 8, 60, "released files")
    past.served(f"/small/clip/{past.hour(80)}.1--{past.hour(80) + 2}.mp4", "198.51.100.0")


def test_stills_of_one_stream_do_not_close_those_of_others(past: Past) -> None:
    """Many stills of one stream, each of another frame; another stream has its own."""
    def ask(index: int) -> Response | None:
        return past.get(f"/big/at/{past.long + index * 7 % (LONG - 1)}.{index % 10}.jpg",
                        "203.0.113.1")

    crashes = total(past.program.port, "streamer_stills_crashes_total")
    refused = total(past.program.port, "streamer_stills_refused_total")
    with attack(ask, 40) as running:
        wait_until(lambda: running.answers[200] > 3 and running.answers[503] > 0, 120,
                   "made and refused stills")
        for number in range(6):
            past.served(f"/small/at/{past.long + 60 * number + 3}.5.jpg", "203.0.113.2")
            past.served("/small/snapshot.jpg", "203.0.113.3")
            past.served(f"/small/video/segment{past.long + number}.m4s", "203.0.113.4")
    assert not running.faults, running.faults[:3]
    assert set(running.answers) <= {200, 503}
    assert total(past.program.port, "streamer_stills_refused_total") > refused
    assert total(past.program.port, "streamer_stills_crashes_total") == crashes
