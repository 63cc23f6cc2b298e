# SPDX-License-Identifier: Apache-2.0
"""Closed captions of CEA-708 are signalled once they are seen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fetch_hlsjs import script_flags
from harness.captionsource import Caption, captioned_clip
from harness.dashscript import dashjs_flags
from harness.dtvcc import ServiceCaption
from harness.http1 import get
from harness.program import Program, start, stop
from harness.waiting import wait_until

SECONDS, INTERVAL = 12, 2
TIMES = [((0.4 + index) * INTERVAL, (0.9 + index) * INTERVAL)
         for index in range(SECONDS // INTERVAL)]
# The same text in both standards, and another one in a service with an extended number.
CHANNEL = [Caption(start, end, f"Caption {index + 1}\nof both")
           for index, (start, end) in enumerate(TIMES)]
SERVICES = [[ServiceCaption(start, end, one.text) for one, (start, end) in zip(
                CHANNEL, TIMES, strict=True)],
            [ServiceCaption(start, end, f"♪ Señal {index + 1} <b>\ndel tercer ÿ servicio", 8)
             for index, (start, end) in enumerate(TIMES)]]


@pytest.fixture(scope="module")
def program(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A file with captions in CC1, SERVICE1 and SERVICE8, passed through in a loop."""
    path = captioned_clip(
        tmp_path_factory.mktemp("captions") / "captions.ts", SECONDS, CHANNEL, "320x180",
        services=SERVICES[0] + SERVICES[1])
    running = start(["--input", str(path), "--loop", "--passthrough", "always", "--host",
                     "127.0.0.1", "--http-port", "0", "--closed-captions",
                     "CC1=en,SERVICE1=en", *script_flags(), *dashjs_flags()], defaults=False)
    wait_until(lambda: get(running.port, "/live/video/playlist.m3u8").status == 200, 20, "live")
    yield running
    stop(running)


def test_services_are_signalled_once_seen(program: Program) -> None:
    """The declared ones at once, the other one with its first text."""
    wait_until(lambda: 'INSTREAM-ID="SERVICE8"' in get(program.port, "/live.m3u8").text, 20,
               "SERVICE8 in the playlist")
    assert 'NAME="English (SERVICE1)",LANGUAGE="en"' in get(program.port, "/live.m3u8").text
    assert ('cea-708:2015" value="1=lang:eng;8=lang:und"'
            in get(program.port, "/manifest.mpd").text)
