# SPDX-License-Identifier: Apache-2.0
"""Streams that are pushed: their state, and their frames at both ends."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from harness.boxes import chunks
from harness.http1 import get
from harness.playlist import parse
from harness.program import Program, start
from harness.waiting import wait_until

ADMIN = "admin-token-of-pushing-servers"
AUTHORIZATION = {"Authorization": f"Bearer {ADMIN}"}
SIZE = ("--resolution", "320x180", "--bitrate", "300", "--preset", "ultrafast")
LOCAL = ("--host", "127.0.0.1", "--admin-token", ADMIN)


def pushing(*flags: object, port: int = 0) -> Program:
    """A server with a test source that pushes."""
    return start([*LOCAL, "--http-port", str(port), "--test-src", *SIZE, *map(str, flags)],
                 defaults=False)


def receiver(port: int = 0, rtmp: int = 0, srt: int = 0, *flags: object) -> Program:
    """A server that publishers supply, on these ports.

    Processes of this program have no rights of local clients: without a key it must be open.
    """
    door = [] if "--publish" in flags else ["--publish", "open"]
    return start([*LOCAL, *door, "--http-port", str(port), "--rtmp", f"127.0.0.1:{rtmp}",
                  "--srt", f"127.0.0.1:{srt}", *map(str, flags)], defaults=False)


def configured(folder: Path, name: str, port: int, streams: Sequence[dict]) -> Program:
    """A server with the streams of a file, which takes media by POST."""
    path = folder / f"{name}.json"
    path.write_text(json.dumps({
        "adminToken": ADMIN, "publish": "open", "host": "127.0.0.1", "httpPort": port,
        "streams": list(streams)}))
    return start(["--config", str(path)], defaults=False)


def states(program: Program, stream: str = "live") -> list[dict]:
    """The pushes of a stream as `/api/streams` states them."""
    return get(program.port, f"/api/streams/{stream}", headers=AUTHORIZATION).json()["push"]


def wait_state(program: Program, state: str, within: float = 12, index: int = 0,
               stream: str = "live") -> dict:
    """Waits until a push has a state."""
    def find() -> dict | None:
        found = states(program, stream)[index]
        return found if found["state"] == state else None
    try:
        found = wait_until(find, within, f"{stream} {state}")
    except AssertionError as error:
        raise AssertionError(f"{error}: {states(program, stream)}") from None
    assert found is not None
    return found


def frames(program: Program, rendition: str = "video", stream: str = "live",
           after: int = 0) -> dict[str, tuple[int, int]]:
    """The capture time in ns, and the decode time in ticks, of each listed sample by its SHA-256.

    Frames that differ have different bytes: the test pattern moves.
    """
    folder = f"/{stream}/{rendition}/"
    response = get(program.port, folder + "playlist.m3u8", timeout=15)
    found: dict[str, tuple[int, int]] = {}
    if response.status != 200:
        return found
    for segment in parse(response.text).segments:
        if segment.uri is None or segment.gap:
            continue
        media = get(program.port, folder + str(segment.uri))
        if media.status != 200:
            continue
        for chunk in chunks(media.body):
            for sample in chunk.sample_data():
                found[sha256(sample).hexdigest()] = (chunk.prft or 0, chunk.tfdt)
    return {name: value for name, value in found.items() if value[1] >= after}


def wait_equal(source: Program, target: Program, count: int, rendition: str = "video",
               stream: str = "live", within: float = 15) -> list[tuple[int, int]]:
    """Waits until `count` frames of the source are at the target; their capture times at both.

    The frames of the target are those of the source, without one between them left out.
    """
    def shared() -> list[tuple[int, int]]:
        there, here = frames(target, rendition, stream), frames(source, rendition, stream)
        common = sorted((here[name][1], name) for name in here.keys() & there.keys())
        if len(common) < count:
            return []
        # All frames of the source between the first and the last one have arrived.
        first, last = common[0][0], common[-1][0]
        between = [name for name, (_, time) in here.items() if first <= time <= last]
        assert len(between) == len(common), (len(between), len(common))
        return [(here[name][0], there[name][0]) for _, name in common]
    return wait_until(shared, within, f"{count} equal frames of {stream}/{rendition}", interval=0.3)
