# SPDX-License-Identifier: Apache-2.0
"""Text tracks of a CMAF publisher: WebVTT (`wvtt`) becomes the captions of the stream."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest

from harness.http1 import get
from harness.program import Program
from harness.rtmp import HOST
from harness.trackpublisher import CMAF, PICTURE, CMAFTrack, encoded, tone
from harness.uploads import curl
from harness.waiting import wait_until

SCALE = 1000
EMPTY = b"\0\0\0\x08vtte"
# The cues of English and German: second, samples (milliseconds and payloads) in it.
ENGLISH = {5: [(250, []), (750, ["<v Bob>Hello &amp; <i>&lt;all&gt;</i>"])],
           7: [(500, []), (500, ["one", "two\nlines"])],
           # After the time in which a body of media must have its least rate.
           23: [(250, []), (750, ["late"])]}
GERMAN = {5: [(1000, ["Guten Abend"])]}


def box(kind: str, *contents: bytes) -> bytes:
    """A box."""
    data = b"".join(contents)
    return (8 + len(data)).to_bytes(4) + kind.encode() + data


def header(language: str) -> bytes:
    """The CMAF header of WebVTT (ISO/IEC 14496-30 §7.5)."""
    packed = sum((ord(letter) - 0x60) << shift
                 for letter, shift in zip(language, (10, 5, 0), strict=True))
    entry = box("wvtt", bytes(6), b"\0\1", box("vttC", b"WEBVTT"))
    stbl = box("stbl", box("stsd", bytes(4), b"\0\0\0\1", entry))
    mdia = box("mdia", box("mdhd", bytes(12), SCALE.to_bytes(4), bytes(4), packed.to_bytes(2),
                           bytes(2)),
               box("hdlr", bytes(8), b"text", bytes(13)), box("minf", stbl))
    trak = box("trak", box("tkhd", bytes(12), b"\0\0\0\1", bytes(68)), mdia)
    trex = box("trex", bytes(4), b"\0\0\0\1" * 2, bytes(12))
    return box("ftyp", b"cmfc", bytes(4), b"cmfccwvt") + box("moov", trak, box("mvex", trex))


def sample(payloads: list[str]) -> bytes:
    """The cues that are shown together."""
    return b"".join(box("vttc", box("payl", text.encode())) for text in payloads) or EMPTY


def fragment(second: int, samples: list[tuple[int, bytes]]) -> bytes:
    """One second of samples, each with its duration in milliseconds."""
    def movie(offset: int) -> bytes:
        run = b"".join(duration.to_bytes(4) + len(data).to_bytes(4) for duration, data in samples)
        return box("moof", box("mfhd", bytes(8)), box(
            "traf", box("tfhd", b"\0\2\0\0", b"\0\0\0\1"),
            box("tfdt", bytes(4), (second * SCALE).to_bytes(4)),
            box("trun", b"\0\0\3\1", len(samples).to_bytes(4), offset.to_bytes(4), run)))
    return movie(len(movie(0)) + 8) + box("mdat", *(data for _, data in samples))


def track(language: str, cues: dict[int, list[tuple[int, list[str]]]]) -> bytes:
    """A minute of text."""
    return header(language) + b"".join(
        fragment(second, [(duration, sample(texts))
                          for duration, texts in cues.get(second, [(1000, [])])])
        for second in range(60))


def cues_of(program: Program, language: str) -> list[dict]:
    """The cues that players get."""
    response = get(program.port, f"/live/captions-{language}/cues.json")
    return json.loads(response.text)["cues"] if response.status == 200 else []


@pytest.mark.timeout(60)
def test_texts_of_cmaf_are_captions(streamer: Callable[..., Program]) -> None:
    """Each in its language and at its time, without markup; other tracks and bodies are refused."""
    program = streamer(*HOST, "--captions", "en*,de", defaults=False)
    video, audio = encoded(*PICTURE, *CMAF), encoded(*tone(440), *CMAF)
    begin, wall = time.monotonic(), time.time()
    tracks = [CMAFTrack(program, "/live/video.cmfv", video, 30, begin),
              CMAFTrack(program, "/live/a.cmfa", audio, 48_000 / 1024, begin),
              CMAFTrack(program, "/live/text.cmft", track("eng", ENGLISH), 1, begin),
              CMAFTrack(program, "/live/Streams(t2.cmft)", track("deu", GERMAN), 1, begin)]
    try:
        wait_until(lambda: cues_of(program, "en"), 25, "a cue")
        arrived = time.time()
        wait_until(lambda: len(cues_of(program, "en")) == 4 and cues_of(program, "de"), 35, "cues")
        first, *others = cues_of(program, "en")
        [german] = cues_of(program, "de")
        assert [one["text"] for one in (first, *others, german)] == [
            "Hello & <all>", "one", "two\nlines", "late", "Guten Abend"]
        assert [one["duration"] for one in (first, *others, german)] == [750, 500, 500, 750, 1000]
        starts = [one["start"] / 1000 - wall for one in (first, *others, german)]
        print("starts after the publisher's:", starts)
        # The distances are those of the track, within a frame; and the times are those of frames,
        # which were on their way for a moment.
        assert [at - starts[0] for at in starts] == [
            pytest.approx(late, abs=1 / 30) for late in (0, 2.25, 2.25, 18, -0.25)]
        # A fragment of one second carries the cue, which may begin later in it.
        assert wall + 5.2 < first["start"] / 1000 < arrived + 1
        assert curl(program, "POST", "/live/meta.cmfm", body=b"x")[0] == 415
        for body, reason in (
                (audio, "the track is not text"),
                (header("eng") + fragment(0, [(1000, b"\0\0\0\x07vttc")]), "vttc")):
            status, text = curl(program, "POST", "/live/other.cmft", body=body)[:2]
            assert status == 400 and reason in str(text), (status, text)
        assert curl(program, "POST", "/live/b.cmfa", body=track("eng", ENGLISH))[0] == 400
        assert not program.logged("source-gone")
        assert "DISCONTINUITY\n" not in get(program.port, "/live/video/playlist.m3u8").text
    finally:
        for one in tracks:
            one.end()
