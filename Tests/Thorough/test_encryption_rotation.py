# SPDX-License-Identifier: Apache-2.0
"""Each segment of a rotation has one key, which is listed."""

from __future__ import annotations

import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from harness.boxes import boxes, kinds
from harness.cbcs import samples
from harness.http1 import get
from harness.program import Program
from harness.sources import clip
from harness.waiting import wait_until
from test_encryption import KEYS, clear_samples, key_file, looped, segments_by_key


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


def moofs(body: bytes) -> list[bytes]:
    """The contents of the first moof of a segment."""
    return [box.body for box in boxes(body) if box.kind == "moof"][:1]
