# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the search for verdicts by the clock: python3 Tests/test_check_times.py"""

from __future__ import annotations

import ast
import unittest
from textwrap import dedent, indent

from check_times import bare_sleeps, compare, lowered, raised, read_permitted, swift_findings
from long_pauses import constants
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
    "a rank": 'assert found["glass_to_glass_ms"]["p50"] < 1500',
    "a rank of an age": 'assert 0 <= one["age"]["p50"] <= one["age"]["p99"] < 2000',
    "a time that may be absent": "assert (response.held_ms or 0) < 3000",
    "the longest of several": 'assert max((one for _, one in found["stalls"]), default=0) < 500',
    "the longest difference": "shown = [one[0] for one in data[\"samples\"]]\n"
                              "assert max(b - a for a, b in zip(shown, shown[1:])) < 500",
    "the values of a table": "late = {}\nlate[name] = time.time() - at\n"
                             "assert all(one < 1 for one in late.values())",
    "a key by its name": 'times = [float(row[key]) for key in ("asked", "first_byte")]\n'
                         "assert times[1] - times[0] < 1000",
    "a time of a text": 'found = re.search(r"age p50 (\\d+) ms", text)\n'
                        "assert int(found[1]) < 2000",
    "a number before its unit": "assert int(cell.split()[0]) < 3000",
    "times of a page": 'assert state["now"] - state["clock"] < 1000',
    "an attempt": "for _ in range(2):\n    if took < 3:\n        return\n"
                  "raise AssertionError(took)",
    "a tried function": "def is_near():\n    return took < 3\nseen_once(is_near, 8, \"near\")",
    "a loop until a time is over": "while time.monotonic() - started < 8:\n    sample()",
    "a loop until a time": "end = time.monotonic() + 6\nwhile time.monotonic() < end:\n"
                           "    sample()",
    "a page that is watched": "view.watch(5)",
    "milliseconds of a page": "page.wait_for_timeout(15_000)",
    "a long pause": 'pause(5, "an outage")',
    "a long pause by its name": 'pause(LONG, "an outage")',
    "a long pause by a keyword": 'pause(reason="an outage", seconds=6)',
    "a long sleep": "time.sleep(5)",
    "a product": 'pause(2 * 5, "an outage")',
    "a sum": "time.sleep(SHORT + 3)",
    "a constant of a table": 'pause(TABLE[ahead], "an outage")',
    "a constant of a tuple": 'pause(SECOND, "an outage")',
    "a variable of the environment": 'pause(SET, "an outage")',
    "a wait until a time": 'pause(started + 11 - time.monotonic(), "one more try")',
    "a local name": 'away = 8 if ahead else 1\npause(away, "an outage")',
    "a loop": 'for away in (1, 30):\n    pause(away, "an outage")',
    "a reading and a constant": "begun = time.time()\nassert time.time() < begun + 2",
    "a failure": "took = time.time() - start\nif took > 3:\n    raise AssertionError(took)",
    "another failure": "if time.time() - start > 3:\n    pytest.fail(\"slow\")",
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
    "a report within the run": 'assert one["age"]["p99"] < time.monotonic() - began',
    "an awaited condition": "def is_near():\n    return took < 3\nwait_until(is_near, 8, \"near\")",
    "a return that is no attempt": "if took < 3:\n    return\nprint(took)",
    "a number of a text": 'found = re.search(r"(\\d+) chunks", text)\nassert int(found[1]) > 20',
    "the second word of a text": "assert int(line.split()[1]) < 3000",
    "a number of pauses": 'assert len(found["stalls"]) < 2',
    "a loop that ends with an event": "while not seen and time.monotonic() - started < 8:\n"
                                      "    seen = read()",
    "a limit of a loop": "while time.monotonic() - started < 8:\n    if read():\n        break",
    "a short look at a page": "view.watch(4)\npage.wait_for_timeout(500)",
    "a short pause": 'pause(2, "an outage")',
    "a short sum": "time.sleep(SHORT + 1)",
    "an unknown pause": 'pause(ahead * 20, "an outage")',
    "a part of a known time": 'pause(LONG - 2, "an outage")',
    "a wait until an unknown time": 'pause(max(0, at - time.time()), "until then")',
    "another pause": "video.pause()",
    "a branch that does not fail": "if time.time() - start > 3:\n    print(start)",
    "a failure of a wait": "if time.monotonic() > deadline:\n    raise AssertionError",
    "a reading of another place": "begun = time.time()\nassert begun < found.at + 2",
    "a helper": 'not_before(start, 8, "the end of the hold")',
}
NUMBERS = "LONG = 6\nSHORT = 2\nTABLE = {'a': 1, 'b': 60}\nFIRST, SECOND = 1, 5\n" \
    "SET = int(os.environ.get('SET', '60'))\n"
SWIFT = {
    "#expect(SystemClock.monotonicTime - begun < .seconds(2))": 1,
    "#expect(\n      ContinuousClock.now - start\n        < .seconds(2))": 1,
    "let taken = SystemClock.monotonicTime - begun\n    #expect(taken >= .seconds(1))": 1,
    "let taken = clock.measure { work() }\n    try #require(taken < .seconds(1))": 1,
    "try #require(SystemClock.monotonicTime < deadline)": 0,
    "#expect(segment.duration < .seconds(2))": 0,
    "#expect(SystemClock.monotonicTime - begun > .zero)": 0,
    '#expect(text == "SystemClock.monotonicTime < 3")': 0,
    "let clock = ContinuousClock()\n    #expect(clock.now - begun < .seconds(2))": 1,
    "let clock = ManualClock()\n    #expect(clock.now - begun < .seconds(2))": 0,
    "#expect(begun.duration(to: .now) < .seconds(2))": 1,
    "let took = begun.duration(to: .now)\n    #expect(took < .seconds(2))": 1,
    "#expect(Date().timeIntervalSince(begun) < 2)": 1,
    "let took = Date().timeIntervalSince(begun)\n    #expect(took < 2)": 1,
    "#expect(-begun.timeIntervalSinceNow < 2)": 1,
    "#expect(found.date <= Date())": 0,
    "SystemClock.sleep(until: SystemClock.monotonicTime + .seconds(5))": 1,
    "SystemClock.sleep(until: start + .milliseconds(6_000))": 1,
    "SystemClock.sleep(until: start + .milliseconds(500))": 0,
    "usleep(300_000)": 0,
    "usleep(5_000_000)": 1,
    "Thread.sleep(forTimeInterval: 7.5)": 1,
}


def found(body: str, head: str = "") -> int:
    """The number of findings in a test with these statements."""
    text = f"{NUMBERS}{head}\ndef test_it(self, ahead, response):\n" + indent(body, "    ")
    return len(python_findings(ast.parse(text)))


class FindingTests(unittest.TestCase):
    """The kinds of bounds that are counted."""

    def test_bounds_are_found(self) -> None:
        for name, body in BOUNDS.items():
            with self.subTest(name):
                self.assertEqual(found(body), 1)

    def test_pauses_by_parameters_are_found(self) -> None:
        for head, body, count in (
                ('@pytest.mark.parametrize("away", [1, 30])\ndef test_it(away):\n', "", 1),
                ('@pytest.mark.parametrize("away", [1, 3])\ndef test_it(away):\n', "", 0),
                ('@pytest.mark.parametrize(("size", "away"), [(9, 1), pytest.param(9, LONG)])\n'
                 "def test_it(size, away):\n", "", 1),
                ("def helper(away, least=7):\n", "", 0),
                ("def helper(least, away=7):\n", "", 1),
                ("def helper(away):\n", "helper(8)\n", 1),
                ("def helper(away):\n", "helper(away=1)\n", 0)):
            with self.subTest(head):
                text = f"{NUMBERS}{head}    def fault():\n        pause(away, 'an outage')\n{body}"
                self.assertEqual(len(python_findings(ast.parse(text))), count)

    def test_constants_of_other_modules_are_known(self) -> None:
        text = "from harness.archive import LONG\npause(LONG, 'an outage')\n"
        numbers = {"archive": constants(ast.parse("LONG = 2 * 3"))}
        self.assertEqual(python_findings(ast.parse(text), {}, numbers), [(2, "pause of 6 s")])
        self.assertEqual(python_findings(ast.parse(text)), [])

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

    def test_sleeps_without_a_reason_are_found(self) -> None:
        text = 'time.sleep(0.1)\npause(1, "the rate")\nstop.sleep(2)\nsleep(delay)\n'
        self.assertEqual(bare_sleeps(text), [1, 4])

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

    def test_a_sum_above_the_former_one_is_a_fault(self) -> None:
        permitted = read_permitted(self.TEXT)
        self.assertEqual(list(raised(permitted, None)), [], "its commit is not in the history")
        self.assertEqual(list(raised(permitted, self.TEXT)), [])
        self.assertEqual(list(raised(permitted, "a.py 2 media times\n")), [
            "Tests/times.txt: the numbers sum to 3, before to 2: they only fall"])

    def test_numbers_do_not_rise(self) -> None:
        self.assertIn("b.py 1", lowered(self.TEXT, {"b.py": self.LINES}))


if __name__ == "__main__":
    unittest.main()
