# SPDX-License-Identifier: Apache-2.0
"""Several audio tracks of an input: playlists, MPD and media."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from harness.audiotracks import hears, media_lines, value
from harness.http1 import get
from harness.mpdform import SPACE, form_faults
from harness.ports import free_port
from harness.program import Program
from harness.sources import Source, rtsp_server
from harness.tools import need
from harness.waiting import wait_until

HOST = ["--host", "127.0.0.1", "--http-port", "0"]
VIDEO = ["-f", "lavfi", "-i", "testsrc2=size=320x180:rate=30"]
H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-g", "30",
        "-keyint_min", "30", "-sc_threshold", "0"]
# Language, frequency, codec, sample rate, channels, audio type of MPEG-TS.
Recorded = tuple[str, int, str, int, int, str]
TRACKS: list[Recorded] = [
    ("ger", 440, "aac", 48000, 2, ""), ("eng", 880, "aac", 44100, 1, ""),
    ("ger", 1320, "mp2", 48000, 2, "visual_impaired"),
]
# The other audio types, and a second track of a language.
MORE: list[Recorded] = [
    ("eng", 1760, "mp2", 48000, 1, "hearing_impaired"),
    ("ger", 2200, "aac", 48000, 2, "clean_effects"), ("eng", 2640, "aac", 48000, 1, ""),
]


def ffmpeg(*options: str) -> bytes:
    """Runs ffmpeg to its end; what it wrote to its standard output."""
    return subprocess.run(
        [need("ffmpeg", "inputs"), "-v", "error", "-y", *options], check=True, timeout=60,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout


def film(path: Path, seconds: int = 8, without: Sequence[int] = (),
         more: Sequence[Recorded] = ()) -> Path:
    """Writes MPEG-TS with the audio tracks, except those with these indices, and `more`."""
    wanted = [track for index, track in enumerate(TRACKS) if index not in without]
    path.write_bytes(recorded(seconds, (*wanted, *more)))
    return path


@cache
def recorded(seconds: int, tracks: tuple[Recorded, ...]) -> bytes:
    """Records MPEG-TS with the tracks, once per worker."""
    inputs: list[str] = []
    options: list[str] = []
    for index, (language, pitch, codec, rate, channels, purpose) in enumerate(tracks):
        inputs += ["-f", "lavfi", "-i", f"sine=frequency={pitch}:sample_rate={rate}"]
        options += ["-map", f"{index + 1}:a", f"-c:a:{index}", codec, f"-ac:a:{index}",
                    f"{channels}", f"-metadata:s:a:{index}", f"language={language}"]
        if purpose:
            options += [f"-disposition:a:{index}", purpose]
    return ffmpeg(*VIDEO, *inputs, "-map", "0:v", *H264, *options, "-t", f"{seconds}", "-f",
                  "mpegts", "-")


def plays(streamer: Callable[..., Program], *options: str) -> Program:
    """A streamer that plays an input, once it has a playlist."""
    program = streamer(*options, *HOST, defaults=False, within=25)
    wait_until(lambda: get(program.port, "/live/playlist.m3u8", timeout=15).status == 200, 25,
               "a playlist")
    return program


def descriptors(sets: Sequence[ET.Element], name: str) -> list[list[str | None]]:
    """The values of the descriptors with this name in each AdaptationSet."""
    return [[one.get("value") for one in each.iter(f"{SPACE}{name}")] for each in sets]


@pytest.mark.timeout(90)
@pytest.mark.parametrize("flags", [[], ["--resolution", "160x90", "--isolation", "none"]])
def test_tracks_of_a_file(flags: Sequence[str], streamer: Callable[..., Program],
                          tmp_path: Path) -> None:
    """Each track has its language, name, purpose and sound, passed through or not, and relayed.

    Of tracks with the same LANGUAGE and CHARACTERISTICS one has AUTOSELECT=YES (RFC 8216bis
    §4.4.6.1.1). No role, purpose or characteristic means audio without speech.
    """
    path = film(tmp_path / "six.ts", more=MORE)
    program = plays(streamer, "--input", str(path), "--loop", *flags)
    program.check_logged("audio-tracks", "6 of 6")
    relay = streamer("--relay", program.url("/live/"), *HOST, defaults=False)
    wait_until(lambda: get(relay.port, "/live/playlist.m3u8", timeout=15).status == 200, 15,
               "the relay")
    for server in (program, relay):
        lines = media_lines(server)
        attributes = [[value(line, name) for name in (
            "NAME", "LANGUAGE", "DEFAULT", "AUTOSELECT", "CHANNELS", "CHARACTERISTICS", "URI")]
            for line in lines]
        assert attributes == [
            ["Deutsch", "de", "YES", "YES", "2", None, "audio/playlist.m3u8"],
            ["English", "en", "NO", "YES", "1", None, "audio-en/playlist.m3u8"],
            ["Deutsch (audio description)", "de", "NO", "YES", "2",
             "public.accessibility.describes-video",
             "audio-de-visual-impaired/playlist.m3u8"],
            ["English (hearing impaired)", "en", "NO", "YES", "1",
             "public.accessibility.enhances-speech-intelligibility",
             "audio-en-hearing-impaired/playlist.m3u8"],
            ["Deutsch (clean effects)", "de", "NO", "NO", "2", None,
             "audio-de-clean-effects/playlist.m3u8"],
            ["English 2", "en", "NO", "NO", "1", None, "audio-en-2/playlist.m3u8"]]
        root = ET.fromstring(get(server.port, "/live/manifest.mpd").text)
        assert list(form_faults(root)) == []
        sets = root.findall(f"{SPACE}Period/{SPACE}AdaptationSet[@contentType='audio']")
        assert [one.get("lang") for one in sets] == ["de", "en", "de", "en", "de", "en"]
        assert [one.findtext(f"{SPACE}Label") for one in sets] == [line[0] for line in attributes]
        assert descriptors(sets, "Role") == [
            ["main"], ["alternate"], ["alternate", "description"],
            ["alternate", "enhanced-audio-intelligibility"], ["alternate"], ["alternate"]]
        assert descriptors(sets, "Accessibility") == [[], [], ["1"], ["2"], [], []]
        hears(server, {"audio": 440, "audio-en": 880, "audio-de-visual-impaired": 1320,
                       "audio-en-hearing-impaired": 1760, "audio-de-clean-effects": 2200,
                       "audio-en-2": 2640})
    # A player of others chooses by language.
    heard = subprocess.run(
        [need("ffprobe", "plays"), "-v", "error", "-select_streams", "a", "-show_entries",
         "stream=sample_rate:stream_tags=language", "-of", "csv=p=0",
         program.url("/live/playlist.m3u8")], capture_output=True, text=True, timeout=60).stdout
    assert {"44100,en", "48000,de"} <= set(heard.split()), heard


@pytest.mark.timeout(60)
def test_declared_tracks(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Order, names and the default are those of the configuration; an absent track is silence."""
    path = tmp_path / "streamer.json"
    path.write_text(json.dumps({
        "input": str(film(tmp_path / "three.ts")), "loop": True, "audio": [
            {"language": "en", "name": "Commentary"},
            {"track": 1, "language": "gsw", "default": True}, {"language": "pl"}]}))
    program = plays(streamer, "--config", str(path))
    attributes = [[value(line, name) for name in ("NAME", "LANGUAGE", "DEFAULT", "URI")]
                  for line in media_lines(program)]
    assert attributes == [
        ["Commentary", "en", "NO", "audio/playlist.m3u8"],
        ["Schwyzerdütsch", "gsw", "YES", "audio-gsw/playlist.m3u8"],
        ["Polski", "pl", "NO", "audio-pl/playlist.m3u8"]]
    hears(program, {"audio": 880, "audio-gsw": 440, "audio-pl": 0})
    program.check_logged("audio-tracks", "aac (en), aac (de), silence",
                         "left out: mp2 (de, audio description)")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("spoken", "flags"), [
    (["--languages", "de,en"], []), ([], ["--audio-tracks", "#1/de,#2/en"])],
    ids=["sdp", "configuration"])
def test_tracks_of_rtsp(spoken: Sequence[str], flags: Sequence[str],
                        streamer: Callable[..., Program], sources: list[Source],
                        tmp_path: Path) -> None:
    """Two sections of audio, whose languages are `a=lang` of the SDP, or configured."""
    path, port = tmp_path / "two.mkv", free_port()
    ffmpeg(*VIDEO, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-f", "lavfi", "-i",
           "sine=frequency=880:sample_rate=44100", "-map", "0:v", "-map", "1:a", "-map", "2:a",
           *H264, "-c:a", "aac", "-t", "25", str(path))
    sources.append(rtsp_server(port, "--file", str(path), "--audio-tracks", "2", *spoken))
    program = plays(streamer, "--input", f"rtsp://127.0.0.1:{port}/x", *flags)
    assert [value(line, "LANGUAGE") for line in media_lines(program)] == ["de", "en"]
    hears(program, {"audio": 440, "audio-en": 880})
