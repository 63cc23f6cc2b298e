# SPDX-License-Identifier: Apache-2.0
"""Prints the share of lines of a fuzzing target's parsers that was reached; 1 if it is too small.

coverage.py TARGET LEAST SUMMARY.json: the files are those that Fuzz/Bodies names for TARGET.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path


def sources(target: str) -> list[str]:
    """The files of the parsers that the body of `target` names."""
    for path in Path(__file__).with_name("Bodies").glob("*.swift"):
        found = re.search(rf'name: "{target}",\s*sources: \[(.*?)\]', path.read_text(), re.DOTALL)
        if found:
            return re.findall(r'"([^"]+)"', found.group(1))
    raise SystemExit(f"no body called {target}")


def main() -> int:
    """Prints one line per file."""
    target, least, summary = sys.argv[1], float(sys.argv[2]), Path(sys.argv[3])
    files = {
        f["filename"]: f["summary"]["lines"]
        for f in json.loads(summary.read_text())["data"][0]["files"]
    }
    status = 0
    for source in sources(target):
        lines = next(
            (lines for name, lines in files.items() if name.endswith("/Sources/" + source)), None)
        if lines is None:
            print(f"  {target:<16} {source:<40} not in the program")
            status = 1
            continue
        low = lines["percent"] < least
        status |= low
        print(
            f"  {target:<16} {source:<40} {lines['covered']:4}/{lines['count']:<4} "
            f"{lines['percent']:5.1f} %"
            + (f"  BELOW {least:.0f} %" if low else ""))
    return status


if __name__ == "__main__":
    sys.exit(main())
