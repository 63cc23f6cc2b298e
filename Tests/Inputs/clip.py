# SPDX-License-Identifier: Apache-2.0
"""The clip of the laboratory: numbered frames, and a beep with the flash of each whole second."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from functools import cache

import numpy as np

from harness import trackpublisher
from harness.editedpublisher import is_configuration, parameter_sets, units
from harness.tools import need
from picture import draw
from samples import AUDIO, CLOCK, VIDEO, Material, Sample, Setup

AAC_FRAME = 1024
AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
OPUS_FRAME_SECONDS = 0.02
KEY, IDR = 5, 5
BEEP_SECONDS = 0.1


@dataclass(frozen=True)
class Picture:
    """The properties of the video of a clip; `group` is in frames."""

    width: int = 160
    height: int = 90
    rate: int = 25
    group: int = 25
    b_frames: int = 0
    slices: int = 1
    is_open: bool = False
    keys: tuple[int, ...] = ()
    pixels: str = "yuv420p"
    more: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sound:
    """The properties of the audio of a clip."""

    codec: str = "aac"
    rate: int = 48_000
    channels: int = 1


def material(seconds: int = 12, picture: Picture | None = Picture(),
             sound: Sound | None = Sound()) -> Material:
    """A clip with its tracks; the first frame is presented at `reorder` frames if it has any."""
    video = frames(picture, seconds) if picture else ()
    early = video[0].pts if video else 0
    audio = [sample.moved(early) for sample in sounds(sound, seconds)] if sound else []
    return Material(()).ordered([*video, *audio])


@cache
def frames(picture: Picture, seconds: int) -> tuple[Sample, ...]:
    """The access units of the video, with the times of a constant frame rate."""
    count = picture.rate * seconds
    tags = [tag for tag in trackpublisher.tags(_encoded(picture, seconds)) if tag[0] == 9]
    records = tuple(parameter_sets(next(b for k, _, b in tags if is_configuration(k, b))))
    setup = Setup("h264", records, picture.width, picture.height, picture.rate)
    coded = [(moment + int.from_bytes(body[2:5], "big", signed=True), body)
             for _, moment, body in tags if body[1] == 1]
    assert len(coded) == count, (len(coded), count)
    order = {moment: number for number, moment in enumerate(sorted(m for m, _ in coded))}
    early = max(index - order[moment] for index, (moment, _) in enumerate(coded))
    found = []
    for index, (moment, body) in enumerate(coded):
        number, dts = order[moment], index * CLOCK // picture.rate
        content = tuple(unit for unit in units(body) if unit[0] & 31 not in (6, 7, 8, 9))
        found.append(Sample(VIDEO, dts, (number + early) * CLOCK // picture.rate, content, dts,
                            setup, number, is_key=content[0][0] & 31 == IDR))
    return tuple(found)


def _encoded(picture: Picture, seconds: int) -> bytes:
    """The video of a clip as FLV."""
    options = ["-preset", "ultrafast", "-tune", "zerolatency"]
    if picture.b_frames:
        options = ["-preset", "veryfast", "-bf", str(picture.b_frames), "-b_strategy", "0",
                   "-b-pyramid", "normal" if picture.b_frames > 2 else "none"]
    group = picture.group if not picture.keys else 10 * picture.rate * seconds
    coding = f"slices={picture.slices}:open-gop={int(picture.is_open)}:scenecut=0"
    if picture.keys:
        times = ",".join(f"{number / picture.rate:.4f}" for number in picture.keys)
        options += ["-force_key_frames", times]
    size = f"{picture.width}x{picture.height}"
    command = [need("ffmpeg", "the clip of the input laboratory"), "-v", "error", "-f", "rawvideo",
               "-pix_fmt", "gray", "-s", size, "-r", str(picture.rate), "-i", "-", "-c:v",
               "libx264", *options, "-g", str(group), "-keyint_min", str(min(group, picture.rate)),
               "-crf", "24", "-x264-params", coding, "-pix_fmt", picture.pixels, *picture.more,
               "-threads", "1", "-f", "flv", "-"]
    drawn = b"".join(draw(number, picture.rate, picture.width, picture.height)
                     for number in range(picture.rate * seconds))
    return subprocess.run(command, input=drawn, stdout=subprocess.PIPE, check=True,
                          timeout=60).stdout


def wave(seconds: int, rate: int, channels: int) -> bytes:
    """Samples of 16 bits with the beeps."""
    times = np.arange(seconds * rate) / rate
    beep = np.sin(2 * np.pi * 1000 * times) * (times % 1 < BEEP_SECONDS) * 13_000
    return np.repeat(beep.astype("<i2"), channels).tobytes()


@cache
def sounds(sound: Sound, seconds: int) -> tuple[Sample, ...]:
    """The coded frames of the audio; the beep of second s begins at s in their timestamps."""
    coded = _coded_audio(sound, seconds)
    if sound.codec == "opus":
        return _opus(sound, coded)
    units_of, at = [], 0
    while at + 7 <= len(coded):
        size = (coded[at + 3] & 3) << 11 | coded[at + 4] << 3 | coded[at + 5] >> 5
        units_of.append(coded[at + 7:at + size])
        at += size
    record = (2 << 11 | AAC_RATES.index(sound.rate) << 7 | sound.channels << 3).to_bytes(2)
    setup = Setup("aac", (record,), rate=sound.rate, channels=sound.channels)
    times = [index * AAC_FRAME * CLOCK // sound.rate for index in range(len(units_of) - 1)]
    # The first frame has the samples before the start, which the encoder has added.
    return tuple(Sample(AUDIO, time, time, (unit,), time, setup)
                 for time, unit in zip(times, units_of[1:], strict=True))


def _coded_audio(sound: Sound, seconds: int) -> bytes:
    """The audio of a clip as ADTS, or as Ogg for Opus."""
    coding = ["-c:a", "aac", "-b:a", "48k", "-f", "adts"]
    if sound.codec == "opus":
        coding = ["-c:a", "libopus", "-b:a", "32k", "-frame_duration", "20", "-f", "ogg"]
    command = [need("ffmpeg", "the clip of the input laboratory"), "-v", "error", "-f", "s16le",
               "-ar", str(sound.rate), "-ac", str(sound.channels), "-i", "-", *coding, "-"]
    return subprocess.run(command, input=wave(seconds, sound.rate, sound.channels),
                          stdout=subprocess.PIPE, check=True, timeout=60).stdout


def _opus(sound: Sound, pages: bytes) -> tuple[Sample, ...]:
    """The packets of Ogg (RFC 3533, section 6); the pre-skip is before the start."""
    packets, at, rest = [], 0, b""
    while at + 27 <= len(pages):
        lacing = pages[at + 27:at + 27 + pages[at + 26]]
        at += 27 + len(lacing)
        for size in lacing:
            rest, at = rest + pages[at:at + size], at + size
            if size < 255:
                packets.append(rest)
                rest = b""
    setup = Setup("opus", (packets[0],), rate=48_000, channels=sound.channels)
    skipped = int.from_bytes(packets[0][10:12], "little") * CLOCK // 48_000
    found = []
    for index, packet in enumerate(packets[2:]):
        time = round(index * OPUS_FRAME_SECONDS * CLOCK) - skipped
        if time >= 0:
            found.append(Sample(AUDIO, time, time, (packet,), time, setup))
    return tuple(found)
