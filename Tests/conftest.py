# SPDX-License-Identifier: Apache-2.0
"""Fixtures of all tests: running streamers, whose logs are attached when a test fails."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from inspect import unwrap
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest

from fetch_hlsjs import fetch_hlsjs, script_flags
from harness import order, scheduler
from harness.dashscript import dashjs_file
from harness.program import RUNNING, Program, start, stop
from harness.recorder import Recording, record
from harness.sources import Source
from harness.tools import chromium, streamer_binary

SESSION_FLAGS = ["--resolution", "640x360", "--bitrate", "1000"]
LOGS = 6
RECORD_SECONDS = 15
PLAYER_FIXTURES = {"browser", "browser_path", "camera_browser"}
PLAYER_MODULES = {"harness.browser", "harness.firefox", "harness.players", "harness.webkit"}
# The unit of each test of a worker.
UNITS: dict[str, order.Unit] = {}


def names_in(code: CodeType) -> set[str]:
    """The names that a function and the functions in it use."""
    inner = (names_in(part) for part in code.co_consts if isinstance(part, CodeType))
    return set(code.co_names).union(*inner)


def has_player(function: FunctionType, seen: set[str]) -> bool:
    """Whether a function starts a player, itself or by other functions of tests."""
    for name in names_in(function.__code__) - seen:
        seen.add(name)
        value = function.__globals__.get(name)
        for found in [value, *(value.values() if isinstance(value, dict) else [])]:
            used = unwrap(found) if isinstance(found, FunctionType) else found
            home = used.__name__ if isinstance(used, ModuleType) else getattr(
                used, "__module__", None)
            if name in PLAYER_MODULES or home in PLAYER_MODULES:
                return True
            if isinstance(used, FunctionType) and (home or "").startswith("test_") \
                    and has_player(used, seen):
                return True
    return False


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks the tests with browsers, VLC and mpv, which `make players` runs; arranges workers'."""
    for item in items:
        assert isinstance(item, pytest.Function)
        fixtures = [definition.func for name in item.fixturenames
                    for definition in item.session._fixturemanager.getfixturedefs(name, item) or []]
        functions = [unwrap(function) for function in [item.function, *fixtures]]
        if PLAYER_FIXTURES & set(item.fixturenames) \
                or any(has_player(f, set()) for f in functions if isinstance(f, FunctionType)):
            item.add_marker("players")
    if "PYTEST_XDIST_WORKER" in os.environ:
        UNITS.update(order.arrange(items))
        order.tell(UNITS, Path(os.environ[scheduler.UNITS]))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_teardown(item: pytest.Item, nextitem: pytest.Item | None) -> Iterator[None]:
    """Ends the streamer of the whole run when a worker comes to a unit that does not share it.

    Its encoder takes a twelfth of a processor, and units that share it come first (scheduler.py).
    """
    yield
    if nextitem is not None and nextitem.nodeid in UNITS and not UNITS[nextitem.nodeid].shares:
        for shared in item.session._fixturemanager.getfixturedefs("server", item) or []:
            shared.finish(item._request)  # type: ignore[attr-defined]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> scheduler.UnitScheduling:
    """The scheduler of the process that starts the workers."""
    return scheduler.UnitScheduling(config, log)


def pytest_configure(config: pytest.Config) -> None:
    """Names the file by which workers tell the scheduler their units, before they start."""
    if "PYTEST_XDIST_WORKER" not in os.environ:
        folder = tempfile.TemporaryDirectory(prefix="tests-")
        config.add_cleanup(folder.cleanup)
        os.environ[scheduler.UNITS] = str(Path(folder.name, "units"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]):
    """Attaches the end of the logs of running streamers to the report of a failed test."""
    report = yield
    if report.failed:
        for program in RUNNING[-LOGS:]:
            text = program.log_text()
            report.sections.append((f"streamer {program.pid}", text[-6000:]))
    return report


class FailureLines:
    """Names each failed test and why at once: the log of a run that is ended has them too."""

    def __init__(self, terminal: pytest.TerminalReporter) -> None:
        self.terminal = terminal

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            crash = getattr(report.longrepr, "reprcrash", None)
            why = f": {crash.path}:{crash.lineno}: {crash.message[:400]}" if crash else ""
            self.terminal.write_line(f"FAILED {report.nodeid} ({report.when}){why}")


def pytest_sessionstart(session: pytest.Session) -> None:
    """Begins to name failed tests, where results are printed."""
    terminal = session.config.pluginmanager.get_plugin("terminalreporter")
    if terminal is not None and "PYTEST_XDIST_WORKER" not in os.environ:
        session.config.pluginmanager.register(FailureLines(terminal))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Writes the names of failed tests to $FAILED_TESTS, and measured seconds if it is asked to."""
    if path := os.environ.get("FAILED_TESTS"):
        reports = terminalreporter.getreports("failed") + terminalreporter.getreports("error")
        # A worker that does not begin is no test.
        names = dict.fromkeys(report.nodeid for report in reports if ".py" in report.nodeid)
        Path(path).write_text("".join(f"{name}\n" for name in names))
    if os.environ.get("MEASURE_TESTS"):
        order.write([report for found in terminalreporter.stats.values() for report in found
                     if isinstance(report, pytest.TestReport)])


@pytest.fixture(scope="session", autouse=True)
def binary() -> Path:
    """The program under test; without it no test can run."""
    path = streamer_binary()
    if not path.is_file():
        pytest.exit(f"{path} not found: build it first (swift build -c release), or set STREAMER",
                    4)
    return path


@pytest.fixture(scope="session")
def hlsjs() -> Path:
    """hls.js 1.6.15, or a skip."""
    try:
        return fetch_hlsjs()
    except (RuntimeError, OSError) as error:
        pytest.skip(f"hls.js not found: nothing that plays with it is tested ({error})")


@pytest.fixture(scope="session")
def dashjs() -> Path:
    """dash.all.min.js of dash.js, or a skip."""
    path = dashjs_file()
    if path is None:
        pytest.skip("dash.js not found (DASHJS): only a stand-in of it is tested")
    return path


@pytest.fixture(scope="session")
def browser_path() -> str:
    """Path of Chromium, or a skip."""
    path = chromium()
    if path is None:
        pytest.skip("chromium not found: no test plays in a real browser")
    return path


@pytest.fixture(scope="module")
def browser(browser_path: str) -> Iterator[object]:
    """A headless Chromium for the tests of one file."""
    from harness.browser import chromium_running
    with chromium_running(browser_path) as running:
        yield running


@pytest.fixture(scope="module")
def camera_browser(browser_path: str) -> Iterator[object]:
    """A Chromium whose camera and microphone are drawn and permitted, for the tests of a file."""
    from harness.browser import chromium_running
    with chromium_running(browser_path, "--use-fake-device-for-media-stream",
                          "--use-fake-ui-for-media-stream") as running:
        yield running


@pytest.fixture(scope="session")
def server(binary: Path) -> Iterator[Program]:
    """The streamer that most tests share: default settings, but 640x360 to save CPU time."""
    program = start([*SESSION_FLAGS, *script_flags()])
    yield program
    status = stop(program)
    assert status == 0, f"exit status {status}\n{program.log_text()}"


@pytest.fixture(scope="session")
def recording(server: Program) -> Recording:
    """Fifteen seconds of the shared streamer, recorded by an eager client."""
    found = record(server.port, RECORD_SECONDS)
    assert not found.errors, found.errors
    return found


@pytest.fixture
def sources() -> Iterator[list[Source]]:
    """Sources that are killed after the test."""
    started: list[Source] = []
    yield started
    for source in started:
        source.kill()


@pytest.fixture
def streamer(binary: Path) -> Iterator[Callable[..., Program]]:
    """Starts streamers with the given flags; all are ended after the test."""
    mine: list[Program] = []

    def run(*flags: str, **options: object) -> Program:
        program = start(list(flags), **options)  # type: ignore[arg-type]
        mine.append(program)
        return program

    yield run
    for program in mine:
        stop(program)
