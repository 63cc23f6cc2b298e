# SPDX-License-Identifier: Apache-2.0
"""/S/clip/FROM--TO.mp4: exact clips of the window."""

from __future__ import annotations

import json
import random
import subprocess
import time
from pathlib import Path

import pytest

from harness.frames import clocks_of
from harness.http1 import Response, get
from harness.playlist import parse
from harness.program import Program
from harness.tools import need
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def toned(binary: Path):
    """A stream of 30 frames per second with a tone that begins each second."""
    from harness.program import start, stop
    program = start(["--test-src", "--resolution", "640x360", "--audio", "tone"])
    # Prefill is no media of its time.
    wait_until(lambda: get(program.port, f"/live/at/{time.time() - 9:.3f}").status == 200, 60,
               "live media of nine seconds", interval=0.5)
    yield program
    stop(program)


def clip(program: Program, start: float, end: float, form: str = "mp4", within: str = "",
         **fields: str) -> Response:
    headers = {name.replace("_", "-"): value for name, value in fields.items()}
    return get(program.port, f"/live/{within}clip/{start:.3f}--{end:.3f}.{form}", headers=headers)


def published(program: Program, start: float, end: float) -> list[int]:
    """The burned clocks of the published frames of a span: a late encoder leaves some out."""
    playlist = get(program.port, "/live/video/playlist.m3u8").text
    names = [playlist.split('#EXT-X-MAP:URI="')[1].split('"')[0]]
    names += [f"segment{number}.m4s" for number in range(int(start), int(end - 0.0005) + 1)]
    media = b"".join(get(program.port, f"/live/video/{name}").body for name in names)
    clocks = [clock for clock in clocks_of(media) if clock is not None]
    # The clock has whole milliseconds, rounded down: the frame of slot 2, at 66.7 ms, has 66.
    slots = {clock: -(-clock * 30 // 1000) for clock in clocks}
    first = [clock for clock in clocks if slots[clock] * 1000 <= round(start * 1000) * 30] or clocks
    return [clock for clock in clocks
            if first[-1] <= clock and slots[clock] * 1000 < round(end * 1000) * 30]


def probe(path: Path) -> dict:
    run = subprocess.run(
        [need("ffprobe", "tracks of clips"), "-v", "error", "-show_streams", "-show_format", "-of",
         "json", str(path)], capture_output=True, check=True)
    assert not run.stderr, run.stderr
    return json.loads(run.stdout)


def span() -> tuple[float, float]:
    """A random span of the last seconds, in whole milliseconds."""
    end = round(time.time() - random.uniform(2.2, 3), 3)
    return round(end - random.uniform(0.2, 5), 3), end


def test_any_range_is_that_of_the_whole_file(toned: Program) -> None:
    start, end = span()
    whole = clip(toned, start, end)
    tag = whole.headers["etag"]
    assert tag.startswith('"') and whole.headers["accept-ranges"] == "bytes"
    size = len(whole.body)
    for _ in range(20):
        first = random.randrange(size)
        last = random.randrange(first, size)
        part = clip(toned, start, end, Range=f"bytes={first}-{last}")
        assert part.status == 206 and part.headers["etag"] == tag
        assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"
        assert part.body == whole.body[first:last + 1]
    assert clip(toned, start, end, Range="bytes=-1000").body == whole.body[-1000:]
    assert clip(toned, start, end, Range=f"bytes={size}-").status == 416
    assert clip(toned, start, end, If_None_Match=tag).status == 304
    head = get(toned.port, f"/live/clip/{start:.3f}--{end:.3f}.mp4", method="HEAD")
    assert head.status == 200 and int(head.headers["content-length"]) == size and not head.body
    digest = whole.headers["x-media-digest"]
    assert digest.startswith("sha-256=") and len(digest) == 8 + 64
    other = clip(toned, start - 0.5, end)
    assert other.headers["etag"] != tag


def test_a_rendition_and_its_sound_have_clips_of_their_own(toned: Program, tmp_path: Path) -> None:
    start, end = span()
    assert clip(toned, start, end, within="video/").body == clip(toned, start, end).body
    answer = clip(toned, start, end, within="audio/")
    assert answer.headers["content-type"] == "audio/mp4"
    path = tmp_path / "a.mp4"
    path.write_bytes(answer.body)
    assert [stream["codec_name"] for stream in probe(path)["streams"]] == ["aac"]
    assert clip(toned, start, end, within="none/").status == 404


def test_a_clip_that_ends_soon_is_held(toned: Program, tmp_path: Path) -> None:
    # Within a frame time: a clock of milliseconds does not state at which frame a limit is.
    start = round(int((time.time() - 1) * 30) / 30 + 0.015, 3)
    end = round(start + 2.5, 3)
    answer = clip(toned, start, end)
    assert answer.status == 200, answer.text
    assert time.time() > end and int(answer.headers["x-held-ms"]) > 1000
    path = tmp_path / "a.mp4"
    path.write_bytes(answer.body)
    assert clocks_of(path) == published(toned, start, end)


def test_other_spans_are_refused(toned: Program) -> None:
    now = time.time()
    assert clip(toned, now - 1, now + 20).status == 425
    assert clip(toned, now - 3600, now - 2).status in (404, 410)
    for start, end in [(now - 1, now - 2), (now - 1, now - 1), (now - 10_000, now)]:
        answer = clip(toned, start, end)
        assert answer.status == 400 and "expected" in answer.text
    for name in ["a--b.mp4", "1--2--3.mp4", "1.mp4"]:
        answer = get(toned.port, f"/live/clip/{name}")
        assert answer.status == 400 and "expected FROM--TO" in answer.text


def test_a_closed_playlist_lists_the_covering_segments(toned: Program, tmp_path: Path) -> None:
    start, end = span()
    multivariant = clip(toned, start, end, "m3u8").text
    assert f"../video/clip/{start:.3f}--{end:.3f}.m3u8" in multivariant
    assert f"../audio/clip/{start:.3f}--{end:.3f}.m3u8" in multivariant
    text = clip(toned, start, end, "m3u8", "video/").text
    assert "#EXT-X-PLAYLIST-TYPE:VOD" in text and text.endswith("#EXT-X-ENDLIST\n")
    listed = parse(text).segments
    numbers = [int((segment.uri or "").split("segment")[1].split(".")[0]) for segment in listed]
    assert numbers == list(range(int(start), int(end - 0.0005) + 1))
    for segment in listed:
        path = (segment.uri or "").removeprefix("../")
        assert get(toned.port, f"/live/video/{path}").status == 200
