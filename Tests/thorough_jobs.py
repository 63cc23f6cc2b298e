# SPDX-License-Identifier: Apache-2.0
"""The table of `make thorough`: every check that `make lint` and `make test` do not have.

A new check is a row here, or a file of a folder that a row covers. The limits are for two cores and
a machine on which `make deps-test` has run; their sum is at most MOST_MINUTES.
"""

from __future__ import annotations

from dataclasses import dataclass

MOST_MINUTES = 150
# LONG=1: more seeds, kills and inputs, and this many times the limit.
LONG_TIMES = 6
LONG = {"ARCHIVE_KILLS": "200", "TWINS_OUTAGE": "600", "FUZZ_SECONDS": "150",
        "HOSTILE_COUNT": "10000", "INPUT_SEEDS": "1000"}
LONG_WITHOUT = ("QUICK",)
# Pages of the site outside docs/, see release/site.py.
PAGES = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "client/README.md",
         "Tests/README.md")
# A change of these scripts changes the verdict of tests that run by them.
REPEATS = ("Tests/repeated.py",)
UNIT_SCRIPTS = ("Tests/run_unit.py", *REPEATS)
# Inputs that unit tests replay.
REPLAYED = ("Fuzz/Corpus", "Fuzz/FailCases")


@dataclass(frozen=True)
class Job:
    """One row: `make TARGET VARIABLES` within a limit.

    `covers` are test files of Python, which have subjects, and targets, folders and files whose
    change makes a result invalid; targets with all that they import.
    """

    name: str
    command: str
    minutes: int
    covers: tuple[str, ...]
    what: str
    calls: tuple[str, ...] = ()
    """Targets that its commands make by another make, which `make --dry-run` does not show."""

    @property
    def targets(self) -> frozenset[str]:
        """The targets of the Makefile whose change makes a result invalid."""
        return frozenset({word for word in self.command.split() if "=" not in word}
                         | set(self.calls))

    def arguments(self, is_long: bool) -> list[str]:
        """The arguments of make."""
        kept = [word for word in self.command.split()
                if not (is_long and word.partition("=")[0] in (*LONG, *LONG_WITHOUT))]
        return [*kept, *(f"{name}={value}" for name, value in LONG.items() if is_long)]

    def seconds(self, is_long: bool) -> int:
        """The limit."""
        return self.minutes * 60 * (LONG_TIMES if is_long else 1)


JOBS = (
    Job("build", "deps-test build", 3, ("streamer",),
        "the program, which the jobs below use"),
    Job("thorough-http", "thorough-http", 12, ("Tests/Thorough/*", *REPEATS),
        "the features at length: HTTP clients, ffmpeg, publishers"),
    Job("thorough-players", "thorough-players", 17, ("Tests/Thorough/*", *REPEATS),
        "the features at length: browsers, mpv, VLC"),
    Job("faults-http", "faults-http", 9, ("Tests/Faults/*", *REPEATS),
        "processes, disks, lines, sources and twins that fail, without players"),
    Job("faults-players", "faults-players", 14, ("Tests/Faults/*", *REPEATS),
        "kills, freezes, outages and left-out renditions while players play"),
    Job("faults-measured", "faults-measured", 10, ("Tests/Faults/*", *REPEATS),
        "faults whose tests measure, or need both processors: one at a time"),
    Job("inputs", "inputs", 18, ("Tests/Inputs/*", *REPEATS),
        "the input laboratory: its table, foreign senders, and 200 compositions of perturbations"),
    Job("consumers", "consumers", 12, ("Tests/Consumers/*", "docs/embed.md", *REPEATS),
        "consumers of the field: live, over faults and other publishers, past, clips, encrypted"),
    Job("edge", "edge", 13, ("Tests/Edge/*", "deploy/edge", *REPEATS),
        "each cache of deploy/edge before the program"),
    Job("suites", "suites", 2, ("Tests/Suites/*", *REPEATS),
        "h2spec, Autobahn, testssl.sh, slowhttptest, httplint, promtool"),
    Job("static", "static", 5, ("streamer", "Sources/Starter"),
        "the program with its runtime, which the package and the release have"),
    Job("package", "package", 3,
        ("Tests/Package", "deploy", "docs", *PAGES, "streamer", "Sources/Starter", *REPEATS),
        "the Debian package, and its life in a clean root", ("install-files",)),
    Job("release-check", "release-check", 5,
        ("Tests/Release", "release", "deploy", "client", "docs", "mkdocs.yml", *PAGES, "streamer",
         "Sources/Starter", *REPEATS),
        "the files of a release", ("install-files",)),
    Job("docs", "docs", 1, ("docs", "mkdocs.yml", *PAGES, "release"),
        "the documentation site"),
    Job("fuzz", "fuzz FUZZ_SECONDS=30", 8, ("FuzzBodies", "Fuzz"),
        "libFuzzer, 30 s for each target, one on each processor"),
    Job("units-long", "unit LONG=1", 4, ("*Tests", *REPLAYED, *UNIT_SCRIPTS),
        "unit tests at full length"),
    Job("tsan", "tsan", 4, ("*Tests", *REPLAYED, *UNIT_SCRIPTS),
        "unit tests under ThreadSanitizer"),
    Job("asan", "asan", 4, ("*Tests", "Tests/lsan.supp", *REPLAYED, *UNIT_SCRIPTS),
        "unit tests under AddressSanitizer, with leaks"),
    Job("hostile", "hostile HOSTILE_COUNT=2000", 3, ("streamer", "Tests/Faults/hostile.py"),
        "damaged inputs beside a healthy stream"),
    Job("other-debian", "other-debian QUICK=1", 3, ("streamer", "*Tests", "Tests/other_debian.sh"),
        "the program on Debian 13, with the pure unit tests (QUICK=1), or all (LONG=1)"),
)
