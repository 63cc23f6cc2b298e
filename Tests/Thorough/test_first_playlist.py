# SPDX-License-Identifier: Apache-2.0
"""The first playlist of a passed-through input comes with the second key frame."""

from __future__ import annotations

import pytest

from harness.firstplaylist import KINDS, LATENCY, first_playlist, running
from harness.messages import PASSED_THROUGH

# From the arrival of the second key frame to the first playlist.
BOUND = 0.3
# From drawing a frame to its arrival: encoder, and the muxer of MPEG-TS, which delays one frame.
SOURCE = 0.1


@pytest.mark.timeout(60)
@pytest.mark.parametrize("kind", KINDS)
def test_first_playlist_comes_with_the_second_key_frame(kind: str) -> None:
    """It has every frame from the first key frame on (one retry: the machine may be loaded)."""
    path = SOURCE + (LATENCY / 1000 if "srt" in kind else 0)
    late = []
    for _ in range(2):
        with running(kind) as (program, _source):
            found = first_playlist(program)
            assert PASSED_THROUGH in program.description(), program.log_text()
        assert found.whole, "frames are missing"
        assert abs(found.second_key - found.first_key - 1) < 0.04
        late.append(found.arrived - found.second_key)
        print(f"{kind}: first playlist {late[-1] * 1000:.0f} ms after drawing the second key frame")
        if late[-1] <= BOUND + path:
            return
    raise AssertionError(f"first playlist {late} s after drawing the second key frame")
