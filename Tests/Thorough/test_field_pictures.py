# SPDX-License-Identifier: Apache-2.0
"""H.264 whose frames are pairs of fields, a timestamp for each frame or for each field."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.fieldpictures import RATE, transport_stream
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.playlist import parse
from harness.program import Program
from test_passthrough_files import hashes, plays

BASE = "/live/video/"
SECONDS = 8


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("pairs", "samples"), [(True, RATE), (False, 2 * RATE)],
                         ids=["a timestamp per frame", "a timestamp per field"])
def test_both_fields_are_passed_through(pairs: bool, samples: int,
                                        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Each frame of the file has both fields: one sample, or one for each field."""
    path = tmp_path / "fields.ts"
    path.write_bytes(transport_stream(SECONDS, pairs=pairs))
    sent = hashes(path)
    assert len(sent) == SECONDS * RATE and len(set(sent)) == SECONDS
    program = plays(streamer, path, "--loop")
    assert f"{PASSED_THROUGH}, {samples} fps" in program.description(), program.log_text()
    program.check_logged("interlaced", "passed through")
    assert 'scanType="interlaced"' in get(program.port, "/live/manifest.mpd").text
    segments = parse(get(program.port, BASE + "playlist.m3u8").text).segments[-2:]
    for one in segments:
        init = get(program.port, BASE + (one.map_uri or "")).body
        shown = hashes(init + get(program.port, BASE + (one.uri or "")).body)
        assert len(shown) == RATE and len(set(shown)) == 1 and shown[0] in sent, (
            "frames that were not sent")
