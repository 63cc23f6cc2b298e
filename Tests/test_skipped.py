# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the search for skipped tests: python3 Tests/test_skipped.py"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from skipped import LONGEST_REASON, note, note_of

TESTS = Path(__file__).resolve().parent
NOTES = {
    "SKIPPED [2] Tests/harness/tools.py:27: h2spec not found: HTTP/2 by a suite of others\n":
        "2 skipped: h2spec not found: HTTP/2 by a suite of others",
    "a\nSKIPPED [1] Tests/a.py:3: one\nb\nSKIPPED [3] Tests/b.py:4: two\n": "4 skipped: one",
    '➜ Test "a camera is opened" skipped: "no camera"\n': "1 skipped: no camera",
    "➜ Suite DeviceTests skipped.\n": "1 skipped: no reason",
    "ok 3 - a socket # SKIP node has no WebSocket\n": "1 skipped: node has no WebSocket",
    "12 passed, 1 warning\n": "",
    '◇ Test "PL-01: version 6, 9 with a SKIP, 10 for v2" started.\n': "",
    "# skipped 0\n": "",
}


class SkippedTests(unittest.TestCase):
    """Which lines count, and what the row of a run says."""

    def test_notes(self) -> None:
        for text, expected in NOTES.items():
            with self.subTest(text):
                self.assertEqual(note(text), expected)

    def test_a_long_reason_is_shortened(self) -> None:
        text = note(f"SKIPPED [1] a.py:1: {'word ' * 50}\n")
        self.assertTrue(text.endswith("…"))
        self.assertEqual(len(text), len("1 skipped: ") + LONGEST_REASON)

    def test_without_a_file_there_is_no_note(self) -> None:
        self.assertEqual(note_of(Path("/nonexistent")), "")

    def test_an_output_is_printed_and_kept(self) -> None:
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder, "logs/1.log")
            done = subprocess.run([sys.executable, "-c", f"""
import subprocess
from pathlib import Path
from skipped import copied
with copied(Path({str(log)!r})) as output:
    subprocess.run(["echo", "SKIPPED [1] a.py:1: no mpv"], stdout=output)
print("after it")
"""], cwd=TESTS, capture_output=True, text=True, timeout=60, check=True)
            self.assertEqual(done.stdout, "SKIPPED [1] a.py:1: no mpv\nafter it\n")
            self.assertEqual(note_of(log), "1 skipped: no mpv")


if __name__ == "__main__":
    unittest.main()
