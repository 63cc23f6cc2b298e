# SPDX-License-Identifier: Apache-2.0
"""Perturbations of tracks and of their parameters: late, gone, returned, changed."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import clip
from allowed import ENCODED, Allowed
from flow import key_at
from perturbation import ALL, CMAF, PAGE, RTSP, RTSP_UDP, Perturbation
from samples import AUDIO, CLOCK, VIDEO, Material

# The audio of a page and of CMAF tracks must begin with the video.
LATER = tuple(one for one in ALL if one not in (CMAF, PAGE))
AUDIO_LINES = ("audio-gone", "source-silent")


@dataclass(frozen=True)
class Late(Perturbation):
    """A track begins `seconds` after the other one.

    MPEG-TS and RTSP declare their tracks: `is_declared` audio is a track before it begins.
    """

    seconds: float = 2
    track: str = AUDIO
    is_declared: bool = False
    protocols: ClassVar = LATER
    least: ClassVar[dict[str, Any]] = {"seconds": 0.2}

    def apply(self, material: Material) -> Material:
        """Removes the start of the track."""
        end = self.seconds * CLOCK if self.track == AUDIO else key_at(material, self.seconds)
        return material.edited(
            lambda one: [] if one.track == self.track and one.due < end else [one])

    def allowed(self, mode: str) -> Allowed:
        """Audio that begins after the stream is heard: the stream begins again at a key frame.

        The segment that was open is listed no more.
        """
        if self.track == VIDEO or self.is_declared:
            return Allowed(silent=round(self.seconds) if self.is_declared else 0)
        if self.seconds < 1:
            return Allowed(silent=1)
        appears = Allowed(lines=("audio-appeared",), silent=3, lost=50, discontinuities=1, gaps=1)
        return appears + Allowed(pictures=75) if mode == ENCODED else appears

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """The video, or the audio by less than a group."""
        if chance.random() < 0.5:
            return cls(chance.choice([0.2, 0.4]), AUDIO)
        return cls(chance.choice([1.0, 2.0]), VIDEO)


@dataclass(frozen=True)
class Absent(Perturbation):
    """The audio is not sent for some seconds, or no more."""

    at: float = 4.0
    seconds: float = 2
    least: ClassVar[dict[str, Any]] = {"seconds": 0.5}

    def apply(self, material: Material) -> Material:
        """Removes the audio."""
        first, last = self.at * CLOCK, (self.at + self.seconds) * CLOCK
        return material.edited(
            lambda one: [] if not one.is_video and first <= one.due < last else [one])

    def allowed(self, mode: str) -> Allowed:  # noqa: ARG002
        """Silence; the video is undisturbed."""
        return Allowed(silent=round(self.seconds) + 1, notices=AUDIO_LINES)

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """For a while, or to the end."""
        return cls(chance.choice([3.0, 4.5]), chance.choice([0.5, 2.0, 60.0]))


@dataclass(frozen=True)
class Changed(Perturbation):
    """The video has another size from one key frame to another."""

    at: float = 4.0
    seconds: float = 3
    width: int = 320
    height: int = 180
    pixels: str = "yuv420p"
    codec: str = "h264"

    def apply(self, material: Material) -> Material:
        """Replaces the samples by those of the same numbers of another clip."""
        first, last = key_at(material, self.at), key_at(material, self.at + self.seconds)
        usual = next(one for one in material.samples if one.is_video).setup
        count = sum(one.is_video for one in material.samples)
        rate = round(usual.rate)
        found = clip.frames(clip.Picture(self.width, self.height, rate, pixels=self.pixels,
                                         group=rate, codec=self.codec), -(-count // rate) + 6)
        by_number = {one.number: one for one in found}

        def other(number: int) -> dict[str, object]:
            one = by_number[number]
            return {"units": one.units, "setup": one.setup, "is_key": one.is_key}

        return material.edited(lambda one: [
            replace(one, **other(one.number))  # type: ignore[arg-type]
            if one.is_video and first <= one.due < last else one])

    def allowed(self, mode: str) -> Allowed:
        """One Discontinuity for each change, and no loss."""
        if mode == ENCODED:
            return Allowed(notices=("parameters",))
        return Allowed(discontinuities=2, notices=("parameters",))

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """Forth and back, or forth."""
        return cls(chance.choice([4.0, 5.0]), chance.choice([2.0, 60.0]))


@dataclass(frozen=True)
class Switched(Perturbation):
    """From a key frame on the video is that of another clip, with another rate or with B-frames.

    Its audio has the delay of the new video.
    """

    at: float = 5.0
    picture: clip.Picture = clip.Picture(rate=30, group=30)
    protocols: ClassVar = LATER

    def apply(self, material: Material) -> Material:
        """Replaces the frames from a time on, and delays all samples by the B-frames."""
        first = key_at(material, self.at)
        seconds = -(-max(one.due for one in material.samples) // CLOCK)
        new = [one for one in clip.frames(self.picture, seconds) if one.due >= first]
        early = new[0].pts - new[0].dts
        return material.ordered([
            *(one for one in material.samples if one.due < first), *new,
            *(one.moved(early) for one in material.track(AUDIO) if one.due >= first)])

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """Another rate, or B-frames."""
        return cls(5.0, chance.choice([clip.Picture(rate=30, group=30), clip.Picture(b_frames=2)]))


@dataclass(frozen=True)
class Retuned(Perturbation):
    """The audio has other parameters from `at` on, for some seconds."""

    at: float = 4.0
    seconds: float = 60
    rate: int = 44_100
    channels: int = 2
    codec: str = "aac"
    # The description of RTSP fixes the rate of a session, and the audio of pages is Opus.
    protocols: ClassVar = tuple(one for one in ALL if one not in (RTSP, RTSP_UDP, PAGE))

    def apply(self, material: Material) -> Material:
        """Replaces the audio by that of another clip."""
        first, last = self.at * CLOCK, (self.at + self.seconds) * CLOCK
        audio = material.track(AUDIO)
        end = max((one.dts for one in audio), default=0)
        other = clip.sounds(clip.Sound(self.codec, self.rate, self.channels), end // CLOCK + 1)
        # Audio begins with the first picture in the order of presentation.
        early = next((one.pts for one in material.samples if one.is_video), 0)
        added = [one.moved(early) for one in other if first <= one.due < last and one.dts <= end]
        kept = [one for one in material.samples
                if one.is_video or not first <= one.due < last]
        return material.ordered([*kept, *added])

    def allowed(self, mode: str) -> Allowed:
        """Another header after a Discontinuity, or audio that is encoded from then on."""
        lines = ("audio-parameters", "parameters", "audio-gone")
        return Allowed(silent=1, notices=lines, discontinuities=0 if mode == ENCODED else 2)

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """Another rate, other channels, or both."""
        rate, channels = chance.choice([(44_100, 1), (48_000, 2), (44_100, 2)])
        return cls(chance.choice([3.0, 4.0]), chance.choice([2.0, 60.0]), rate, channels)
