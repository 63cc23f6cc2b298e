# SPDX-License-Identifier: Apache-2.0
"""Stills: the newest frame, and the frame of an instant."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone

import pytest

from harness.frames import clocks_of, frame_at
from harness.http1 import Response, get
from harness.metrics import total
from harness.program import Program
from harness.tunein import edge
from harness.waiting import pause, wait_until

FRAME = 1000 / 30


def wait_live(program: Program) -> None:
    """Waits until the stream has two seconds of media after its prefill."""
    wait_until(lambda: get(program.port, f"/live/at/{time.time() - 2.5:.3f}.jpg").status == 200,
               20, "media")


def clock(response: Response) -> int:
    """The burned clock of a still, in milliseconds since 1970."""
    assert response.status == 200, response.text
    assert response.headers["content-type"] == "image/jpeg"
    assert response.body[:11] == b"\xff\xd8\xff\xe0\x00\x10JFIF\x00"
    [found] = clocks_of(response.body)
    assert found is not None, "no burned clock"
    return found


@pytest.mark.timeout(60)
def test_snapshot_is_the_newest_frame(server: Program) -> None:
    """Each snapshot has a newer frame, of the last segments; no cache keeps it."""
    wait_live(server)
    before, ahead = 0, []
    for _ in range(8):
        response = get(server.port, "/live/snapshot.jpg")
        shown = clock(response)
        assert response.headers["cache-control"] == "no-store"
        assert shown > before
        ahead.append(shown - edge(server.port))
        before = shown
        pause(0.1, "the next frame is due")
    # The process that decodes has a low priority.
    assert max(ahead) > -2000, f"ms after the last complete segment: {ahead}"


@pytest.mark.timeout(90)
def test_still_of_an_instant_is_the_frame_whose_slot_contains_it(server: Program) -> None:
    """Instants in the window by both forms, with and without a width; equal bytes each time."""
    wait_live(server)
    now = time.time() - 0.5
    for index in range(8):
        instant = round(now - index * 0.1437, 3)
        path = f"/live/at/{instant:.3f}.jpg"
        response = get(server.port, path)
        shown = clock(response)
        assert shown == frame_at(server.port, round(instant * 1000))
        assert "immutable" in response.headers["cache-control"]
        date = datetime.fromtimestamp(instant, timezone.utc)
        again = get(server.port, f"/live/at/{date:%Y-%m-%dT%H:%M:%S}.{date:%f}Z.jpg")
        assert again.body == response.body
        assert again.headers["etag"] == response.headers["etag"]
        small = get(server.port, f"/live/at/{instant:.3f}/160.jpg")
        assert clock(small) == shown and len(small.body) < len(response.body)
    head = get(server.port, path, method="HEAD")
    assert head.status == 200 and int(head.headers["content-length"]) == len(response.body)
    part = get(server.port, path, headers={"Range": "bytes=0-9"})
    assert part.status == 206 and part.body == response.body[:10]


@pytest.mark.timeout(60)
def test_instants_of_the_near_future_are_held(server: Program) -> None:
    """A request up to 4 s ahead waits for the frame; one further ahead is refused."""
    wait_live(server)
    for ahead in (0.3, 1.1, 2.2):
        instant = round(time.time() + ahead, 3)
        response = get(server.port, f"/live/at/{instant:.3f}.jpg")
        shown = clock(response)
        assert shown == frame_at(server.port, round(instant * 1000))
        assert response.done * 1000 >= shown and response.held_ms is not None
    assert get(server.port, f"/live/at/{time.time() + 6:.3f}.jpg").status == 425
    assert get(server.port, f"/live/at/{time.time() - 5000:.3f}.jpg").status == 410


@pytest.mark.timeout(60)
def test_a_hundred_askers_cost_one_decode(server: Program) -> None:
    """All who ask for a frame share one still."""
    wait_live(server)
    instant = time.time() - 0.7
    made = total(server.port, "streamer_stills_total")
    frames = total(server.port, "streamer_stills_frames_total")
    with ThreadPoolExecutor(20) as pool:
        bodies = list(pool.map(
            lambda _: get(server.port, f"/live/at/{instant:.3f}.jpg").body, range(100)))
    assert len(set(bodies)) == 1
    wait_until(lambda: total(server.port, "streamer_stills_total") == made + 1, 5, "one still")
    assert total(server.port, "streamer_stills_frames_total") - frames <= 30 + 60


@pytest.mark.timeout(60)
@pytest.mark.parametrize("path", [
    "snapshot/33.jpg", "snapshot/0.jpg", "snapshot/-320.jpg", "snapshot/320.jpg.jpg",
    "at/.jpg", "at/1795474095/99999999999999999999.jpg", "at/1/2/3.jpg",
    "at/1795474095/320.png", "snapshot/320/320.jpg",
])
def test_wrong_widths_and_paths_are_refused(server: Program, path: str) -> None:
    """No such path, without a decoder."""
    wait_live(server)
    response = get(server.port, f"/live/{path}")
    assert response.status == 404, response.text


@pytest.mark.timeout(60)
@pytest.mark.parametrize("text", ["x", "1e9", "99999999999999999999", "-5", "2026-13-40T00:00:00Z"])
def test_wrong_instants_are_refused_with_the_expected_form(server: Program, text: str) -> None:
    """The same answer for a picture and for its description."""
    wait_live(server)
    for path in (f"at/{text}.jpg", f"at/{text}/320.jpg", f"at/{text}"):
        response = get(server.port, f"/live/{path}")
        assert response.status == 400 and "expected 2026-" in response.text, response.text
