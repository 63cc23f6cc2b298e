# SPDX-License-Identifier: Apache-2.0
"""MPEG-TS of a sender that starts again with other PIDs or another program."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.http1 import get
from harness.playlist import parse
from harness.ports import free_port
from harness.program import Program
from harness.sources import Source, ffmpeg_sender
from harness.waiting import wait_until

VIDEO = "/live/video/playlist.m3u8"
CHANGES = {
    "pids": ["-streamid", "0:512", "-tables_version", "1"],
    "program": ["-mpegts_service_id", "7", "-mpegts_pmt_start_pid", "512", "-mpegts_start_pid",
                "768"],
}


def newest(program: Program) -> int:
    """The number of the newest complete segment; 0 without one."""
    found = get(program.port, VIDEO, timeout=15)
    return parse(found.text).last_complete if found.status == 200 else 0


@pytest.mark.timeout(90)
@pytest.mark.parametrize("change", CHANGES)
def test_the_program_is_followed(change: str, streamer: Callable[..., Program],
                                 sources: list[Source]) -> None:
    """The stream goes on with the media of the new tables, at the same port."""
    port = free_port()
    program = streamer("--input", f"udp://127.0.0.1:{port}", "--host", "127.0.0.1", "--http-port",
                       "0", defaults=False)
    output = ["-f", "mpegts", f"udp://127.0.0.1:{port}?pkt_size=1316"]
    first = ffmpeg_sender(output)
    sources.append(first)
    wait_until(lambda: newest(program), 20, "a segment")
    first.kill()
    sources.append(ffmpeg_sender([*CHANGES[change], *output]))
    before = newest(program)
    wait_until(lambda: newest(program) >= before + 4, 25, "segments of the next sender")
