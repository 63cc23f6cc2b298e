# SPDX-License-Identifier: Apache-2.0
"""Encrypted streams: cbcs, keys of a file, licences of ClearKey, rotation, and refusals."""

from __future__ import annotations

import json
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from fetch_hlsjs import script_flags
from harness.boxes import chunks
from harness.browser import SMALL, viewer
from harness.cbcs import protection, samples
from harness.http1 import get
from harness.program import Program, run_to_end
from harness.sources import clip
from harness.waiting import wait_until

KEYS = {bytes([n] * 16): bytes([0x40 + n] * 16) for n in (1, 2, 3)}
HOST = ["--host", "127.0.0.1", "--http-port", "0"]
# A frame of AAC in stereo that takes the place of missing audio.
SILENCE = bytes.fromhex("01182007")
# The players of the page by transport; WebCodecs gives way to HTTP frames, with this message.
PLAYERS = {"ws": "ws", "hls": "hlsjs", "dash": "dashjs"}
WEBCODECS = "WebCodecs cannot play encrypted media: playing with the frame player instead"


def key_file(folder: Path, count: int = 1, mode: int = 0o600) -> Path:
    """A file with the first keys."""
    path = folder / "keys.json"
    listed = [{"kid": kid.hex(), "key": key.hex()} for kid, key in list(KEYS.items())[:count]]
    path.write_text(json.dumps({"keys": listed}))
    path.chmod(mode)
    return path


def encrypted(streamer, folder: Path, *more: str, count: int = 1) -> Program:
    """A live stream of the test pattern with these keys."""
    program = streamer("--resolution", "320x180", "--bitrate", "300", "--encryption", "cbcs",
                       "--encryption-keys", str(key_file(folder, count)), *more, *HOST,
                       defaults=False)
    wait_until(lambda: get(program.port, "/live/video/playlist.m3u8").status == 200, 15, "live")
    return program


def media(program: Program, rendition: str) -> tuple[bytes, list[bytes], str]:
    """The header, the listed segments with parts, and the playlist of a rendition."""
    text = get(program.port, f"/live/{rendition}/playlist.m3u8").body.decode()
    init = get(program.port, f"/live/{rendition}/" + re.findall(r'MAP:URI="(.*?)"', text)[0]).body
    names = re.findall(r"^segment\d+\.m4s$", text, re.M)[-3:]
    return init, [get(program.port, f"/live/{rendition}/{name}").body for name in names], text


def looped(streamer, path: Path, *options: str) -> Program:
    """A stream of the samples of a file, again and again."""
    program: Program = streamer("--input", str(path), "--loop", "--passthrough", "always",
                                *options, *HOST, defaults=False)
    return program


def end(program: Program) -> None:
    """Ends a program, whose archive another one may continue."""
    program.process.terminate()
    program.process.wait(10)


def clear_samples(streamer, path: Path) -> dict[str, set[bytes]]:
    """The samples of a clear stream of a file, by rendition, with silence; its program ends."""
    program = looped(streamer, path)
    found = {}
    for rendition in ("video", "audio"):
        wait_until(lambda: len(listed(program, rendition)) > 4, 20, "five segments")
        plain, _, _ = media(program, rendition)
        found[rendition] = {
            sample for segment in get_all(program, rendition) for chunk in chunks(segment, plain)
            for sample in chunk.sample_data()
        }
    end(program)
    found["audio"].add(SILENCE)
    return found


@pytest.mark.timeout(60)
def test_every_sample_decrypts_to_the_bytes_of_the_clear_stream(streamer, tmp_path: Path) -> None:
    """Video and audio of a file that is passed through are, decrypted, the samples of the file."""
    check_samples(streamer, tmp_path, clip(tmp_path / "whole.mp4", 4))


def check_samples(streamer, tmp_path: Path, path: Path) -> dict[str, bytes]:
    """An encrypted stream of a file has the samples of a clear one; its CMAF headers by name."""
    headers = {}
    clear = clear_samples(streamer, path)
    secret = looped(streamer, path, "--encryption", "cbcs", "--encryption-keys",
                    str(key_file(tmp_path)))
    for rendition, expected in clear.items():
        wait_until(lambda: len(listed(secret, rendition)) > 4, 20, "five segments")
        init, segments, text = media(secret, rendition)
        headers[rendition] = init
        assert protection(init).kid in KEYS
        assert "METHOD=SAMPLE-AES" in text and f"KEYID=0x{protection(init).kid.hex()}" in text
        found = [sample for segment in segments for sample in samples(segment, init, KEYS)]
        assert len(found) > 60
        assert all(sample in expected for _, sample in found)
        cipher = [sample for segment in segments for chunk in chunks(segment, init)
                  for sample in chunk.sample_data()]
        assert not expected & {sample for sample in cipher if len(sample) > 200}
    return headers


def listed(program: Program, rendition: str) -> list[str]:
    """The names of all listed segments of a rendition; none before it is live."""
    text = get(program.port, f"/live/{rendition}/playlist.m3u8").body.decode()
    return re.findall(r"^segment\d+\.m4s$", text, re.M)


def get_all(program: Program, rendition: str) -> list[bytes]:
    """All listed segments of a rendition; none before it is live."""
    return [get(program.port, f"/live/{rendition}/{name}").body
            for name in listed(program, rendition)]


def segments_by_key(program: Program, rendition: str) -> dict[str, list[str]]:
    """The listed complete segments of each KID; a key without them is left out."""
    text = get(program.port, f"/live/{rendition}/playlist.m3u8").body.decode()
    found: dict[str, list[str]] = {}
    for kid, lines in re.findall(r"KEYID=0x(\w+)\n(.*?)(?=KEYID|\Z)", text, re.S):
        if names := re.findall(r"^segment\d+\.m4s$", lines, re.M):
            found.setdefault(kid, []).extend(names)
    return found


@pytest.mark.timeout(60)
def test_clear_pictures_and_relays_are_refused_with_a_reason(streamer, tmp_path: Path) -> None:
    """Stills, clips, motion JPEG and the feed have one line each; no answer or log has a key."""
    program = encrypted(streamer, tmp_path)
    for path in ("snapshot.jpg", "stream.mjpeg"):
        answer = get(program.port, f"/live/{path}")
        assert answer.status == 404 and b"the stream is encrypted" in answer.body, path
    answer = get(program.port, "/live/feed")
    assert answer.status == 406 and b"cannot be relayed" in answer.body
    relay = streamer("--relay", program.url("/live/"), *HOST, defaults=False)
    wait_until(lambda: "the stream is encrypted, and cannot be relayed" in relay.log_text(), 10,
               "the reason")
    mpd = get(program.port, "/live/manifest.mpd").body.decode()
    assert 'cenc:default_KID="01010101-0101-0101-0101-010101010101"' in mpd
    assert "/live/clearkey</dashif:Laurl>" in mpd
    shown = program.log_text() + mpd + get(program.port, "/metrics").body.decode()
    assert not leaked(shown, KEYS.values())


def leaked(text: str, keys: Iterable[bytes]) -> list[str]:
    """What a text has of the forms of keys: hexadecimal digits, Base64, base64url."""
    forms = [form for key in keys
             for form in (key.hex(), b64encode(key).decode(), urlsafe_b64encode(key).decode())]
    return [form for form in forms if form.rstrip("=").lower() in text.lower()]


FIRST = {"kid": "01" * 16, "key": "41" * 16}


@pytest.mark.timeout(30)
@pytest.mark.parametrize(("text", "mode", "reason"), [
    (None, 0o644, "other users can read or change it"),
    ('{"keys": []}', 0o600, "no keys"),
    (json.dumps({"keys": [FIRST | {"kid": "00"}]}), 0o600, "no keys"),
    (json.dumps({"keys": [FIRST, FIRST]}), 0o600, "no keys"),
    (json.dumps({"keys": [FIRST]})[:-1], 0o600, "no keys")],
    ids=["mode", "empty", "kid", "twice", "cut"])
def test_wrong_key_file_is_one_line(tmp_path: Path, text: str | None, mode: int,
                                    reason: str) -> None:
    """The program does not start, and prints no byte of the file."""
    path = key_file(tmp_path, 1, mode)
    if text is not None:
        path.write_text(text)
    status, lines = run_to_end(["--encryption", "cbcs", "--encryption-keys", str(path)])
    assert status == 2
    assert reason in "".join(lines) and not leaked("".join(lines), KEYS.values())


def check_page(transport: str, streamer, tmp_path: Path, browser: Browser,
               scripts: list[str]) -> None:
    """Frames are shown over several keys; WebCodecs gives way to another player."""
    program = encrypted(streamer, tmp_path, "--encryption-rotate", "3s", *scripts, count=3)
    with viewer(browser, SMALL) as view:
        view.open(program.url(f"/live/?transport={transport}"))
        if transport == "webcodecs":
            view.page.wait_for_function(
                "text => document.querySelector('#messages').textContent.includes(text)",
                arg=WEBCODECS, timeout=10_000)
        # Decrypted frames cannot be read back: they have no burned clock.
        view.page.wait_for_function("() => window.__lab?.samples.length > 30", timeout=20_000)
        # Two changes of the key, and one in each attempt to play without a stall.
        view.page.wait_for_function(
            "from => __lab.samples.at(-1)[3] > from + 7", timeout=40_000,
            arg=view.page.evaluate("() => __lab.samples.at(-1)[3]"))
        view.wait_smooth()
        data = view.data()
        player = view.page.evaluate("() => __player.player")
    assert player == PLAYERS.get(transport, "frames"), data["state"]
    shown = [sample[0] for sample in data["samples"]]
    assert not [bad for bad in data["bad_responses"] if "clearkey" in bad]
    assert len(shown) > 180, data["state"]
    assert "Live" in data["state"]["text"]


@pytest.mark.timeout(90)
@pytest.mark.parametrize("transport", ["http"])
def test_page_plays_by_clearkey_and_over_rotations(transport: str, streamer, tmp_path: Path,
                                                   browser: Browser) -> None:
    """Our own player shows frames over several keys."""
    check_page(transport, streamer, tmp_path, browser, script_flags())


@pytest.mark.timeout(60)
def test_no_stream_starts_without_its_key(streamer, tmp_path: Path) -> None:
    """A key server that does not answer is a reason, and no media is served in the clear."""
    program = streamer("--resolution", "320x180", "--encryption", "cbcs", "--encryption-keys",
                       "https://127.0.0.1:9/speke", "--on-demand", *HOST, defaults=False)
    answer = get(program.port, "/live/video/playlist.m3u8", timeout=20)
    assert answer.status == 503, answer.status
