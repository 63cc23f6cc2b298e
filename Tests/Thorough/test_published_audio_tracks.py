# SPDX-License-Identifier: Apache-2.0
"""Several audio tracks of a publisher: CMAF tracks by POST, and multitrack tags of RTMP."""

from __future__ import annotations

import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import pytest

from harness.audiotracks import hears, media_lines, value
from harness.http1 import get
from harness.mpdform import SPACE, form_faults
from harness.program import Program
from harness.rtmp import HOST, rtmp_port
from harness.sources import Source
from harness.tools import need
from harness.trackpublisher import (
    CMAF, PICTURE, CMAFTrack, MultitrackPublisher, encoded, many_tracks, one_track, tone,
)
from harness.uploads import curl
from harness.waiting import pause, wait_until

AUDIO_RATE = 48_000 / 1024


def plays(program: Program) -> None:
    """Waits for a playlist."""
    wait_until(lambda: get(program.port, "/live/playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")


def attributes(program: Program, *names: str) -> list[list[str | None]]:
    """The attributes of the EXT-X-MEDIA lines."""
    return [[value(line, name) for name in names] for line in media_lines(program)]


def languages(program: Program) -> list[str | None]:
    """The languages of the AdaptationSets of audio in a valid MPD."""
    root = ET.fromstring(get(program.port, "/live/manifest.mpd").text)
    assert list(form_faults(root)) == []
    sets = root.findall(f"{SPACE}Period/{SPACE}AdaptationSet[@contentType='audio']")
    return [one.get("lang") for one in sets]


def continues(program: Program) -> None:
    """The video has neither a gap nor a Discontinuity, and no source was lost."""
    assert not program.logged("source-gone") and not program.logged("publish-ended")
    text = get(program.port, "/live/video/playlist.m3u8").text
    assert "DISCONTINUITY\n" not in text and "GAP" not in text


# MARK: CMAF

@pytest.mark.timeout(90)
def test_cmaf_tracks_of_ffmpeg(streamer: Callable[..., Program], sources: list[Source]) -> None:
    """Each POST is a track with its language, role and name, in the order of the names in URLs."""
    program = streamer(*HOST, defaults=False)
    cmaf = [*CMAF, "-flush_packets", "1"]
    outputs: list[str] = []
    # The first to begin is not the first in the order.
    for index, (name, language, more) in enumerate([
            ("c", "ger", ["-disposition:a:0", "visual_impaired"]),
            ("Streams(b", "eng", ["-metadata:s:a:0", "title=Commentary"]), ("a", "ger", [])]):
        end = ".cmfa)" if "(" in name else ".cmfa"
        outputs += ["-map", f"{index}:a", "-c:a", "aac", "-metadata:s:a:0", f"language={language}",
                    *more, *cmaf, program.url(f"/live/{name}{end}")]
    sines = [word for hertz in (1320, 880, 440) for word in (
        "-re", "-f", "lavfi", "-i", f"sine=frequency={hertz}:sample_rate=48000")]
    sources.append(Source(subprocess.Popen(
        [need("ffmpeg", "uploads"), "-v", "error", "-nostdin", *sines, "-re", *PICTURE[:4],
         *outputs, "-map", "3:v", *PICTURE[4:], *cmaf, program.url("/live/video.cmfv")],
        stdin=subprocess.DEVNULL)))
    plays(program)
    assert attributes(program, "NAME", "LANGUAGE", "DEFAULT", "CHARACTERISTICS", "URI") == [
        ["Deutsch", "de", "YES", None, "audio/playlist.m3u8"],
        ["Commentary", "en", "NO", None, "audio-en/playlist.m3u8"],
        ["Deutsch (audio description)", "de", "NO", "public.accessibility.describes-video",
         "audio-de-visual-impaired/playlist.m3u8"]]
    assert languages(program) == ["de", "en", "de"]
    hears(program, {"audio": 440, "audio-en": 880, "audio-de-visual-impaired": 1320})
    program.check_logged("publish-started", "audio b", stream="live", count=1)
    assert len(program.logged("publish-started")) == 4
    assert curl(program, "POST", "/live/b.cmfa", body=b"x")[0] == 409
    continues(program)


def label(language: str, text: str, flags: int = 0) -> bytes:
    """The content of a `labl`."""
    return flags.to_bytes(4) + b"\0\1" + f"{language}\0{text}\0".encode()


def with_labels(data: bytes, *labels: bytes) -> bytes:
    """A track whose `udta` has a `labl` for each content."""
    boxes = b"".join((8 + len(one)).to_bytes(4) + b"labl" + one for one in labels)
    udta = (8 + len(boxes)).to_bytes(4) + b"udta" + boxes
    moov, trak = data.index(b"moov") - 4, data.index(b"trak") - 4
    end = trak + int.from_bytes(data[trak:trak + 4])
    out = bytearray(data[:end] + udta + data[end:])
    for at in (moov, trak):
        out[at:at + 4] = (int.from_bytes(out[at:at + 4]) + len(udta)).to_bytes(4)
    return bytes(out)


@contextmanager
def cmaf_publisher(program: Program, labels: Mapping[str, tuple[bytes, ...]] | None = None,
                   **tones: float) -> Iterator[Callable[[str], CMAFTrack]]:
    """Publishes video; the result begins an audio track, whose language is its name."""
    video = encoded(*PICTURE, *CMAF)
    audio = {name: encoded(*tone(hertz, "-metadata:s:a:0", f"language={name}"), *CMAF)
             for name, hertz in tones.items()}
    audio |= {name: with_labels(audio[name], *found) for name, found in (labels or {}).items()}
    start = time.monotonic()
    running: list[CMAFTrack] = []

    def begin(name: str) -> CMAFTrack:
        running.append(CMAFTrack(program, f"/live/{name}.cmfa", audio[name], AUDIO_RATE, start))
        return running[-1]

    running.append(CMAFTrack(program, "/live/video.cmfv", video, 30, start))
    try:
        yield begin
    finally:
        for track in running:
            track.end()


@pytest.mark.timeout(120)
def test_a_cmaf_track_ends_and_returns(streamer: Callable[..., Program]) -> None:
    """Meanwhile it is silence, and the other tracks and the picture continue."""
    program = streamer(*HOST, defaults=False)
    with cmaf_publisher(program, deu=440, eng=880) as begin:
        first = begin("deu")
        begin("eng")
        plays(program)
        hears(program, {"audio": 440, "audio-en": 880})
        first.end()
        assert first.status == 204
        hears(program, {"audio": 0, "audio-en": 880})
        assert get(program.port, "/live/audio/playlist.m3u8").status == 200
        begin("deu")
        hears(program, {"audio": 440, "audio-en": 880})
        text = get(program.port, "/live/video/playlist.m3u8").text
        assert not program.logged("source-gone") and "DISCONTINUITY\n" not in text


@pytest.mark.timeout(120)
def test_a_declared_cmaf_track_appears_later(streamer: Callable[..., Program]) -> None:
    """Before that it is silence; a track that is not declared is left out."""
    program = streamer(*HOST, "--audio-tracks", "en,de", defaults=False)
    with cmaf_publisher(program, deu=440, eng=880, fra=1320) as begin:
        begin("eng")
        plays(program)
        hears(program, {"audio": 880, "audio-de": 0})
        begin("fra")
        begin("deu")
        hears(program, {"audio": 880, "audio-de": 440})
        assert len(media_lines(program)) == 2
        wait_until(lambda: any("left out: aac (fr)" in entry.message
                               for entry in program.logged("audio-tracks")), 5, "a line")
        continues(program)


@pytest.mark.timeout(90)
def test_labels_are_the_names_of_cmaf_tracks(streamer: Callable[..., Program]) -> None:
    """The label in the language of the track precedes others; a malformed one has one line."""
    program = streamer(*HOST, defaults=False)
    labels = {"deu": (label("en", "Group", flags=1), label("en", "German"), label("de", "Ton")),
              "eng": (label("fr", "Anglais"),), "fra": (b"\0\0\0\0\0\1fr\0cut",)}
    with cmaf_publisher(program, labels, deu=440, eng=880, fra=1320) as begin:
        for name in labels:
            begin(name)
        plays(program)
        assert attributes(program, "NAME", "LANGUAGE") == [
            ["Ton", "de"], ["Anglais", "en"], ["Français", "fr"]]
        program.check_logged("declaration-ignored", "a malformed label (labl)", "track fra")
        continues(program)


@pytest.mark.timeout(90)
def test_too_many_cmaf_tracks(streamer: Callable[..., Program]) -> None:
    """The 17th track is 409 with the reason; the others are used."""
    program = streamer(*HOST, defaults=False)
    data = encoded(*tone(660), *CMAF)
    with cmaf_publisher(program, deu=440) as begin:
        begin("deu")
        start = time.monotonic()
        more = [CMAFTrack(program, f"/live/more-{number}.cmfa", data, AUDIO_RATE, start)
                for number in range(15)]
        plays(program)
        status, text = curl(program, "POST", "/live/last.cmfa", body=b"x")
        assert status == 409 and b"the stream has 16 audio tracks" in text
        hears(program, {"audio": 440})
        assert len(media_lines(program)) == 16
        continues(program)
        for track in more:
            track.end()


# MARK: RTMP

@pytest.mark.timeout(90)
def test_multitrack_rtmp(streamer: Callable[..., Program]) -> None:
    """Each track has its language and sound; one that is sent no longer is silence."""
    program = streamer(*HOST, defaults=False)
    with MultitrackPublisher(rtmp_port(program), {0: 440, 1: 880, 200: 1320},
                             {0: "ger", 1: "en-US", 200: "fr"}) as publisher:
        plays(program)
        assert attributes(program, "NAME", "LANGUAGE", "DEFAULT", "URI") == [
            ["Deutsch", "de", "YES", "audio/playlist.m3u8"],
            ["English", "en", "NO", "audio-en/playlist.m3u8"],
            ["Français", "fr", "NO", "audio-fr/playlist.m3u8"]]
        assert languages(program) == ["de", "en", "fr"]
        hears(program, {"audio": 440, "audio-en": 880, "audio-fr": 1320})
        publisher.present = {0, 200}
        hears(program, {"audio": 440, "audio-en": 0, "audio-fr": 1320})
        publisher.present = {0, 1, 200}
        hears(program, {"audio": 440, "audio-en": 880, "audio-fr": 1320})
        continues(program)
        assert publisher.fault is None


@pytest.mark.timeout(90)
def test_a_declared_rtmp_track_appears_later(streamer: Callable[..., Program]) -> None:
    """Before that it is silence."""
    program = streamer(*HOST, "--audio-tracks", "de,en", defaults=False)
    with MultitrackPublisher(rtmp_port(program), {0: 440, 1: 880}, {0: "de", 1: "en"},
                             present={0}) as publisher:
        plays(program)
        hears(program, {"audio": 440, "audio-en": 0})
        publisher.present = {0, 1}
        hears(program, {"audio": 440, "audio-en": 880})
        continues(program)
        assert publisher.fault is None


FOURCC = b"mp4a"
MALFORMED = (
    bytes([0x95, 0x01]) + FOURCC,  # without a track
    bytes([0x95, 0x11]) + FOURCC + bytes([1]),  # without a size
    many_tracks(1, {0: b"x"})[:-1] + b"", bytes([0x95, 0x11]) + FOURCC + b"\0\xff\xff\xff",
    bytes([0x95, 0x15]) + FOURCC + bytes([0, 0, 0, 0]),  # within itself
    bytes([0x95, 0x31]) + FOURCC + bytes([0]),  # an unknown type
    bytes([0x95]), bytes([0x95, 0x11]) + FOURCC + bytes([3, 0, 0, 0]) * 250,
    # A thousand numbers, without configurations, and with them.
    bytes([0x95, 0x11]) + FOURCC + b"".join(
        bytes([number & 255, 0, 0, 1, 7]) for number in range(1000)),
    *(one_track(number, 0, b"\x11\x90") for number in range(16, 64)),
)


@pytest.mark.timeout(90)
def test_malformed_multitrack_rtmp(streamer: Callable[..., Program]) -> None:
    """One line has the reason; picture and sound are not disturbed."""
    program = streamer(*HOST, defaults=False)
    with MultitrackPublisher(rtmp_port(program), {0: 440, 1: 880}, {0: "de", 1: "en"},
                             noise=MALFORMED) as publisher:
        plays(program)
        hears(program, {"audio": 440, "audio-en": 880})
        pause(12, "malformed tags arrive all this time, and are one line of the log")
        hears(program, {"audio": 440, "audio-en": 880})
        continues(program)
        program.check_logged("audio-ignored", "malformed audio tags are left out", count=1)
        assert publisher.fault is None
