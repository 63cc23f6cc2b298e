# SPDX-License-Identifier: Apache-2.0
"""A stream with a password behind each edge: two viewers of one address, one without it."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.curled import Answer, ask
from harness.edges import KINDS, MORE, TERMINATORS, Edge
from harness.program import Program
from harness.tools import need, streamer_binary
from harness.waiting import wait_until

PLAYLIST, PAGE = "/live/video/playlist.m3u8", "/live/"
FORM = "stream=live&password=open+sesame"
CHECKING = "nginx-checking"
# Each program once: all share a server, where five wrong passwords let the address wait.
WITH_WRONG_ONE = ("varnish", "nginx-alone", "trafficserver", "caddy")
ALL = KINDS | TERMINATORS | {name: kind for name, kind in MORE.items() if name != CHECKING}


def sign_in(edge: Edge, form: str = FORM, *flags: str) -> Answer:
    """The form of the page."""
    return ask(edge, "/login", "-d", form, *flags)


@pytest.fixture(scope="module")
def password() -> str:
    """The hash of the password."""
    return subprocess.run([streamer_binary(), "password"], input="open sesame\n", text=True,
                          check=True, capture_output=True).stdout.strip()


@pytest.fixture(scope="module")
def locked(site: Callable[..., Program], password: str) -> Program:
    """A server whose streams have the password."""
    return site(viewerPassword=password, trustedProxy="127.0.0.1")


@pytest.fixture(scope="module", params=ALL)
def edge(request: pytest.FixtureRequest, locked: Program,
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Each edge in turn, in front of that server."""
    with ALL[request.param](tmp_path_factory.mktemp("edge"), locked.port) as found:
        found.name = request.param
        yield found


def check(edge: Edge) -> None:
    """One viewer signs in and plays; another one of the address has nothing of it."""
    assert ask(edge, PLAYLIST).status == 401
    if edge.name in WITH_WRONG_ONE:
        wrong = sign_in(edge, "stream=live&password=simsim")
        assert wrong.status == 401 and "set-cookie" not in wrong.fields
    signed = sign_in(edge)
    assert signed.status == 200 and "private, no-store" in signed.fields
    answer = json.loads(signed.body)
    assert "; path=/login;" in signed.fields and "httponly" in signed.fields
    assert ("; secure" in signed.fields) == edge.is_secure
    token = f"/t/{answer['token']}"
    assert ask(edge, token + PLAYLIST).status == 200
    # The next token by the cookie, which is in its own case in the response.
    raw = subprocess.run(
        [need("curl", "edges"), "-sk", "-m", "15", "-c", "-", "-d", FORM, edge.url("/login")],
        check=True, capture_output=True, text=True).stdout.split()[-1]
    own = ("-H", f"Cookie: viewer-live={raw}")
    renewed = ask(edge, "/login/live", "-X", "POST", "-d", "", *own)
    assert renewed.status == 200, renewed
    again = json.loads(renewed.body)["token"]
    assert ask(edge, f"/t/{again}{PLAYLIST}").status == 200
    # The other viewer, before and after: nothing was kept.
    for path in (PLAYLIST, "/live.m3u8", "/live/timestamps.json", "/live/snapshot.jpg",
                 "/live/ll.m3u8"):
        assert ask(edge, path).status in (401, 403), path
        assert ask(edge, path, *own).status in (401, 403), path
    assert ask(edge, "/login/live", "-X", "POST", "-d", "").status == 401
    assert ask(edge, PAGE).status == 200 and "set-cookie" not in ask(edge, PAGE, *own).fields
    for closed in ("/api/streams", "/console/", "/console", f"{token}/console/"):
        assert ask(edge, closed).status == 404, closed
    for method, path in (("PUT", "/login"), ("POST", "/live/x.mp4"), ("POST", "/login/a/b")):
        assert ask(edge, path, "-X", method, "-d", "").status in (403, 404, 405), (method, path)
    evil = sign_in(edge, FORM, "-H", "Origin: http://evil")
    assert evil.status == 403 and "set-cookie" not in evil.fields


def test_two_viewers_of_one_address(edge: Edge) -> None:
    """Only the one with the password plays; cookies pass at /login and nowhere else."""
    check(edge)


def test_behind_nginx_that_checks(site: Callable[..., Program], password: str,
                                  tmp_path: Path) -> None:
    """The permission of a token is one of /auth, which reads no cookie; Varnish keeps one copy."""
    program = site(viewerPassword=password, trustedProxy="127.0.0.1", checkingProxy="127.0.0.1")
    with MORE[CHECKING](tmp_path, program.port) as edge:
        edge.name = CHECKING
        wait_until(lambda: ask(edge, "/time").status == 200, 10, "the edge")
        check(edge)
