# SPDX-License-Identifier: Apache-2.0
"""The past of encrypted streams: each time has its key."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from itertools import groupby
from pathlib import Path
from urllib.parse import urljoin
from urllib.request import urlopen

import pytest

from harness.boxes import chunks
from harness.cbcs import samples
from harness.http1 import get
from harness.keyserver import KeyServer, certificates
from harness.program import Program
from harness.sources import clip
from harness.waiting import wait_until
from test_encryption import KEYS, clear_samples, end, key_file, looped
from test_encryption_server import server_keys


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


@pytest.mark.timeout(150)
def test_the_past_has_earlier_keys_of_a_server(streamer, tmp_path: Path) -> None:
    """After a restart archived media is listed with the keys of its periods, not with new ones."""
    path = clip(tmp_path / "whole.mp4", 4)
    clear = clear_samples(streamer, path)
    since = int(time.time()) - 60
    own, client = certificates(tmp_path)
    with KeyServer(own, client) as server:
        options = server_keys(server, own, client)
        program = archived(streamer, tmp_path, path, *options)
        before = {rendition: check_past(past(program, rendition, since), server.keys, whole)
                  for rendition, whole in clear.items()}
        end(program)
        program = archived(streamer, tmp_path, path, *options)
        for rendition, whole in clear.items():
            kids = check_past(past(program, rendition, since), server.keys, whole)
            assert len(kids) == len(set(kids)) >= 4, "a key returns"
            # The KID of a period is the same for both programs: the last key may be used by both.
            earlier = before[rendition]
            assert kids[:len(earlier)] == earlier and len(kids) > len(earlier) >= 2
