# SPDX-License-Identifier: Apache-2.0
"""A ladder of three: CPU of each rendition's thread, delay of a part in all renditions."""

from __future__ import annotations

import re
import time
from typing import Any

from freshness import percentiles
from harness.http1 import get
from harness.procfs import thread_cpu
from harness.program import start, stop
from harness.tunein import fetch
from harness.waiting import pause  # noqa: E402

RENDITIONS = {"720p": "1280x720@2500", "480p": "854x480@1200", "360p": "640x360@700"}
RATE = 30  # frames per second, and per segment
NAME = re.compile(r"segment(\d+)\.(\d+)\.m4s")


def completions(port: int, rendition: str) -> dict[str, int]:
    """Unix nanoseconds at which each part was complete, by name."""
    return dict(get(port, f"/live/timestamps.json?rendition={rendition}").json()["parts"])


def last_frame_time(name: str, frames: int) -> float:
    """Milliseconds since 1970 of the frame time of the last frame of a part of `frames` frames."""
    match = NAME.fullmatch(name)
    assert match, name
    number, index = (int(digits) for digits in match.groups())
    return (number * RATE + min((index + 1) * frames, RATE) - 1) * 1000 / RATE


def three_renditions(seconds: float) -> dict[str, Any]:
    """Milliseconds from the last frame time until all renditions have a part; CPU."""
    flags = [flag for value in RENDITIONS.values() for flag in ("--rendition", value)]
    program = start(flags)
    try:
        playlist = fetch(program.port, path="/live/720p/playlist.m3u8")
        begun, frames = playlist.last_complete + 2, round(float(playlist.part_target) * RATE)
        pause(3, "the start must not be measured")
        before, since = thread_cpu(program.pid), time.monotonic()
        late: dict[str, float] = {}
        while time.monotonic() - since < seconds:
            pause(5, "the interval of the readings")
            found = [completions(program.port, rendition) for rendition in RENDITIONS]
            for name in set.intersection(*(set(parts) for parts in found)):
                if int(name.split(".")[0].removeprefix("segment")) > begun:
                    ready = max(parts[name] for parts in found) / 1e6
                    late[name] = ready - last_frame_time(name, frames)
        after, length = thread_cpu(program.pid), time.monotonic() - since
        shares = {name: (spent - before.get(task, (name, 0))[1]) / length / 1e9
                  for task, (name, spent) in after.items()}
        return {"ready_ms": percentiles(list(late.values())),
                "cpu": {name: round(share, 3) for name, share in shares.items()
                        if name in RENDITIONS},
                "cpu_all": round(sum(shares.values()), 3)}
    finally:
        stop(program)
