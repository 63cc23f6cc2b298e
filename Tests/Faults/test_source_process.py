# SPDX-License-Identifier: Apache-2.0
"""Chromium plays a stream whose source's process is killed or stopped, and another stream."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness import stillness
from harness.browser import viewer
from harness.follower import followed
from harness.metrics import total
from harness.newframes import now, wait_frames
from harness.ports import free_port
from harness.program import Program, children
from harness.sources import ENCODER, Source, ffmpeg_sender
from harness.waiting import wait_until


# The longest time without a frame of the other stream, in the time of its page, s.
STALL = 0.4


@pytest.mark.timeout(240)
def test_a_killed_process_stalls_no_other_stream(browser: Browser,
                                                 streamer: Callable[..., Program],
                                                 sources: list[Source], tmp_path: Path) -> None:
    """Its own stream plays again; the other one goes on, part by part and in its player."""
    to = f"udp://127.0.0.1:{free_port()}"
    sources.append(ffmpeg_sender([*ENCODER, "-g", "30", "-f", "mpegts", f"{to}?pkt_size=1316"]))
    configuration = tmp_path / "streams.json"
    configuration.write_text(json.dumps({
        "streams": [{"stream": "good", "testSrc": True, "resolution": "320x180"},
                    {"stream": "bad", "input": to, "passthrough": "never"}]
    }))
    program = streamer("-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0",
                       defaults=False)

    def is_online() -> bool:
        return total(program.port, "streamer_stream_online", stream="bad") == 1

    wait_until(is_online, 30, "the source")
    with ExitStack() as stack:
        stack.enter_context(followed(program, "good"))
        views = {stream: stack.enter_context(viewer(browser)) for stream in ("good", "bad")}
        stillness.measure(views["good"].page)
        for stream, view in views.items():
            view.open(program.url(f"/{stream}/"))
        for view in views.values():
            view.wait_playing(frames=60)
        views["good"].watch(3)
        stillness.begin(views["good"].page)
        for count, name in enumerate(("SIGKILL", "SIGSEGV", "SIGSTOP"), 1):
            os.kill(children(program)[0], getattr(signal, name))
            program.wait_logged("source-crashed", stream="bad", count=count, within=30)
            restarted = time.monotonic()
            wait_until(is_online, 30, "the source again")
            print(f"{name}: source back after {time.monotonic() - restarted:.2f} s")
            wait_frames(lambda: views["bad"].data()["samples"], now(), 90)
        found = stillness.found(views["good"].page)
    print(f"the other stream: {found}")
    assert found["page"] < STALL, "the other stream stalled"
