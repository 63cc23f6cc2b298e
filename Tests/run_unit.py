# SPDX-License-Identifier: Apache-2.0
"""Runs the Swift tests; repeats failed tests once, alone, and prints both results.

Swift starts the tests of a process in one order, on as many threads as there are processors: the
last of those that wait would begin when the pure ones have ended, and the processors would idle.
So two processes run at the same time: one has the suites with the trait `.blocking` (folders
`Blocking/`), whose tests have threads of their own, the other one all others. With QUICK=1 in the
environment the package has the quick tests only. A busy machine may delay the encoder, devices and
threads by seconds: a test that fails twice is a failure, and so are more than three repeated tests
of a run of all targets (see repeated.py).
run_unit.py [--skip-build] [--filter PATTERN] [ARGUMENTS OF swift build]
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from check_blocking import blocking_suites
from repeated import MOST_REPEATED, forgive

SUMMARY = re.compile(r"Test run with (\d+) tests? in (\d+) suites? (?:passed|failed)")


@dataclass
class Run:
    """One process of tests, with those of a pattern, or without them."""

    program: Path
    folder: Path
    name: str
    arguments: list[str]
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def events(self) -> Path:
        """The file that gets the events."""
        return self.folder / f"{self.name}.jsonl"

    @property
    def output(self) -> Path:
        """The file that gets the lines for persons."""
        return self.folder / f"{self.name}.txt"

    def start(self) -> None:
        """Starts the process."""
        command = [str(self.program), "--testing-library", "swift-testing",
                   "--event-stream-output-path", str(self.events),
                   "--event-stream-version", "0", *self.arguments]
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)

    def wait(self) -> int:
        """Waits for the process, prints its lines, and returns its status."""
        assert self.process is not None
        try:
            return self.process.wait()
        finally:
            # Also at the limit of the run, whose last lines name the tests that have not ended.
            if self.process.poll() is None:
                self.process.kill()
            sys.stdout.write(self.output.read_text(errors="replace"))
            sys.stdout.flush()

    def counted(self) -> tuple[int, int]:
        """The numbers of tests and suites."""
        found = SUMMARY.findall(self.output.read_text(errors="replace"))
        return (int(found[-1][0]), int(found[-1][1])) if found else (0, 0)


def failures(events: Path) -> dict[str, list[str]]:
    """The functions with a recorded issue, with its texts; a name lacks file and line."""
    found: dict[str, list[str]] = {}
    for line in events.read_text(errors="replace").splitlines() if events.exists() else []:
        try:
            payload = json.loads(line)["payload"]
        except (ValueError, KeyError):
            continue
        if payload.get("kind") != "issueRecorded" or payload.get("issue", {}).get("isKnown"):
            continue
        name = re.sub(r"/[^/]+\.swift:\d+:\d+$", "", payload.get("testID", ""))
        texts = [message["text"] for message in payload.get("messages", [])]
        found.setdefault(name, []).extend(texts[:3])
    return found


def all_of(runs: list[Run]) -> tuple[int, dict[str, list[str]]]:
    """Runs processes at the same time: the first status that is not 0, and the failures."""
    for run in runs:
        run.start()
    statuses = [run.wait() for run in runs]
    failed = {name: texts for run in runs for name, texts in failures(run.events).items()}
    return next(filter(None, statuses), 0), failed


def pattern(names: list[str]) -> str:
    """The pattern of suites or functions: of their own tests, and of no other name."""
    return f"^(?:{'|'.join(map(re.escape, names))})(?:/|$)"


def halves(wanted: list[str]) -> Iterator[tuple[str, list[str]]]:
    """The processes of a run: their names and arguments."""
    if wanted or os.environ.get("QUICK"):
        yield "tests", wanted
        return
    blocking = pattern(blocking_suites())
    yield "blocking", ["--filter", blocking]
    yield "pure", ["--skip", blocking]


def split(arguments: list[str]) -> tuple[list[str], list[str], bool]:
    """Arguments of the build, those that choose tests, and whether the tests are built already."""
    build, chosen = [], []
    rest = iter(arguments)
    for word in rest:
        if word == "--filter":
            chosen += [word, next(rest, "")]
        elif word != "--skip-build":
            build.append(word)
    return build, chosen, "--skip-build" in arguments


def program_of(build: list[str]) -> Path:
    """The program of all tests."""
    shown = subprocess.run(["swift", "build", *build, "--show-bin-path"], check=True, text=True,
                           stdout=subprocess.PIPE)
    name = "streamer-quick" if os.environ.get("QUICK") else "streamer"
    return Path(shown.stdout.strip()) / f"{name}PackageTests.xctest"


def main(arguments: list[str]) -> int:
    """Runs the tests and repeats the failed ones."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(124))
    build, chosen, is_built = split(arguments)
    if not is_built:
        done = subprocess.run(["swift", "build", *build, "--build-tests"], check=False)
        if done.returncode:
            return done.returncode
    program = program_of(build)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs = [Run(program, folder, half, words) for half, words in halves(chosen)]
        status, failed = all_of(runs)
        if len(runs) > 1:
            tests, suites = (sum(numbers) for numbers in zip(*(run.counted() for run in runs)))
            print(f"Both test runs: {tests} tests in {suites} suites", flush=True)
        if status == 0:
            return forgive([], 0)
        for test, texts in failed.items():
            print(f"FAILED {test}: {'; '.join(texts)[:1000]}", flush=True)
        if not failed or "" in failed or len(failed) > MOST_REPEATED:
            return status
        print(f"repeating {len(failed)} of the tests alone", flush=True)
        status, again = all_of([Run(program, folder, "again",
                                    ["--filter", pattern(list(failed))])])
        for test in failed:
            print(f"{'FAILED AGAIN' if test in again else 'PASSED when repeated'} {test}")
        return forgive([test for test in failed if test not in again], status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
