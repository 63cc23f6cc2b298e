# SPDX-License-Identifier: Apache-2.0
"""The form of an MPD: elements, their order and number, attributes and the types of their values.

The table has the elements and attributes that the program writes; others are faults, so that a new
one is added here with its type. Orders, types and required attributes are those of ISO/IEC
23009-1:2022, narrowed to the values that the program uses.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

SPACE = "{urn:mpeg:dash:schema:mpd:2011}"
MANY = 1 << 30
# The schemes of events in chunks, in the order of the MPD.
EVENT_SCHEMES = [
    "urn:streamer:event", "urn:scte:scte35:2013:bin", "https://aomedia.org/emsg/ID3",
    "urn:misb:KLV:bin:1910.1", "urn:misb:KLV:bin:1910.1",
]

Type = Callable[[str], bool]


def matching(pattern: str) -> Type:
    """Values that match a regular expression as a whole."""
    return lambda value: re.fullmatch(pattern, value) is not None


def one_of(*values: str) -> Type:
    """One of the given values."""
    return lambda value: value in values


def unsigned(bits: int, least: int = 0) -> Type:
    """A whole number from `least` that fits into `bits`."""
    return lambda value: value.isascii() and value.isdigit() and least <= int(value) < 1 << bits


def date_time(value: str) -> bool:
    """An xs:dateTime in UTC with milliseconds or microseconds."""
    if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(\d{3})?Z", value):
        return False
    try:
        datetime.fromisoformat(value[:-1])
    except ValueError:
        return False
    return True


def url(value: str) -> bool:
    """An absolute http or https URL."""
    parts = urlsplit(value)
    return parts.scheme in ("http", "https") and bool(parts.netloc) and not re.search(r"\s", value)


u32, u64 = unsigned(32), unsigned(64)
positive = unsigned(32, least=1)
text = matching(r".+")
word = matching(r"\S+")
boolean = one_of("true", "false")
decimal = matching(r"\d+(\.\d+)?")
# xs:duration of seconds only; players parse it as a number.
duration = matching(r"PT\d+(\.\d{1,6})?S")
frame_rate = matching(r"[1-9]\d*(/[1-9]\d*)?")
ratio = matching(r"[1-9]\d*:[1-9]\d*")
urn = matching(r"(urn:[a-zA-Z0-9-]+:|http://)\S+")


@dataclass(frozen=True)
class Form:
    """What an element may contain."""

    required: dict[str, Type] = field(default_factory=dict)
    optional: dict[str, Type] = field(default_factory=dict)
    # Name, least and largest number, in order.
    children: tuple[tuple[str, int, int], ...] = ()
    content: Type | None = None


DESCRIPTOR = Form({"schemeIdUri": urn, "value": text})
SET = {
    "id": positive, "mimeType": word, "containerProfiles": one_of("cmfc"),
    "segmentAlignment": boolean, "startWithSAP": one_of("1"),
}
SET_CHILDREN = (
    ("SupplementalProperty", 0, 1), ("InbandEventStream", 0, 6), ("Label", 0, 1),
    ("ProducerReferenceTime", 1, 2), ("Resync", 0, 1), ("Accessibility", 0, 2), ("Role", 0, 2),
    ("SegmentTemplate", 0, 1), ("Representation", 1, MANY),
)
REPRESENTATION = {"id": word, "bandwidth": positive}

FORMS: dict[str, Form] = {
    "MPD": Form(
        {
            "id": text, "profiles": matching(r"[^,\s]+(,[^,\s]+)*"),
            "type": one_of("dynamic", "static"), "availabilityStartTime": date_time,
            "publishTime": date_time, "minBufferTime": duration, "maxSegmentDuration": duration,
        },
        {
            "minimumUpdatePeriod": duration, "timeShiftBufferDepth": duration,
            "suggestedPresentationDelay": duration, "mediaPresentationDuration": duration,
        },
        (("BaseURL", 0, 1), ("ServiceDescription", 0, 1), ("Period", 1, MANY),
         ("UTCTiming", 1, MANY))),
    "BaseURL": Form(content=word),
    "ServiceDescription": Form({"id": u32}, {}, (("Latency", 1, 1), ("PlaybackRate", 0, 1))),
    "Latency": Form({"referenceId": positive, "target": positive, "min": u32, "max": positive}),
    "PlaybackRate": Form({"min": decimal, "max": decimal}),
    "Period": Form({"id": word, "start": duration}, {"duration": duration},
                   (("AdaptationSet", 1, 18), )),
    "AdaptationSet video": Form(
        SET | {
            "contentType": one_of("video"), "mimeType": one_of("video/mp4"), "maxWidth": positive,
            "maxHeight": positive, "maxFrameRate": frame_rate, "par": ratio,
        }, {}, SET_CHILDREN),
    "AdaptationSet audio": Form(
        SET | {
            "contentType": one_of("audio"), "mimeType": one_of("audio/mp4"),
            "lang": matching(r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*"),
        }, {}, SET_CHILDREN),
    "Representation video": Form(
        REPRESENTATION | {
            # RFC 6381 §3.3; ISO/IEC 14496-15 Annex E.3
            "codecs": matching(r"avc[13]\.[0-9A-Fa-f]{6}|"
                               r"hvc1\.[ABC]?\d+\.[0-9A-F]{1,8}\.[LH]\d+(\.[0-9A-F]{1,2}){0,6}"),
            "width": positive, "height": positive, "frameRate": frame_rate, "sar": ratio,
        }, {"qualityRanking": u32, "scanType": one_of("interlaced")},
        (("Resync", 0, 1), ("SegmentTemplate", 0, 1))),
    "Representation audio": Form(
        REPRESENTATION | {"codecs": matching(r"mp4a\.40\.\d+"), "audioSamplingRate": positive}, {},
        (("AudioChannelConfiguration", 1, 1), ("Resync", 0, 1), ("SegmentTemplate", 0, 1))),
    "AudioChannelConfiguration": Form({
        "schemeIdUri": one_of("urn:mpeg:dash:23003:3:audio_channel_configuration:2011"),
        "value": positive,
    }),
    "SupplementalProperty": DESCRIPTOR,
    "Role": Form({"schemeIdUri": one_of("urn:mpeg:dash:role:2011"), "value": one_of(
        "main", "alternate", "description", "enhanced-audio-intelligibility")}),
    "Accessibility": Form({
        "schemeIdUri": one_of("urn:tva:metadata:cs:AudioPurposeCS:2007",
                              "urn:scte:dash:cc:cea-608:2015", "urn:scte:dash:cc:cea-708:2015"),
        # An audience, channels such as CC1=eng;CC3, or services such as 1=lang:eng.
        "value": matching(r"[12]|CC\d(=[a-z]{3})?(;CC\d(=[a-z]{3})?)*"
                          r"|\d+=lang:[a-z]{3}(;\d+=lang:[a-z]{3})*")}),
    "Label": Form(content=text),
    "InbandEventStream": Form(
        {
            "schemeIdUri": one_of("urn:mpeg:dash:event:2012", *EVENT_SCHEMES),
            "value": one_of("0", "1", "KLVx:01FC", "KLVx:01BD"),
        }),
    "ProducerReferenceTime": Form(
        {
            "id": positive, "type": one_of("captured", "encoder"), "wallClockTime": date_time,
            "presentationTime": u64,
        }, {"inband": boolean}, (("UTCTiming", 1, 1), )),
    "UTCTiming": Form({
        "schemeIdUri": one_of("urn:mpeg:dash:utc:http-iso:2014",
                              "urn:mpeg:dash:utc:http-xsdate:2014"),
        "value": url,
    }),
    "Resync": Form({"type": one_of("0", "1", "2", "3"), "dT": positive}),
    "SegmentTemplate": Form(
        {
            "timescale": positive, "startNumber": u32, "presentationTimeOffset": u64,
            "initialization": word, "media": word,
        },
        {
            "duration": positive, "availabilityTimeOffset": decimal,
            "availabilityTimeComplete": boolean,
        }, (("SegmentTimeline", 0, 1), )),
    "SegmentTimeline": Form(children=(("S", 1, MANY), )),
    "S": Form({"d": unsigned(64, least=1)}, {"t": u64}),
}


def name_of(element: ET.Element) -> str:
    """The name of an element without its namespace; other namespaces keep theirs."""
    return element.tag.removeprefix(SPACE)


def form_name(element: ET.Element, content: str) -> str:
    """The key in `FORMS`; `content` is the contentType of the AdaptationSet around it."""
    name = name_of(element)
    return f"{name} {content}" if name in ("AdaptationSet", "Representation") else name


def form_faults(element: ET.Element, content: str = "") -> Iterator[str]:
    """The faults of an element and of all elements in it."""
    if name_of(element) == "AdaptationSet":
        content = element.get("contentType", "")
    name = form_name(element, content)
    form = FORMS.get(name)
    if form is None:
        yield f"{name}: unknown element"
        return
    for attribute in form.required.keys() - element.attrib.keys():
        yield f"{name}@{attribute}: missing"
    types = form.required | form.optional
    for attribute, value in element.attrib.items():
        if attribute not in types:
            yield f"{name}@{attribute}: unknown attribute"
        elif not types[attribute](value):
            yield f'{name}@{attribute}: invalid value "{value}"'
    yield from child_faults(name, form, [name_of(child) for child in element])
    # Text of the element and after each of its children.
    written = "".join([element.text or "", *(child.tail or "" for child in element)])
    if form.content is None and written.strip():
        yield f'{name}: text "{written.strip()}"'
    if form.content is not None and not form.content(written):
        yield f'{name}: invalid text "{written}"'
    for child in element:
        yield from form_faults(child, content)


def child_faults(name: str, form: Form, children: list[str]) -> Iterator[str]:
    """Children out of order, too few or too many."""
    order = [child for child, _, _ in form.children]
    known = [order.index(child) for child in children if child in order]
    if known != sorted(known):
        yield f"{name}: order of {', '.join(children)}"
    for child, least, most in form.children:
        if not least <= children.count(child) <= most:
            yield f"{name}: {children.count(child)} of {child}"
    for child in set(children) - set(order):
        yield f"{name}: unknown child {child}"
