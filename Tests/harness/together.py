# SPDX-License-Identifier: Apache-2.0
"""Waits of several tests at once: each test asks for the result of its own call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")


class Together(Generic[Key, Value]):
    """Calls that run at the same time, each in a thread."""

    def __init__(self, futures: Mapping[Key, Future[Value]]) -> None:
        self._futures = futures

    def result(self, key: Key, within: float = 60) -> Value:
        """What the call returned; an error of the call is raised here."""
        return self._futures[key].result(within)


@contextmanager
def together(calls: Mapping[Key, Callable[[], Value]],
             at_once: int = 8) -> Iterator[Together[Key, Value]]:
    """Runs the calls, `at_once` at a time; calls that have not begun at the end are dropped."""
    with ThreadPoolExecutor(at_once) as pool:
        try:
            yield Together({key: pool.submit(call) for key, call in calls.items()})
        finally:
            pool.shutdown(cancel_futures=True)
