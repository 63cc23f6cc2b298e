# SPDX-License-Identifier: Apache-2.0
"""Viewers with tokens and sessions, and rows of statistics for WebSockets."""

from __future__ import annotations

import base64
import csv
import hashlib
import hmac
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.http1 import get
from harness.program import Program, stop
from harness.waiting import pause, wait_until
from harness.websocket import VIDEO, Socket
from harness.websocket2 import HTTP2Socket

SECRET = "0123456789abcdef0123456789abcdef"
ADMIN = "admin-token-of-the-test-of-viewers"


def below(viewer: str) -> str:
    """The path of the stream below a token for a viewer."""
    expires = int(time.time()) + 600
    text = f"v1|live|{expires}||{viewer}"
    digest = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()
    signature = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    return f"/t/k1.{expires}.{viewer}.{signature}/live"


def test_viewers_with_tokens_count_once(streamer: Callable[..., Program]) -> None:
    """A session over two sockets and HTTP is one viewer; viewers with one token are several."""
    program = streamer("--resolution", "320x180", "--playback-key", f"k1:{SECRET}",
                       "--admin-token", ADMIN)
    wait_until(lambda: get(program.port, "/ready").status == 200, 15, "the stream")

    def viewers() -> list[dict]:
        headers = {"Authorization": f"Bearer {ADMIN}"}
        return json.loads(get(program.port, "/stats.json", headers=headers).text)[
            "streams"][0]["viewers"]

    def count(expected: int) -> None:
        wait_until(lambda: len(viewers()) == expected, 8, f"{expected} viewers", 0.3)

    def watch(viewer: str, **hello: str) -> Socket:
        client = Socket(program.port, f"{below(viewer)}/ws")
        client.send({"t": "hello", "v": 1, **hello})
        client.send({"t": "subscribe", "tracks": ["v"]})
        client.until("subscribed")
        return client

    def request(viewer: str, **fields: str) -> None:
        playlist = get(program.port, f"{below(viewer)}/video/playlist.m3u8").text
        name = [line for line in playlist.splitlines() if line.startswith("segment")][-1]
        path = f"{below(viewer)}/video/{name}"
        assert get(program.port, path, headers=fields).status == 200

    sockets = [watch("bob", sid="s1"), watch("bob", sid="s1")]
    request("bob", **{"CMCD-Session": 'sid="s1"'})
    count(1)
    sockets += [watch("all"), watch("all"), watch("all")]
    count(4)
    request("all")
    request("eve")
    count(5)
    assert sorted(viewer["transport"] for viewer in viewers()) == ["hls", "ws", "ws", "ws", "ws"]
    for client in sockets:
        client.socket.close()
    count(0)


def test_sockets_have_rows(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """A row for each segment of each track, over both versions of HTTP; the bytes add up."""
    program = streamer("--resolution", "320x180", "--audio", "tone", "--save-stats", "--stats-dir",
                       str(tmp_path))
    began = time.monotonic()
    clients = [Socket(program.port, "/live/ws"), HTTP2Socket(program.port, "/live/ws")]
    names = []
    for client in clients:
        client.send({"t": "hello", "v": 1})
        names.append(client.until("welcome")["sid"])
        client.send({"t": "subscribe", "start": "key"})
        client.until("subscribed")
        client.send({"t": "stat", "delay": 95, "buf": 60, "stalls": 0})
    with ThreadPoolExecutor(2) as pool:
        media = list(pool.map(lambda client: client.media(150, VIDEO), clients))
    for client in clients:
        client.socket.close()
    pause(0.5, "the server sees the ends of the sockets")
    assert stop(program) == 0
    ran = (time.monotonic() - began) * 1000
    rows = list(csv.DictReader((tmp_path / "segments.csv").open()))
    for name, found in zip(names, media):
        own = [row for row in rows if row["viewer"] == name]
        assert {row["rendition"] for row in own} == {"video", "audio"}
        videos = [row for row in own if row["rendition"] == "video"]
        whole = [row for row in videos if row["cut"] == "0"]
        numbers = [int(row["segment"]) for row in videos]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers))), numbers
        assert len(whole) >= 3
        starts = [i for i, m in enumerate(found) if m.is_key]
        for row, start, end in zip(whole, starts, starts[1:]):
            heads = sum(14 if 12 + len(m.payload) < 126 else 16 if 12 + len(m.payload) < 65536
                        else 22 for m in found[start:end])
            assert int(row["bytes"]) == heads + sum(len(m.payload) for m in found[start:end])
        for row in whole[:-1]:
            times = [float(row[key]) for key in ("asked", "first_byte", "last_byte",
                                                 "acknowledged")]
            assert times == sorted(times) and times[3] - times[2] < ran, row
            assert row["ltc_ms"] == "95" and row["bl_ms"] == "60" and float(row["rtt_ms"]) < ran
    print(f"{len(rows)} rows")
