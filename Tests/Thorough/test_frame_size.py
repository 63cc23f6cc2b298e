# SPDX-License-Identifier: Apache-2.0
"""Frames above --max-frame-size are not decoded, wherever their size is declared."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.metrics import total
from harness.program import Program
from harness.tools import streamer_binary
from harness.waiting import wait_until
from test_hostile_sources import H264, VIDEO, advances, ends, make, runs

# 432 MB as a decoded frame of 4:4:4.
LARGE = ["-f", "lavfi", "-i", "color=gray:s=12000x12000:r=1", "-frames:v", "1", "-c:v", "mjpeg",
         "-pix_fmt", "yuvj444p"]

# Runs a command, and prints the most memory that it had, kB. The kernel counts the memory of the
# process that starts a program as the program's: this one has little.
MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Motion JPEG of a frame of 144 million pixels, twice: to encode one takes seconds."""
    path = make(tmp_path_factory.mktemp("huge") / "large.mjpeg", *LARGE)
    path.write_bytes(path.read_bytes() * 2)
    return path


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four seconds of a small size and four of a larger one, in one stream."""
    folder = tmp_path_factory.mktemp("grown")
    small = make(folder / "small.ts", *VIDEO, "-t", "4", *H264)
    large = make(folder / "large.ts", "-f", "lavfi", "-i", "testsrc=s=1920x1080:r=30",
                 "-t", "4", "-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-bf", "0",
                 "-output_ts_offset", "4")
    path = folder / "both.ts"
    path.write_bytes(small.read_bytes() + large.read_bytes())
    return path


@pytest.mark.parametrize("name", ["large.mkv", "large.mjpeg"])
def test_memory(name: str, huge: Path, tmp_path: Path) -> None:
    """A frame of 144 million pixels takes no memory, declared by the container or not at all."""
    path = huge
    if name != huge.name:
        path = make(tmp_path / name, "-framerate", "1", "-i", str(huge), "-c", "copy")
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(streamer_binary()), "--input", str(path), "--isolation",
         "none", "--http-port", "0"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done.stderr
    assert int(done.stdout) < 300 << 10, f"{done.stdout} kB; {done.stderr}"


@pytest.mark.parametrize("encodes", ["auto", "never"])
def test_a_size_that_grows(streamer: Callable[..., Program], grown: Path, encodes: str) -> None:
    """A sequence parameter set of a larger size, in mid-stream, costs its frames only."""
    program = runs(streamer, str(grown), "--loop", "--max-frame-size", "640x360", "--passthrough",
                   encodes)
    advances(program, "video", by=2)
    if encodes == "never":
        wait_until(lambda: total(program.port, "streamer_input_damaged_total") > 0, 15,
                   "frames that are not decoded")
    advances(program, "video", by=3)
    assert total(program.port, "streamer_source_crashes_total") == 0
    ends(program)
