# SPDX-License-Identifier: Apache-2.0
"""Unit tests of the check of tests that wait: python3 Tests/test_check_blocking.py"""

from __future__ import annotations

import unittest

from check_blocking import faults, quick_targets

SLEEPS = "@Suite(\"One\", .blocking)\nstruct OneTests { @Test func a() { usleep(1) } }"
PURE = "@Suite(\"Two\")\nstruct TwoTests { @Test func a() {} }"


def found(quick: set[str] | None = None, **texts: str) -> list[str]:
    """The faults of a target `XTests`; `__` in a name is a slash."""
    files = {f"{name.replace('__', '/')}.swift": text for name, text in texts.items()}
    return [line.partition(": ")[2] for line in faults("XTests", files, quick or set())]


class Folders(unittest.TestCase):
    """Where tests that wait belong."""

    def test_tests_that_wait_belong_in_the_folder(self) -> None:
        self.assertEqual(found(Blocking__a=SLEEPS, b=PURE), [])
        self.assertIn("its tests wait; they belong in Tests/XTests/Blocking/", found(a=SLEEPS))

    def test_a_type_of_a_file_that_waits_waits(self) -> None:
        helper = "final class Lab { func go() { usleep(1) } }"
        user = "@Suite struct UserTests { @Test func a() { Lab().go() } }"
        self.assertEqual(len(found(helper=helper, user=user)), 1)

    def test_a_comment_does_not_wait(self) -> None:
        self.assertEqual(found(a="// usleep(1)\n" + PURE), [])

    def test_each_suite_in_the_folder_has_the_trait(self) -> None:
        without = SLEEPS.replace(", .blocking", "")
        self.assertEqual(found(Blocking__a=without), ["a suite lacks the trait .blocking"])
        two = SLEEPS + "\n@Suite(.blocking, .enabled(if: x, \")\"))\nstruct B { @Test func a() {} }"
        self.assertEqual(found(Blocking__a=two), [])

    def test_a_quick_target_has_no_such_folder(self) -> None:
        self.assertEqual(len(found({"XTests"}, Blocking__a=SLEEPS)), 1)


class Manifest(unittest.TestCase):
    """The list of quick tests."""

    def test_the_list_is_read(self) -> None:
        manifest = 'let quickTests = [\n  "Time", "Media",\n]\nlet other = ["X"]'
        self.assertEqual(quick_targets(manifest), {"TimeTests", "MediaTests"})


if __name__ == "__main__":
    unittest.main()
