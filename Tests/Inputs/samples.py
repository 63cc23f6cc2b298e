# SPDX-License-Identifier: Apache-2.0
"""The media that a sender sends: coded frames with their times, independent of any protocol."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

VIDEO, AUDIO = "video", "audio"
# Ticks per second of all times.
CLOCK = 90_000


@dataclass(frozen=True)
class Setup:
    """The decoder configuration of a track.

    `records` are SPS and PPS of H.264, the AudioSpecificConfig of AAC, or OpusHead.
    """

    codec: str
    records: tuple[bytes, ...]
    width: int = 0
    height: int = 0
    rate: float = 0
    channels: int = 0


@dataclass(frozen=True)
class Sample:
    """A coded frame: `dts` and `pts` are its timestamps, `due` is the time at which it is sent.

    All three are ticks of 90 kHz after the start of the sender. `units` are the NAL units of an
    access unit, or one AAC frame. `number` is the number that is drawn into the frame. A damaged
    frame refers to one that was not sent.
    """

    track: str
    dts: int
    pts: int
    units: tuple[bytes, ...]
    due: int
    setup: Setup
    number: int = 0
    is_key: bool = False
    is_damaged: bool = False
    connection: int = 0
    held: int = 0

    @property
    def is_video(self) -> bool:
        """Whether it belongs to the video track."""
        return self.track == VIDEO

    def moved(self, ticks: int) -> Sample:
        """The sample with other timestamps, sent at its usual time."""
        return replace(self, dts=self.dts + ticks, pts=self.pts + ticks)


@dataclass(frozen=True)
class Material:
    """The samples of a sender in sending order, and the forms in which the sender writes them."""

    samples: tuple[Sample, ...]
    forms: Mapping[str, object] = field(default_factory=dict)

    def edited(self, edit: Callable[[Sample], Iterable[Sample]]) -> Material:
        """The material whose samples are those that `edit` makes of each, in order of sending."""
        return self.ordered(made for sample in self.samples for made in edit(sample))

    def ordered(self, samples: Iterable[Sample]) -> Material:
        """The material with other samples, which are sent in the order of `due`."""
        return replace(self, samples=tuple(sorted(samples, key=lambda sample: sample.due)))

    def written(self, **forms: object) -> Material:
        """The material in further forms."""
        return replace(self, forms={**self.forms, **forms})

    def track(self, track: str) -> list[Sample]:
        """The samples of a track, in sending order."""
        return [sample for sample in self.samples if sample.track == track]

    def seconds(self, number: int) -> float:
        """The time of a frame by its number, in seconds of the clip from which it is."""
        return number / self.rate(number)

    def rate(self, number: int) -> float:
        """Frames per second of the clip from which a frame is: the rate may change once."""
        first, last = self._rates
        return last[1] if number >= last[0] else first[1]

    @cached_property
    def _rates(self) -> tuple[tuple[int, float], tuple[int, float]]:
        """The first number and the rate of the first and of the last clip."""
        video = [one for one in self.samples if one.is_video]
        if not video:
            return (0, 25), (0, 25)
        rate = video[-1].setup.rate
        return (0, video[0].setup.rate), (min(
            one.number for one in video if one.setup.rate == rate), rate)

    @property
    def keys(self) -> list[Sample]:
        """The key frames of the video."""
        return [sample for sample in self.samples if sample.is_video and sample.is_key]
