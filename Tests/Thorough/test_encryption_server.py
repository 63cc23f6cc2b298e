# SPDX-License-Identifier: Apache-2.0
"""Keys of a server that asks for a client certificate, and goes away for a time."""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest

from harness.cbcs import samples
from harness.http1 import get
from harness.keyserver import PLAYREADY, KeyServer, certificates
from harness.metrics import total
from harness.sources import clip
from harness.waiting import wait_until
from test_encryption import HOST, clear_samples, looped, segments_by_key


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
        check_signals(server, init, get(program.port, "/live/manifest.mpd").body)
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


def check_signals(server: KeyServer, init: bytes, mpd: bytes) -> None:
    """Widevine and PlayReady have their pssh box in the CMAF header, and in each AdaptationSet."""
    found = [element for element in fromstring(mpd).iter("{urn:mpeg:dash:schema:mpd:2011}"
                                                         "ContentProtection")]
    for system, box in server.boxes.items():
        assert init.count(box) == 1, system
        own = [element for element in found
               if element.get("schemeIdUri") == f"urn:uuid:{system}"]
        texts = [element.findtext("{urn:mpeg:cenc:2013}pssh") for element in own]
        assert texts == [b64encode(box).decode()] * 2, (system, texts)
        assert {element.get("value") for element in own} == {"cbcs"}


@pytest.mark.timeout(90)
def test_a_session_has_the_keys_of_the_one_before(streamer, tmp_path: Path) -> None:
    """A stream that starts again has its key; the key server is asked once, and away meanwhile."""
    own, client = certificates(tmp_path)
    with KeyServer(own, client) as server:
        options = [word for word in server_keys(server, own, client)
                   if word not in ("--encryption-rotate", "3s")]
        program = streamer("--resolution", "320x180", "--on-demand", *options, *HOST,
                           defaults=False)
        first = get(program.port, "/live/video/playlist.m3u8")
        assert first.status == 200 and len(server.asked) == 1
        server.is_away = True
        wait_until(lambda: total(program.port, "streamer_stream_state", state="idle") == 1, 25,
                   "the end of the session", interval=0.5)
        second = get(program.port, "/live/video/playlist.m3u8")
        assert second.status == 200 and len(program.logged("live")) == 2
        assert keyid(second.text) == keyid(first.text) == {kid.hex() for kid in server.keys}
        assert len(server.asked) == 1, "the key server was asked again"


@pytest.mark.timeout(90)
def test_elements_of_a_key_server_leave_the_mpd_well_formed(streamer, tmp_path: Path) -> None:
    """Elements with a prefix that they do not declare are refused with one line; others are in each
    AdaptationSet."""
    own, client = certificates(tmp_path)
    with KeyServer(own, client) as server:
        server.contents[PLAYREADY] = b"<mspr:pro>QQ==</mspr:pro>"
        program = streamer("--resolution", "320x180", "--on-demand",
                           *server_keys(server, own, client), *HOST, defaults=False)
        assert get(program.port, "/live/manifest.mpd", timeout=20).status == 503
        wait_until(lambda: "has a name with an undeclared prefix (expected xmlns:PREFIX"
                   in program.log_text(), 5, "a line about the prefix")
        server.contents[PLAYREADY] = b'<mspr:pro xmlns:mspr="urn:x:pro">QQ==</mspr:pro>'
        wait_until(lambda: get(program.port, "/live/manifest.mpd", timeout=20).status == 200, 30,
                   "the stream", interval=1)
        mpd = fromstring(get(program.port, "/live/manifest.mpd").body)
        sets = list(mpd.iter("{urn:mpeg:dash:schema:mpd:2011}AdaptationSet"))
        assert sets and all(
            [element.text for element in found.iter("{urn:x:pro}pro")] == ["QQ=="]
            for found in sets)


def keyid(playlist: str) -> set[str]:
    """The KIDs of a playlist."""
    return set(re.findall(r"KEYID=0x(\w+)", playlist))


def server_keys(server: KeyServer, own: Path, client: Path) -> list[str]:
    """The options of a stream whose keys are those of a server, each for three segments."""
    return ["--encryption", "cbcs", "--encryption-keys", server.url, "--encryption-rotate", "3s",
            "--encryption-certificate", str(client), "--encryption-authority", str(own)]
