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

from harness.browser import viewer
from harness.labreport import between, pauses, report
from harness.metrics import total
from harness.ports import free_port
from harness.program import Program, children
from harness.sources import ENCODER, Source, ffmpeg_sender
from harness.waiting import wait_until


@pytest.mark.timeout(120)
def test_a_killed_process_stalls_no_other_stream(browser: Browser,
                                                 streamer: Callable[..., Program],
                                                 sources: list[Source], tmp_path: Path) -> None:
    """Its own stream is back within a second of the restart; the other never stalls."""
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

    wait_until(is_online, 15, "the source")
    with ExitStack() as stack:
        views = {stream: stack.enter_context(viewer(browser)) for stream in ("good", "bad")}
        for stream, view in views.items():
            view.open(program.url(f"/{stream}/"))
        for view in views.values():
            view.wait_playing(frames=60)
        views["good"].watch(3)
        began = time.time() * 1000
        for count, name in enumerate(("SIGKILL", "SIGSEGV", "SIGSTOP"), 1):
            os.kill(children(program)[0], getattr(signal, name))
            program.wait_logged("source-crashed", stream="bad", count=count, within=4)
            restarted = time.monotonic()
            wait_until(is_online, 5, "the source again")
            back = time.monotonic() - restarted
            views["good"].watch(7)
            bad = report(views["bad"].data(), since=(time.time() - 3) * 1000)
            print(f"{name}: source back after {back:.2f} s; the clock of its player advanced by "
                  f"{bad['clock_span_s']} s in the last 3 s")
            assert back < 1
            assert bad["clock_span_s"] > 2, "the stream of the process plays again"
        good = views["good"].data()
    stalls = pauses(between(good, began, float("inf")), 1000 / 30)
    assert not stalls, f"the other stream stalled: {stalls}"
