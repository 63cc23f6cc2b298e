# SPDX-License-Identifier: Apache-2.0
"""Writes `streamer --help` into the README; a unit test tells when it is stale."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
readme = ROOT / "README.md"
text = readme.read_text()
shown = subprocess.run([ROOT / ".build/release/streamer", "--help"], capture_output=True, text=True,
                       check=True).stdout
new = re.sub(r"<!-- help -->.*?<!-- /help -->",
             lambda _: f"<!-- help -->\n```\n{shown}```\n<!-- /help -->", text, flags=re.S)
readme.write_text(new)
