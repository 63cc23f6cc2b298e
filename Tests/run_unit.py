# SPDX-License-Identifier: Apache-2.0
"""Runs the Swift tests; repeats failed tests once, alone, and prints both results.

Tests that wait have threads of their own (trait `.blocking`, folders `Blocking/`). Swift queues the
end of a test after the starts of all others, so in a run of all targets most results come last.
With QUICK=1 in the environment the package has the quick tests only. A busy machine may delay the
encoder, devices and threads by seconds: a test that fails twice is a failure, and so are more than
three repeated tests of a run of all targets (see repeated.py).
run_unit.py [ARGUMENTS OF swift test]
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from repeated import MOST_REPEATED, forgive


def run(arguments: list[str], events: Path) -> int:
    """Runs the tests; their events are written to `events`."""
    events.unlink(missing_ok=True)
    command = ["swift", "test", "--disable-xctest", "--event-stream-output-path", str(events),
               "--event-stream-version", "0", *arguments]
    return subprocess.run(command, check=False).returncode


def failures(events: Path) -> dict[str, list[str]]:
    """The functions with a recorded issue, with its texts; a name lacks file and line."""
    found: dict[str, list[str]] = {}
    for line in events.read_text(errors="replace").splitlines() if events.exists() else []:
        try:
            payload = json.loads(line)["payload"]
        except (ValueError, KeyError):
            continue
        if payload.get("kind") != "issueRecorded" or payload.get("issue", {}).get("isKnown"):
            continue
        name = re.sub(r"/[^/]+\.swift:\d+:\d+$", "", payload.get("testID", ""))
        texts = [message["text"] for message in payload.get("messages", [])]
        found.setdefault(name, []).extend(texts[:3])
    return found


def unfiltered(arguments: list[str]) -> list[str]:
    """The arguments without --filter and its value: two of them would run the tests of both."""
    return [word for before, word in zip(["", *arguments], arguments)
            if "--filter" not in (before, word)]


def main(arguments: list[str]) -> int:
    """Runs the tests and repeats the failed ones."""
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder, "events.jsonl")
        status = run(arguments, events)
        failed = failures(events)
        if status == 0:
            return forgive([], 0)
        for name, texts in failed.items():
            print(f"FAILED {name}: {'; '.join(texts)[:1000]}", flush=True)
        if not failed or "" in failed or len(failed) > MOST_REPEATED:
            return status
        names = "|".join(f"^{re.escape(name)}" for name in failed)
        print(f"repeating {len(failed)} of the tests alone", flush=True)
        status = run([*unfiltered(arguments), "--skip-build", "--filter", names], events)
        again = failures(events)
        for name in failed:
            print(f"{'FAILED AGAIN' if name in again else 'PASSED when repeated'} {name}")
        return forgive([name for name in failed if name not in again], status)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
