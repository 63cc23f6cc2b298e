# SPDX-License-Identifier: Apache-2.0
"""Compares an MPD with the playlists of the same stream, and with the media.

Names and headers of each number are those of the playlist; the times of its Periods are those of
the segments and their EXT-X-PROGRAM-DATE-TIME.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urljoin

from follow import Kept, Recording
from fragments import sample_times
from harness.mpdform import SPACE

KINDS = ("video", "audio")
# The most by which a segment of video may begin before or after its stated time, in seconds.
MOST_OFF = 0.005
# The same of audio, in its frames. A segment begins with the frame that contains its time, so that
# players that begin there have audio from the first picture on: up to a frame earlier. A timeline
# states the time of that frame. Copied frames have the phase of their source: half a frame.
MOST_EARLY, MOST_PHASE = 1, 0.5
# Stated times are whole ticks of a timescale.
ROUNDED = 0.001
# The most by which its date may differ from the start of its Period: dates follow the drift of the
# source, by 0.3 ms per second.
MOST_DRIFT = 0.02


@dataclass(frozen=True)
class Span:
    """The first track of a kind in a Period, with its first number and the names of its segments.

    `begins` is the media time of the first number, and `shift` the wall-clock time minus the media
    time, both in seconds; `duration` is that of a segment, or None if `times` has those of each.
    """

    number: int
    header: str
    media: str
    begins: float = 0
    shift: float = 0
    duration: float | None = None
    times: dict[int, float] = field(default_factory=dict)

    def begin(self, number: int) -> float | None:
        """The stated media time of a segment; None if it is not listed."""
        if self.duration is None:
            return self.times.get(number)
        return self.begins + (number - self.number) * self.duration


def seconds(text: str) -> float:
    """An xs:duration in the form that the program writes."""
    found = re.fullmatch(r"PT([\d.]+)S", text)
    assert found, text
    return float(found[1])


def spans(text: str, address: str) -> dict[str, list[Span]]:
    """The Periods, oldest first, by kind of track; of several tracks of a kind the first one."""
    found: dict[str, list[Span]] = {kind: [] for kind in KINDS}
    root = ET.fromstring(text)
    start = root.attrib.get("availabilityStartTime", "1970-01-01T00:00:00Z")
    available = datetime.fromisoformat(start.replace("Z", "+00:00")).timestamp()
    for period in root.findall(SPACE + "Period"):
        shift = available + seconds(period.attrib.get("start", "PT0S"))
        for adaptation in period.findall(SPACE + "AdaptationSet"):
            kind = adaptation.attrib.get("contentType", "")
            template = next(adaptation.iter(SPACE + "SegmentTemplate"), None)
            first = next(adaptation.iter(SPACE + "Representation"), None)
            if kind not in KINDS or template is None or first is None:
                continue
            mine = span(template, first.attrib["id"], address, shift)
            if not found[kind] or found[kind][-1].number < mine.number:
                found[kind].append(mine)
    return found


def span(template: ET.Element, track: str, address: str, start: float) -> Span:
    """A SegmentTemplate of a Period that starts at a wall-clock time."""
    names = [urljoin(address, template.attrib[name].replace("$RepresentationID$", track))
             for name in ("initialization", "media")]
    number, scale = (int(template.attrib.get(name, 1)) for name in ("startNumber", "timescale"))
    offset = int(template.attrib.get("presentationTimeOffset", 0)) / scale
    duration = template.attrib.get("duration")
    times = {number + index: time / scale for index, time in enumerate(listed(template))}
    return Span(number, names[0], names[1], offset, start - offset,
                int(duration) / scale if duration else None, times)


def listed(template: ET.Element) -> Iterator[int]:
    """The times of the segments of a SegmentTimeline, in ticks."""
    time = 0
    for one in template.iter(SPACE + "S"):
        time = int(one.attrib.get("t", time))
        for _ in range(1 + int(one.attrib.get("r", 0))):
            yield time
            time += int(one.attrib["d"])


def faults_of(text: str, address: str, recording: Recording) -> list[str]:
    """The numbers for which the MPD states another header, name or time than the playlist."""
    faults = []
    for kind, listed_spans in spans(text, address).items():
        followed = recording.renditions.get(kind)
        if followed is None:
            continue
        for number, segment in sorted(followed.segments.items()):
            before = [one for one in listed_spans if one.number <= number]
            if segment.is_gap or not before:
                continue
            found = before[-1]
            if found.header != segment.header:
                faults.append(f"MPD: {kind} {number} with {found.header}, playlist: "
                              f"{segment.header}")
            elif found.media.replace("$Number$", str(number)) != segment.address:
                faults.append(f"MPD: {found.media} for {segment.address}")
            elif segment.media:
                faults += times_of(kind, found, segment, recording.headers[segment.header])
    return faults


def most_off(kind: str, found: Span, frame: float) -> tuple[float, float]:
    """The most by which a segment may begin before and after its stated time, in seconds.

    `frame` is the duration of a frame. With @duration it is half a segment (ISO/IEC 23009-1,
    section 7.2.1) at most.
    """
    if kind == "video":
        return MOST_OFF, MOST_OFF
    before, after = MOST_PHASE * frame + ROUNDED, MOST_PHASE * frame + ROUNDED
    if found.duration is None:
        return before, after
    return min(before + MOST_EARLY * frame, found.duration / 2), min(after, found.duration / 2)


def times_of(kind: str, found: Span, segment: Kept, header: bytes) -> list[str]:
    """Another time than that of the media, or of its date."""
    first = sample_times(header, segment.media)[0]
    begins, stated = float(first.dts), found.begin(segment.number)
    before, after = most_off(kind, found, float(first.duration))
    if stated is not None and not -before <= begins - stated <= after:
        return [f"MPD: {kind} {segment.number} at {stated:.3f} s, its media at {begins:.3f} s"]
    if kind == "video" and segment.date is not None \
            and abs(begins + found.shift - segment.date) > MOST_DRIFT:
        return [f"MPD: {kind} {segment.number} at {begins + found.shift:.3f} s, its date is "
                f"{segment.date:.3f} s"]
    return []
