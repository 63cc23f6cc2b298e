# SPDX-License-Identifier: Apache-2.0
"""Events of a CMAF publisher: `emsg` in its video track becomes metadata of the stream."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import pytest

from harness.boxes import chunks, timescale
from harness.http1 import get
from harness.playlist import parse
from harness.program import Program
from harness.rtmp import HOST
from harness.trackpublisher import CMAF, PICTURE, CMAFTrack, boxes, encoded, tone
from harness.transport import sets, splice_insert, tag
from harness.waiting import wait_until
from test_metadata import SET_SCHEME, SPLICE_SCHEME, TAG_SCHEME, Message, messages_in
from test_published_texts import box

BASE = "/live/video/"
RATE = 30
# The frames of the events: a key frame, and two others.
SPLICE, TAG, SETS = 330, 340, 350
# The last frame with an event.
LAST = 370
SECTION = splice_insert(74, 12345, out=True, seconds=2)


def event(scheme: str, value: str, frame: int, data: bytes, number: int = 7) -> bytes:
    """An emsg of version 1 with the time of a frame of the track (ISO/IEC 23009-1 §5.10.3.3)."""
    return box("emsg", b"\1\0\0\0", RATE.to_bytes(4), frame.to_bytes(8), bytes(4),
               number.to_bytes(4), scheme.encode(), b"\0", value.encode(), b"\0", data)


def event_after(scheme: str, frames: int, data: bytes) -> bytes:
    """An emsg of version 0, whose time counts from the fragment that follows."""
    return box("emsg", bytes(4), scheme.encode(), b"\0\0", RATE.to_bytes(4), frames.to_bytes(4),
               bytes(4), b"\0\0\0\1", data)


def with_events(data: bytes, events: dict[int, bytes]) -> bytes:
    """A track with boxes before the fragments of these numbers."""
    made, number = [], 0
    for kind, one in boxes(data):
        if kind == b"moof":
            made.append(events.get(number, b""))
            number += 1
        made.append(one)
    return b"".join(made)


def found(program: Program) -> tuple[dict[str, list[Message]], list[int], int]:
    """The messages of the window by scheme, each once, the first times of segments, the scale."""
    playlist = parse(get(program.port, BASE + "playlist.m3u8").text)
    messages: dict[tuple[str, int], Message] = {}
    starts = []
    scale = timescale(get(program.port, BASE + str(playlist.segments[0].map_uri)).body)
    for segment in playlist.segments:
        if not segment.uri:
            continue
        data = get(program.port, BASE + segment.uri).body
        starts.append(chunks(data)[0].tfdt)
        for one in messages_in(data):
            messages[one.scheme, one.number] = one
    by_scheme: dict[str, list[Message]] = {}
    for (scheme, _), one in messages.items():
        by_scheme.setdefault(scheme, []).append(one)
    return by_scheme, starts, scale


def is_after(frame: int, program: Program) -> bool:
    """Whether a listed segment begins after a frame of the picture."""
    messages, starts, scale = found(program)
    splice = messages[SPLICE_SCHEME][0]
    return (starts[-1] - splice.ticks) * RATE > (frame - SPLICE) * scale


@pytest.mark.timeout(90)
@pytest.mark.parametrize("flags", [[], ["--resolution", "160x90", "--framerate", "30"]],
                         ids=["passed", "encoded"])
def test_events_of_cmaf_are_metadata(flags: list[str], streamer: Callable[..., Program]) -> None:
    """Each at its frame and once; malformed ones are one line, and the picture plays on."""
    program = streamer(*HOST, "--playlist-length", "30", *flags, defaults=False)
    video, audio = encoded(*PICTURE, *CMAF), encoded(*tone(440), *CMAF)
    splice = event(SPLICE_SCHEME, "", SPLICE, SECTION)
    malformed = [box("emsg", b"\1\0\0\0"), box("emsg", b"\xFF" * 300),
                 event(TAG_SCHEME, "", SPLICE, bytes(20_000))]
    other = event("urn:example", "1", SPLICE, b"x") + event("urn:streamer:event", "1", SPLICE,
                                                            b"{}")
    # Announced three times, also in the audio.
    video = with_events(video, {
        270: splice, 285: splice, 300: splice + other,
        330: event_after(TAG_SCHEME, TAG - 330, tag("Tür")),
        335: event(SET_SCHEME, "KLVx:01FC", SETS, sets(b"\2\2\0\7")),
        **{LAST - 5 * index: one for index, one in enumerate(malformed)}})
    audio = with_events(audio, {430: splice, 440: splice})
    begin = time.monotonic()
    tracks = [CMAFTrack(program, "/live/video.cmfv", video, RATE, begin),
              CMAFTrack(program, "/live/a.cmfa", audio, 48_000 / 1024, begin)]
    try:
        wait_until(lambda: get(program.port, BASE + "playlist.m3u8", timeout=15).status == 200, 20,
                   "a playlist")
        wait_until(lambda: SET_SCHEME in found(program)[0], 30, "the sets")
        wait_until(lambda: is_after(LAST, program), 20, "media after the malformed events")
        messages, starts, scale = found(program)
        [section], [words], [items] = (
            messages[scheme] for scheme in (SPLICE_SCHEME, TAG_SCHEME, SET_SCHEME))
        assert section.data == SECTION and words.data == tag("Tür")
        assert items.data == sets(b"\2\2\0\7")
        distances = [(one.ticks - section.ticks) * RATE / scale for one in (words, items)]
        print(f"frames after the splice: {distances}")
        assert distances == [pytest.approx(TAG - SPLICE, abs=1), pytest.approx(
            SETS - SPLICE, abs=1)]
        if not flags:
            # Passed-through segments begin at key frames, of which the splice has one.
            assert min(abs(section.ticks - one) for one in starts) * RATE <= scale, starts
        text = get(program.port, BASE + "playlist.m3u8").text
        assert len(re.findall(r'ID="splice-74-[^"]*".*SCTE35-OUT=0x', text)) == 1, text
        program.check_logged("metadata-invalid", "emsg", count=1)
        program.check_logged("splice", "splice_insert", count=1)
        # The picture plays on, after the malformed ones too.
        newest = starts[-1]
        wait_until(lambda: found(program)[1][-1] > newest, 5, "another segment")
        assert not program.logged("source-gone") and "DISCONTINUITY\n" not in text
    finally:
        for one in tracks:
            one.end()
