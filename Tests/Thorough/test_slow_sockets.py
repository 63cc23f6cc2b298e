# SPDX-License-Identifier: Apache-2.0
"""WebSockets whose viewers have left, and decoders that are slow."""

from __future__ import annotations

import time

import pytest

from harness.http1 import get
from harness.metrics import total
from harness.playlist import parse
from harness.waiting import wait_until
from harness.websocket import VIDEO
from test_websocket import subscribed


def test_viewers_that_have_left_keep_no_media(streamer) -> None:
    """The last viewer has left, and the window has moved on: nothing keeps the former media."""
    program = streamer("--resolution", "320x180", "--playlist-length", "6", "--max-files", "8",
                       "--segment-duration", "0.5")
    for client in [subscribed(program.port, tracks=["v"]) for _ in range(3)]:
        client.media(5, VIDEO)
        client.socket.close()
    wait_until(lambda: total(program.port, "streamer_websockets") == 0, 5, "the sockets are closed")
    listed = parse(get(program.port, "/live/video/playlist.m3u8").text).segments[-1].uri
    wait_until(lambda: get(program.port, f"/live/video/{listed}").status == 410, 15,
               "the window moves on", interval=0.1)
    wait_until(lambda: total(program.port, "streamer_past_media_bytes") == 0, 1, "no past media")


@pytest.mark.parametrize("visible", [True, False])
def test_slow_decoder_gets_a_lower_rendition(streamer, visible: bool) -> None:
    """Dropped frames in the figures of a visible page lower the rendition; of a hidden one not."""
    program = streamer("--rendition", "640x360@800", "--rendition", "320x180@300")
    with subscribed(program.port, tracks=["v"]) as client:
        started, reports = time.monotonic(), 0
        seen: list[str] = []
        while not seen and time.monotonic() - started < (15 if visible else 8):
            if time.monotonic() - started > reports:
                client.send({"t": "stat", "drop": 15 * reports, "dec": 15 * reports,
                             "vis": visible})
                reports += 1
            message = client.next()
            if isinstance(message, dict) and message["t"] == "switching":
                seen.append(f"{message['reason']} {message['rendition']}")
        print(f"{seen} after {time.monotonic() - started:.1f} s")
        assert seen == (["abr 180p"] if visible else [])
