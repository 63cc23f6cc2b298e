# SPDX-License-Identifier: Apache-2.0
"""A change to the second input, for each pair of protocols."""

from __future__ import annotations

import pytest

from harness.ports import free_port
from harness.sources import Source, rtsp_server
from harness.tunein import fetch, next_segments
from harness.waiting import wait_until
from test_backup_inputs import TOKEN, paint, shown
from test_backup_inputs_encoded import HOST


@pytest.mark.timeout(90)
@pytest.mark.parametrize("kinds", [("srt", "srt"), ("rtsp", "srt"), ("srt", "rtsp")],
                         ids=["srt-srt", "rtsp-srt", "srt-rtsp"])
@pytest.mark.parametrize("mode", ["auto", "never"])
def test_inputs_by_srt_and_rtsp(kinds: tuple[str, str], mode: str, streamer,
                                sources: list[Source]) -> None:
    """The first is killed: the backup is shown; it is back: shown after the failback."""
    ports = [free_port(), free_port()]

    def address(index: int) -> str:
        path = "/x" if kinds[index] == "rtsp" else ""
        return f"{kinds[index]}://127.0.0.1:{ports[index]}{path}"

    def send(index: int) -> Source:
        if kinds[index] == "rtsp":
            source = rtsp_server(ports[index])
        else:
            source = paint(("red", "blue")[index], "-f", "mpegts",
                           f"{address(index)}?mode=listener&latency=60000")
        sources.append(source)
        return source

    first = send(0)
    send(1)
    program = streamer("--input", address(0), "--input", address(1), "--failback", "3",
                       "--admin-token", TOKEN, "--passthrough", mode, "--preset", "ultrafast",
                       *HOST, defaults=False)
    fetch(program.port)
    wait_until(lambda: shown(program).get("shown") == 0, 15, "the first input is shown")
    wait_until(lambda: len(program.logged("source-open")) == 2, 15, "the backup is open")
    first.kill()
    wait_until(lambda: shown(program)["shown"] == 1, 8, "the backup is shown")
    send(0)
    wait_until(lambda: shown(program)["shown"] == 0, 20, "the first input is shown again")
    next_segments(program.port, 2)
    program.check_logged("input-switched", count=2)
