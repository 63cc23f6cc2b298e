# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the search for verdicts by the clock: python3 Tests/test_check_times.py"""

from __future__ import annotations

import ast
import unittest
from textwrap import dedent, indent

from check_times import compare, lowered, read_permitted, swift_findings
from measured_times import measuring, python_findings

BOUNDS = {
    "a difference of clock readings": "assert time.monotonic() - start < 2",
    "a lower bound": "assert 3 < time.time() - start",
    "a name": "took = time.monotonic() - start\nassert took <= LIMIT",
    "a field": "assert response.status == 200 and response.held < 0.1",
    "a key": 'assert state["latencyMs"] < 400',
    "a list": "late = []\nlate.append(time.time() - at)\nassert sorted(late)[3] < 0.2",
    "a list of an object": "self.runs.append(time.time() - at)\nassert min(self.runs) < 0.5",
    "a spread": "assert median(found) < 400",
    "a distance": "assert abs(found.now - time.time()) < 1.1",
    "every value": "assert all(one < 2 for one in lateness)",
    "a parameter of the test": "assert response.held > ahead - 0.1",
    "a long pause": 'pause(5, "an outage")',
    "a long pause by its name": 'pause(LONG, "an outage")',
}
NO_BOUNDS = {
    "two measured times": "assert response.held < 2 * reference.held",
    "an order of events": "assert first.arrived < second.captured",
    "times around another": "before = time.time()\nassert before <= found.at <= time.time()",
    "zero": "assert time.time() - start > 0",
    "a deadline": "assert time.monotonic() < deadline",
    "a count": "assert len(late) > 10",
    "media times": "assert abs(one.tfdt - other.tfdt) < 3",
    "a filter": "assert [at for at in found if time.time() - at > 3]",
    "a short pause": 'pause(2, "an outage")',
    "a helper": 'not_before(start, 8, "the end of the hold")',
}
SWIFT = {
    "#expect(SystemClock.monotonicTime - begun < .seconds(2))": 1,
    "#expect(\n      ContinuousClock.now - start\n        < .seconds(2))": 1,
    "let taken = SystemClock.monotonicTime - begun\n    #expect(taken >= .seconds(1))": 1,
    "let taken = clock.measure { work() }\n    try #require(taken < .seconds(1))": 1,
    "try #require(SystemClock.monotonicTime < deadline)": 0,
    "#expect(segment.duration < .seconds(2))": 0,
    "#expect(SystemClock.monotonicTime - begun > .zero)": 0,
    '#expect(text == "SystemClock.monotonicTime < 3")': 0,
}


def found(body: str, head: str = "") -> int:
    """The number of findings in a test with these statements."""
    text = f"LONG = 6\n{head}\ndef test_it(self, ahead, response):\n" + indent(body, "    ")
    return len(python_findings(ast.parse(text)))


class FindingTests(unittest.TestCase):
    """The kinds of bounds that are counted."""

    def test_bounds_are_found(self) -> None:
        for name, body in BOUNDS.items():
            with self.subTest(name):
                self.assertEqual(found(body), 1)

    def test_other_assertions_are_not(self) -> None:
        for name, body in NO_BOUNDS.items():
            with self.subTest(name):
                self.assertEqual(found(body), 0)

    def test_functions_that_measure_are_followed(self) -> None:
        head = dedent("""
            def until_end(at):
                start = time.monotonic()
                return time.monotonic() - start
            """)
        self.assertEqual(found("assert until_end(1) < 3", head), 1)
        text = "from other import until_end\ndef test_it():\n    assert until_end(1) < 3\n"
        others = {"other": measuring(ast.parse(head))}
        self.assertEqual(len(python_findings(ast.parse(text), others)), 1)
        self.assertEqual(len(python_findings(ast.parse(text))), 0)

    def test_methods_of_imported_classes_are_followed(self) -> None:
        watch = "class Watch:\n    def run(self):\n        self.longest = time.monotonic() - 1\n" \
            "    def end(self):\n        return self.longest\n"
        text = "from other import Watch\ndef test_it():\n    assert Watch().end() < 3\n"
        self.assertEqual(
            len(python_findings(ast.parse(text), {"other": measuring(ast.parse(watch))})), 1)

    def test_swift(self) -> None:
        for body, count in SWIFT.items():
            with self.subTest(body):
                text = f"@Test func it() {{\n    {body}\n}}\n"
                self.assertEqual(len(swift_findings(text)), count)

    def test_names_of_another_function_are_not_measured(self) -> None:
        text = "func one() {\n  let at = SystemClock.monotonicTime - begun\n}\n" \
            "func two(at: Int) {\n  #expect(at < 3)\n}\n"
        self.assertEqual(swift_findings(text), [])


class PermittedTests(unittest.TestCase):
    """The file of permitted numbers."""

    TEXT = "# A comment.\n\na.py 2 media times\nb.py 1 a limit of the kernel\n"
    LINES = [(1, "bound"), (2, "bound")]

    def test_equal_numbers_have_no_fault(self) -> None:
        permitted = read_permitted(self.TEXT)
        self.assertEqual(permitted["a.py"], (2, "media times"))
        self.assertEqual(list(compare({"a.py": self.LINES, "b.py": self.LINES[:1]}, permitted)), [])

    def test_a_greater_number_is_a_fault(self) -> None:
        faults = list(compare({"a.py": self.LINES, "b.py": self.LINES}, read_permitted(self.TEXT)))
        self.assertEqual(faults[0], "b.py: 2 findings, permitted 1")

    def test_a_file_without_permission_is_a_fault(self) -> None:
        self.assertEqual(list(compare({"c.py": self.LINES[:1]}, {}))[-1], "c.py:1: bound")

    def test_a_number_that_can_fall_is_a_fault_until_it_is_lowered(self) -> None:
        now = {"a.py": self.LINES[:1]}
        self.assertEqual(len(list(compare(now, read_permitted(self.TEXT)))), 2)
        text = lowered(self.TEXT, now)
        self.assertEqual(text, "# A comment.\n\na.py 1 media times\n")
        self.assertEqual(list(compare(now, read_permitted(text))), [])

    def test_numbers_do_not_rise(self) -> None:
        self.assertIn("b.py 1", lowered(self.TEXT, {"b.py": self.LINES}))


if __name__ == "__main__":
    unittest.main()
