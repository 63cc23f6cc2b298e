# SPDX-License-Identifier: Apache-2.0
"""When the media of a following connection is listed, without a program."""

from __future__ import annotations

from dataclasses import replace

import pytest

from flow import Returned
from follow import Followed, Kept, Recording
from samples import CLOCK, Material
from showing import Beep, Frame, Shown
from succession import Start, promised, starts
from synthetic import material


def kept(number: int, sent: int) -> Kept:
    """A segment that was listed when some frames were sent."""
    return Kept(number, "", "", 1, False, False, 0, sent=sent)


def test_media_is_listed_with_its_part_or_its_segment() -> None:
    """The first of them counts; a part that ends before the media does not."""
    followed = Followed("", {7: kept(7, 140)}, parts={7: [(0.2, 127), (0.6, 133)]})
    assert followed.sent_at(7, 0) == 127
    assert followed.sent_at(7, 0.4) == 133
    assert followed.sent_at(7, 0.8) == 140


def test_start_of_a_connection_is_counted_in_sent_frames() -> None:
    """The second connection begins with frame 125; its picture was listed after 10 frames."""
    media = Returned(5, 1).apply(material())
    recording = Recording({kind: Followed("", {8: kept(8, 160)}, parts={8: [(0.2, 134)]})
                           for kind in ("video", "audio")})
    seen = Shown([Frame(124, 7.96, 0, 7, 0.96), Frame(125, 8, 1, 8, 0)],
                 heard=[Beep(7, 0, 7, 0), Beep(8, 1, 8, 0.3)])
    found = starts(recording, seen, media)
    assert [(one.picture, one.sound, one.promised) for one in found] == [(0.4, 1.44, 2)]
    assert not found[0].faults(0)
    late = replace(found[0], sound=2.5)
    assert late.faults(0) == [
        "connection 1: its sound is listed after 2.5 s (promised: 2.0 s)"]
    assert not late.faults(1)
    assert Start(1, None, None, False, 2).faults(9) == ["connection 1: no picture is listed"]


@pytest.mark.parametrize(("distance", "rate", "seconds"), [
    (1, 25, 2), (0.5, 25, 2), (2, 25, 3), (4, 25, 5), (2, 30, 5), (1, 30, 2)])
def test_promise_follows_the_distance_of_key_frames(distance: float, rate: int,
                                                    seconds: float) -> None:
    """A key frame per second: 2 s; else 1 s and a distance, or two if the rate changed."""
    media: Material = material()
    keys = [replace(one, due=round(index * distance * CLOCK),
                    setup=replace(one.setup, rate=rate))
            for index, one in enumerate(media.keys)]
    assert promised(media.keys, keys) == seconds
