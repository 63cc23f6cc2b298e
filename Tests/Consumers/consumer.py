# SPDX-License-Identifier: Apache-2.0
"""A consumer of the matrix: a program or a page that plays an address and shows pictures."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from pictures import Picture

HLS, CHUNKED, MPD = "hls", "chunked", "mpd"
LIVE_PATHS = {HLS: "/live.m3u8", CHUNKED: "/live/chunked.m3u8", MPD: "/live/manifest.mpd"}
# The groups that play at the same time at one server.
PROGRAMS, PAGES, MPD_PAGES, SCREEN = "programs", "pages", "mpd-pages", "screen"


@dataclass(frozen=True)
class Order:
    """An order to play: an address, from an offset in seconds, with a content key if it is set."""

    url: str
    folder: Path
    offset: float = 0
    key: str = ""
    clear_key: str = ""
    """Address of the ClearKey licences."""


class Playing(ABC):
    """A running consumer."""

    def __init__(self) -> None:
        self.pictures: list[Picture] = []
        self.has_ended = False
        self.opened = time.time()
        """The time before which it does not request the address, Unix seconds."""

    @abstractmethod
    def update(self) -> None:
        """Reads new pictures, if no thread does."""

    @abstractmethod
    def said(self) -> str:
        """The last messages of the consumer."""

    @abstractmethod
    def close(self) -> None:
        """Ends the consumer."""

    def clocks(self) -> list[int]:
        """The readable clocks, in the order of display."""
        return [picture.clock for picture in self.pictures if picture.clock is not None]


@dataclass(frozen=True)
class Consumer(ABC):
    """A row of the matrix; `form` is the kind of its address."""

    name: str
    form: str
    group: str

    @property
    def plays_files(self) -> bool:
        """Whether it plays MP4 files; players of playlists do not."""
        return True

    @abstractmethod
    def missing(self) -> str:
        """The name of the missing program; nothing if all is installed."""

    @abstractmethod
    def play(self, order: Order) -> Playing:
        """Starts it."""
