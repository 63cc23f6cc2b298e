# SPDX-License-Identifier: Apache-2.0
"""The scope of a change: its targets, their dependants, and the test files that name them.

A test file tests the program from outside, and imports none of it: `Tests/subjects.json` names its
subjects, which are targets of `Package.swift` and folders or files of the repository. The distance
of a test file is 0 if the change is in the file or in one of its subjects, 1 if it is in a file
that it imports or in a target that a subject imports, and so on.

scope.py [BASE]   prints the scope of the difference from BASE (default: Tests/checked)
scope.py --lint   fails if a test file has no subject, or an unknown one, if it runs a command of
                  the program whose target no subject imports, and if Tests/seconds.json has a file
                  or a test that does not exist
"""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache
from pathlib import Path

from recipes import differing
from thorough_jobs import JOBS

ROOT = Path(__file__).resolve().parents[1]
SUBJECTS = ROOT / "Tests/subjects.json"
SECONDS = ROOT / "Tests/seconds.json"
CHECKED = ROOT / "Tests/checked"
# The folders whose files have subjects.
SUITES = ("EndToEnd", "Thorough", "Faults", "Edge", "Inputs", "Suites", "Consumers")
# The folders with Python that tests import or start.
PYTHON = ("Tests", "Bench", "Fuzz")
# A change of these files may change every test.
EVERYTHING = ("Package.swift", "Tests/pytest.ini", "Tests/requirements.txt",
              "Tests/run_pytest.py")
MAKEFILE = "Makefile"
# A change of the commands of these targets may change every test.
COMMON_TARGETS = ("build", "files")
# Documents: words, links and commands, which lint and test_documents.py check.
DOCUMENTS = ("*.md", "docs/*", "mkdocs.yml", "LICENSE", "Tests/checked", "Tests/repeated.txt")
# Files that lint reads, or that no check but the fixed ones can.
LINTED = (".*", MAKEFILE, "Tests/check_*.py", "Tests/test_*.py", "Tests/wordcheck.py",
          "Tests/comments.py", "Tests/scope.py", "Tests/recipes.py", "Tests/subjects.json",
          "Tests/thorough.py", "Tests/thorough_jobs.py", "Tests/change.py",
          "Tests/fault_classes.py", "Tests/repeated.py", "Tests/run_unit.py",
          "Tests/seconds.json", "Tests/times.txt", "Bench/*", *DOCUMENTS)
# Files that a subject does not contain, although it is a folder above them.
OUTSIDE_SUBJECTS = ("client/*.md", "client/test/*")
# The targets of the commands of the program, which tests run beside servers.
COMMANDS = {"validate": "Validation", "canary": "Validation", "archive": "Archive",
            "token": "Access", "password": "Access"}
# The table of requests that the program contains.
EDGE_CASES = "deploy/edge/cases.json"
# The distance of all tests if a file is unknown.
FAR = 9


@dataclass(frozen=True)
class Graph:
    """The targets of the package: the folder of each, and those that it imports."""

    folders: dict[str, str]
    imports: dict[str, frozenset[str]]

    def target(self, path: str) -> str | None:
        """The target of a file: the one with the longest folder that contains it."""
        homes = [name for name, folder in self.folders.items() if is_below(path, folder)]
        return max(homes, key=lambda name: len(self.folders[name]), default=None)

    def dependants(self, changed: Iterable[str], causes: dict[str, str] | None = None,
                   ) -> dict[str, int]:
        """The changed targets, with 0, and all that import them, with the number of steps."""
        return steps(dict.fromkeys(changed, 0), self.imports, causes)


def is_below(path: str, folder: str) -> bool:
    """Whether a path is a folder, or in it."""
    return path == folder or path.startswith(f"{folder}/")


def steps(start: dict[str, int], imports: dict[str, frozenset[str]],
          causes: dict[str, str] | None = None) -> dict[str, int]:
    """The names of `start`, and all that import them, with the least number of steps.

    `causes` has the changed file of each name of `start`, and gets that of all found names.
    """
    found = dict(start)
    causes = {} if causes is None else causes
    ring = set(found)
    while ring:
        closer = {}
        for name, imported in imports.items():
            nearest = min(((found[other], other) for other in imported & ring), default=None)
            if nearest is not None and nearest[0] + 1 < found.get(name, sys.maxsize):
                closer[name] = nearest[0] + 1, causes.get(nearest[1], nearest[1])
        found |= {name: distance for name, (distance, _) in closer.items()}
        causes |= {name: cause for name, (_, cause) in closer.items()}
        ring = set(closer)
    return found


def read_graph(dump: str) -> Graph:
    """The graph that `swift package dump-package` prints."""
    targets = json.loads(dump)["targets"]
    folders = {target["name"]: target.get("path")
               or f"{'Tests' if target['type'] == 'test' else 'Sources'}/{target['name']}"
               for target in targets}
    imports = {target["name"]: frozenset(next(iter(dependency.values()))[0]
                                         for dependency in target["dependencies"])
               for target in targets}
    return Graph(folders, imports)


@dataclass(frozen=True)
class Tests:
    """The test files, with their subjects, and the imports and words of each Python file."""

    subjects: dict[str, list[str]]
    imports: dict[str, frozenset[str]]


@dataclass
class Scope:
    """All that a change touches, each with its distance."""

    changed: list[str]
    targets: dict[str, int] = field(default_factory=dict)
    tests: dict[str, int] = field(default_factory=dict)
    everything: str = ""
    """The reason why all is touched; empty if it is not."""
    recipes: frozenset[str] = frozenset()
    """The targets of the Makefile whose commands differ."""
    causes: dict[str, str] = field(default_factory=dict)
    """A changed file for each target, script and test file, because of which it is touched."""
    scripts: dict[str, int] = field(default_factory=dict)
    """The changed Python files, and those that import one, each with its distance."""

    def nearest(self, subject: str, without: Iterable[str] = ()) -> tuple[int, str] | None:
        """The distance of a target, a file or a folder, and a changed file that touches it.

        Patterns are permitted for targets. Changed files of the forms `without` do not count.
        Scripts are touched by their imports, too.
        """
        found = [(steps, self.causes.get(name, name)) for name, steps in self.targets.items()
                 if fnmatch(name, subject)]
        found += [(steps, self.causes[path]) for path, steps in self.scripts.items()
                  if is_below(path, subject)]
        found += [(0, path) for path in self.changed
                  if is_below(path, subject) and not matches(path, without)]
        return min(found) if found else (FAR, self.everything) if self.everything else None

    def distance(self, subject: str) -> int | None:
        """The distance of a target, a file or a folder; patterns are permitted for targets."""
        found = self.nearest(subject)
        return found[0] if found else None

    def only_documents(self) -> bool:
        """Whether the change has documents, and nothing else."""
        return not self.everything and all(matches(path, DOCUMENTS) for path in self.changed)


def matches(path: str, patterns: Iterable[str]) -> bool:
    """Whether a path has one of these forms."""
    return any(fnmatch(path, pattern) for pattern in patterns)


def scope(changed: list[str], graph: Graph, tests: Tests, everything: str = "",
          recipes: frozenset[str] = frozenset()) -> Scope:
    """The scope of a change of these files, and of the commands of these targets."""
    common = [target for target in COMMON_TARGETS if target in recipes]
    found = Scope(changed, recipes=recipes,
                  everything=everything or (f"{MAKEFILE}, {common[0]}" if common else ""))
    homes = {path: embedding(path) or graph.target(path) for path in changed}
    for path, home in homes.items():
        found.causes |= {path: path, home or path: found.causes.get(home or path, path)}
    found.targets = graph.dependants({home for home in homes.values() if home}, found.causes)
    subjects = {subject for named in tests.subjects.values() for subject in named}
    python = dict.fromkeys((path for path in changed if path in tests.imports), 0)
    for path, home in homes.items():
        known = home or path in python or matches(path, LINTED) \
            or any(is_below(path, subject) for subject in subjects)
        if matches(path, EVERYTHING):
            found.everything = found.everything or path
        if is_resource(path) and not matches(path, LINTED):
            users = [name for name, words in tests.imports.items() if Path(path).stem in words]
            python = dict.fromkeys(users, 1) | python
            for name in users:
                found.causes.setdefault(name, path)
            known = known or bool(users)
        if not known and not is_other(path):
            found.everything = found.everything or path
    near = found.scripts = steps(python, tests.imports, found.causes)
    for path, named in tests.subjects.items():
        ways = [(near[path], found.causes[path])] if path in near else []
        ways += [way for subject in named if (way := found.nearest(subject, OUTSIDE_SUBJECTS))]
        if ways:
            found.tests[path], found.causes[path] = min(ways)
    return found


def embedding(path: str) -> str | None:
    """The target whose source embeds a file of another folder."""
    if path == EDGE_CASES:
        return "CEdgeCases"
    return "CPage" if is_page(path) else None


def is_page(path: str) -> bool:
    """Whether a file may be part of the page, which the program contains."""
    return path.startswith("client/") and not path.startswith("client/npm/") \
        and not matches(path, OUTSIDE_SUBJECTS)


def is_resource(path: str) -> bool:
    """Whether a file is one that Python tests name: a preloaded library, a script, a recording."""
    folder = path.split("/")[1] if path.startswith("Tests/") else "Tests"
    return not folder.endswith(("Tests", "Support")) and not path.endswith(".py")


def is_other(path: str) -> bool:
    """Whether a file belongs to a job of `make thorough` alone: fuzzers, releases, packages."""
    return path.startswith(("Fuzz/", "release/", "deploy/", "client/", "Tests/Package/",
                            "Tests/Release/", "Tests/other_debian.sh", "Tests/lsan.supp"))


def imported(path: str, text: str, files: set[str]) -> frozenset[str]:
    """The files that a Python file imports, its conftest.py, and the words in its texts."""
    folders = [str(Path(path).parent), "Tests", "Tests/EndToEnd", "Tests/Faults", "Tests/Inputs",
               "Bench", "Fuzz"]
    found = {f"{parent}/conftest.py" for parent in map(str, Path(path).parents)
             if path.startswith("Tests/") and Path(path).name.startswith("test_")}
    names: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) \
                and len(node.value) < 80:
            # A resource: a library of Preload, a script of the harness, a recorded response.
            found.add(Path(node.value).stem)
    for name in names:
        homes = [f"{folder}/{name.replace('.', '/')}.py" for folder in folders]
        found |= {home for home in homes if home in files}
    return frozenset(found - {path})


@cache
def tests_of(root: Path = ROOT) -> Tests:
    """The test files of the work tree."""
    paths = [path for folder in PYTHON for path in sorted((root / folder).rglob("*.py"))]
    texts = {str(path.relative_to(root)): path.read_text() for path in paths}
    subjects = {f"Tests/{name}": named
                for name, named in json.loads((root / "Tests/subjects.json").read_text()).items()}
    return Tests(subjects, {path: imported(path, text, set(texts))
                            for path, text in texts.items()})


@cache
def graph_of(root: Path = ROOT) -> Graph:
    """The targets of the work tree, asked of SwiftPM."""
    plain = {name: text for name, text in os.environ.items() if name not in ("QUICK", "FUZZ")}
    dump = subprocess.run(["swift", "package", "dump-package"], cwd=root, check=True, text=True,
                          stdout=subprocess.PIPE, env=plain)
    return read_graph(dump.stdout)


def git(*arguments: str) -> str | None:
    """The output of a git command; nil if it fails."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, check=False, text=True,
                          capture_output=True)
    return done.stdout.rstrip("\n") if done.returncode == 0 else None


def base_of(environment: dict[str, str]) -> str:
    """The commit from which a change is counted: BASE, or the one in Tests/checked."""
    return environment.get("BASE") or CHECKED.read_text().strip()


def changes(base: str, until: str | None = None) -> list[str] | None:
    """The files that differ from a commit; nil if the commit is not in the history.

    Without `until` those of the work tree, also files that git does not know yet.
    """
    between = git("diff", "--name-only", "--no-renames", base, *([until] if until else []))
    if between is None:
        return None
    own = "" if until else git("ls-files", "--others", "--exclude-standard") or ""
    return sorted({*between.splitlines(), *own.splitlines()})


def scope_since(base: str, until: str | None = None) -> Scope:
    """The scope of the difference from a commit."""
    changed = changes(base, until)
    if changed is None:
        return scope([], graph_of(), tests_of(), f"{base} is not a commit of this history")
    recipes: frozenset[str] = frozenset()
    if MAKEFILE in changed:
        new = git("show", f"{until}:{MAKEFILE}") if until else (ROOT / MAKEFILE).read_text()
        targets = {target for job in JOBS for target in job.targets}
        recipes = differing(git("show", f"{base}:{MAKEFILE}") or "", new or "",
                            {*targets, *COMMON_TARGETS}, ROOT)
    return scope(changed, graph_of(), tests_of(), recipes=recipes)


def faults(subjects: dict[str, list[str]], files: set[str], targets: set[str],
           exists: set[str]) -> Iterator[str]:
    """The faults of the table: `files` are the test files, `exists` the files and folders."""
    for name in sorted(files - set(subjects)):
        yield f"Tests/{name}: no subject in Tests/subjects.json"
    for name, named in sorted(subjects.items()):
        if name not in files:
            yield f"Tests/subjects.json: {name} is no test file"
        if not named:
            yield f"Tests/subjects.json: {name} has no subject"
        for subject in named:
            if subject not in targets and subject not in exists:
                yield f"Tests/subjects.json: {name}: {subject} is no target, file or folder"


def commands(text: str) -> frozenset[str]:
    """The commands of the program in the lists of arguments of a Python file."""
    return frozenset(
        second.value for node in ast.walk(ast.parse(text)) if isinstance(node, ast.List)
        for first, second in zip(node.elts, node.elts[1:])
        if isinstance(second, ast.Constant) and second.value in COMMANDS
        and "streamer_binary" in ast.unparse(first))


def uncovered(subjects: Mapping[str, list[str]], imports: Mapping[str, frozenset[str]],
              texts: Mapping[str, str], graph: Graph) -> Iterator[str]:
    """The test files that run a command whose target none of their subjects imports.

    `texts` has the Python files below Tests; a test also runs what it imports.
    """
    ran = {command: [path for path, text in texts.items() if command in commands(text)]
           for command in COMMANDS}
    for command, paths in ran.items():
        touched = graph.dependants([COMMANDS[command]])
        for path in sorted(steps(dict.fromkeys(paths, 0), dict(imports))):
            if path in subjects and not touched.keys() & set(subjects[path]):
                yield f"Tests/subjects.json: {path} runs `streamer {command}`, and lacks " \
                      f"{COMMANDS[command]}"


def stale(measured: Iterable[str], texts: Mapping[str, str]) -> Iterator[str]:
    """The entries of Tests/seconds.json whose file or function does not exist.

    `texts` has the test files with their content.
    """
    for name in measured:
        file, _, test = name.partition("::")
        text = texts.get(file.removesuffix(" players"))
        if text is None:
            yield f"Tests/seconds.json: {name}: no such file"
        elif test and f"\ndef {test.partition('[')[0]}(" not in text:
            yield f"Tests/seconds.json: {name}: no such test"


def lint() -> int:
    """Prints the faults of the tables; the exit status."""
    subjects = json.loads(SUBJECTS.read_text())
    files = {str(path.relative_to(ROOT / "Tests")) for suite in SUITES
             for path in (ROOT / "Tests" / suite).glob("test_*.py")}
    targets = {path.name for path in (ROOT / "Sources").iterdir()}
    named = {subject for found in subjects.values() for subject in found}
    found = list(faults(subjects, files, targets,
                        {subject for subject in named if (ROOT / subject).exists()}))
    every = {str(path.relative_to(ROOT / "Tests")): path.read_text()
             for path in (ROOT / "Tests").rglob("test_*.py")}
    found += stale(json.loads(SECONDS.read_text()), every)
    known = tests_of()
    texts = {path: (ROOT / path).read_text() for path in known.imports if is_below(path, "Tests")}
    found += uncovered(known.subjects, known.imports, texts, graph_of())
    print("\n".join(found) or f"{len(files)} test files have subjects")
    return 1 if found else 0


def main(arguments: list[str]) -> int:
    """Prints the scope of a change, or checks the table."""
    if arguments == ["--lint"]:
        return lint()
    base = arguments[0] if arguments else base_of(dict(os.environ))
    found = scope_since(base)
    print(f"{len(found.changed)} files differ from {base}"
          + (f"; everything is touched: {found.everything}" if found.everything else ""))
    for name, distance in sorted({**found.targets, **found.tests}.items(), key=lambda one: one[1]):
        print(distance, name)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
