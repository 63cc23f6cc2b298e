# SPDX-License-Identifier: Apache-2.0
"""Closed captions of CEA-708 in video that is encoded: each packet, in order, with its frame."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import dtvcc
from harness.boxes import chunks
from harness.captionsource import RATE, captioned_clip, triplets
from harness.continuity import frames
from harness.http1 import get
from harness.recorder import record
from harness.tunein import next_segments
from harness.waiting import wait_until
from test_closed_captions_708 import CHANNEL, SECONDS, SERVICES

HOST = ["--host", "127.0.0.1", "--http-port", "0"]
INTERLACED = ["-flags", "+ildct+ilme", "-x264-params", "tff=1"]


@pytest.mark.timeout(90)
@pytest.mark.parametrize(("coding", "rate"), [([], 30), ([], 15), (INTERLACED, 30)],
                         ids=["at the rate", "at half the rate", "deinterlaced"])
def test_each_packet_is_with_its_frame(coding: list[str], rate: int, streamer,
                                       tmp_path: Path) -> None:
    """The packets of two services are those of the file, from any place in its loop on."""
    services = SERVICES[0] + SERVICES[1]
    path = captioned_clip(tmp_path / "captions.ts", SECONDS, CHANNEL, "320x180", *coding,
                          services=services)
    program = streamer("--input", str(path), "--loop", "--passthrough", "never", "--framerate",
                       f"{rate}", *HOST, defaults=False, within=20)
    wait_until(lambda: 'INSTREAM-ID="SERVICE8"' in get(program.port, "/live.m3u8").text, 20,
               "SERVICE8 in the playlist")
    next_segments(program.port, 1)
    recording = record(program.port, SECONDS + 2)
    init = recording.init()
    samples = [sample for _, (_, media) in sorted(recording.segments().items())
               for chunk in chunks(media, init) for sample in chunk.sample_data()]
    shown = frames(recording)
    assert len(samples) == len(shown)
    found = list(dtvcc.packets(map(triplets, samples)))
    sent = dtvcc.schedule(services, RATE)
    expected = list(dtvcc.packets(sent.get(index, b"") for index in range(SECONDS * RATE)))
    assert len(found) >= len(expected) - 2, "packets are missing"
    turns = expected * (len(found) // len(expected) + 2)
    first = next((at for at in range(len(expected)) if [one for _, one in found] == [
        one for _, one in turns[at:at + len(found)]]), None)
    assert first is not None, "other packets than those of the file, or in another order"
    for (index, _), (source, _) in zip(found, turns[first:]):
        clock = shown[index].clock
        assert clock is not None and abs(clock - source / RATE) <= 1 / rate + 0.001, (
            "a packet is not with its frame")
