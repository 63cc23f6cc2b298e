# SPDX-License-Identifier: Apache-2.0
"""Perturbations are as their names say: an error of the laboratory is none of the program."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

import composition
from case import Case
from flow import Burst, Gap, LostKeys, Missing, Pause, Returned, Slower
from forms import FORMS, Written
from perturbation import ALL, CMAF, PAGE, RTMP, Perturbation, applied
from samples import AUDIO, CLOCK, VIDEO, Material
from stamps import Displaced, Drifting, Equal, Jittered, Jumped, Offset, Rounded, Shifted
from synthetic import material
from tracks import Absent, Late

PLAIN = material()
# Kinds that need another clip, which is encoded.
ENCODING = ("Changed", "Retuned", "Switched")


def stamps(found: Material, track: str = VIDEO) -> list[int]:
    """The timestamps of a track in sending order."""
    return [one.dts for one in found.track(track)]


def changed(found: Material, track: str = VIDEO) -> int:
    """How many timestamps of a track differ from those of the plain material."""
    return sum(a != b for a, b in zip(stamps(found, track), stamps(PLAIN, track)))


def numbers(found: Material) -> list[int]:
    """The numbers of the frames."""
    return [one.number for one in found.track(VIDEO)]


ROWS: list[tuple[Perturbation, Callable[[Material], bool]]] = [
    (Displaced(), lambda found: changed(found) == 1 and changed(found, AUDIO) == 0),
    (Displaced(track=AUDIO), lambda found: changed(found) == 0 and changed(found, AUDIO) == 1),
    (Equal(count=2), lambda found: len(set(stamps(found))) == 298 and changed(found) == 2),
    (Rounded(16), lambda found: all(one % 1440 == 0 for one in stamps(found))),
    (Jittered(10), lambda found: 0 < max(abs(a - b) for a, b in zip(
        stamps(found), stamps(PLAIN))) <= 900 and min(stamps(found)) >= 0),
    (Drifting(1), lambda found: stamps(found, AUDIO)[500] == round(500 * 1920 * 1.01)),
    (Jumped(4, -2), lambda found: sum(a > b for a, b in zip(
        stamps(found), stamps(found)[1:])) == 1),
    (Shifted(2**33 - CLOCK), lambda found: stamps(found)[0] == 2**33 - CLOCK),
    (Offset(-0.2), lambda found: min(stamps(found, AUDIO)) >= 0 and changed(found) == 0),
    (Gap(4, 2), lambda found: numbers(found) == [*range(100), *range(150, 300)]
     and len(stamps(found, AUDIO)) < 480),
    (Missing(4.2, 2), lambda found: len(numbers(found)) == 298 and [
        one.number for one in found.track(VIDEO) if one.is_damaged] == list(range(107, 125))),
    (LostKeys((4.0, 6.0)), lambda found: numbers(found) == [
        one for one in range(300) if one not in (100, 150)] and [
            one.number for one in found.track(VIDEO) if one.is_damaged] == [
                *range(101, 125), *range(151, 175)]),
    (Pause(4, 2), lambda found: found.track(VIDEO)[100].due == 6 * CLOCK
     and stamps(found)[100] == 6 * CLOCK),
    (Burst(4, 1), lambda found: changed(found) == 0 and sum(
        one.due == 5 * CLOCK for one in found.track(VIDEO)) == 26),
    (Slower(50), lambda found: changed(found) == 0 and found.track(VIDEO)[25].due == 2 * CLOCK),
    (Returned(5, 1), lambda found: found.track(VIDEO)[125].connection == 1
     and stamps(found)[125] == 0 and found.track(VIDEO)[125].due == 6 * CLOCK),
    (Late(2), lambda found: stamps(found, AUDIO)[0] >= 2 * CLOCK and changed(found) == 0),
    (Late(1.5, VIDEO), lambda found: found.track(VIDEO)[0].is_key and numbers(found)[0] == 50),
    (Absent(4, 2), lambda found: not [one for one in stamps(found, AUDIO)
                                      if 4 * CLOCK <= one < 6 * CLOCK]),
]


@pytest.mark.parametrize(("perturbation", "holds"), ROWS,
                         ids=[str(row[0]).replace("'", "") for row in ROWS])
def test_perturbation_is_as_it_says(perturbation: Perturbation,
                                      holds: Callable[[Material], bool]) -> None:
    """The property of a row, and samples in the order in which they are sent."""
    found = perturbation.apply(PLAIN)
    assert holds(found), (stamps(found)[:5], numbers(found)[:5], len(found.samples))
    due = [one.due for one in found.samples]
    assert due == sorted(due) and perturbation.protocols


def test_seed_names_a_case() -> None:
    """The same seed is the same case, with perturbations that its protocol carries."""
    for seed in range(300):
        case = composition.composed(seed)
        assert case == composition.composed(seed) and 2 <= len(case.perturbations) <= 3
        assert all(case.protocol in one.protocols for one in case.perturbations), case
    protocols = {composition.composed(seed).protocol for seed in range(300)}
    assert protocols == set(ALL)


def test_all_kinds_and_forms_are_composed() -> None:
    """Each kind of the pool, and each form of a sender, is in some case of a long run."""
    found = [one for seed in range(3000) for one in composition.composed(seed).perturbations]
    assert {type(one) for one in found} == set(composition.POOL)
    forms = {(one.form, repr(one.value)) for one in found if isinstance(one, Written)}
    assert forms == {(form, repr(value)) for form, value, _ in FORMS}


def test_chosen_perturbations_keep_the_order_of_sending() -> None:
    """All kinds, with parameters by chance, apply one after another."""
    chance = random.Random(1)
    kinds = [kind for kind in composition.POOL if kind.__name__ not in ENCODING]
    for _ in range(200):
        protocol = chance.choice([one for one in ALL if one not in (CMAF, PAGE)])
        carried = [kind for kind in kinds if kind.can_be_carried(protocol)]
        found = applied(PLAIN, [kind.chosen_for(chance, protocol)
                                for kind in chance.sample(carried, 3)])
        due = [one.due for one in found.samples]
        assert due == sorted(due) and found.track(VIDEO)


def run_with(fails: Callable[[Case], bool]) -> Callable[..., list[list[str]]]:
    """A laboratory whose cases fail by a rule."""
    return lambda cases: [["5 frames lost"] if fails(case) else [] for case in cases]


def test_failing_case_is_shrunk() -> None:
    """Perturbations without effect are dropped, then parameters shrink."""
    case = Case(RTMP, perturbations=(Rounded(16), Gap(4, 2), Displaced(4.2, 0.9)))

    def fails(one: Case) -> bool:
        return any(isinstance(found, Displaced) for found in one.perturbations)

    least = composition.shrunk(case, ["7 frames lost"], run_with(fails))
    assert least.perturbations == (Displaced(4.2, Displaced.least["seconds"]),)
    assert [*map(repr, case.perturbations)] != [*map(repr, least.perturbations)]


def test_shrinking_keeps_the_kind_of_a_fault() -> None:
    """A case that fails otherwise is not smaller."""
    case = Case(RTMP, perturbations=(Rounded(16), Gap(4, 2)))
    least = composition.shrunk(case, ["audio is 70 ms late"], run_with(lambda _: True))
    assert least == case
