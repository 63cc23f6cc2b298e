# SPDX-License-Identifier: Apache-2.0
"""Hooks: a web server that decides who may publish, and gets the ends."""

from __future__ import annotations

import json
import ssl
import subprocess
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.http1 import get
from harness.rtmp import HOST, Publisher, rtmp_port
from harness.tls import make_certificate
from harness.tools import need
from harness.uploads import curl
from harness.waiting import not_before, pause, wait_until


class Hooks(ThreadingHTTPServer):
    """A web server that answers /publish with `status` after `delay`, and keeps the requests."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Hook)
        self.status, self.delay = 200, 0.0
        self.scheme = "http://127.0.0.1:"
        self.requests: list[tuple[str, dict]] = []
        self.answered = 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def flags(self) -> list[str]:
        """The flags of a program that asks this server."""
        origin = f"{self.scheme}{self.server_address[1]}"
        return ["--on-publish", f"{origin}/publish?secret", "--on-unpublish", f"{origin}/unpublish"]

    def events(self, path: str) -> list[dict]:
        """The objects that were sent to a path."""
        return [event for target, event in self.requests if target.split("?")[0] == path]


class Hook(BaseHTTPRequestHandler):
    """One request to the hooks."""

    server: Hooks

    def do_POST(self) -> None:
        """Answers after a delay."""
        event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.requests.append((self.path, event))
        if self.path.startswith("/publish"):
            pause(self.server.delay, "the hook answers late")
        self.server.answered += 1
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Prints nothing."""


@pytest.fixture
def hooks() -> Iterator[Hooks]:
    """The web server."""
    server = Hooks()
    yield server
    server.shutdown()


def test_the_key_of_a_mistyped_application_is_secret(streamer, hooks: Hooks,
                                                     tmp_path: Path) -> None:
    """At a stream without publishers, or as no valid name, a key is in no line and no request.

    The line names the application.
    """
    path, key = tmp_path / "conf.json", "Sesame-0123456789"
    path.write_text(json.dumps({"streams": [{"stream": "pub", "testSrc": True}]}))
    program = streamer(*HOST, "-c", str(path), "--publish", "open", *hooks.flags(),
                       defaults=False)
    port = rtmp_port(program)
    for app, name in (("pub", key), ("new", f"{key}!"), (f"{key}!", f"{key}!"), ("", f"{key}!")):
        with Publisher(port) as client:
            assert client.ask(name, app) == b"NetStream.Publish.BadName"
    for words in ("to pub/***: unknown", "to new/***: ", "to ***/***: ", "to ***: "):
        program.wait_logged("publish-refused", words)
    assert not hooks.requests
    everything = program.log_text() + get(program.port, "/metrics").text
    assert key not in everything + get(program.port, "/stats.json").text


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_hook_over_https(is_trusted: bool, streamer, hooks: Hooks, tmp_path: Path) -> None:
    """The certificate must be valid for the name; otherwise clients are refused."""
    files = make_certificate(tmp_path, "localhost")
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(*files)
    hooks.socket = secure.wrap_socket(hooks.socket, server_side=True)
    hooks.scheme = "https://localhost:"
    env = {"SSL_CERT_FILE": str(files[0])} if is_trusted else {}
    program = streamer(*HOST, *hooks.flags(), defaults=False, env=env)
    with Publisher(rtmp_port(program)) as client:
        answer = client.ask("key", "live")
    if is_trusted:
        assert answer == b"NetStream.Publish.Start" and hooks.events("/publish") == [event("rtmp")]
        wait_until(lambda: hooks.events("/unpublish") == [event("rtmp")], 5, "the end")
    else:
        assert answer == b"NetStream.Publish.BadName" and not hooks.requests
        program.wait_logged("publish-refused", "TLS: self-signed certificate")


def event(protocol: str, stream: str = "live") -> dict:
    """The object for a client on this machine."""
    return {"stream": stream, "protocol": protocol, "address": "127.0.0.0"}


def test_the_hook_decides(streamer, hooks: Hooks) -> None:
    """Publishers of every protocol are let in by 2xx, refused otherwise, and their end is told."""
    program = streamer(*HOST, *hooks.flags(), defaults=False)
    port = rtmp_port(program)
    with Publisher(port) as client:
        assert client.ask("key", "live") == b"NetStream.Publish.Start"
        assert hooks.events("/publish") == [event("rtmp")] and not hooks.events("/unpublish")
    wait_until(lambda: hooks.events("/unpublish") == [event("rtmp")], 5, "the end")
    assert curl(program, "POST", "/live/a.ts", body=b"x")[0] == 204
    assert curl(program, "PUT", "/cam/a.m3u8", body=b"#EXTM3U")[0] == 201
    assert curl(program, "PUT", "/cam/a.ts", "h2c", body=b"x")[0] == 201
    assert hooks.events("/publish")[1:] == [event("http"), event("relay", "cam")]
    wait_until(lambda: hooks.events("/unpublish")[1:] == [event("http")], 5, "the end")
    hooks.status = 403
    with Publisher(port) as client:
        assert client.ask("key", "live") == b"NetStream.Publish.BadName"
    assert curl(program, "POST", "/live/a.ts", body=b"x")[0] == 403
    assert curl(program, "PUT", "/new/a.ts", body=b"x")[0] == 403
    assert get(program.port, "/new/").status == 404
    assert curl(program, "PUT", "/cam/b.ts", body=b"x")[0] == 201, "cam was let in before"
    assert len(hooks.events("/unpublish")) == 2
    assert not [entry for entry in program.logged("publish-refused") if "secret" in entry.message]


def test_a_caller_of_srt_is_refused_after_its_handshake(streamer, hooks: Hooks) -> None:
    """libsrt's handshake cannot wait for the hook: the caller is disconnected then."""
    program = streamer("--srt", "127.0.0.1:0", *HOST, *hooks.flags(), defaults=False)
    port = rtmp_port(program, "srt")
    hooks.status, hooks.delay = 403, 0.5
    run = subprocess.run(
        [need("ffmpeg", "publishing by SRT"), "-v", "error", "-re", "-f", "lavfi", "-i",
         "testsrc2=size=64x64:rate=10", "-t", "20", "-f", "mpegts",
         f"srt://127.0.0.1:{port}?streamid=live"],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=15, check=False)
    assert run.returncode != 0
    assert hooks.events("/publish") == [event("srt")]
    program.wait_logged("publish-refused", "srt from 127.0.0.0: --on-publish: status 403")
    assert not program.logged("publish-started") and not hooks.events("/unpublish")
    hooks.status, hooks.delay = 200, 0
    with Publisher(rtmp_port(program)) as client:
        assert client.ask("key", "live") == b"NetStream.Publish.Start", "the stream is free"


def test_a_slow_hook_refuses(streamer, hooks: Hooks) -> None:
    """Without a response within 2 s clients are refused, and other requests are undisturbed."""
    hooks.delay = 20
    program = streamer(*HOST, *hooks.flags(), defaults=False)
    answers: list[int] = []
    clients = [threading.Thread(target=lambda: answers.append(
        curl(program, "PUT", "/cam/a.ts", body=b"x")[0])) for _ in range(6)]
    begun = time.monotonic()
    for client in clients:
        client.start()
    others = 0
    while any(client.is_alive() for client in clients):
        assert get(program.port, "/health").status == 200
        others += all(client.is_alive() for client in clients)
        pause(0.05, "other requests are sent while the clients wait")
    assert answers == [403] * 6 and not hooks.answered, "the hook's response was waited for"
    not_before(begun, 2, "the limit of a hook")
    assert others, "no other request is answered before the limit"
    entries = program.logged("publish-refused", stream="cam")
    assert len(entries) == 6 and "no response in time" in entries[0].message
