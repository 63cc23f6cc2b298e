# SPDX-License-Identifier: Apache-2.0
"""Players of others with the broadcast of test_broadcast.py: dash.js, mpv and VLC.

`DASHJS=… pytest -s Tests/Thorough/test_broadcast_players.py` prints their rows of the table in
docs/captions.md.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.audiotracks import media_lines
from harness.broadcast import CLOSED, IN, OUT, TELETEXT, TONES, TURN, broadcast
from harness.browser import viewer
from harness.captionpage import errors
from harness.captionsource import Caption
from harness.foreignpage import FOREIGN_DASH
from harness.program import Program
from harness.site import site
from harness.sources import Source
from harness.textpictures import TextPictures, mpv, vlc
from harness.transport import Transport
from harness.waiting import wait_until
from test_audio_tracks_menu import HEARS
from test_broadcast import FRAME, LATEST, LISTEN, published

# The longest time that a page of teletext stays after its end, ms.
STAYS = 550


@pytest.fixture(scope="module")
def stream(tmp_path_factory: pytest.TempPathFactory) -> Transport:
    """The packets of two minutes."""
    return broadcast(tmp_path_factory.mktemp("broadcast"), 8)


def within(found: list[dict], given: list[Caption], stays: float = 0) -> tuple[list, list] | None:
    """The errors of starts and ends, ms, if each text was shown and removed in time."""
    late = errors(found, given)
    begins, ends = late[::2], late[1::2]
    whole = all(one is not None and abs(one) <= LATEST for one in begins) \
        and all(one is not None and -LATEST <= one <= LATEST + stays for one in ends)
    return (begins, ends) if whole else None


def words(name: str, found: tuple[list, list]) -> str:
    """What was measured."""
    begins, ends = found
    return (f"{name}: {len(begins)} texts, {min(begins):.0f} to {max(begins):.0f} ms after their "
            f"frames, removed {min(ends):.0f} to {max(ends):.0f} ms after their end")


@pytest.mark.timeout(90)
@pytest.mark.parametrize("path", ["playlist.m3u8", "manifest.mpd"])
def test_mpv_shows_closed_captions(path: str, streamer: Callable[..., Program],
                                   sources: list[Source], stream: Transport) -> None:
    """CC1 of LL-HLS and of the MPD, drawn into the pictures."""
    program = published(streamer, sources, stream)
    pictures = TextPictures(CLOSED[1])
    mpv(program.url(f"/live/{path}"), pictures,
        lambda: within(pictures.found, CLOSED[1]) is not None, 3 * TURN)
    found = within(pictures.found, CLOSED[1])
    assert found, pictures.found
    print(words(f"mpv, {path}, CC1", found))


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("path", "track", "given"), [
    ("playlist.m3u8", "Closed captions 1", CLOSED[1]),
    ("playlist.m3u8", "Closed captions 3", CLOSED[2]),
    ("manifest.mpd", "Closed captions 1", CLOSED[1]),
], ids=["CC1", "CC3", "CC1 of the MPD"])
def test_vlc_shows_closed_captions(
        path: str, track: str, given: list[Caption], tmp_path: Path,
        streamer: Callable[..., Program], sources: list[Source], stream: Transport) -> None:
    """The texts are in the pictures of its output. It stops to load WebVTT, in most runs."""
    program = published(streamer, sources, stream)
    pictures = TextPictures(given, b"FRAME\n")
    try:
        vlc(program.url(f"/live/{path}"), track, pictures,
            lambda: within(pictures.found, given) is not None, 3 * TURN, tmp_path)
    except AssertionError:
        print(pictures.found)
        raise
    found = within(pictures.found, given)
    assert found, pictures.found
    print(words(f"VLC, {path}, {track}", found))


@pytest.mark.timeout(180)
def test_dashjs_of_another_page_shows_a_broadcast(
        browser: Browser, streamer: Callable[..., Program], dashjs: Path, sources: list[Source],
        stream: Transport) -> None:
    """Teletext, SCTE-35, KLV and the languages; no closed captions."""
    program = published(streamer, sources, stream)
    # The channels are stated after their first caption.
    wait_until(lambda: len([line for line in media_lines(program) if "CLOSED" in line]) == 2, 15,
               "the channels")
    files = {"/dash.js": ("text/javascript", dashjs.read_bytes())}
    html = '<!doctype html><script src="dash.js"></script><body>'
    with site(html, files=files) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(FOREIGN_DASH, program.url("/live/manifest.mpd"))
        view.page.wait_for_function("() => __clock() !== null", timeout=20000)
        try:
            found = wait_until(
                lambda: within(view.page.evaluate("() => __texts"), TELETEXT, STAYS), 3 * TURN,
                "the texts of teletext", interval=0.5)
        except AssertionError:
            print(view.page.evaluate("() => __texts"))
            raise
        print(words("dash.js alone, teletext", found))
        events = view.page.evaluate("() => __events")
        splices = [event["clock"] - 1000 * min((OUT, IN), key=lambda at, event=event: abs(
                       event["clock"] - 1000 * at))
                   for event in events if event["scheme"].startswith("urn:scte")]
        klv = [event["clock"] - FRAME * struct.unpack(">H", bytes(event["end"]))[0]
               for event in events if event["scheme"].startswith("urn:misb")]
        assert len(splices) >= 2 and len(klv) >= 6
        for name, apart in ("SCTE-35", splices), ("KLV", klv):
            assert sorted(map(abs, apart))[len(apart) // 2] <= LATEST, (name, apart)
            print(f"dash.js alone: {len(apart)} of {name}, {min(apart):.0f} to {max(apart):.0f} ms")
        view.page.evaluate(LISTEN)
        view.page.wait_for_function(HEARS, arg=TONES["eng"], timeout=8000)
        began = time.monotonic()
        view.page.evaluate("() => __dash.setCurrentTrack("
                           "__dash.getTracksFor('audio').find(({ lang }) => lang === 'fr'))")
        view.page.wait_for_function(HEARS, arg=TONES["fra"], timeout=15000)
        print(f"dash.js alone: Français is heard after {time.monotonic() - began:.2f} s")
