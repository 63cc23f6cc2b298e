# SPDX-License-Identifier: Apache-2.0
"""Reads an MPD as a player does: numbers, availability times, validity."""

from __future__ import annotations

import os
import re
import subprocess
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import pytest

from harness.http1 import get
from harness.mpdform import SPACE
from harness.mpdrules import clock, faults, seconds
from harness.tools import ROOT, need


def schema() -> Path | None:
    """The path of DASH-MPD.xsd; None if the file is not on this machine.

    Looks at $DASH_XSD (a file or folder), then at shared/schemas in a folder above the repository.
    """
    given = os.environ.get("DASH_XSD")
    folders = [Path(given)] if given else [parent / "shared/schemas" for parent in ROOT.parents]
    for folder in folders:
        path = folder / "DASH-MPD.xsd" if folder.is_dir() else folder
        if path.is_file():
            return path
    return None


def need_schema() -> Path:
    """The path of DASH-MPD.xsd, or a skip."""
    path = schema()
    if path is None:
        pytest.skip("DASH-MPD.xsd not found (DASH_XSD): MPDs are not validated against the schema")
    return path


def validate_by_schema(text: str, path: Path, name: str = "MPD") -> None:
    """Fails with the output of xmllint unless the text is valid against the schema."""
    command = [
        need("xmllint", "MPDs against the schema"), "--noout", "--nonet", "--schema", str(path), "-"
    ]
    run = subprocess.run(command, input=text, capture_output=True, text=True, timeout=20)
    assert run.returncode == 0, f"{name}: {run.stderr}\n{text}"


def validate(text: str, name: str = "MPD") -> None:
    """Fails unless the text obeys our rules and, if it is on this machine, the schema."""
    found = faults(ET.fromstring(text))
    assert not found, f"{name}: {found}\n{text}"
    path = schema()
    if path is not None:
        validate_by_schema(text, path, name)


@dataclass(frozen=True)
class Period:
    """One Period: its first SegmentTemplate and its ProducerReferenceTimes."""

    id: str
    start: Fraction
    template: dict[str, str]
    times: tuple[dict[str, str], ...]
    representation: dict[str, str]

    @property
    def timescale(self) -> int:
        """Ticks per second."""
        return int(self.template["timescale"])

    @property
    def duration(self) -> Fraction:
        """The segment duration in seconds."""
        return Fraction(int(self.template["duration"]), self.timescale)

    @property
    def ahead(self) -> Fraction:
        """availabilityTimeOffset in seconds."""
        return Fraction(self.template.get("availabilityTimeOffset", "0"))

    def name(self, template: str, number: int = 0) -> str:
        """A name from the template, relative to the MPD."""
        text = self.template[template].replace("$RepresentationID$", self.representation["id"])
        text = text.replace("$Number$", str(number))
        return re.sub(r"\$Number%0(\d)d\$", lambda m: str(number).zfill(int(m.group(1))), text)

    def wall(self, ticks: int, kind: str = "captured") -> Fraction:
        """Unix seconds of a media time, by the ProducerReferenceTime of type `kind`."""
        time = next(t for t in self.times if t["type"] == kind)
        return clock(time["wallClockTime"]) + Fraction(ticks - int(time["presentationTime"]),
                                                       self.timescale)


@dataclass(frozen=True)
class Manifest:
    """An MPD."""

    text: str
    attributes: dict[str, str]
    base: str
    periods: tuple[Period, ...]
    root: ET.Element

    @property
    def start(self) -> Fraction:
        """availabilityStartTime, Unix seconds."""
        return clock(self.attributes["availabilityStartTime"])

    @property
    def last(self) -> Period:
        """The last Period."""
        return self.periods[-1]

    def number(self, now: float | Fraction) -> int:
        """The number of the open segment at Unix time `now`."""
        elapsed = (Fraction(now) - self.start - self.last.start) / self.last.duration
        return elapsed.__floor__() + int(self.last.template["startNumber"])

    def available(self, number: int) -> Fraction:
        """The availability time of a segment, Unix seconds."""
        count = number - int(self.last.template["startNumber"]) + 1
        return self.start + self.last.start + count * self.last.duration - self.last.ahead

    def media(self, number: int) -> str:
        """The path of a segment, relative to the MPD."""
        return self.base + self.last.name("media", number)

    @property
    def init(self) -> str:
        """The path of the initialization segment, relative to the MPD."""
        return self.base + self.last.name("initialization")


def parse(text: str) -> Manifest:
    """Parses the text of an MPD."""
    root = ET.fromstring(text)
    assert root.tag == SPACE + "MPD"
    periods = []
    for period in root.findall(SPACE + "Period"):
        template = next(period.iter(SPACE + "SegmentTemplate"))
        times = tuple(dict(t.attrib) for t in period.iter(SPACE + "ProducerReferenceTime"))
        representation = next(period.iter(SPACE + "Representation"))
        periods.append(
            Period(period.attrib["id"], seconds(period.attrib["start"]), dict(template.attrib),
                   times, dict(representation.attrib)))
    base = root.findtext(SPACE + "BaseURL") or ""
    return Manifest(text, dict(root.attrib), base, tuple(periods), root)


def fetch(port: int, path: str = "/live/manifest.mpd") -> Manifest:
    """The MPD at `path`; any status except 200 fails."""
    response = get(port, path)
    assert response.status == 200, f"{path}: {response.status} {response.body[:200]!r}"
    assert response.headers["content-type"] == "application/dash+xml"
    return parse(response.text)
