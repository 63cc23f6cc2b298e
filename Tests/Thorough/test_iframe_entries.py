# SPDX-License-Identifier: Apache-2.0
"""Each entry of an I-frame playlist is exactly one key frame."""

from __future__ import annotations

import json
import re
import subprocess
from datetime import datetime

import pytest

from harness.boxes import kinds
from harness.frames import clocks_of
from harness.http1 import get
from harness.program import Program
from harness.tools import need
from test_iframes import live, playlist  # noqa: F401

ENTRY = re.compile(
    r"#EXT-X-PROGRAM-DATE-TIME:(\S+)\n#EXT-X-BYTERANGE:(\d+)@0\n#EXTINF:([\d.]+),\n(\S+)\n")


@pytest.mark.timeout(120)
def test_each_entry_is_exactly_one_key_frame(live: Program) -> None:
    """The byte range ends with the first mdat, and decodes to the frame of its time."""
    text = playlist(live)
    entries = ENTRY.findall(text)
    assert len(entries) >= 6 and len(entries) == text.count("#EXTINF")
    header = get(live.port, "/live/video/" + re.search(r'MAP:URI="(.*)"', text).group(1)).body
    for date, size, duration, name in entries:
        part = get(live.port, f"/live/video/{name}", headers={"Range": f"bytes=0-{int(size) - 1}"})
        assert part.status == 206 and len(part.body) == int(size) and float(duration) == 1
        found = kinds(part.body)
        assert found.count("mdat") == 1 and found[-1] == "mdat"
        probe = subprocess.run(
            [need("ffprobe", "key frames"), "-v", "error", "-select_streams", "v", "-show_frames",
             "-of", "json", "-"], input=header + part.body, capture_output=True, check=True,
            timeout=30)
        frames = json.loads(probe.stdout)["frames"]
        assert [(frame["key_frame"], frame["pict_type"]) for frame in frames] == [(1, "I")]
        [clock] = clocks_of(header + part.body)
        assert clock is not None
        assert abs(clock - datetime.fromisoformat(date).timestamp() * 1000) <= 1
