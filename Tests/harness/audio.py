# SPDX-License-Identifier: Apache-2.0
"""The audio of a stream: playlists, media, and an audio device that plays a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.http1 import get
from harness.playlist import Playlist
from harness.program import Program, start, stop
from harness.tunein import fetch

AAC_FRAME = 1024


@dataclass(frozen=True)
class Track:
    """A rendition as seen by a client."""

    port: int
    name: str
    stream: str = "live"

    @property
    def base(self) -> str:
        """The folder of its URLs."""
        return f"/{self.stream}/{self.name}/"

    def playlist(self, query: str = "") -> Playlist:
        """Its LL-HLS playlist."""
        return fetch(self.port, query, self.base + "playlist.m3u8")

    def get(self, name: str) -> bytes:
        """Media by its name; any status but 200 fails."""
        response = get(self.port, self.base + name)
        assert response.status == 200, f"{self.base}{name}: {response.status}"
        return response.body

    def header(self, playlist: Playlist) -> bytes:
        """The Media Initialization Section."""
        return self.get(str(playlist.segments[-1].map_uri))

    def media(self, playlist: Playlist, count: int) -> bytes:
        """The header and the newest `count` complete segments."""
        found = [self.get(str(segment.uri)) for segment in playlist.segments[-count:]]
        return self.header(playlist) + b"".join(found)


def variants(text: str) -> tuple[list[dict[str, str]], list[dict[str, str]]]:
    """Attributes of each EXT-X-STREAM-INF (with its URI) and each EXT-X-MEDIA of a playlist."""
    from harness.playlist import attributes
    streams, media = [], []
    lines = text.splitlines()
    for place, line in enumerate(lines):
        if line.startswith("#EXT-X-STREAM-INF:"):
            streams.append({**attributes(line.partition(":")[2]), "URI": lines[place + 1]})
        elif line.startswith("#EXT-X-MEDIA:"):
            media.append(attributes(line.partition(":")[2]))
    return streams, media


@contextmanager
def tone_stream() -> Iterator[Program]:
    """A small stream with the test tone, at least two segments old."""
    program = start(["--resolution", "320x180", "--bitrate", "300", "--audio", "tone"])
    try:
        audio = Track(program.port, "audio")
        audio.playlist(f"?_HLS_msn={audio.playlist().last_complete + 2}")
        yield program
    finally:
        stop(program)


def microphone(folder: Path, hertz: float = 440) -> dict[str, str]:
    """An environment in which ALSA has a device `filemic` that plays an endless tone."""
    time = np.arange(48_000 * 60) / 48_000
    tone = (np.sin(2 * np.pi * hertz * time) * 12_000).astype("<i2")
    raw, config = folder / "tone.raw", folder / "asound.conf"
    raw.write_bytes(np.repeat(tone, 2).tobytes())
    config.write_text(
        f'pcm.filemic {{ type file slave.pcm null file /dev/null infile "{raw}" format raw }}\n')
    return {"ALSA_CONFIG_PATH": f"/usr/share/alsa/alsa.conf:{config}"}


def loudest(samples: np.ndarray, rate: int = 48_000) -> float:
    """The frequency with the highest energy, in Hz."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * rate / len(samples))
