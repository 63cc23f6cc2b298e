# SPDX-License-Identifier: Apache-2.0
"""Closed captions of CEA-708: our players show them with their frames, beside those of CEA-608."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from fetch_hlsjs import script_flags
from harness.browser import viewer
from harness.captionsource import Caption, captioned_clip
from harness.dashscript import dashjs_flags
from harness.dtvcc import ServiceCaption
from harness.http1 import get
from harness.program import Program, start, stop
from harness.site import site
from harness.waiting import wait_until
from test_closed_captions_page import CHOOSE, ELEMENTS, MOUNT, SCRIPTS, errors

SECONDS, INTERVAL = 12, 2
TIMES = [((0.4 + index) * INTERVAL, (0.9 + index) * INTERVAL)
         for index in range(SECONDS // INTERVAL)]
# The same text in both standards, and another one in a service with an extended number.
CHANNEL = [Caption(start, end, f"Caption {index + 1}\nof both")
           for index, (start, end) in enumerate(TIMES)]
SERVICES = [[ServiceCaption(start, end, one.text) for one, (start, end) in zip(
                CHANNEL, TIMES, strict=True)],
            [ServiceCaption(start, end, f"♪ Señal {index + 1} <b>\ndel tercer ÿ servicio", 8)
             for index, (start, end) in enumerate(TIMES)]]


@pytest.fixture(scope="module")
def program(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A file with captions in CC1, SERVICE1 and SERVICE8, passed through in a loop."""
    path = captioned_clip(
        tmp_path_factory.mktemp("captions") / "captions.ts", SECONDS, CHANNEL, "320x180",
        services=SERVICES[0] + SERVICES[1])
    running = start(["--input", str(path), "--loop", "--passthrough", "always", "--host",
                     "127.0.0.1", "--http-port", "0", "--closed-captions",
                     "CC1=en,SERVICE1=en", *script_flags(), *dashjs_flags()], defaults=False)
    wait_until(lambda: get(running.port, "/live/video/playlist.m3u8").status == 200, 20, "live")
    yield running
    stop(running)


def test_services_are_signalled_once_seen(program: Program) -> None:
    """The declared ones at once, the other one with its first text."""
    wait_until(lambda: 'INSTREAM-ID="SERVICE8"' in get(program.port, "/live.m3u8").text, 20,
               "SERVICE8 in the playlist")
    assert 'NAME="English (SERVICE1)",LANGUAGE="en"' in get(program.port, "/live.m3u8").text
    assert ('cea-708:2015" value="1=lang:eng;8=lang:und"'
            in get(program.port, "/manifest.mpd").text)


@pytest.mark.timeout(150)
@pytest.mark.parametrize("transport", ["http", "ws", "webcodecs", "hls", "dash"])
def test_player_shows_services_with_their_frames(
        transport: str, browser: Browser, program: Program,
        request: pytest.FixtureRequest) -> None:
    """Both standards are offered, nothing is shown before a choice, and texts are no markup."""
    if script := SCRIPTS.get(transport):
        assert request.getfixturevalue(script).is_file()
    html = ELEMENTS.format(module=program.url("/player/live-player.js"))
    # An MPD has languages, no names.
    first = "English" if transport == "dash" else "English (CC1)"
    names = [first, "English (SERVICE1)", "SERVICE8"]
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(MOUNT, [program.url("/live/"), transport])
        view.page.wait_for_function(
            "(names) => __player.statistics?.frames > 45"
            " && __player.captionTracks.join() === names.join()", arg=names, timeout=30000)
        assert view.page.evaluate("() => [__player.captionTrack, ...__captions]") == [None]
        for name, label, given in (("English (SERVICE1)", "CC English (SERVICE1)", SERVICES[0]),
                                   ("SERVICE8", "SERVICE8", SERVICES[1])):
            view.page.wait_for_function(CHOOSE, arg=label, timeout=10000)

            def late(given: list[ServiceCaption] = given) -> list[float | None] | None:
                """The errors if each change is usually within 0.1 s of its frame."""
                found = errors(view.page.evaluate("() => __captions"), given)
                good = all(one is not None and abs(one) <= 100 for one in found)
                return found if good else None

            try:
                found = wait_until(late, 38, f"{name} with its frames", interval=0.5)
            except AssertionError:
                print(view.page.evaluate("() => __captions"))
                raise
            print(f"{transport}, {name}: {len(found)} changes, {min(found):.0f} to "
                  f"{max(found):.0f} ms after their frames")
            assert view.page.evaluate("() => __player.captionTrack") == name
            shown = {one["text"] for one in view.page.evaluate("() => __captions")}
            assert shown <= {"", *(one.text for one in given)}, shown
        assert not view.page_errors, view.page_errors
