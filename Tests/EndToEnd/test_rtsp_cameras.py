# SPDX-License-Identifier: Apache-2.0
"""RTSP as cameras do it: authentication, redirects, transports, keep-alives, their own words."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.http1 import get
from harness.ports import free_port
from harness.program import Program
from harness.rtspcamera import RTSPCamera
from harness.sources import Source, rtsp_server
from harness.tools import need
from harness.waiting import wait_until

# Signs that end a host, a user name or a quoted string.
PASSWORD = 'p@s/w"o:r#d?é'
ENCODED = "p%40s%2Fw%22o%3Ar%23d%3F%C3%A9"
MD5 = 'Digest realm="IP Camera(C1234)", nonce="aa11"'
SHA = 'Digest realm="IP Camera(C1234)", nonce="bb22", algorithm="SHA-256", stale="FALSE"'
BASIC = 'Basic realm="IP Camera(C1234)"'
TOKEN = "0123456789abcdef0123456789abcdef"
Camera = Callable[..., RTSPCamera]


@pytest.fixture
def camera(tmp_path: Path) -> Iterator[Camera]:
    """Starts cameras."""
    running: list[RTSPCamera] = []

    def start(**habits: Any) -> RTSPCamera:
        running.append(RTSPCamera(tmp_path, **habits))
        return running[-1]

    yield start
    for one in running:
        one.kill()


def runs(streamer: Callable[..., Program], url: str, *more: str) -> Program:
    """The program with an input."""
    return streamer("--input", url, "--host", "127.0.0.1", "--http-port", "0", *more,
                    defaults=False, within=30)


def plays(program: Program, within: float = 20) -> None:
    """Waits until the source is open and a segment of it is listed."""
    program.wait_logged("source-open", within=within)
    wait_until(lambda: "#EXTINF" in get(program.port, "/live/video/playlist.m3u8").text, within,
               "a segment")


def check_secret(program: Program) -> None:
    """Checks that neither the log nor the program's state has the password."""
    told = program.log_text().split("\n", 1)[1] + "".join(
        get(program.port, path).text for path in ("/api/streams", "/metrics"))
    for secret in (PASSWORD, ENCODED, "p@s", "p%40s", "secret"):
        assert secret not in told, secret


@pytest.mark.timeout(60)
@pytest.mark.parametrize("challenges", [
    [MD5, SHA], [SHA, MD5], [SHA], [BASIC, MD5, SHA], [f"{BASIC}, {SHA}, {MD5}"],
    ['Digest realm="Cam \\"Gate\\", 1", nonce="cc33", qop="auth,auth-int", algorithm=SHA-256, '
     'opaque="o"'],
    ['Digest qop=auth nonce="dd44" realm=cam algorithm=MD5'], [BASIC],
], ids=["md5-sha", "sha-md5", "sha", "basic-md5-sha", "one-field", "qop", "loose", "basic"])
def test_a_right_password_is_accepted(challenges: list[str], camera: Camera,
                                      streamer: Callable[..., Program]) -> None:
    """Of each order and form of challenges; one refusal, and no Basic beside Digest."""
    one = camera(challenges=challenges, password=PASSWORD)
    program = runs(streamer, one.url_with(f"admin:{ENCODED}"))
    plays(program)
    refused = [found for found in one.requests
               if not found.is_authorized and found.method != "OPTIONS"]
    assert [found.method for found in refused] == ["DESCRIBE"]
    if challenges != [BASIC]:
        assert not any(found.fields.get("authorization", "").startswith("Basic")
                       for found in one.requests)
    check_secret(program)


@pytest.mark.timeout(60)
def test_challenges_that_close_and_weaker_passwords(camera: Camera,
                                                    streamer: Callable[..., Program]) -> None:
    """A camera that closes with its challenge, and knows the password by MD5 alone."""
    one = camera(challenges=[SHA, MD5], known=("MD5",), closes_after_challenge=True)
    program = runs(streamer, one.url_with("admin:secret"))
    plays(program)
    assert one.methods().count("DESCRIBE") == 3


def test_a_camera_that_resets_the_answer_to_its_challenge(
        camera: Camera, streamer: Callable[..., Program]) -> None:
    """The connection ends when the answer is on its way: it is sent again over another one."""
    one = camera(challenges=[SHA], closes_unread=True)
    program = runs(streamer, one.url_with("admin:secret"))
    plays(program)
    assert one.methods().count("DESCRIBE") == 2
    assert not program.logged("source-gone")


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("habits", "credentials", "words", "kind"), [
    ({"challenges": [MD5, SHA]}, "admin:wrong@", ("user name or the password", "401"), "denied"),
    ({"challenges": [MD5, BASIC]}, "", ("requires a user name", "Digest MD5, Basic"), "denied"),
    ({"challenges": ["NTLM"]}, "admin:secret@", ("requires NTLM", "not supported"), "denied"),
    ({"answers": {"DESCRIBE": ["404 Stream Not Found"]}}, "",
     ("404 Stream Not Found", "path of the address"), "missing"),
    ({"answers": {"SETUP": ["453 Not Enough Bandwidth"]}}, "",
     ("453 Not Enough Bandwidth", "too many clients"), "busy"),
    ({"transports": ()}, "", ("461 Unsupported Transport", "no transport"), "failed"),
    ({"answers": {"DESCRIBE": ["302 Found", "Location: rtsp://localhost:9/x"]}}, "",
     ("another host, localhost:9", "--other-hosts"), "failed"),
], ids=["wrong", "none", "scheme", "path", "busy", "transport", "host"])
def test_a_refusal_names_the_words_of_the_camera(
        habits: dict[str, Any], credentials: str, words: tuple[str, ...], kind: str,
        camera: Camera, streamer: Callable[..., Program]) -> None:
    """Status, reason and scheme in the log and in /api, with a remedy."""
    one = camera(**habits)
    program = runs(streamer, one.url.replace("//", f"//{credentials}"), "--admin-token", TOKEN)
    program.wait_logged("source-gone", *words, within=15)
    asked = {"Authorization": f"Bearer {TOKEN}"}
    wait_until(lambda: f'"kind":"{kind}"' in get(
        program.port, "/api/streams", headers=asked).text.replace(" ", ""), 5, kind)
    check_secret(program)


@pytest.mark.timeout(60)
def test_an_unreadable_address_shows_no_piece_of_a_password(
        streamer: Callable[..., Program]) -> None:
    """A password with signs that end a host is told to be percent-encoded."""
    program = runs(streamer, f"rtsp://admin:{PASSWORD}@127.0.0.1:{free_port()}/x")
    program.wait_logged("source-gone", "percent-encode", within=15)
    check_secret(program)


@pytest.mark.timeout(60)
def test_a_redirect_to_the_same_host_is_followed(camera: Camera,
                                                 streamer: Callable[..., Program]) -> None:
    """To another port, with the credentials; by an answer, and by a request of the camera."""
    target = camera(challenges=[SHA])
    one = camera(answers={"DESCRIBE": ["302 Moved", f"Location: {target.url}"]})
    program = runs(streamer, one.url_with("admin:secret"))
    plays(program)
    assert one.methods()[-1] == "DESCRIBE" and "PLAY" in target.methods()
    moving = camera(interruption=(
        40, f"REDIRECT * RTSP/1.0\r\nCSeq: 9\r\nLocation: {target.url}\r\n\r\n"))
    again = runs(streamer, moving.url_with("admin:secret"))
    before = target.methods().count("PLAY")
    again.wait_logged("source-gone", "REDIRECT", f"127.0.0.1:{target.port}", within=20)
    wait_until(lambda: target.methods().count("PLAY") > before, 15, "the other camera")
    check_secret(again)


@pytest.mark.timeout(60)
def test_another_host_needs_permission(camera: Camera, streamer: Callable[..., Program]) -> None:
    """With --other-hosts the redirect is followed, without the password of the first host."""
    target = camera()
    away = target.url.replace("127.0.0.1", "localhost")
    one = camera(answers={"DESCRIBE": ["301 Moved", f"Location: {away}"]})
    plays(runs(streamer, one.url_with("admin:secret"), "--other-hosts"))
    assert "PLAY" in target.methods()
    assert not any("authorization" in found.fields for found in target.requests)


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("refused", "option"), [("TCP", "tcp"), ("UDP", "udp"), ("", "udp")])
def test_a_refused_transport_is_replaced(refused: str, option: str, camera: Camera,
                                         streamer: Callable[..., Program]) -> None:
    """Status 461 leads to the other transport, with a line; datagrams have receiver reports."""
    one = camera(transports=tuple(name for name in ("TCP", "UDP") if name != refused))
    program = runs(streamer, one.url, "--rtsp-transport", option)
    plays(program)
    if refused:
        program.check_logged("source-transport", f"over {refused} (461", "trying")
    else:
        assert not program.logged("source-transport")
    if refused != "UDP":
        wait_until(lambda: one.reports > 0, 60, "a receiver report")


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("public", "kind"), [
    ("OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER", "GET_PARAMETER"),
    ("OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN", "OPTIONS")])
def test_keep_alives_are_of_the_stated_kind(public: str, kind: str, camera: Camera,
                                            streamer: Callable[..., Program]) -> None:
    """Each half of the session's timeout."""
    one = camera(public=public, timeout=4, patience=4, challenges=[MD5])
    program = runs(streamer, one.url_with("admin:secret"))
    plays(program)
    wait_until(lambda: one.methods()[one.methods().index("PLAY"):].count(kind) >= 3, 20, kind)
    assert all(found.is_authorized for found in one.requests if found.method == kind
               and one.requests.index(found) > one.methods().index("PLAY"))
    assert not program.logged("source-gone")


@pytest.mark.timeout(60)
def test_a_lost_session_is_left_at_once(camera: Camera, streamer: Callable[..., Program]) -> None:
    """Status 454 for a keep-alive is named, and the camera connected again."""
    one = camera(timeout=2, answers={"GET_PARAMETER": ["454 Session Not Found"]})
    program = runs(streamer, one.url)
    program.wait_logged("source-gone", "454 Session Not Found", within=15)
    wait_until(lambda: one.methods().count("PLAY") >= 2, 10, "a second session")


@pytest.mark.timeout(90)
def test_a_slow_description(camera: Camera, streamer: Callable[..., Program]) -> None:
    """Takes 8 s; with --rtsp-timeout 2 it is named."""
    one = camera(describe_delay=8)
    plays(runs(streamer, one.url))
    hasty = runs(streamer, one.url, "--rtsp-timeout", "2")
    hasty.wait_logged("source-gone", "has not answered DESCRIBE within 2 s", "--rtsp-timeout",
                      within=10)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("challenges", [[BASIC], [MD5, SHA]], ids=["basic", "digest"])
def test_authentication_over_tls(challenges: list[str], camera: Camera, tmp_path: Path,
                                 streamer: Callable[..., Program]) -> None:
    """With a certificate that no authority has signed, and without OPTIONS."""
    files = tmp_path / "camera.pem", tmp_path / "camera.key"
    subprocess.run([
        need("openssl", "TLS"), "req", "-x509", "-newkey", "rsa:1024", "-nodes", "-sha1", "-days",
        "2", "-subj", "/CN=camera", "-out", str(files[0]), "-keyout", str(files[1])],
        check=True, capture_output=True)
    one = camera(challenges=challenges, certificate=files,
                 answers={"OPTIONS": ["405 Method Not Allowed"]})
    program = runs(streamer, one.url_with("admin:secret"))
    plays(program)
    check_secret(program)


@pytest.mark.timeout(60)
def test_gstreamer_with_digest(streamer: Callable[..., Program], sources: list[Source]) -> None:
    """A server of another project; the session ends in order."""
    port = free_port()
    sources.append(rtsp_server(port, "--user", "viewer", "--password", "p@ss w", "--digest"))
    program = runs(streamer, f"rtsp://viewer:p%40ss%20w@127.0.0.1:{port}/x", "--rtsp-transport",
                   "udp")
    plays(program)
    wrong = runs(streamer, f"rtsp://viewer:other@127.0.0.1:{port}/x")
    wrong.wait_logged("source-gone", "refuses the user name or the password", "Digest MD5",
                      within=10)
