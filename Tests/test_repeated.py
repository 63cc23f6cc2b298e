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

from repeated import Line, faults, forgive, keep_last, lines


class RepeatedTests(unittest.TestCase):
    """One limit for all targets of a run."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.kept = Path(folder.name, "build/repeated-tests.txt")

    def forgive(self, run: str, *names: str, status: int = 0) -> tuple[int, list[str]]:
        """Status and printed lines of one target of a run."""
        printed = io.StringIO()
        with mock.patch.dict(os.environ, {"TEST_RUN": run}), \
                mock.patch("repeated.this_commit", lambda: "c0ffee00"), \
                contextlib.redirect_stdout(printed):
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
        self.assertEqual([f"{line.run} {line.name}" for line in lines(self.kept)],
                         ["1 a", "1 b", "1 c", "2 d", "2 a"])

    def test_the_last_ten_runs_are_kept_also_those_without_a_repeated_test(self) -> None:
        self.forgive("0", "a")
        for run in range(1, 11):
            self.assertEqual(self.forgive(str(run)), (0, []))
            self.forgive(str(run))
        self.assertEqual([line.run for line in lines(self.kept)], [*map(str, range(1, 11))])
        self.assertEqual(self.forgive("10", "a")[1][1:], ["  a"])

    def test_a_failure_stays_one(self) -> None:
        self.assertEqual(self.forgive("1", status=2), (2, []))
        self.assertEqual(self.forgive("1", "a", status=2)[0], 2)

    def test_names_may_have_spaces(self) -> None:
        self.assertEqual(self.forgive("1", "x[a b]")[1][1:], ["  x[a b]"])

    def test_the_last_run_is_kept_once_with_date_and_commit(self) -> None:
        tracked = self.kept.parents[1] / "repeated.txt"
        tracked.write_text("# a comment\n")
        self.forgive("2026-11-27T10:00:00Z-1", "a")
        self.forgive("2026-11-28T10:00:00Z-2", "a", "b[c d]")
        expected = ["2026-11-28T10:00:00Z c0ffee00 a", "2026-11-28T10:00:00Z c0ffee00 b[c d]"]
        self.assertEqual(keep_last(self.kept, tracked), expected)
        self.assertEqual(keep_last(self.kept, tracked), [])
        self.assertEqual(tracked.read_text().splitlines(), ["# a comment", *expected])

    def test_a_run_without_repeated_tests_adds_nothing(self) -> None:
        tracked = self.kept.parents[1] / "repeated.txt"
        self.assertEqual(keep_last(self.kept, tracked), [])
        self.forgive("2026-11-27T10:00:00Z-1", "a")
        self.forgive("2026-11-28T10:00:00Z-2")
        self.assertEqual(keep_last(self.kept, tracked), [])
        self.assertFalse(tracked.exists())

    def test_the_jobs_of_a_thorough_run_are_kept_together(self) -> None:
        tracked = self.kept.parents[1] / "repeated.txt"
        for job, name in (("1.faults", "a"), ("2.edge", "b"), ("2.faults", "c")):
            self.forgive(f"2026-11-28T10:00:00Z-{job}", name)
        self.assertEqual([line.rpartition(" ")[2] for line in keep_last(self.kept, tracked)],
                         ["b", "c"])

    def test_a_test_that_is_kept_twice_is_a_fault(self) -> None:
        kept = [Line("1", "c", "a"), Line("1", "c", "b"), Line("2", "d", "a")]
        self.assertEqual([line.split()[1] for line in faults(kept)], ["a"])
        self.assertEqual(list(faults(kept[:2])), [])


if __name__ == "__main__":
    unittest.main()
