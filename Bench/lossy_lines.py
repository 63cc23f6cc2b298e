# SPDX-License-Identifier: Apache-2.0
"""The lines of lossy.py: their losses, delays and rates, and the times of these."""

from __future__ import annotations

import re
import threading
import time
from dataclasses import dataclass, replace
from typing import Protocol

ROUND_TRIP = 0.05  # of the lines that do not state one, s
BURST, BURST_LOSS, BURST_EVERY = 0.2, 0.5, 5.0
SILENCE, SILENT_AT = 2.0, 4.0
SLOW, SLOW_AT = 10.0, 2.0
JITTER = 0.03
LOSS = re.compile(r"(\d+(?:\.\d+)?)/(\d+)")
EVENTS = ("bursts", "jitter", "rate", "silence")
USUAL = ("0/50", "0.5/50", "1/50", "3/50", "1/20", "1/100", *EVENTS)


class Settable(Protocol):
    """A line of `lossyline` or `netemline`."""

    def set(self, loss: float = 0, delay: float = 0, kbits: float = 0, jitter: float = 0) -> None:
        """Changes the line."""


@dataclass(frozen=True)
class Setting:
    """The state of a line: loss (0–1) and delays (s) of each direction, kbit/s (0: no limit)."""

    loss: float = 0
    delay: float = 0
    kbits: float = 0
    jitter: float = 0


@dataclass(frozen=True)
class Course:
    """A line: calm before and after, and the steps between, (second, setting), in order."""

    name: str
    text: str
    calm: Setting
    steps: tuple[tuple[float, Setting], ...]
    end: float  # of the last disturbance, s

    def run(self, line: Settable) -> threading.Thread:
        """Makes the steps from now on, in a thread: a page that is asked does not delay them."""
        begin = time.monotonic()

        def step() -> None:
            for at, setting in self.steps:
                time.sleep(max(0.0, begin + at - time.monotonic()))
                apply(line, setting)

        thread = threading.Thread(target=step, daemon=True)
        thread.start()
        return thread


def apply(line: Settable, setting: Setting) -> None:
    """Sets the line."""
    line.set(setting.loss, setting.delay, setting.kbits, setting.jitter)


def course(name: str, seconds: float, kbits: float) -> Course:
    """The line of this name, disturbed for at most `seconds`; ValueError if there is none.

    `kbits` is the rate of a line that has one.
    """
    calm = Setting(delay=ROUND_TRIP / 2)
    if found := LOSS.fullmatch(name):
        loss, trip = float(found[1]), int(found[2])
        if loss <= 100 and trip <= 2000:
            calm = Setting(delay=trip / 2000)
            steps = ((0.0, replace(calm, loss=loss / 100)), (seconds, calm))
            return Course(name, f"{loss:g} % loss in each direction, round trip {trip} ms", calm,
                          steps, seconds)
    if name == "bursts":
        made: list[tuple[float, Setting]] = []
        at = 1.0
        while at + BURST <= seconds:
            made += [(at, replace(calm, loss=BURST_LOSS)), (at + BURST, calm)]
            at += BURST_EVERY
        return Course(name, f"each {BURST_EVERY:g} s {BURST_LOSS:.0%} loss for "
                      f"{BURST * 1000:g} ms, round trip 50 ms", calm, tuple(made),
                      made[-1][0] if made else 0)
    if name == "jitter":
        steps = ((0.0, replace(calm, jitter=JITTER)), (seconds, calm))
        return Course(name, f"{JITTER * 1000:g} ms jitter in each direction, round trip 50 to "
                      f"{50 + 2000 * JITTER:g} ms", calm, steps, seconds)
    if name == "rate":
        calm = replace(calm, kbits=kbits)
        steps = ((SLOW_AT, replace(calm, kbits=kbits / 2)), (SLOW_AT + SLOW, calm))
        return Course(name, f"{kbits:g} kbit/s, half of it for {SLOW:g} s, queue 300 ms, round "
                      "trip 50 ms", calm, steps, SLOW_AT + SLOW)
    if name == "silence":
        steps = ((SILENT_AT, replace(calm, loss=1)), (SILENT_AT + SILENCE, calm))
        return Course(name, f"no packet for {SILENCE:g} s, round trip 50 ms", calm, steps,
                      SILENT_AT + SILENCE)
    raise ValueError(f"unknown line \"{name}\" (expected LOSS/ROUND-TRIP such as 1/50, or "
                     f"{', '.join(EVENTS)})")
