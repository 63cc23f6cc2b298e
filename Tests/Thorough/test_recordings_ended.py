# SPDX-License-Identifier: Apache-2.0
"""The past of a stream whose publisher has left, and of one whose session ends."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.archive import complete
from harness.configuration import stream, write
from harness.http1 import get
from harness.program import Program, stop
from harness.rtmp import publish, rtmp_port
from harness.waiting import wait_until


@pytest.mark.timeout(120)
def test_the_past_continues_when_a_session_ends(streamer: Callable[..., Program],
                                                tmp_path: Path) -> None:
    """A stream on demand that has stopped has the past of its session."""
    path = write(tmp_path, [stream("d", onDemand=True)], archive=str(tmp_path / "archive"),
                 dvr="1h")
    program = streamer("-c", str(path), defaults=False)
    assert get(program.port, "/d/dvr.json").json() == {
        "now": pytest.approx(time.time(), abs=5), "archive": True}
    assert get(program.port, "/d/video/playlist.m3u8").status == 200
    wait_until(lambda: program.logged("idle", stream="d"), 40, "the end of the session")
    found = wait_until(lambda: (extent := get(program.port, "/d/dvr.json").json()).get("to")
                       and extent, 5, "the extent")
    assert found["live"] is False and found["to"] - found["from"] > 8
    number = int(found["to"]) - 3
    assert get(program.port, f"/d/video/segment{number}.m4s").status == 200
    assert get(program.port, f"/d/at/{number}.5.jpg").status == 200
    playlist = get(program.port, f"/d/video/from/{number - 2}/to/{number + 2}/playlist.m3u8")
    assert playlist.status == 200 and playlist.text.count("#EXTINF") == 4
    assert len(program.logged("live", stream="d")) == 1


@pytest.mark.timeout(240)
def test_a_stream_of_a_publisher_can_be_watched_after_it(streamer: Callable[..., Program],
                                                         tmp_path: Path) -> None:
    """The stream is removed 60 s after its publisher has left; its archive stays, restarts too."""
    flags = ("--rtmp", "127.0.0.1:0", "--host", "127.0.0.1", "--http-port", "0", "--publish",
             "open", "--archive", str(tmp_path / "archive"), "--dvr", "1h")
    program = streamer(*flags, defaults=False)
    source = publish(rtmp_port(program), "any/cam7", size="320x180", audio="aac")
    try:
        number = wait_until(lambda: max(complete(program, "video", "cam7"), default=0), 20, "media")
        wait_until(lambda: max(complete(program, "video", "cam7")) > number + 4, 20, "segments")
    finally:
        source.kill()
    media = get(program.port, f"/cam7/video/segment{number + 2}.m4s")
    assert media.status == 200
    wait_until(lambda: program.logged("unpublished", stream="cam7"), 90, "the removal")
    path = f"/cam7/video/from/{number + 1}/to/{number + 4}/playlist.m3u8"

    def answers(asked: Program) -> None:
        """What the archive has is answered; there is no live stream of the name."""
        wait_until(lambda: get(asked.port, "/cam7/dvr.json").status == 200
                   and get(asked.port, "/cam7/dvr.json").json().get("live") is False, 10,
                   "the recording")
        assert get(asked.port, f"/cam7/video/segment{number + 2}.m4s").body == media.body
        assert get(asked.port, path).text.count("#EXTINF") == 3
        clip = get(asked.port, f"/cam7/clip/{number + 1}.5--{number + 3}.5.mp4")
        assert clip.status == 200, clip.text
        assert get(asked.port, f"/cam7/at/{number + 2}.5.jpg").status == 200
        assert get(asked.port, "/cam7/video/playlist.m3u8").status == 404
        assert get(asked.port, "/cam7/").status == 200
        assert "cam7" not in get(asked.port, "/streams.json").text

    answers(program)
    assert stop(program) == 0
    again = streamer(*flags, defaults=False)
    answers(again)
    # The name is free: a publisher continues the stream.
    source = publish(rtmp_port(again), "any/cam7", size="320x180", audio="aac")
    try:
        wait_until(lambda: complete(again, "video", "cam7"), 20, "media of the second publisher")
        assert "live" not in get(again.port, "/cam7/dvr.json").json()
        assert get(again.port, f"/cam7/video/segment{number + 2}.m4s").body == media.body
    finally:
        source.kill()
