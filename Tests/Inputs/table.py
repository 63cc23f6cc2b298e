# SPDX-License-Identifier: Apache-2.0
"""The table of the laboratory: deviations that players may notice, by protocol and mode.

A row has perturbations, the protocols that can carry them (default: the usual ones), and deviations
that are permitted beside those of its perturbations. `faults` are known to fail: a pattern of
"protocol mode", and the reason. Each is a strict expected failure: a race is mended, not marked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch

from allowed import ALWAYS, ENCODED, PASSED, Allowed
from case import Case
from clip import Picture, Sound
from perturbation import CMAF, PAGE, RTMP, RTSP, SRT, UDP, Perturbation

# The protocols of a row that names none: Enhanced RTMP, RTSP by UDP and MPEG-TS by HTTP differ from
# others only in their framing, and have the rows that name them.
USUAL = (RTMP, RTSP, SRT, UDP, CMAF, PAGE)
# Decoders and encoders get the same frames by every protocol: encoded rows have a publisher and a
# pulled input, and rows of one protocol that one.
ENCODED_PROTOCOLS = (RTMP, RTSP)


@dataclass(frozen=True)
class Row:
    """A row."""

    name: str
    perturbations: tuple[Perturbation, ...] = ()
    protocols: tuple[str, ...] = ()
    picture: Picture = Picture()
    sound: Sound | None = Sound()
    seconds: int = 12
    passed: Allowed | None = Allowed()
    encoded: Allowed | None = Allowed()
    # Of `--passthrough always`; None: no case.
    always: Allowed | None = None
    faults: Mapping[str, str] = field(default_factory=dict)

    def cases(self) -> Iterator[tuple[str, Case, str]]:
        """Name, case, and the reason of a known fault or nothing."""
        count = 0
        for mode, allowed in ((PASSED, self.passed), (ENCODED, self.encoded),
                              (ALWAYS, self.always)):
            if allowed is None:
                continue
            for protocol in self.protocols or USUAL:
                if not all(protocol in one.protocols for one in self.perturbations) \
                        or mode == ENCODED and len(self.protocols) != 1 \
                        and protocol not in ENCODED_PROTOCOLS:
                    continue
                place = f"{protocol} {mode}"
                reason = next((reason for pattern, reason in self.faults.items()
                               if fnmatch(place, pattern)), "")
                case = Case(protocol, mode, self.perturbations, self.picture, self.sound,
                            self.seconds, allowed)
                count += 1
                yield f"{self.name}-{protocol}-{mode}", case, reason
        assert count, f"the row {self.name} has no case"
