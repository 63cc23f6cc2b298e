# SPDX-License-Identifier: Apache-2.0
"""An encrypted stream has one set of bytes for all viewers and the archive; HEVC is encrypted."""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import pytest

from harness.archive import WRITING, hour_files, segments
from harness.cbcs import samples
from harness.http1 import get
from harness.opensegment import OpenSegmentReader
from harness.program import Program
from harness.sources import clip
from harness.tunein import fetch
from harness.waiting import wait_until
from harness.websocket import AUDIO, VIDEO, Ended, Media, Socket
from test_encryption import KEYS, check_samples, encrypted
from test_passthrough import HEVC

KINDS = {"video": VIDEO, "audio": AUDIO}
SEGMENTS = 3


def follow(client: Socket, received: dict[int, bytes]) -> None:
    """Joins the chunks of each track until the socket is closed."""
    with suppress(OSError, Ended):
        while True:
            message = client.next()
            if isinstance(message, Media) and message.kind in KINDS.values():
                received[message.kind] += message.payload


def parts(program: Program, rendition: str, number: int) -> list[bytes]:
    """The parts of a complete segment, each by its own request."""
    listed = fetch(program.port, path=f"/live/{rendition}/playlist.m3u8").segments
    own = next(segment for segment in listed if segment.uri == f"segment{number}.m4s")
    return [get(program.port, f"/live/{rendition}/{part.uri}").body for part in own.parts]


def archived(folder: Path, rendition: str) -> list[bytes]:
    """The segments in the hour files of a rendition."""
    return [found for path in hour_files(folder, rendition)
            for found in segments(path.read_bytes())]


@pytest.mark.timeout(60)
def test_all_viewers_and_the_archive_have_the_same_bytes(streamer, tmp_path: Path) -> None:
    """Parts, the open segment over HTTP, chunks over a WebSocket, and the hour file of three
    segments with a rotation among them: each is the complete segment, byte by byte."""
    folder = tmp_path / "archive"
    program = encrypted(streamer, tmp_path, "--encryption-rotate", "2s", "--audio", "tone",
                        "--archive", str(folder), "--dvr", "1h", count=3)
    received: dict[int, bytes] = defaultdict(bytes)
    kids = set()
    with Socket(program.port, "/live/ws") as client:
        client.send({"t": "hello", "v": 1})
        client.send({"t": "subscribe", "tracks": ["v", "a"]})
        threading.Thread(target=follow, args=(client, received), daemon=True).start()
        path = "/live/video/playlist.m3u8"
        number = fetch(program.port, path=path).last_complete + 1
        # Answered when the segment is complete: then the next one is open.
        fetch(program.port, f"?_HLS_msn={number}", path)
        for number in range(number + 1, number + 1 + SEGMENTS):
            readers = {name: OpenSegmentReader(program.port, f"/live/{name}/segment{number}.m4s")
                       for name in KINDS}
            for rendition, reader in readers.items():
                assert reader.wait().outcome == "whole", reader.error
                assert reader.response and "content-length" not in reader.response.headers
                whole = get(program.port, f"/live/{rendition}/segment{number}.m4s").body
                init = get(program.port, f"/live/{rendition}/{header(program, rendition)}").body
                kids |= {kid for kid, _ in samples(whole, init, KEYS)}
                assert reader.body == whole
                pieces = parts(program, rendition, number)
                assert len(pieces) > 1 and b"".join(pieces) == whole
                wait_until(lambda: whole in received[KINDS[rendition]], 3, "the chunks")
                wait_until(lambda: whole in archived(folder, rendition), 3 + WRITING,
                           "the archived segment")
    assert len(kids) > 1, "no rotation among the segments"


def header(program: Program, rendition: str) -> str:
    """The name of the CMAF header."""
    name = fetch(program.port, path=f"/live/{rendition}/playlist.m3u8").segments[-1].map_uri
    assert name is not None
    return name


@pytest.mark.timeout(90)
def test_every_sample_of_hevc_decrypts_to_the_bytes_of_the_clear_stream(streamer,
                                                                        tmp_path: Path) -> None:
    """HEVC and AAC of a file that is passed through are, decrypted, the samples of the file."""
    headers = check_samples(streamer, tmp_path, clip(tmp_path / "whole.mp4", 4, *HEVC))
    assert b"hvcC" in headers["video"] and b"frma" in headers["video"]
