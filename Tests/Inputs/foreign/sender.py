# SPDX-License-Identifier: Apache-2.0
"""Runs the process of a foreign sender, one for each film, and disturbs it."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from case import Case
from foreign.bridge import Bridge
from foreign.commands import (
    ANNOUNCED, CALLED, GROUP, MULTICAST, SERVED, Address, Way, command)
from foreign.films import Film, material
from foreign.tools import OBS, VLC, missing
from harness.metrics import total
from harness.ports import free_port
from harness.rtmp import rtmp_port
from harness.waiting import wait_until
from laboratory import Trial
from perturbation import SRT, UDP
from samples import Material, Sample
from senders.sender import Sender, Target

# A copy of a film of some seconds ends after it, also on a busy machine.
ENDS_WITHIN = 40
# The time after the start of a process at which its media begins, in seconds: at least, and at most
# if the program does not say so.
STARTS, STARTS_WITHIN = 0.7, 2.5
# The interval at which it is measured whether the machine is too busy, in seconds.
STEP = 0.05


@dataclass(frozen=True)
class Leg:
    """One process: when it starts after the end of the last one, and how it is disturbed.

    `frozen` is the time from its start at which it is stopped, and for how long, in seconds; at
    `killed` it is killed.
    """

    film: Film
    after: float = 0
    frozen: tuple[float, float] = (0, 0)
    killed: float = 0
    tool: str = ""
    protocol: str = ""
    way: Way | None = None


@dataclass(frozen=True)
class ForeignCase(Case):
    """A case whose media a foreign sender sends."""

    tool: str = ""
    legs: tuple[Leg, ...] = ()
    way: Way = Way()

    def material(self) -> Material:
        """The frames of all films."""
        return material(tuple(leg.film for leg in self.legs))

    def sender(self, target: Target, media: Material) -> Sender:
        """The sender."""
        return ForeignSender(target, self, media)

    def missing(self) -> str:
        """The name of a program without which the case cannot be tested."""
        return next(filter(None, (missing(leg.tool or self.tool) for leg in self.legs)), "")


class ForeignSender(Sender):
    """Starts the processes one after another."""

    bridge: Bridge | None = None

    def __init__(self, target: Target, case: ForeignCase, media: Material) -> None:
        super().__init__(target, media)
        self.case = case
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        # The film that is sent, and how often a source had begun before.
        self.film, self.opened = case.legs[0].film, 0
        self.log: IO[bytes] = tempfile.TemporaryFile()

    def element(self) -> dict[str, object]:
        """Of a publisher, or of an input of this sender."""
        if self.case.protocol == ANNOUNCED and self.case.tool != VLC:
            self.bridge = Bridge(self.port)
        inputs = {
            UDP: f"udp://127.0.0.1:{self.port}",
            MULTICAST: f"udp://{GROUP}:{self.port}?localaddr=127.0.0.1",
            CALLED: f"srt://127.0.0.1:{self.port}",
            SERVED: f"http://127.0.0.1:{self.port}/x.ts",
            ANNOUNCED: f"rtsp://127.0.0.1:{self.port}/x",
        }
        if self.case.protocol in inputs:
            found: dict[str, object] = {"input": inputs[self.case.protocol]}
            # VLC sends by UDP alone.
            return found | ({"rtspTransport": "udp"} if self.case.tool == VLC
                            and self.case.protocol == ANNOUNCED else {})
        return {"source": "srt" if self.case.protocol == SRT else "rtmp"}

    def run(self) -> None:
        """Sends all films."""
        try:
            self._await_port()
            for leg in self.case.legs:
                if self.released.wait(leg.after):
                    break
                self._send(leg, is_last=leg is self.case.legs[-1])
        except (OSError, AssertionError) as error:
            self.fault = error
        self.ended.set()
        self.released.wait()
        self.close()

    def _await_port(self) -> None:
        """A datagram is lost before the program has its port."""
        if self.case.protocol in (UDP, MULTICAST):
            port = f":{self.port:04X} "
            wait_until(lambda: port in Path("/proc/net/udp").read_text(), 30, "the port of UDP")

    def address(self) -> Address:
        """The ports of the program, and that of this sender."""
        program = self.target.program
        return Address(self.target.stream, program.port, rtmp_port(program),
                       rtmp_port(program, "srt"), self.port)

    def _send(self, leg: Leg, *, is_last: bool) -> None:
        """Starts a process and disturbs it; the last one still runs when this returns."""
        opened = self._opened()
        self.begin(leg)
        words = command(leg.tool or self.case.tool, leg.protocol or self.case.protocol, leg.film,
                        self.address(), leg.way or self.case.way)
        begun = time.monotonic()
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.log,
                                        stderr=self.log, start_new_session=True)
        at, seconds = leg.frozen
        if seconds:
            self._wait_until(begun + at)
            self._signal(signal.SIGSTOP)
            self._wait_until(begun + at + seconds)
            self._signal(signal.SIGCONT)
        if leg.killed:
            self._wait_until(begun + leg.killed)
            self._signal(signal.SIGKILL)
        if is_last:
            self._await_film(leg.film, begun, opened)
            return
        try:
            status = self.process.wait(leg.film.seconds + ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            self.process.wait(5)
            raise AssertionError(f"the sender did not end: {self.said()}") from None
        if status and not leg.killed:
            raise AssertionError(f"the sender ended with {status}: {self.said()}")

    def begin(self, leg: Leg) -> None:
        """Notes that a process starts."""
        self.film, self.opened = leg.film, self._opened()
        if leg is not self.case.legs[0]:
            self.followed_at = time.monotonic()

    def _opened(self) -> int:
        """How often a source of the stream has begun."""
        return len(self.target.program.logged("source-open", stream=self.target.stream))

    def _await_film(self, film: Film, begun: float, opened: int) -> None:
        """Until the film has been sent, but not its tail; it begins when it is opened."""
        assert self.process
        while self._opened() == opened and time.monotonic() < begun + STARTS_WITHIN:
            if self.released.wait(0.1) or self.process.poll() is not None:
                break
        self._wait_until(max(time.monotonic(), begun + STARTS) + film.seconds)
        if self.process.poll():
            raise AssertionError(f"the sender ended with {self.process.poll()}: {self.said()}")

    def said(self) -> str:
        """The end of what the sender has printed."""
        self.log.seek(0)
        return self.log.read()[-600:].decode(errors="replace")

    def _wait_until(self, moment: float) -> None:
        """Waits, and notes by how much the machine is too busy for it."""
        while (left := moment - time.monotonic()) > 0 and not self.released.is_set():
            step = min(left, STEP)
            begun = time.monotonic()
            self.released.wait(step)
            self.late = max(self.late, time.monotonic() - begun - step)

    def _signal(self, kind: signal.Signals) -> None:
        assert self.process
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, kind)

    def open(self) -> None:
        """Each process connects by itself."""

    def write(self, sample: Sample) -> None:
        """Each process reads its film."""

    def close(self) -> None:
        """Ends the processes that still run."""
        if self.process and self.process.poll() is None:
            self._signal(signal.SIGKILL)
            self.process.wait(5)
        if self.bridge:
            self.bridge.close()


class ForeignTrial(Trial):
    """A case with a foreign sender; one of the laboratory otherwise."""

    def count_left_out(self) -> int:
        """Those that OBS has not sent, since it draws and encodes itself, by the program's count.
        """
        begun = self.program.logged("source-open", stream=self.name)
        if not isinstance(self.case, ForeignCase) or self.case.tool != OBS or not begun:
            return super().count_left_out()
        drawn = (time.time() - begun[-1].at) * self.case.picture.rate
        return max(0, round(drawn - total(self.program.port, "streamer_input_frames_total",
                                          stream=self.name)))

    def make_sender(self, target: Target) -> Sender:
        """The sender of the case."""
        if isinstance(self.case, ForeignCase):
            return self.case.sender(target, self.material)
        return super().make_sender(target)

    def newest(self) -> int:
        """The number of the frame that is sent: the program has logged when its source began."""
        if not isinstance(self.case, ForeignCase) or not isinstance(self.sender, ForeignSender):
            return super().newest()
        film, opened = self.sender.film, self.sender.opened
        begun = self.program.logged("source-open", stream=self.name)
        seconds = time.time() - begun[opened].at if len(begun) > opened else 0
        return film.first + round(seconds * film.picture.rate)

