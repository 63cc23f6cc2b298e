# SPDX-License-Identifier: Apache-2.0
"""Runs `streamer validate` on streams."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from harness.tools import streamer_binary


def command(*words: object) -> list[str]:
    """The command `streamer validate` with these words."""
    return [str(streamer_binary()), "validate", *map(str, words)]


def validate(*words: object) -> subprocess.CompletedProcess[str]:
    """One run of the command."""
    return subprocess.run(command(*words), capture_output=True, text=True, timeout=90, check=False)


class Following:
    """A run of the command beside a test."""

    def __init__(self, seconds: int, urls: Sequence[str], *options: object) -> None:
        self.limit = seconds + 90
        self.process = subprocess.Popen(command("--seconds", seconds, "--json", *options, *urls),
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def results(self) -> list[dict[str, Any]]:
        """The result for each URL, once all are followed."""
        out, errors = self.process.communicate(timeout=self.limit)
        assert not errors, errors
        return [json.loads(line) for line in out.splitlines()]

    def close(self) -> None:
        """Ends the command."""
        self.process.kill()
        self.process.communicate()


def follow(seconds: int, urls: Sequence[str], *options: object) -> list[dict[str, Any]]:
    """Follows the streams; the result for each URL."""
    return Following(seconds, urls, *options).results()


def check_unbroken(result: dict[str, Any], *permitted: str) -> None:
    """The stream was followed and broke no rule, except the permitted ones."""
    lines = [result["failure"]] if result["failure"] else []
    lines += [f"{one['rule']} ({one['level']}) {one['url']}: {one['seen']}; {one['expected']}"
              for one in result["findings"] if one["rule"] not in permitted]
    assert not lines, "\n".join([result["url"], *lines])
