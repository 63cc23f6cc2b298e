# SPDX-License-Identifier: Apache-2.0
"""A case of the laboratory: a clip, its perturbations, a protocol, and the permitted deviations."""

from __future__ import annotations

from dataclasses import dataclass

import clip
from allowed import ALWAYS, ENCODED, PASSED, Allowed
from clip import Picture, Sound
from perturbation import PAGE, Perturbation, applied
from samples import Material


@dataclass(frozen=True)
class Case:
    """One stream of a batch."""

    protocol: str
    mode: str = PASSED
    perturbations: tuple[Perturbation, ...] = ()
    picture: Picture = Picture()
    sound: Sound | None = Sound()
    seconds: int = 12
    # The deviations that are permitted beside those of the perturbations.
    more: Allowed = Allowed()

    def material(self) -> Material:
        """The media to send."""
        sound = self.sound
        if sound and self.protocol == PAGE:
            sound = Sound("opus", channels=sound.channels)
        return applied(clip.material(self.seconds, self.picture, sound), self.perturbations)

    @property
    def allowed(self) -> Allowed:
        """The deviations that players may notice."""
        found = self.more
        if self.picture.b_frames:
            found = found + Allowed(notices=("b-frames",))
        if self.protocol == PAGE or self.sound and self.sound.codec != "aac":
            # The encoder holds the last AAC frames: the last segment is not complete.
            found = found + Allowed(lag=max(0, self.picture.group // self.picture.rate - 1))
        for perturbation in self.perturbations:
            found = found + perturbation.allowed(PASSED if self.mode == ALWAYS else self.mode)
        return found

    @property
    def is_encoded(self) -> bool:
        """Whether the program encodes the stream."""
        return self.mode == ENCODED or self.allowed.is_encoded
