# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the scope of a change: python3 Tests/test_scope.py"""

from __future__ import annotations

import json
import unittest
from dataclasses import replace

from recipes import differing
from scope import (FAR, ROOT, Graph, Tests, commands, faults, imported, read_graph, scope, stale,
                   uncovered)

GRAPH = Graph(
    {"Time": "Sources/Time", "Media": "Sources/Media", "Server": "Sources/Server",
     "MediaTests": "Tests/MediaTests", "Camera": "Tests/FakeCamera"},
    {"Time": frozenset(), "Media": frozenset({"Time"}), "Server": frozenset({"Media"}),
     "MediaTests": frozenset({"Media"}), "Camera": frozenset()})
TESTS = Tests(
    {"Tests/EndToEnd/test_time.py": ["Time"], "Tests/Thorough/test_server.py": ["Server"],
     "Tests/Thorough/test_page.py": ["client", "deploy/edge"]},
    {"Tests/EndToEnd/test_time.py": frozenset({"Tests/harness/clock.py"}),
     "Tests/Thorough/test_server.py": frozenset({"Tests/EndToEnd/test_time.py"}),
     "Tests/Thorough/test_page.py": frozenset({"Tests/harness/screen.py"}),
     "Tests/harness/screen.py": frozenset({"probe", "fakecam"}),
     "Tests/harness/clock.py": frozenset()})


class ScopeTests(unittest.TestCase):
    """From changed files to tests."""

    def touched(self, *changed: str) -> dict[str, int]:
        """The touched tests, by short names."""
        found = scope(list(changed), GRAPH, TESTS).tests
        return {name.rpartition("test_")[2].removesuffix(".py"): distance
                for name, distance in found.items()}

    def test_dependants_are_touched_with_the_number_of_steps(self) -> None:
        self.assertEqual(scope(["Sources/Time/A.swift"], GRAPH, TESTS).targets,
                         {"Time": 0, "Media": 1, "Server": 2, "MediaTests": 2})
        self.assertEqual(self.touched("Sources/Time/A.swift"), {"time": 0, "server": 2})
        self.assertEqual(self.touched("Sources/Server/A.swift"), {"server": 0})
        self.assertEqual(self.touched("Sources/Media/A.swift"), {"server": 1})

    def test_unit_tests_touch_no_program(self) -> None:
        found = scope(["Tests/MediaTests/Golden/probe.json"], GRAPH, TESTS)
        self.assertEqual((found.targets, found.tests, found.everything),
                         ({"MediaTests": 0}, {}, ""))

    def test_a_test_file_and_those_that_import_it(self) -> None:
        self.assertEqual(self.touched("Tests/EndToEnd/test_time.py"), {"time": 0, "server": 1})
        self.assertEqual(self.touched("Tests/harness/clock.py"), {"time": 1, "server": 2})

    def test_a_script_is_touched_by_what_it_imports(self) -> None:
        found = scope(["Tests/harness/clock.py"], GRAPH, TESTS)
        self.assertEqual(found.nearest("Tests/harness/clock.py"), (0, "Tests/harness/clock.py"))
        self.assertEqual(found.nearest("Tests/EndToEnd/test_time.py"),
                         (1, "Tests/harness/clock.py"))
        self.assertIsNone(found.nearest("Tests/harness/screen.py"))

    def test_the_cause_of_each_touched_name_is_a_changed_file(self) -> None:
        changed = ["Makefile", "Sources/Media/A.swift", "Sources/Time/B.swift",
                   "Tests/harness/probe.js", "Tests/harness/screen.py"]
        found = scope(changed, GRAPH, TESTS)
        self.assertEqual(found.causes["Server"], "Sources/Media/A.swift")
        self.assertEqual(found.causes["Tests/Thorough/test_server.py"], "Sources/Media/A.swift")
        self.assertEqual(found.causes["Tests/EndToEnd/test_time.py"], "Sources/Time/B.swift")
        self.assertEqual(found.causes["Tests/Thorough/test_page.py"], "Tests/harness/screen.py")
        self.assertEqual({*found.causes.values()} - {*changed}, set())
        self.assertEqual(found.nearest("*Tests"), (1, "Sources/Media/A.swift"))

    def test_a_resource_touches_the_tests_that_name_it(self) -> None:
        self.assertEqual(self.touched("Tests/harness/probe.js"), {"page": 2})
        self.assertEqual(self.touched("Tests/FakeCamera/fakecam.c"), {"page": 2})
        self.assertEqual(set(self.touched("Tests/harness/unnamed.js")), {"time", "server", "page"})

    def test_folders_are_subjects(self) -> None:
        self.assertEqual(self.touched("client/page/main.js"), {"page": 0})
        self.assertEqual(scope(["client/page/main.js"], GRAPH, TESTS).targets, {"CPage": 0})
        self.assertIn("CEdgeCases", scope(["deploy/edge/cases.json"], GRAPH, TESTS).targets)
        self.assertEqual(scope(["client/test/a.test.mjs"], GRAPH, TESTS).targets, {})
        for path in ("client/README.md", "client/test/a.test.mjs"):
            found = scope([path], GRAPH, TESTS)
            self.assertEqual((found.targets, found.tests, found.everything), ({}, {}, ""))
        self.assertEqual(self.touched("deploy/edge/nginx/a.conf"), {"page": 0})
        self.assertEqual(self.touched("deploy/edges"), {})

    def test_files_that_change_every_test_and_unknown_files(self) -> None:
        for path in ("Package.swift", "Tests/pytest.ini", "new/file"):
            found = scope([path], GRAPH, TESTS)
            self.assertEqual((found.everything, set(found.tests.values())), (path, {FAR}))

    def test_the_makefile_touches_what_its_changed_recipes_make(self) -> None:
        found = scope(["Makefile"], GRAPH, TESTS, recipes=frozenset({"edge"}))
        self.assertEqual((found.tests, found.everything), ({}, ""))
        found = scope(["Makefile"], GRAPH, TESTS, recipes=frozenset({"edge", "build"}))
        self.assertEqual(found.everything, "Makefile, build")
        self.assertEqual(set(found.tests.values()), {FAR})

    def test_recipes_differ_by_their_commands(self) -> None:
        old = "A := 1\nall: one two\none: ## a\n\techo $(A)\ntwo: one\n\t@true\nthree:\n\ttrue\n"
        targets = {"all", "one", "two", "three", "four"}
        for new, expected in (
                (old.replace("## a", "## b") + "five:\n", set()),
                (old.replace(":= 1", ":= 2"), {"all", "one", "two"}),
                (old.replace("@true", "@false"), {"all", "two"}),
                (old + "four:\n\ttrue\n", {"four"}), ("one:\ntrue", targets - {"four"})):
            self.assertEqual(differing(old, new, targets, ROOT), expected, new)

    def test_what_lint_checks_touches_nothing(self) -> None:
        found = scope([".ci/run", "Tests/check_rules.py", "Tests/seconds.json",
                       "Tests/checked"], GRAPH, replace(TESTS, imports={
                           "Tests/harness/screen.py": frozenset({"seconds", "checked"})}))
        self.assertEqual((found.tests, found.everything), ({}, ""))
        self.assertFalse(found.only_documents())

    def test_documents_alone(self) -> None:
        self.assertTrue(scope(["docs/a/b.svg", "README.md", "Tests/checked"], GRAPH, TESTS)
                        .only_documents())
        self.assertFalse(scope(["docs/a.md", "Sources/Time/A.swift"], GRAPH, TESTS)
                         .only_documents())
        self.assertFalse(scope([], GRAPH, TESTS, "no base").only_documents())

    def test_patterns_of_targets(self) -> None:
        found = scope(["Sources/Media/A.swift"], GRAPH, TESTS)
        self.assertEqual([found.distance(name) for name in ("*Tests", "Server", "Time", "client")],
                         [1, 1, None, None])

    def test_the_graph_of_swiftpm(self) -> None:
        dump = {"targets": [
            {"name": "A", "type": "regular", "dependencies": []},
            {"name": "ATests", "type": "test", "dependencies": [{"byName": ["A", None]}]},
            {"name": "B", "type": "executable", "path": "Bench/B",
             "dependencies": [{"target": ["A", None]}]}]}
        graph = read_graph(json.dumps(dump))
        self.assertEqual(graph.folders,
                         {"A": "Sources/A", "ATests": "Tests/ATests", "B": "Bench/B"})
        self.assertEqual(graph.dependants(["A"]), {"A": 0, "ATests": 1, "B": 1})
        self.assertEqual(graph.target("Tests/ATests/x/A.swift"), "ATests")
        self.assertIsNone(graph.target("Tests/ATests2/A.swift"))

    def test_imports_of_a_file(self) -> None:
        files = {"Tests/harness/http1.py", "Tests/EndToEnd/test_a.py", "Tests/harness/boxes.py"}
        text = ("from harness import boxes\nfrom harness.http1 import get\nimport test_a\n"
                "preloaded('slowdisk')\n")
        found = imported("Tests/Thorough/test_b.py", text, files)
        self.assertTrue(files | {"slowdisk", "Tests/conftest.py", "Tests/Thorough/conftest.py"}
                        <= found)

    def test_faults_of_the_table(self) -> None:
        table = {"EndToEnd/test_a.py": ["Time"], "EndToEnd/test_b.py": ["Tome", "docs"],
                 "EndToEnd/test_c.py": [], "EndToEnd/test_d.py": ["Time"]}
        files = {f"EndToEnd/test_{name}.py" for name in "abce"}
        found = list(faults(table, files, {"Time"}, {"docs"}))
        self.assertEqual([line.partition("test_")[2] for line in found],
                         ["e.py: no subject in Tests/subjects.json",
                          "b.py: Tome is no target, file or folder", "c.py has no subject",
                          "d.py is no test file"])

    def test_measured_seconds_of_a_deleted_file_are_a_fault(self) -> None:
        names = ["EndToEnd/test_a.py", "EndToEnd/test_a.py players", "EndToEnd/test_a.py::test_b",
                 "EndToEnd/test_a.py::test_b[c]", "EndToEnd/test_a.py::test_bc",
                 "EndToEnd/test_b.py players", "EndToEnd/test_b.py::test_a"]
        texts = {"EndToEnd/test_a.py": "import x\n\ndef test_b() -> None:\n"}
        self.assertEqual([line.split(": ")[1] for line in stale(names, texts)], names[4:])

    def test_the_target_of_a_command_that_a_test_file_runs_is_imported_by_a_subject(self) -> None:
        graph = Graph({}, {"Archive": frozenset(), "Server": frozenset({"Archive"}),
                           "Net": frozenset()})
        texts = {"Tests/harness/check.py": 'run([str(streamer_binary()), "archive", "check", a])',
                 "Tests/EndToEnd/test_a.py": 'start(["--archive", tmp / "archive"])'}
        imports = {path: frozenset({"Tests/harness/check.py"})
                   for path in ("Tests/Faults/test_b.py", "Tests/Faults/test_c.py")}
        subjects = {"Tests/EndToEnd/test_a.py": ["Net"], "Tests/Faults/test_b.py": ["Server"],
                    "Tests/Faults/test_c.py": ["Net", "client"]}
        self.assertEqual([commands(text) for text in texts.values()],
                         [frozenset({"archive"}), frozenset()])
        self.assertEqual(list(uncovered(subjects, imports, texts, graph)), [
            "Tests/subjects.json: Tests/Faults/test_c.py runs `streamer archive`, and lacks "
            "Archive"])


if __name__ == "__main__":
    unittest.main()
