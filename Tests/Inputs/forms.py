# SPDX-License-Identifier: Apache-2.0
"""Perturbations of the form in which a sender writes media: packets, extras, metadata, programs."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from allowed import Allowed
from perturbation import (
    ENHANCED, HTTP, RTMP, RTSP, RTSP_UDP, SRT, TRANSPORT_STREAMS, UDP, Perturbation)
from samples import Material, Sample
from senders.packets import Program

FLV, CAMERAS = (RTMP, ENHANCED), (RTSP, RTSP_UDP)
# The forms that players may notice.
PROGRAMS, CLOCK_SET = "programs", "clock_set"
# An access unit delimiter of any slice type, and user data of SEI.
DELIMITER = bytes.fromhex("09f0")
USER_DATA = b"\x06\x05\x18" + bytes(range(16)) + b"encoder\0" + b"\x80"


@dataclass(frozen=True)
class Extras(Perturbation):
    """Access units begin with a delimiter and SEI; `is_apart`: in packets of their own."""

    is_apart: bool = False
    protocols: ClassVar = (*FLV, RTSP, RTSP_UDP, SRT, UDP, HTTP)
    least: ClassVar[dict[str, Any]] = {"is_apart": False}

    def apply(self, material: Material) -> Material:
        """Adds the units."""
        def added(one: Sample) -> Sample:
            return replace(one, units=(DELIMITER, USER_DATA, *one.units)) if one.is_video else one

        return material.edited(lambda one: [added(one)]).written(extras_apart=self.is_apart)

    def allowed(self, mode: str) -> Allowed:  # noqa: ARG002
        """Nothing is noticed."""
        return Allowed(notices=("publisher-media",))

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """Within the packets of the frames, or in packets of their own."""
        return cls(chance.random() < 0.3)


@dataclass(frozen=True)
class Written(Perturbation):
    """One form with its value, of those that the sender of a protocol knows."""

    form: str = "start_codes"
    value: object = True
    carriers: tuple[str, ...] = FLV
    notices: tuple[str, ...] = ("publisher-media",)

    @property
    def protocols(self) -> tuple[str, ...]:  # type: ignore[override]
        """The protocols whose sender knows the form."""
        return self.carriers

    def apply(self, material: Material) -> Material:
        """Demands the form."""
        return material.written(**{self.form: self.value})

    def allowed(self, mode: str) -> Allowed:  # noqa: ARG002
        """A notice."""
        return Allowed(notices=self.notices)

    @classmethod
    def chosen_for(cls, chance: random.Random, protocol: str) -> Self:
        """A form of the protocol."""
        return cls(*chance.choice([one for one in FORMS if protocol in one[2]]))

    @classmethod
    def can_be_carried(cls, protocol: str) -> bool:
        """Whether the protocol has forms."""
        return any(protocol in carriers for _, _, carriers in FORMS)


# The forms that are played: their names, values, and the protocols whose sender knows them.
FORMS: tuple[tuple[str, object, tuple[str, ...]], ...] = (
    ("start_codes", True, FLV), ("in_band", True, FLV), ("aggregate", True, FLV),
    ("differences", True, FLV), ("metadata", None, FLV),
    ("metadata", b"\x02\x00\x0AonMetaData\x08\xff\xff\xff\xff", FLV),
    ("metadata", {"width": 640, "height": 480, "framerate": 15.0, "duration": 0}, FLV),
    ("late_metadata", (360_000, {"width": 1920, "height": 1080, "framerate": 60}), FLV),
    ("units_apart", True, (*FLV, *TRANSPORT_STREAMS)),
    ("unbounded", True, TRANSPORT_STREAMS), ("no_delimiter", True, TRANSPORT_STREAMS),
    ("latm", True, (*TRANSPORT_STREAMS, RTSP)),
    (PROGRAMS, ((0, Program()), (450_000, Program(video=0x200, audio=0x201, version=1))),
     TRANSPORT_STREAMS),
    (PROGRAMS, ((0, Program()), (450_000, Program(number=7, version=1))), TRANSPORT_STREAMS),
    (PROGRAMS, ((0, Program()), (450_000, Program(audio=0x202, version=1))), TRANSPORT_STREAMS),
    ("report_errors", (0.0, 0.03, 0.01, 0.035), CAMERAS), ("no_reports", True, CAMERAS),
    (CLOCK_SET, ((450_000, 3600.0),), CAMERAS), ("first_moment", 0, CAMERAS),
    ("marker_each", True, CAMERAS), ("overtaken", 40, (RTSP_UDP,)), ("twice", 40, (RTSP_UDP,)),
)
