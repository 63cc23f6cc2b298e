# SPDX-License-Identifier: Apache-2.0
"""The version of the program, and whether all places have it.

    python3 release/version.py          prints the version
    python3 release/version.py --check  also compares the packages with it
    python3 release/version.py --tag    also the tag of the commit, and the dated heading of
                                        CHANGELOG.md without entries below "Unreleased", in a tree
                                        without changes

A line per finding on the standard error; the exit status is 1 if there is one.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = "Sources/Versions/Version.swift"


def version() -> str:
    """The version that the program prints."""
    found = re.search(r'static let text = "(\d+\.\d+\.\d+)"', (ROOT / SOURCE).read_text())
    if found is None:
        raise SystemExit(f"{SOURCE}: no version such as 1.2.3")
    return found[1]


def git(*words: str) -> list[str]:
    """The lines that git prints."""
    return subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=True,
                          timeout=60).stdout.splitlines()


def places() -> Iterator[tuple[str, str]]:
    """Each other file with a version, and its version."""
    changes = (ROOT / "deploy/debian/changelog").read_text()
    found = re.match(r"streamer \(([^)]*)\)", changes)
    yield "deploy/debian/changelog", found[1] if found else "none"
    addon = (ROOT / "deploy/home-assistant/addon/config.yaml").read_text()
    found = re.search(r'^version: "([^"]*)"', addon, re.MULTILINE)
    yield "deploy/home-assistant/addon/config.yaml", found[1] if found else "none"
    for name in ("Chart.yaml", "values.yaml"):
        text = (ROOT / "deploy/helm/streamer" / name).read_text()
        for found in re.finditer(r'(?:^version|appVersion|tag): "?([\d.]+)"?$', text,
                                 re.MULTILINE):
            yield f"deploy/helm/streamer/{name}", found[1]
    yield "client/npm/package.json", json.loads(
        (ROOT / "client/npm/package.json").read_text()).get("version", "none")


def release_faults(expected: str) -> Iterator[str]:
    """What a commit lacks to be released."""
    tags = git("tag", "--points-at", "HEAD")
    if f"v{expected}" not in tags:
        yield f"the commit has no tag v{expected} (its tags: {', '.join(tags) or 'none'})"
    changed = git("status", "--porcelain")
    if changed:
        yield f"{len(changed)} files differ from the commit, first {changed[0][3:]}"
    yield from changelog_faults((ROOT / "CHANGELOG.md").read_text(), expected)


def changelog_faults(text: str, expected: str) -> Iterator[str]:
    """What the text of a changelog lacks for a release of a version."""
    if not re.search(rf"^## \[{re.escape(expected)}\] - \d{{4}}-\d\d-\d\d$", text, re.MULTILINE):
        yield f"CHANGELOG.md: no heading ## [{expected}] with a date"
    open_part = re.search(r"^## \[Unreleased\][^\n]*\n(.*?)(?=^## |\Z)", text,
                          re.MULTILINE | re.DOTALL)
    entries = len(re.findall(r"^- ", open_part[1], re.MULTILINE)) if open_part else 0
    if open_part and open_part[1].strip():
        yield f"CHANGELOG.md: {entries} entries below Unreleased, which no release has"


def main() -> int:
    """Prints the version, and the findings."""
    expected = version()
    faults = []
    if {"--check", "--tag"} & set(sys.argv):
        faults += [f"{path}: version {found}, but {SOURCE} has {expected}"
                   for path, found in places() if found != expected]
    if "--tag" in sys.argv:
        faults += release_faults(expected)
    print("\n".join(faults), end="\n" if faults else "", file=sys.stderr)
    print(expected)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
