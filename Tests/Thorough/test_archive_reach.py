# SPDX-License-Identifier: Apache-2.0
"""Viewers go back in the archive as far as `--dvr` permits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.archive import Recorder, digest
from harness.http1 import get
from harness.program import Program
from test_archive import SMALL, WINDOW
from test_events import TOKEN


@pytest.mark.timeout(100)
def test_viewers_go_back_as_far_as_dvr(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Without --dvr the past is 410 for viewers, and 200 for the admin token, uncached."""
    program = streamer(*SMALL, *WINDOW, "--archive", str(tmp_path), "--admin-token", TOKEN)
    with Recorder(program, ("video",)) as recorder:
        recorder.wait_for(12, 40)
    number = recorder.numbers("video")[0]
    path = f"/live/video/segment{number}.m4s"
    assert get(program.port, path).status == 410
    wrong = get(program.port, path, headers={"Authorization": "Bearer wrong-token-of-the-tests"})
    assert wrong.status == 410
    response = get(program.port, path, headers={"Authorization": f"Bearer {TOKEN}"})
    assert (response.status, digest(response.body)) == (200, recorder.found["video", number])
    assert response.headers["cache-control"] == "private, no-store"
