# SPDX-License-Identifier: Apache-2.0
"""Keys of encrypted streams behind each edge: players ask for them by POST, after a preflight."""

from __future__ import annotations

import json
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.crowd import connect
from harness.edges import KINDS, MORE, TERMINATORS, Edge
from harness.http1 import Response
from harness.program import Program
from harness.tools import streamer_binary

KEY_ID, KEY = bytes([1] * 16), bytes([0x41] * 16)
PATH = "/live/clearkey"
SIGNING = "k1:" + "0123456789abcdef" * 2
ALL = KINDS | TERMINATORS | MORE


def written(number: bytes) -> str:
    """A number as licences have it."""
    return urlsafe_b64encode(number).decode().rstrip("=")


REQUEST = json.dumps({"kids": [written(KEY_ID)], "type": "temporary"})


@pytest.fixture(scope="module")
def encrypted(site: Callable[..., Program],
              tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Program]:
    """Starts a server whose streams have one key; keywords are further settings."""
    keys = tmp_path_factory.mktemp("keys") / "keys.json"
    keys.write_text(json.dumps({"keys": [{"kid": KEY_ID.hex(), "key": KEY.hex()}]}))
    keys.chmod(0o600)
    return lambda **settings: site(encryption="cbcs", encryptionKeys=str(keys),
                                   trustedProxy="127.0.0.1", **settings)


@pytest.fixture(scope="module")
def locked(encrypted: Callable[..., Program]) -> Program:
    """A server that gives keys to all."""
    return encrypted()


@pytest.fixture(scope="module", params=ALL)
def edge(request: pytest.FixtureRequest, locked: Program,
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Each edge in turn, in front of that server."""
    with ALL[request.param](tmp_path_factory.mktemp("edge"), locked.port) as found:
        found.name = request.param
        yield found


def ask(edge: Edge, method: str, path: str = PATH, body: str = REQUEST) -> Response:
    """The answer to a request of a page of another origin."""
    head = [f"{method} {path} HTTP/1.1", "Host: a.example", "Origin: https://page.example",
            "Access-Control-Request-Method: POST", "Access-Control-Request-Headers: content-type",
            "Content-Type: application/json", "Connection: close"]
    if method not in ("OPTIONS", "GET"):
        head.append(f"Content-Length: {len(body)}")
    with connect(edge) as connection:
        connection.send_raw("\r\n".join([*head, "", ""]).encode())
        if method not in ("OPTIONS", "GET"):
            connection.send_raw(body.encode())
        return connection.read(method)


def check_keys(answer: Response) -> None:
    """The key, which no cache may keep."""
    assert answer.status == 200, answer.text
    assert {(key["kid"], key["k"]) for key in answer.json()["keys"]} == {
        (written(KEY_ID), written(KEY))}
    assert "no-store" in answer.headers["cache-control"]
    assert answer.headers["access-control-allow-origin"] == "*"


def test_keys_pass(edge: Edge) -> None:
    """A licence request, twice: the second one is no answer of the cache to the first one."""
    for _ in range(2):
        check_keys(ask(edge, "POST"))
    wrong = ask(edge, "POST", body="{}")
    assert wrong.status == 400 and "no-store" in wrong.headers["cache-control"]
    check_keys(ask(edge, "POST", PATH + "?CMCD=x"))


def test_preflight_of_keys(edge: Edge) -> None:
    """The preflight permits POST with the type of JSON (Fetch §3.3.3)."""
    answer = ask(edge, "OPTIONS")
    assert answer.status in (200, 204)
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "content-type" in answer.headers["access-control-allow-headers"].lower()


@pytest.mark.parametrize("path", ["/live.m3u8", "/", "/clearkey", "/live/clearkey/x",
                                  "/api/clearkey", "/live/video/clearkey", "/live/clearkeys",
                                  "/live/xclearkey"])
def test_no_other_path_takes_a_body(edge: Edge, path: str) -> None:
    """POST to other paths is refused, and PUT and DELETE to this one."""
    assert ask(edge, "POST", path).status in (403, 404, 405), path
    for method in ("PUT", "DELETE", "PATCH"):
        assert ask(edge, method).status in (403, 405), method


def test_a_large_body_is_refused(edge: Edge) -> None:
    """Larger than any licence request."""
    assert ask(edge, "POST", body=" " * 20_000).status in (400, 413)
    check_keys(ask(edge, "POST"))


def test_keys_below_a_token(encrypted: Callable[..., Program], tmp_path: Path) -> None:
    """nginx checks the token, and asks for keys without it."""
    program = encrypted(playbackKey=SIGNING, checkingProxy="127.0.0.1")
    token = subprocess.run([streamer_binary(), "token", "--key", SIGNING], check=True,
                           capture_output=True).stdout.decode().strip()
    with MORE["nginx-checking"](tmp_path, program.port) as edge:
        check_keys(ask(edge, "POST", token + PATH))
        assert ask(edge, "OPTIONS", token + PATH).status in (200, 204)
        assert ask(edge, "POST").status == 401
        assert ask(edge, "POST", "/t/x" + PATH).status == 403
