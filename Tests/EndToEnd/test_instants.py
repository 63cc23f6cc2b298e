# SPDX-License-Identifier: Apache-2.0
"""/S/at/T: the frame of an instant, as JSON; future instants are held."""

from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.frames import clocks_of, frame_at, frame_times
from harness.http1 import Response, get
from harness.metrics import read_metrics
from harness.program import Program
from harness.waiting import seen_once, wait_until

FRAME = 1e9 / 30
# Frames of a part, and answers that must precede the last frame of theirs.
PART_FRAMES, LEAST = 3, 3


@pytest.fixture(scope="module")
def running(server: Program) -> Program:
    """The shared streamer with some seconds of media: prefill is no media of its time."""
    wait_until(lambda: get(server.port, f"/live/at/{time.time() - 6:.3f}").status == 200, 20,
               "six seconds of media", interval=0.5)
    return server


def instant(server: Program, text: str) -> Response:
    return get(server.port, f"/live/at/{text}", timeout=15)


def iso(seconds: float) -> str:
    whole = int(seconds)
    date = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(whole))
    return f"{date}.{int(seconds % 1 * 1000):03}Z"


@pytest.mark.parametrize("form", ["seconds", "iso"])
def test_an_instant_is_the_frame_whose_slot_contains_it(running: Program, form: str) -> None:
    for _ in range(10):
        milliseconds = int((time.time() - random.uniform(0.5, 4)) * 1000)
        text = f"{milliseconds // 1000}.{milliseconds % 1000:03}" if form == "seconds" \
            else iso(milliseconds / 1000 + 1e-6)
        answer = instant(running, text)
        assert answer.status == 200, answer.text
        assert "immutable" in answer.headers["cache-control"]
        found = answer.json()
        index = milliseconds * 30 // 1000
        assert found["frameIndex"] == index
        times = frame_times(running.port, milliseconds // 1000)
        assert found["segment"] == index // 30
        assert int(times[found["frame"]]) == frame_at(running.port, milliseconds)
        assert found["frameTime"] == index * 10**9 // 30 == found["captureTime"]
        # The text of the frame itself is an instant of the same frame.
        again = instant(running, found["urls"]["frame"]).json()
        assert again["frameIndex"] == index


def test_the_named_segment_has_the_frame(running: Program) -> None:
    at = time.time() - 3
    found = instant(running, f"{at:.3f}").json()
    shown = frame_at(running.port, int(f"{at:.3f}".replace(".", "")))
    path = found["urls"]["segment"].removeprefix("../")
    media = get(running.port, f"/live/{path}").body
    playlist = get(running.port, "/live/video/playlist.m3u8").text
    name = playlist.split('#EXT-X-MAP:URI="')[1].split('"')[0]
    clocks = clocks_of(get(running.port, f"/live/video/{name}").body + media)
    assert clocks[found["frame"]] == shown


def ahead(program: Program, form: str) -> bool:
    """100 requests for instants up to 4 s ahead; whether some were held, and only for their frame.

    Each answer has the newest frame of its instant, and none comes before that frame.
    """
    def ask(seconds: float) -> tuple[int, Response]:
        milliseconds = round((time.time() + seconds) * 1000)
        text = f"{milliseconds // 1000}.{milliseconds % 1000:03}"
        return milliseconds, instant(program, text + form)

    with ThreadPoolExecutor(100) as pool:
        answers = list(pool.map(ask, [random.uniform(0.2, 3.8) for _ in range(100)]))
    if form and any(answer.status == 503 for _, answer in answers):
        print("a busy machine decodes too few stills")
        return False
    for milliseconds, answer in answers:
        assert answer.status == 200, answer.text
        newest = frame_at(program.port, milliseconds)
        assert answer.done * 1000 >= newest, "answered before its frame"
        if form:
            [shown] = clocks_of(answer.body)
            assert shown == newest
        else:
            assert answer.json()["frameIndex"] == milliseconds * 30 // 1000
    lags = sorted(answer.done * 1000 - milliseconds for milliseconds, answer in answers)
    print(f"/at/T{form}: after its time {lags[50]:.0f} ms (median), {lags[90]:.0f} ms (p90), "
          f"{lags[99]:.0f} ms (greatest), {sum(lag > 60 for lag in lags)} of {len(lags)} later "
          "than 60 ms")
    early = sum(answer.done * 1000 < last_of_part(milliseconds) for milliseconds, answer in answers)
    held = sum(answer.held_ms is not None for _, answer in answers)
    print(f"/at/T{form}: {held} were held, {early} answered before the last frame of their part")
    return early >= LEAST and held >= LEAST


def last_of_part(milliseconds: int) -> float:
    """The time of the last frame of the part of an instant, Unix ms."""
    index = milliseconds * 30 // 1000
    return (index // PART_FRAMES * PART_FRAMES + PART_FRAMES - 1) * 1000 / 30


@pytest.mark.parametrize("form", ["", ".jpg"], ids=["object", "still"])
def test_future_instants_are_held_until_they_happen(running: Program, form: str) -> None:
    """Each has its frame; answers follow their frame, and do not wait for the part that has it.

    Stills are decoded by a process of low priority, which waits while another program occupies the
    machine.
    """
    # The first still starts a process.
    get(running.port, "/live/snapshot.jpg")
    seen_once(lambda: ahead(running, form), 6, "answers at their instants")


def test_other_times_are_refused(server: Program) -> None:
    now = time.time()
    for form in ("", ".jpg"):
        assert instant(server, f"{time.time() + 60:.3f}{form}").status == 425
    for text in ["now", "-5", "1e9", "2026-11-23", "2026-11-23T22:00:00"]:
        answer = instant(server, text)
        assert answer.status == 400 and "expected 20" in answer.text, text
    assert instant(server, f"{now - 3600:.0f}").status in (404, 410)
    assert get(server.port, f"/absent/at/{now:.3f}").status == 404


def test_the_end_of_a_stream_ends_the_wait(streamer) -> None:
    program = streamer("--test-src", "--resolution", "320x180")
    get(program.port, "/live/video/playlist.m3u8", timeout=15)
    answers: list[Response] = []
    thread = threading.Thread(
        target=lambda: answers.append(instant(program, f"{time.time() + 4:.3f}")))
    thread.start()
    wait_until(lambda: ("streamer_held_requests", {"kind": "instant"}, 1.0)
               in read_metrics(program.port), 10, "a held request")
    program.process.terminate()
    thread.join(10)
    assert answers and answers[0].status in (404, 503)
