# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the count of repeated tests: python3 Tests/test_repeated.py"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from repeated import forgive


class RepeatedTests(unittest.TestCase):
    """One limit for all targets of a run."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.kept = Path(folder.name, "build/repeated-tests.txt")

    def forgive(self, run: str, *names: str, status: int = 0) -> tuple[int, list[str]]:
        """Status and printed lines of one target of a run."""
        printed = io.StringIO()
        with mock.patch.dict(os.environ, {"TEST_RUN": run}), contextlib.redirect_stdout(printed):
            found = forgive(list(names), status, self.kept)
        return found, printed.getvalue().splitlines()

    def test_targets_of_a_run_share_the_limit(self) -> None:
        self.assertEqual(self.forgive("1", "a", "b")[0], 0)
        self.assertEqual(self.forgive("1", "c")[0], 0)
        status, printed = self.forgive("1", "d")
        self.assertEqual(status, 1)
        self.assertEqual(printed[1:], ["  a", "  b", "  c", "  d",
                                       "FAILED: 4 tests had to be repeated"])

    def test_other_runs_are_kept_and_do_not_count(self) -> None:
        self.forgive("1", "a", "b", "c")
        status, printed = self.forgive("2", "d", "a")
        self.assertEqual(status, 0)
        self.assertEqual(printed[1:], ["  d", "  a, as in a former run: rewrite it"])
        self.assertEqual(self.kept.read_text().split(), "1 a 1 b 1 c 2 d 2 a".split())

    def test_the_last_ten_runs_are_kept_also_those_without_a_repeated_test(self) -> None:
        self.forgive("0", "a")
        for run in range(1, 11):
            self.assertEqual(self.forgive(str(run)), (0, []))
            self.forgive(str(run))
        self.assertEqual(self.kept.read_text().split("\n"), [*map(str, range(1, 11)), ""])
        self.assertEqual(self.forgive("10", "a")[1][1:], ["  a"])

    def test_a_failure_stays_one(self) -> None:
        self.assertEqual(self.forgive("1", status=2), (2, []))
        self.assertEqual(self.forgive("1", "a", status=2)[0], 2)

    def test_names_may_have_spaces(self) -> None:
        self.assertEqual(self.forgive("1", "x[a b]")[1][1:], ["  x[a b]"])


if __name__ == "__main__":
    unittest.main()
