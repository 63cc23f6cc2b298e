# SPDX-License-Identifier: Apache-2.0
"""Media by RTMP in the forms of odd encoders, and a line for those that give no picture."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable

import pytest

from harness.editedpublisher import (
    AGGREGATE, AUDIO, START_CODE, VIDEO, EditedPublisher, Message, is_configuration,
    parameter_sets, part, units)
from harness.http1 import get
from harness.messages import PASSED_THROUGH
from harness.program import Program
from harness.rtmp import HOST, rtmp_port
from harness.uploads import frames
from harness.waiting import wait_until

PLAYLIST = "/live/playlist.m3u8"
ADMIN = "admin-token-of-publisher-forms"


def aggregated(kind: int, moment: int, body: bytes) -> list[Message]:
    """Media in aggregate messages whose parts count from another time."""
    if is_configuration(kind, body):
        return [(kind, moment, body)]
    return [(AGGREGATE, moment, part(kind, moment + 5_000_000, body))]


def with_codes_inside(kind: int, moment: int, body: bytes) -> list[Message]:
    """All NAL units with start codes after one length."""
    if kind != VIDEO or is_configuration(kind, body):
        return [(kind, moment, body)]
    content = START_CODE.join([b"\x06\x05\x01\x41\x80", *units(body)])
    return [(kind, moment, body[:5] + struct.pack(">I", len(content)) + content)]


def with_codes(kind: int, moment: int, body: bytes) -> list[Message]:
    """Start codes in place of the lengths."""
    if kind != VIDEO or is_configuration(kind, body):
        return [(kind, moment, body)]
    return [(kind, moment, body[:5] + b"".join(START_CODE + unit for unit in units(body)))]


class InBand:
    """No configuration of the video: parameter sets with start codes before each key frame."""

    def __init__(self) -> None:
        self.sets: list[bytes] = []

    def __call__(self, kind: int, moment: int, body: bytes) -> list[Message]:
        """The messages of a tag."""
        if kind == VIDEO and is_configuration(kind, body):
            self.sets = parameter_sets(body)
            return []
        if kind != VIDEO:
            return [(kind, moment, body)]
        before = self.sets if body[0] >> 4 == 1 else []
        content = b"".join(START_CODE + unit for unit in [*before, *units(body)])
        return [(kind, moment, body[:5] + content)]


@pytest.mark.timeout(150)
@pytest.mark.parametrize(("edit", "notice"), [
    (aggregated, ""), (with_codes_inside, "Annex B"), (with_codes, "Annex B"), (InBand(), "")],
    ids=["aggregate", "codes-inside", "codes", "in-band"])
def test_forms_of_encoders_play(edit: Callable[[int, int, bytes], list[Message]], notice: str,
                                streamer: Callable[..., Program]) -> None:
    """Aggregate messages, start codes, parameter sets in the video: each is passed through."""
    program = streamer(*HOST, defaults=False)
    with EditedPublisher(rtmp_port(program), edit):
        wait_until(lambda: get(program.port, PLAYLIST, timeout=15).status == 200, 40, "a playlist")
        assert f"320x180 {PASSED_THROUGH}" in program.description()
        assert frames(program.url(PLAYLIST), 3) >= 80
        if notice:
            program.wait_logged("publisher-media", f"H.264 in {notice} form", "accepted")
        assert not program.logged("publisher-no-picture")


def audio_only(kind: int, moment: int, body: bytes) -> list[Message]:
    """No video."""
    return [(kind, moment, body)] if kind == AUDIO else []


def without_sets(kind: int, moment: int, body: bytes) -> list[Message]:
    """Neither a configuration nor parameter sets."""
    return [] if kind == VIDEO and is_configuration(kind, body) else [(kind, moment, body)]


def without_keys(kind: int, moment: int, body: bytes) -> list[Message]:
    """No key frame."""
    is_key = kind == VIDEO and not is_configuration(kind, body) and body[0] >> 4 == 1
    return [] if is_key else [(kind, moment, body)]


def empty(kind: int, moment: int, body: bytes) -> list[Message]:
    """Video without NAL units."""
    if kind != VIDEO or is_configuration(kind, body):
        return [(kind, moment, body)]
    return [(kind, moment, body[:5] + b"\xff" * 40)]


@pytest.mark.timeout(150)
@pytest.mark.parametrize(("edit", "words"), [
    (audio_only, "audio only"), (without_sets, "without parameter sets"),
    (without_keys, "without a key frame"), (empty, "no frame is found")],
    ids=["audio", "sets", "keys", "empty"])
def test_media_without_a_picture_have_a_line_and_a_state(
        edit: Callable[[int, int, bytes], list[Message]], words: str,
        streamer: Callable[..., Program]) -> None:
    """After 5 s the log, `/api/streams` and viewers are told; nothing says "no publisher"."""
    program = streamer(*HOST, "--admin-token", ADMIN, defaults=False)
    with EditedPublisher(rtmp_port(program), edit):
        program.wait_logged("publisher-no-picture", words, "for 5 s", within=20)
        state = get(program.port, "/api/streams/live",
                    headers={"Authorization": f"Bearer {ADMIN}"}).text
        assert words in state and "no-picture" in state, state
        assert "waiting for a publisher" not in get(program.port, PLAYLIST, timeout=15).text


@pytest.mark.timeout(150)
def test_audio_without_its_configuration_has_a_line(streamer: Callable[..., Program]) -> None:
    """AAC without AudioSpecificConfig: the picture plays, and the log says why it is silent."""
    program = streamer(*HOST, defaults=False)

    def edit(kind: int, moment: int, body: bytes) -> list[Message]:
        return [] if kind == AUDIO and is_configuration(kind, body) else [(kind, moment, body)]

    with EditedPublisher(rtmp_port(program), edit):
        program.wait_logged("publisher-no-audio", "AAC without its decoder configuration for 5 s",
                            within=20)
        assert get(program.port, PLAYLIST, timeout=15).status == 200

        def fault() -> str:
            state = json.loads(get(program.port, "/live/publish.json").text)
            return state.get("audioFault", {}).get("kind", "")

        wait_until(lambda: fault() == "undescribed", 20, "the fault")
