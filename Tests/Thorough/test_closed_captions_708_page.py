# SPDX-License-Identifier: Apache-2.0
"""Services of CEA-708 in our player that draws its pictures by WebCodecs.

The decoder and the menu are tests of the client (client/test/cea708.test.mjs, dtvcc.test.mjs,
closed-captions.test.mjs), as are the bytes that other players supply.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.captionpage import CHOOSE, ELEMENTS, MOUNT, errors
from harness.dtvcc import ServiceCaption
from harness.program import Program
from harness.site import site
from harness.waiting import wait_until
from test_closed_captions_708 import SERVICES, program  # noqa: F401


@pytest.mark.timeout(150)
def test_player_shows_services_with_their_frames(
        browser: Browser, program: Program) -> None:  # noqa: F811
    """Both standards are offered, nothing is shown before a choice, and texts are no markup."""
    html = ELEMENTS.format(module=program.url("/player/live-player.js"))
    names = ["English (CC1)", "English (SERVICE1)", "SERVICE8"]
    with site(html) as address, viewer(browser) as view:
        view.open(address, is_parsed=True)
        view.page.evaluate(MOUNT, [program.url("/live/"), "webcodecs"])
        view.page.wait_for_function(
            "(names) => window.__player?.statistics?.frames > 45"
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
            print(f"{name}: {len(found)} changes, {min(found):.0f} to "
                  f"{max(found):.0f} ms after their frames")
            assert view.page.evaluate("() => __player.captionTrack") == name
            shown = {one["text"] for one in view.page.evaluate("() => __captions")}
            assert shown <= {"", *(one.text for one in given)}, shown
        assert not view.page_errors, view.page_errors
