# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the check of circles: python3 Tests/test_check_circles.py"""

from __future__ import annotations

import contextlib
import io
import tempfile
import unittest
from pathlib import Path

from check_circles import circles, folders, graph, main


def names(**texts: str) -> dict[str, list[str]]:
    """The files that each file names; a file is called as its argument."""
    edges = graph({f"{name}.swift": text for name, text in texts.items()}, "Target")
    return {path.removesuffix(".swift"): sorted(other.removesuffix(".swift") for other in others)
            for path, others in edges.items() if others}


class Names(unittest.TestCase):
    """Which names of a file are types of other files."""

    def test_declarations_of_every_kind_are_found(self) -> None:
        for kind in ("struct", "final class", "enum", "protocol", "actor", "package struct",
                     "@frozen public struct", "indirect enum", "nonisolated final class"):
            with self.subTest(kind):
                self.assertEqual(names(a=f"{kind} One {{}}", b="let x = One()"), {"b": ["a"]})
        self.assertEqual(names(a="typealias One = Int", b="var x: One?"), {"b": ["a"]})

    def test_an_extension_names_its_type_and_declares_none(self) -> None:
        self.assertEqual(names(a="struct One {}", b="extension One { var two: Int { 2 } }"),
                         {"b": ["a"]})

    def test_supertypes_and_generic_arguments_are_names(self) -> None:
        self.assertEqual(
            names(a="protocol One {}", b="class Two<T: One>: Base {}", c="struct Base {}",
                  d="func f() -> [Result<Two<Int>, any One>] {}"),
            {"b": ["a", "c"], "d": ["a", "b"]})

    def test_comments_and_strings_contain_no_names(self) -> None:
        self.assertEqual(names(a="struct One {}", b='''
            // One
            /// `One`
            /* One /* One */ One */
            let x = "One \\" One"
            let y = ""
            let z = """
              One " One "" One
              """
            let u = #"One " One"# + ##"One "# One"##
            '''), {})

    def test_code_inside_a_string_contains_names(self) -> None:
        self.assertEqual(names(a="struct One {}", b='let x = "a \\(f("(", One.self)) b"'),
                         {"b": ["a"]})
        self.assertEqual(names(a="struct One {}", b='let x = #"a \\(One.self) b"#'), {})
        self.assertEqual(names(a="struct One {}", b='let x = #"a \\#(One.self) b"#'), {"b": ["a"]})

    def test_code_after_a_string_contains_names(self) -> None:
        self.assertEqual(names(a="struct One {}", b='let x = "\\\\"; let y: One'), {"b": ["a"]})
        self.assertEqual(names(a="struct One {}", b='let x = ("", One.self)'), {"b": ["a"]})

    def test_members_after_a_value_are_no_types(self) -> None:
        self.assertEqual(names(a="struct One {}", b="let x = two.One"), {})

    def test_a_type_of_another_target_is_no_name(self) -> None:
        self.assertEqual(names(a="struct One {}", b="let x: Other.One"), {})
        self.assertEqual(names(a="struct One {}", b="let x: Target.One"), {"b": ["a"]})

    def test_hidden_types_are_of_their_file(self) -> None:
        self.assertEqual(
            names(a="private struct One {}; fileprivate enum Two {}", b="let x: (One, Two)"), {})
        self.assertEqual(
            names(a="struct One {}", b="private struct One {}\nlet x: One", c="let x: One"),
            {"c": ["a"]})

    def test_a_hidden_member_before_a_type_does_not_hide_it(self) -> None:
        for member in ("private let x = 1", "private(set) var x = 1", "private func f() {}",
                       "private init() {}"):
            with self.subTest(member):
                self.assertEqual(
                    names(a=f"struct One {{ {member}\n struct Two {{}} }}",
                          b="extension Three { var x: One.Two }", c="struct Three {}"),
                    {"b": ["a", "c"]})

    def test_an_associated_type_is_of_its_protocol(self) -> None:
        self.assertEqual(
            names(a="struct One {}", b="protocol P { associatedtype One; func f() -> One }"), {})


class NestedTypes(unittest.TestCase):
    """A nested type has its qualified name."""

    def test_a_nested_type_in_a_file_of_its_own_names_the_outer_one(self) -> None:
        self.assertEqual(
            names(a="struct One { var x: Two }", b="extension One { struct Two {} }"),
            {"a": ["b"], "b": ["a"]})

    def test_a_qualified_name_names_both_types(self) -> None:
        self.assertEqual(
            names(a="struct One {}", b="extension One { struct Two { struct Three {} } }",
                  c="let x: One.Two.Three"), {"b": ["a"], "c": ["a", "b"]})

    def test_the_innermost_type_is_meant(self) -> None:
        self.assertEqual(
            names(a="struct State {}", b="struct One { enum State {}; var state: State }"), {})
        self.assertEqual(
            names(a="struct State {}", b="struct One { enum State {} }",
                  c="extension One { var x: State { .a } }", d="struct Two { var x: State }"),
            {"c": ["b"], "d": ["a"]})

    def test_self_is_the_type_around(self) -> None:
        self.assertEqual(
            names(a="struct One { }", b="extension One { struct Two {} }",
                  c="extension One { var x: Self.Two }"), {"b": ["a"], "c": ["a", "b"]})


class Circles(unittest.TestCase):
    """Files and folders that name each other in a loop."""

    LOOP = {"x/a.swift": "struct A { let b: B }", "y/b.swift": "struct B { let c: C }",
            "x/c.swift": "struct C { let a: A? }", "z/d.swift": "struct D { let a: A }"}

    def test_a_loop_is_one_circle(self) -> None:
        self.assertEqual(circles(graph(self.LOOP)), [["x/a.swift", "x/c.swift", "y/b.swift"]])

    def test_names_in_one_direction_are_no_circle(self) -> None:
        texts = self.LOOP | {"x/c.swift": "struct C {}"}
        self.assertEqual(circles(graph(texts)), [])

    def test_the_largest_circle_is_the_first(self) -> None:
        pair = {"p.swift": "struct P { let q: Q }", "a.swift": "struct Q { let p: P? }"}
        self.assertEqual([len(circle) for circle in circles(graph(self.LOOP | pair))], [3, 2])

    def test_folders_are_in_a_circle_without_files_in_one(self) -> None:
        texts = {"x/a.swift": "struct A { let b: B }", "y/b.swift": "struct B {}",
                 "y/c.swift": "struct C { let d: D }", "x/d.swift": "struct D {}",
                 "e.swift": "struct E { let a: A }"}
        self.assertEqual(circles(graph(texts)), [])
        self.assertEqual(circles(folders(graph(texts))), [["x", "y"]])

    def test_files_beside_the_folders_are_a_folder(self) -> None:
        texts = {"a.swift": "struct A { let b: B }", "x/b.swift": "struct B { let c: C? }",
                 "c.swift": "struct C {}"}
        self.assertEqual(circles(folders(graph(texts))), [[".", "x"]])


class Program(unittest.TestCase):
    """The exit status and the lines."""

    def run_on(self, texts: dict[str, str], bounds: dict[str, tuple[int, int]],
               *arguments: str) -> tuple[int, str]:
        with tempfile.TemporaryDirectory() as folder:
            for name, text in texts.items():
                path = Path(folder, "Target", name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            lines = io.StringIO()
            with contextlib.redirect_stdout(lines):
                status = main(list(arguments), Path(folder), bounds)
            return status, lines.getvalue()

    def test_a_circle_above_its_bound_fails(self) -> None:
        status, lines = self.run_on(Circles.LOOP, {"Target": (2, 2)})
        self.assertEqual(status, 1)
        self.assertIn("Target: 3 files in a circle, above its bound of 2: x/a, x/c, y/b", lines)
        self.assertIn("Target: 2 folders in a circle: x, y", lines)

    def test_folders_have_a_bound_of_their_own(self) -> None:
        self.assertEqual(self.run_on(Circles.LOOP, {"Target": (3, 1)})[0], 1)
        self.assertEqual(self.run_on(Circles.LOOP, {"Target": (3, 2)})[0], 0)

    def test_a_target_without_a_bound_has_no_circle(self) -> None:
        self.assertEqual(self.run_on(Circles.LOOP, {})[0], 1)
        self.assertEqual(self.run_on({"a.swift": "struct A {}"}, {}), (0, ""))

    def test_why_prints_the_types_between_the_files(self) -> None:
        lines = self.run_on(Circles.LOOP, {"Target": (3, 2)}, "--why", "Target")[1]
        self.assertIn("x/a.swift names B of y/b.swift", lines)
        self.assertNotIn("z/d.swift", lines)


if __name__ == "__main__":
    unittest.main()
