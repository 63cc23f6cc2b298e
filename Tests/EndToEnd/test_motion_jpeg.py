# SPDX-License-Identifier: Apache-2.0
"""Motion JPEG: the newest frames as one JPEG after another, encoded once for all readers."""

from __future__ import annotations

import subprocess
import threading
import time
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser

from harness.frames import clocks_of
from harness.http1 import Closed, Connection, get
from harness.metrics import total
from harness.program import Program, stop
from harness.tools import need
from harness.tunein import edge
from harness.waiting import seen_once, wait_until

START, DELIMITER = b"--picture", b"\r\n--picture"
HEAD = b"\r\nContent-Type: image/jpeg\r\nContent-Length: "


def wait_live(program: Program) -> None:
    """Waits until the newest frame has the burned clock: it is none of the prefill."""
    wait_until(lambda: clocks_of(get(program.port, "/live/snapshot.jpg").body)[0], 20, "a frame",
               interval=0.25)


def pictures_of(body: bytes, isEnded: bool = False) -> list[bytes]:
    """The JPEG files of a body."""
    assert body.startswith(START)
    rest, found = body[len(START):], []
    while rest.startswith(HEAD):
        length, _, rest = rest[len(HEAD):].partition(b"\r\n\r\n")
        if len(rest) < int(length) + len(DELIMITER):
            return found
        picture, rest = rest[:int(length)], rest[int(length):]
        assert rest.startswith(DELIMITER)
        rest = rest[len(DELIMITER):]
        found.append(picture)
    assert rest == (b"--\r\n" if isEnded else b""), rest[:100]
    return found


def read(program: Program, path: str, seconds: float) -> tuple[list[float], bytes]:
    """The body of a response up to a time, and the arrival of its pieces."""
    with Connection(program.port) as connection:
        connection.send(path)
        response = connection.read_head(time.monotonic() + 10)
        assert response.status == 200
        assert response.headers["content-type"] == "multipart/x-mixed-replace; boundary=picture"
        assert response.headers["cache-control"] == "no-store"
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end:
                connection.read_piece(response, end)
        except TimeoutError:
            pass
        pieces = [piece for piece in response.pieces if len(piece[1]) > len(DELIMITER)]
        return [at for at, _ in pieces], b"".join(data for _, data in response.pieces)


def clock(picture: bytes) -> int:
    """The burned clock of a picture, in milliseconds since 1970."""
    [found] = clocks_of(picture)
    assert found is not None, "no burned clock"
    return found


@pytest.mark.timeout(90)
@pytest.mark.parametrize("path", ["stream.mjpeg", "stream/320.mjpeg"])
def test_each_picture_is_the_newest_frame(server: Program, path: str) -> None:
    """At most ten pictures per second, each of a newer frame, none twice."""
    wait_live(server)
    arrivals, body = read(server, f"/live/{path}", 4)
    pictures = pictures_of(body)
    shown = [clock(picture) for picture in pictures]
    assert shown == sorted(set(shown))
    assert 15 <= len(shown) <= (shown[-1] - shown[0]) / 100 + 2
    delays = sorted(at * 1000 - time_ for at, time_ in zip(arrivals, shown))
    print(len(shown), "pictures, delay in ms", delays[0], delays[len(delays) // 2], delays[-1])

    def is_newest() -> bool:
        _, body = read(server, f"/live/{path}", 0.5)
        return clock(pictures_of(body)[-1]) > edge(server.port)

    seen_once(is_newest, 10, "a picture of the open segment")


@pytest.mark.timeout(120)
def test_twenty_readers_cost_one_encoding(server: Program) -> None:
    """All readers get the same pictures; the process makes each once. A reader is a viewer."""
    wait_live(server)
    before = total(server.port, "streamer_stills_total")
    bodies: list[bytes] = []
    threads = [threading.Thread(
        target=lambda: bodies.append(read(server, "/live/stream.mjpeg", 5)[1]))
        for _ in range(20)]
    for thread in threads:
        thread.start()
    wait_until(lambda: total(server.port, "streamer_viewers", transport="http") >= 1, 5,
               "a viewer")
    for thread in threads:
        thread.join()
    found = [set(pictures_of(body)) for body in bodies]
    distinct = set().union(*found)

    def made() -> float:
        return total(server.port, "streamer_stills_total") - before

    # The first still was made for others.
    wait_until(lambda: made() + 1 >= len(distinct), 5, "metrics, which are kept for 0.1 s")
    print(made(), "stills for", sum(map(len, found)), "pictures")
    assert len(bodies) == 20 and made() <= 75
    assert sum(map(len, found)) >= 15 * len(distinct)


@pytest.mark.timeout(60)
def test_other_versions_and_wrong_requests(server: Program) -> None:
    """The same body over HTTP/2 and HTTP/1.0; HEAD has none; other widths are refused."""
    wait_live(server)
    run = subprocess.run(
        [need("curl", "HTTP/2"), "-s", "--http2-prior-knowledge", "--max-time", "3",
         server.url("/live/stream/160.mjpeg")], capture_output=True, timeout=30, check=False)
    assert len(pictures_of(run.stdout)) >= 10
    head = get(server.port, "/live/stream.mjpeg", method="HEAD")
    assert head.status == 200 and not head.body
    assert get(server.port, "/live/stream/161.mjpeg").status == 404
    assert get(server.port, "/none/stream.mjpeg").status == 404
    old = subprocess.run(
        [need("curl", "HTTP/1.0"), "-s", "--http1.0", "--max-time", "3",
         server.url("/live/stream/160.mjpeg")], capture_output=True, timeout=30, check=False)
    assert len(pictures_of(old.stdout)) >= 10


@pytest.mark.timeout(60)
def test_body_ends_with_the_stream(streamer: Callable[..., Program]) -> None:
    """The last delimiter is that of the end."""
    program = streamer("--resolution", "320x180", "--bitrate", "200")
    wait_live(program)
    with Connection(program.port) as connection:
        connection.send("/live/stream.mjpeg")
        response = connection.read_head(time.monotonic() + 10)
        for _ in range(6):
            connection.read_piece(response, time.monotonic() + 5)
        ending = threading.Thread(target=lambda: stop(program))
        ending.start()
        try:
            while connection.read_piece(response, time.monotonic() + 5):
                pass
        except Closed:
            pass
        ending.join()
    assert pictures_of(b"".join(data for _, data in response.pieces), isEnded=True)


@pytest.mark.timeout(90)
def test_chromium_shows_distinct_frames_in_an_image(server: Program, browser: Browser) -> None:
    """An image element shows one frame after another."""
    wait_live(server)
    page = browser.new_page()
    page.route("**/mjpeg-test.html", lambda route: route.fulfill(
        content_type="text/html", body="<img id=i src=/live/stream/320.mjpeg>"))
    page.goto(server.url("/mjpeg-test.html"), wait_until="commit")
    shown = page.evaluate("""async () => {
        const canvas = document.createElement('canvas'), seen = new Set();
        const context = canvas.getContext('2d', { willReadFrequently: true });
        const end = performance.now() + 8000;
        while (performance.now() < end && seen.size < 20) {
          await new Promise((done) => { setTimeout(done, 100); });
          if (!i.naturalWidth) continue;
          [canvas.width, canvas.height] = [i.naturalWidth, i.naturalHeight];
          context.drawImage(i, 0, 0);
          seen.add(canvas.toDataURL());
        }
        return { count: seen.size, width: i.naturalWidth };
      }""")
    page.close()
    assert shown["width"] == 320 and shown["count"] >= 15, shown
