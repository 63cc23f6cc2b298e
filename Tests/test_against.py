# SPDX-License-Identifier: Apache-2.0
"""The arithmetic of `make bench AGAINST=COMMIT`. Run: python3 Tests/test_against.py"""

from __future__ import annotations

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "Bench"))

from against_table import Result, Round, figure, row, turns  # noqa: E402


def result(*rounds: tuple[float, float, float]) -> Result:
    """The result of rounds of the older program, the same again, and this one."""
    return Result("part", "µs", [Round(*figures) for figures in rounds])


class Arithmetic(unittest.TestCase):
    """Ratios, spread, noise and verdict."""

    def test_a_ratio_is_to_the_mean_of_both_runs_of_the_older_program(self) -> None:
        self.assertAlmostEqual(Round(10, 10, 12).ratio, 1.2)
        self.assertAlmostEqual(Round(8, 18, 12).ratio, 1.0)

    def test_noise_is_the_larger_over_the_smaller_in_either_order(self) -> None:
        self.assertAlmostEqual(Round(10, 11, 1).noise, 1.1)
        self.assertAlmostEqual(Round(11, 10, 1).noise, 1.1)
        self.assertEqual(Round(7, 7, 1).noise, 1)

    def test_the_median_the_spread_and_the_largest_noise_are_those_of_all_rounds(self) -> None:
        found = result((10, 10, 11), (10, 10, 15), (10, 10.5, 12))
        self.assertAlmostEqual(found.ratio(), 12 / 105**0.5)
        self.assertAlmostEqual(found.spread()[0], 1.1)
        self.assertAlmostEqual(found.spread()[1], 1.5)
        self.assertAlmostEqual(found.noise(), 1.05)

    def test_a_difference_counts_only_if_each_round_is_beyond_the_noise(self) -> None:
        self.assertEqual(result((10, 10.5, 11.5), (10, 10, 11.2)).verdict(), "more")
        self.assertEqual(result((10, 10.5, 11.5), (10, 10, 10.2)).verdict(), "equal")
        self.assertEqual(result((10, 12, 12), (10, 10, 11.5)).verdict(), "equal")
        self.assertEqual(result((10, 10.5, 9), (10, 10, 9.1)).verdict(), "less")
        self.assertEqual(result((10, 10, 10)).verdict(), "equal")

    def test_a_figure_without_a_ratio_is_refused(self) -> None:
        for figures in ((0, 1, 1), (1, -1, 1), (1, 1, float("nan")), (1, float("inf"), 1)):
            with self.assertRaises(ValueError):
                Round(*figures)

    def test_each_program_has_each_place_of_the_order_once_in_three_rounds(self) -> None:
        orders = [turns(number) for number in range(3)]
        for name in ("older", "again", "this"):
            self.assertEqual(sorted(order.index(name) for order in orders), [0, 1, 2])

    def test_a_cell_without_rounds_is_named(self) -> None:
        self.assertEqual(row(Result("relay", "ns", absent="no time was left")),
                         "| relay | ns | NOT RUN: no time was left | | | | | |")

    def test_a_row(self) -> None:
        self.assertEqual(row(result((10, 10, 12), (20, 20, 26), (10, 12.5, 15))),
                         "| part | µs | 11.2 | 15.0 | 1.300 | 1.200–1.342 | 0.800–1.250 | equal |")

    def test_figures_have_three_digits(self) -> None:
        self.assertEqual([figure(value) for value in (0.01234, 1.234, 12.34, 123.4, 12345.6)],
                         ["0.0123", "1.23", "12.3", "123", "12346"])


if __name__ == "__main__":
    unittest.main()
