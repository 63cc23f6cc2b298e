# SPDX-License-Identifier: Apache-2.0
"""The clip of the laboratory: numbered frames, and a beep with the flash of each whole second."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import numpy as np

import bitstreams
from harness import trackpublisher
from harness.editedpublisher import is_configuration, parameter_sets, units
from harness.tools import need
from picture import draw
from samples import AUDIO, CLOCK, VIDEO, Material, Sample, Setup

AAC_FRAME = 1024
# Samples in a frame of other codecs at 48 kHz, the bytes of a frame at a bitrate that has whole
# ones, and the samples that the encoder adds before the start.
FRAMES = {"ac3": (1536, 384, 256), "eac3": (1536, 384, 256), "mp2": (1152, 288, 481),
          "mp3": (1152, 288, 1105)}
CODINGS = {"ac3": ["-c:a", "ac3", "-b:a", "96k"], "eac3": ["-c:a", "eac3", "-b:a", "96k"],
           "mp2": ["-c:a", "mp2", "-b:a", "96k"],
           "mp3": ["-c:a", "libmp3lame", "-b:a", "96k", "-reservoir", "0", "-write_xing", "0",
                   "-id3v2_version", "0"]}
# Audio object types (ISO/IEC 14496-3, table 1.17).
LC, SBR, PS = 2, 5, 29
AAC_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000)
OPUS_FRAME_SECONDS = 0.02
KEY, IDR = 5, 5
BEEP_SECONDS = 0.1


@dataclass(frozen=True)
class Picture:
    """The properties of the video of a clip; `group` is in frames.

    `is_ntsc`: its clock is slower by 1000/1001, as that of film for television.
    """

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
    codec: str = "h264"
    is_ntsc: bool = False

    @property
    def exact(self) -> Fraction:
        """Frames per second."""
        return Fraction(self.rate * 1000, 1001) if self.is_ntsc else Fraction(self.rate)

    def time(self, number: int) -> int:
        """The time of a frame in ticks."""
        return int(number * CLOCK / self.exact)


@dataclass(frozen=True)
class Sound:
    """The properties of the audio of a clip.

    `object` is the audio object type of AAC: 5 and 29 declare HE-AAC and HE-AAC v2, with twice the
    rate. The coded frames have no data of their own for it, and decoders then only double the rate.
    """

    codec: str = "aac"
    rate: int = 48_000
    channels: int = 1
    object: int = LC


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
    if picture.codec != "h264":
        return _in_order(picture, seconds)
    count = picture.rate * seconds
    tags = [tag for tag in trackpublisher.tags(_encoded(picture, seconds)) if tag[0] == 9]
    records = tuple(parameter_sets(next(b for k, _, b in tags if is_configuration(k, b))))
    setup = Setup("h264", records, picture.width, picture.height, float(picture.exact))
    coded = [(moment + int.from_bytes(body[2:5], "big", signed=True), body)
             for _, moment, body in tags if body[1] == 1]
    assert len(coded) == count, (len(coded), count)
    order = {moment: number for number, moment in enumerate(sorted(m for m, _ in coded))}
    early = max(index - order[moment] for index, (moment, _) in enumerate(coded))
    found = []
    for index, (moment, body) in enumerate(coded):
        number, dts = order[moment], picture.time(index)
        content = tuple(unit for unit in units(body) if unit[0] & 31 not in (6, 7, 8, 9))
        found.append(Sample(VIDEO, dts, picture.time(number + early), content, dts, setup, number,
                            is_key=content[0][0] & 31 == IDR))
    return tuple(found)


def _in_order(picture: Picture, seconds: int) -> tuple[Sample, ...]:
    """The access units of HEVC or AV1 without B-frames."""
    command = [need("ffmpeg", "the clip of the input laboratory"), "-v", "error", *_drawn(picture)]
    if picture.codec == "hevc":
        keys = f"keyint={picture.group}:min-keyint={picture.group}:scenecut=0:bframes=0:" \
               "repeat-headers=1:open-gop=0:log-level=none:pools=1:frame-threads=1"
        command += ["-c:v", "libx265", "-preset", "ultrafast", "-tune", "zerolatency",
                    "-x265-params", keys, "-pix_fmt", "yuv420p", "-f", "hevc", "-"]
    else:
        command += ["-c:v", "libaom-av1", "-cpu-used", "8", "-usage", "realtime", "-lag-in-frames",
                    "0", "-g", str(picture.group), "-keyint_min", str(picture.group), "-crf", "40",
                    "-pix_fmt", "yuv420p", "-f", "obu", "-"]
    data = subprocess.run(command, input=_pictures(picture, seconds), stdout=subprocess.PIPE,
                          check=True, timeout=60).stdout
    coded = bitstreams.hevc(data) if picture.codec == "hevc" else bitstreams.av1(data)
    assert len(coded) == picture.rate * seconds, len(coded)
    records = next(one.records for one in coded if one.records)
    setup = Setup(picture.codec, records, picture.width, picture.height, picture.rate)
    times = [number * CLOCK // picture.rate for number in range(len(coded))]
    return tuple(Sample(VIDEO, time, time, one.units, time, setup, number, is_key=one.is_key)
                 for number, (time, one) in enumerate(zip(times, coded, strict=True)))


def _drawn(picture: Picture) -> list[str]:
    """The options of ffmpeg for drawn pictures."""
    return ["-f", "rawvideo", "-pix_fmt", "gray", "-s", f"{picture.width}x{picture.height}", "-r",
            str(picture.exact), "-i", "-"]


def _pictures(picture: Picture, seconds: int) -> bytes:
    return b"".join(draw(number, picture.rate, picture.width, picture.height)
                    for number in range(picture.rate * seconds))


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
    command = [need("ffmpeg", "the clip of the input laboratory"), "-v", "error",
               *_drawn(picture), "-c:v", "libx264", *options, "-g", str(group),
               "-keyint_min", str(min(group, picture.rate)),
               "-crf", "24", "-x264-params", coding, "-pix_fmt", picture.pixels, *picture.more,
               "-threads", "1", "-f", "flv", "-"]
    return subprocess.run(command, input=_pictures(picture, seconds), stdout=subprocess.PIPE,
                          check=True, timeout=60).stdout


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
    if sound.codec == "pcm_alaw":
        setup, size = Setup(sound.codec, (), rate=sound.rate, channels=1), sound.rate // 50
        return tuple(Sample(AUDIO, time, time, (coded[at:at + size],), time, setup)
                     for at in range(0, len(coded), size)
                     for time in (at * CLOCK // sound.rate,))
    if sound.codec in FRAMES:
        return _fixed(sound, coded)
    units_of, at = [], 0
    while at + 7 <= len(coded):
        size = (coded[at + 3] & 3) << 11 | coded[at + 4] << 3 | coded[at + 5] >> 5
        units_of.append(coded[at + 7:at + size])
        at += size
    record = audio_config(sound)
    setup = Setup("aac", (record,), rate=sound.rate, channels=sound.channels)
    times = [index * AAC_FRAME * CLOCK // sound.rate for index in range(len(units_of) - 1)]
    # The first frame has the samples before the start, which the encoder has added.
    return tuple(Sample(AUDIO, time, time, (unit,), time, setup)
                 for time, unit in zip(times, units_of[1:], strict=True))


def audio_config(sound: Sound) -> bytes:
    """An AudioSpecificConfig (ISO/IEC 14496-3, section 1.6.2.1)."""
    index = AAC_RATES.index(sound.rate)
    if sound.object == LC:
        return (LC << 11 | index << 7 | sound.channels << 3).to_bytes(2)
    # The rate of the extension, and the object type of the coded frames.
    bits = sound.object << 20 | index << 16 | sound.channels << 12
    bits |= AAC_RATES.index(2 * sound.rate) << 8 | LC << 3
    return (bits << 7).to_bytes(4)


def _coded_audio(sound: Sound, seconds: int) -> bytes:
    """The audio of a clip as ADTS, or as Ogg for Opus."""
    coding = ["-c:a", "aac", "-b:a", "48k", "-f", "adts"]
    if sound.codec == "pcm_alaw":
        coding = ["-f", "alaw"]
    elif sound.codec in CODINGS:
        coding = [*CODINGS[sound.codec], "-f", sound.codec]
    elif sound.codec == "opus":
        coding = ["-c:a", "libopus", "-b:a", "32k", "-frame_duration", "20", "-f", "ogg"]
    command = [need("ffmpeg", "the clip of the input laboratory"), "-v", "error", "-f", "s16le",
               "-ar", str(sound.rate), "-ac", str(sound.channels), "-i", "-", *coding, "-"]
    return subprocess.run(command, input=wave(seconds, sound.rate, sound.channels),
                          stdout=subprocess.PIPE, check=True, timeout=60).stdout


def _fixed(sound: Sound, coded: bytes) -> tuple[Sample, ...]:
    """The frames of a codec whose frames have one size."""
    length, size, early = FRAMES[sound.codec]
    assert len(coded) % size == 0, (sound, len(coded))
    setup = Setup(sound.codec, (), rate=48_000, channels=sound.channels)
    found = []
    for index in range(len(coded) // size):
        time = (index * length - early) * CLOCK // 48_000
        if time >= 0:
            unit = coded[index * size:(index + 1) * size]
            found.append(Sample(AUDIO, time, time, (unit,), time, setup))
    return tuple(found)


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
