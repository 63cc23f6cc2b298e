# SPDX-License-Identifier: Apache-2.0
"""How soon the media of a following connection is listed, counted in the frames sent until then.

A busy machine sends late and lists late alike, so the count is that of the program. Picture and
sound are promised within 2 s if there is a key frame per second, else within 1 s and one distance
of key frames, or two if the frame rate is another one.
"""

from __future__ import annotations

from dataclasses import dataclass

from follow import Recording
from samples import CLOCK, Material, Sample
from showing import Beep, Frame, Shown

# The first beep may be heard this much before the frame with which it was sent, in seconds.
EARLY = 0.1
# The promised time with a key frame per second, and that beside the distance of key frames.
PROMISED, BESIDE = 2.0, 1.0


@dataclass(frozen=True)
class Start:
    """The seconds of media that a connection had sent when its picture and its sound were listed.

    None if it was never listed, or for the sound of a connection without audio.
    """

    connection: int
    picture: float | None
    sound: float | None
    has_sound: bool
    # The seconds within which both are promised.
    promised: float

    def text(self) -> str:
        """Both in seconds."""
        return "/".join("–" if one is None else f"{one:.1f}" for one in (self.picture, self.sound))

    def faults(self, more: float) -> list[str]:
        """Later media than promised; `more` are seconds that are permitted beside the promise."""
        kinds = {"picture": self.picture, **({"sound": self.sound} if self.has_sound else {})}
        most = self.promised + more
        return [f"connection {self.connection}: no {kind} is listed" if seconds is None else
                f"connection {self.connection}: its {kind} is listed after {seconds:.1f} s "
                f"(promised: {most:.1f} s)"
                for kind, seconds in kinds.items() if seconds is None or seconds > most]


def promised(before: list[Sample], keys: list[Sample]) -> float:
    """The seconds within which a connection with these key frames is promised to be listed."""
    distances = [after.due - one.due for one, after in zip(keys, keys[1:])]
    distance = max(distances, default=0) / CLOCK
    has_other_rate = before[-1].setup.rate != keys[0].setup.rate
    if distance <= 1:
        return PROMISED
    return BESIDE + distance * (2 if has_other_rate else 1)


def starts(recording: Recording, seen: Shown, material: Material) -> list[Start]:
    """The start of each connection after the first one."""
    found = []
    for connection in sorted({one.connection for one in material.samples} - {0}):
        sent = [one for one in material.samples if one.connection == connection]
        keys = [one for one in sent if one.is_video and one.is_key]
        if not keys:
            continue
        first, rate = min(one.number for one in keys), keys[0].setup.rate

        def seconds(kind: str, place: Frame | Beep | None, first: int = first,
                    rate: float = rate) -> float | None:
            if place is None or kind not in recording.renditions:
                return None
            newest = recording.renditions[kind].sent_at(place.segment, place.offset)
            return (newest - first + 1) / rate

        picture = next((one for one in seen.frames
                        if one.number is not None and one.number >= first), None)
        sound = next((one for one in seen.heard
                      if picture and one.time >= picture.time - EARLY), None)
        before = [one for one in material.samples
                  if one.is_video and one.connection < connection]
        found.append(Start(connection, seconds("video", picture), seconds("audio", sound),
                           any(not one.is_video for one in sent), promised(before, keys)))
    return found
