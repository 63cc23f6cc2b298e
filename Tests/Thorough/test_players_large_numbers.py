# SPDX-License-Identifier: Apache-2.0
"""Players play segments with numbers above 32 bits."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.program import Program
from harness.tunein import fetch
from test_players import PLAYERS, half, plays  # noqa: F401


@pytest.mark.parametrize("name", PLAYERS)
def test_player_plays_numbers_above_32_bits(name: str, half: Program, tmp_path: Path) -> None:
    """Segments with numbers above 2^31 play."""
    assert fetch(half.port).media_sequence > 2**31
    plays(name, half.url("/live.m3u8"), tmp_path)
