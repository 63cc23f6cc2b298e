# SPDX-License-Identifier: Apache-2.0
"""No document, error text or log has a key, in none of the forms in which texts have bytes."""

from __future__ import annotations

from pathlib import Path
from urllib.request import Request, urlopen

import pytest

from harness.http1 import get
from harness.keyserver import KeyServer, certificates
from harness.program import Program
from harness.waiting import wait_until
from test_encryption import HOST, KEYS, encrypted, leaked
from test_encryption_server import server_keys

TOKEN = "token-of-the-encryption"
ADMIN = {"Authorization": f"Bearer {TOKEN}"}
# All documents with text of a stream; those of /api need the token, to others it is harmless.
DOCUMENTS = (
    "/api/streams", "/api/streams/live", "/streams.json", "/stats.json", "/metrics", "/version",
    "/live/", "/live/timestamps.json", "/live/dvr.json", "/live/playlist.m3u8",
    "/live/video/playlist.m3u8", "/live/video/chunked.m3u8", "/live/video/iframes.m3u8",
    "/live/manifest.mpd", "/live/snapshot.jpg", "/live/feed",
)


def first_event(program: Program) -> str:
    """The first bytes of the events for programs, which begin with the state of each stream."""
    asked = Request(program.url("/api/events"), headers=ADMIN)
    with urlopen(asked, timeout=5) as response:
        return response.read1(65_536).decode()


def check_texts(program: Program, keys: list[bytes]) -> None:
    """No document and no line of the log has a form of a key, its bytes neither."""
    for path in DOCUMENTS:
        body = get(program.port, path, headers=ADMIN).body
        assert not leaked(body.decode("latin-1"), keys), path
        assert not any(key in body for key in keys), path
    assert not leaked(first_event(program), keys)
    assert not leaked(program.log_text(), keys)


@pytest.mark.timeout(60)
def test_no_document_has_a_key_of_a_file(streamer, tmp_path: Path) -> None:
    """Documents and the log at the level debug; only the licence has the keys."""
    program = encrypted(streamer, tmp_path, "--encryption-rotate", "2s", "--admin-token", TOKEN,
                        "--log-level", "debug", count=3)
    keys = list(KEYS.values())
    licence = get(program.port, "/live/clearkey").body.decode()
    assert leaked(licence, keys), "a licence has keys: they would be found"
    for path in ("/api/streams", "/api/streams/live", "/live/manifest.mpd"):
        assert get(program.port, path, headers=ADMIN).status == 200, path
    wait_until(lambda: first_event(program) != "", 5, "events")
    check_texts(program, keys)


class OtherScheme(KeyServer):
    """Its answers have keys of another scheme, which the program refuses."""

    def document(self, kid: str) -> str:
        """The answer for a KID."""
        return super().document(kid).replace('commonEncryptionScheme="cbcs"',
                                             'commonEncryptionScheme="cenc"')


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", [KeyServer, OtherScheme])
def test_no_document_has_a_key_of_a_server(kind: type[KeyServer], streamer,
                                           tmp_path: Path) -> None:
    """Neither keys that are used nor those of a refused answer are in documents and the log."""
    own, client = certificates(tmp_path)
    with kind(own, client) as server:
        program = streamer("--resolution", "320x180", "--bitrate", "300", "--admin-token", TOKEN,
                           "--log-level", "debug", "--on-demand",
                           *server_keys(server, own, client), *HOST, defaults=False)
        is_right = kind is KeyServer
        found = get(program.port, "/live/video/playlist.m3u8")
        assert found.status == (200 if is_right else 503) and server.keys
        if is_right:
            assert "another scheme" not in program.log_text()
        else:
            wait_until(lambda: "another scheme" in program.log_text(), 5, "a line about the keys")
        print(get(program.port, "/api/streams/live", headers=ADMIN).text)
        check_texts(program, list(server.keys.values()))
