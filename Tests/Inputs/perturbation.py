# SPDX-License-Identifier: Apache-2.0
"""Perturbations: deviations from a well-formed input, which can be applied one after another."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from typing import Any, ClassVar, Self

from allowed import Allowed
from samples import Material

RTMP, ENHANCED, RTSP, RTSP_UDP = "rtmp", "enhanced-rtmp", "rtsp", "rtsp-udp"
SRT, UDP, HTTP, CMAF, PAGE = "srt", "udp", "http-ts", "cmaf", "page"
TRANSPORT_STREAMS = (SRT, UDP, HTTP)
PUBLISHERS = (RTMP, ENHANCED, SRT, HTTP, CMAF, PAGE)
ALL = (RTMP, ENHANCED, RTSP, RTSP_UDP, SRT, UDP, HTTP, CMAF, PAGE)


class Perturbation(ABC):
    """A frozen dataclass with the parameters of a deviation."""

    # The protocols that can carry it.
    protocols: ClassVar[tuple[str, ...]] = ALL
    # Parameters that shrink towards these values.
    least: ClassVar[dict[str, Any]] = {}

    @abstractmethod
    def apply(self, material: Material) -> Material:
        """The material with the deviation."""

    def allowed(self, mode: str) -> Allowed:  # noqa: ARG002
        """The deviations that players may notice."""
        return Allowed()

    @classmethod
    def chosen(cls, chance: random.Random) -> Self:
        """One with parameters by chance."""
        raise NotImplementedError(cls.__name__)

    @classmethod
    def chosen_for(cls, chance: random.Random, protocol: str) -> Self:  # noqa: ARG003
        """One with parameters by chance that a protocol can carry."""
        return cls.chosen(chance)

    @classmethod
    def can_be_carried(cls, protocol: str) -> bool:
        """Whether a protocol can carry one of them."""
        return protocol in cls.protocols

    def smaller(self) -> Iterator[Self]:
        """The perturbations whose parameters are one step nearer to the least ones."""
        for item in fields(self):  # type: ignore[arg-type]
            value, least = getattr(self, item.name), self.least.get(item.name)
            if least is None or value == least:
                continue
            yield replace(self, **{item.name: least})  # type: ignore[type-var]
            half = least + (value - least) / 2
            if isinstance(value, int):
                half = int(half)
            if half not in (value, least):
                yield replace(self, **{item.name: half})  # type: ignore[type-var]


def applied(material: Material, perturbations: Sequence[Perturbation]) -> Material:
    """The material after all perturbations, in their order."""
    for perturbation in perturbations:
        material = perturbation.apply(material)
    return material
