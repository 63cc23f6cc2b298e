# SPDX-License-Identifier: Apache-2.0
"""Compositions of perturbations by chance, and the shortest case that fails as a long one does."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from allowed import ENCODED, INSERTED, PASSED, RESTARTED, Allowed
from case import Case
from clip import Picture
from flow import Burst, Gap, LostKeys, Missing, Pause, Returned
from forms import CLOCK_SET, PROGRAMS, Extras, Written
from perturbation import ALL, PAGE, PUBLISHERS, Perturbation
from stamps import Displaced, Drifting, Equal, Jittered, Jumped, Offset, Rounded, Shifted
from tracks import Absent, Changed, Late, Retuned, Switched

# Those that change the media come first: the others apply to the result. Timestamps that begin
# elsewhere come last, since the others count from the start.
POOL: tuple[type[Perturbation], ...] = (
    Changed, Switched, Retuned, Extras, Written, Late, Absent, Gap, Missing, LostKeys, Pause,
    Returned, Burst, Offset, Drifting, Rounded, Jittered, Jumped, Displaced, Equal, Shifted)
# One key frame that is late by a frame, and those after it with it.
MOVED = Picture(keys=(0, 25, 50, *range(76, 300, 25)))
PICTURES = (Picture(), Picture(), Picture(slices=4), Picture(b_frames=1), Picture(b_frames=2),
            Picture(b_frames=3), Picture(group=50), MOVED)
# Pages send no B-frames, and B-frames of another clip have other places.
PLAIN = Picture()
# The share of cases to which a form of their protocol is added.
FORM_SHARE = 0.35
# A round takes as long as a clip; a test of more than 150 s writes the stacks of its threads.
MOST_ROUNDS = 6


def composed(seed: int) -> Case:
    """The case of a seed: two or three perturbations that a protocol can carry."""
    chance = random.Random(seed)
    protocol = chance.choice(ALL)
    mode = chance.choice([PASSED, PASSED, ENCODED])
    picture = chance.choice(PICTURES)
    kinds = [kind for kind in POOL if kind.can_be_carried(protocol)]
    chosen = chance.sample(kinds, chance.choice([2, 3]))
    # One kind has the forms of all senders.
    if Written in kinds and Written not in chosen and chance.random() < FORM_SHARE:
        chosen[0] = Written
    chosen.sort(key=POOL.index)
    found = tuple(kind.chosen_for(chance, protocol) for kind in chosen)
    if protocol == PAGE or any(isinstance(one, Changed | Missing | Switched) for one in found):
        picture = PLAIN
    if any(isinstance(one, Switched) for one in found):
        mode = PASSED
    permitted = more(mode, found, picture)
    if protocol in PUBLISHERS and any(
            isinstance(one, Switched) and one.picture.rate != picture.rate for one in found):
        # A publisher of another rate is encoded at the rate before.
        permitted += Allowed(is_encoded=True, lost=75, pictures=50, notices=("other-rate",))
    return Case(protocol, mode, found, picture, more=permitted)


def more(mode: str, found: Sequence[Perturbation], picture: Picture) -> Allowed:
    """The deviations that a clip and some forms permit beside those of their perturbations."""
    permitted = Allowed()
    forms = {one.form for one in found if isinstance(one, Written)}
    if PROGRAMS in forms:
        permitted += Allowed(lost=100, pictures=100, silent=4, gaps=4, discontinuities=1, notices=(
            "source-silent", "source-gone", INSERTED, "publisher-no-picture"))
    if CLOCK_SET in forms:
        permitted += Allowed(discontinuities=1, silent=1, lost=12, pictures=50, notices=(INSERTED,))
    if any(isinstance(one, Switched) for one in found):
        # The next session is another one, and groups that are held or left out delay it.
        permitted += Allowed(lost=65, discontinuities=3, gaps=3, silent=3, pictures=50, steps=False,
                             notices=("unfit", "b-frames", INSERTED, RESTARTED, "passthrough"))
    if picture.group > PLAIN.group:
        # A group that is left out has two seconds.
        permitted += Allowed(lost=25 * len(found), silent=len(found), gaps=len(found))
    if picture.keys:
        permitted += Allowed(lost=26 if mode == PASSED else 0, discontinuities=2, gaps=2, silent=2,
                             start=3, notices=(INSERTED, RESTARTED))
    return permitted


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
