# SPDX-License-Identifier: Apache-2.0
"""The rules of MPDs that `streamer validate` lacks refuse modified MPDs, and accept ours (DM-01).

The MPDs are the golden files of the unit tests: one per form that the program writes.
"""

from __future__ import annotations

import copy
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.mpd import fetch, need_schema, validate_by_schema
from harness.mpdform import FORMS, MANY, SPACE, form_faults, form_name, name_of
from harness.mpdrules import RULES, faults
from harness.program import Program
from harness.tools import ROOT

GOLDEN = sorted((ROOT / "Tests/DASHPackagerTests/Golden").glob("*.mpd"))
BY_NAME = {path.stem: path for path in GOLDEN}
ATO = r' availabilityTimeOffset="[^"]*" availabilityTimeComplete="false"'
TIMING = r'(presentationTime="90000">\s*<UTCTiming schemeIdUri="[^"]*:)http-iso'

# Start of the fault (the rule's name first), golden file, pattern, replacement of the first match.
MUTATIONS: list[tuple[str, str, str, str]] = [
    ("presentation_type", "running", ' minimumUpdatePeriod="PT2S"', ""),
    ("presentation_type", "running", ' timeShiftBufferDepth="PT10S"', ""),
    ("presentation_type", "running", ' suggestedPresentationDelay="[^"]*"', ""),
    ("presentation_type", "running", 'timeShiftBufferDepth="PT10S"', 'timeShiftBufferDepth="PT0S"'),
    ("presentation_type", "running", ' type="dynamic"', r'\g<0> mediaPresentationDuration="PT9S"'),
    ("presentation_type", "running", 'publishTime="2026', 'publishTime="1969'),
    ("presentation_type", "ended", ' mediaPresentationDuration="[^"]*"', ""),
    ("presentation_type", "ended", ' type="static"', r'\g<0> minimumUpdatePeriod="PT2S"'),
    ("presentation_type", "ended", ' duration="PT9.333333S"', ""),
    ("profiles", "running", ",http://www.dashif.org/guidelines/low-latency-live-v5", ""),
    ("profiles", "running", "urn:mpeg:dash:profile:isoff-live:2011,", ""),
    ("profiles", "running", "urn:mpeg:dash:profile:cmaf:2019,", ""),
    ("profiles", "ended", "cmaf:2019", "cmaf:2019,urn:mpeg:dash:profile:full:2011"),
    ("service_description", "running", "(?s)<ServiceDescription.*</ServiceDescription>", ""),
    ("service_description", "running", 'Delay="PT1S"', 'Delay="PT2S"'),
    ("service_description", "running", 'minBufferTime="PT0.25S"', 'minBufferTime="PT0.6S"'),
    ("service_description", "running", 'referenceId="1"', 'referenceId="2"'),
    ("service_description", "running", '<PlaybackRate min="0.92"', '<PlaybackRate min="1.01"'),
    ("service_description", "running", 'max="1.08"', 'max="0.98"'),
    ("periods", "discontinuity", 'start="PT1795155732.35S"', 'start="PT0S"'),
    ("periods", "ended", 'mediaPresentationDuration="PT1', 'mediaPresentationDuration="PT2'),
    ("ids", "audio", 'AdaptationSet id="2"', 'AdaptationSet id="1"'),
    ("ids", "audio", 'ProducerReferenceTime id="3"', 'ProducerReferenceTime id="1"'),
    ("ids", "discontinuity", 'ProducerReferenceTime id="5"', 'ProducerReferenceTime id="1"'),
    ("ids: ['video', 'video']", "running", '(?s)(<AdaptationSet id=")1(.*?</AdaptationSet>)',
     r"\g<1>1\2\g<1>2\2"),
    ("reference_times", "running", TIMING, r"\1http-xsdate"),
    ("reference_times", "running", "8080/time", "8081/time"),
    ("reference_times", "running", 'type="captured" wall', 'type="encoder" wall'),
    ("reference_times", "running", 'inband="true" ', ""),
    ("reference_times", "running", r':01\.000Z" pres', ':02.000Z" pres'),
    ("reference_times", "running", "01.020Z", "00.990Z"),
    ("reference_times", "running", 'presentationTime="90000"', 'presentationTime="0"'),
    ("reference_times", "running", 'TimeOffset="90000"', 'TimeOffset="180000"'),
    ("reference_times", "discontinuity", 'start="PT1795155732.35S"', 'start="PT1795155732S"'),
    ("segment_templates", "running", "<SegmentTemplate[^>]*>", ""),
    ("segment_templates", "renditions", "<SegmentTemplate[^>]*>", ""),
    ("segment_templates", "running", '(?s)(<SegmentTemplate[^>]*>)(.*)(<Resync type="1"[^>]*>)',
     r"\1\2\3\1"),
    ("segment_templates", "running", ' duration="90000"', ""),
    ("segment_templates", "variable-duration", "<SegmentTemplate", r'\g<0> duration="90000"'),
    ("segment_templates", "running", r"\$Number\$", "$Time$"),
    ("segment_templates", "running", r"\$Number\$", ""),
    ("segment_templates", "run", r"\$Number%05d\$", "$Number%5x$"),
    ("segment_templates", "running", r'media="\$RepresentationID\$/', 'media="'),
    ("segment_templates", "running", r'initialization="\$Rep[^/]*/', 'initialization="../'),
    ("segment_templates", "running", "init-", "init-$Number$"),
    ("timelines", "variable-duration", '<S t="161564014800000"', "<S"),
    ("timelines", "variable-duration", '<S t="161564014800000"', '<S t="1"'),
    ("segment_durations", "running", 'maxSegmentDuration="PT1.1S"', 'maxSegmentDuration="PT0.9S"'),
    ("segment_durations", "variable-duration", 'd="192000"', 'd="460000"'),
    ("low_latency", "ended", "<SegmentTemplate",
     r'\g<0> availabilityTimeOffset="0.9" availabilityTimeComplete="false"'),
    ("low_latency", "audio", ATO, ""),
    ("low_latency", "running", ATO, ""),
    ("low_latency", "renditions", 'availabilityTimeOffset="0.946"', 'availabilityTimeOffset="0.9"'),
    ("low_latency", "running", 'target="1000" min="500"', 'target="50" min="20"'),
    ("completeness", "ended", "<SegmentTemplate", r'\g<0> availabilityTimeComplete="false"'),
    ("resync", "running", '<Resync type="0"[^>]*>', ""),
    ("resync", "running", '<Resync type="1"[^>]*>', ""),
    ("resync", "running", '<Resync type="0"', '<Resync type="1"'),
    ("resync", "running", '<Resync type="1"', '<Resync type="0"'),
    ("resync", "running", 'dT="3000"', 'dT="90000"'),
    ("resync", "running", 'type="1" dT="90000"', 'type="1" dT="2999"'),
    ("resync", "ended", "(<SegmentTemplate)", r'<Resync type="0" dT="3000"/>\1'),
    ("low_latency_marks", "running", "<SupplementalProperty[^>]*>", ""),
    ("low_latency_marks", "running", "critical:2019", "scope:2019"),
    ("low_latency_marks", "running", '(critical:2019" value=")true', r"\1false"),
    ("low_latency_marks", "running", "<InbandEventStream[^>]*>", ""),
    ("low_latency_marks", "ended", "(<ProducerReferenceTime)",
     r'<InbandEventStream schemeIdUri="urn:mpeg:dash:event:2012" value="1"/>\1'),
    ("video_sizes", "running", 'maxWidth="640"', 'maxWidth="320"'),
    ("video_sizes", "running", 'maxHeight="360"', 'maxHeight="720"'),
    ("video_sizes", "running", 'maxFrameRate="30"', 'maxFrameRate="25"'),
    ("video_sizes", "running", 'par="16:9"', 'par="4:3"'),
    ("video_sizes", "running", 'par="16:9"', 'par="32:18"'),
    ("video_sizes", "running", 'sar="1:1"', 'sar="4:3"'),
    ("quality_rankings", "renditions", ' qualityRanking="1"', ""),
    ("quality_rankings", "renditions", 'qualityRanking="2"', 'qualityRanking="1"'),
]

# Values that at least one type of an attribute refuses; each attribute refuses one of them.
WRONG = ("", "-1", "x y", "18446744073709551616", "TRUE")


def label(row: object) -> str:
    """Short test ids."""
    return re.sub(r"[^\w.-]+", "-", str(row))[:40]


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_dm_01_rules_accept_each_form(path: Path) -> None:
    """DM-01: every golden MPD obeys the rules."""
    assert not faults(ET.parse(path).getroot())


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_dm_01_schema_accepts_each_form(path: Path) -> None:
    """DM-01: every golden MPD is valid against the schema."""
    validate_by_schema(path.read_text(), need_schema(), path.stem)


def test_dm_01_schema_accepts_the_running_mpd(server: Program) -> None:
    """DM-01: the MPD of the running program is valid against the schema."""
    validate_by_schema(fetch(server.port).text, need_schema())


@pytest.mark.parametrize("name, golden, pattern, replacement", MUTATIONS, ids=label)
def test_rule_refuses_a_modified_mpd(name: str, golden: str, pattern: str,
                                     replacement: str) -> None:
    """The rule finds a fault in the modified MPD."""
    text = BY_NAME[golden].read_text()
    changed, count = re.subn(pattern, replacement, text, count=1)
    assert count == 1 and changed != text
    found = faults(ET.fromstring(changed))
    assert any(fault.startswith(name) for fault in found), found


def test_every_rule_refuses_an_mpd() -> None:
    """Each rule is in the table of mutations."""
    assert {check.__name__ for check in RULES} == {
        row[0].partition(":")[0]
        for row in MUTATIONS
    }


def forms_of(root: ET.Element, content: str = "") -> Iterator[tuple[str, ET.Element]]:
    """Each element with its key in the table of forms."""
    if name_of(root) == "AdaptationSet":
        content = root.attrib["contentType"]
    yield form_name(root, content), root
    for child in root:
        yield from forms_of(child, content)


def modified(name: str, element: ET.Element) -> Iterator[tuple[str, ET.Element]]:
    """Copies of an element, each with one fault of form."""
    form = FORMS[name]
    for attribute in form.required:
        other = copy.deepcopy(element)
        del other.attrib[attribute]
        yield f"{attribute} left out", other
    for attribute in element.attrib:
        for value in WRONG:
            types = form.required | form.optional
            if not types[attribute](value):
                other = copy.deepcopy(element)
                other.set(attribute, value)
                yield f'{attribute} is "{value}"', other
    other = copy.deepcopy(element)
    other.set("unknown", "1")
    yield "an unknown attribute", other
    other = copy.deepcopy(element)
    ET.SubElement(other, SPACE + "Unknown")
    yield "an unknown child", other
    if form.content is None:
        other = copy.deepcopy(element)
        other.text = "text"
        yield "text", other
    for child, least, most in form.children:
        places = [i for i, each in enumerate(element) if name_of(each) == child]
        if least and places:
            other = copy.deepcopy(element)
            for each in other.findall(SPACE + child):
                other.remove(each)
            yield f"no {child}", other
        if most < MANY and places:
            other = copy.deepcopy(element)
            for _ in range(most):
                other.insert(places[0], copy.deepcopy(element[places[0]]))
            yield f"too many of {child}", other
    for i in range(len(element) - 1):
        if element[i].tag != element[i + 1].tag:
            other = copy.deepcopy(element)
            first = other[i]
            other.remove(first)
            other.insert(i + 1, first)
            yield f"{name_of(first)} after its successor", other


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_form_refuses_each_modified_element(path: Path) -> None:
    """Attributes, values, children and their order: each fault in each element is found."""
    missed, count = [], 0
    for name, element in forms_of(ET.parse(path).getroot()):
        content = name.partition(" ")[2]
        for attribute in element.attrib:
            types = FORMS[name].required | FORMS[name].optional
            if all(types[attribute](value) for value in WRONG):
                missed.append(f"{name}@{attribute}: no wrong value")
        for change, other in modified(name, element):
            count += 1
            if not any(form_faults(other, content)):
                missed.append(f"{name}: {change}")
    assert not missed and count > 200, missed


def test_every_form_is_in_a_golden_mpd() -> None:
    """The table of forms has no element that no MPD has."""
    found = {name for path in GOLDEN for name, _ in forms_of(ET.parse(path).getroot())}
    assert found == set(FORMS)
