# SPDX-License-Identifier: Apache-2.0
"""The publisher page in Firefox in trouble: outages, a reload, a second tab, a hidden tab."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.firefox import DRAWN_DEVICES, Firefox, firefox_running
from harness.program import Program
from harness.proxy import Proxy
from harness.waiting import pause, wait_until

KEY = "0123456789abcdef0123456789abcdef"
SOURCE = ("--host", "127.0.0.1", "--http-port", "0", "--source", "page", "--publish-key", KEY)


def start(firefox: Firefox) -> None:
    """Opens the drawn camera of the page that is open, and asks to publish it."""
    wait_until(lambda: firefox.evaluate("globalThis.__publisher?.state") == "idle", 20, "the page")
    firefox.evaluate(f"document.querySelector('#key').value = '{KEY}'")
    firefox.evaluate("document.querySelector('#size').value = '640x360@1000'")
    firefox.evaluate("document.querySelector('#camera').click()")
    wait_until(lambda: firefox.evaluate("!document.querySelector('#start').disabled"), 20,
               "the camera")
    firefox.evaluate("document.querySelector('#start').click()")


def said(firefox: Firefox) -> str:
    """The state that the page shows."""
    return firefox.evaluate("document.querySelector('#status').textContent")


def wait_live(firefox: Firefox) -> None:
    """Waits until the server has media of the stream."""
    wait_until(lambda: said(firefox).startswith("You are live"), 30, "the stream")


def encoded(firefox: Firefox) -> int:
    """The frames that the page has encoded."""
    return firefox.evaluate("__publisher.video.encoded")


@contextmanager
def live(folder: Path, program: Program, port: int = 0) -> Iterator[Firefox]:
    """A page that publishes, over another port of the server if there is one."""
    with firefox_running(folder, DRAWN_DEVICES) as firefox:
        firefox.open(f"http://127.0.0.1:{port or program.port}/live/publish")
        start(firefox)
        wait_live(firefox)
        yield firefox


@pytest.mark.timeout(120)
def test_publisher_continues_after_five_seconds(
        tmp_path: Path, streamer: Callable[..., Program]) -> None:
    """The network is frozen, then cut: it is the same publisher; a reload begins another one."""
    program = streamer(*SOURCE, defaults=False)
    proxy = Proxy(program.port)
    try:
        with live(tmp_path, program, proxy.port) as firefox:
            for count, disturb in enumerate((proxy.freeze, proxy.cut), start=1):
                disturb()
                wait_until(lambda: firefox.evaluate("__publisher.state") == "reconnecting"
                           and "Connecting again" in said(firefox), 30, "the loss is noticed")
                proxy.mend()
                wait_until(lambda: firefox.evaluate("__publisher.state") == "live", 10,
                           "the return")
                sent = encoded(firefox)
                wait_until(lambda sent=sent: encoded(firefox) > sent + 30, 10, "frames")
                assert len(program.logged("publish-continued")) == count
            program.check_logged("publish-started", stream="live")
            assert not program.logged("publish-ended")
            # The server does not know at once that the page has gone.
            firefox.evaluate("location.reload()")
            start(firefox)
            wait_live(firefox)
            program.check_logged("publish-started", stream="live", count=2)
    finally:
        proxy.close()


@pytest.mark.timeout(120)
def test_second_tab_is_refused_and_a_hidden_one_stays_live(
        tmp_path: Path, streamer: Callable[..., Program]) -> None:
    """The first tab publishes on behind the second one, in which a link with a key is opened."""
    program = streamer(*SOURCE, defaults=False)
    with live(tmp_path, program) as firefox:
        first = firefox.context
        second = firefox.ask("browsingContext.create", {"type": "tab"})["context"]
        firefox.ask("browsingContext.activate", {"context": second})
        firefox.context = second
        firefox.open(program.url("/live/publish"))
        start(firefox)
        wait_until(lambda: said(firefox) == "Not live: another publisher sends this stream", 10,
                   "the refusal")
        firefox.open(program.url("/live/publish#key=another"))
        wait_until(lambda: firefox.evaluate("document.querySelector('#key').value") == "another",
                   5, "the key of the link")
        assert firefox.evaluate("location.hash") == ""
        firefox.context = first
        assert firefox.evaluate("document.hidden")
        before = encoded(firefox)
        pause(12, "longer than a publisher without media is kept")
        print(f"{(encoded(firefox) - before) / 12:.1f} frames per second in the hidden tab")
        assert encoded(firefox) - before > 12 * 5
        assert said(firefox).startswith("You are live")
        program.check_logged("publish-started", stream="live")
        assert not program.logged("publish-ended") and not program.logged("publish-lost")
