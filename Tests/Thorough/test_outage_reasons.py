# SPDX-License-Identifier: Apache-2.0
"""The reason of each outage, in the API, for publishers that have left, and in the pages."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.http1 import get
from harness.program import Program
from harness.sources import clip
from harness.uploads import begin
from harness.waiting import wait_until
from test_outages import PASSWORD, inputs, outages, with_stream_type, write  # noqa: F401

DENIED = "the source refuses access"


@pytest.mark.timeout(90)
@pytest.mark.parametrize("isolation", ["process", "none"])
def test_each_stream_states_its_reason(isolation: str, streamer: Callable[..., Program],
                                       inputs: dict[str, str], tmp_path: Path) -> None:
    """In `/api` with the line of the log, in the documents for viewers without it."""
    began = time.time()
    program = streamer("-c", str(write(tmp_path, inputs, isolation=isolation)), defaults=False)
    names = [*inputs, "no-publisher"]
    wait_until(lambda: all(outages(program)[name] for name in names), 20, "all outages")
    found = outages(program)
    assert {name: found[name]["kind"] for name in names} == {name: name for name in names}
    assert "401 Unauthorized" in found["denied"]["reason"]
    assert "unknown host" in found["unknown-host"]["reason"]
    assert "Connection refused" in found["refused"]["reason"]
    assert "no decoder for avs3" in found["unsupported"]["reason"]
    assert found["denied"]["text"].startswith(DENIED)
    assert 5 < found["denied"]["retry"] <= 30 and found["refused"]["retry"] <= 5
    assert "retry" not in found["no-publisher"]
    passed = time.time() - began
    assert all(0 <= found[name]["seconds"] <= passed + 1 for name in names)

    listed = outages(program, "/streams.json")
    for name in names:
        assert listed[name]["kind"] == name and "reason" not in listed[name]
        assert began - 1 < listed[name]["since"] / 1e9 < time.time() + 1
        stream = json.loads(get(program.port, f"/{name}/timestamps.json").text)
        assert stream["source"]["online"] is False
        assert stream["source"]["outage"]["text"] == listed[name]["text"]
    for text in (get(program.port, "/streams.json").text, get(program.port, "/ready").text):
        assert "camera.invalid" not in text and PASSWORD not in text
    assert DENIED in get(program.port, "/ready").text
    held = get(program.port, "/denied/ll.m3u8", timeout=15)
    assert held.status == 503 and DENIED in held.text
    assert PASSWORD not in program.log_text()


@pytest.mark.timeout(90)
@pytest.mark.parametrize("isolation", ["process", "none"])
def test_a_publisher_that_has_left_is_no_reason(isolation: str, streamer: Callable[..., Program],
                                                tmp_path: Path) -> None:
    """A codec that is not supported is the reason while its publisher is connected."""
    program = streamer("-c", str(write(tmp_path, {}, isolation=isolation)), defaults=False)
    media = clip(tmp_path / "clip.ts", 6, "-an", "-muxrate", "8M", "-f", "mpegts").read_bytes()
    unusable = with_stream_type(media, 0xd4)  # AVS3

    def kind() -> str | None:
        return (outages(program)["no-publisher"] or {}).get("kind")

    wait_until(lambda: kind() == "no-publisher", 10, "the wait for a publisher")
    upload = begin(program, "/no-publisher/live.ts")

    def is_unsupported() -> bool:
        upload.send(unusable)
        return kind() == "unsupported"

    wait_until(is_unsupported, 20, "the reason", 0.3)
    upload.cut()
    wait_until(lambda: kind() == "no-publisher", 20, "the next wait for a publisher")


@pytest.mark.timeout(120)
def test_the_pages_state_the_reasons(browser: Browser, streamer: Callable[..., Program],
                                     inputs: dict[str, str], tmp_path: Path) -> None:
    """The list, the page of a stream and the wall: the reason, since when, and the next attempt."""
    program = streamer("-c", str(write(tmp_path, inputs)), defaults=False)
    expected = {
        "denied": ("The source refuses access", "Next attempt at"),
        "unknown-host": ("The host of the source is unknown", "Trying again."),
        "refused": ("The source refuses the connection", "Trying again."),
        "unsupported": ("The video of the source is not supported", "Trying again."),
        "no-publisher": ("Waiting for a publisher", ""),
    }
    wait_until(lambda: all(outages(program)[name] for name in expected), 20, "all outages")
    with viewer(browser) as view:
        page = view.page
        view.open(program.url("/"))
        page.wait_for_selector(".card")
        cards = {card.locator("h2").inner_text(): card for card in page.locator(".card").all()}
        for name, (title, attempt) in expected.items():
            badge, why = (cards[name].locator(part).inner_text() for part in (".badge", ".why"))
            if name == "no-publisher":
                assert (badge, why) == ("Waiting", "No publisher yet.")
                continue
            assert badge == "No picture" and why.startswith(title), why
            assert re.search(r"\. Since \d\d:\d\d, (trying now|next try in \d+ s)\.$", why), why
        for name, (title, attempt) in expected.items():
            view.open(program.url(f"/{name}/"))
            page.wait_for_function(
                "title => document.getElementById('away-title').textContent === title", arg=title,
                timeout=5000)
            words = page.inner_text("#away-text")
            assert attempt.replace("Next attempt at", "Next try in") in words, words
            assert name == "no-publisher" or "No picture since " in words, words
        view.open(program.url(f"/wall?streams={','.join(expected)}"))
        page.wait_for_function(
            "titles => [...document.querySelectorAll('live-player')].map((player) => "
            "player.shadowRoot?.getElementById('away-title')?.textContent).join() === titles",
            arg=",".join(title for title, _ in expected.values()), timeout=8000)
        assert not view.page_errors, view.page_errors
