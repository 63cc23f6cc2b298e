# SPDX-License-Identifier: Apache-2.0
"""Streams that are pushed: their state, and their frames at both ends."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Sample:
    """A listed sample: the SHA-256 of its bytes, and the capture time of its chunk in ns."""
    digest: str
    captured: int


def samples(program: Program, rendition: str = "video", stream: str = "live") -> list[Sample]:
    """The samples of all listed segments, oldest first."""
    folder = f"/{stream}/{rendition}/"
    response = get(program.port, folder + "playlist.m3u8", timeout=15)
    found: list[Sample] = []
    if response.status != 200:
        return found
    for segment in parse(response.text).segments:
        if segment.uri is None or segment.gap:
            continue
        media = get(program.port, folder + str(segment.uri))
        if media.status != 200:
            continue
        found += [Sample(sha256(data).hexdigest(), chunk.prft or 0)
                  for chunk in chunks(media.body) for data in chunk.sample_data()]
    return found


# The tone repeats every 8 s, and with it the bytes of its frames. Equal bytes are the same frame if
# their capture times differ by less.
SAME_NS = 2_000_000_000


def common(here: list[Sample], there: list[Sample]) -> tuple[list[Sample], list[Sample]]:
    """What both list between the first and the last frame that each has once."""
    once = [Counter(sample.digest for sample in side) for side in (here, there)]
    places = {sample.digest: (index, sample) for index, sample in enumerate(there)
              if once[1][sample.digest] == 1}
    pairs = [(index, places[sample.digest][0]) for index, sample in enumerate(here)
             if once[0][sample.digest] == 1 and sample.digest in places
             and abs(sample.captured - places[sample.digest][1].captured) < SAME_NS]
    if not pairs:
        return [], []
    (first, first_there), (last, last_there) = pairs[0], pairs[-1]
    return here[first:last + 1], there[first_there:last_there + 1]


def wait_equal(source: Program, target: Program, count: int, rendition: str = "video",
               stream: str = "live", within: float = 15) -> list[tuple[int, int]]:
    """Waits until `count` frames of the source are at the target; their capture times at both.

    The target has the frames of the source in their order, without one left out or twice.
    """
    def shared() -> list[tuple[int, int]]:
        there, here = samples(target, rendition, stream), samples(source, rendition, stream)
        sent, arrived = common(here, there)
        if len(sent) < count:
            return []
        assert [one.digest for one in sent] == [one.digest for one in arrived], \
            (len(sent), len(arrived))
        return [(one.captured, other.captured)
                for one, other in zip(sent, arrived, strict=True)]
    return wait_until(shared, within, f"{count} equal frames of {stream}/{rendition}", interval=0.3)
