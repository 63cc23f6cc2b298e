# SPDX-License-Identifier: Apache-2.0
"""Events of splice_schedule (SCTE-35): at their wall-clock times, from inputs and from the API."""

from __future__ import annotations

import json
import time
import urllib.error
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.http1 import get
from harness.ports import free_port
from harness.program import Program
from harness.transport import Transport, splice_insert, splice_schedule
from harness.waiting import wait_until
from test_events import TOKEN, post
from test_metadata import SPLICE_SCHEME, Viewed, attribute, milliseconds, watch

FRAME = 1000 / 30


@pytest.mark.timeout(90)
@pytest.mark.parametrize("options", [
    ["--passthrough", "always"],
    ["--passthrough", "never", "--resolution", "320x180", "--framerate", "30"]],
    ids=["passed through", "encoded"])
def test_schedule_of_an_input_is_events_at_their_times(
        options: list[str], streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Two of four events are within reach; the splice_insert of one is the break."""
    port = free_port()
    stream = Transport(tmp_path / "source.ts", 12)
    program = streamer(
        "--input", f"udp://127.0.0.1:{port}", *options, "--playlist-length", "20",
        "--admin-token", TOKEN, "--host", "127.0.0.1", "--http-port", "0", defaults=False,
        within=20)
    begin = int(time.time()) + 9
    section = splice_schedule(
        (80, begin + 7200, True, 30), (74, begin, True, 1.5), (74, begin + 2, False, None),
        (81, begin - 3600, True, 30))
    for frame in (120, 135, 150):
        stream.splice(frame, section)
    insert = splice_insert(74, stream.stamps[260], out=True, seconds=1.5)
    stream.splice(200, insert)
    wait = stream.send(port)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200,
               20, "a playlist")
    viewed = Viewed(program)
    watch(viewed, messages=3)
    wait()
    planned = [line for line in viewed.ranges if "SCTE35-CMD" in line]
    assert len(planned) == 2 and len(viewed.ranges) == 3, viewed.ranges
    for line, when, length in zip(planned, (begin, begin + 2), ("1.5", None)):
        assert str(attribute(line, "ID")).startswith("splice-74-")
        assert attribute(line, "PLANNED-DURATION") == length
        assert attribute(line, "SCTE35-CMD") == "0x" + section.hex().upper()
        assert abs(milliseconds(str(attribute(line, "START-DATE"))) - when * 1000) <= FRAME, line
    (out,) = [line for line in viewed.ranges if "SCTE35-OUT" in line]
    assert attribute(out, "SCTE35-OUT") == "0x" + insert.hex().upper()
    found = [message for message in viewed.of(SPLICE_SCHEME) if message.data == section]
    times = sorted({message.ticks for message in found})
    assert len(times) == 2 and (times[1] - times[0]) * 30 == 60 * viewed.scale
    assert abs(viewed.wall(times[0]) - begin * 1000) <= FRAME + 1
    lengths = {message.ticks: message.duration for message in found}
    assert [lengths[when] for when in times] == [round(1.5 * viewed.scale), 0]
    assert all(event["id"] for event in viewed.socket)
    texts = [event["data"]["scte35"] for event in viewed.socket if "scte35" in event["data"]]
    schedule = [text for text in texts if text["command"] == "splice_schedule"]
    assert [(text["role"], text["scheduled"], text["eventId"], text["uniqueProgramId"],
             text["avail"], text["availsExpected"]) for text in schedule] \
        == [("command", "out", 74, 7, 1, 2), ("command", "in", 74, 7, 1, 2)]


def test_schedule_of_a_request_has_its_time(streamer: Callable[..., Program]) -> None:
    """Without a time of the request; with several events it is refused, and so is one far ahead."""
    program = streamer("--resolution", "320x180", "--admin-token", TOKEN)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8").status == 200, 15, "live")
    when = int(time.time()) + 600

    def sent(*events: tuple[int, int, bool, float | None], query: str = "") -> dict:
        return post(program, json.dumps({"scte35": "0x" + splice_schedule(*events).hex()}), query)

    event = (5, when, True, 30.0)
    assert milliseconds(sent(event)["time"]) == when * 1000
    earlier = (when - 300) * 1000
    moved = sent((6, when, True, None), query=f"?time={earlier}")
    assert milliseconds(moved["time"]) == earlier
    for events in ((event, event), (), ((7, when + 7200, True, None),)):
        with pytest.raises(urllib.error.HTTPError) as refused:
            sent(*events)
        assert refused.value.code == 400

    def ranges() -> list[str]:
        """The date ranges of the playlist, once its next part has both."""
        lines = get(program.port, "/live/video/playlist.m3u8").text.splitlines()
        found = [line for line in lines if "DATERANGE" in line]
        return found if len(found) == 2 else []

    for line in wait_until(ranges, 5, "both date ranges"):
        assert "SCTE35-CMD=0x" in line and "SCTE35-OUT" not in line, line
