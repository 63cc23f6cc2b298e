# SPDX-License-Identifier: Apache-2.0
"""Inputs that do not suit pass-through: encoded with a reason, encoded never, or refused."""

from __future__ import annotations

import pytest

from harness.messages import PASSED_THROUGH
from harness.ports import free_port
from harness.program import Program, launch, stop
from harness.sources import ENCODER, Source, ffmpeg_sender
from harness.tunein import fetch
from harness.waiting import wait_until
from test_passthrough import HOST, play


def explains(program: Program, reason: str) -> bool:
    """Whether a log entry contains the reason."""
    return any(reason in entry.message for entry in list(program.entries))


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("coding", "more", "reason"), [
    (["-g", "150", "-keyint_min", "150"], [], "4 s"),
    ([], ["--overlay", "{name}"], "--overlay"),
    ([], ["--resolution", "320x180"], "--resolution"),
])
def test_unsuitable_input_is_encoded_with_its_reason(coding: list[str], more: list[str],
                                                     reason: str, streamer,
                                                     sources: list[Source]) -> None:
    """By default an unsuitable input is encoded, and the log has the reason."""
    program = play(streamer, sources, "udp", *more, coding=[*ENCODER, *coding] if coding else None)
    assert explains(program, reason), program.log_text()
    assert PASSED_THROUGH not in program.description()


@pytest.mark.timeout(60)
def test_passthrough_never_encodes(streamer, sources: list[Source]) -> None:
    """--passthrough never encodes a suitable input."""
    program = play(streamer, sources, "udp", "--passthrough", "never")
    assert PASSED_THROUGH not in program.description()
    assert len(fetch(program.port).segments) >= 10, "no history"


@pytest.mark.timeout(60)
def test_passthrough_always_ends_with_the_reason(sources: list[Source]) -> None:
    """--passthrough always refuses an unsuitable input with the reason."""
    port = free_port()
    sources.append(
        ffmpeg_sender(
            ["-g", "150", "-keyint_min", "150", "-f", "mpegts",
             f"udp://127.0.0.1:{port}?pkt_size=1316"]))
    program = launch(["--input", f"udp://127.0.0.1:{port}", "--passthrough", "always", *HOST],
                     defaults=False)
    try:
        wait_until(lambda: explains(program, "4 s"), 20, "the reason")
    finally:
        stop(program)
