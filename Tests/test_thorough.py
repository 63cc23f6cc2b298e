# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the jobs of `make thorough`, their results, and limits.

python3 Tests/test_thorough.py
"""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
import tempfile
import time
import unittest
from dataclasses import replace
from pathlib import Path
from unittest import mock

import thorough
from scope import ROOT, Graph, Scope, scope, tests_of
from thorough import PASSED, Result, State, chosen, read, state, summary, touches, write
from thorough_jobs import JOBS, LONG, MOST_MINUTES, Job

JOB = Job("edge", "edge HOSTILE_COUNT=3", 12, ("Tests/Edge/*", "deploy/edge", "Fuzz*"), "caches")
HEAD, OLD = "bbbbbbbbbb", "aaaaaaaaaa"
RESULT = Result("edge", HEAD, False, PASSED, 61, "2026-11-28T10:00:00Z", False, "1", JOB.command)
LONG_RESULT = replace(RESULT, is_long=True, command=" ".join(JOB.arguments(True)))


def between(*changed: str, **touched: dict[str, int]):
    """A change between two commits."""
    return lambda _: Scope(list(changed), **touched)


class TableTests(unittest.TestCase):
    """The rows."""

    def test_the_limits_are_at_most_150_minutes(self) -> None:
        self.assertLessEqual(sum(job.minutes for job in JOBS), MOST_MINUTES)

    def test_names_differ_and_commands_are_targets(self) -> None:
        self.assertEqual(len({job.name for job in JOBS}), len(JOBS))
        targets = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
        words = {word for job in JOBS for word in job.command.split() if "=" not in word}
        self.assertEqual(words - targets, set())

    def test_pages_of_the_site_are_covered(self) -> None:
        pages = re.search(r"^OUTSIDE = (\[.*?\])", (ROOT / "release/site.py").read_text(),
                          re.DOTALL | re.MULTILINE)
        assert pages
        row = {job.name: job for job in JOBS}
        self.assertEqual(set(ast.literal_eval(pages[1])) - set(row["docs"].covers), set())
        self.assertIn("CHANGELOG.md", row["release-check"].covers)

    def test_scripts_that_decide_about_tests_are_covered(self) -> None:
        for path, names in (("Tests/run_unit.py", {"units-long", "tsan", "asan"}),
                            ("Tests/repeated.py", {"units-long", "tsan", "asan", "edge", "package",
                                                   "faults-http", "thorough-players"})):
            touched = {job.name for job in JOBS if touches(Scope([path]), job) == path}
            self.assertEqual(names - touched, set())

    def test_what_the_script_of_a_job_imports_touches_the_job(self) -> None:
        for path, name in (("Tests/harness/mutation.py", "hostile"), ("Fuzz/seeds.py", "hostile"),
                           ("Tests/repeated.py", "tsan")):
            found = scope([path], Graph({}, {}), tests_of())
            touched = {job.name for job in JOBS if touches(found, job) == path}
            self.assertIn(name, touched, path)

    def test_targets_that_recipes_call_by_another_make_are_counted(self) -> None:
        touched = {job.name for job in JOBS
                   if touches(Scope(["Makefile"], recipes=frozenset({"install-files"})), job)}
        self.assertEqual(touched, {"package", "release-check"})
        called = {word for path in ("deploy/debian/rules", "release/build.sh")
                  for word in re.findall(r"^\s*(?:\$\(MAKE\)|make -s) ([a-z-]+)",
                                         (ROOT / path).read_text(), re.MULTILINE)}
        self.assertEqual(called, {"install-files"})

    def test_long_runs_have_other_values_and_limits(self) -> None:
        self.assertEqual(JOB.arguments(False), ["edge", "HOSTILE_COUNT=3"])
        self.assertEqual(JOB.arguments(True), ["edge", *map("=".join, LONG.items())])
        self.assertGreater(JOB.seconds(True), JOB.seconds(False))


class StateTests(unittest.TestCase):
    """Which results are valid."""

    def state(self, result: Result | None, *changed: str, run: str = "2", is_long: bool = False,
              **touched: dict) -> State:
        """The row of a result, after a change."""
        return state(JOB, result, HEAD, between(*changed, **touched), run, is_long)

    def test_no_result_is_not_run(self) -> None:
        found = self.state(None)
        self.assertEqual((found.kind, found.note), ("NOT RUN", "make thorough JOB=edge"))

    def test_a_result_of_this_commit(self) -> None:
        self.assertEqual(self.state(RESULT).kind, "passed")
        failed = self.state(replace(RESULT, result="status 2"))
        self.assertEqual(failed.kind, "FAILED")
        self.assertIn("status 2", str(failed))

    def test_an_older_result_is_valid_if_nothing_touches_the_job(self) -> None:
        old = replace(RESULT, commit=OLD)
        found = self.state(old, "Sources/Time/A.swift")
        self.assertEqual(found.kind, "passed")
        self.assertTrue(OLD[:8] in found.note and HEAD[:8] in found.note)
        for path, touched in (("deploy/edge/nginx/a", {}), ("Tests/Edge/certificate.pem", {}),
                              ("Sources/Time/A.swift", {"tests": {"Tests/Edge/test_a.py": 2}}),
                              ("Sources/Time/A.swift", {"targets": {"FuzzBodies": 1}}),
                              ("Makefile", {"recipes": frozenset({"edge"})}),
                              ("Package.swift", {"everything": "Package.swift"})):
            with self.subTest(path):
                found = self.state(old, path, **touched)
                self.assertEqual(found.kind, "NOT RUN")
                self.assertIn("make thorough JOB=edge", found.note)

    def test_only_a_long_result_counts_if_long_ones_are_asked_for(self) -> None:
        for outcome in (PASSED, "status 2"):
            found = self.state(replace(RESULT, result=outcome), is_long=True)
            self.assertEqual(found.kind, "NOT RUN")
            self.assertTrue(found.note.startswith("LONG=1 make thorough JOB=edge ("))
        self.assertEqual(self.state(None, is_long=True).note, "LONG=1 make thorough JOB=edge")
        for is_long in (True, False):
            self.assertEqual(self.state(LONG_RESULT, is_long=is_long).kind, "passed")

    def test_a_result_of_another_command_is_not_valid(self) -> None:
        for command in ("", "edge HOSTILE_COUNT=2"):
            found = self.state(replace(RESULT, command=command))
            self.assertEqual(found.kind, "NOT RUN")
            self.assertIn(f"another command: make {command or 'unknown'}", found.note)
        found = state(replace(JOB, minutes=13), RESULT, HEAD, between())
        self.assertEqual(found.kind, "passed", "limits alone may change")

    def test_a_failure_stays_one_while_nothing_touches_the_job(self) -> None:
        self.assertEqual(self.state(replace(RESULT, commit=OLD, result="status 1")).kind, "FAILED")

    def test_a_result_of_a_modified_work_tree_counts_in_its_run_only(self) -> None:
        modified = replace(RESULT, modified=True)
        self.assertEqual(self.state(modified, run="2").kind, "NOT RUN")
        found = self.state(modified, run="1")
        self.assertEqual(found.kind, "passed")
        self.assertIn("modified", found.note)

    def test_skipped_tests_are_in_the_row(self) -> None:
        result = replace(RESULT, skipped="2 skipped: h2spec not found")
        for outcome in (PASSED, "status 2"):
            row = str(self.state(replace(result, result=outcome)))
            self.assertIn("; 2 skipped: h2spec not found", row)
        self.assertNotIn("skipped", str(self.state(RESULT)))

    def test_a_changed_file_is_the_reason(self) -> None:
        found = Scope(["x", "y"], tests={"Tests/Edge/test_a.py": 2, "Tests/Edge/test_b.py": 1,
                                         "Tests/Faults/test_c.py": 0},
                      causes={"Tests/Edge/test_a.py": "x", "Tests/Edge/test_b.py": "y"})
        self.assertEqual(touches(found, JOB), "y")
        found = Scope(["x", "y"], targets={"FuzzBodies": 1}, causes={"FuzzBodies": "y"})
        self.assertEqual(touches(found, JOB), "y")


class RunTests(unittest.TestCase):
    """Runs, their files and the summary."""

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def test_results_are_read_again(self) -> None:
        self.assertIsNone(read(self.folder, JOB))
        write(self.folder, RESULT)
        self.assertEqual(read(self.folder, JOB), RESULT)
        (self.folder / "edge.json").write_text("{}")
        self.assertIsNone(read(self.folder, JOB))

    def test_jobs_with_a_valid_result_are_not_run_again(self) -> None:
        other = replace(JOB, name="fuzz")
        states = {"edge": State(JOB, "passed", ""), "fuzz": State(other, "FAILED", "")}
        self.assertEqual(chosen([], states, again=False), [other])
        self.assertEqual(chosen([], states, again=True), [JOB, other])
        self.assertEqual(chosen(["edge"], states, again=False), [JOB])
        with self.assertRaisesRegex(SystemExit, "no job sun"):
            chosen(["sun"], states, again=False)

    def test_the_summary_names_every_job(self) -> None:
        text = summary([State(JOB, "passed", "bbbbbbbb", 61), State(JOB, "NOT RUN", "make x"),
                        State(JOB, "FAILED", "status 2", 60)], HEAD)
        self.assertEqual(text.splitlines()[0].split(),
                         "passed edge 1 min 01 s of 12 bbbbbbbb".split())
        self.assertEqual(text.splitlines()[-1],
                         "1 of 3 jobs passed at bbbbbbbb (2 min), 1 FAILED, 1 NOT RUN")

    def test_a_job_is_ended_at_its_limit_with_all_that_it_started(self) -> None:
        program = f"""
import sys; sys.path.insert(0, {str(ROOT / 'Tests')!r})
import thorough
from pathlib import Path
thorough.ROOT = thorough.RESULTS = Path({str(self.folder)!r})
thorough.Repository.is_modified = lambda self: False
thorough.ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)
job = thorough.Job("a", "a", 1, (), "")
object.__setattr__(job, "seconds", lambda is_long: 2)
result = thorough.run(job, thorough.Repository(), False, "1").result
print(result, thorough.children(thorough.os.getpid()))
"""
        (self.folder / "Makefile").write_text(
            "a:\n\t@setsid sleep 300 & echo $$! > pid; sleep 300\n")
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True,
                              timeout=60, check=True)
        self.assertEqual(done.stdout.splitlines()[-1], "stopped at its limit of 0 minutes []")
        pid = int((self.folder / "pid").read_text())
        self.assertFalse(Path(f"/proc/{pid}/cmdline").exists(), "the process of the job is alive")

    def test_an_ended_run_names_the_jobs_that_did_not_run(self) -> None:
        program = f"""
import sys; sys.path.insert(0, {str(ROOT / 'Tests')!r})
import thorough
from pathlib import Path
thorough.ROOT = thorough.RESULTS = Path({str(self.folder)!r})
thorough.JOBS = [thorough.Job(name, "a", 1, (), "") for name in ("one", "two")]
sys.exit(thorough.main([]))
"""
        (self.folder / "Makefile").write_text("a:\n\t@echo begun > begun; exec sleep 300\n")
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE,
                                   text=True)
        end = time.monotonic() + 60
        while not (self.folder / "begun").exists() and time.monotonic() < end:
            time.sleep(0.05)
        before = (self.folder / "summary.txt").read_text()
        process.terminate()
        printed, _ = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143)
        for text in (before, printed, (self.folder / "summary.txt").read_text()):
            self.assertIn("NOT RUN  two", text)
            self.assertIn("0 FAILED, 2 NOT RUN", text.splitlines()[-1])

    def test_a_run_writes_the_result_of_each_job_as_it_ends(self) -> None:
        ends = iter([PASSED, "status 2"])
        jobs = (JOB, replace(JOB, name="fuzz"))

        def fake(job: Job, *_: object) -> Result:
            (self.folder / f"{job.name}.log").write_text("")
            return replace(RESULT, job=job.name, result=next(ends))

        repository = mock.Mock(head=HEAD, between=between())
        with mock.patch.multiple(thorough, RESULTS=self.folder, ROOT=self.folder, JOBS=jobs,
                                 run=fake, Repository=lambda: repository), \
                mock.patch.dict(os.environ, {"TEST_RUN": "1"}), \
                mock.patch("builtins.print"):
            self.assertEqual(thorough.main([]), 1)
            self.assertEqual(thorough.main(["--summary"]), 1)
            ends = iter([PASSED])
            self.assertEqual(thorough.main([]), 0)
            self.assertEqual(thorough.main(["--summary"]), 0)
        self.assertIn("2 of 2 jobs passed", (self.folder / "summary.txt").read_text())


if __name__ == "__main__":
    unittest.main()
