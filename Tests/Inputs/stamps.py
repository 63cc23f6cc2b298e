# SPDX-License-Identifier: Apache-2.0
"""Perturbations of timestamps: samples are sent as usual, and carry other times."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from allowed import INSERTED, Allowed
from perturbation import (
    ALL, CMAF, ENHANCED, HTTP, PAGE, RTMP, RTSP, RTSP_UDP, SRT, UDP, Perturbation)
from samples import AUDIO, CLOCK, VIDEO, Material, Sample

# Those whose samples carry a time each: the page's must rise, those of CMAF are durations.
STAMPED = tuple(one for one in ALL if one not in (CMAF, PAGE))
BOTH = "both"
JUMPS = (INSERTED, "source-silent")


def concerns(track: str, sample: Sample) -> bool:
    """Whether a perturbation of a track, or of both, concerns a sample."""
    return track in (BOTH, sample.track)


@dataclass(frozen=True)
class Displaced(Perturbation):
    """One timestamp is off by `seconds`: that of the first sample at or after `at`.

    `every`: this many samples later the next one is, and so on; 0: no other.
    """

    at: float = 4.2
    seconds: float = 0.3
    track: str = VIDEO
    every: int = 0
    protocols: ClassVar = STAMPED
    least: ClassVar[dict[str, Any]] = {"seconds": 0.02}

    def apply(self, material: Material) -> Material:
        """Moves one timestamp, or those at a distance."""
        later = [one for one in material.samples
                 if one.track == self.track and one.dts >= self.at * CLOCK]
        found = {id(one) for one in (later[::self.every] if self.every else later[:1])}
        moved = [one.moved(round(self.seconds * CLOCK)) if id(one) in found else one
                 for one in material.samples]
        return replace(material, samples=tuple(moved))

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """Somewhere, by up to a second."""
        return cls(chance.choice([3.0, 4.2, 5.0, 6.48]),
                   chance.choice([-1, -0.2, -0.05, 0.02, 0.1, 0.4, 1]),
                   chance.choice([VIDEO, VIDEO, AUDIO]))


@dataclass(frozen=True)
class Equal(Perturbation):
    """`count` timestamps in a row are that of the sample before them."""

    at: float = 4.2
    count: int = 1
    track: str = VIDEO
    protocols: ClassVar = STAMPED
    least: ClassVar[dict[str, Any]] = {"count": 1}

    def apply(self, material: Material) -> Material:
        """Repeats a timestamp."""
        found, before, left = [], None, self.count
        for sample in material.samples:
            if sample.track == self.track:
                if before and sample.dts >= self.at * CLOCK and left:
                    left -= 1
                    sample = sample.moved(before.dts - sample.dts)
                before = sample
            found.append(sample)
        return replace(material, samples=tuple(found))

    def allowed(self, mode: str) -> Allowed:  # noqa: ARG002
        """At the start the rate of the source may be measured, for up to three seconds."""
        return Allowed(start=3)

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """One or two of a track."""
        return cls(chance.choice([0.04, 3.0, 4.2, 6.0]), chance.choice([1, 1, 2]),
                   chance.choice([VIDEO, AUDIO]))


@dataclass(frozen=True)
class Rounded(Perturbation):
    """All timestamps of a track are rounded down to multiples of `milliseconds`."""

    milliseconds: int = 10
    track: str = BOTH
    protocols: ClassVar = STAMPED
    least: ClassVar[dict[str, Any]] = {"milliseconds": 1}

    def apply(self, material: Material) -> Material:
        """Rounds."""
        step = self.milliseconds * CLOCK // 1000
        return replace(material, samples=tuple(
            replace(one, dts=one.dts // step * step,
                    pts=one.dts // step * step + one.pts - one.dts)
            if concerns(self.track, one) else one for one in material.samples))

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """To 1 to 16 ms."""
        return cls(chance.choice([1, 5, 10, 16]), chance.choice([VIDEO, AUDIO, BOTH]))


@dataclass(frozen=True)
class Jittered(Perturbation):
    """Each timestamp of a track is off by up to `milliseconds`."""

    milliseconds: int = 12
    track: str = VIDEO
    seed: int = 1
    protocols: ClassVar = STAMPED
    least: ClassVar[dict[str, Any]] = {"milliseconds": 1}

    def apply(self, material: Material) -> Material:
        """Moves each timestamp; none is below 0."""
        chance, most = random.Random(self.seed), self.milliseconds * CLOCK // 1000
        return replace(material, samples=tuple(
            one.moved(max(-one.dts, chance.randint(-most, most)))
            if concerns(self.track, one) else one for one in material.samples))

    def allowed(self, mode: str) -> Allowed:  # noqa: ARG002
        """The rate of the source may be measured, for up to three seconds."""
        return Allowed(start=3)

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """By up to 12 ms, a third of a frame."""
        return cls(chance.choice([2, 5, 8, 12]), chance.choice([VIDEO, AUDIO, BOTH]),
                   chance.randrange(1000))


@dataclass(frozen=True)
class Scrambled(Perturbation):
    """From `at` on each timestamp of the video is off by up to `milliseconds`, without order."""

    at: float = 4.0
    milliseconds: int = 400
    seed: int = 1
    protocols: ClassVar = STAMPED
    least: ClassVar[dict[str, Any]] = {"milliseconds": 1}

    def apply(self, material: Material) -> Material:
        """Moves the timestamps, each by another time."""
        chance, most = random.Random(self.seed), self.milliseconds * CLOCK // 1000
        return replace(material, samples=tuple(
            one.moved(chance.randint(-most, most))
            if one.is_video and one.due >= self.at * CLOCK else one for one in material.samples))


@dataclass(frozen=True)
class Drifting(Perturbation):
    """The clock of a track is fast by `percent`."""

    percent: float = 1
    track: str = AUDIO
    protocols: ClassVar = STAMPED
    least: ClassVar[dict[str, Any]] = {"percent": 0.0}

    def apply(self, material: Material) -> Material:
        """Stretches the timestamps."""
        return replace(material, samples=tuple(
            one.moved(round(one.dts * self.percent / 100))
            if concerns(self.track, one) else one for one in material.samples))

    def allowed(self, mode: str) -> Allowed:  # noqa: ARG002
        """The correction begins when the difference is known; a larger one is named."""
        most = 0.04 + abs(self.percent) * 0.06
        return Allowed(tolerance=most, silent=1, notices=("audio-drift",))

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """As crystals and software do."""
        return cls(chance.choice([-0.3, -0.02, 0.01, 0.03, 0.3]), AUDIO)


@dataclass(frozen=True)
class Jumped(Perturbation):
    """From `at` on all timestamps are off by `seconds`: the clock of the sender was set."""

    at: float = 4.0
    seconds: float = 100
    protocols: ClassVar = STAMPED
    least: ClassVar[dict[str, Any]] = {"seconds": 2.0}

    def apply(self, material: Material) -> Material:
        """Moves the timestamps after `at`."""
        ticks = round(self.seconds * CLOCK)
        return replace(material, samples=tuple(
            one.moved(ticks) if one.due >= self.at * CLOCK else one for one in material.samples))

    def allowed(self, mode: str) -> Allowed:
        """Passed through, a period ends, and another one when a sender report states the jump."""
        if mode == "encoded":
            return Allowed(lost=12, pictures=50, silent=1, notices=JUMPS)
        return Allowed(discontinuities=2, silent=1, notices=JUMPS)

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """Forwards and backwards, at a key frame or within a group."""
        return cls(chance.choice([5.0, 6.0, 5.48]), chance.choice([-2.5, -2, 5, 100, 40_000]))


@dataclass(frozen=True)
class Shifted(Perturbation):
    """All timestamps begin at `start`, in ticks; the sender wraps them as its protocol does."""

    start: int = 2**33 - 5 * CLOCK
    protocols: ClassVar = STAMPED

    def apply(self, material: Material) -> Material:
        """Moves all timestamps."""
        return replace(material, samples=tuple(one.moved(self.start) for one in material.samples))

    @classmethod
    def chosen_for(cls, chance: random.Random, protocol: str) -> Self:
        """So that they wrap after some seconds."""
        return cls(WRAPS[protocol] - chance.choice([3, 5, 6]) * CLOCK)


# The number of ticks after which the timestamps of a protocol begin at 0 again.
WRAPS = {RTMP: 2**32 * 90, ENHANCED: 2**32 * 90, RTSP: 2**32, RTSP_UDP: 2**32, SRT: 2**33,
         UDP: 2**33, HTTP: 2**33}


@dataclass(frozen=True)
class Offset(Perturbation):
    """The audio has timestamps that are `seconds` later than those of its video.

    By RTSP, sender reports state the time of both, and the difference has no effect.
    """

    seconds: float = 0.2
    protocols: ClassVar = tuple(one for one in ALL if one not in (RTSP, RTSP_UDP))

    def apply(self, material: Material) -> Material:
        """Moves the audio; none is below 0."""
        return material.edited(lambda one: (
            [one] if one.is_video else
            [one.moved(round(self.seconds * CLOCK))] if one.dts >= -self.seconds * CLOCK else []))

    def allowed(self, mode: str) -> Allowed:  # noqa: ARG002
        """A constant difference stays."""
        return Allowed(offset=self.seconds, silent=1)

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """Later or earlier."""
        return cls(chance.choice([-0.2, 0.1, 0.2]))
