# SPDX-License-Identifier: Apache-2.0
"""Encrypted streams: cbcs, keys of a file, licences of ClearKey, rotation, and refusals."""

from __future__ import annotations

import json
import re
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Browser

from fetch_hlsjs import script_flags
from harness.boxes import boxes, chunks, kinds
from harness.browser import SMALL, viewer
from harness.cbcs import protection, samples
from harness.http1 import get
from harness.program import Program, run_to_end
from harness.sources import clip
from harness.keyserver import KeyServer, certificates
from harness.waiting import wait_until

KEYS = {bytes([n] * 16): bytes([0x40 + n] * 16) for n in (1, 2, 3)}
HOST = ["--host", "127.0.0.1", "--http-port", "0"]
# A frame of AAC in stereo that takes the place of missing audio.
SILENCE = bytes.fromhex("01182007")


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


def licence(program: Program, *kids: bytes) -> dict[bytes, bytes]:
    """The keys that the server gives a player."""
    asked = [urlsafe_b64encode(kid).decode().rstrip("=") for kid in kids]
    request = Request(program.url("/live/clearkey"), json.dumps({"kids": asked}).encode())
    with urlopen(request, timeout=5) as response:
        assert response.headers["Cache-Control"] == "no-store"
        answer = json.load(response)
    return {
        urlsafe_b64decode(key["kid"] + "=="): urlsafe_b64decode(key["k"] + "==")
        for key in answer["keys"]
    }


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
    path = clip(tmp_path / "whole.mp4", 4)
    clear = clear_samples(streamer, path)
    secret = looped(streamer, path, "--encryption", "cbcs", "--encryption-keys",
                    str(key_file(tmp_path)))
    for rendition, expected in clear.items():
        wait_until(lambda: len(listed(secret, rendition)) > 4, 20, "five segments")
        init, segments, text = media(secret, rendition)
        assert protection(init).kid in KEYS
        assert "METHOD=SAMPLE-AES" in text and f"KEYID=0x{protection(init).kid.hex()}" in text
        found = [sample for segment in segments for sample in samples(segment, init, KEYS)]
        assert len(found) > 60
        assert all(sample in expected for _, sample in found)
        cipher = [sample for segment in segments for chunk in chunks(segment, init)
                  for sample in chunk.sample_data()]
        assert not expected & {sample for sample in cipher if len(sample) > 200}


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
def test_rotation_begins_with_a_segment_and_is_listed(streamer, tmp_path: Path) -> None:
    """Each segment has one key, that of its EXT-X-KEY, with which it decrypts to the samples of the
    clear stream; a licence has the present and the next."""
    path = clip(tmp_path / "whole.mp4", 4)
    clear = clear_samples(streamer, path)
    program = looped(streamer, path, "--encryption", "cbcs", "--encryption-keys",
                     str(key_file(tmp_path, 3)), "--encryption-rotate", "2s")
    for rendition, expected in clear.items():
        wait_until(lambda: len(segments_by_key(program, rendition)) == 3, 20, "three keys")
        text = get(program.port, f"/live/{rendition}/playlist.m3u8").body.decode()
        init = get(program.port,
                   f"/live/{rendition}/" + re.findall(r'MAP:URI="(.*?)"', text)[0]).body
        for kid, names in segments_by_key(program, rendition).items():
            for name in names:
                body = get(program.port, f"/live/{rendition}/{name}").body
                found = samples(body, init, KEYS)
                assert {own.hex() for own, _ in found} == {kid}
                assert {sample for _, sample in found} <= expected
                assert "pssh" in [kind for box in moofs(body) for kind in kinds(box)]
    assert len(licence(program)) == 2
    assert licence(program, *KEYS) == KEYS


def past(program: Program, rendition: str, since: int) -> list[tuple[str, bytes, bytes]]:
    """The KID, the header and the media of each segment since a second; an empty KID: clear."""
    with urlopen(program.url(f"/live/{rendition}/from/{since}/playlist.m3u8"),
                 timeout=10) as response:
        address, lines = response.url, response.read().decode().splitlines()
    listed, kid, init, is_gap = [], "", b"", False
    for line in lines:
        if line == "#EXT-X-KEY:METHOD=NONE":
            kid = ""
        elif line.startswith("#EXT-X-KEY:") and "KEYID=" in line:
            kid = "".join(re.findall(r"KEYID=0x(\w+)", line))
        elif line.startswith("#EXT-X-MAP:"):
            init = read(urljoin(address, line.split('"')[1]))
        elif line == "#EXT-X-GAP":
            is_gap = True
        elif line.endswith(".m4s"):
            if not is_gap:
                listed.append((kid, init, read(urljoin(address, line))))
            is_gap = False
    return listed


def check_past(listed: list[tuple[str, bytes, bytes]], keys: Mapping[bytes, bytes],
               expected: set[bytes]) -> list[str]:
    """The listed KIDs in turn; each segment has the samples of the clear stream, by its key."""
    for kid, init, body in listed:
        if kid:
            found = samples(body, init, keys)
            assert {own.hex() for own, _ in found} == {kid}
            own = {sample for _, sample in found}
        else:
            assert b"encv" not in init and b"enca" not in init and b"senc" not in body
            own = {sample for chunk in chunks(body, init) for sample in chunk.sample_data()}
        assert own and own <= expected
    return [kid for kid, _ in groupby(kid for kid, _, _ in listed)]


def newest(program: Program) -> int:
    """The number of the newest segment in the list, the second in which it began; 0 for none."""
    body = get(program.port, "/live/video/playlist.m3u8").body
    return max(map(int, re.findall(rb"^segment(\d+)\.m4s$", body, re.M)), default=0)


def read(url: str) -> bytes:
    """The body of a response."""
    with urlopen(url, timeout=10) as response:
        body: bytes = response.read()
        return body


def archived(streamer, folder: Path, path: Path, *options: str) -> Program:
    """A stream of the samples of a file with an archive in a folder, when it has new segments."""
    program = looped(streamer, path, "--archive", str(folder / "archive"), "--dvr", "1h",
                     "--prefill", "0", *options)
    began = time.time()
    wait_until(lambda: newest(program) > began + 5, 25, "five new segments")
    return program


@pytest.mark.timeout(120)
def test_the_past_has_the_key_of_its_time(streamer, tmp_path: Path) -> None:
    """Media of before and after an encryption is listed without a key, and that between with its
    own: an archive outlasts the setting."""
    path = clip(tmp_path / "whole.mp4", 4)
    clear = clear_samples(streamer, path)
    since = int(time.time()) - 60
    secret = ["--encryption", "cbcs", "--encryption-keys", str(key_file(tmp_path))]
    key = next(iter(KEYS)).hex()
    for options, expected in (([], [""]), (secret, ["", key]), ([], ["", key, ""])):
        program = archived(streamer, tmp_path, path, *options)
        for rendition, whole in clear.items():
            assert check_past(past(program, rendition, since), KEYS, whole) == expected
        periods = read(program.url("/live/dvr.mpd")).decode().split("<Period")[1:]
        encrypted_periods = ["ContentProtection" in period for period in periods]
        assert [found for found, _ in groupby(encrypted_periods)] == list(map(bool, expected))
        end(program)


@pytest.mark.timeout(150)
def test_the_past_of_a_rotation_has_the_keys_of_its_segments(streamer, tmp_path: Path) -> None:
    """Media of keys in turn is listed with each of them when the stream has one key only."""
    path = clip(tmp_path / "whole.mp4", 4)
    clear = clear_samples(streamer, path)
    since = int(time.time()) - 60
    secret = ["--encryption", "cbcs", "--encryption-keys", str(key_file(tmp_path, 3))]
    end(archived(streamer, tmp_path, path, *secret, "--encryption-rotate", "2s"))
    program = archived(streamer, tmp_path, path, *secret)
    for rendition, whole in clear.items():
        kids = check_past(past(program, rendition, since), KEYS, whole)
        assert set(kids) == {kid.hex() for kid in KEYS}
        assert kids[-1] == next(iter(KEYS)).hex()


def moofs(body: bytes) -> list[bytes]:
    """The contents of the first moof of a segment."""
    return [box.body for box in boxes(body) if box.kind == "moof"][:1]


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
    assert list(KEYS.values())[0].hex() not in shown


@pytest.mark.timeout(30)
@pytest.mark.parametrize(("text", "mode", "reason"), [
    (None, 0o644, "other users can read or change it"),
    ('{"keys": []}', 0o600, "no keys"),
    ('{"keys": [{"kid": "00", "key": "11"}]}', 0o600, "no keys")])
def test_wrong_key_file_is_one_line(tmp_path: Path, text: str | None, mode: int,
                                    reason: str) -> None:
    """The program does not start, and prints no byte of the file."""
    path = key_file(tmp_path, 1, mode)
    if text is not None:
        path.write_text(text)
    status, lines = run_to_end(["--encryption", "cbcs", "--encryption-keys", str(path)])
    assert status == 2
    assert reason in "".join(lines) and "4141" not in "".join(lines)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("transport", ["http", "ws", "hls", "dash", "webcodecs"])
def test_page_plays_by_clearkey_and_over_rotations(transport: str, streamer, tmp_path: Path,
                                                   browser: Browser,
                                                   request: pytest.FixtureRequest) -> None:
    """Frames are shown over several keys; WebCodecs gives way to another player."""
    scripts = script_flags()
    if transport == "dash":
        scripts = ["--dashjs", str(request.getfixturevalue("dashjs"))]
    program = encrypted(streamer, tmp_path, "--encryption-rotate", "3s", *scripts, count=3)
    with viewer(browser, SMALL) as view:
        view.open(program.url(f"/live/?transport={transport}"))
        # Decrypted frames cannot be read back: they have no burned clock.
        view.page.wait_for_function("() => window.__lab?.samples.length > 30", timeout=20_000)
        view.watch(8)
        data = view.data()
    shown = [sample[0] for sample in data["samples"]]
    assert not [bad for bad in data["bad_responses"] if "clearkey" in bad]
    assert len(shown) > 180, data["state"]
    later = shown[30:]
    # dash.js 5.1.1 pauses for up to 1.8 s at one of the first rotations.
    longest = 2500 if transport == "dash" else 500
    assert max(b - a for a, b in zip(later, later[1:], strict=False)) < longest, data["waits"]
    assert "Live" in data["state"]["text"]


@pytest.mark.timeout(60)
@pytest.mark.parametrize("fault", ["late", "wrong"])
def test_page_asks_again_for_late_and_wrong_keys(fault: str, streamer, tmp_path: Path,
                                                 browser: Browser) -> None:
    """No frame is shown without the key; frames are shown when the server gives it."""
    program = encrypted(streamer, tmp_path)
    wrong = {"keys": [{"kty": "oct", "kid": "AQEBAQEBAQEBAQEBAQEBAQ",
                       "k": "WlpaWlpaWlpaWlpaWlpaWg"}], "type": "temporary"}
    with viewer(browser, SMALL) as view:
        pattern = "**/clearkey"
        if fault == "late":
            view.page.route(pattern, lambda route: route.fulfill(status=503, body="later"))
        else:
            view.page.route(pattern, lambda route: route.fulfill(json=wrong))
        view.open(program.url("/live/?transport=http"))
        view.watch(4)
        if fault == "late":
            assert view.data()["samples"] == []
        view.page.unroute(pattern)
        before = len(view.data()["samples"])
        view.page.wait_for_function("n => window.__lab?.samples.length > n", arg=before + 60,
                                    timeout=20_000)


@pytest.mark.timeout(60)
def test_keys_of_a_server_with_a_client_certificate(streamer, tmp_path: Path) -> None:
    """Keys come by CPIX, the next in advance; while the server is away the present key stays.

    Each segment decrypts with the server's key of its EXT-X-KEY to the samples of the clear stream.
    """
    path = clip(tmp_path / "whole.mp4", 4)
    clear = clear_samples(streamer, path)
    own, client = certificates(tmp_path)
    with KeyServer(own, client) as server:
        program = looped(streamer, path, *server_keys(server, own, client))
        wait_until(lambda: len(segments_by_key(program, "video")) >= 2, 25, "two keys")
        server.is_away = True
        text = get(program.port, "/live/video/playlist.m3u8").body.decode()
        assert 'KEYFORMAT="com.apple.streamingkeydelivery"' in text
        init = get(program.port, "/live/video/" + re.findall(r'MAP:URI="(.*?)"', text)[0]).body
        assert server.box in init
        by_key = segments_by_key(program, "video")
        for kid, names in by_key.items():
            for name in names:
                found = samples(get(program.port, f"/live/video/{name}").body, init, server.keys)
                assert {one.hex() for one, _ in found} == {kid}
                assert {sample for _, sample in found} <= clear["video"]
        assert len(by_key) >= 2
        wait_until(lambda: "keys-missing" in program.log_text(), 15, "a line about the server")
        server.is_away = False
        wait_until(lambda: "answers again" in program.log_text(), 20, "a line about its return")
        assert not any(key.hex() in program.log_text() for key in server.keys.values())


@pytest.mark.timeout(150)
def test_the_past_has_earlier_keys_of_a_server(streamer, tmp_path: Path) -> None:
    """After a restart archived media is listed with the keys of its periods, not with new ones."""
    path = clip(tmp_path / "whole.mp4", 4)
    clear = clear_samples(streamer, path)
    since = int(time.time()) - 60
    own, client = certificates(tmp_path)
    with KeyServer(own, client) as server:
        options = server_keys(server, own, client)
        end(archived(streamer, tmp_path, path, *options))
        before = {kid.hex() for kid in server.keys}
        program = archived(streamer, tmp_path, path, *options)
        for rendition, whole in clear.items():
            kids = check_past(past(program, rendition, since), server.keys, whole)
            assert len(kids) == len(set(kids)) >= 4, "a key returns"
            assert kids[0] in before and kids[1] in before and kids[-1] not in before


def server_keys(server: KeyServer, own: Path, client: Path) -> list[str]:
    """The options of a stream whose keys are those of a server, each for three segments."""
    return ["--encryption", "cbcs", "--encryption-keys", server.url, "--encryption-rotate", "3s",
            "--encryption-certificate", str(client), "--encryption-authority", str(own)]


@pytest.mark.timeout(60)
def test_no_stream_starts_without_its_key(streamer, tmp_path: Path) -> None:
    """A key server that does not answer is a reason, and no media is served in the clear."""
    program = streamer("--resolution", "320x180", "--encryption", "cbcs", "--encryption-keys",
                       "https://127.0.0.1:9/speke", "--on-demand", *HOST, defaults=False)
    answer = get(program.port, "/live/video/playlist.m3u8", timeout=20)
    assert answer.status == 503, answer.status
