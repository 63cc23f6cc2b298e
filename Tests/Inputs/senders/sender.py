# SPDX-License-Identifier: Apache-2.0
"""A sender of material in real time: the pace that all protocols share."""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass

from harness.program import Program
from samples import CLOCK, Material, Sample


@dataclass(frozen=True)
class Target:
    """The stream to which a sender sends."""

    program: Program
    stream: str
    admin_token: str

# The time after the start of a connection for which its media is awaited.
STARTING_SECONDS = 5


class Sender(ABC, threading.Thread):
    """Sends each sample when it is due; stays connected until it is released."""

    def __init__(self, target: Target, material: Material) -> None:
        super().__init__(daemon=True)
        self.target, self.material = target, material
        self.fault: Exception | None = None
        # The most by which a sample was sent after it was due, in seconds.
        self.late = 0.0
        # The number of the newest frame that was sent.
        self.newest = 0
        # The number of the connection that is open, or opened next.
        self.connection = 0
        # When the newest connection but the first began, on the monotonic clock.
        self.followed_at = -STARTING_SECONDS
        # Set when all samples have been sent, or on a fault.
        self.ended = threading.Event()
        self.released = threading.Event()

    @property
    def forms(self) -> dict[str, object]:
        """The forms in which samples are written."""
        return dict(self.material.forms)

    @property
    def is_starting(self) -> bool:
        """Whether a connection but the first has begun some seconds ago."""
        return time.monotonic() - self.followed_at < STARTING_SECONDS

    def element(self) -> dict[str, object]:
        """The members of the stream in a configuration that concern its source."""
        return {"source": "rtmp"}

    @abstractmethod
    def open(self) -> None:
        """Connects."""

    @abstractmethod
    def write(self, sample: Sample) -> None:
        """Sends a sample."""

    def flush(self) -> None:
        """Sends samples that `write` has kept."""

    def reconnect(self) -> float:
        """Begins the next connection; the seconds by which later samples are sent later."""
        self.flush()
        self.close()
        self.connection += 1
        self.open()
        return 0

    @abstractmethod
    def close(self) -> None:
        """Disconnects."""

    def run(self) -> None:
        """Sends all samples."""
        try:
            self.open()
            start, connection = time.monotonic(), 0
            for sample in self.material.samples:
                wait = start + sample.due / CLOCK - time.monotonic()
                if self.released.wait(max(0, wait)):
                    break
                if sample.connection != connection:
                    connection = sample.connection
                    start += self.reconnect()
                    self.followed_at = time.monotonic()
                self.late = max(self.late, -wait)
                self.write(sample)
                self.newest = max(self.newest, sample.number)
            self.flush()
        except (OSError, AssertionError) as error:
            self.fault = error
        self.ended.set()
        self.released.wait()
        try:
            self.close()
        except OSError as error:
            self.fault = self.fault or error

    def release(self) -> None:
        """Ends the sender."""
        self.released.set()
        self.join(10)
