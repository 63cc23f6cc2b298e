# SPDX-License-Identifier: Apache-2.0
"""The deviations of played media that an input permits."""

from __future__ import annotations

from dataclasses import dataclass, fields

PASSED, ENCODED = "passed", "encoded"
# Passed through, or not shown: `--passthrough always`.
ALWAYS = "always"
# A Discontinuity within a session, and a session with segments of variable duration.
INSERTED, RESTARTED = "irregular:discontinuity inserted", "irregular:restarting"
MODES = (PASSED, ENCODED)


@dataclass(frozen=True)
class Allowed:
    """Upper bounds; the defaults are those of a well-formed input.

    `lost`: frames that were sent and not shown; `late`: frames before the first one shown;
    `start`: seconds of media before the first playlist, beside those of a well-formed input;
    `follows`: seconds by which a following connection may be listed later than promised;
    `pictures`: frames without a number after the first one with a number, such as a slate;
    `silent`: beeps that are not heard; `lag`: seconds of encoded audio that are not complete at
    the end; `offset`: seconds by which the audio was sent later than its video; `tolerance`: the
    most by which the played offset may differ. `lines`: lines of the log, one of which must be
    written: an event, or "event:words" of its message. `notices`: warnings that may be logged.
    Without `steps` and `ordered` times may be any, and frames in another order than they were sent.
    `state`: a member of the stream in `/api/streams` that must be present. `findings`: their
    kinds, each with the least and the most of its value; those without one have 0.
    """

    lost: int = 0
    late: int = 0
    start: float = 0
    follows: float = 0
    discontinuities: int = 0
    gaps: int = 0
    pictures: int = 0
    silent: int = 0
    lag: int = 0
    offset: float = 0
    tolerance: float = 0.040
    lines: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    state: str = ""
    findings: tuple[tuple[str, int, int], ...] = ()
    is_encoded: bool = False
    is_silent: bool = False
    has_audio: bool = True
    steps: bool = True
    ordered: bool = True

    def __add__(self, other: Allowed) -> Allowed:
        """The deviations that two perturbations together permit."""
        return Allowed(
            self.lost + other.lost, self.late + other.late, self.start + other.start,
            max(self.follows, other.follows),
            self.discontinuities + other.discontinuities, self.gaps + other.gaps,
            self.pictures + other.pictures, self.silent + other.silent, max(self.lag, other.lag),
            self.offset + other.offset, max(self.tolerance, other.tolerance),
            self.lines or other.lines, self.notices + other.notices + other.lines,
            self.state or other.state, self.findings + other.findings,
            self.is_encoded or other.is_encoded,
            self.is_silent or other.is_silent, self.has_audio and other.has_audio,
            self.steps and other.steps, self.ordered and other.ordered)

    def text(self) -> str:
        """The members that differ from their defaults."""
        return ", ".join(f"{one.name} {getattr(self, one.name)}" for one in fields(self)
                         if getattr(self, one.name) != one.default) or "nothing"
