# SPDX-License-Identifier: Apache-2.0
"""Keys of a server that asks for a client certificate, and goes away for a time."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.cbcs import samples
from harness.http1 import get
from harness.keyserver import KeyServer, certificates
from harness.sources import clip
from harness.waiting import wait_until
from test_encryption import clear_samples, looped, segments_by_key


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


def server_keys(server: KeyServer, own: Path, client: Path) -> list[str]:
    """The options of a stream whose keys are those of a server, each for three segments."""
    return ["--encryption", "cbcs", "--encryption-keys", server.url, "--encryption-rotate", "3s",
            "--encryption-certificate", str(client), "--encryption-authority", str(own)]
