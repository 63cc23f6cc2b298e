# SPDX-License-Identifier: Apache-2.0
"""Unit tests of what a release refuses: python3 Tests/test_version.py"""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "release"))
from version import changelog_faults  # noqa: E402

DATED = "## [1.2.0] - 2026-11-29\n\n- new\n\n## [1.1.0] - 2026-11-01\n\n- old\n"


class ChangelogTests(unittest.TestCase):
    """The heading of a version, and entries that belong to none."""

    def faults(self, text: str) -> list[str]:
        """The faults for version 1.2.0."""
        return list(changelog_faults(text, "1.2.0"))

    def test_a_dated_heading_is_enough(self) -> None:
        self.assertEqual(self.faults(DATED), [])
        self.assertEqual(self.faults(f"# Changelog\n\n## [Unreleased]\n\n{DATED}"), [])

    def test_a_heading_without_a_date_is_refused(self) -> None:
        self.assertEqual(self.faults("## [1.2.0]\n\n- new\n"),
                         ["CHANGELOG.md: no heading ## [1.2.0] with a date"])

    def test_another_version_is_refused(self) -> None:
        self.assertEqual(len(self.faults("## [1.2.1] - 2026-11-29\n\n- new\n")), 1)

    def test_entries_below_unreleased_are_refused(self) -> None:
        text = f"## [Unreleased]\n\n### Added\n\n- one\n- two\n  lines\n\n{DATED}"
        self.assertEqual(self.faults(text), [
            "CHANGELOG.md: 2 entries below Unreleased, which no release has"])


if __name__ == "__main__":
    unittest.main()
