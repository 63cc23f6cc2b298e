# SPDX-License-Identifier: Apache-2.0
"""Events of the program for other programs: Server-Sent Events, and the webhook of --on-event."""

from __future__ import annotations

import hashlib
import hmac
import http.client
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.http1 import get
from harness.program import Program, start, stop
from harness.waiting import seen_once, wait_until
from test_events import TOKEN, post

KEY = b"a key of more than sixteen bytes"


class Receiver(http.server.BaseHTTPRequestHandler):
    """Keeps the accepted events; answers 503 while it is told to."""

    accepted: list[tuple[dict[str, Any], str, str]] = []
    refusals = 0

    def do_POST(self) -> None:
        """Accepts or refuses one event."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if Receiver.refusals > 0:
            Receiver.refusals -= 1
            self.send_response(503)
        else:
            expected = "sha256=" + hmac.new(KEY, body, hashlib.sha256).hexdigest()
            assert self.headers["X-Streamer-Signature"] == expected
            Receiver.accepted.append(
                (json.loads(body), self.headers["X-Streamer-Event"], self.headers["Content-Type"]))
            self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        """Prints nothing."""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory, binary: Path) -> Iterator[Program]:
    """A program with a webhook."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    key = tmp_path_factory.mktemp("events") / "key"
    key.write_bytes(KEY + b"\n")
    running = start(["--resolution", "320x180", "--bitrate", "200", "--admin-token", TOKEN,
                     "--event-key", str(key),
                     "--on-event", f"http://127.0.0.1:{server.server_port}/events?secret"])
    try:
        wait_until(lambda: get(running.port, "/live/playlist.m3u8").status == 200, 10, "live")
        yield running
    finally:
        stop(running)
        server.shutdown()


class Events:
    """A reader of /api/events."""

    def __init__(self, program: Program, query: str = "", last: int | None = None) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", program.port, timeout=20)
        fields = {"Authorization": f"Bearer {TOKEN}"}
        if last is not None:
            fields["Last-Event-ID"] = str(last)
        self.connection.request("GET", f"/api/events{query}", headers=fields)
        self.response = self.connection.getresponse()

    def next(self) -> dict[str, Any]:
        """The next event; its id is that of the field too."""
        number = None
        while not (line := self.response.readline().decode()).startswith("data: "):
            assert line, "the response has ended"
            if line.startswith("id: "):
                number = int(line[4:])
        event = json.loads(line[6:])
        assert event["id"] == number
        return event

    def until(self, name: str) -> dict[str, Any]:
        """The next event of this name."""
        while (event := self.next())["event"] != name:
            pass
        return event


def version(program: Program) -> int:
    """The number of parts since 1970."""
    return int(get(program.port, "/live/video/playlist.m3u8").headers["x-playlist-version"])


@pytest.mark.timeout(60)
def test_readers_get_events_and_continue_after_their_last_one(program: Program) -> None:
    """A raised event arrives at once as one line; a later reader gets what it missed."""
    reader = Events(program)
    assert reader.response.status == 200
    assert reader.response.getheader("Content-Type") == "text/event-stream"
    # A reader that waits gets it before the parts of a second are published.
    def arrives_at_once() -> bool:
        before = version(program)
        post(program, "{}")
        reader.until("timed-event")
        return version(program) <= before + 10

    seen_once(arrives_at_once, 5, "an event at once")
    posted = post(program, '{"goal":\n"1 %"}')
    event = reader.until("timed-event")
    assert event["stream"] == "live" and event["level"] == "info"
    assert event["data"] == {"id": posted["id"], "time": posted["time"], "data": {"goal": "1 %"}}
    other = Events(program, "?stream=none")
    later = post(program, '"second"')
    again = Events(program, last=event["id"])
    assert again.until("timed-event")["data"]["id"] == later["id"]
    # Its stream has no events; the first line is the comment after 15 s, or nothing.
    other.connection.sock.settimeout(0.5)
    with pytest.raises(TimeoutError):
        other.next()


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("fields", "status"), [
    ({}, 401), ({"Authorization": f"Bearer {TOKEN}", "Last-Event-ID": "soon"}, 400),
])
def test_readers_need_the_token_and_a_number(program: Program, fields: dict[str, str],
                                             status: int) -> None:
    """Each refusal is one line."""
    response = get(program.port, "/api/events", headers=fields)
    assert response.status == status and response.text.count("\n") == 1


@pytest.mark.timeout(60)
def test_webhook_gets_signed_events_in_order_and_again(program: Program) -> None:
    """Lines of the log, an event that was refused, and the number of viewers."""
    def accepted(name: str) -> list[dict[str, Any]]:
        return [event for event, field, _ in Receiver.accepted if field == name == event["event"]]

    wait_until(lambda: accepted("live"), 10, "the event that the stream is live")
    Receiver.refusals = 1
    ids = [post(program, f'"{number}"')["id"] for number in range(3)]
    wait_until(lambda: [event["data"]["id"] for event in accepted("timed-event")][-3:] == ids, 10,
               "the events, of which the first was refused")
    wait_until(lambda: accepted("webhook-recovered"), 10, "the end of the failure")
    numbers = [event["id"] for event, _, _ in Receiver.accepted]
    assert numbers == sorted(set(numbers))
    assert {kind for _, _, kind in Receiver.accepted} == {"application/json"}

    def is_counted() -> bool:
        get(program.port, "/live/playlist.m3u8?_HLS_msn=1")
        get(program.port, "/live/video/playlist.m3u8")
        segment = next(line for line in get(program.port, "/live/video/playlist.m3u8").text
                       .splitlines() if line.startswith("segment"))
        get(program.port, f"/live/video/{segment}")
        return bool(accepted("viewers"))

    wait_until(is_counted, 15, "the event of a viewer", interval=0.2)
    assert accepted("viewers")[0]["data"] == {"viewers": 1}


@pytest.mark.timeout(60)
def test_events_end_with_the_program(streamer: Callable[..., Program]) -> None:
    """The last events are sent, and no reader delays the end."""
    program = streamer("--resolution", "320x180", "--bitrate", "200", "--admin-token", TOKEN)
    reader = Events(program)
    threading.Timer(0.3, lambda: program.process.terminate()).start()
    names = []
    with pytest.raises(AssertionError, match="ended"):
        while True:
            names.append(reader.next()["event"])
    assert "stopping" in names
    assert program.process.wait(10) == 0
    assert not program.logged("stopped"), "ended by the limit of a stop"
