# SPDX-License-Identifier: Apache-2.0
"""Perturbations of the flow: media that is missing, late, held, or sent by another connection."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import clip
from allowed import ENCODED, INSERTED, PASSED, Allowed
from perturbation import ALL, CMAF, PAGE, PUBLISHERS, RTSP, RTSP_UDP, Perturbation
from samples import CLOCK, Material, Sample

# Those whose frames may be lost one by one: pages and CMAF send whole groups.
LOSSY = tuple(one for one in ALL if one not in (CMAF, PAGE))
SILENCE = ("source-silent", "source-gap", "source-late", "source-back", "source-gone",
           "audio-gone", INSERTED)
# The frames that a connection may lose at its end.
UNSENT = 8


@dataclass(frozen=True)
class Successor(Perturbation):
    """From `at` on another sender connects after some seconds, with another clip from 0 on.

    The clip begins `ahead` seconds later than the one before ends, so that the numbers of a lower
    frame rate go on.
    """

    at: float = 5.0
    seconds: float = 1
    picture: clip.Picture = clip.Picture(b_frames=2)
    sound: clip.Sound | None = clip.Sound()
    ahead: float = 0
    protocols: ClassVar = PUBLISHERS

    def apply(self, material: Material) -> Material:
        """Replaces the samples from a key frame on by those of the same numbers."""
        first, ticks = key_at(material, self.at), round(self.seconds * CLOCK)
        seconds = -(-max(one.due for one in material.samples) // CLOCK)
        other = clip.material(seconds + round(self.ahead), self.picture, self.sound)
        begins = key_at(other, first / CLOCK + self.ahead)

        def later(one: Sample) -> Sample:
            return replace(one.moved(-begins), due=one.due - begins + first + ticks,
                           connection=1)

        return material.ordered([*(one for one in material.samples if one.due < first),
                                 *(later(one) for one in other.samples if one.due >= begins)])

    def allowed(self, mode: str) -> Allowed:
        """As of one that returns; the stream may begin again, encoded or not."""
        return Returned(self.at, self.seconds).allowed(mode) + Allowed(
            notices=("unfit", "passthrough", "b-frames", "audio-parameters", "parameters"))


def key_at(material: Material, seconds: float) -> int:
    """The time at which the first key frame at or after a time is sent, in ticks."""
    return next((one.due for one in material.keys if one.due >= seconds * CLOCK), 2**62)


@dataclass(frozen=True)
class Reconnected(Successor):
    """A camera ends its session; its next one has other tracks."""

    picture: clip.Picture = clip.Picture()
    protocols: ClassVar = (RTSP, RTSP_UDP)


@dataclass(frozen=True)
class Gap(Perturbation):
    """All samples from one key frame to another are missing."""

    at: float = 4.0
    seconds: int = 1
    least: ClassVar[dict[str, Any]] = {"seconds": 1}

    def apply(self, material: Material) -> Material:
        """Removes the samples."""
        first = key_at(material, self.at)
        last = key_at(material, self.at + self.seconds)
        return material.edited(lambda one: [] if first <= one.due < last else [one])

    def allowed(self, mode: str) -> Allowed:
        """A Discontinuity; an encoded stream shows its slate meanwhile."""
        if mode == ENCODED:
            return Allowed(pictures=25 * self.seconds + 13, silent=self.seconds, lost=4,
                           notices=SILENCE)
        # The group after it is left out if its number has been used.
        return Allowed(discontinuities=1, gaps=self.seconds + 1, silent=self.seconds + 1, lost=25,
                       notices=SILENCE)

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """Of one or two groups."""
        return cls(chance.choice([5.0, 6.0]), chance.choice([1, 2]))


@dataclass(frozen=True)
class Missing(Perturbation):
    """`count` frames within a group are missing; those after them refer to them."""

    at: float = 4.2
    count: int = 1
    least: ClassVar[dict[str, Any]] = {"count": 1}

    def apply(self, material: Material) -> Material:
        """Removes frames, and marks the rest of the group as damaged."""
        first, left, is_damaged = self.at * CLOCK, self.count, False
        found: list[Sample] = []
        for sample in material.samples:
            if sample.is_video:
                is_damaged = is_damaged and not sample.is_key
                if left and sample.due >= first and not sample.is_key:
                    left -= 1
                    is_damaged = True
                    continue
                sample = replace(sample, is_damaged=sample.is_damaged or is_damaged)
            found.append(sample)
        return replace(material, samples=tuple(found))

    def allowed(self, mode: str) -> Allowed:
        """The rest of the group may be left out, with a Discontinuity."""
        if mode == ENCODED:
            return Allowed(pictures=25)
        return Allowed(discontinuities=1, gaps=1, silent=1, pictures=25,
                       notices=(INSERTED,))

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """One to five frames."""
        return cls(chance.choice([4.2, 5.2, 6.8]), chance.choice([1, 2, 5]))


@dataclass(frozen=True)
class Thinned(Perturbation):
    """Each `every`-th frame is sent only; all must be key frames."""

    every: int = 2
    protocols: ClassVar = LOSSY

    def apply(self, material: Material) -> Material:
        """Removes the others."""
        return material.edited(
            lambda one: [] if one.is_video and one.number % self.every else [one])


@dataclass(frozen=True)
class LostKeys(Perturbation):
    """The first key frames at or after some times are missing; their groups refer to them."""

    at: tuple[float, ...] = (4.0,)
    protocols: ClassVar = LOSSY

    def apply(self, material: Material) -> Material:
        """Removes key frames, and marks their groups as damaged."""
        lost, is_damaged = {key_at(material, one) for one in self.at}, False
        found: list[Sample] = []
        for sample in material.samples:
            if sample.is_video:
                is_damaged = sample.due in lost if sample.is_key else is_damaged
                if sample.is_key and is_damaged:
                    continue
                sample = replace(sample, is_damaged=sample.is_damaged or is_damaged)
            found.append(sample)
        return replace(material, samples=tuple(found))

    def allowed(self, mode: str) -> Allowed:
        """A Discontinuity for each, with the next number of the clock."""
        count = len(self.at)
        if mode == ENCODED:
            return Allowed(pictures=25 * count)
        return Allowed(discontinuities=count, gaps=count, silent=count, pictures=25 * count,
                       notices=(INSERTED,))

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """One or two."""
        return cls(chance.choice([(4.0,), (6.0,), (4.0, 7.0)]))


@dataclass(frozen=True)
class Pause(Perturbation):
    """The sender sends nothing for some seconds, and its timestamps go on with the clock."""

    at: float = 4.0
    seconds: float = 2
    least: ClassVar[dict[str, Any]] = {"seconds": 1.0}

    def apply(self, material: Material) -> Material:
        """Delays samples and timestamps."""
        first, ticks = key_at(material, self.at), round(self.seconds * CLOCK)
        return material.edited(lambda one: [
            replace(one.moved(ticks), due=one.due + ticks) if one.due >= first else one])

    def allowed(self, mode: str) -> Allowed:
        """A Discontinuity and segments without media, or the slate."""
        if mode == ENCODED:
            return Allowed(pictures=round(25 * self.seconds) + 13, silent=1, lost=4,
                           notices=SILENCE)
        return Allowed(discontinuities=1, gaps=round(self.seconds) + 1, silent=1, lost=25,
                       notices=SILENCE)

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """Of up to three seconds."""
        return cls(chance.choice([4.0, 5.0]), chance.choice([1.5, 2.0, 3.0]))


@dataclass(frozen=True)
class Burst(Perturbation):
    """The samples of some seconds are held, and are sent at once afterwards."""

    at: float = 4.0
    seconds: float = 1
    least: ClassVar[dict[str, Any]] = {"seconds": 0.2}

    def apply(self, material: Material) -> Material:
        """Delays the samples; timestamps stay."""
        first, end = round(self.at * CLOCK), round((self.at + self.seconds) * CLOCK)
        return material.edited(lambda one: [
            replace(one, due=end, held=one.held + end - one.due)
            if first <= one.due < end else one])

    def allowed(self, mode: str) -> Allowed:
        """An encoded stream has repeated the last frame, or shown its slate."""
        if mode == ENCODED:
            frames = round(25 * self.seconds) + 13
            return Allowed(lost=frames, pictures=frames, silent=round(self.seconds) + 1,
                           notices=SILENCE)
        if self.seconds >= 0.9:
            # Segments that are listed without media meanwhile lose it.
            count = round(self.seconds)
            return Allowed(lost=25 * count, gaps=count, discontinuities=1, silent=count,
                           notices=SILENCE)
        return Allowed(notices=SILENCE)

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """Of up to 1.5 s."""
        return cls(chance.choice([3.0, 4.4, 5.0]), chance.choice([0.2, 0.5, 1.0, 1.5]))


@dataclass(frozen=True)
class Slower(Perturbation):
    """Samples are sent at a rate that is lower than their timestamps state."""

    percent: int = 16
    least: ClassVar[dict[str, Any]] = {"percent": 1}

    def apply(self, material: Material) -> Material:
        """Delays each sample more."""
        return material.edited(lambda one: [
            replace(one, due=one.due * 100 // (100 - self.percent))])


@dataclass(frozen=True)
class Returned(Perturbation):
    """The sender connects again after some seconds; its timestamps begin again or go on."""

    at: float = 5.0
    seconds: float = 1
    begins_again: bool = True
    protocols: ClassVar = PUBLISHERS
    least: ClassVar[dict[str, Any]] = {"seconds": 0.5}

    def apply(self, material: Material) -> Material:
        """Gives the later samples to another connection."""
        first, ticks = key_at(material, self.at), round(self.seconds * CLOCK)
        back = -min((one.dts for one in material.samples if one.due >= first), default=0)

        def later(one: Sample) -> Sample:
            shift = back if self.begins_again else ticks
            return replace(one.moved(shift), due=one.due + ticks, connection=one.connection + 1)

        return material.edited(lambda one: [later(one) if one.due >= first else one])

    def allowed(self, mode: str) -> Allowed:
        """As after a pause, and the group of its start if its number is used.

        A connection by SRT that is closed loses what it has not sent.
        """
        if mode == PASSED:
            return Allowed(discontinuities=1, gaps=round(self.seconds) + 1, silent=2,
                           lost=25 + UNSENT, notices=(*SILENCE, "publish-lost"))
        return Allowed(pictures=round(25 * self.seconds) + 50, silent=2, lost=13,
                       notices=(*SILENCE, "publish-lost"))

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """After up to two seconds."""
        return cls(5.0, chance.choice([0.5, 1.0, 2.0]), chance.random() < 0.7)
