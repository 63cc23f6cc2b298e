# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the check of a change: python3 Tests/test_change.py"""

from __future__ import annotations

import contextlib
import io
import os
import tempfile
import time
import unittest
from collections.abc import Callable
from pathlib import Path
from typing import IO
from unittest import mock

import change
import fault_classes
from change import ALONE, BATCH_SECONDS, EDGES, OTHERS, PLAYING, UNKNOWN_SECONDS, Batch, Check
from scope import Scope

A, B, C = (f"Tests/Thorough/test_{name}.py" for name in "abc")


class PlanTests(unittest.TestCase):
    """Which files run, in which order, and together."""

    def test_direct_files_first_then_those_repeated_before_then_the_shortest(self) -> None:
        order = change.ordered({A: 1, B: 0, C: 0}, {C: 1}, lambda path: 5)
        self.assertEqual(order, [C, B, A])
        seconds = {A: 5.0, B: 9.0, C: 7.0}
        self.assertEqual(change.ordered({A: 0, B: 0, C: 0}, {}, seconds.__getitem__), [A, C, B])

    def test_batches_have_one_kind_and_a_bounded_length(self) -> None:
        kinds = {A: PLAYING, B: OTHERS, C: PLAYING}
        found = change.batches([A, B, C], kinds.__getitem__, lambda _: 10)
        self.assertEqual([(batch.kind, batch.files) for batch in found],
                         [(PLAYING, [A, C]), (OTHERS, [B])])
        found = change.batches([A, B, C], lambda _: ALONE, lambda _: BATCH_SECONDS)
        self.assertEqual([batch.files for batch in found], [[A], [B], [C]])

    def test_kinds(self) -> None:
        self.assertEqual(change.kind_of(A, True, []), PLAYING)
        self.assertEqual(change.kind_of(A, False, []), OTHERS)
        self.assertEqual(change.kind_of(A, True, [A]), ALONE)
        self.assertEqual(change.kind_of("Tests/Edge/test_a.py", True, []), EDGES)
        self.assertEqual(Batch(EDGES, [A]).command()[0], "deps-edge")

    def test_a_file_plays_if_it_imports_a_player(self) -> None:
        imports = {A: frozenset({B}), B: frozenset({"Tests/harness/browser.py"}),
                   C: frozenset({"Tests/conftest.py"}),
                   "Tests/conftest.py": frozenset({"Tests/harness/browser.py"})}
        self.assertEqual([change.plays(imports, path) for path in (A, B, C)], [True, True, False])

    def test_seconds_of_a_file(self) -> None:
        measured = {"Thorough/test_a.py": 3.0, "Thorough/test_a.py players": 4.0}
        self.assertEqual(change.seconds_of(measured, A), 7)
        self.assertEqual(change.seconds_of(measured, B), UNKNOWN_SECONDS)

    def test_the_fixed_part_has_the_end_to_end_tests_and_documents_touch_no_other(self) -> None:
        own = "Tests/EndToEnd/test_mqtt.py"
        tests = {A: 0, own: 0, change.DOCUMENT_TESTS: 0}
        self.assertEqual(change.candidates(Scope(["Sources/A/a.swift"], tests=tests)), {A: 0})
        self.assertEqual(change.candidates(Scope(["docs/a.md"], tests=tests)), {})

    def test_touched_jobs_are_named_unless_all_their_touched_files_ran(self) -> None:
        found = Scope(["Sources/CMAF/A.swift"], targets={"CMAF": 0, "CMAFTests": 1},
                      tests={A: 0, B: 1})
        names = [line.split("JOB=")[1].split()[0] for line in change.not_run_jobs(found, {A})]
        self.assertEqual(names, ["thorough-http", "thorough-players", "units-long", "tsan",
                                 "asan", "other-debian"])
        names = [line.split("JOB=")[1].split()[0] for line in change.not_run_jobs(found, {A, B})]
        self.assertEqual(names, ["units-long", "tsan", "asan", "other-debian"])

    def test_a_job_that_is_touched_without_a_file_is_named(self) -> None:
        for found in (Scope(["deploy/edge/a.conf"]),
                      Scope(["Makefile"], recipes=frozenset({"edge"}),
                            tests={"Tests/Edge/test_a.py": 0})):
            lines = change.not_run_jobs(found, {"Tests/Edge/test_a.py"})
            self.assertTrue(any("JOB=edge" in line for line in lines), found)

    def test_the_plan_names_the_fixed_part_the_batches_and_the_jobs(self) -> None:
        found = Scope(["Sources/CMAF/A.swift"], targets={"CMAFTests": 1}, tests={A: 0},
                      causes={"CMAFTests": "Sources/CMAF/A.swift"})
        lines = change.plan_lines(found, change.FIXED, [Batch(OTHERS, [A], 10)])
        self.assertEqual(lines[:4], ["fixed   lint: make lint", "fixed   make test: make test",
                                     "fixed   fault classes: make BUILT=1 fault-classes",
                                     f"   25 s others  {A}"])
        self.assertIn("JOB=units-long", lines[4])
        self.assertIn("touched: Sources/CMAF/A.swift)", lines[4])

    def test_cases_of_faults_must_exist(self) -> None:
        cases = {"a kill": "Faults/a.py::test_a[x]", "a cut": "Faults/a.py::test_b",
                 "a lie": "Faults/b.py::test_a"}
        text = "@pytest.mark.parametrize('a', ['x'])\ndef test_a(): pass"
        found = list(fault_classes.faults(cases, {"Faults/a.py": text}))
        self.assertEqual([line.split(": ")[1] for line in found], ["a cut", "a lie"])


    def test_parameters_of_cases_must_exist(self) -> None:
        mark = "@pytest.mark.parametrize"
        text = (f"PATHS = {{'ws': 1, 'frames': 2}}\n{mark}('a', PATHS)\ndef test_a(): pass\n"
                f"{mark}(('a', 'b'), [('ws', 1), ('hls', 2)])\ndef test_b(): pass\n"
                f"{mark}('a', [1, 2])\n{mark}('b', ['x'])\ndef test_c(): pass\n"
                f"{mark}('a', [f(1)])\ndef test_d(): pass\ndef test_e(): pass\n"
                f"{mark}('a', [f(1)], ids=['one'])\ndef test_f(): pass\n")
        good = ("a[ws]", "a", "b[ws-1]", "c[x-2]", "d[any]", "e", "f[one]")
        bad = ("a[w]", "b[ws-2]", "c[2-x]", "e[x]", "f[two]")
        cases = {name: f"a.py::test_{name}" for name in (*good, *bad)}
        found = [line.split(": ")[1] for line in fault_classes.faults(cases, {"a.py": text})]
        self.assertEqual(found, list(bad))


class RunTests(unittest.TestCase):
    """The commands, and the last lines."""

    def run_change(self, found: Scope, make: Callable[..., int], began: float = 0, *,
                   has_output: bool = False) -> tuple[int, list[str], list[str]]:
        """The status, the made targets, and the last lines."""
        made: list[str] = []

        def run(command: list[str], *, stdout: IO[bytes], **_: object) -> mock.Mock:
            made.append(" ".join(command[5:]))
            return mock.Mock(returncode=make(command, stdout) if has_output else make(command))

        printed = io.StringIO()
        planned = [Batch(OTHERS, [A], 10), Batch(PLAYING, [B, C], 60)]
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        with mock.patch.multiple(change, scope_since=lambda _: found, plan=lambda _: planned,
                                 LOGS=Path(folder.name)), \
                mock.patch("change.subprocess.run", run), \
                mock.patch.dict(os.environ, {"BASE": "base", "TEST_RUN": "none",
                                             "CHECK_BEGAN": str(time.time() - began)}), \
                contextlib.redirect_stdout(printed):
            status = change.main([])
        lines = printed.getvalue().partition("--- what was checked")[2].splitlines()
        return status, made, lines

    def test_the_fixed_part_is_run_whole_and_then_what_is_touched(self) -> None:
        found = Scope(["Tests/Thorough/test_a.py"], tests={A: 0, B: 1, C: 1})
        status, made, lines = self.run_change(found, lambda _: 0)
        self.assertEqual(status, 0)
        self.assertEqual([line.split()[0] for line in made[:2]], ["lint", "test"])
        self.assertIn("fault-classes", made[2])
        self.assertTrue(made[3].endswith(f"FILES={A}") and made[4].endswith(f"FILES={B} {C}"))
        self.assertEqual(lines[-1], "5 steps passed, 0 FAILED, 0 files NOT RUN, in 0 minutes")

    def test_skipped_tests_are_in_the_line_of_their_step(self) -> None:
        def make(_: list[str], stdout: IO[bytes]) -> int:
            stdout.write(b"SKIPPED [2] Tests/harness/tools.py:27: mpv not found: players\n")
            return 0

        _, _, lines = self.run_change(Scope(["docs/testing.md"]), make, has_output=True)
        self.assertTrue(all(line.endswith("; 2 skipped: mpv not found: players")
                            for line in lines if line.startswith("passed")), lines)

    def test_a_failure_of_the_fixed_part_stops_before_what_is_touched(self) -> None:
        found = Scope(["Tests/Thorough/test_a.py"], tests={A: 0, B: 1, C: 1})
        status, made, lines = self.run_change(found, lambda command: 2 * ("lint" in command))
        self.assertEqual((status, len(made)), (1, 3))
        self.assertTrue(any(line.startswith("FAILED   lint") for line in lines))
        self.assertIn(f'NOT RUN  make files WORKERS=4 FILES="{A}"', lines)
        self.assertEqual(lines[-1], "2 steps passed, 1 FAILED, 3 files NOT RUN, in 0 minutes")

    def test_what_does_not_fit_is_not_run_and_named(self) -> None:
        found = Scope(["Tests/Thorough/test_a.py"], tests={A: 0, B: 1, C: 1})
        # Batch A is expected to take 25 s, the other one 45 s.
        status, made, lines = self.run_change(found, lambda _: 0, began=60 * 60 - 35)
        self.assertEqual((status, len(made)), (0, 4))
        self.assertIn(f'NOT RUN  make files WORKERS=2 FILES="{B} {C}"', lines)
        self.assertTrue(any("JOB=thorough-players" in line for line in lines))
        self.assertEqual(lines[-1], "4 steps passed, 0 FAILED, 2 files NOT RUN, in 59 minutes")

    def test_a_failed_batch_is_a_failure_and_the_next_one_runs(self) -> None:
        found = Scope(["Tests/Thorough/test_a.py"], tests={A: 0, B: 1, C: 1})
        status, made, lines = self.run_change(found, lambda command: 2 * (A in command[-1]))
        self.assertEqual((status, len(made)), (1, 5))
        self.assertTrue(any(line.endswith("status 2") for line in lines))

    def test_a_batch_that_is_stopped_is_not_run(self) -> None:
        found = Scope(["Tests/Thorough/test_a.py"], tests={A: 0, B: 1, C: 1})
        status, made, lines = self.run_change(found, lambda command: 124 * (A in command[-1]))
        self.assertEqual((status, len(made)), (0, 5))
        self.assertTrue(any(line.startswith("stopped") and line.endswith("status 124, its limit")
                            for line in lines))
        self.assertTrue(any(line.startswith("NOT RUN") and A in line for line in lines))

    def test_touched_files_are_ended_after_60_minutes_and_the_fixed_part_later(self) -> None:
        found = Scope(["Tests/Thorough/test_a.py"], tests={A: 0})
        limits: list[int] = []
        status, _, _ = self.run_change(found, lambda command: limits.append(int(command[2])) or 0,
                                       began=1000)
        self.assertEqual(status, 0)
        for limit, minutes in zip(limits, (75, 75, 75, 60, 60), strict=True):
            self.assertAlmostEqual(limit, minutes * 60 - 1000, delta=5)

    def test_documents_alone_need_lint_and_their_tests(self) -> None:
        _, made, _ = self.run_change(Scope(["docs/testing.md"]), lambda _: 0)
        self.assertEqual(made[:2], ["lint", f"files FILES={change.DOCUMENT_TESTS}"])

    def test_an_unknown_base_touches_everything_and_says_so(self) -> None:
        _, made, lines = self.run_change(Scope([], everything="base is not a commit"), lambda _: 0)
        self.assertIn("test", made)
        self.assertIn("EVERYTHING IS TOUCHED: base is not a commit", lines[1])

    def test_minutes_are_counted_from_the_beginning(self) -> None:
        self.assertAlmostEqual(Check(time.time() - 600).left(60), 3000, delta=5)


if __name__ == "__main__":
    unittest.main()
