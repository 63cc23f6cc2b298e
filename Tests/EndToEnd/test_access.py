# SPDX-License-Identifier: Apache-2.0
"""Playback tokens: paths, `streamer token`, rotation by SIGHUP, secrets in responses and logs."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import signal
import subprocess
import time
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.configuration import stream
from harness.http1 import Later, Response, get
from harness.metrics import wait_held
from harness.program import Program
from harness.tools import ROOT, streamer_binary
from harness.waiting import wait_until
from harness.websocket import Socket

FIRST, SECOND = "k1:" + "first-secret-" * 4, "k2:" + "second-secret-" * 4
ADMIN = "admin-token-of-the-test-of-access"


def sign(key: str, name: str, expires: int, session: str = "viewer", address: str = "") -> str:
    """The prefix of a path with a token, computed without the program."""
    identifier, _, secret = key.partition(":")
    text = f"v1|{name}|{expires}|{address}|{session}"
    digest = hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()
    return f"/t/{identifier}.{expires}.{session}.{base64url(digest)}"


def base64url(data: bytes) -> str:
    """Base64 for URLs, without padding."""
    return urlsafe_b64encode(data).decode().rstrip("=")


def web_token(key: str, **claims: object) -> str:
    """A JSON Web Token by HS256."""
    text = ".".join(base64url(json.dumps(part).encode()) for part in ({"alg": "HS256"}, claims))
    return f"{text}.{base64url(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest())}"


def printed(*flags: str, key: str) -> str:
    """The output of `streamer token`."""
    return subprocess.run([streamer_binary(), "token", *flags], check=True, capture_output=True,
                          env={"STREAMER_PLAYBACK_KEY": key}).stdout.decode().strip()


@pytest.fixture
def configured(streamer: Callable[..., Program], tmp_path: Path) -> tuple[Program, Path]:
    """Streams `yard`, with a key, and `open`, without one; the access log is `access.log`."""
    path = tmp_path / "config.json"
    path.write_text(json.dumps({
        "host": "127.0.0.1", "httpPort": 0, "adminToken": ADMIN, "logLevel": "debug",
        "accessLog": "access.log", "streams": [
            stream("yard", playbackKey=FIRST, testSrc=True), stream("open", testSrc=True)]}))
    program = streamer("-c", str(path), defaults=False)
    wait_until(lambda: get(program.port, sign(FIRST, "yard", int(time.time()) + 60)
                           + "/yard/playlist.m3u8").status == 200, 15, "the stream")
    return program, path


def test_tokens(configured: tuple[Program, Path], tmp_path: Path) -> None:
    """A player follows relative URIs below its token; keys change by SIGHUP without a restart."""
    program, path = configured
    now, seen = int(time.time()), list[Response]()

    def ask(target: str, status: int, method: str = "GET",
            headers: dict[str, str] | None = None) -> Response:
        seen.append(get(program.port, target, method, headers))
        assert seen[-1].status == status, f"{method} {target}: {seen[-1].text}"
        return seen[-1]

    token = printed("--stream", "yard", "--expires", "60", key=FIRST)
    playlist = ask(f"{token}/yard/video/playlist.m3u8", 200).text
    names = re.findall(r'URI="([^"]+)"', playlist) + re.findall(r"^[^#].*$", playlist, re.M)
    assert names and not any(name.startswith("/") or "://" in name for name in names)
    ask(f"{token}/yard/video/{names[-1]}", 200)
    ask(f"{token}/yard/video/{names[0]}", 200, "HEAD")
    manifest = ask(f"{token}/yard/manifest.mpd", 200).text
    assert all("/time" in url for url in re.findall(r'"(http[^"]+)"', manifest) if "127" in url)
    ask(f"{token}/yard/timestamps.json", 200)
    with Socket(program.port, f"{token}/yard/ws") as socket:
        assert socket.status == 101
    with Socket(program.port, "/yard/ws") as socket:
        assert socket.status == 403
    bound = printed("--stream", "yard", "--address", "127.0.0.1", key=FIRST)
    ask(f"{bound}/yard/playlist.m3u8", 200)

    old, other = sign(FIRST, "yard", now - 61), sign(FIRST, "open", now + 60)
    for prefix, status in [("", 403), (old, 410)]:
        for method in ("GET", "HEAD"):
            ask(f"{prefix}/yard/video/{names[-1]}", status, method)
    ask(f"{other}/yard/video/{names[-1]}", 403)
    ask(f"{token[:-1]}/yard/video/{names[-1]}", 403, "HEAD")
    ask("/yard/playlist.m3u8", 403, headers={"Referer": program.url(f"{token}/yard/")})
    ask("/open/playlist.m3u8", 200)
    ask("/yard/", 200)
    ask(f"{token}/yard/", 200)
    ask("/api/streams", 200, headers={"Authorization": f"Bearer {ADMIN}"})
    for target in ("/metrics", "/ready", "/nothing", f"{token}/nothing"):
        ask(target, 404 if "nothing" in target else 200)

    # A JSON Web Token opens the page and the playlist below a playback token, and a WebSocket.
    web = web_token(FIRST[3:], exp=now + 60, sub="bob", llx={"act": "play", "stream": "yard"})
    for target in ("/yard/", "/yard/playlist.m3u8"):
        location = ask(f"{target}?token={web}", 307).headers["location"]
        assert web not in location and location.startswith("./../t/k1.")
        ask(location.removeprefix("./.."), 200)
    with Socket(program.port, f"/yard/ws?token={web}") as socket:
        assert socket.status == 101
    own = web_token(ADMIN, exp=now + 60, llx={"act": "api"})
    ask("/api/streams", 200, headers={"Authorization": f"Bearer {own}"})
    ask(f"/api/streams?token={own}", 200)

    # A request that is held while its key is removed is answered; the stream does not restart.
    playlist = get(program.port, f"{token}/yard/video/playlist.m3u8").text
    number = max(int(name) for name in re.findall(r"segment(\d+)", playlist))
    held = Later(program.port, f"{token}/yard/video/playlist.m3u8?_HLS_msn={number + 1}")
    wait_held(program.port, 1)
    for element in (content := json.loads(path.read_text()))["streams"]:
        element.pop("playbackKey", None)
    content["playbackKey"] = [SECOND]
    path.write_text(json.dumps(content))
    program.process.send_signal(signal.SIGHUP)
    wait_until(lambda: get(program.port, "/open/playlist.m3u8").status == 403, 5, "the new key")
    ask(f"{token}/yard/playlist.m3u8", 403)
    ask(printed("--stream", "yard", key=SECOND) + "/yard/playlist.m3u8", 200)
    assert held.result().status == 200
    assert not program.logged("changed")

    # Five invalid tokens of an address; no response and no log has a secret.
    statuses = {get(program.port, f"/t/x{n}/yard/playlist.m3u8").status for n in range(6)}
    assert 429 in statuses
    log = wait_until(lambda: (text := (tmp_path / "access.log").read_text()).count("\n") > 30
                     and text, 5, "the access log")
    texts = [log, "\n".join(program.log)]
    # A redirect contains the playback token, which only its client gets.
    texts += [f"{one.fields}{one.body!r}" for one in seen]
    secrets = [FIRST[3:], SECOND[3:], token[3:], bound[3:], old[3:], other[3:],
               token.split(".")[-1], ADMIN, web, own]
    for text in texts:
        for secret in secrets:
            assert secret not in text


def rights() -> dict[str, set[str]]:
    """The table of docs/access.md: the methods of each path that a token of a stream permits."""
    text = (ROOT / "docs/access.md").read_text()
    rows = re.findall(r"^\| `(/api/[^`]+)` \| ([A-Z, ]+) \|$", text, re.M)
    return {path: set(methods.split(", ")) for path, methods in rows}


def test_a_token_of_a_stream_permits_what_the_table_states(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """An uploader's token erases nothing of the archive and stops no push, by any method."""
    program = streamer("--resolution", "160x90", "--archive", str(tmp_path), "--admin-token", ADMIN,
                       "--push", "rtmp://127.0.0.1:9/live/key stopped")
    token = web_token(ADMIN, exp=int(time.time()) + 60, llx={"act": "api", "stream": "live"})

    def status(method: str, path: str) -> int:
        return get(program.port, path.replace("STREAM", "live"), method,
                   {"Authorization": f"Bearer {token}", "Content-Length": "0"}).status

    table = rights()
    assert len(table) == 4
    for path, methods in table.items():
        # The removal of the stream comes last, and responses to GET of events have no end.
        for method in sorted(methods - {"DELETE"}):
            method = "HEAD" if (method, "stream=" in path) == ("GET", True) else method
            assert status(method, path) not in (401, 403), (method, path)
    # Which other methods a path has is no secret.
    span = "?from=1795155720&to=1795155721"
    others = ["/api/streams", "/api/events", "/api/streams/other", "/api/events?stream=other"]
    others += [f"/api/streams/live/archive{span}", f"/api/streams/live/archive/keep{span}",
               "/api/streams/live/push/0/start", "/api/streams/live/push/0/stop",
               "/api/streams/live/none"]
    for path in others:
        for method in ("GET", "POST", "PUT", "DELETE"):
            # Five of them slow the address down.
            assert status(method, path) in (403, 429), (method, path)
    assert status("POST", "/api/streams/STREAM") in (403, 429)
    assert status("DELETE", "/api/streams/STREAM") == 204
