# SPDX-License-Identifier: Apache-2.0
"""A page publishes the fake camera of Chromium, and another page plays it."""

from __future__ import annotations

import subprocess
from pathlib import Path
from statistics import median

import pytest
from playwright.sync_api import Browser, Page

from harness.browser import viewer
from harness.firefox import DRAWN_DEVICES, firefox_running
from harness.http1 import get
from harness.program import Program
from harness.waiting import wait_until
from harness.websocket import Socket

KEY = "0123456789abcdef0123456789abcdef"
SOURCE = ["--host", "127.0.0.1", "--http-port", "0", "--source", "page"]


def open_camera(browser: Browser, address: str, key: str = "") -> Page:
    """The publisher page at an address, with a picture."""
    context = browser.new_context(viewport={"width": 390, "height": 780})
    context.grant_permissions(["camera", "microphone"])
    page = context.new_page()
    page.goto(address)
    if key:
        page.fill("#key", key)
    page.select_option("#size", "640x360@1000")
    page.click("#camera")
    page.wait_for_function("() => document.querySelector('#preview').videoWidth > 0", timeout=10000)
    return page


def go_live(page: Page) -> None:
    """Publishes, until the server has media of the stream."""
    page.click("#start")
    page.wait_for_function(
        "() => document.querySelector('#status').textContent.startsWith('You are live')",
        timeout=20000)


@pytest.mark.timeout(90)
def test_camera_of_a_page_is_played(camera_browser: Browser, streamer) -> None:
    """Nothing starts without a click; another page plays camera and sound, and is counted."""
    program = streamer(*SOURCE, "--publish-key", KEY, defaults=False)
    page = open_camera(camera_browser, program.url("/live/publish"), KEY)
    assert page.evaluate("() => __publisher.state") == "idle"
    go_live(page)
    assert program.logged("publish-started")
    with viewer(camera_browser) as view:
        view.open(program.url("/live/?player=webcodecs"))
        view.page.wait_for_function("() => (window.__player?.framesShown ?? 0) > 60", timeout=15000)
        page.wait_for_function("() => __publisher.audience.latency > 0", timeout=10000)
        found = []
        for _ in range(20):
            view.watch(0.25)
            found.append(view.page.evaluate("() => __player.latencyMs"))
        print(f"latency: median {median(found):.0f} ms, max {max(found):.0f} ms; "
              f"page: {page.evaluate('() => __publisher.audience')}")
        view.wait_live(program.port, "(Date.now() - __player.latencyMs)")
        assert view.page.evaluate("() => __player.sound")
    page.click("#start")
    assert page.inner_text("#status") == "Stopped."
    page.context.close()


@pytest.mark.timeout(90)
def test_page_continues_after_a_cut(camera_browser: Browser, streamer) -> None:
    """A page whose socket is cut continues the same publisher; paused and muted it stays live."""
    program = streamer(*SOURCE, defaults=False)
    page = open_camera(camera_browser, program.url("/live/publish"))
    go_live(page)
    page.evaluate("() => __publisher.socket.socket.close()")
    page.wait_for_function("() => __publisher.reconnections === 1", timeout=10000)
    wait_until(lambda: program.logged("publish-continued"), 5, "the continued publisher")
    assert len(program.logged("publish-started")) == 1 and not program.logged("publish-ended")
    page.click("#pause")
    page.click("#mute")
    sent = page.evaluate("() => __publisher.video.encoded")
    page.wait_for_function("n => __publisher.video.encoded > n + 40", arg=sent, timeout=10000)
    assert page.evaluate("() => __publisher.state") == "live"
    page.click("#start")
    wait_until(lambda: program.logged("publish-ended"), 5, "the end of the publisher")
    page.context.close()


@pytest.mark.timeout(120)
def test_firefox_publishes_vp8(tmp_path: Path, streamer) -> None:
    """Firefox, whose H.264 is late, sends VP8 and Opus, which the server encodes."""
    program = streamer(*SOURCE, defaults=False)
    with firefox_running(tmp_path, DRAWN_DEVICES) as firefox:
        firefox.open(program.url("/live/publish"))
        wait_until(lambda: firefox.evaluate("!!globalThis.__publisher"), 20, "the page")
        firefox.evaluate("document.querySelector('#size').value = '640x360@1000'")
        firefox.evaluate("document.querySelector('#camera').click()")
        wait_until(lambda: firefox.evaluate("!document.querySelector('#start').disabled"), 20,
                   "the camera")
        firefox.evaluate("document.querySelector('#start').click()")
        wait_until(lambda: firefox.evaluate("__publisher.state") == "live", 20, "the permission")
        assert wait_until(lambda: get(program.port, "/live/video/playlist.m3u8").status == 200
                          or get(program.port, "/live/playlist.m3u8").status == 200, 30, "media")
        assert firefox.evaluate("__publisher.video.config.codec") == "vp8"
        assert any("vp8" in entry.message for entry in program.logged("source-open"))


def test_page_permits_only_what_it_needs(streamer) -> None:
    """The camera is permitted on this page only, and no other page may embed it."""
    program = streamer(*SOURCE, defaults=False)
    fields = get(program.port, "/live/publish").headers
    assert "camera=(self)" in fields["permissions-policy"]
    assert fields["content-security-policy"] == "frame-ancestors 'none'"
    assert "permissions-policy" not in get(program.port, "/live/").headers


def open_socket(program: Program, path: str = "/live/publish", **headers: str) -> Socket:
    """A socket of a publisher page."""
    return Socket(program.port, path, "llws-publish.v1", headers=headers)


def answer(socket: Socket, message: dict) -> dict:
    """The first answer to a message."""
    socket.send(message)
    found = socket.next()
    assert isinstance(found, dict)
    return found


def test_only_permitted_clients_publish(streamer) -> None:
    """Keys, tokens, origins and second publishers over the socket, with one clear line each."""
    program = streamer(*SOURCE, "--publish-key", KEY, defaults=False)
    hello = {"t": "hello", "v": 1, "sid": "0123456789abcdef"}
    token = subprocess.run([program.command[0], "token", "--publish", "--key", KEY], check=True,
                           capture_output=True, text=True).stdout.strip()
    rows = [({}, "bad-key", "missing secret"), ({"key": "x"}, "bad-key", "invalid secret"),
            ({"token": token[:-2] + "xx"}, "bad-key", "invalid secret"),
            ({"key": KEY, "sid": "short"}, "protocol", "hello: sid")]
    for members, code, words in rows:
        with open_socket(program) as socket:
            found = answer(socket, {**hello, **members})
            assert found["code"] == code and words in found["msg"], found
    with open_socket(program) as socket, open_socket(program) as other:
        assert answer(socket, {**hello, "token": token})["t"] == "welcome"
        assert answer(other, {**hello, "key": KEY, "sid": "f" * 16})["code"] == "busy"
        with open_socket(program) as again:
            found = answer(again, {**hello, "key": KEY})
            assert found["t"] == "welcome" and found["resumed"]
            found = socket.next()
            assert isinstance(found, dict) and found["code"] == "replaced"
    wait_until(lambda: program.logged("publish-continued"), 5, "the continued publisher")
    with open_socket(program, "/other/publish") as socket:
        assert socket.status == 404


def test_pages_of_other_sites_need_a_key(streamer) -> None:
    """Without a key, a page of another site may not publish from the machine of the server."""
    program = streamer(*SOURCE, defaults=False)
    hello = {"t": "hello", "v": 1}
    with open_socket(program, Origin="https://elsewhere.example") as socket:
        assert answer(socket, hello)["code"] == "bad-key"
    with open_socket(program, Origin="http://evil.example", Host="evil.example") as socket:
        assert answer(socket, hello)["code"] == "bad-key"
    with open_socket(program, Origin=f"http://127.0.0.1:{program.port}") as socket:
        assert answer(socket, hello)["t"] == "welcome"


CANVAS = """async (key) => {
  await import('/player/live-publisher.js');
  const canvas = document.createElement('canvas'), context = canvas.getContext('2d');
  [canvas.width, canvas.height] = [640, 360];
  setInterval(() => {
    context.fillStyle = `hsl(${performance.now() / 20} 60% 50%)`;
    context.fillRect(0, 0, canvas.width, canvas.height);
  }, 30);
  const element = document.createElement('live-publisher');
  element.setAttribute('src', location.href);
  element.stream = canvas.captureStream(30);
  document.body.append(element);
  Object.assign(window, { canvas, element });
  await element.start({ key });
}"""


@pytest.mark.timeout(90)
def test_element_publishes_a_canvas_that_turns(camera_browser: Browser, streamer) -> None:
    """The element publishes any stream; another size begins one Discontinuity."""
    program = streamer(*SOURCE, "--publish-key", KEY, defaults=False)
    page = camera_browser.new_page()
    page.goto(program.url("/live/publish"))
    page.evaluate(CANVAS, KEY)
    page.wait_for_function("() => element.state === 'live' && element.audience.state === 'live'",
                           timeout=20000)
    page.evaluate("() => { [canvas.width, canvas.height] = [360, 640]; }")
    wait_until(lambda: program.logged("parameters"), 10, "another size")
    wait_until(lambda: "#EXT-X-DISCONTINUITY\n" in get(program.port, "/live/playlist.m3u8").text,
               10, "the Discontinuity")
    page.wait_for_timeout(1500)
    # Others are of a canvas that a busy machine does not draw for a time, and have a line.
    count = get(program.port, "/live/playlist.m3u8").text.count("#EXT-X-DISCONTINUITY\n")
    assert 1 <= count <= 1 + len(program.logged("irregular"))
    assert len(program.logged("parameters")) == 1 and page.evaluate("() => element.state") == "live"
    page.evaluate("() => element.stop()")
    wait_until(lambda: program.logged("publish-ended"), 5, "the end of the publisher")
    page.close()
