# SPDX-License-Identifier: Apache-2.0
"""The audio rendition that a client of `llws.v1` asks for when it subscribes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.audiotracks import frequency
from harness.boxes import timescale
from harness.http1 import get
from harness.playlist import parse
from harness.program import Program
from harness.websocket import AUDIO, HEADER, Socket
from test_audio_tracks import film, plays

# Of one or two AAC frames each: at least 0.6 s, which is enough for a frequency.
CHUNKS = 30


def audio_of(client: Socket, channel: int) -> tuple[bytes, bytes]:
    """The header of an audio group, and its next chunks; no other audio arrives."""
    header, chunks = b"", []
    while len(chunks) < CHUNKS:
        [message] = client.media(1)
        if message.channel == channel and message.kind == HEADER:
            header = message.payload
        elif message.kind == AUDIO:
            assert message.channel == channel
            chunks.append(message.payload)
    return header, b"".join(chunks)


def subscribed(client: Socket, **options: str) -> dict[str, Any]:
    """The answer about the audio of a subscription to both tracks."""
    client.send({"t": "subscribe", "tracks": ["v", "a"], **options})
    answers = [client.until("subscribed"), client.until("subscribed")]
    assert [answer["track"] for answer in answers] == ["v", "a"]
    return answers[1]


def header_over_http(program: Program, name: str) -> bytes:
    """The CMAF header of a rendition."""
    base = f"/live/{name}/"
    segments = parse(get(program.port, base + "playlist.m3u8").text).segments
    return get(program.port, base + str(segments[-1].map_uri)).body


@pytest.mark.timeout(90)
def test_subscribe_chooses_the_audio(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """By name or by language; without either, and for an unknown one, the default track arrives."""
    path = film(tmp_path / "three.ts", 20)
    program = plays(streamer, "--input", str(path), "--loop")
    for options, name, rate, hertz in [
            ({"audio": "audio-en"}, "audio-en", 44_100, 880),
            ({"audio": "en"}, "audio-en", 44_100, 880),
            ({"audio": "audio-de-visual-impaired"}, "audio-de-visual-impaired", 48_000, 1320),
            ({"audio": "de"}, "audio", 48_000, 440), ({}, "audio", 48_000, 440),
            ({"audio": "audio-fr"}, "audio", 48_000, 440)]:
        with Socket(program.port, "/live/ws") as client:
            answer = subscribed(client, **options)
            header, chunks = audio_of(client, answer["cid"])
        assert (answer["rendition"], answer["timescale"]) == (name, rate), options
        assert header == header_over_http(program, name) and timescale(header) == rate, options
        assert abs(frequency(header + chunks) - hertz) < 15, options


@pytest.mark.timeout(60)
def test_switch_to_an_unknown_audio(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """The answer is an error that is not fatal, and the audio of before goes on."""
    program = plays(streamer, "--input", str(film(tmp_path / "three.ts", 20)), "--loop")
    with Socket(program.port, "/live/ws") as client:
        answer = subscribed(client, audio="audio-en")
        header, _ = audio_of(client, answer["cid"])
        client.send({"t": "switch", "audio": "audio-fr"})
        error = client.until("error")
        assert (error["code"], error["fatal"]) == ("unknown-rendition", False)
        assert "retry" not in error
        _, chunks = audio_of(client, answer["cid"])
        assert abs(frequency(header + chunks) - 880) < 15
