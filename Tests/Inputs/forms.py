# SPDX-License-Identifier: Apache-2.0
"""Perturbations of the form in which a sender writes media: packets, extras, metadata, programs."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from allowed import Allowed
from perturbation import ENHANCED, HTTP, RTMP, RTSP, RTSP_UDP, SRT, UDP, Perturbation
from samples import Material, Sample

FLV = (RTMP, ENHANCED)
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
        """Within the packets of the frames."""
        return cls()


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
    def chosen(cls, chance: random.Random) -> Self:
        """Forms of FLV that are played."""
        form, value = chance.choice([
            ("start_codes", True), ("aggregate", True), ("metadata", None),
            ("metadata", b"\x02\x00\x0AonMetaData\x08\xff\xff\xff\xff"), ("differences", True),
            ("late_metadata", (360_000, {"width": 1920, "height": 1080, "framerate": 60})),
            ("metadata", {"width": 640, "height": 480, "framerate": 15.0, "duration": 0})])
        return cls(form, value)
