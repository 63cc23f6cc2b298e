# SPDX-License-Identifier: Apache-2.0
"""The fault tests use the fixtures of Tests/conftest.py; the figures of passed ones are printed."""

from __future__ import annotations

from _pytest.terminal import TerminalReporter


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Prints what passed tests have printed: their figures and tables."""
    for report in terminalreporter.stats.get("passed", []):
        if report.when == "call" and report.capstdout:
            terminalreporter.write_sep("-", report.nodeid)
            terminalreporter.write(report.capstdout)
