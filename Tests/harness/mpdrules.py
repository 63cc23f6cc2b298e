# SPDX-License-Identifier: Apache-2.0
"""Rules about several values of an MPD that `streamer validate` lacks: ISO/IEC 23009-1, DASH-IF.

Each rule is a generator of faults; `faults` runs all of them after the form of the elements. Clause
numbers of "r8" are those of the DASH-IF Low-Latency Live change request, revision 8.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from fractions import Fraction
from itertools import pairwise
from math import gcd

from harness.mpdform import EVENT_SCHEMES, SPACE, form_faults

LIVE = "urn:mpeg:dash:profile:isoff-live:2011"
CMAF = "urn:mpeg:dash:profile:cmaf:2019"
LOW_LATENCY = "http://www.dashif.org/guidelines/low-latency-live-v5"
# Times are printed in whole microseconds, rounded down.
ROUNDING = Fraction(2, 1_000_000)

Rule = Callable[[ET.Element], Iterator[str]]
RULES: list[Rule] = []


def rule(function: Rule) -> Rule:
    """Adds a function to the rules."""
    RULES.append(function)
    return function


def faults(root: ET.Element) -> list[str]:
    """The faults of an MPD; rules about values are tried only if the form is right."""
    if root.tag != SPACE + "MPD":
        return [f"root element {root.tag}"]
    found = list(form_faults(root))
    return found or [f"{check.__name__}: {fault}" for check in RULES for fault in check(root)]


def seconds(value: str) -> Fraction:
    """An xs:duration of seconds only."""
    return Fraction(value[2:-1])


def clock(value: str) -> Fraction:
    """Unix seconds of an xs:dateTime in UTC."""
    at = datetime.fromisoformat(value[:-1]).replace(tzinfo=timezone.utc)
    return Fraction(int(at.timestamp())) + Fraction(at.microsecond, 1_000_000)


def rate(value: str) -> Fraction:
    """A frame rate or an aspect ratio."""
    return Fraction(value.replace(":", "/"))


def all_of(element: ET.Element, name: str) -> list[ET.Element]:
    """The children with a name."""
    return element.findall(SPACE + name)


def is_live(root: ET.Element) -> bool:
    """Whether the MPD has type dynamic."""
    return root.get("type") == "dynamic"


def adaptation_sets(root: ET.Element) -> list[tuple[ET.Element, ET.Element]]:
    """Each Period with each of its AdaptationSets."""
    return [(period, each) for period in all_of(root, "Period")
            for each in all_of(period, "AdaptationSet")]


def templates(each: ET.Element) -> list[ET.Element]:
    """The SegmentTemplates of an AdaptationSet: its own, and those of its Representations."""
    return list(each.iter(SPACE + "SegmentTemplate"))


def longest_segment(template: ET.Element) -> int:
    """The longest segment duration that a SegmentTemplate states, in ticks; 0 without one."""
    if "duration" in template.attrib:
        return int(template.attrib["duration"])
    return max((int(s.attrib["d"]) for s in template.iter(SPACE + "S")), default=0)


def repeated(values: list[str]) -> list[str]:
    """The values that occur more than once."""
    return sorted({value for value in values if values.count(value) > 1})


@rule
def presentation_type(root: ET.Element) -> Iterator[str]:
    """The attributes of a live and of an ended presentation: §5.3.1.2; r8 9.X.6.3.5, table 3."""
    live = {"minimumUpdatePeriod", "timeShiftBufferDepth", "suggestedPresentationDelay"}
    ended = {"mediaPresentationDuration"}
    wanted, refused = (live, ended) if is_live(root) else (ended, live)
    for name in sorted(wanted - root.attrib.keys()):
        yield f"{name} is missing"
    for name in sorted(refused & root.attrib.keys()):
        yield f"{name} in type {root.get('type')}"
    periods = all_of(root, "Period")
    # In a live presentation a Period has it while its source is away, and afterwards.
    if not is_live(root) and any("duration" not in period.attrib for period in periods):
        yield "a Period of an ended presentation without its duration"
    if is_live(root) and not seconds(root.get("timeShiftBufferDepth", "PT0S")):
        yield "an empty window"
    if clock(root.attrib["publishTime"]) < clock(root.attrib["availabilityStartTime"]):
        yield "publishTime before availabilityStartTime"


@rule
def profiles(root: ET.Element) -> Iterator[str]:
    """The profiles: r8 9.X.4.1, 9.X.4.5-2."""
    found = root.attrib["profiles"].split(",")
    wanted = [LIVE, CMAF] + ([LOW_LATENCY] if is_live(root) else [])
    if found != wanted:
        yield f"{found}"


@rule
def service_description(root: ET.Element) -> Iterator[str]:
    """Latency and playback rate: Annex K; r8 9.X.4.2-1."""
    found = all_of(root, "ServiceDescription")
    if len(found) != int(is_live(root)):
        yield f"{len(found)} in type {root.get('type')}"
    for latency in root.iter(SPACE + "Latency"):
        target = int(latency.attrib["target"])
        if seconds(root.get("suggestedPresentationDelay", "PT0S")) * 1000 != target:
            yield "suggestedPresentationDelay is not the target"
        if seconds(root.attrib["minBufferTime"]) * 2000 > target:
            yield "minBufferTime above half the target"
        first = next(root.iter(SPACE + "ProducerReferenceTime"))
        if (first.get("id"), first.get("type")) != (latency.get("referenceId"), "captured"):
            yield "referenceId is not the first ProducerReferenceTime of type captured"
    for speed in root.iter(SPACE + "PlaybackRate"):
        if not 0 < Fraction(speed.attrib["min"]) <= 1 <= Fraction(speed.attrib["max"]):
            yield "PlaybackRate: expected min ≤ 1 ≤ max"


@rule
def periods(root: ET.Element) -> Iterator[str]:
    """Periods follow one another: §5.3.2."""
    found = all_of(root, "Period")
    for before, after in pairwise(found):
        begin, next_begin = seconds(before.attrib["start"]), seconds(after.attrib["start"])
        end = begin + seconds(before.get("duration", "PT0S"))
        if next_begin <= begin or next_begin + ROUNDING < end:
            yield f"{after.get('id')} starts before the end of {before.get('id')}"
    if "mediaPresentationDuration" in root.attrib:
        end = seconds(found[-1].attrib["start"]) + seconds(found[-1].get("duration", "PT0S"))
        if abs(seconds(root.attrib["mediaPresentationDuration"]) - end) > ROUNDING:
            yield "mediaPresentationDuration is not the end of the last Period"


@rule
def ids(root: ET.Element) -> Iterator[str]:
    """AdaptationSets are identified within a Period: §5.3.3.2."""
    for period in all_of(root, "Period"):
        for each in repeated([e.attrib["id"] for e in all_of(period, "AdaptationSet")]):
            yield f"AdaptationSet {each} twice in {period.get('id')}"
        kinds = [each.attrib["contentType"] for each in all_of(period, "AdaptationSet")]
        if repeated(kinds):
            yield f"{kinds} in {period.get('id')}"
    times = [e.attrib["id"] for e in root.iter(SPACE + "ProducerReferenceTime")]
    for each in repeated(times):
        yield f"ProducerReferenceTime {each} twice"


@rule
def reference_times(root: ET.Element) -> Iterator[str]:
    """Times of capture and publication: §5.12; r8 9.X.4.2-6, 9.X.4.3-1, 9.X.6.2.3."""
    clocks = [e.attrib for e in all_of(root, "UTCTiming")]
    timings = root.findall(f".//{SPACE}ProducerReferenceTime/{SPACE}UTCTiming")
    if any(e.attrib not in clocks or e.attrib != timings[0].attrib for e in timings):
        yield "UTCTiming is not one of the MPD, or not the same everywhere"
    start = clock(root.attrib["availabilityStartTime"])
    for period, each in adaptation_sets(root):
        found = {t.attrib["type"]: t for t in all_of(each, "ProducerReferenceTime")}
        if list(found)[:1] != ["captured"] or found["captured"].get("inband") != "true":
            yield "the first is not an inband one of type captured"
            continue
        captured = clock(found["captured"].attrib["wallClockTime"])
        if abs(captured - start - seconds(period.attrib["start"])) > ROUNDING:
            yield f"captured {captured} is not the start of Period {period.get('id')}"
        if "encoder" in found and clock(found["encoder"].attrib["wallClockTime"]) <= captured:
            yield "encoder is not after captured"
        offsets = {t.attrib["presentationTimeOffset"] for t in templates(each)}
        if any({t.attrib["presentationTime"]} != offsets for t in found.values()):
            yield "presentationTime is not presentationTimeOffset"


@rule
def segment_templates(root: ET.Element) -> Iterator[str]:
    """One SegmentTemplate per Representation, with names by number: §5.3.9.4."""
    for _, each in adaptation_sets(root):
        own = len(all_of(each, "SegmentTemplate"))
        for representation in all_of(each, "Representation"):
            if own + len(all_of(representation, "SegmentTemplate")) != 1:
                yield f"not one for Representation {representation.get('id')}"
        for template in templates(each):
            if ("duration" in template.attrib) == bool(all_of(template, "SegmentTimeline")):
                yield "expected either duration or SegmentTimeline"
            media, header = template.attrib["media"], template.attrib["initialization"]
            number = r"\$Number(%0\d+d)?\$"
            if not re.fullmatch(r"\$RepresentationID\$/[\w.-]*" + number + r"[\w.-]*", media):
                yield f"media {media}"
            if not re.fullmatch(r"\$RepresentationID\$/[\w.-]+", header):
                yield f"initialization {header}"


@rule
def timelines(root: ET.Element) -> Iterator[str]:
    """A SegmentTimeline starts with a time in its Period: §5.3.9.6."""
    for _, each in adaptation_sets(root):
        for template in templates(each):
            for entry in list(template.iter(SPACE + "S"))[:1]:
                if "t" not in entry.attrib:
                    yield "the first S has no t"
                elif int(entry.attrib["t"]) < int(template.attrib["presentationTimeOffset"]):
                    yield f"S at {entry.attrib['t']} before its Period"


@rule
def segment_durations(root: ET.Element) -> Iterator[str]:
    """No segment is longer than maxSegmentDuration: §5.3.1.2."""
    most = seconds(root.attrib["maxSegmentDuration"])
    for template in root.iter(SPACE + "SegmentTemplate"):
        if longest_segment(template) > most * int(template.attrib["timescale"]):
            yield f"a segment longer than {float(most)} s"


@rule
def low_latency(root: ET.Element) -> Iterator[str]:
    """Availability of open segments: §5.3.9.5.2; r8 9.X.4.4, 9.X.4.5-5."""
    offsets = [(each, template, template.get("availabilityTimeOffset"))
               for _, each in adaptation_sets(root) for template in templates(each)]
    if not is_live(root):
        if any(offset is not None for _, _, offset in offsets):
            yield "availabilityTimeOffset in an ended presentation"
        return
    if len({offset is None for _, _, offset in offsets}) != 1:
        yield "availabilityTimeOffset in some of the SegmentTemplates only"
    target = next((Fraction(e.attrib["target"]) / 1000 for e in root.iter(SPACE + "Latency")), 0)
    for each, template, offset in offsets:
        longest = Fraction(longest_segment(template), int(template.attrib["timescale"]))
        if offset is None:
            if longest * 2 > target:
                yield "unchunked segments longer than half the target"
            continue
        # The rule is about the nominal duration; that of a SegmentTimeline varies.
        if "duration" in template.attrib and longest - Fraction(offset) >= target:
            yield "segments available later than the target"
    for _, each in adaptation_sets(root):
        if len({t.get("availabilityTimeOffset") for t in templates(each)}) != 1:
            yield f"several availabilityTimeOffsets in AdaptationSet {each.get('id')}"


@rule
def completeness(root: ET.Element) -> Iterator[str]:
    """availabilityTimeComplete is stated only beside availabilityTimeOffset: §5.3.9.5.2."""
    for template in root.iter(SPACE + "SegmentTemplate"):
        if "availabilityTimeComplete" in template.attrib \
                and "availabilityTimeOffset" not in template.attrib:
            yield "availabilityTimeComplete without availabilityTimeOffset"


@rule
def resync(root: ET.Element) -> Iterator[str]:
    """Resync of low-latency sets: chunks in the set, random access below: §5.13; r8 9.X.4.5-4."""
    for _, each in adaptation_sets(root):
        early = any("availabilityTimeOffset" in t.attrib for t in templates(each))
        if any(len(all_of(e, "Resync")) != int(early)
               for e in (each, *all_of(each, "Representation"))):
            yield f"not one per element in AdaptationSet {each.get('id')}"
        if any(e.get("type") != "0" for e in all_of(each, "Resync")):
            yield "type of an AdaptationSet is not 0"
        below = [e for r in all_of(each, "Representation") for e in all_of(r, "Resync")]
        if any(e.get("type") == "0" for e in below):
            yield "type of a Representation is 0"
        chunk = [int(e.attrib["dT"]) for e in all_of(each, "Resync")]
        longest = max((longest_segment(template) for template in templates(each)), default=0)
        if chunk and (chunk[0] >= longest or any(int(e.attrib["dT"]) < chunk[0] for e in below)):
            yield "dT: expected chunk < segment, and chunk ≤ distance of random access points"


@rule
def low_latency_marks(root: ET.Element) -> Iterator[str]:
    """DVB's property and MPD validity expiry events: r8 9.X.4.7; 9.X.4.2-4."""
    for _, each in adaptation_sets(root):
        early = any("availabilityTimeOffset" in t.attrib for t in templates(each))
        found = [e.attrib for e in all_of(each, "SupplementalProperty")]
        wanted = {"schemeIdUri": "urn:dvb:dash:lowlatency:critical:2019", "value": "true"}
        if found != [wanted] * int(early):
            yield f"SupplementalProperty {found}"
        schemes = [e.get("schemeIdUri") for e in all_of(each, "InbandEventStream")]
        has_events = is_live(root) and each.get("contentType") == "video"
        if schemes != ["urn:mpeg:dash:event:2012", *EVENT_SCHEMES] * int(has_events):
            yield f"InbandEventStreams {schemes} in AdaptationSet {each.get('id')}"


@rule
def video_sizes(root: ET.Element) -> Iterator[str]:
    """The bounds of an AdaptationSet are those of its Representations: §5.3.3.2."""
    for _, each in adaptation_sets(root):
        found = [e.attrib for e in all_of(each, "Representation")]
        if each.get("contentType") != "video":
            continue
        if max(int(e["width"]) for e in found) != int(each.attrib["maxWidth"]):
            yield "maxWidth"
        if max(int(e["height"]) for e in found) != int(each.attrib["maxHeight"]):
            yield "maxHeight"
        if max(rate(e["frameRate"]) for e in found) != rate(each.attrib["maxFrameRate"]):
            yield "maxFrameRate"
        left, right = map(int, each.attrib["par"].split(":"))
        shapes = [Fraction(int(e["width"]), int(e["height"])) * rate(e["sar"]) for e in found]
        if gcd(left, right) != 1 or Fraction(left, right) not in shapes:
            yield f"par {left}:{right}"


@rule
def quality_rankings(root: ET.Element) -> Iterator[str]:
    """Several Representations are ranked, each with its own rank: §5.3.5.2; r8 9.X.4.5-7."""
    for _, each in adaptation_sets(root):
        found = all_of(each, "Representation")
        ranks = [e.get("qualityRanking") for e in found]
        if len(found) > 1 and (None in ranks or len(set(ranks)) != len(ranks)):
            yield f"{ranks}"
