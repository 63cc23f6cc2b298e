# SPDX-License-Identifier: Apache-2.0
"""Pushed streams whose receivers are killed, frozen or slow, and three servers that push."""

from __future__ import annotations

import itertools
import signal
import socket
import threading
from pathlib import Path

import pytest

from harness.boxes import chunks
from harness.ports import free_port
from harness.program import Program, kill
from harness.pushing import configured, pushing, receiver, states, wait_equal, wait_state
from harness.waiting import pause, wait_until
from test_pushing import ended

SEGMENT_FRAMES = 30  # the default: one second


def test_three_servers_push_in_both_directions(tmp_path: Path) -> None:
    """CMAF ingest over three servers: equal frames, and capture times within a microsecond."""
    ports = [free_port() for _ in range(3)]
    def door(name: str) -> dict:
        return {"stream": name, "source": "page"}
    def to(index: int, name: str) -> list[str]:
        return [f"cmaf+http://127.0.0.1:{ports[index]}/{name}"]
    own = {"testSrc": True, "resolution": "320x180", "bitrate": 300,
           "preset": "ultrafast"}
    first = configured(tmp_path, "first", ports[0], [
        {**own, "stream": "there", "audio": "tone", "push": to(1, "there")}, door("back")])
    middle = configured(tmp_path, "middle", ports[1], [
        {**door("there"), "push": to(2, "there")}, {**door("back"), "push": to(0, "back")}])
    last = configured(tmp_path, "last", ports[2], [
        door("there"), {**own, "stream": "back", "push": to(1, "back")}])
    with ended(first, last, middle):
        for source, target, name in ((first, last, "there"), (last, first, "back")):
            times = wait_equal(source, target, 60, stream=name, within=25)
            # Each server converts them from and to NTP times, whose fractions are rounded.
            shifts = [(there - here) / 1e6 for here, there in times]
            assert max(map(abs, shifts)) < 0.001, shifts
        wait_equal(first, last, 30, "audio", "there")
        found = wait_state(middle, "pushing", stream="there")
        assert found["renditions"] == ["video", "audio"] and found["dropped"] == 0
        assert found["protocol"] == "cmaf" and found["reconnects"] == 0


@pytest.mark.parametrize("protocol", ["cmaf", "rtmp", "srt"])
def test_receiver_is_killed_and_back(protocol: str) -> None:
    """The push notices it within 4 s, states why, and resumes within two segments; the stream
    itself has no gap."""
    port = free_port()
    def again() -> Program:
        return receiver(**{"port" if protocol == "cmaf" else protocol: port})
    url = {"cmaf": f"cmaf+http://127.0.0.1:{port}/live",
           "rtmp": f"rtmp://127.0.0.1:{port}/live/x",
           "srt": f"srt://127.0.0.1:{port}?streamid=live&latency=20000"}[protocol]
    target = again()
    source = pushing("--push", f"{url} audio=none")
    with ended(source):
        wait_state(source, "pushing")
        kill(target)
        found = wait_state(source, "retrying", within=4 if protocol != "srt" else 5)
        assert found["reason"], found
        source.wait_logged("push-failed")
        target = again()
        with ended(target):
            found = wait_state(source, "pushing", within=6)
            assert found["reconnects"] == 1 and "reason" not in found
            wait_equal(source, target, 30)
            source.wait_logged("push-resumed")


@pytest.mark.parametrize("protocol", ["cmaf", "rtmp"])
def test_frozen_receiver_harms_nothing(protocol: str) -> None:
    """A receiver that is stopped: another one gets all frames; afterwards both do."""
    ports = [free_port(), free_port()]
    frozen = receiver(**{"port" if protocol == "cmaf" else "rtmp": ports[0]})
    other = receiver(port=ports[1])
    url = f"cmaf+http://127.0.0.1:{ports[0]}/live" if protocol == "cmaf" \
        else f"rtmp://127.0.0.1:{ports[0]}/live/x"
    source = pushing("--bitrate", 6000, "--push", url, "--push",
                     f"cmaf+http://127.0.0.1:{ports[1]}/live")
    with ended(source, other):
        for index in range(2):
            wait_state(source, "pushing", index=index)
        frozen.process.send_signal(signal.SIGSTOP)
        try:
            found = wait_state(source, "retrying", within=25)
            assert found["reason"], found
            assert states(source)[1]["state"] == "pushing"
            assert states(source)[1]["dropped"] == 0
            wait_equal(source, other, 60)
        finally:
            frozen.process.send_signal(signal.SIGCONT)
        with ended(frozen):
            wait_state(source, "pushing", within=15)


def test_receiver_of_endless_interim_responses_has_failed() -> None:
    """A receiver that sends 100 Continue without end: counted, named, and tried again."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        sent = []
        def flood(connection: socket.socket) -> None:
            count = 0
            try:
                with connection:
                    while True:
                        count += connection.send(b"HTTP/1.1 100 Continue\r\n\r\n" * 400)
            except OSError:
                sent.append(count)
        def accept() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                threading.Thread(target=flood, args=(connection,), daemon=True).start()
        threading.Thread(target=accept, daemon=True).start()
        source = pushing("--push", f"cmaf+http://127.0.0.1:{server.getsockname()[1]}/x audio=none")
        with ended(source):
            found = wait_until(lambda: next(
                (one for one in states(source) if one["failures"] >= 2), None), 15, "two failures")
            assert found["reason"] == "more than 16 interim responses (1xx)", found
        assert sent and max(sent) < 32 << 20


def dechunked(body: bytes) -> bytes:
    """The whole HTTP chunks of a body; each is a chunk of media."""
    whole = b""
    while True:
        line, found, rest = body.partition(b"\r\n")
        size = int(line, 16) if found else 0
        if size == 0 or len(rest) < size:
            return whole
        whole, body = whole + rest[:size], rest[size + 2:]


def test_slow_receiver_gets_whole_groups() -> None:
    """A receiver that reads too slowly: frames are left out up to key frames, and counted."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16_384)
        port = server.getsockname()[1]
        taken = bytearray()
        def read() -> None:
            connection, _ = server.accept()
            with connection:
                # 600 kbit/s of 3000.
                for _ in range(120):
                    piece = connection.recv(7500)
                    if not piece:
                        return
                    taken.extend(piece)
                    pause(0.1, "a slow receiver")
        thread = threading.Thread(target=read, daemon=True)
        thread.start()
        source = pushing("--bitrate", 3000, "--push", f"cmaf+http://127.0.0.1:{port}/x audio=none")
        with ended(source):
            found = wait_until(lambda: states(source)[0]["dropped"], 15, "frames that are left out")
            assert found > 0 and states(source)[0]["state"] == "pushing"
            head = bytes(taken[:2000])
            assert head.startswith(b"POST /x/video.cmfv HTTP/1.1\r\n")
            assert b"DASH-IF-Ingest: 1.2\r\n" in head and b"ftyp" in head
        thread.join(15)
    times = [chunk.tfdt for chunk in chunks(dechunked(bytes(taken).split(b"\r\n\r\n", 1)[1]))]
    steps = list(itertools.pairwise(times))
    frame = min(after - before for before, after in steps)
    late = [after for before, after in steps if after - before > frame]
    assert late, "no frame was left out"
    # After frames that were left out a segment begins.
    assert all(time % (SEGMENT_FRAMES * frame) == 0 for time in late), (late, frame)
