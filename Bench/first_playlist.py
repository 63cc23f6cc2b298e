# SPDX-License-Identifier: Apache-2.0
"""Passed-through inputs: from drawing the first key frame to playlist and picture.

All sources have one key frame per second. The page in Chromium waits for the stream.
"""

from __future__ import annotations

import time
from typing import Any

from harness.browser import chromium_running, viewer
from harness.firstplaylist import KINDS, first_playlist, running
from harness.tools import chromium


def one(kind: str, page: Any) -> tuple[float, float, float | None]:
    """Milliseconds from the first key frame to the first playlist, from the second key frame to the
    same, and from the first key frame to the first shown frame."""
    with running(kind) as (program, _source):
        if page:
            page.open(program.url("/"))
        found = first_playlist(program)
        shown = None
        if page:
            page.wait_playing(frames=1)
            shown = min(at for at, clock, *_ in page.data()["samples"] if clock is not None)
    began = found.first_key * 1000
    return (found.arrived * 1000 - began, (found.arrived - found.second_key) * 1000,
            None if shown is None else shown - began)


def measure(bench: Any) -> dict[str, Any]:
    """All inputs."""
    executable = chromium()
    found: dict[str, Any] = {}
    for kind in KINDS:
        if executable:
            with chromium_running(executable) as browser, viewer(browser) as page:
                playlist, second, shown = one(kind, page)
        else:
            playlist, second, shown = one(kind, None)
        found[kind] = {"playlist_ms": round(playlist), "after_second_key_ms": round(second),
                       "frame_ms": None if shown is None else round(shown)}
        picture = "not measured: chromium not found" if shown is None else f"{shown:.0f} ms"
        bench.row(f"start: {kind}: first key frame drawn → first playlist / picture in Chromium",
                  f"{playlist:.0f} ms / {picture}", "≤ 1300 ms playlist (key frames each second)")
    return found


if __name__ == "__main__":
    class _Print:
        @staticmethod
        def row(label: str, figure: str, budget: str = "") -> None:
            """Prints a row."""
            print(f"{time.strftime('%H:%M:%S')} {label}: {figure} ({budget})", flush=True)

    print(measure(_Print()))
