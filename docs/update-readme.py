"""Writes `streamer --help` into the README; `--check` exits 1 when it is stale."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
readme = ROOT / "README.md"
text = readme.read_text()
shown = subprocess.run([ROOT / ".build/release/streamer", "--help"], capture_output=True, text=True, check=True).stdout
new = re.sub(r"<!-- help -->.*?<!-- /help -->",
             lambda _: f"<!-- help -->\n```\n{shown}```\n<!-- /help -->", text, flags=re.S)
if "--check" in sys.argv:
    sys.exit(new != text and "README.md is stale: run python3 docs/update-readme.py" or 0)
readme.write_text(new)
