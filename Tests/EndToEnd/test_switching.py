# SPDX-License-Identifier: Apache-2.0
"""/S/auto/: the server chooses a rendition for each segment and viewer, and saves deliveries."""

from __future__ import annotations

from collections.abc import Callable


from harness.http1 import get
from harness.mpd import validate
from harness.program import Program
from harness.waiting import wait_until

NAMES = ["360p-3000", "360p-1200", "360p-500"]
LADDER = [flag for name in NAMES for flag in ("--rendition", f"640x360@{name[5:]}")]


def test_indexes_of_auto(streamer: Callable[..., Program]) -> None:
    """The MPD is valid and has one Representation; with audio the playlist is Multivariant."""
    program = streamer(*LADDER, "--audio", "tone", "--server-side-representation-switching")
    text = get(program.port, "/live/manifest.mpd").text
    validate(text)
    assert text.count("<Representation ") == 2 and 'id="auto"' in text
    playlist = get(program.port, "/live/auto/playlist.m3u8").text
    assert "../auto/media.m3u8" in playlist and "../audio/playlist.m3u8" in playlist
    assert not program.logged("switching")
    wait_until(lambda: get(program.port, "/live/auto/media.m3u8?quality=360p-500").status == 200, 5,
               "a pinned playlist")


def test_different_sizes_are_refused(streamer: Callable[..., Program]) -> None:
    """Renditions of different sizes: 404 with the reason, one line of the log, the usual MPD."""
    program = streamer("--rendition", "640x360@900", "--rendition", "320x180@300",
                       "--server-side-representation-switching")
    entry = program.wait_logged("switching")
    assert "640x360, 320x180" in entry.message
    refused = get(program.port, "/live/auto/manifest.mpd")
    assert refused.status == 404 and "640x360, 320x180" in refused.text
    assert 'id="180p"' in get(program.port, "/live/manifest.mpd").text


def test_chunked_playlist_at_the_usual_address(streamer: Callable[..., Program]) -> None:
    """--playlist chunked: players without part support at /S/playlist.m3u8, LL-HLS at ll.m3u8."""
    program = streamer("--resolution", "320x180", "--playlist", "chunked")
    assert "#EXT-X-PART" not in get(program.port, "/live/playlist.m3u8").text
    assert "#EXT-X-PART" in get(program.port, "/live/ll.m3u8").text
    assert "#EXT-X-PART" in get(program.port, "/live.m3u8").text
