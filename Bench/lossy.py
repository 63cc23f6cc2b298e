# SPDX-License-Identifier: Apache-2.0
"""Players and publishers behind lines that lose, delay and hold packets: latency and stalls.

Server and viewer have a network namespace each, with a line between them: the kernel's netem, or
tun devices and a forwarder where the kernel has none. A cell that misses a bound is repeated once,
since other work on the machine may have disturbed it; both rows are in the table. Needs root. Run:
make lossy, or python Bench/lossy.py [--lines 1/50,silence] [--players frames,ws] [--out FILE].
"""

from __future__ import annotations

import argparse
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
for place in ("Tests", "Bench"):
    sys.path.insert(0, str(ROOT / place))

from fetch_hlsjs import script_flags  # noqa: E402
from harness.lossyline import ADDRESS, Line, line  # noqa: E402
from harness.netemline import NetemLine, has_netem, netem_line  # noqa: E402
from harness.program import Program, start, stop  # noqa: E402
from harness.tools import streamer_binary  # noqa: E402
from latency import version  # noqa: E402
from lossy_lines import USUAL, Course, course  # noqa: E402
from lossy_report import Cell, table  # noqa: E402
from lossy_view import AFTER, CALM, PUBLISHERS, SETTLE, VIEWERS, measure  # noqa: E402

INSIDE = "LOSSY_NAMESPACE"
LADDER = ("640x360@1000", "320x180@300")
LINE_KBITS = 2000
START = 5.0  # of a browser and a page, s


def arguments() -> argparse.Namespace:
    """The command line; an unknown name is one line of text."""
    players = [*VIEWERS, *PUBLISHERS]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", default=",".join(USUAL),
                        help="LOSS/ROUND-TRIP in percent and ms, bursts, jitter, rate, silence "
                        f"(default {','.join(USUAL)})")
    parser.add_argument("--players", default=",".join(players),
                        help=f"of {', '.join(players)} (default all; dashjs needs DASHJS, the "
                        "path of its file)")
    parser.add_argument("--seconds", type=float, default=20, help="per cell, disturbed")
    parser.add_argument("--congestion", default="bbr", help="names of the server's, with commas")
    parser.add_argument("--kbits", type=float, default=LINE_KBITS, help="of the line `rate`")
    parser.add_argument("--rendition", action="append", help=f"default {' '.join(LADDER)}")
    parser.add_argument("--flag", action="append", default=[], help="another flag of the server")
    parser.add_argument("--minutes", type=float, default=60, help="the longest time of the run")
    parser.add_argument("--once", action="store_true", help="repeat no cell")
    parser.add_argument("--out", type=Path, help="the report as a file, also printed")
    given = parser.parse_args()
    given.players = given.players.split(",")
    if unknown := [name for name in given.players if name not in players]:
        parser.error(f"unknown player \"{unknown[0]}\" (expected {', '.join(players)})")
    if not 5 <= given.seconds <= 600:
        parser.error(f"--seconds: {given.seconds:g} (expected 5 to 600)")
    try:
        given.courses = [course(name, given.seconds, given.kbits)
                         for name in given.lines.split(",")]
    except ValueError as error:
        parser.error(str(error))
    return given


def enter_namespaces() -> None:
    """Starts this program again in a network and a process namespace of its own.

    When the program ends, by any signal, the kernel ends its processes and the namespaces.
    """
    if os.environ.get(INSIDE) == "1":
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        return
    if os.geteuid() != 0:
        sys.exit("lossy.py: network namespaces need root")
    os.environ[INSIDE] = "1"
    os.execvp("unshare", ["unshare", "--net", "--pid", "--mount-proc", "--fork", "--kill-child",
                          sys.executable, *sys.argv])


def prefer() -> str:
    """Takes real-time priority, which children inherit: other work then disturbs less."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(5))
    except OSError:
        return "usual"
    return "real-time"


@contextmanager
def server(congestion: str, given: argparse.Namespace, player: str) -> Iterator[Program]:
    """A server of the test pattern, or of a publisher page, for players and publishers."""
    scripts = script_flags()
    if path := os.environ.get("DASHJS"):
        scripts += ["--dashjs", path]
    ladder = [word for size in given.rendition or LADDER for word in ("--rendition", size)]
    program = start([
        "--host", ADDRESS, "--http-port", "0", "--https-port", "0", "--self-signed",
        *(["--source", "page"] if player == "page" else ["--test-src", *ladder]),
        "--congestion", congestion, "--rtmp", f"{ADDRESS}:0", "--srt", f"{ADDRESS}:0",
        "--publish", "open", *scripts, *given.flag], defaults=False)
    try:
        yield program
    finally:
        stop(program)


def congestion_of(player: str, server_side: str, path: Line | NetemLine) -> str:
    """Whose congestion control a cell is about."""
    if player in ("srt", "frames-h3"):
        return "of SRT" if player == "srt" else "of QUIC"
    if player in ("rtmp", "page"):
        # The publisher's kernel decides.
        asked = [*path.far, "cat", "/proc/sys/net/ipv4/tcp_congestion_control"]
        return subprocess.run(asked, capture_output=True, text=True, check=True,
                              timeout=10).stdout.strip()
    return server_side


def run(path: Line | NetemLine, given: argparse.Namespace, folder: Path,
        until: float) -> list[Cell]:
    """All cells, one after another; those that would end after `until` are named as not run."""
    cells: list[Cell] = []

    def play(where: Course, player: str, congestion: str, program: Program,
             is_again: bool = False) -> Cell:
        cell = Cell(where.name, player, congestion_of(player, congestion, path), is_again)
        cells.append(cell)
        cell.load = os.getloadavg()[0]
        length = START + SETTLE + CALM + max(given.seconds, where.end + AFTER)
        if time.monotonic() + length > until:
            cell.problem = f"not run: the limit of {given.minutes:g} minutes would be exceeded"
            return cell
        try:
            measure(cell, where, given.seconds, path, program, folder)
        except Exception as error:  # the other cells continue
            cell.problem = f"not played: {str(error).splitlines()[0][:120]}".replace("|", "/")
        print(table([cell]).splitlines()[-1], flush=True)
        return cell

    for congestion in given.congestion.split(","):
        for where in given.courses:
            for player in given.players:
                if player == "dashjs" and not os.environ.get("DASHJS"):
                    continue
                if player == "frames-h3" and not shutil.which("caddy"):
                    continue
                with server(congestion, given, player) as program:
                    cell = play(where, player, congestion, program)
                    if cell.misses() and not given.once:
                        play(where, player, congestion, program, is_again=True)
    return cells


def report(cells: list[Cell], given: argparse.Namespace, path: Line | NetemLine,
           priority: str) -> str:
    """The table, and the machine and the lines for which it holds."""
    processor = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    facts = {
        "Date": time.strftime("%d %B %Y, %H:%M UTC", time.gmtime()),
        "Machine": f"{processor[1] if processor else platform.machine()}, {os.cpu_count()} "
                   f"processors, Linux {platform.release()}",
        "Line": path.name, "Priority": f"{priority}, of all measured programs",
        "Stream": f"test pattern, {', '.join(given.rendition or LADDER)}, 30 frames per second",
        "Time": f"{given.seconds:g} s per cell, and {AFTER:g} s after the last disturbance",
        "streamer": version(str(streamer_binary()), "--version"),
        "Caddy": "plays frames-h3" if shutil.which("caddy") else "not found: no frames-h3",
        "dash.js": "given by DASHJS" if os.environ.get("DASHJS") else "not played: no DASHJS",
        **{f"Line {one.name}": one.text for one in given.courses},
    }
    listed = "\n".join(f"- {name}: {text}" for name, text in facts.items())
    return f"{table(cells)}\n\n{listed}\n"


def main() -> int:
    """Writes the report; 1 if no cell played."""
    given = arguments()
    enter_namespaces()
    priority, until = prefer(), time.monotonic() + given.minutes * 60
    with TemporaryDirectory() as scratch:
        folder = Path(scratch)
        with netem_line() if has_netem() else line(folder) as path:
            print(f"line: {path.name}", flush=True)
            cells = run(path, given, folder, until)
            text = report(cells, given, path, priority)
    if given.out:
        given.out.write_text(text)
    print(text)
    return 0 if any(cell.samples for cell in cells) else 1


if __name__ == "__main__":
    sys.exit(main())
