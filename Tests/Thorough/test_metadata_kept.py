# SPDX-License-Identifier: Apache-2.0
"""Metadata of all kinds in the archive and at the webhook of --on-event."""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest

from harness.archive import hour_files, segments
from harness.http1 import get
from harness.playlist import parse
from harness.ports import free_port
from harness.program import Program, stop
from harness.transport import KEY, sets, tag
from harness.waiting import wait_until
from test_events import TOKEN, post
from test_metadata import (
    DATA_SCHEME, SET_SCHEME, SPLICE_SCHEME, TAG_SCHEME, Message, Viewed, messages_in, source, watch,
)
from test_publish_hooks import Hooks

ASSET = {"x-asset-uri": "https://ads.example/a.m3u8", "duration": 1}
DATA = {"goal": "1 %"}
Carried = set[tuple[str, int, int, bytes, int]]


def carried(messages: list[Message]) -> Carried:
    """Scheme, number, time and data of messages, and the chunk of each."""
    return {(one.scheme, one.number, one.ticks, one.data, one.tfdt) for one in messages}


def check_kinds(found: Carried) -> None:
    """All schemes, each with the data that was sent."""
    data = {scheme: [body for name, _, _, body, _ in found if name == scheme]
            for scheme, *_ in found}
    assert set(data) == {SPLICE_SCHEME, TAG_SCHEME, SET_SCHEME, DATA_SCHEME}, set(data)
    assert tag("Tür") in data[TAG_SCHEME]
    assert {sets(b"\2\2\0\7"), sets(b"\2\2\0\x08")} <= set(data[SET_SCHEME])
    texts = [json.loads(body) for body in data[DATA_SCHEME]]
    assert DATA in texts and ASSET in texts, texts
    roles = {text["scte35"]["role"] for text in texts if "scte35" in text}
    assert roles == {"out", "in"} and len(set(data[SPLICE_SCHEME])) == 2


@pytest.mark.timeout(120)
@pytest.mark.parametrize("options", [
    ["--passthrough", "always"],
    ["--passthrough", "never", "--resolution", "320x180", "--framerate", "30"]],
    ids=["passed through", "encoded"])
def test_archive_and_webhook_have_all_kinds(
        options: list[str], streamer: Callable[..., Program], tmp_path: Path) -> None:
    """SCTE-35, ID3 and KLV of an input, data and an interstitial: as they were live."""
    port, hooks = free_port(), Hooks()
    stream, archive = source(tmp_path / "source.ts"), tmp_path / "archive"
    flags = ("--input", f"udp://127.0.0.1:{port}", *options, "--playlist-length", "20",
             "--admin-token", TOKEN, "--archive", str(archive), "--dvr", "1h", "--on-event",
             f"http://127.0.0.1:{hooks.server_address[1]}/events", "--host", "127.0.0.1",
             "--http-port", "0")
    program = streamer(*flags, defaults=False, within=20)
    wait = stream.send(port)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8", timeout=15).status == 200,
               20, "a playlist")
    first = int(time.time())
    for event in (DATA, ASSET):
        post(program, json.dumps(event), f"?time={(first + 2) * 1000}")
    viewed = Viewed(program)
    watch(viewed)
    wait()
    live = carried(viewed.messages)
    check_kinds(live)

    def reported() -> list[Any]:
        """The contents of the events at the webhook."""
        events = [event for event in hooks.events("/events") if event["event"] == "timed-event"]
        assert all(event["stream"] == "live" for event in events)
        return [event["data"]["data"] for event in events]

    def complete() -> bool:
        found = reported()
        return DATA in found and sum("scte35" in event for event in found) == 2

    wait_until(complete, 10, "both ends of the break at the webhook")
    found = reported()
    assert ASSET in found
    assert [event["scte35"]["role"] for event in found if "scte35" in event] == ["out", "in"]
    splices = {body for name, _, _, body, _ in live if name == SPLICE_SCHEME}
    assert {base64.b64decode(event["scte35"]["base64"]) for event in found
            if "scte35" in event} == splices
    assert [base64.b64decode(event["id3"]["base64"]) for event in found if "id3" in event] == [
        tag("Tür")]
    klv = [event["klv"] for event in found if "klv" in event]
    assert klv[0]["key"] == KEY.hex() and base64.b64decode(klv[0]["base64"]) == sets(b"\2\2\0\7")

    stop(program)
    kept = carried([message for path in hour_files(archive)
                    for segment in segments(path.read_bytes()) for message in messages_in(segment)])
    assert live <= kept, sorted(live - kept)
    # The same media by HTTP, from the archive alone.
    program = streamer(*flags, defaults=False, within=20)
    # Messages are in the media before their time, and the first segment begins within a second.
    path = f"/live/video/from/{first - 2}/to/{max(viewed.pdt.values()) // 1000 + 1}/playlist.m3u8"
    answer = get(program.port, path, timeout=15)
    if answer.status == 307:
        # The archive begins later.
        path = urljoin(path, answer.headers["location"])
        answer = get(program.port, path, timeout=15)
    listed = parse(answer.text)
    served: list[Message] = []
    for segment in listed.segments:
        if segment.uri and not segment.gap:
            served += messages_in(get(program.port, urljoin(path, segment.uri)).body)
    check_kinds(carried(served))
    assert carried(served) <= kept
    hooks.shutdown()
