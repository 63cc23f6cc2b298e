# SPDX-License-Identifier: Apache-2.0
"""The emulated camera: a libv4l2 plugin over a plain file, and a preload to find it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from harness.tools import ROOT, need

FOLDER = ROOT / "Tests/FakeCamera"


class FakeCamera:
    """A camera `cam0.fakecam`; options are the FAKECAM_ variables of Tests/FakeCamera/fakecam.c."""

    def __init__(self, folder: Path, **options: str) -> None:
        if not (FOLDER / "fakecam.c").is_file():
            pytest.skip("Tests/FakeCamera not found: the camera is not tested")
        made = subprocess.run([need("make", "the camera"), "-C", str(FOLDER), f"OUT={folder}"],
                              capture_output=True, text=True)
        if made.returncode and "libv4l" in made.stderr:
            pytest.skip("libv4l-dev not found: the camera is not tested")
        assert made.returncode == 0, made.stderr
        self.path = folder / "cam0.fakecam"
        self.path.touch()
        self.gone = folder / "gone"
        self.frozen = folder / "frozen"
        self.options = {f"FAKECAM_{name}": value for name, value in options.items()}
        self.plugin = folder / "libv4l-fakecam.so"
        self.shim = folder / "globshim.so"

    @property
    def env(self) -> dict[str, str]:
        """Environment of the program that opens the camera."""
        return {
            "LD_PRELOAD": str(self.shim), "LIBV4L_TEST_PLUGIN": str(self.plugin),
            "FAKECAM_GONE_FILE": str(self.gone), "FAKECAM_FROZEN_FILE": str(self.frozen),
            **self.options
        }

    def unplug(self) -> None:
        """From now on the camera fails with ENODEV, open or not."""
        self.gone.touch()

    def plug(self, **changed: str) -> None:
        """The camera is available again; `changed` options make it another camera."""
        self.path.with_name("cam0.fakecam.conf").write_text("".join(
            f"{n}={v}\n" for n, v in changed.items()))
        self.gone.unlink()

    def freeze(self) -> None:
        """The camera delivers no more frames and reports no error."""
        self.frozen.touch()

    def thaw(self) -> None:
        """The camera delivers frames again."""
        self.frozen.unlink()


def jpegs(folder: Path, size: str = "1280x720", noise: int = 0) -> Path:
    """Eight JPEG files f0.jpg … f7.jpg for MJPEG mode; noise (0-100) makes them hard to encode."""
    folder.mkdir(exist_ok=True)
    command = [
        need("ffmpeg", "the camera's MJPEG"), "-v", "error", "-y", "-f", "lavfi", "-i",
        f"testsrc2=size={size}:rate=8,noise=alls={noise}:allf=t", "-frames:v", "8", "-start_number",
        "0", "-pix_fmt", "yuvj422p",
        str(folder / "f%d.jpg")
    ]
    subprocess.run(command, check=True, timeout=30)
    return folder
