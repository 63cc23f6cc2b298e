"""The emulated camera: a libv4l2 plugin over a plain file, and the preload that makes libv4l2 find it."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from harness.tools import ROOT, need

FOLDER = ROOT / "Tests/FakeCamera"


class FakeCamera:
    """A camera `cam0.fakecam`; removing the file keeps it unplugged after FAKECAM_UNPLUG frames."""

    def __init__(self, folder: Path, **options: str) -> None:
        if not (FOLDER / "fakecam.c").is_file():
            pytest.skip("Tests/FakeCamera not found: the camera is not tested")
        made = subprocess.run([need("make", "the camera"), "-C", str(FOLDER), f"OUT={folder}"],
                              capture_output=True, text=True)
        if made.returncode and "libv4l" in made.stderr:
            pytest.skip("libv4l-dev not found: the camera is not tested")
        assert made.returncode == 0, made.stderr
        self.path = folder / "cam0.fakecam"
        self.away = folder / "unplugged"
        self.path.touch()
        self.options = options
        self.plugin = _built(folder, "fakecam")
        self.shim = _built(folder, "globshim")

    @property
    def env(self) -> dict[str, str]:
        """Environment of the program that opens the camera."""
        return {"LD_PRELOAD": str(self.shim), "LIBV4L_TEST_PLUGIN": str(self.plugin), **self.options}

    def hide(self) -> None:
        """Whoever opens the camera from now on finds nothing; who has it open keeps it."""
        os.rename(self.path, self.away)

    def show(self) -> None:
        """The camera is there again."""
        os.rename(self.away, self.path)


def _built(folder: Path, name: str) -> Path:
    found = [p for base in (folder, FOLDER) for p in base.rglob(f"*{name}*.so")]
    assert found, f"no shared object {name} after make in {FOLDER}"
    return max(found, key=lambda p: p.stat().st_mtime)


def jpegs(folder: Path, size: str = "1280x720") -> Path:
    """Eight JPEG pictures f0.jpg … f7.jpg for the camera's MJPEG mode."""
    folder.mkdir(exist_ok=True)
    command = [need("ffmpeg", "the camera's MJPEG"), "-v", "error", "-y", "-f", "lavfi", "-i",
               f"testsrc2=size={size}:rate=8", "-frames:v", "8", "-start_number", "0", "-pix_fmt",
               "yuvj422p", str(folder / "f%d.jpg")]
    subprocess.run(command, check=True, timeout=30)
    return folder
