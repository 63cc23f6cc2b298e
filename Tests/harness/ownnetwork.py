# SPDX-License-Identifier: Apache-2.0
"""Runs a part of a test in a network namespace of its own."""

from __future__ import annotations

import ctypes
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

NEWNET = 0x40000000  # CLONE_NEWNET


def in_own_network(body: Callable[[], Any]) -> Any:
    """The result of a body that runs, with all its processes, in a network namespace of its own."""
    result: list[Any] = []
    failed: list[BaseException] = []

    def run() -> None:
        try:
            libc = ctypes.CDLL(None, use_errno=True)
            if libc.unshare(NEWNET) != 0:
                raise OSError(ctypes.get_errno(), "unshare")
            result.append(body())
        except BaseException as error:  # pylint: disable=broad-except
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
    return result[0]


def need_own_network(untested: str) -> None:
    """Skips a test, with the name of its subject, if namespaces or tun devices are refused."""
    try:
        in_own_network(lambda: Path("/dev/net/tun").open("r+b", buffering=0).close())
    except OSError as error:
        pytest.skip(f"network namespaces and tun devices are refused: {untested} ({error})")
