# SPDX-License-Identifier: Apache-2.0
"""A program that ends asks publishers to connect again (Enhanced RTMP v2, Reconnect Request)."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import pytest

from harness.program import Program
from harness.rtmp import HOST, Publisher, rtmp_port
from harness.waiting import not_before, pause, wait_until

REQUEST = rb"NetConnection\.Connect\.ReconnectRequest"
# Flag of CapsExMask.
RECONNECT = 1
# The start of a configuration of H.264: media, but no stream.
MEDIA = bytes([0x17, 1, 0, 0, 0])


def publisher(port: int, name: str, capabilities: int | None) -> Publisher:
    """A client that publishes a new stream."""
    client = Publisher(port)
    more = {} if capabilities is None else {"capsEx": capabilities}
    assert client.ask(name, "any", **more) == b"NetStream.Publish.Start"
    return client


def test_publishers_are_asked_before_the_program_ends(
        streamer: Callable[..., Program]) -> None:
    """Those that announced it are asked, may send up to a key frame, and leave; others are cut."""
    program = streamer(*HOST, defaults=False)
    port = rtmp_port(program)
    with publisher(port, "one", RECONNECT) as one, publisher(port, "two", 14) as two, \
            publisher(port, "three", None) as three:
        program.process.send_signal(signal.SIGTERM)
        one.wait_for(REQUEST)
        for number in range(5):
            one.media(9, MEDIA, number * 40)
            pause(0.05, "frames up to a key frame")
        # Still connected: the media was taken.
        one.command("_checkbw", 9, None)
        one.wait_for(b"_error")
        one.socket.close()
        two.closed_within(3)
        three.closed_within(3)
        assert b"ReconnectRequest" not in two.received + three.received
    assert program.process.wait(6) == 0
    asked = program.logged("reconnect-requested")
    assert [entry.stream for entry in asked] == ["one"]


def test_a_publisher_that_stays_is_closed(streamer: Callable[..., Program]) -> None:
    """A client that ignores the request does not keep the program."""
    program = streamer(*HOST, defaults=False)
    with publisher(rtmp_port(program), "one", RECONNECT) as client:
        asked = time.monotonic()
        program.process.send_signal(signal.SIGTERM)
        client.wait_for(REQUEST)
        client.closed_within(4)
        not_before(asked, 1, "the end of its connection")
        assert program.process.wait(6) == 0


def test_no_publisher_begins_after_the_request(streamer: Callable[..., Program]) -> None:
    """While asked publishers leave, other connections are closed, on every event loop."""
    program = streamer(*HOST, defaults=False)
    port = rtmp_port(program)
    # The next connections go to the loops that have fewer.
    with publisher(port, "one", RECONNECT) as asked, Publisher(port) as early:
        early.connect(capsEx=RECONNECT)
        program.process.send_signal(signal.SIGINT)
        asked.wait_for(REQUEST)
        early.closed_within(0.5)
        for name in ("two", "three", "four"):
            with pytest.raises(OSError), Publisher(port) as late:
                late.ask(name, "any", capsEx=RECONNECT)
        asked.command("_checkbw", 9, None)
        asked.wait_for(b"_error")
    assert program.process.wait(6) == 0
    assert not program.logged("publish-started", stream="two")


def test_publishers_move_to_the_process_that_replaces_theirs(
        streamer: Callable[..., Program]) -> None:
    """The new process serves the publisher while the old one still takes its media."""
    program = streamer("--supervise", *HOST, defaults=False)
    port = rtmp_port(program)
    first = int(program.wait_logged("supervisor", "was started").message.split()[1])
    with publisher(port, "cam", RECONNECT) as old:
        program.process.send_signal(signal.SIGUSR2)
        old.wait_for(REQUEST, within=10)
        with publisher(port, "cam", RECONNECT) as new:
            old.media(9, MEDIA)
            old.socket.close()
            wait_until(lambda: not os.path.exists(f"/proc/{first}"), 5, "the end of the old one")
            new.media(9, MEDIA)
            new.command("_checkbw", 9, None)
            new.wait_for(b"_error")
    program.check_logged("publish-started", stream="cam", count=2)
    assert not program.logged("publish-refused")
