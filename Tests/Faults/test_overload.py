# SPDX-License-Identifier: Apache-2.0
"""Encoders that are too slow: fewer frames first, then a ladder without its top rendition."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import accumulate, dropwhile
from pathlib import Path
from typing import Any

import pytest

from harness.boxes import boxes, chunks, kinds
from harness.http1 import Closed, Connection, get
from harness.metrics import total
from harness.program import Program
from harness.slowness import LOW, TOP, Slowness
from harness.tools import need
from harness.tunein import fetch, next_segments
from harness.waiting import wait_until
from harness.websocket import VIDEO, Ended, Media, Socket

FRAME = 3000  # ticks
# The program's own times: a viewer is sent another rendition within this time of the line of the
# log that says that its own was left out, ms.
PROMPT = 1000
# The longest step between the times of two chunks that a viewer gets: a rendition that is a second
# behind is missing, s of media.
LONGEST = 1.5
TICKS = 30 * FRAME
# The longest wait for the program, s.
WITHIN = 60


def media_of(program: Program, rendition: str, after: int) -> tuple[bytes, bytes]:
    """The CMAF header and the complete segments after a number; no gaps."""
    playlist = fetch(program.port, path=f"/live/{rendition}/playlist.m3u8")
    wanted = [one for one in playlist.segments if one.msn > after]
    assert wanted and not any(one.gap for one in wanted)
    base = f"/live/{rendition}/"
    header = get(program.port, base + str(wanted[0].map_uri)).body
    return header, b"".join(get(program.port, base + str(one.uri)).body for one in wanted)


@pytest.mark.timeout(180)
def test_late_encoder_has_fewer_frames(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """55 ms per frame of 33 ms: every second frame, all of them decodable, no gap; then all again.
    """
    lab = Slowness(streamer, tmp_path)
    program = lab.program
    begun = fetch(program.port, path=f"/live/{TOP}/playlist.m3u8").last_complete
    before, _ = media_of(program, TOP, begun - 1)
    lab.slow(55)
    wait_until(lambda: lab.efforts(), WITHIN, "fewer frames")
    next_segments(program.port, 5, f"/live/{TOP}/playlist.m3u8")
    header, media = media_of(program, TOP, begun)
    assert header == before, "the CMAF header is constant"
    found = chunks(media, header)
    for one, following in zip(found, found[1:]):
        assert following.tfdt == one.tfdt + one.duration, "each frame time has a frame"
    shown = {one.duration // FRAME for one in found}
    print("frame times per frame:", sorted(shown))
    assert 2 in shown and max(shown) <= 8, "never beyond a part"
    command = [need("ffmpeg", "decodes"), "-v", "error", "-xerror", "-i", "-", "-f", "null", "-"]
    decoded = subprocess.run(command, input=header + media, capture_output=True, check=False)
    assert decoded.returncode == 0 and not decoded.stderr, decoded.stderr
    late = fetch(program.port, path=f"/live/{TOP}/playlist.m3u8")
    other = fetch(program.port, path=f"/live/{LOW}/playlist.m3u8")
    assert abs(late.last_complete - other.last_complete) <= 1
    assert not any(segment.gap for segment in late.segments + other.segments)
    assert not program.logged("rendition-left-out") and not program.logged("overloaded")
    assert total(program.port, "streamer_encoder_slots_without_frame_total", rendition=TOP) > 10
    lab.quick()
    wait_until(lambda: "each frame is encoded again" in lab.efforts()[-1], WITHIN, "full effort")


@pytest.mark.timeout(120)
def test_single_rendition_is_never_left_out(streamer: Callable[..., Program],
                                            tmp_path: Path) -> None:
    """A quarter of a second per frame, and one rendition: few frames, but no gap."""
    lab = Slowness(streamer, tmp_path, "--resolution", "640x360", "--bitrate", "900",
                   "--part-duration", "0.3")
    begun = fetch(lab.program.port).last_complete
    lab.slow(240)
    wait_until(lambda: any("fourth" in text for text in lab.efforts()), WITHIN, "the least effort")
    playlist = next_segments(lab.program.port, 6)
    assert playlist.last_complete > begun + 4
    assert not any(segment.gap for segment in playlist.segments)


def whole_boxes(data: bytes) -> bytes:
    """The complete boxes of a response that may be cut."""
    length = 0
    with suppress(ValueError):
        for box in boxes(data):
            length += box.size
    return data[:length]


def longest_step(media: Iterable[bytes]) -> float:
    """The longest time between two chunks on the clock of the media, in seconds."""
    times = [chunk.tfdt for data in media for chunk in chunks(data)]
    highest = list(accumulate(times, max))
    return max(after - before for before, after in zip(highest, highest[1:])) / TICKS


class SocketViewer(threading.Thread):
    """A client of a WebSocket: its media of video, and its control messages."""

    def __init__(self, port: int, **request: Any) -> None:
        super().__init__(daemon=True)
        self.socket = Socket(port, "/live/ws", timeout=20)
        self.socket.send({"t": "hello", "v": 1})
        self.socket.send({"t": "list"})
        self.socket.send({"t": "subscribe", "tracks": ["v"], **request})
        self.got: list[dict[str, Any] | Media] = []

    def run(self) -> None:
        """Reads until the connection ends."""
        try:
            while True:
                message = self.socket.next()
                if isinstance(message, dict) or message.kind == VIDEO:
                    self.got.append(message)
        except (Ended, OSError):
            pass

    def messages(self, name: str) -> list[dict[str, Any]]:
        """The control messages of a name."""
        return [one for one in list(self.got) if isinstance(one, dict) and one["t"] == name]

    def switches(self) -> list[tuple[str, str]]:
        """The changes of the rendition: name and reason."""
        return [(one["rendition"], one["reason"]) for one in self.messages("switching")]

    def sent_after_switch(self) -> int | None:
        """When the server sent the first media after the first switch; ms, of 32 bits."""
        later = dropwhile(lambda one: isinstance(one, Media) or one["t"] != "switching",
                          list(self.got))
        return next((one.sent for one in later if isinstance(one, Media)), None)

    def longest(self) -> float:
        """The longest step between two chunks, s of media."""
        return longest_step(one.payload for one in list(self.got) if isinstance(one, Media))


class AutomaticViewer(threading.Thread):
    """A client of /S/auto/ that requests one segment after another, as they are made.

    `got` has each response: the number of its segment, and its bytes.
    """

    def __init__(self, port: int, first: int) -> None:
        super().__init__(daemon=True)
        self.port, self.number, self.running = port, first, True
        self.got: list[tuple[int, bytearray]] = []

    def run(self) -> None:
        """Plays until `running` is false."""
        while self.running:
            body = bytearray()
            self.got.append((self.number, body))
            try:
                with Connection(self.port) as connection:
                    connection.send(f"/live/auto/segment{self.number}.m4s")
                    self.read(connection, body)
            except (Closed, OSError):
                pass  # the rendition of the response is missing

    def read(self, connection: Connection, body: bytearray) -> None:
        """Reads one response, piece by piece; a whole one is the last of its segment."""
        deadline = time.monotonic() + 15
        response = connection.read_head(deadline)
        if "content-length" in response.headers:
            length = int(response.headers["content-length"])
            body += connection._exactly(length, deadline)
        else:
            while data := connection.read_piece(response, deadline):
                body += data
        if response.status == 200:
            self.number += 1
        else:
            body.clear()

    def has(self, rendition: str, after: int) -> bool:
        """Whether a response after the first `after` has media of this rendition."""
        for number, body in list(self.got)[after:]:
            sent = bytes(body)
            if "moof" in kinds(whole_boxes(sent)):
                whole = get(self.port, f"/live/{rendition}/segment{number}.m4s").body
                if whole.startswith(sent):
                    return True
        return False

    def longest(self) -> float:
        """The longest step between two chunks, s of media."""
        return longest_step(whole_boxes(bytes(body)) for _, body in list(self.got))

    def without_media(self) -> list[int]:
        """The numbers of the segments whose last response has no media."""
        bodies = {number: bytes(body) for number, body in self.got[:-1]}
        return [number for number, body in bodies.items() if "moof" not in kinds(body)]


@pytest.mark.timeout(180)
def test_viewers_leave_a_rendition_that_is_left_out(streamer: Callable[..., Program],
                                                    tmp_path: Path) -> None:
    """The top rendition is left out, its viewers get another one, and return.

    When a rendition counts as missing is tested with a manual clock (MissingRenditionsTests).
    """
    lab = Slowness(streamer, tmp_path)
    program = lab.program
    first = fetch(program.port, path=f"/live/{LOW}/playlist.m3u8").last_complete + 1
    viewers = [SocketViewer(program.port), SocketViewer(program.port, rendition=TOP)]
    automatic = AutomaticViewer(program.port, first)
    for viewer in [*viewers, automatic]:
        viewer.start()
    wait_until(lambda: len(automatic.got) > 3, WITHIN, "viewers play")
    entry = lab.leave_out(700)
    before = len(automatic.got) - 1
    wait_until(lambda: all(viewer.sent_after_switch() for viewer in viewers), WITHIN,
               "the viewers move")
    for viewer in viewers:
        assert viewer.switches()[0] == (LOW, "abr")
        sent = viewer.sent_after_switch() or 0
        # Half of the range of 32 bits is after the line, the other half before it.
        after = (sent - round(entry.at * 1000) + 2**31) % 2**32 - 2**31
        print(f"another rendition was sent {after} ms after the top one was left out")
        assert after < PROMPT
    state = json.loads(get(program.port, "/live/timestamps.json").body)
    assert state["missing"] == [TOP]
    next_segments(program.port, 2, f"/live/{LOW}/playlist.m3u8")
    wait_until(lambda: automatic.has(LOW, before), WITHIN, "another rendition in /S/auto/")
    playlist = fetch(program.port, path=f"/live/{TOP}/playlist.m3u8")
    gap = playlist.segments[-1]
    assert gap.gap
    response = get(program.port, f"/live/{TOP}/{gap.uri}")
    assert response.status == 200
    # Players that do not know gaps have pictures: a key frame and another frame per part.
    header = get(program.port, f"/live/{TOP}/{gap.map_uri}").body
    found = chunks(response.body, header)
    assert [one.duration // FRAME for one in found] == [1, 7, 1, 7, 1, 7, 1, 5]
    command = [need("ffmpeg", "decodes"), "-v", "error", "-xerror", "-i", "-", "-f", "null", "-"]
    decoded = subprocess.run(command, input=header + response.body, capture_output=True,
                             check=False)
    assert decoded.returncode == 0 and not decoded.stderr, decoded.stderr
    shared = fetch(program.port, path="/live/auto/playlist.m3u8")
    assert not any(segment.gap for segment in shared.segments)
    joined = SocketViewer(program.port, rendition=TOP)
    joined.start()
    wait_until(lambda: any(one["rendition"] == LOW for one in joined.messages("subscribed")),
               WITHIN, "another rendition at once")
    lab.quick()
    program.wait_logged("rendition-back", TOP, within=WITHIN)
    wait_until(lambda: all((viewer.switches() or [("", "")])[-1][0] == TOP
                           for viewer in [*viewers, joined]), WITHIN, "the viewers return")
    assert viewers[1].switches()[-1][1] == "manual"
    assert "missing" not in json.loads(get(program.port, "/live/timestamps.json").body)
    automatic.running = False
    figures = {"socket, auto": viewers[0].longest(), "socket, chosen": viewers[1].longest(),
               "/S/auto/": automatic.longest()}
    print("longest step between chunks, s of media:",
          {name: round(at, 2) for name, at in figures.items()})
    assert not automatic.without_media(), f"/S/auto/ without media: {automatic.without_media()}"
    assert max(figures.values()) < LONGEST, figures
    assert not any(LOW in entry.message for entry in program.logged("rendition-left-out"))
