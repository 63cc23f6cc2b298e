# SPDX-License-Identifier: Apache-2.0
"""Passwords of viewers: `streamer password`, Basic, cookies and tokens, limits, SIGHUP."""

from __future__ import annotations

import base64
import concurrent.futures
import json
import os
import pty
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.configuration import stream
from harness.http1 import Connection, Response, get
from harness.program import Program, run_to_end
from harness.tools import streamer_binary
from harness.waiting import wait_until
from harness.websocket import Socket

PLAYLIST = "/gate/ll.m3u8"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


def hash_of(password: str) -> str:
    """The hash that `streamer password` prints."""
    return subprocess.run([streamer_binary(), "password"], input=password + "\n", text=True,
                          check=True, capture_output=True).stdout.strip()


def basic(password: str) -> dict[str, str]:
    """The field of HTTP Basic."""
    return {"Authorization": "Basic " + base64.b64encode(f"me:{password}".encode()).decode()}


def post(program: Program, path: str, body: str = "", **fields: str) -> Response:
    """A POST of a form."""
    lines = {"Host": f"127.0.0.1:{program.port}", "Content-Length": str(len(body)), **FORM,
             **fields}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with Connection(program.port) as connection:
        connection.send_raw(f"POST {path} HTTP/1.1\r\n{head}\r\n{body}".encode())
        return connection.read("POST")


def sign_in(program: Program, password: str = "open sesame", **fields: str) -> Response:
    """The form of the page."""
    word = password.replace(" ", "+")
    return post(program, "/login", f"stream=gate&password={word}", **fields)


def cookie(response: Response) -> str:
    """The cookie of a response, as a browser sends it."""
    return response.headers["set-cookie"].split(";")[0]


def configure(path: Path, password: str, **top: Any) -> None:
    """Two streams, of which `gate` has a password."""
    path.write_text(json.dumps({
        "host": "127.0.0.1", "httpPort": 0, "accessLog": "access.log", **top, "streams": [
            stream("gate", viewers="password", viewerPassword=password) | {"name": "North gate"},
            stream("open")]}))


@pytest.fixture
def configured(streamer: Callable[..., Program], tmp_path: Path,
               monkeypatch: pytest.MonkeyPatch) -> tuple[Program, Path]:
    """The program with these streams; its state folder is `state`."""
    monkeypatch.setenv("STATE_DIRECTORY", str(tmp_path / "state"))
    path = tmp_path / "config.json"
    configure(path, hash_of("open sesame"))
    program = streamer("-c", str(path), defaults=False)
    wait_until(lambda: get(program.port, "/open/ll.m3u8").status == 200, 15, "the stream")
    return program, path


def test_the_command_prints_a_hash() -> None:
    """Standard input is no terminal: its first line is the password; arguments are refused."""
    first, second = hash_of("open sesame"), hash_of("open sesame")
    assert first.startswith("scrypt:15:8:1:") and first != second and "sesame" not in first
    for arguments, given in ((["password", "sesame"], ""), (["password"], "\n"),
                             (["password"], "a" * 257 + "\n")):
        wrong = subprocess.run([streamer_binary(), *arguments], input=given, text=True,
                               capture_output=True, check=False)
        assert wrong.returncode == 2 and wrong.stdout == ""
    shown = subprocess.run([streamer_binary(), "password", "--help"], text=True, check=True,
                           capture_output=True).stdout
    assert "--viewer-password" in shown


@pytest.mark.parametrize("second", ["sesame", "simsim"])
def test_the_command_asks_without_echo(second: str) -> None:
    """At a terminal it asks twice, shows nothing of the answers, and restores the terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([streamer_binary(), "password"], stdin=follower, stdout=follower,
                               stderr=follower, close_fds=True)
    os.close(follower)
    seen = b""
    answers = {b"Password for viewers": b"sesame\n", b"The same again": second.encode() + b"\n"}
    while True:
        try:
            piece = os.read(leader, 4096)
        except OSError:
            break
        seen += piece
        for question in [each for each in answers if each in seen]:
            os.write(leader, answers.pop(question))
        if not piece:
            break
    os.close(leader)
    assert process.wait(10) == (0 if second == "sesame" else 2)
    assert b"sesame" not in seen and b"simsim" not in seen
    assert (b"scrypt:15:8:1:" in seen) == (second == "sesame")


def test_wrong_settings(tmp_path: Path) -> None:
    """`password` needs a hash and `links` a key; nothing but a hash or its file is accepted."""
    for flags, word in (
            (["--viewers", "password"], "lacks its hash"),
            (["--viewers", "links"], "requires --playback-key"),
            (["--viewers", "friends"], "everybody, password or links"),
            (["--viewer-password", "open sesame"], "streamer password"),
            (["--viewer-password", "scrypt:20:8:1:c2FsdHNhbHQ:aGFzaA"], "streamer password")):
        status, lines = run_to_end(["--test-src", "--check", *flags])
        assert status == 2 and word in "".join(lines) and "sesame" not in "".join(lines), lines
    path = tmp_path / "hash"
    path.write_text(hash_of("open sesame") + "\n")
    assert run_to_end(["--test-src", "--check", "--viewer-password", str(path)])[0] == 0


def test_two_origins_share_a_key(tmp_path: Path) -> None:
    """--check names the file that signs for viewers with a password."""
    shown = subprocess.run(
        [streamer_binary(), "--test-src", "--check", "--viewer-password", hash_of("sesame")],
        text=True, check=True, capture_output=True,
        env={**os.environ, "STATE_DIRECTORY": str(tmp_path)}).stdout
    assert f"{tmp_path}/viewer-key signs for them: give two origins" in shown


def test_a_program_plays_by_basic(configured: tuple[Program, Path]) -> None:
    """The password opens plain addresses for one viewer; a browser gets no dialog."""
    program, _ = configured
    refused = get(program.port, PLAYLIST)
    assert refused.status == 401 and refused.text == "a password is required\n"
    assert refused.headers["www-authenticate"] == 'Basic realm="gate", charset="UTF-8"'
    browser = get(program.port, PLAYLIST, headers={"Sec-Fetch-Mode": "cors"})
    assert browser.status == 401 and "www-authenticate" not in browser.headers
    for path in (PLAYLIST, "/gate/timestamps.json", "/gate/snapshot.jpg"):
        answer = get(program.port, path, headers=basic("open sesame"))
        assert answer.status == 200 and answer.headers["cache-control"] == "private, no-store"
        assert "set-cookie" not in answer.headers
    assert get(program.port, PLAYLIST, headers=basic("sesame")).status == 401
    with Socket(program.port, "/gate/ws", headers=basic("open sesame")) as socket:
        assert socket.status == 101
    assert get(program.port, "/gate/").status == 200
    assert get(program.port, "/open/ll.m3u8").status == 200


def test_a_first_request_may_open_a_websocket(configured: tuple[Program, Path]) -> None:
    """The fields of the handshake are kept while the password is verified."""
    program, _ = configured
    with Socket(program.port, "/gate/ws", headers=basic("open sesame")) as socket:
        assert socket.status == 101


def test_a_page_signs_in(configured: tuple[Program, Path], tmp_path: Path) -> None:
    """The cookie is for /login only; each token is for ten minutes of the stream."""
    program, _ = configured
    signed = sign_in(program)
    assert signed.status == 200 and signed.headers["cache-control"] == "private, no-store"
    token, field = signed.json(), signed.headers["set-cookie"]
    assert token["stream"] == "gate" and token["seconds"] == 600
    assert field.startswith("viewer-gate=pw-") and "; Path=/login;" in field
    assert "HttpOnly" in field and "SameSite=Lax" in field and "Secure" not in field
    path = f"/t/{token['token']}{PLAYLIST}"
    assert get(program.port, path).status == 200
    with Socket(program.port, f"/t/{token['token']}/gate/ws") as socket:
        assert socket.status == 101
    renewed = post(program, "/login/gate", Cookie=cookie(signed))
    assert renewed.status == 200 and renewed.json()["token"] != ""
    assert get(program.port, f"/t/{renewed.json()['token']}{PLAYLIST}").status == 200
    # The cookie permits nothing else, and is bound to its name and stream.
    value = cookie(signed).partition("=")[2]
    assert get(program.port, PLAYLIST, headers={"Cookie": cookie(signed)}).status == 401
    assert get(program.port, f"/t/{value}{PLAYLIST}").status == 403
    assert post(program, "/login/open", Cookie=f"viewer-open={value}").status == 404
    for fields in ({"Origin": "http://evil"}, {"Sec-Fetch-Site": "cross-site"}):
        assert sign_in(program, **fields).status == 403
        assert post(program, "/login/gate", Cookie=cookie(signed), **fields).status == 403
    for secret in ("open+sesame", value, token["token"]):
        assert secret not in (tmp_path / "access.log").read_text()
        assert secret not in program.log_text()


def test_the_list_names_the_stream(configured: tuple[Program, Path]) -> None:
    """The list has its name, without a still and without its source."""
    program, _ = configured
    listed = get(program.port, "/streams.json").json()
    assert listed[0] == {"name": "gate", "label": "North gate", "state": "locked",
                         "onDemand": False, "viewers": "password"}
    page = get(program.port, "/").text
    assert "North gate" in page and "gate/snapshot.jpg" not in page
    assert "Needs a password" in page


def test_wrong_passwords(configured: tuple[Program, Path]) -> None:
    """Five wrong ones: 429 for a minute, with its end. Permitted viewers go on."""
    program, _ = configured
    signed = sign_in(program)
    assert get(program.port, PLAYLIST, headers=basic("open sesame")).status == 200
    for _ in range(5):
        wrong = sign_in(program, "simsim")
        assert wrong.status == 401 and wrong.text == "that is not the password\n"
    slowed = sign_in(program)
    assert slowed.status == 429 and 0 < int(slowed.headers["retry-after"]) <= 60
    assert get(program.port, PLAYLIST, headers=basic("simsim")).status == 429
    assert get(program.port, PLAYLIST, headers=basic("open sesame")).status == 200
    assert post(program, "/login/gate", Cookie=cookie(signed)).status == 200
    assert get(program.port, f"/t/{signed.json()['token']}{PLAYLIST}").status == 200


def test_one_attempt_of_an_address(configured: tuple[Program, Path]) -> None:
    """While one is computed, another of the address is 503; with the same password it shares."""
    program, _ = configured
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        words = ["simsim", "sim sim", "sem sem", "sam sam"] * 2
        found = list(pool.map(lambda word: sign_in(program, word), words))
        statuses = {answer.status for answer in found}
        assert statuses <= {401, 429, 503} and 401 in statuses
        for busy in (answer for answer in found if answer.status == 503):
            assert int(busy.headers["retry-after"]) > 0
    assert get(program.port, "/open/ll.m3u8").status == 200


def test_a_new_password(configured: tuple[Program, Path]) -> None:
    """SIGHUP ends tokens, cookies, remembered Basic and WebSockets; the stream goes on."""
    program, path = configured
    signed = sign_in(program)
    token = f"/t/{signed.json()['token']}"
    assert get(program.port, PLAYLIST, headers=basic("open sesame")).status == 200
    with Socket(program.port, f"{token}/gate/ws") as socket:
        assert socket.status == 101
        configure(path, hash_of("simsim"))
        program.process.send_signal(signal.SIGHUP)
        assert socket.close_code() == 1001
    wait_until(lambda: get(program.port, f"{token}{PLAYLIST}").status == 403, 10, "the end")
    assert post(program, "/login/gate", Cookie=cookie(signed)).status == 401
    assert get(program.port, PLAYLIST, headers=basic("open sesame")).status == 401
    assert get(program.port, PLAYLIST, headers=basic("simsim")).status == 200
    assert not program.logged("changed")


def test_a_restart_keeps_viewers(configured: tuple[Program, Path], tmp_path: Path,
                                 streamer: Callable[..., Program]) -> None:
    """The key that signs is in the state folder, for its user only; cookies outlive a restart."""
    program, path = configured
    signed = sign_in(program)
    key = tmp_path / "state/viewer-key"
    assert key.stat().st_mode & 0o777 == 0o600
    program.process.send_signal(signal.SIGTERM)
    program.process.wait(10)
    again = streamer("-c", str(path), defaults=False)
    wait_until(lambda: get(again.port, "/open/ll.m3u8").status == 200, 15, "the stream")
    renewed = post(again, "/login/gate", Cookie=cookie(signed))
    assert renewed.status == 200
    assert get(again.port, f"/t/{renewed.json()['token']}{PLAYLIST}").status == 200
