# SPDX-License-Identifier: Apache-2.0
"""The archive over a restart, and the removal of its spans; kills are in Faults/test_archive.py."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.archive import Recorder, complete, digest, digests, hour_files
from harness.http1 import get
from harness.program import Program, stop
from harness.tools import streamer_binary
from harness.waiting import wait_until
from test_archive import SMALL, WINDOW, api, archived
from test_events import TOKEN, post


def command(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs `streamer archive`."""
    return subprocess.run([str(streamer_binary()), "archive", *arguments], capture_output=True,
                          text=True, timeout=30, check=False)


@pytest.mark.timeout(150)
def test_archive_has_the_bytes_of_viewers_over_a_restart(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Segments outside the window are those fetched live, by the next program too."""
    flags = (*SMALL, *WINDOW, "--archive", str(tmp_path), "--dvr", "1h", "--admin-token", TOKEN)
    program = streamer(*flags)
    with Recorder(program) as recorder:
        recorder.wait_for(11, 40)
        event = post(program, '{"text": "before the restart"}')
        recorder.wait_for(14, 40)
        first = dict(recorder.found)
    assert stop(program) == 0
    program = streamer(*flags)
    with Recorder(program) as second:
        second.wait_for(11, 40)
    for (name, number), expected in first.items():
        status, body = archived(program, name, number)
        assert (status, digest(body)) == (200, expected), (name, number)
    window = complete(program, "video")
    past = [number for number in second.numbers("video") if number < min(window) - 2]
    assert past
    for number in past:
        assert digest(archived(program, "video", number)[1]) == second.found["video", number]
    check_responses(program, min(first)[1] + 1)
    [shown] = json.loads(get(program.port, "/live/dvr.json").text)["events"]
    assert (shown["id"], shown["data"]) == (event["id"], {"text": "before the restart"})
    check_hole(program, max(number for _, number in first), min(past))
    header = next(line.split('"')[1] for line in get(
        program.port, "/live/video/playlist.m3u8").text.splitlines() if "EXT-X-MAP" in line)
    assert get(program.port, f"/live/video/{header}").status == 200
    assert get(program.port, "/live/video/init-00000000.mp4").status == 404
    assert stop(program) == 0
    listed = command("list", str(tmp_path)).stdout.splitlines()
    assert len(listed) == len(hour_files(tmp_path)) + len(hour_files(tmp_path, "audio"))
    assert not any("not finished" in line for line in listed)


def check_responses(program: Program, number: int) -> None:
    """HEAD, ranges and conditions of a segment outside the window."""
    path = f"/live/video/segment{number}.m4s"
    whole = get(program.port, path)
    assert whole.headers["cache-control"] == "public, max-age=3600, immutable"
    head = get(program.port, path, "HEAD")
    assert head.status == 200
    assert int(head.headers["content-length"]) == len(whole.body)
    part = get(program.port, path, headers={"Range": "bytes=100-299",
                                            "If-Range": whole.headers["etag"]})
    assert (part.status, part.body) == (206, whole.body[100:300])
    assert part.headers["content-range"] == f"bytes 100-299/{len(whole.body)}"
    assert get(program.port, path, headers={"Range": "bytes=99999999-"}).status == 416


def check_hole(program: Program, before: int, after: int) -> None:
    """A number without media between others is a bare styp; before the first it is 410."""
    missing = [number for number in range(before + 2, after)
               if len(archived(program, "video", number)[1]) == 24]
    for number in missing[:1]:
        assert get(program.port, f"/live/video/segment{number}.m4s").headers[
            "cache-control"] == "public, max-age=1"
    assert archived(program, "video", before - 1_000_000)[0] == 410


@pytest.mark.timeout(100)
def test_spans_are_kept_and_removed(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """DELETE removes the bytes from the disk; keep protects; both are in /api/streams."""
    program = streamer(*SMALL, *WINDOW, "--archive", str(tmp_path), "--dvr", "1h",
                       "--admin-token", TOKEN)
    with Recorder(program, ("video",)) as recorder:
        recorder.wait_for(13, 40)
    numbers = recorder.numbers("video")
    first, last = numbers[0], numbers[2]
    status, _ = api(program, "POST", f"/api/streams/live/archive/keep?from={first}&to={last}")
    assert status == 204
    entry = json.loads(api(program, "GET", "/api/streams/live")[1])["archive"]
    assert entry["bytes"] > 0 and len(entry["kept"]) == 1 and "error" not in entry
    removed = (tmp_path / "live/video")
    before = digests(hour_files(tmp_path))
    assert recorder.found["video", first] in before
    status, text = api(program, "DELETE", f"/api/streams/live/archive?from={first}&to={last}")
    assert status == 204, text
    after = digests(hour_files(tmp_path))
    for number in numbers[:2]:
        assert recorder.found["video", number] not in after
    assert recorder.found["video", numbers[3]] in after
    assert not list(removed.rglob("*.new"))
    assert digest(archived(program, "video", numbers[3])[1]) == recorder.found["video", numbers[3]]
    assert archived(program, "video", first)[0] in (200, 410)
    assert len(archived(program, "video", first)[1]) < 100
    # The file is continued.
    wait_until(lambda: api(program, "GET", "/api/streams/live")[1].count('"error"') == 0, 5, "ok")
    newest = max(complete(program, "video"))
    wait_until(lambda: min(complete(program, "video")) > newest + 3, 20, "later segments")
    assert archived(program, "video", newest)[0] == 200
    for query in ("?from=5", "?from=9&to=3", "?from=x&to=y"):
        assert api(program, "DELETE", f"/api/streams/live/archive{query}")[0] == 400
    assert api(program, "POST", "/api/streams/other/archive/keep?from=1&to=2")[0] == 404
