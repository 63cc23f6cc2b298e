# SPDX-License-Identifier: Apache-2.0
"""The file of dash.js, which no package registry has."""

from __future__ import annotations

import os
from pathlib import Path


def dashjs_file() -> Path | None:
    """dash.all.min.js, by the variable DASHJS or in the working folder; None if it is absent."""
    path = Path(os.environ.get("DASHJS") or "dash.all.min.js")
    return path if path.is_file() else None


def dashjs_flags() -> list[str]:
    """--dashjs FILE if the file is available, else nothing."""
    path = dashjs_file()
    return ["--dashjs", str(path)] if path else []
