# SPDX-License-Identifier: Apache-2.0
"""The form of the table of foreign senders: a row is a film, its senders, and what is permitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch

from allowed import ENCODED, PASSED, Allowed
from foreign.commands import SERVED, Way
from foreign.films import Film
from foreign.obs import OBSCase
from foreign.sender import ForeignCase, Leg
from foreign.tools import OBS, VLC

# The media after a film, in seconds: OBS begins to show it some time before it publishes.
TAIL = 8


@dataclass(frozen=True)
class SenderRow:
    """A row; `senders` are "tool protocol", or "tool protocol mode" (default: passed).

    Without `legs` one process sends `film`. `faults` are known to fail: a pattern of a sender with
    its mode, and the reason.
    """

    name: str
    senders: tuple[str, ...]
    film: Film = Film()
    legs: tuple[Leg, ...] = ()
    way: Way = Way()
    passed: Allowed = Allowed()
    encoded: Allowed = Allowed()
    # Settings of the encoder of OBS.
    encoder: Mapping[str, object] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)

    def cases(self) -> Iterator[tuple[str, ForeignCase, str]]:
        """Name, case, and the reason of a known fault or nothing."""
        legs = self.legs or (Leg(self.film),)
        legs = (*legs[:-1], replace(legs[-1], film=replace(legs[-1].film, tail=TAIL)))
        seconds = round(sum(leg.film.seconds + leg.after for leg in legs))
        for sender in self.senders:
            tool, protocol, *rest = sender.split()
            mode = rest[0] if rest else PASSED
            place = f"{tool} {protocol} {mode}"
            reason = next((reason for pattern, reason in self.faults.items()
                           if fnmatch(place, pattern)), "")
            more = self.encoded if mode == ENCODED else self.passed
            if protocol == SERVED or tool == VLC:
                # The program asks until the sender listens.
                more = more + Allowed(notices=("source-gone",))
            if tool == VLC:
                # It states no frame rate, and its timestamps have jitter: the rate is measured.
                more = more + Allowed(start=3)
            case = ForeignCase(protocol, mode, picture=legs[0].film.picture, seconds=seconds,
                               tool=tool, legs=legs, way=self.way, more=more)
            if tool == OBS:
                case = OBSCase(protocol, mode, picture=legs[0].film.picture, seconds=seconds,
                               tool=tool, legs=legs, more=more, encoder=self.encoder)
            yield f"{self.name}-{tool}-{protocol}-{mode}", case, reason
