# SPDX-License-Identifier: Apache-2.0
"""Damaged media of every codec cost only their own stream; `make hostile` sends 10,000 inputs."""

from __future__ import annotations

import pytest

from hostile import run


@pytest.mark.timeout(400)
def test_damaged_inputs_cost_only_their_stream() -> None:
    """In 45 s: the program lives, does not grow, and the other stream is on time."""
    figures, faults = run(count=10_000, seconds=45, seed=7, streams=6)
    print(figures)
    assert not faults, faults
    assert int(str(figures["inputs"])) > 60, figures
