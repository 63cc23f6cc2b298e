# SPDX-License-Identifier: Apache-2.0
"""Publishers by RTMP that leave, return, are replaced, or are forgotten."""

from __future__ import annotations

import time

import pytest

from harness.continuity import check_one_stream, frames
from harness.frames import clocks_of
from harness.http1 import get
from harness.metrics import total
from harness.playlist import parse
from harness.program import Program
from harness.recorder import record
from harness.rtmp import Publisher, publish
from harness.sources import Source
from harness.waiting import pause, wait_until
from test_rtmp import VIDEO, origin, plays

TOKEN = "admin-secret-of-the-server"
ENCODED = ["--passthrough", "never"]


def discontinuities(program: Program, path: str = VIDEO) -> int:
    """The number of Discontinuities of the listed window, with those before it."""
    playlist = get(program.port, path).text
    before = next((int(line.split(":")[1]) for line in playlist.splitlines()
                   if line.startswith("#EXT-X-DISCONTINUITY-SEQUENCE:")), 0)
    return before + playlist.splitlines().count("#EXT-X-DISCONTINUITY")


def publisher(program: Program) -> dict:
    """The publisher of the stream, as /api/streams states it."""
    answer = get(program.port, "/api/streams", headers={"Authorization": f"Bearer {TOKEN}"})
    return answer.json()[0]["publisher"]


@pytest.mark.timeout(120)
def test_an_encoded_stream_outlives_its_publisher(streamer, sources: list[Source]) -> None:
    """SIGKILL, five seconds, another resolution, timestamps from 0: no Discontinuity."""
    program, port = origin(streamer, *ENCODED, "--admin-token", TOKEN)
    assert publisher(program) == {"connected": False, "state": "away"}
    first = publish(port)
    sources.append(first)
    plays(program)
    wait_until(lambda: publisher(program)["state"] == "live", 5, "frames of the publisher")
    state = publisher(program)
    assert state["connected"] and state["protocol"] == "rtmp"
    assert total(program.port, "streamer_publishers_total") == 1
    master = get(program.port, "/live/manifest.mpd").text
    before = parse(get(program.port, VIDEO).text)
    killed = time.time()
    first.kill()
    program.wait_logged("source-gone", within=10)
    gone = time.time()
    pause(4, "an outage")
    asked = time.time()
    state = publisher(program)
    passed = time.time() - killed
    # Whole seconds since the end of its connection, which is between the kill and the log.
    assert not state["connected"] and asked - gone - 1 <= state["seconds"] <= passed
    assert state["state"] == "slate" and state["protocol"] == "rtmp"
    told = get(program.port, "/live/timestamps.json").json()
    assert told["publisher"]["state"] == "slate" and told["publisher"]["protocol"] == "rtmp"
    assert killed <= told["publisher"]["since"] / 1e9 <= gone
    assert asked <= told["timestamp"] / 1e9 <= time.time()
    sources.append(publish(port, size="320x180"))
    wait_until(lambda: len(program.logged("source-open")) == 2, 15, "the second publisher")
    pause(2, "frames of the second publisher")
    found = record(program.port, 3)
    check_one_stream(found)
    assert all(frame.clock is not None for frame in frames(found)[-30:])
    after = parse(get(program.port, VIDEO).text)
    assert after.media_sequence > before.media_sequence
    assert discontinuities(program) == 0
    codecs = 'codecs="avc1.'
    assert master[master.index(codecs):][:20] in get(program.port, "/live/manifest.mpd").text


@pytest.mark.timeout(120)
def test_a_passed_through_stream_gets_one_discontinuity(streamer, sources: list[Source]) -> None:
    """SIGKILL, five seconds, another resolution: exactly one Discontinuity, and it plays on."""
    program, port = origin(streamer)
    first = publish(port)
    sources.append(first)
    plays(program)
    first.kill()
    program.wait_logged("source-gone", within=10)
    pause(4, "an outage")
    sources.append(publish(port, size="320x180"))
    wait_until(lambda: discontinuities(program) == 1, 20, "a Discontinuity")
    pause(3, "further segments")
    assert discontinuities(program) == 1
    listed = get(program.port, VIDEO).text.splitlines()
    header = [line.split('"')[1] for line in listed if line.startswith("#EXT-X-MAP:")][-1]
    last = [line for line in listed if line.startswith("segment")][-1]
    media = b"".join(get(program.port, f"/live/video/{name}").body for name in (header, last))
    clocks = clocks_of(media)
    assert len(clocks) == 30 and None not in clocks


@pytest.mark.timeout(90)
def test_a_silent_publisher_is_replaced_a_sending_one_is_not(streamer,
                                                             sources: list[Source]) -> None:
    """The same key is refused while it is used; after two seconds of silence it is taken over."""
    program, port = origin(streamer, *ENCODED)
    first = publish(port)
    sources.append(first)
    plays(program)
    with Publisher(port) as other:
        assert other.ask("x") == b"NetStream.Publish.BadName"
        other.closed_within(5)
    first.freeze()
    pause(2.5, "silence")
    sources.append(publish(port, size="320x180"))
    wait_until(lambda: len(program.logged("publish-started")) == 2, 10, "the second publisher")
    refused = program.wait_logged("publish-refused", "replaced")
    assert refused.stream == "live"
    wait_until(lambda: len(program.logged("source-open")) == 2, 15, "its frames")
    first.thaw()
    pause(2, "the first publisher learns of its end")
    program.check_logged("publish-started", count=2)
    assert discontinuities(program) == 0


@pytest.mark.timeout(120)
def test_an_unknown_name_creates_a_stream_for_a_time(streamer, sources: list[Source]) -> None:
    """From this machine the key of an unknown application names a new stream, for 60 s."""
    program, port = origin(streamer, "--max-published", "1")
    camera = publish(port, "any/cam7")
    sources.append(camera)
    plays(program, "/cam7/video/playlist.m3u8")
    for _ in range(6):
        with Publisher(port) as client:
            assert client.ask("cam8", "any") == b"NetStream.Publish.BadName", "above the limit"
    # No guess of a key: the sixth is told the same.
    program.wait_logged("publish-refused", "too many published streams", count=6)
    camera.kill()
    program.wait_logged("publish-ended", stream="cam7", within=10)
    pause(3, "the publisher is away")
    sources.append(publish(port, "any/cam7"))
    wait_until(lambda: len(program.logged("publish-started", stream="cam7")) == 2, 10, "its return")
    sources[-1].kill()
    program.wait_logged("unpublished", stream="cam7", within=75)
    wait_until(lambda: get(program.port, "/cam7/video/playlist.m3u8").status == 404, 10, "its end")
