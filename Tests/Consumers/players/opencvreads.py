# SPDX-License-Identifier: Apache-2.0
"""OpenCV reads an address, picture by picture: URL [OFFSET]; a clock per line."""

from __future__ import annotations

import sys

import cv2

sys.path.insert(0, str(__import__("pathlib").Path(__file__).parents[2]))
from harness.burnedclock import decode  # noqa: E402


def main() -> None:
    """Command line."""
    reader = cv2.VideoCapture(sys.argv[1])
    if len(sys.argv) > 2 and float(sys.argv[2]):
        reader.set(cv2.CAP_PROP_POS_MSEC, float(sys.argv[2]) * 1000)
    while True:
        has_one, picture = reader.read()
        if not has_one:
            return
        found = decode(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY))
        print("-" if found is None else found, flush=True)


if __name__ == "__main__":
    main()
