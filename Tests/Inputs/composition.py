# SPDX-License-Identifier: Apache-2.0
"""Compositions of perturbations by chance, and the shortest case that fails as a long one does."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from allowed import ENCODED, PASSED
from case import Case
from clip import Picture
from flow import Burst, Gap, Missing, Pause, Returned
from forms import Extras, Written
from perturbation import ALL, PAGE, Perturbation
from stamps import Displaced, Drifting, Equal, Jittered, Jumped, Rounded
from tracks import Absent, Changed, Late, Retuned

# Those that change the media come first: the others apply to the result.
POOL: tuple[type[Perturbation], ...] = (
    Changed, Retuned, Extras, Written, Late, Absent, Gap, Missing, Pause, Returned, Burst, Drifting,
    Rounded, Jittered, Jumped, Displaced, Equal)
PICTURES = (Picture(), Picture(), Picture(slices=4), Picture(b_frames=1), Picture(b_frames=3))
# Pages send no B-frames, and B-frames of another clip have other places.
PLAIN = Picture()
# A round takes as long as a clip; a test of more than 150 s writes the stacks of its threads.
MOST_ROUNDS = 6


def composed(seed: int) -> Case:
    """The case of a seed: two or three perturbations that a protocol can carry."""
    chance = random.Random(seed)
    protocol = chance.choice(ALL)
    mode = chance.choice([PASSED, PASSED, ENCODED])
    picture = chance.choice(PICTURES)
    kinds = [kind for kind in POOL if can_carry(kind, protocol)]
    chosen = sorted(chance.sample(kinds, chance.choice([2, 3])), key=POOL.index)
    found = tuple(kind.chosen(chance) for kind in chosen)
    if protocol == PAGE or any(isinstance(one, Changed | Missing) for one in found):
        picture = PLAIN
    return Case(protocol, mode, found, picture)


def can_carry(kind: type[Perturbation], protocol: str) -> bool:
    """Whether a protocol can carry a kind of perturbation."""
    protocols = ("rtmp", "enhanced-rtmp") if kind is Written else kind.protocols
    return protocol in protocols


def kind_of(fault: str) -> str:
    """A fault without its numbers, by which two cases fail alike."""
    return re.sub(r"[\d.,–−-]+", "#", fault.split(":")[0])[:40]


def fails_alike(faults: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether a case has a fault of the kinds of another case."""
    return bool({kind_of(one) for one in faults} & {kind_of(one) for one in wanted})


def simpler(case: Case) -> Iterator[Case]:
    """The cases with one perturbation less, else with smaller parameters or a plain clip."""
    for index in range(len(case.perturbations)):
        rest = case.perturbations[:index] + case.perturbations[index + 1:]
        yield replace(case, perturbations=rest)


def smaller(case: Case) -> Iterator[Case]:
    """The cases with one parameter nearer to its least value, or with a plain clip."""
    if case.picture != PLAIN:
        yield replace(case, picture=PLAIN)
    for index, one in enumerate(case.perturbations):
        for less in one.smaller():
            changed = (*case.perturbations[:index], less, *case.perturbations[index + 1:])
            yield replace(case, perturbations=changed)


def shrunk(case: Case, faults: Sequence[str],
           run: Callable[[Sequence[Case]], Sequence[Sequence[str]]]) -> Case:
    """The smallest case that fails alike; `run` returns the faults of several cases."""
    steps, rounds = [simpler, smaller], 0
    while steps and rounds < MOST_ROUNDS:
        candidates = list(steps[0](case))
        rounds += 1
        found = run(candidates) if candidates else []
        better = next((one for one, mine in zip(candidates, found) if fails_alike(mine, faults)),
                      None)
        if better is None:
            steps.pop(0)
        else:
            case = better
    return case
