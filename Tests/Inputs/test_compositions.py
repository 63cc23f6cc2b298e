# SPDX-License-Identifier: Apache-2.0
"""Compositions of two or three perturbations by chance: the invariants hold for all seeds.

A failure prints the seed and the smallest case that fails alike. `INPUT_SEEDS` is the number of
seeds (default 200), `INPUT_FIRST_SEED` the first one.
"""

from __future__ import annotations

import os

import pytest

from composition import composed, shrunk
from laboratory import run_batch

AT_ONCE = 20
FIRST = int(os.environ.get("INPUT_FIRST_SEED", "0"))
COUNT = int(os.environ.get("INPUT_SEEDS", "200"))
# The failures of one batch that are shrunk; each takes some rounds of real time.
MOST_SHRUNK = 1


@pytest.mark.timeout(900)
@pytest.mark.parametrize("first", range(FIRST, FIRST + COUNT, AT_ONCE))
def test_invariants_hold_for_compositions(first: int) -> None:
    """The deviations are at most those that the perturbations permit together."""
    seeds = range(first, min(first + AT_ONCE, FIRST + COUNT))
    results = dict(zip(seeds, run_batch([composed(seed) for seed in seeds]), strict=True))
    void = [seed for seed, one in results.items() if one.is_void and one.faults]
    if void:
        again = run_batch([composed(seed) for seed in void])
        results |= dict(zip(void, again, strict=True))
    failed = {seed: result for seed, result in results.items() if result.faults}
    texts = []
    for index, (seed, result) in enumerate(failed.items()):
        texts.append(f"seed {seed}: {result.text()}")
        if index < MOST_SHRUNK:
            least = shrunk(result.case, result.faults, lambda cases: [
                one.faults for at in range(0, len(cases), AT_ONCE)
                for one in run_batch(cases[at:at + AT_ONCE])])
            texts.append(f"smallest case of seed {seed}: {least}")
    assert not failed, "\n\n".join(texts)
