# SPDX-License-Identifier: Apache-2.0
"""Why a file is encoded: one line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.messages import PASSED_THROUGH
from harness.program import run_to_end
from harness.sources import clip
from harness.tools import need
from test_passthrough_files import HOST, plays


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("options", "reason"), [
    (["-tune", "zerolatency", "-g", "300"], "4 s"),
    (["-c:v", "mpeg4"], "none of H.264")])
def test_log_says_why_a_file_is_encoded(options: list[str], reason: str, streamer,
                                        tmp_path: Path) -> None:
    """The log has the reason; --passthrough always ends with it."""
    path = tmp_path / "clip.mp4"
    source = clip(tmp_path / "source.mp4", 6)
    codec = [] if "mpeg4" in options else ["-c:v", "libx264", "-preset", "ultrafast"]
    subprocess.run([
        need("ffmpeg", "files"), "-v", "error", "-i", str(source), *codec, *options, str(path)
    ], check=True, timeout=60, stdin=subprocess.DEVNULL)
    program = plays(streamer, path, "--loop")
    assert any("re-encoded" in e.message and reason in e.message for e in list(program.entries)), (
        program.log_text())
    assert PASSED_THROUGH not in program.description()
    status, lines = run_to_end(["--input", str(path), "--passthrough", "always", *HOST],
                               defaults=False)
    assert status == 2 and reason in lines[-1], lines
