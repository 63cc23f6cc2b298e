# SPDX-License-Identifier: Apache-2.0
"""What the tests of deploy/ share: commands, and the files that several of its folders use."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from harness import edges
from harness.tools import streamer_binary

SYSCTL = edges.CONFIGURATIONS / "sysctl/60-streamer-edge.conf"
RULES = (edges.CONFIGURATIONS / "varnish/live.vcl").read_text()


def run(*command: object, **options: object) -> subprocess.CompletedProcess[str]:
    """A finished command."""
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=60, check=False, **options)  # type: ignore[call-overload]


def check_settings(path: Path, environment: dict[str, str]) -> None:
    """The program accepts a configuration file in this environment."""
    done = run(streamer_binary(), "--check", env={**os.environ, **environment,
                                                  "STREAMER_CONFIG": str(path)})
    assert done.returncode == 0 and "unknown" not in done.stderr, done.stderr


def parameters_of_varnish(words: list[str]) -> list[str]:
    """The values of -p in a command of varnishd."""
    return [words[index + 1] for index, word in enumerate(words) if word == "-p"]


def shipped_parameters() -> list[str]:
    """The values of -p in the unit of deploy/edge."""
    unit = edges.CONFIGURATIONS / "varnish/varnish.service.d/streamer.conf"
    return re.findall(r"-p (\w+=\w+)", unit.read_text())
