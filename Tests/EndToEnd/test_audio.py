# SPDX-License-Identifier: Apache-2.0
"""Audio beside video: a rendition of its own in HLS and DASH, aligned with the video."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from urllib.parse import urljoin

import pytest

from harness.audio import AAC_FRAME, Track, tone_stream, variants
from harness.boxes import chunks, find, kinds, timescale
from harness.http1 import get
from harness.mpd import SPACE, clock, validate
from harness.mpd import fetch as fetch_mpd
from harness.playlist import Playlist, attributes
from harness.program import Program, start
from harness.tunein import next_segments
from harness.waiting import pause

SMALL = ("--resolution", "320x180", "--bitrate", "300")
RATE = 48_000
AUDIO = "/live/audio/playlist.m3u8"


@pytest.fixture(scope="module")
def tone(binary: Path) -> Iterator[Program]:
    """A stream with the test tone, at least two segments old."""
    with tone_stream() as program:
        yield program


def test_mv_03_mv_09_multivariant_playlist_covers_audio(tone: Program) -> None:
    """MV-01, MV-03, MV-09: EXT-X-MEDIA describes the audio; CODECS and BANDWIDTH include it."""
    for path, base in (("/live.m3u8", "live/"), ("/live/playlist.m3u8", "")):
        streams, media = variants(get(tone.port, path).text)
        assert len(streams) == len(media) == 1
        assert media[0]["TYPE"] == "AUDIO" and media[0]["GROUP-ID"] == streams[0]["AUDIO"]
        assert {"NAME", "LANGUAGE"} <= set(media[0]) and media[0]["DEFAULT"] == "YES"
        assert media[0]["CHANNELS"] == "2" and media[0]["URI"] == base + "audio/playlist.m3u8"
        codecs = streams[0]["CODECS"].split(",")
        assert codecs[1] == "mp4a.40.2" and codecs[0].startswith("avc1.") and len(codecs) == 2
        assert int(streams[0]["BANDWIDTH"]) > int(streams[0]["AVERAGE-BANDWIDTH"]) > 428_000
    streams, media = variants(get(tone.port, "/live/chunked.m3u8").text)
    assert media[0]["URI"] == "audio/chunked.m3u8" and streams[0]["URI"] == "video/chunked.m3u8"


def test_mv_05_pl_12_all_playlists_agree(tone: Program) -> None:
    """MV-05, PL-12: same TARGETDURATION, SERVER-CONTROL; hold-back of the largest part target."""
    video, audio = Track(tone.port, "video").playlist(), Track(tone.port, "audio").playlist()
    for tag in ("EXT-X-TARGETDURATION", "EXT-X-SERVER-CONTROL"):
        assert video.tags[tag] == audio.tags[tag]
    assert video.part_target == Decimal("0.1") and audio.part_target == Decimal("0.106667")
    assert Decimal(audio.server_control["PART-HOLD-BACK"]) == Decimal("0.321")


def test_pl_04_pl_05_audio_parts_obey_the_part_target(tone: Program) -> None:
    """PL-04, PL-05: parts last 85 to 100 % of PART-TARGET, except the last of a segment."""
    playlist = Track(tone.port, "audio").playlist()
    with_parts = [s for s in playlist.segments if s.parts]
    assert len(with_parts) >= 3
    for segment in with_parts:
        assert all(
            part.duration <= playlist.part_target and part.independent for part in segment.parts)
        assert all(part.duration >= playlist.part_target * 85 / 100 for part in segment.parts[:-1])
        total = sum(part.duration for part in segment.parts)
        assert abs(total - segment.duration) < Decimal("0.00002")


def test_pl_11_audio_parts_are_the_segment(tone: Program) -> None:
    """PL-11: the parts of a segment are its bytes: five AAC frames each, without a hole.

    Each part consists of chunks of two AAC frames and the remaining one.
    """
    audio = Track(tone.port, "audio")
    playlist = audio.playlist()
    header = audio.header(playlist)
    assert kinds(header) == ["ftyp", "moov"] and timescale(header) == RATE
    assert not find(header, "moov/trak/edts"), "no edit list"
    next_frame_time = None
    for segment in [s for s in playlist.segments if s.parts]:
        whole = audio.get(str(segment.uri))
        parts = [audio.get(part.uri) for part in segment.parts]
        assert b"".join(parts) == whole
        frames = [[chunk.samples for chunk in chunks(part, header)] for part in parts]
        assert frames[:-1] == [[2, 2, 1]] * (len(parts) - 1)
        assert frames[-1] in ([1], [2], [2, 1], [2, 2], [2, 2, 1])
        for chunk in chunks(whole, header):
            assert chunk.tfdt % AAC_FRAME == 0 and chunk.duration == chunk.samples * AAC_FRAME
            assert next_frame_time in (None, chunk.tfdt)
            next_frame_time = chunk.tfdt + chunk.duration
            assert chunk.prft is not None and abs(chunk.prft -
                                                  chunk.tfdt * 1_000_000_000 // RATE) < 2


def test_audio_segments_cover_the_time_of_video_segments(tone: Program) -> None:
    """An audio segment starts with the AAC frame that contains the video boundary."""
    audio = Track(tone.port, "audio")
    video = Track(tone.port, "video").playlist()
    playlist = audio.playlist()
    assert abs(playlist.last_part[0] - video.last_part[0]) <= 1
    header = audio.header(playlist)
    for segment in playlist.segments:
        first = chunks(audio.get(str(segment.uri)), header)[0]
        assert first.tfdt == segment.msn * RATE // AAC_FRAME * AAC_FRAME
        assert segment.milliseconds() == first.tfdt * 1000 // RATE
    both = {s.msn: s for s in video.segments}
    common = [segment for segment in playlist.segments[:-1] if segment.msn in both]
    assert len(common) >= 4
    for segment in common:
        other = both[segment.msn]
        assert -22 < segment.milliseconds() - other.milliseconds() <= 0
        assert segment.discontinuity == other.discontinuity


def test_dd_02_pl_14_audio_reloads_part_by_part(tone: Program) -> None:
    """PL-14, DD-02: each part in turn, its hint, and reports of the newest part of the video."""
    audio = Track(tone.port, "audio")
    playlist = audio.playlist()
    for _ in range(25):
        hinted, (msn, part) = playlist.hinted, playlist.last_part
        complete = not playlist.open_parts
        msn, part = (playlist.last_complete + 1, 0) if complete else (msn, part + 1)
        earlier = Track(tone.port, "video").playlist().last_part
        after = audio.playlist(f"?_HLS_msn={msn}&_HLS_part={part}")
        # After the last part of a segment the request is for the next segment (RFC 8216bis
        # §6.2.5.2).
        assert after.last_part > playlist.last_part
        listed = {p.uri for _, _, p in after.all_parts()}
        assert hinted in listed
        report = next(line for line in after.text.splitlines() if "RENDITION-REPORT" in line)
        found = attributes(report.partition(":")[2])
        assert found["URI"] == "../video/playlist.m3u8"
        reported = int(found["LAST-MSN"]), int(found["LAST-PART"])
        assert earlier <= reported <= Track(tone.port, "video").playlist().last_part
        playlist = after
    other = Track(tone.port, "video").playlist()
    assert "../audio/playlist.m3u8" in other.text


ROUNDING = 1  # ms: times of playlists have whole ones


def part_edge(playlist: Playlist) -> float:
    """The end of the last part, in Unix milliseconds."""
    last = playlist.segments[-1]
    end = last.milliseconds() + float(last.duration) * 1000
    return end + 1000 * float(sum(part.duration for part in playlist.open_parts))


def test_audio_parts_are_not_late(tone: Program) -> None:
    """A part is listed after its last sample, and at best at most a part later than video."""
    audio = Track(tone.port, "audio")
    late, ahead = [], []
    playlist = audio.playlist()
    for _ in range(20):
        msn, part = playlist.last_part
        msn, part = (msn, part + 1) if playlist.open_parts else (playlist.last_complete + 1, 0)
        playlist = audio.playlist(f"?_HLS_msn={msn}&_HLS_part={part}")
        edge = sum(p.duration for p in playlist.open_parts)
        begin = playlist.open_segment.milliseconds() if playlist.open_segment else 0
        if begin:
            end = begin + float(edge) * 1000
            now = time.time() * 1000
            assert end <= now + ROUNDING, "listed before its last sample"
            late.append(now - end)
            ahead.append(end - part_edge(Track(tone.port, "video").playlist()))
    late.sort()
    print(f"late {late[0]:.1f} / {late[len(late) // 2]:.1f} / {late[-1]:.1f} ms (min/median/max)")
    print(f"ahead of video by at most {max(ahead):.1f} ms")
    assert max(ahead) > -1000 * float(playlist.part_target)


def test_audio_media_type_is_audio_mp4(tone: Program) -> None:
    """Audio is audio/mp4 and is not in the folder of the video."""
    audio = Track(tone.port, "audio")
    segment = audio.playlist().segments[-1]
    for name in (segment.uri, segment.map_uri):
        assert get(tone.port, audio.base + str(name)).headers["content-type"] == "audio/mp4"
    assert get(tone.port, "/live/video/" + str(segment.map_uri)).status == 404


@pytest.mark.parametrize("flags", [
    (),
    ("--framerate", "30000/1001"),
    ("--numbering", "run"),
    ("--segment-duration", "0.5"),
    ("--history", "0"),
    ("--rendition", "320x180@300", "--rendition", "160x90@150"),
], ids=lambda flags: "_".join(flags).replace("/", "-") or "defaults")
def test_dm_11_audio_adaptation_set_has_its_own_times(flags: tuple[str, ...], streamer) -> None:
    """DM-01, DM-11, DM-15, DM-18: the MPD is valid; the times of the audio set are true."""
    program = streamer(*(() if "--rendition" in flags else SMALL), *flags, "--audio", "tone")
    next_segments(program.port, 1, AUDIO)
    manifest = fetch_mpd(program.port)
    validate(manifest.text, "with audio")
    sets = {s.attrib["contentType"]: s for s in manifest.root.iter(SPACE + "AdaptationSet")}
    assert set(sets) == {"video", "audio"} and sets["audio"].attrib["mimeType"] == "audio/mp4"
    ids = [t.attrib["id"] for t in manifest.root.iter(SPACE + "ProducerReferenceTime")]
    assert len(ids) == len(set(ids)) == 4
    audio = next(sets["audio"].iter(SPACE + "Representation"))
    assert audio.attrib["codecs"] == "mp4a.40.2" and audio.attrib["audioSamplingRate"] == "48000"
    template = dict(next(sets["audio"].iter(SPACE + "SegmentTemplate")).attrib)
    assert template["availabilityTimeComplete"] == "false" and float(
        template["availabilityTimeOffset"]) > 0
    scale, length = int(template["timescale"]), int(template["duration"])
    # The open segment is requested at its availability time: its first chunk must exist.
    period = manifest.last
    step = length / scale
    zero = float(manifest.start + period.start)
    now = time.time()
    count = math.ceil((now + float(template["availabilityTimeOffset"]) - zero) / step)
    at = zero + count * step - float(template["availabilityTimeOffset"])
    pause(at - time.time(), "until the availability time")
    number = count - 1 + int(template["startNumber"])
    width = "%05d" if "%05d" in template["media"] else "%d"
    name = "audio/segment" + width % number + ".m4s"
    response = get(program.port, urljoin("/live/manifest.mpd", name))
    assert response.status == 200, f"{name} is not there although it is available"
    header = get(program.port,
                 "/live/" + template["initialization"].replace("$RepresentationID$", "audio")).body
    first = chunks(response.body, header)[0]
    nominal = (int(template["presentationTimeOffset"]) + (count - 1) * length) / scale
    assert -1024 / 48_000 < first.tfdt / 48_000 - nominal <= 0.0001
    start = next(t for t in sets["audio"].iter(SPACE + "ProducerReferenceTime")
                 if t.attrib["type"] == "captured")
    wall = float(clock(start.attrib["wallClockTime"])) + first.tfdt / 48_000 - int(
        start.attrib["presentationTime"]) / scale
    assert first.prft is not None and abs(first.prft / 1e9 - wall) < 0.001
