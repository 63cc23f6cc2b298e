# SPDX-License-Identifier: Apache-2.0
"""Keeps Swift tests that wait away from the threads of the others.

Swift runs all tests on as many threads as there are processors. A test that waits for a thread, a
socket, a device or an encoder holds one of them, and delays the results of pure tests. So a file
with such tests is in a folder `Blocking/` of its target, each of its suites has the trait
`.blocking` (threads of their own), and a target of `quickTests` in Package.swift has none. A file
waits if it names one of CONSTRUCTS, or a type of its target whose file does.
Prints one line per fault; exits with 1 if there is one.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

from check_circles import graph, reach

ROOT = Path(__file__).resolve().parent.parent
FOLDER = "Blocking"
# What waits, or computes for long, in a test or in the program behind the named type.
CONSTRUCTS = re.compile(
    r"""SystemClock\.sleep | \busleep\( | \bsleep\( | \bOSThread\(name | \bThreads\.
    | \b(?:Serial|Timer)Thread\( | \bpthread_create | \bListeningSocket\( | \bsocketpair\(
    | \bProcess\(\) | \b(?:Video|Audio)Encoder\( | \bVideoDecoder\( | \bavcodec_ | \bavformat_
    | \bAudioDevice\(device | \bHTTPClient[.(] | \bArchiveStore\( | \bLineFile\( | \bLogWriter\(
    | \bTransport\.allCases | [(,]\s*\.sockets\b""", re.VERBOSE)
# Helpers that wait only for tests that ask for it by one of CONSTRUCTS.
IN_MEMORY = {"HTTPTests": {"TestServer.swift", "TestClient.swift", "ClientEnd.swift"}}
TEXT = r"\"(?:\\.|[^\"\\])*\""
SUITE = re.compile(rf"@Suite(?:\((?:[^()\"]|{TEXT}|\((?:[^()\"]|{TEXT})*\))*\))?")


def code(text: str) -> str:
    """A Swift file without its comments of whole lines."""
    return re.sub(r"^\s*//.*$", "", text, flags=re.MULTILINE)


def waiting(texts: dict[str, str], in_memory: set[str]) -> set[str]:
    """The files of a target that wait, or name a type of a file that does."""
    direct = {path for path, text in texts.items()
              if path not in in_memory and CONSTRUCTS.search(code(text))}
    edges = graph({path: text for path, text in texts.items() if path not in in_memory})
    return {path for path in edges if path in direct or reach(edges, path) & direct}


def faults(target: str, texts: dict[str, str], quick: set[str]) -> Iterator[str]:
    """The faults of a target, from its files by their paths in it."""
    found = waiting(texts, IN_MEMORY.get(target, set()))
    for path, text in sorted(texts.items()):
        name, is_apart = f"Tests/{target}/{path}", FOLDER in Path(path).parts
        if "@Test" not in text:
            continue
        if path in found and not is_apart:
            yield f"{name}: its tests wait; they belong in Tests/{target}/{FOLDER}/"
        if is_apart and target in quick:
            yield f"{name}: {target} is one of the quick tests, which do not wait"
        suites = SUITE.findall(text)
        if is_apart and not (suites and all(".blocking" in suite for suite in suites)):
            yield f"{name}: a suite lacks the trait .blocking"
        if not is_apart and ".blocking" in code(text):
            yield f"{name}: has the trait .blocking; such files belong in {FOLDER}/"


def suite_names(text: str) -> list[str]:
    """The types of a file's suites."""
    return re.findall(r"\b(?:struct|class|actor|enum|extension)\s+(\w+)",
                      "\n".join(part.split("{")[0] for part in SUITE.split(code(text))[1:]))


def blocking_suites(tests: Path = ROOT / "Tests") -> list[str]:
    """The suites with the trait, as `Target.Suite`."""
    return sorted(f"{target.name}.{name}" for target in tests.glob("*Tests")
                  for path in target.rglob("*.swift") if FOLDER in path.parts
                  for name in suite_names(path.read_text()))


def quick_targets(manifest: str) -> set[str]:
    """The test targets of the list `quickTests`."""
    listed = re.search(r"let quickTests[^=]*= \[(.*?)\]", manifest, re.DOTALL)
    return {f"{name}Tests" for name in re.findall(r'"(\w+)"', listed[1] if listed else "")}


def main() -> int:
    """Prints the faults of all test targets; the exit status."""
    quick = quick_targets((ROOT / "Package.swift").read_text())
    lines = [] if quick else ["Package.swift: no list quickTests"]
    for target in sorted((ROOT / "Tests").glob("*Tests")):
        texts = {str(path.relative_to(target)): path.read_text()
                 for path in target.rglob("*.swift")}
        lines += faults(target.name, texts, quick)
    print("\n".join(lines) if lines else "tests that wait have threads of their own")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
