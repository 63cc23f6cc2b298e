# SPDX-License-Identifier: Apache-2.0
"""The fault tests use the fixtures of Tests/conftest.py; the figures of passed ones are printed.

No test begins after FAULTS_END, a time in Unix seconds: it is skipped by name.
"""

from __future__ import annotations

import os
import time

import pytest
from _pytest.terminal import TerminalReporter


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skips a test for which no time is left."""
    if time.time() > float(os.environ.get("FAULTS_END", "inf")):
        pytest.skip(f"the time of the check is over: {item.name} is not tested")


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Prints what passed tests have printed: their figures and tables."""
    for report in terminalreporter.stats.get("passed", []):
        if report.when == "call" and report.capstdout:
            terminalreporter.write_sep("-", report.nodeid)
            terminalreporter.write(report.capstdout)
