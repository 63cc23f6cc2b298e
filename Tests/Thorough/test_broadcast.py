# SPDX-License-Identifier: Apache-2.0
"""One publisher by SRT with three languages, CEA-608, teletext, SCTE-35 and KLV, all at once.

`pytest -s Tests/Thorough/test_broadcast.py` prints what each player showed, with the difference
between the time of a text and its display: the table of docs/captions.md.
"""

from __future__ import annotations

import re
import struct
import time
import xml.etree.ElementTree as ET
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from fetch_hlsjs import script_flags
from harness.audiotracks import hears, media_lines, value
from harness.broadcast import CLOSED, IN, OUT, RATE, SETS, TELETEXT, TONES, TURN, broadcast
from harness.browser import Viewer, viewer
from harness.captionpage import CHOOSE, ELEMENTS, MOUNT, errors
from harness.captionsource import Caption
from harness.dashscript import dashjs_flags
from harness.foreignpage import FOREIGN
from harness.http1 import get
from harness.mpd import schema, validate_by_schema
from harness.mpdform import SPACE
from harness.pagemenus import open_settings
from harness.playlist import parse
from harness.program import Program
from harness.rtmp import rtmp_port
from harness.site import site
from harness.sources import Source
from harness.transport import Transport, sets
from harness.waiting import wait_until
from test_audio_tracks_menu import HEARS
from test_events import TOKEN
from test_input_texts import cues
from test_metadata import (
    SET_SCHEME, SPLICE_SCHEME, Viewed, attribute, milliseconds, watch)

# The fixtures of the scripts that transports need.
SCRIPTS = {"hls": "hlsjs", "dash": "dashjs"}
TURNS = 13
# The most between the time of a text and its display, ms.
LATEST = 100
FRAME = 1000 / RATE
HOST = ["--host", "127.0.0.1", "--http-port", "0", "--srt", "127.0.0.1:0", "--captions", "de*",
        "--admin-token", TOKEN, "--playlist-length", "20"]


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Transport:
    """The packets of some minutes."""
    return broadcast(tmp_path_factory.mktemp("broadcast"), TURNS)


def published(streamer: Callable[..., Program], sources: list[Source], stream: Transport,
              *flags: str) -> Program:
    """A streamer with the publisher."""
    program = streamer(*HOST, *flags, defaults=False)
    url = f"srt://127.0.0.1:{rtmp_port(program, 'srt')}?streamid=live&latency=60000"
    sources.append(stream.call(url))
    wait_until(lambda: get(program.port, "/live/playlist.m3u8", timeout=15).status == 200, 20,
               "a playlist")
    return program


@pytest.mark.timeout(120)
@pytest.mark.parametrize("how", ["always", "never"])
def test_everything_of_a_broadcast_is_signalled(
        how: str, streamer: Callable[..., Program], sources: list[Source],
        stream: Transport) -> None:
    """Playlists, MPD and media name and have all of it, passed through and encoded."""
    program = published(streamer, sources, stream, "--passthrough", how)
    viewed = Viewed(program)
    watch(viewed, messages=2, seconds=25)

    lines = [line for line in media_lines(program) if "TYPE=AUDIO" in line]
    assert [[value(line, name) for name in ("NAME", "LANGUAGE", "DEFAULT", "URI")]
            for line in lines] == [["English", "en", "YES", "audio/playlist.m3u8"],
                                   ["Deutsch", "de", "NO", "audio-de/playlist.m3u8"],
                                   ["Français", "fr", "NO", "audio-fr/playlist.m3u8"]]
    hears(program, dict(zip(("audio", "audio-de", "audio-fr"), TONES.values(), strict=True)))
    closed = [line for line in media_lines(program) if "TYPE=CLOSED-CAPTIONS" in line]
    assert [value(line, "INSTREAM-ID") for line in closed] == ["CC1", "CC3"]
    [text] = [line for line in media_lines(program) if "TYPE=SUBTITLES" in line]
    assert value(text, "LANGUAGE") == "de"
    multivariant = get(program.port, "/live/playlist.m3u8").text
    assert 'SUBTITLES="captions",CLOSED-CAPTIONS="closed-captions"' in multivariant

    mpd = get(program.port, "/live/manifest.mpd").text
    if form := schema():
        validate_by_schema(mpd, form)
    assert 'schemeIdUri="urn:scte:dash:cc:cea-608:2015" value="CC1;CC3"' in mpd
    groups = ET.fromstring(mpd).findall(f"{SPACE}Period/{SPACE}AdaptationSet")
    assert [(one.get("contentType"), one.get("lang")) for one in groups] == [
        ("video", None), ("audio", "en"), ("audio", "de"), ("audio", "fr"), ("text", "de")]

    # The frame of each time is known by the break, which is at a frame of the turn.
    out = next(line for line in viewed.ranges if "SCTE35-OUT=0x" in line)
    back = next(line for line in viewed.ranges if "SCTE35-IN=0x" in line)
    assert attribute(out, "ID") == attribute(back, "ID")
    assert float(str(attribute(back, "DURATION"))) == IN - OUT
    begin, end = sorted({message.ticks for message in viewed.of(SPLICE_SCHEME)})[:2]
    assert (end - begin) * RATE == round((IN - OUT) * RATE) * viewed.scale
    splice = milliseconds(str(attribute(out, "START-DATE")))
    assert abs(viewed.wall(begin) - splice) <= 1
    starts = {cue["text"]: cue["start"] for cue in reversed(cues(program, "de"))}
    apart = [(starts[one.text] - splice - 1000 * (one.start - OUT) + 8000) % (1000 * TURN) - 8000
             for one in TELETEXT if one.text in starts]
    assert len(apart) >= 4 and max(map(abs, apart)) <= FRAME + 1, apart
    texts = get(program.port, "/live/captions-de/playlist.m3u8").text
    assert any("Zeile" in get(program.port, f"/live/captions-de/{name}").text
               for name in re.findall(r"^segment\d+\.vtt$", texts, re.M))
    found = viewed.of(SET_SCHEME)
    assert len(found) >= 3
    for one in found:
        (at,) = struct.unpack(">H", one.data[-2:])
        assert at in SETS and one.data == sets(b"\2\2" + struct.pack(">H", at))
        off = (one.ticks - begin) / viewed.scale - (at / RATE - OUT)
        assert abs((off + TURN / 2) % TURN - TURN / 2) * 1000 < 1, (at, off)
    print(f"passthrough {how}: teletext {min(apart):.0f} to {max(apart):.0f} ms from its frame, "
          f"{len(found)} sets of KLV on their frames")
    assert not program.logged("metadata-invalid") and not program.logged("metadata-flood")


EVENTS = """() => {
  window.__events = [];
  __player.addEventListener('streamevent', ({ detail }) => {
    __events.push({ data: detail.data, clock: __clock() });
  });
}"""
LISTEN = """() => {
  const context = new AudioContext(), analyser = context.createAnalyser();
  analyser.fftSize = 8192;
  analyser.smoothingTimeConstant = 0;
  const video = document.querySelector('video') ?? __player.shadowRoot.querySelector('video');
  context.createMediaElementSource(video).connect(analyser);
  window.__analyser = analyser;
  video.muted = false;
  return context.resume();
}"""


def shown(view: Viewer, name: str, given: list[Caption], stays: float) -> str:
    """Waits until each text of a track was shown with its frame; what was measured.

    A text may stay `stays` ms longer than it was sent.
    """
    view.page.wait_for_function(CHOOSE, arg=name, timeout=60000)

    def found() -> tuple[list[float], list[float]] | None:
        late = errors(view.page.evaluate("() => __captions"), given)
        begins, ends = late[::2], late[1::2]
        whole = all(one is not None and abs(one) <= LATEST for one in begins) \
            and all(one is not None and -LATEST <= one <= LATEST + stays for one in ends)
        return (begins, ends) if whole else None  # type: ignore[return-value]

    try:
        begins, ends = wait_until(found, 5 * TURN, f"{name} with its frames", interval=0.5)
    except AssertionError:
        seen = view.page.evaluate("() => __captions")
        print(errors(seen, given), seen)
        raise
    return (f"{name}: {len(begins)} of {len(given)} texts, {min(begins):.0f} to {max(begins):.0f} "
            f"ms after their frames, removed {min(ends):.0f} to {max(ends):.0f} ms after their end")


def messages(view: Viewer, *, has_sets: bool) -> str | None:
    """The errors of the messages, once half of each kind or more was within 0.1 s."""
    splices: list[float] = []
    klv: list[float] = []
    for event in view.page.evaluate("() => __events"):
        if event["clock"] is None:
            continue
        if "scte35" in event["data"]:
            at = {"out": OUT, "in": IN}[event["data"]["scte35"]["role"]]
            splices.append(event["clock"] - at * 1000)
        elif "klv" in event["data"]:
            (at,) = struct.unpack(">H", b64decode(event["data"]["klv"]["base64"])[-2:])
            klv.append(event["clock"] - at * FRAME)
    if len(splices) < 2 or has_sets and len(klv) < 6:
        return None
    kinds = {"SCTE-35": splices, "KLV": klv}
    if any(sorted(map(abs, found))[len(found) // 2] > LATEST for found in kinds.values() if found):
        return None
    return ", ".join(f"{len(found)} of {kind} {min(found):.0f} to {max(found):.0f} ms after their "
                     "frames" for kind, found in kinds.items() if found)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("transport", ["ws", "hls", "dash"])
def test_player_shows_a_broadcast(
        transport: str, browser: Browser, streamer: Callable[..., Program],
        request: pytest.FixtureRequest, sources: list[Source], stream: Transport) -> None:
    """Both kinds of captions and all messages with their frames, and another language by the menu.

    KLV is for clients of WebSockets. Over HTTP alone, captions, messages and menus have tests of
    their own (test_closed_captions_page.py, test_captions.py, test_events.py,
    test_audio_tracks_menu.py).
    """
    if script := SCRIPTS.get(transport):
        assert request.getfixturevalue(script).is_file()
    program = published(streamer, sources, stream, *script_flags(), *dashjs_flags())
    html = ELEMENTS.format(module=program.url("/player/live-player.js"))
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(MOUNT, [program.url("/live/"), transport])
        view.page.evaluate(EVENTS)
        view.page.wait_for_function(
            "() => window.__player?.statistics?.frames > 45 && __player.captionTracks.length === 3",
            timeout=40000)
        # A language of cues is shown without a choice, a channel is not.
        assert view.page.evaluate("() => __player.captionTrack") == "Deutsch"
        print(f"{transport}: " + shown(view, "CC Deutsch", TELETEXT, 550))
        print(f"{transport}: " + shown(view, "CC1", CLOSED[1], 0))
        print(f"{transport}: " + wait_until(
            lambda: messages(view, has_sets=transport == "ws"), 2 * TURN, "messages"))
        view.page.evaluate(LISTEN)
        view.page.wait_for_function(HEARS, arg=TONES["eng"], timeout=60000)
        names = view.page.evaluate("() => __player.audioTracks")
        assert names == ["English", "Deutsch", "Français"]
        open_settings(view.page)
        menu = view.page.locator("#audio-track")
        assert menu.locator("option").all_inner_texts() == names
        stalls = "() => __player.statistics.stallSeconds"
        before, began = view.page.evaluate(stalls), time.monotonic()
        menu.select_option(label="Deutsch")
        view.page.wait_for_function(HEARS, arg=TONES["deu"], timeout=60000)
        took = time.monotonic() - began
        view.watch(1)
        print(f"{transport}: Deutsch is heard after {took:.2f} s, stalls of "
              f"{view.page.evaluate(stalls) - before:.3f} s")
        assert not view.page_errors, view.page_errors


def begins(found: list[dict], label: str, given: list[Caption]) -> list[float] | None:
    """The median error of the start of each text of a track, ms; None if one is not usual."""
    late: list[float] = []
    for one in given:
        # hls.js makes a cue of each row of a caption.
        texts = {f"{label}: {one.text}", f"{label}: {one.text.split(chr(10))[0]}"}
        clocks = [entry["clock"] - one.start * 1000 for entry in found
                  if entry["clock"] is not None and entry["text"] in texts]
        late.append(sorted(clocks, key=abs)[(len(clocks) - 1) // 2] if clocks else LATEST + 1)
        if abs(late[-1]) > LATEST:
            return None
    return late


@pytest.mark.timeout(240)
def test_hlsjs_of_another_page_shows_a_broadcast(
        browser: Browser, streamer: Callable[..., Program], hlsjs: Path, sources: list[Source],
        stream: Transport) -> None:
    """With whole segments: both kinds of captions, date ranges, sets of KLV, and the languages."""
    assert hlsjs.is_file()
    program = published(streamer, sources, stream, *script_flags())
    # The channels are named after their first caption, and hls.js reads the names once.
    wait_until(lambda: len([line for line in media_lines(program) if "CLOSED" in line]) == 2, 15,
               "the channels")
    html = f'<!doctype html><script src="{program.url("/player/hls.js")}"></script><body>'
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(FOREIGN, program.url("/live/playlist.m3u8"))
        view.page.wait_for_function("() => __clock() !== null", timeout=60000)
        for label, given in ("Deutsch", TELETEXT), ("CC1", CLOSED[1]), ("CC3", CLOSED[2]):
            try:
                late = wait_until(
                    lambda label=label, given=given: begins(
                        view.page.evaluate("() => __texts"), label, given), 3 * TURN,
                    f"the texts of {label}", interval=0.5)
            except AssertionError:
                print(view.page.evaluate("() => __texts"))
                raise
            print(f"hls.js alone, {label}: {len(late)} of {len(given)} texts, {min(late):.0f} to "
                  f"{max(late):.0f} ms after their frames")
        ranges = view.page.evaluate("() => Object.values(__ranges)")
        assert any("SCTE35-OUT" in one and "SCTE35-IN" in one for one in ranges), ranges
        found = view.page.evaluate("() => __sets")
        assert len(found) >= 6
        assert all(bytes(one) == sets(b"\2\2" + bytes(one[-2:])) for one in found)
        names = view.page.evaluate("() => __hls.audioTracks.map(({ name }) => name)")
        assert names == ["English", "Deutsch", "Français"]
        view.page.evaluate(LISTEN)
        view.page.wait_for_function(HEARS, arg=TONES["eng"], timeout=60000)
        began = time.monotonic()
        view.page.evaluate("() => { __hls.audioTrack = 2; }")
        view.page.wait_for_function(HEARS, arg=TONES["fra"], timeout=60000)
        print(f"hls.js alone: {len(ranges)} breaks, {len(found)} sets of KLV; Français is heard "
              f"after {time.monotonic() - began:.2f} s")
        assert view.page.evaluate("() => window.__fatal ?? []") == []
