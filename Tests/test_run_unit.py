# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the run of the Swift tests: python3 Tests/test_run_unit.py"""

from __future__ import annotations

import os
import re
import tempfile
import unittest
from pathlib import Path
from unittest import mock

from check_blocking import blocking_suites, suite_names
from run_unit import Run, halves, pattern, split

PROGRAM = """#!/bin/bash
# Writes its arguments; a test fails unless it runs alone.
while [ $# -gt 0 ]; do case $1 in
  --event-stream-output-path) events=$2;; --filter|--skip) echo "$1 $2";; esac; shift; done
echo '{"payload":{"kind":"issueRecorded","testID":"A.B/c()/B.swift:1:2","messages":
"x"}}' | tr -d '\\n' >"$events"
echo "Test run with 7 tests in 2 suites passed after 1 seconds."
exit 1
"""


class Patterns(unittest.TestCase):
    """The tests of a process."""

    def test_a_pattern_has_the_tests_of_a_suite_and_of_no_longer_name(self) -> None:
        found = re.compile(pattern(["A.BTests", "C.DTests/e()"]))
        for name in ("A.BTests", "A.BTests/c()/F.swift:1:2", "C.DTests/e()/D.swift:3:4"):
            self.assertTrue(found.search(name), name)
        for name in ("A.BTestsToo", "XA.BTests", "C.DTests/f()", "AxBTests"):
            self.assertFalse(found.search(name), name)

    def test_each_test_is_in_one_process(self) -> None:
        with mock.patch.dict(os.environ, clear=True):
            (one, filtered), (other, skipped) = halves([])
        self.assertEqual((one, other), ("blocking", "pure"))
        self.assertEqual((filtered[0], skipped[0]), ("--filter", "--skip"))
        self.assertEqual(filtered[1], skipped[1])

    def test_chosen_tests_and_the_quick_ones_have_one_process(self) -> None:
        with mock.patch.dict(os.environ, clear=True):
            self.assertEqual(list(halves(["--filter", "A"])), [("tests", ["--filter", "A"])])
        with mock.patch.dict(os.environ, {"QUICK": "1"}):
            self.assertEqual(list(halves([])), [("tests", [])])

    def test_arguments_of_the_build_are_apart_from_those_that_choose_tests(self) -> None:
        self.assertEqual(
            split(["--scratch-path", ".b", "--skip-build", "--filter", "A.B", "-Xswiftc", "-g"]),
            (["--scratch-path", ".b", "-Xswiftc", "-g"], ["--filter", "A.B"], True))
        self.assertEqual(split(["--sanitize=thread"]), (["--sanitize=thread"], [], False))

    def test_the_suites_with_the_trait_are_found(self) -> None:
        text = ('@Suite("a { b", .serialized, .blocking)\nstruct OneTests {\n  struct Row {}\n}\n'
                '@Suite(\n  "c", .blocking)\nfinal class TwoTests { @Test func d() {} }\n')
        self.assertEqual(suite_names(text), ["OneTests", "TwoTests"])
        self.assertIn("CaptureTests.CameraTests", blocking_suites())


class Processes(unittest.TestCase):
    """The results of a process."""

    def test_lines_numbers_and_status_of_a_process(self) -> None:
        with tempfile.TemporaryDirectory() as name:
            program = Path(name, "tests")
            program.write_text(PROGRAM)
            program.chmod(0o755)
            run = Run(program, Path(name), "pure", ["--skip", "A"])
            run.start()
            with mock.patch("sys.stdout") as shown:
                self.assertEqual(run.wait(), 1)
            self.assertIn("--skip A", shown.write.call_args[0][0])
            self.assertEqual(run.counted(), (7, 2))
            self.assertTrue(run.events.is_file())


if __name__ == "__main__":
    unittest.main()
