# SPDX-License-Identifier: Apache-2.0
"""The keys of segments of variable duration follow the clock, from a file and from a server."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path

import pytest

from harness.cbcs import samples
from harness.http1 import get
from harness.keyserver import KeyServer, certificates
from harness.messages import VARIABLE_DURATION
from harness.program import Program
from harness.sources import clip
from harness.waiting import pause, wait_until
from test_encryption import KEYS, key_file, looped
from test_variable_duration_segments import UNEVEN

PERIOD = 6
# The longest segment of the source: GOPs of 20, 44 and 33 frames.
LONGEST = 64 / 30
# The numbers are more than two key periods behind the time at the end.
WATCHED = 36


def period_kid(period: int) -> bytes:
    """The KID that is asked for: a UUID of version 8 of the stream and the key period."""
    kid = bytearray(sha256(f"streamer/live/{period}".encode()).digest()[:16])
    kid[6] = kid[6] & 0x0F | 0x80
    kid[8] = kid[8] & 0x3F | 0x80
    return bytes(kid)


def times(program: Program) -> dict[int, tuple[float, bytes]]:
    """The time and the KID of each listed complete segment, by number."""
    text = get(program.port, "/live/video/playlist.m3u8").text
    found, kid, began, length = {}, b"", 0.0, 0.0
    for line in text.splitlines():
        if "KEYID=0x" in line:
            kid = bytes.fromhex(line.split("KEYID=0x")[1][:32])
        elif line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            began = datetime.fromisoformat(line.split(":", 1)[1]).timestamp()
        elif line.startswith("#EXTINF:"):
            length = float(line[8:].rstrip(","))
        elif line.startswith("segment") and line.endswith(".m4s"):
            found[int(line[7:-4])] = (began, kid)
            began += length
    return found


def check_clock(program: Program, kid: Callable[[int], bytes], keys: dict[bytes, bytes]) -> None:
    """Each segment has the key of its period, or that of the one before up to the second segment
    after the change; media and playlist agree, in video and audio."""
    wait_until(lambda: len(times(program)) > 1, 25, "segments")
    assert VARIABLE_DURATION in program.description()
    found: dict[int, tuple[float, bytes]] = {}
    end = time.monotonic() + WATCHED
    while time.monotonic() < end:
        found |= times(program)
        pause(1, "each playlist lists the segments of several seconds")
    assert len(found) > 12
    for number, (began, own) in sorted(found.items()):
        period = int(began // PERIOD)
        into = began - period * PERIOD
        late = into < 2 * LONGEST + 0.5
        expected = [kid(period)] + ([kid(period - 1)] if late else [])
        assert own in expected, (number, into, own.hex())
    assert len({own for _, own in found.values()}) >= 3
    for rendition in ("video", "audio"):
        text = get(program.port, f"/live/{rendition}/playlist.m3u8").text
        init = get(program.port, f"/live/{rendition}/" + text.split('MAP:URI="')[1].split('"')[0])
        for number in sorted(found)[-4:]:
            body = get(program.port, f"/live/{rendition}/segment{number}.m4s").body
            used = {one for one, _ in samples(body, init.body, keys)}
            assert used == {found[number][1]}, (rendition, number)


@pytest.fixture(scope="module")
def uneven_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of three times such groups of pictures, with audio."""
    folder = tmp_path_factory.mktemp("uneven")
    return clip(folder / "whole.mp4", 3 * 97 / 30, *UNEVEN)


@pytest.mark.timeout(120)
def test_keys_of_a_file_follow_the_clock(streamer, uneven_file: Path, tmp_path: Path) -> None:
    """A key period does not last longer because segments do."""
    program = looped(streamer, uneven_file, "--encryption", "cbcs", "--encryption-keys",
                     str(key_file(tmp_path, 3)), "--encryption-rotate", f"{PERIOD}s")
    kids = list(KEYS)
    check_clock(program, lambda period: kids[period % 3], KEYS)


@pytest.mark.timeout(120)
def test_keys_of_a_server_follow_the_clock(streamer, uneven_file: Path, tmp_path: Path) -> None:
    """The key of a period is used in it, also when the numbers are behind the time."""
    own, client = certificates(tmp_path)
    with KeyServer(own, client) as server:
        program = looped(streamer, uneven_file, "--encryption", "cbcs", "--encryption-keys",
                         server.url, "--encryption-rotate", f"{PERIOD}s",
                         "--encryption-certificate", str(client), "--encryption-authority",
                         str(own))
        check_clock(program, period_kid, server.keys)
