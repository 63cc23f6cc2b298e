# SPDX-License-Identifier: Apache-2.0
"""Writes `streamer --help all` into docs/command-line.md; a unit test fails if that page is stale.

The program is the release build, or $STREAMER.
"""

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
page = ROOT / "docs/command-line.md"
program = os.environ.get("STREAMER") or ROOT / ".build/release/streamer"
shown = subprocess.run([program, "--help", "all"], capture_output=True, text=True,
                       check=True).stdout
page.write_text(re.sub(
    r"<!-- help -->.*?<!-- /help -->",
    lambda _: f"<!-- help -->\n```\n{shown}```\n<!-- /help -->", page.read_text(), flags=re.S))
