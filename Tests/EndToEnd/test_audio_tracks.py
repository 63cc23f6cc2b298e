# SPDX-License-Identifier: Apache-2.0
"""Several audio tracks of an input: playlists, MPD, media, choice, outages, and far too many."""

from __future__ import annotations

import json
import subprocess
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.audiotracks import hears, media_lines, value
from harness.browser import SMALL, viewer
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
# Language, frequency, codec, sample rate, channels, disposition of MPEG-TS.
TRACKS = [
    ("ger", 440, "aac", 48000, 2, ""), ("eng", 880, "aac", 44100, 1, ""),
    ("ger", 1320, "mp2", 48000, 2, "visual_impaired"),
]


def ffmpeg(*options: str) -> bytes:
    """Runs ffmpeg to its end; what it wrote to its standard output."""
    return subprocess.run(
        [need("ffmpeg", "inputs"), "-v", "error", "-y", *options], check=True, timeout=60,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE).stdout


def film(path: Path, seconds: int = 8, without: Sequence[int] = ()) -> Path:
    """Writes MPEG-TS with the audio tracks, except those with these indices."""
    path.write_bytes(recorded(seconds, tuple(without)))
    return path


@cache
def recorded(seconds: int, without: tuple[int, ...]) -> bytes:
    """Records MPEG-TS with the tracks, once per worker."""
    inputs: list[str] = []
    options: list[str] = []
    wanted = [track for index, track in enumerate(TRACKS) if index not in without]
    for index, (language, pitch, codec, rate, channels, purpose) in enumerate(wanted):
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


@pytest.mark.timeout(90)
@pytest.mark.parametrize("flags", [[], ["--resolution", "160x90", "--isolation", "none"]])
def test_tracks_of_a_file(flags: Sequence[str], streamer: Callable[..., Program],
                          tmp_path: Path) -> None:
    """Each track has its language, name, purpose and sound, passed through or not, and relayed."""
    program = plays(streamer, "--input", str(film(tmp_path / "three.ts")), "--loop", *flags)
    program.check_logged("audio-tracks", "3 of 3")
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
             "audio-de-visual-impaired/playlist.m3u8"]]
        root = ET.fromstring(get(server.port, "/live/manifest.mpd").text)
        assert list(form_faults(root)) == []
        sets = root.findall(f"{SPACE}Period/{SPACE}AdaptationSet[@contentType='audio']")
        assert [one.get("lang") for one in sets] == ["de", "en", "de"]
        assert [[role.get("value") for role in one.iter(f"{SPACE}Role")] for one in sets] == [
            ["main"], ["alternate"], ["alternate", "description"]]
        assert [[one.get("value") for one in each.iter(f"{SPACE}Accessibility")]
                for each in sets] == [[], [], ["1"]]
        hears(server, {"audio": 440, "audio-en": 880, "audio-de-visual-impaired": 1320})
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


def sends(path: Path, url: str, pids: Sequence[int] = (256, 257, 258, 259)) -> Source:
    """Sends MPEG-TS by UDP in real time, with these PIDs."""
    numbers = [word for index, pid in enumerate(pids) for word in ("-streamid", f"{index}:{pid}")]
    return Source(subprocess.Popen(
        [need("ffmpeg", "inputs"), "-v", "error", "-re", "-i", str(path), "-map", "0", "-c", "copy",
         *numbers, "-f", "mpegts", url + "?pkt_size=1316"], stdin=subprocess.DEVNULL))


@pytest.mark.timeout(60)
def test_a_declared_track_appears_later(streamer: Callable[..., Program], sources: list[Source],
                                        tmp_path: Path) -> None:
    """Before that it is silence; on the same connection it is found in a new PMT."""
    url = f"udp://127.0.0.1:{free_port()}"
    one = sends(film(tmp_path / "one.ts", 30, without=[0, 2]), url, (256, 258))
    sources.append(one)
    program = plays(streamer, "--input", url, "--audio-tracks", "en,de")
    hears(program, {"audio": 880, "audio-de": 0})
    one.kill()
    sources.append(sends(film(tmp_path / "whole.ts", 30), url))
    hears(program, {"audio": 880, "audio-de": 440})


@pytest.mark.timeout(90)
def test_a_track_disappears_and_returns(streamer: Callable[..., Program], sources: list[Source],
                                        tmp_path: Path) -> None:
    """Meanwhile it is silence and the other tracks stay; the PIDs of an encoder are constant."""
    whole, part = film(tmp_path / "whole.ts", 30), film(tmp_path / "part.ts", 30, without=[0])
    url = f"udp://127.0.0.1:{free_port()}"
    first = sends(whole, url)
    sources.append(first)
    program = plays(streamer, "--input", url)
    hears(program, {"audio": 440, "audio-en": 880})
    first.kill()
    second = sends(part, url, (256, 258, 259))
    sources.append(second)
    hears(program, {"audio": 0, "audio-en": 880, "audio-de-visual-impaired": 1320})
    second.kill()
    sources.append(sends(whole, url))
    hears(program, {"audio": 440, "audio-en": 880, "audio-de-visual-impaired": 1320})


@pytest.mark.timeout(60)
def test_tracks_of_rtsp(streamer: Callable[..., Program], sources: list[Source],
                        tmp_path: Path) -> None:
    """Two sections of audio in the SDP, which has no languages: the configuration names them."""
    path, port = tmp_path / "two.mkv", free_port()
    ffmpeg(*VIDEO, "-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-f", "lavfi", "-i",
           "sine=frequency=880:sample_rate=44100", "-map", "0:v", "-map", "1:a", "-map", "2:a",
           *H264, "-c:a", "aac", "-t", "25", str(path))
    sources.append(rtsp_server(port, "--file", str(path), "--audio-tracks", "2"))
    program = plays(streamer, "--input", f"rtsp://127.0.0.1:{port}/x", "--audio-tracks",
                    "#1/de,#2/en")
    assert [value(line, "LANGUAGE") for line in media_lines(program)] == ["de", "en"]
    hears(program, {"audio": 440, "audio-en": 880})


@pytest.mark.timeout(60)
def test_too_many_tracks(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Of 60 languages 16 are used, one line has the others, and the video plays."""
    one, path = tmp_path / "one.aac", tmp_path / "sixty.ts"
    ffmpeg("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000", "-t", "6", str(one))
    options: list[str] = []
    for index in range(60):
        name = "a" + chr(97 + index // 26) + chr(97 + index % 26)
        options += ["-map", "1:a", f"-metadata:s:a:{index}", f"language={name}"]
    ffmpeg(*VIDEO, "-i", str(one), "-map", "0:v", *H264, *options, "-c:a", "copy", "-t", "6",
           str(path))
    program = plays(streamer, "--input", str(path), "--loop")
    assert len(media_lines(program)) == 16
    hears(program, {"audio": 440})
    assert get(program.port, "/live/video/playlist.m3u8").status == 200
    assert len(program.logged("audio-tracks")) == 1


LISTEN = """() => {
  const video = document.querySelector('video'), context = new AudioContext();
  const analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  analyser.smoothingTimeConstant = 0;
  context.createMediaElementSource(video).connect(analyser);
  window.__analyser = analyser;
  video.muted = false;
  return context.resume();
}"""
HEARS = """(hertz) => {
  const levels = new Float32Array(__analyser.frequencyBinCount);
  __analyser.getFloatFrequencyData(levels);
  const loudest = levels.indexOf(Math.max(...levels));
  return Math.abs(loudest * __analyser.context.sampleRate / __analyser.fftSize - hertz) < 20;
}"""


@pytest.mark.timeout(120)
@pytest.mark.parametrize("player", ["hlsjs", "dashjs", "http", "ws"])
def test_menu_of_the_page(player: str, browser: Browser, streamer: Callable[..., Program],
                          request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The menu is reached by the keyboard, and its track is heard without a stall; one retry."""
    path = film(tmp_path / "three.ts", 20)
    script: list[str] = []
    if player not in ("http", "ws"):
        script = [f"--{player}", str(request.getfixturevalue(player))]
    program = plays(streamer, "--input", str(path), "--loop", *script)
    for attempt in (1, 2):
        with viewer(browser, SMALL) as view:
            view.open(program.url(f"/?panel=1&player={player}"))
            view.page.wait_for_function(
                "() => window.__player?.status === 'live'", timeout=15000)
            menu = view.page.locator("#audio-track")
            menu.wait_for(timeout=8000)
            assert menu.locator("option").all_inner_texts() == [
                "Deutsch", "English", "Deutsch (audio description)"]
            view.page.evaluate(LISTEN)
            view.page.wait_for_function(HEARS, arg=440, timeout=8000)
            view.watch(1)
            count = "() => __player.stalls.reduce((sum, { seconds }) => sum + seconds, 0)"
            before, begin = view.page.evaluate(count), time.monotonic()
            menu.focus()
            view.page.keyboard.press("ArrowDown")
            view.page.wait_for_function(HEARS, arg=880, timeout=8000)
            took = time.monotonic() - begin
            view.watch(1)
            stall = view.page.evaluate(count) - before
            print(f"{player}, run {attempt}: heard after {took:.2f} s, stalls of {stall:.3f} s")
            assert not view.page_errors
        if stall <= 0.1:
            return
    raise AssertionError(f"stalls of {stall:.3f} s")
