# SPDX-License-Identifier: Apache-2.0
"""The input's own sound: AAC as it comes, other codecs encoded anew; in step with the picture over every way in.

The source is a streamer with the test tone: ffmpeg copies or recodes its sound and sends it on.
"""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser

from harness import avbrowser, avsync
from harness.boxes import chunks, timescale
from harness.browser import viewer
from harness.http1 import get
from harness.mpd import SPACE
from harness.mpd import fetch as fetch_mpd
from harness.mpd import validate
from harness.players import ffmpeg
from harness.program import Program
from harness.audio import AAC_FRAME, Track, variants
from harness.sources import ENCODER, Source, rtsp_server, wait_for
from harness.supervisor import free_port
from harness.tools import need
from harness.tone import flv, record, sender, ts

FRAME = 1 / 30
# Coded sound keeps to its own grid, by nine sixteenths of an AAC frame, pictures to theirs, by an eighth of a frame;
# stamps of a millisecond. A video frame would be 33 ms.
APART = 0.02
# Where segments are free, what viewers are promised: −23 ms was seen once, its share of the file itself is not known.
APART_PASSED = FRAME


@pytest.fixture(scope="module")
def tone(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Picture and sound with flash and beep."""
    return record(tmp_path_factory.mktemp("tone"))


def srt(port: int) -> list[str]:
    """SRT, to a caller."""
    return ["-f", "mpegts", "-pes_payload_size", "0", "-muxdelay", "0", "-muxpreload", "0",
            f"srt://127.0.0.1:{port}?mode=listener&latency=60000&pkt_size=1316"]


def pulls(streamer: Callable[..., Program], url: str, *more: str) -> Program:
    """A streamer on an input, once it plays."""
    program = streamer("--input", url, "--host", "127.0.0.1", "--http-port", "0", "--resolution",
                       "320x180", *more, defaults=False, within=25)
    Track(program.port, "video").playlist()
    return program


def passes(streamer: Callable[..., Program], url: str, *more: str) -> Program:
    """A streamer that packages the input's pictures as they come, once it plays."""
    program = streamer("--input", url, "--host", "127.0.0.1", "--http-port", "0", "--passthrough",
                       "always", *more, defaults=False, within=25)
    wait_for(lambda: get(program.port, "/live/audio/playlist.m3u8", timeout=15).status == 200, 25,
             "a playlist")
    assert any("as it is coded" in line for line in program.log)
    return program


def renditions(program: Program) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """What the Multivariant Playlist lists."""
    answer = get(program.port, "/live.m3u8")
    assert answer.status == 200 and "EXT-X-MEDIA" in answer.text, f"{answer.status}: {answer.text}"
    return variants(answer.text)


def offsets(program: Program, seconds: float = 7) -> list[avsync.Mark]:
    """Flash against beep in the newest segments."""
    time.sleep(seconds)
    video, sound = Track(program.port, "video"), Track(program.port, "audio")
    numbers = {s.msn
               for s in video.playlist().segments[-5:]
               } & {s.msn
                    for s in sound.playlist().segments[-5:]}
    media = []
    for track in (video, sound):
        playlist = track.playlist()
        found = [track.get(str(s.uri)) for s in playlist.segments if s.msn in numbers]
        media.append(track.header(playlist) + b"".join(found))
    marks = avsync.marks(*media)
    print([f"{mark.offset * 1000:.1f} ms" for mark in marks])
    return marks


def whole(program: Program) -> None:
    """No hole and no overlap from the oldest listed segment of sound to the newest."""
    sound = Track(program.port, "audio")
    playlist = sound.playlist()
    header, next_tick = sound.header(playlist), None
    rate = timescale(header)
    for segment in playlist.segments:
        for chunk in chunks(sound.get(str(segment.uri)), header):
            assert chunk.tfdt % AAC_FRAME == 0 and next_tick in (None, chunk.tfdt)
            next_tick = chunk.tfdt + chunk.duration
        assert segment.parts == () or all(p.duration <= playlist.part_target for p in segment.parts)
    assert rate in (44_100, 48_000)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("sound, passed", [
    (("-c:a", "copy"), True),
    (("-c:a", "aac", "-ar", "44100", "-ac", "1"), True),
    (("-c:a", "mp2"), False),
    (("-c:a", "libopus"), False),
], ids=["aac", "aac-44100-mono", "mp2", "opus"])
def test_ts(sound: tuple[str, ...], passed: bool, tone: Path, streamer,
            sources: list[Source]) -> None:
    """MPEG-TS: AAC goes out as it came, MP2 and Opus as AAC; flash and beep together."""
    port = free_port()
    sources.append(sender(tone, sound, ts(port)))
    program = pulls(streamer, f"udp://127.0.0.1:{port}")
    text = "\n".join(program.log)
    assert ("its sound as it comes" in text) == passed, text
    streams, media = renditions(program)
    assert streams[0]["CODECS"].endswith(",mp4a.40.2") and media[0]["CHANNELS"] == (
        "1" if "-ac" in sound else "2")
    marks = offsets(program)
    assert len(marks) >= 2 and all(abs(mark.offset) <= APART for mark in marks)
    whole(program)
    validate(fetch_mpd(program.port).text, "an input with sound")


@pytest.mark.timeout(90)
def test_rtmp(tone: Path, streamer, sources: list[Source]) -> None:
    """RTMP: AAC goes out as it came, byte for byte."""
    port = free_port()
    sources.append(sender(tone, ("-c:a", "copy"), flv(port)))
    program = pulls(streamer, f"rtmp://127.0.0.1:{port}/live/x")
    assert "its sound as it comes" in "\n".join(program.log)
    marks = offsets(program)
    assert len(marks) >= 2 and all(abs(mark.offset) <= APART for mark in marks)
    whole(program)
    # The frames themselves: those of the file are found again.
    ours = Track(program.port, "audio")
    whole_file = tone.with_name("audio.mp4").read_bytes()
    beep = max(chunks(ours.media(ours.playlist(), 4)), key=lambda chunk: len(chunk.data))
    coded = beep.data[beep.data.index(b"mdat") + 4 :]
    assert len(coded) > 800 and coded[len(coded) // 2 : len(coded) // 2 + 100] in whole_file


@pytest.mark.timeout(90)
@pytest.mark.parametrize("sound, passed", [(("-c:a", "copy"), True), (("-c:a", "ac3"), False)],
                         ids=["aac", "ac3"])
def test_srt(sound: tuple[str, ...], passed: bool, tone: Path, streamer,
             sources: list[Source]) -> None:
    """SRT: AAC goes out as it came, AC-3 as AAC; flash and beep together."""
    port = free_port()
    sources.append(sender(tone, sound, srt(port)))
    program = pulls(streamer, f"srt://127.0.0.1:{port}")
    assert ("its sound as it comes" in "\n".join(program.log)) == passed
    streams, media = renditions(program)
    assert streams[0]["CODECS"].endswith(",mp4a.40.2") and media[0]["CHANNELS"] == "2"
    marks = offsets(program)
    assert len(marks) >= 2 and all(abs(mark.offset) <= APART for mark in marks)
    whole(program)


@pytest.mark.timeout(90)
def test_rtsp(tone: Path, streamer, sources: list[Source]) -> None:
    """RTSP: picture and sound are sessions of their own; flash and beep together all the same."""
    port = free_port()
    sources.append(rtsp_server(port, "--file", str(tone)))
    program = pulls(streamer, f"rtsp://127.0.0.1:{port}/x")
    assert "its sound as it comes" in "\n".join(program.log)
    marks = offsets(program, 6)
    assert len(marks) >= 2 and all(abs(mark.offset) <= APART for mark in marks)
    whole(program)


def in_step(program: Program) -> None:
    """Segments of sound are those of the pictures: numbers, places and Discontinuities."""
    video, sound = Track(program.port, "video").playlist(), Track(program.port, "audio").playlist()
    assert abs(sound.last_part[0] - video.last_part[0]) <= 1
    pictures = {segment.msn: segment for segment in video.segments}
    common = [segment for segment in sound.segments if segment.msn in pictures]
    assert len(common) >= len(sound.segments) - 1
    for segment in common:
        other = pictures[segment.msn]
        assert segment.discontinuity == other.discontinuity and segment.gap == other.gap
        assert -23 < segment.milliseconds() - other.milliseconds() <= 1


@pytest.mark.timeout(90)
@pytest.mark.parametrize("kind, sound, passed", [
    ("udp", ("-c:a", "copy"), True),
    ("udp", ("-c:a", "libopus"), False),
    ("rtmp", ("-c:a", "copy"), True),
    ("rtsp", (), True),
], ids=["ts", "ts-opus", "rtmp", "rtsp"])
def test_beside_passed_pictures(kind: str, sound: tuple[str, ...], passed: bool, tone: Path,
                                streamer, sources: list[Source]) -> None:
    """Pictures that are packaged as they come have their sound beside them: as it comes if it is AAC, else encoded."""
    port = free_port()
    url = {"udp": f"udp://127.0.0.1:{port}", "rtmp": f"rtmp://127.0.0.1:{port}/live/x",
           "rtsp": f"rtsp://127.0.0.1:{port}/x"}[kind]
    if kind == "rtsp":
        sources.append(rtsp_server(port, "--file", str(tone.with_name("long.mkv"))))
    else:
        sources.append(sender(tone, sound, ts(port) if kind == "udp" else flv(port)))
    program = passes(streamer, url)
    assert ("its sound as it comes" in "\n".join(program.log)) == passed
    streams, media = renditions(program)
    assert streams[0]["CODECS"].endswith(
        ",mp4a.40.2") and media[0]["URI"] == "live/audio/playlist.m3u8"
    marks = offsets(program, 5)
    assert len(marks) >= 2 and all(abs(mark.offset) <= APART for mark in marks)
    whole(program)
    in_step(program)
    validate(fetch_mpd(program.port).text, "passed-through pictures with sound")


@pytest.mark.timeout(120)
@pytest.mark.parametrize(
    "query", ["?player=frames", "?player=hlsjs", "?src=/live/manifest.mpd&player=frames"],
    ids=["frames", "hlsjs", "mpd"])
def test_passed_pictures_in_a_browser(query: str, tone: Path, browser: Browser, hlsjs: Path,
                                      streamer, sources: list[Source]) -> None:
    """Chromium plays passed-through picture and sound, by our player and by hls.js, at most a frame apart; one retry."""
    port = free_port()
    sources.append(rtsp_server(port, "--file", str(tone.with_name("long.mkv"))))
    program = passes(streamer, f"rtsp://127.0.0.1:{port}/x", "--hlsjs", str(hlsjs))
    for attempt in (1, 2):
        with viewer(browser) as view:
            view.open(program.url("/" + query))
            view.wait_playing(frames=60)
            found = avbrowser.measure(view, 6)
            data = view.data()
        print(f"run {attempt}: sound before picture {found}")
        assert not [line for line in data["page_errors"] if "ScriptProcessorNode" not in line
                    ] and not data["bad_responses"]
        if abs(found.middle) <= 1000 * FRAME:
            return
    raise AssertionError(f"{found}")


@pytest.mark.timeout(90)
def test_sound_that_comes_late(tone: Path, streamer, sources: list[Source]) -> None:
    """Sound that the program map describes and that comes seconds after the pictures is heard when it comes."""
    port = free_port()
    command = [
        need("ffmpeg", "sound of inputs"), "-v", "error", "-re", "-i",
        str(tone.with_name("long.mkv")), "-re", "-itsoffset", "6", "-i",
        str(tone), "-map", "0:v", "-map", "1:a", "-c", "copy", "-max_interleave_delta", "1",
        "-flush_packets", "1", *ts(port)
    ]
    sources.append(
        Source(
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)))
    program = passes(streamer, f"udp://127.0.0.1:{port}")
    sound = Track(program.port, "audio")
    assert not avsync.beeps(sound.media(sound.playlist(), 2)), "it has come already"
    wait_for(lambda: avsync.beeps(sound.media(sound.playlist(), 2)), 12, "sound")
    whole(program)
    in_step(program)


@pytest.mark.timeout(120)
def test_away_and_back(tone: Path, streamer, sources: list[Source]) -> None:
    """A source that is killed: silence in step with the time; its sound is heard again when it is back."""
    port = free_port()
    sources.append(sender(tone, ("-c:a", "copy"), ts(port)))
    program = pulls(streamer, f"udp://127.0.0.1:{port}")
    assert offsets(program, 4)
    sources.pop().kill()
    time.sleep(5)
    sound, video = Track(program.port, "audio"), Track(program.port, "video")
    playlist = sound.playlist()
    assert abs(playlist.last_part[0] -
               video.playlist().last_part[0]) <= 1, "sound lags behind or stands still"
    _, samples = avsync.sound_of(sound.media(playlist, 2))
    assert np.abs(samples).max() < 0.01, "no silence"
    sources.append(sender(tone, ("-c:a", "copy"), ts(port)))
    wait_for(lambda: avsync.onsets(avsync.sound_of(sound.media(sound.playlist(), 2))[1]), 15,
             "sound after the return")
    marks = offsets(program)
    assert marks and all(abs(mark.offset) <= APART for mark in marks)
    whole(program)


@pytest.mark.timeout(60)
def test_none(tone: Path, streamer, sources: list[Source]) -> None:
    """--audio none: the input's sound is left out; its picture is a stream of one rendition."""
    port = free_port()
    sources.append(sender(tone, ("-c:a", "copy"), ts(port)))
    program = pulls(streamer, f"udp://127.0.0.1:{port}", "--audio", "none")
    assert "#EXTINF" in get(program.port, "/live.m3u8").text
    assert get(program.port, "/live/audio/playlist.m3u8").status == 404


@pytest.mark.timeout(90)
def test_file(tone: Path, streamer) -> None:
    """A file that is looped: its sound is paced by its own stamps, never ahead of its time, and goes on over the seam."""
    program = pulls(streamer, str(tone), "--loop")
    sound = Track(program.port, "audio")
    for _ in range(20):
        edge = sound.playlist().open_segment
        if edge:
            end = edge.milliseconds() + sum(float(part.duration) for part in edge.parts) * 1000
            assert end <= time.time() * 1000 + 25, "sound ahead of its time"
        time.sleep(0.05)
    marks = offsets(program, 10)
    assert len(marks) >= 2 and all(abs(mark.offset) <= APART for mark in marks)
    whole(program)


@pytest.mark.timeout(120)
@pytest.mark.parametrize("sound, codec",
                         [(("-c:a", "aac", "-ac", "1"), "as it comes"),
                          (("-c:a", "aac", "-ar", "44100"), "decoded and encoded at 48000 Hz")],
                         ids=["mono", "44100"])
def test_other_parameters(sound: tuple[str, ...], codec: str, tone: Path, streamer,
                          sources: list[Source]) -> None:
    """A source that comes back with other sound: another header with its run, and flash and beep are together again."""
    port = free_port()
    sources.append(sender(tone, ("-c:a", "copy"), ts(port)))
    program = passes(streamer, f"udp://127.0.0.1:{port}")
    sources.pop().kill()
    time.sleep(1)
    sources.append(sender(tone, sound, ts(port)))
    track = Track(program.port, "audio")
    wait_for(lambda: any(segment.discontinuity for segment in track.playlist().segments), 12,
             "a discontinuity")
    time.sleep(4)
    assert any(codec in line for line in program.log), program.log_text()
    playlists = Track(program.port, "video").playlist(), track.playlist()
    maps = [segment.map_uri for segment in playlists[1].segments]
    assert len(set(maps)) == 2
    marks = avsync.marks(
        Track(program.port, "video").media(playlists[0], 3), track.media(playlists[1], 3))
    print([f"{mark.offset * 1000:.1f} ms" for mark in marks])
    assert marks and all(abs(mark.offset) <= APART for mark in marks)
    in_step(program)
    manifest = fetch_mpd(program.port)
    validate(manifest.text, "sound of other parameters")
    assert all(f"$RepresentationID$/{uri}" in manifest.text for uri in maps)


@pytest.mark.timeout(90)
def test_free_segments(tone: Path, streamer, sources: list[Source]) -> None:
    """Where segments end with key pictures at no fixed distance, sound ends them there too, in HLS and DASH."""
    port = free_port()
    command = [
        need("ffmpeg", "sound of inputs"), "-v", "error", "-re", "-i",
        str(tone.with_name("long.mkv")), "-map", "0", "-fps_mode", "passthrough", "-enc_time_base",
        "1:90000", *ENCODER, "-g", "300", "-x264-params", "scenecut=0", "-force_key_frames",
        "expr:if(mod(n,97),eq(mod(n,97),20)+eq(mod(n,97),64),1)", "-c:a", "copy", "-flush_packets",
        "1", *ts(port)
    ]
    sources.append(
        Source(
            subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                             stderr=subprocess.DEVNULL)))
    program = passes(streamer, f"udp://127.0.0.1:{port}")
    assert any("to the next key picture" in line for line in program.log)
    marks = offsets(program, 6)
    assert len(marks) >= 2 and all(abs(mark.offset) <= APART_PASSED for mark in marks)
    whole(program)
    in_step(program)
    assert len({segment.duration
                for segment in Track(program.port, "video").playlist().segments}) > 1
    manifest = fetch_mpd(program.port)
    validate(manifest.text, "free segments with sound")
    lines = [list(line) for line in manifest.root.iter(SPACE + "SegmentTimeline")]
    assert len(lines) == 2 and abs(len(lines[0]) - len(lines[1])) <= 1
    played = ffmpeg(program.url("/live.m3u8"), 5)
    print(played)
