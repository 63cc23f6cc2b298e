# SPDX-License-Identifier: Apache-2.0
"""Streams that pull an input and encode it, and checks of their frames by the burned clock."""

from __future__ import annotations

from collections.abc import Callable

from harness.continuity import Frame, check_one_stream, frames, lost, repeated
from harness.program import Program
from harness.recorder import record
from harness.tunein import fetch, next_segments

HOST = ["--passthrough", "never", "--host", "127.0.0.1", "--http-port", "0"]
SECONDS = 6


def pulls(streamer: Callable[..., Program], url: str, *more: str, within: float = 20) -> Program:
    """A streamer that pulls an input, once it plays."""
    program = streamer("--input", url, *HOST, *more, defaults=False, within=within)
    fetch(program.port)
    return program


def shown(program: Program, seconds: float = SECONDS) -> list[Frame]:
    """The frames of some seconds without slate; the recording is checked for continuity."""
    next_segments(program.port, 2)
    found = record(program.port, seconds)
    check_one_stream(found)
    every = frames(found)
    first = next((i for i, frame in enumerate(every) if frame.clock is not None), len(every))
    return every[first:]


def check_live(program: Program, name: str, most_delay: float) -> list[Frame]:
    """Checks that frames follow one another and arrive soon after they were drawn."""
    seen = shown(program)
    assert len(seen) >= 30 * (SECONDS - 2), "frames of the source are missing"
    assert all(frame.clock is not None for frame in seen), "a frame without burned clock"
    twice, missing = repeated(seen), lost(seen, 1 / 30)
    delays = sorted(frame.captured - (frame.clock or 0) for frame in seen)
    p50, p99 = (delays[len(delays) * share // 100] * 1000 for share in (50, 99))
    print(f"{name}: {len(seen)} frames, {twice} repeated, {missing} lost, "
          f"capture time after the burned clock: p50 {p50:.0f} ms, p99 {p99:.0f} ms")
    assert twice <= len(seen) // 10 and missing <= len(seen) // 10
    off = [frame.captured - frame.frame_time for frame in seen]
    assert max(map(abs, off)) <= 0.018, "further than half a frame from the frame time"
    assert delays[len(delays) // 2] < most_delay
    return seen
