# SPDX-License-Identifier: Apache-2.0
"""Configuration files for the program under test."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SMALL = {"resolution": "320x180", "bitrate": 200, "preset": "ultrafast"}


SOURCES = {"device", "input", "publishKey", "relay", "rtmp", "source", "testSrc", "type"}


def stream(name: str, /, **keys: Any) -> dict[str, Any]:
    """A small stream, with the test pattern if `keys` name no other source."""
    source = {} if SOURCES & keys.keys() else {"testSrc": True}
    return {"stream": name, **source, **SMALL, **keys}


def write(folder: Path, streams: list[dict[str, Any]], **top: Any) -> Path:
    """Writes config.json and streams.json; returns the path of the first."""
    path = folder / "config.json"
    (folder / "streams.json").write_text(json.dumps(streams, indent=1))
    path.write_text(
        json.dumps({"host": "127.0.0.1", "httpPort": 0, "streams": "streams.json", **top},
                   indent=1))
    return path
