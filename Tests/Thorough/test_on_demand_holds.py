# SPDX-License-Identifier: Apache-2.0
"""A held request keeps a stream on demand running."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.configuration import stream, write
from harness.http1 import Connection
from harness.program import Program
from harness.tunein import fetch
from harness.waiting import pause
from test_on_demand import PLAYLIST, runs, state


@pytest.mark.timeout(90)
def test_held_request_keeps_the_stream_running(streamer: Callable[..., Program],
                                               tmp_path: Path) -> None:
    """A reader of a segment of twenty seconds counts as a request all the time."""
    path = write(tmp_path,
                 [stream("d", onDemand=True, segmentDuration=20, partDuration=1, playlistLength=6)])
    program = streamer("-c", str(path), defaults=False)
    playlist = fetch(program.port, path=PLAYLIST)
    open_segment = playlist.segments[-1].msn + 1
    with Connection(program.port, timeout=60) as connection:
        path = f"/d/video/segment{open_segment + 1}.m4s"
        response = connection.get(path)
        while response.status == 425:
            pause(0.5, "the segment is not close enough to be held")
            response = connection.get(path)
        assert response.status == 200 and state(program) == "live" and runs(program) == 1
