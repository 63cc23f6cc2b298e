# SPDX-License-Identifier: Apache-2.0
"""Prints the notes of a release: how it is started, and its part of CHANGELOG.md.

    python3 release/notes.py VERSION

Without a heading of this version, the part is "Unreleased", and the first line says so. Links to
files of the repository become plain text, because the notes are read outside of it.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HEADING = re.compile(r"^## \[([^\]]+)\](?: - (\d{4}-\d\d-\d\d))?.*$", re.MULTILINE)
# A link of the form [text](target), also with a line break in the text.
LINK = re.compile(r"\[([^\]]+)\]\((?![a-z]+:)[^)\s]+\)")
# Tests/Release runs the commands in a clean root.
START = """\
## Start

On Debian 12, in the folder of the downloaded files, after `sudo apt-get update`:

```sh
sha256sum --check --ignore-missing SHA256SUMS
sudo apt install ./streamer_*.deb
xdg-open http://localhost:8080/
```

The service shows the test picture until `/etc/streamer/streamer.json` names a source. The archive
of the program has its own `INSTALL.md`.

`<live-player>` for npm, which is in no registry:

```sh
npm install ./streamer-live-player-{version}.tgz
```
"""


def notes(text: str, version: str) -> str:
    """The notes of `version` in the text of a changelog; ValueError without a part for it."""
    headings = list(HEADING.finditer(text))
    names = [found[1] for found in headings]
    name = version if version in names else "Unreleased"
    if name not in names:
        raise ValueError(f"no heading ## [{version}] and no heading ## [Unreleased]")
    index = names.index(name)
    end = headings[index + 1].start() if index + 1 < len(headings) else len(text)
    body = text[headings[index].end():end].strip()
    # Definitions of links follow the last part.
    body = re.sub(r"^\[[^\]]+\]: \S+\n?", "", body, flags=re.MULTILINE).strip()
    if not body:
        raise ValueError(f"no entries below ## [{name}]")
    date = f", {headings[index][2]}" if headings[index][2] else ""
    title = f"# streamer {version}{date}\n"
    if name != version:
        title += "\nThese entries are still below \"Unreleased\" in CHANGELOG.md.\n"
    return f"{title}\n{LINK.sub(lambda found: found[1], body)}\n"


def main() -> int:
    """Prints the notes of the version of the command line."""
    if len(sys.argv) != 2:
        print("usage: python3 release/notes.py VERSION", file=sys.stderr)
        return 2
    try:
        title, entries = notes((ROOT / "CHANGELOG.md").read_text(), sys.argv[1]).split("\n", 1)
        start = START.replace("{version}", sys.argv[1])
        print(f"{title}\n\n{start}{entries}", end="")
    except ValueError as fault:
        print(f"CHANGELOG.md: {fault}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
