# SPDX-License-Identifier: Apache-2.0
"""Each invariant accepts permitted deviations and names others, without a program."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

import clocknumbers
import dates
import manifest
from allowed import INSERTED, RESTARTED, Allowed
from flow import Gap, Missing
from follow import Followed, Kept, Recording
from fragments import Times
from invariants import Line, check_all, check_lines, check_state
from picture import draw, number_of
from showing import Frame, Shown
from synthetic import material, shown

ALL = list(range(300))
PLAIN = material()


def faults(seen: Shown, allowed: Allowed = Allowed(), *, is_encoded: bool = False,
           lines: tuple[Line, ...] = (), left_out: int = 0) -> str:
    """All faults as a text."""
    return "; ".join(check_all(seen, PLAIN, allowed, is_encoded, lines, left_out))


def test_well_formed_stream_has_no_fault() -> None:
    """All frames in order, with beeps at their seconds."""
    assert faults(shown(ALL)) == ""


@pytest.mark.parametrize(("seen", "words"), [
    (shown([*range(100), *range(101, 300)]), "1 of 300 frames lost (at most 0): 100"),
    (shown([*range(100), 98, *range(100, 300)]), "a step back from 99 to 98"),
    (shown([*range(100), 99, *range(100, 300)]), "99 is shown twice"),
    (shown(ALL[:150]), "the stream stands at 149 of 299"),
    (shown(ALL[75:]), "the stream begins 75 frames after the first"),
    (shown([None]), "no frame of 300 is shown"),
    (shown([*range(100), None, *range(100, 300)]), "1 pictures without a number"),
    (shown(ALL, late=0.06), "audio is 60 ms late"),
    (shown(ALL, late=-0.06), "audio is -60 ms late"),
    (shown(ALL, drift=0.006), "audio drifts by"),
    (Shown([Frame(at, at / 25 + (at == 50) / 100, 0) for at in ALL], shown(ALL).beeps,
           has_audio=True), "a step of 1.25 frames"),
    (Shown(shown(ALL).frames, shown(ALL).beeps, has_audio=True, first_sound=1.0),
     "the first beep is not heard"),
    (Shown(shown(ALL).frames), "the stream has no audio"),
    (Shown(shown(ALL).frames, has_audio=True), "0 beeps heard"),
    (Shown(shown(ALL).frames, shown(ALL).beeps, has_audio=True, holes=[0.3]), "a hole of 0.3"),
    (Shown(shown(ALL).frames, shown(ALL).beeps, discontinuities=1, has_audio=True),
     "1 discontinuities (at most 0)"),
    (Shown(shown(ALL).frames, shown(ALL).beeps, gaps=2, has_audio=True), "2 gaps (at most 0)"),
], ids=lambda value: value if isinstance(value, str) else "")
def test_fault_is_named(seen: Shown, words: str) -> None:
    """Planted faults."""
    assert words in faults(seen), faults(seen)


def test_permitted_deviations_are_no_faults() -> None:
    """A bound is inclusive."""
    assert not faults(shown([*range(100), *range(104, 300)]), Allowed(lost=4))
    assert not faults(shown(ALL, late=0.2), Allowed(offset=0.2))
    assert not faults(shown(ALL[75:]), Allowed(late=25))
    repeated = shown([*range(100), 99, *range(101, 300)])
    assert not faults(repeated, is_encoded=True, left_out=1)
    assert "frames lost (at most 120)" in faults(shown([*range(100), *range(230, 300)]),
                                                 is_encoded=True, left_out=200)
    assert faults(repeated, is_encoded=True) == "1 of 300 frames lost (at most 0): 100"


def test_frames_that_were_not_sent_are_not_lost() -> None:
    """Those of a gap, and those that refer to a missing frame."""
    seen = shown([*range(100), *range(125, 300)])
    assert not [one for one in check_all(seen, Gap(4, 1).apply(PLAIN), Allowed(silent=1), False, ())
                if "lost" in one]
    damaged = Missing(4.2).apply(PLAIN)
    seen = shown([*range(105), *([None] * 19), *range(125, 300)])
    assert not check_all(seen, damaged, Allowed(), False, ())
    # Blocks of earlier frames are read as their numbers.
    seen = shown([*range(105), *([98] * 19), *range(125, 300)])
    assert not check_all(seen, damaged, Allowed(), False, ())


def test_lines_are_required_and_false_alarms_named() -> None:
    """The line that is due, and no other warning."""
    late, alarm = Line("audio-late", "warning", "x"), Line("source-late", "warning", "behind")
    assert check_lines([], Allowed(lines=("audio-late",))) == ["no line audio-late"]
    assert not check_lines([late], Allowed(lines=("audio-late", "audio-ignored")))
    assert check_lines([late, alarm], Allowed(lines=("audio-late",))) == [
        "warning source-late: behind"]
    assert not check_lines([alarm], Allowed(notices=("source-late",)))
    assert not check_lines([Line("added", "info", "x")], Allowed())


def test_lines_are_judged_by_their_words() -> None:
    """A permitted Discontinuity does not permit that the source becomes irregular."""
    jump = Line("irregular", "warning", "timestamps jumped: discontinuity inserted")
    restart = Line("irregular", "warning", "key frames are irregular: restarting the stream")
    assert not check_lines([jump], Allowed(notices=(INSERTED,)))
    assert check_lines([restart], Allowed(notices=(INSERTED,)))
    assert not check_lines([restart, jump], Allowed(notices=(INSERTED, RESTARTED)))
    assert check_lines([jump], Allowed(lines=(RESTARTED,)))[0] == f"no line {RESTARTED}"


def test_discontinuity_has_a_line() -> None:
    """One that no line explains is named, though it is permitted."""
    seen = Shown(shown(ALL).frames, shown(ALL).beeps, discontinuities=1, has_audio=True,
                 first_sound=0)
    allowed = Allowed(discontinuities=1)
    assert faults(seen, allowed) == "1 Discontinuities without a line"
    assert not faults(seen, allowed, lines=(Line("parameters", "info", "x"),))


def test_findings_are_required_with_their_values() -> None:
    """A finding without a value has 0."""
    state: dict[str, object] = {"audioFault": {}, "findings": [
        {"kind": "displaced", "value": 4}, {"kind": "chroma"}]}
    assert not check_state(state, Allowed(state="audioFault", findings=(
        ("displaced", 3, 5), ("chroma", 0, 0))))
    assert check_state(state, Allowed(state="publisher", findings=(
        ("displaced", 5, 6), ("audio-lag", 1, 2)))) == [
            "no publisher in /api/streams", "finding displaced of 4 (expected 5 to 6)",
            "no finding audio-lag in /api/streams: ['chroma', 'displaced']"]
    assert check_state({}, Allowed(findings=(("chroma", 0, 0),)))


def test_number_is_read_from_its_blocks() -> None:
    """All bits, beside a flash or not; a picture without complements has no number."""
    for number in (0, 1, 255, 4660, 65535):
        luma = np.frombuffer(draw(number, 25, 160, 90), np.uint8).reshape(90, 160)[:20]
        blocks = luma.reshape(2, 10, 16, 10).mean(axis=(1, 3))
        assert number_of(blocks) == number
    assert number_of(np.full((2, 16), 60)) is None


@pytest.mark.parametrize(("ahead", "wrong"), [(0, 0), (1, 1), (-2, 1)])
def test_numbers_are_those_of_the_clock(ahead: int, wrong: int) -> None:
    """Numbers that run ahead, or behind, are named; those of a few segments are not."""
    def kept(number: int, off: int, duration: float = 1) -> Kept:
        return Kept(number, "", "", duration, False, False, 0, date=number - off + 0.4)

    segments = [kept(number, ahead if number > 105 else 0) for number in range(100, 115)]
    assert len(clocknumbers.faults_of(segments)) == wrong
    varied = [*segments, kept(115, 0, 1.7), kept(116, 0)]
    short = [*segments, kept(115, 0, 0.96)]
    assert len(clocknumbers.faults_of(short)) == wrong
    assert clocknumbers.faults_of(varied) == ["segments of 1 and 1.7 s"]
    few = [kept(number, ahead if number in (104, 105, 106) else 0) for number in range(100, 110)]
    assert not clocknumbers.faults_of(few)


def test_dates_agree_with_durations() -> None:
    """A segment that states less than its slot is named; a Discontinuity or a gap explains it."""
    def kept(number: int, duration: float = 1, after: bool = False, gap: bool = False) -> Kept:
        return Kept(number, "", "", duration, after, gap, 0, date=number + 0.4)

    whole = [kept(number) for number in range(7, 10)]
    assert not dates.faults_of(whole)
    assert dates.faults_of([kept(6, 0.96), *whole]) == [
        "segment 6 of 0.96 s is followed after 1.000 s"]
    assert not dates.faults_of([kept(6, 0.5), kept(7, after=True)])
    assert not dates.faults_of([kept(5, 0.5), *whole])
    assert not dates.faults_of([kept(5, 0.5), kept(6, gap=True), *whole])
    assert not dates.faults_of([kept(5), kept(6, 0.96, gap=True), *whole])
    for one in ([kept(5, 1.1), kept(6, gap=True)], [kept(6, 1.04, gap=True), *whole]):
        assert len(dates.faults_of(one)) == 1
    # An outage ends a segment with its last chunk; the gap after it has the time of its number.
    gaps = [replace(one, is_gap=True) for one in whole]
    assert not dates.faults_of([kept(6, 0.96), *gaps])
    assert dates.faults_of([kept(6, 1.04), *gaps])
    assert dates.faults_of([*gaps[:1], kept(8), *whole[2:]]) == []
    assert dates.faults_of([replace(gaps[0], duration=0.5), *gaps[1:]])


@pytest.mark.parametrize(("times", "off", "words"), [
    (0, 0, ""), (0.04, 0, "at 104.000 s, its media at 104.040 s"),
    (0, 0.5, "its date is")])
def test_times_of_the_mpd_are_those_of_the_media(times: float, off: float, words: str,
                                                 monkeypatch: pytest.MonkeyPatch) -> None:
    """A segment begins at the time that a duration or a timeline states, and at its date."""
    for template in ('<SegmentTemplate {} timescale="10" duration="10"/>',
                     '<SegmentTemplate {} timescale="10"><SegmentTimeline><S t="1000" d="10" '
                     'r="9"/></SegmentTimeline></SegmentTemplate>'):
        text = '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" availabilityStartTime="' \
            '1970-01-01T00:00:01.000Z"><Period start="PT99.5S"><AdaptationSet contentType=' \
            '"video">' + template.format(
                'startNumber="7" presentationTimeOffset="1000" initialization="i" '
                'media="$Number$"') + '<Representation id="v"/></AdaptationSet></Period></MPD>'
        monkeypatch.setattr(manifest, "sample_times", lambda *_: [
            Times(Fraction(104) + Fraction(times).limit_denominator(1000), Fraction(0),
                  Fraction(1))])
        kept = Kept(11, "/s/11", "/s/i", 1, False, False, 0, b"x", date=104.5 + off)
        recording = Recording({"video": Followed("", {11: kept})}, {"/s/i": b"x"})
        found = manifest.faults_of(text, "/s/manifest.mpd", recording)
        assert len(found) == bool(words) and words in "".join(found), found


@pytest.mark.parametrize(("frame", "off", "is_listed", "is_wrong"), [
    (0.064, -0.08, False, False), (0.064, -0.098, False, True), (0.064, 0.032, False, False),
    (0.064, 0.04, False, True), (0.021, -0.04, False, True), (0.064, -0.032, True, False),
    (0.064, -0.064, True, True), (0.5, -0.55, False, True)])
def test_audio_begins_with_the_frame_that_contains_its_time(frame: float, off: float,
                                                            is_listed: bool,
                                                            is_wrong: bool) -> None:
    """Up to a frame and the phase of its source early; a timeline has the frame's own time."""
    span = manifest.Span(1, "", "", duration=None if is_listed else 1)
    before, after = manifest.most_off("audio", span, frame)
    assert (not -before <= off <= after) == is_wrong


MPD = """<MPD xmlns="urn:mpeg:dash:schema:mpd:2011">{periods}</MPD>"""
PERIOD = """<Period><AdaptationSet contentType="video">
<SegmentTemplate startNumber="{start}" initialization="$RepresentationID$/{header}"
 media="$RepresentationID$/segment$Number$.m4s"/><Representation id="video"/></AdaptationSet>
</Period>"""


def test_header_of_the_mpd_is_that_of_the_playlist() -> None:
    """A Period with the header of another one is named."""
    kept = {number: Kept(number, f"/s/video/segment{number}.m4s",
                         f"/s/video/init-{'a' if number < 5 else 'b'}.mp4", 1, False, False, 0)
            for number in range(1, 9)}
    recording = Recording({"video": Followed("/s/video/playlist.m3u8", kept)})
    for second, wrong in (("init-b.mp4", 0), ("init-a.mp4", 4)):
        text = MPD.format(periods=PERIOD.format(start=1, header="init-a.mp4")
                          + PERIOD.format(start=5, header=second))
        assert len(manifest.faults_of(text, "/s/manifest.mpd", recording)) == wrong
