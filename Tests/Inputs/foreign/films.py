# SPDX-License-Identifier: Apache-2.0
"""Films: the clip of the laboratory as a file that a foreign sender reads and sends."""

from __future__ import annotations

import hashlib
import os
import subprocess
import wave as waves
from dataclasses import dataclass, replace
from pathlib import Path

from clip import Picture, Sound, wave
from harness.tools import ROOT, need
from picture import draw
from samples import AUDIO, CLOCK, VIDEO, Material, Sample, Setup

FOLDER = ROOT / ".build/inputs/films"
VIDEO_CODING = {
    "h264": ["-c:v", "libx264", "-preset", "veryfast"],
    "hevc": ["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1"],
    "av1": ["-c:v", "libsvtav1", "-preset", "10"],
    "vp9": ["-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"],
}
AUDIO_CODING = {
    "aac": ["aac", "-b:a", "64k"], "opus": ["libopus", "-b:a", "48k"], "mp3": ["libmp3lame"],
    "mp2": ["mp2", "-b:a", "128k"], "ac3": ["ac3", "-b:a", "128k"], "eac3": ["eac3"],
    "mulaw": ["pcm_mulaw"], "alaw": ["pcm_alaw"], "flac": ["flac"],
}


@dataclass(frozen=True)
class Film:
    """A film; `first` is the number of its first frame, a whole second.

    `container` is the ending of its file. `options` are further options of the encoders. The file
    goes on for `tail` seconds, so that the sender still sends while the result is read.
    """

    picture: Picture = Picture()
    codec: str = "h264"
    sounds: tuple[Sound, ...] = (Sound(),)
    seconds: int = 12
    first: int = 0
    container: str = "mp4"
    options: tuple[str, ...] = ()
    tail: int = 0

    def part(self, start: int, end: int) -> Film:
        """The seconds from `start` to `end`, with key frames of their own."""
        return replace(self, seconds=end - start, first=self.first + start * self.picture.rate)

    def samples(self) -> list[Sample]:
        """Frames with their numbers, and one sample of audio per second, for the invariants."""
        rate = self.picture.rate
        setup = Setup(self.codec, (), self.picture.width, self.picture.height, rate)
        found = []
        keys = self.picture.keys or range(0, rate * self.seconds, self.picture.group)
        for index in range(rate * self.seconds):
            at = (self.first + index) * CLOCK // rate
            found.append(Sample(VIDEO, at, at, (), at, setup, self.first + index,
                                is_key=index in keys))
        if self.sounds:
            sound = Setup(self.sounds[0].codec, (), rate=self.sounds[0].rate)
            begins = self.first // rate
            found += [Sample(AUDIO, at := second * CLOCK, at, (), at, sound)
                      for second in range(begins, begins + self.seconds)]
        return found

    def file(self) -> Path:
        """The file, which is made once."""
        need("ffmpeg", "films for foreign senders")
        made_by = f"{self}{self._group()}{VIDEO_CODING}{AUDIO_CODING}"
        name = hashlib.sha256(made_by.encode()).hexdigest()[:16]
        path = FOLDER / f"{name}.{self.container}"
        if not path.exists():
            FOLDER.mkdir(parents=True, exist_ok=True)
            made = path.with_name(f"{os.getpid()}-{path.name}")
            self._encode(made)
            made.rename(path)
        return path

    def _encode(self, path: Path) -> None:
        """Draws and encodes all frames."""
        picture = self.picture
        size, seconds = f"{picture.width}x{picture.height}", self.seconds + self.tail
        inputs, maps, coding = [], ["-map", "0:v"], []
        for index, sound in enumerate(self.sounds):
            heard = path.with_name(f"{path.name}-{index}.wav")
            with waves.open(str(heard), "wb") as file:
                file.setnchannels(sound.channels)
                file.setsampwidth(2)
                file.setframerate(sound.rate)
                file.writeframes(wave(seconds, sound.rate, sound.channels))
            inputs += ["-i", str(heard)]
            maps += ["-map", f"{index + 1}:a"]
            first, *more = AUDIO_CODING[sound.codec]
            coding += [f"-c:a:{index}", first, *more]
        command = ["ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "gray", "-s", size,
                   "-r", str(picture.rate), "-i", "-", *inputs, *maps,
                   *VIDEO_CODING[self.codec], *self._group(), "-pix_fmt", picture.pixels,
                   "-threads", "1", *coding, "-strict", "experimental", *picture.more,
                   *self.options, str(path)]
        drawn = b"".join(draw(self.first + index, picture.rate, picture.width, picture.height)
                         for index in range(picture.rate * seconds))
        subprocess.run(command, input=drawn, check=True, timeout=120)
        for index in range(len(self.sounds)):
            path.with_name(f"{path.name}-{index}.wav").unlink()

    def _group(self) -> list[str]:
        """The options of B-frames and key frames."""
        picture = self.picture
        group = str(picture.group if not picture.keys else 10 * picture.rate * self.seconds)
        found = ["-g", group, "-keyint_min", str(min(int(group), picture.rate))]
        if picture.keys:
            # The tail has key frames too, or its group would be too long.
            rate = picture.rate
            tail = range(rate * self.seconds, rate * (self.seconds + self.tail), picture.group)
            found += ["-force_key_frames",
                      ",".join(f"{number / rate:.4f}" for number in (*picture.keys, *tail))]
        if self.codec == "h264":
            found += ["-crf", "24", "-bf", str(picture.b_frames), "-b_strategy", "0",
                      "-x264-params", f"slices={picture.slices}:scenecut=0:"
                      f"open-gop={int(picture.is_open)}"]
        elif self.codec == "hevc":
            found += ["-x265-params", f"log-level=error:scenecut=0:bframes={picture.b_frames}:"
                      f"open-gop={int(picture.is_open)}:keyint={group}:min-keyint={group}:"
                      "pools=1:frame-threads=1"]
        return found


def material(films: tuple[Film, ...]) -> Material:
    """The media of films that follow one another, each over a connection of its own."""
    return Material(()).ordered(replace(one, connection=index)
                                for index, film in enumerate(films) for one in film.samples())
