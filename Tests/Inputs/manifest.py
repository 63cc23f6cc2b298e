# SPDX-License-Identifier: Apache-2.0
"""Compares an MPD with the playlists of the same stream: names and headers of each number."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from urllib.parse import urljoin

from follow import Recording
from harness.mpdform import SPACE

KINDS = ("video", "audio")


def spans(text: str, address: str) -> dict[str, list[tuple[int, str, str]]]:
    """First number, header and media template of each Period, oldest first, by kind of track."""
    found: dict[str, list[tuple[int, str, str]]] = {kind: [] for kind in KINDS}
    for period in ET.fromstring(text).findall(SPACE + "Period"):
        for adaptation in period.findall(SPACE + "AdaptationSet"):
            kind = adaptation.attrib.get("contentType", "")
            template = next(adaptation.iter(SPACE + "SegmentTemplate"), None)
            first = next(adaptation.iter(SPACE + "Representation"), None)
            if kind not in KINDS or template is None or first is None:
                continue
            names = [urljoin(address, template.attrib[name].replace("$RepresentationID$",
                                                                    first.attrib["id"]))
                     for name in ("initialization", "media")]
            mine = int(template.attrib.get("startNumber", 1)), names[0], names[1]
            # Of several tracks of a kind the first one is compared.
            if not found[kind] or found[kind][-1][0] < mine[0]:
                found[kind].append(mine)
    return found


def faults_of(text: str, address: str, recording: Recording) -> list[str]:
    """The numbers for which the MPD states another header, or another name, than the playlist."""
    faults = []
    for kind, listed in spans(text, address).items():
        followed = recording.renditions.get(kind)
        if followed is None:
            continue
        for number, segment in sorted(followed.segments.items()):
            before = [one for one in listed if one[0] <= number]
            if segment.is_gap or not before:
                continue
            _, header, media = before[-1]
            if header != segment.header:
                faults.append(f"MPD: {kind} {number} with {header}, playlist: {segment.header}")
            elif media.replace("$Number$", str(number)) != segment.address:
                faults.append(f"MPD: {media} for {segment.address}")
    return faults
