# SPDX-License-Identifier: Apache-2.0
"""Encoders that are too slow: fewer frames first, then a ladder without its top rendition."""

from __future__ import annotations

import json
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.boxes import chunks, kinds
from harness.http1 import Closed, Connection, get
from harness.metrics import total
from harness.preload import preloaded
from harness.program import Program
from harness.tools import need
from harness.tunein import fetch
from harness.waiting import pause, wait_until
from harness.websocket import VIDEO, Ended, Media, Socket

TOP, LOW = "360p-900", "360p-300"
LADDER = ["--rendition", "640x360@900", "--rendition", "640x360@300", "--playlist-length", "20"]
FRAME = 3000  # ticks
# The time within which viewers get another rendition after theirs was left out, s.
PROMPT = 1.0
# The longest time without media: a rendition that is a second behind is missing, s.
LONGEST = 1.5


class Slowness:
    """A ladder whose top rendition takes as long for each frame as the test wants."""

    def __init__(self, streamer: Callable[..., Program], folder: Path, *flags: str) -> None:
        self.file = folder / "slow"
        env = preloaded("slowframes", folder) | {"SLOW_FRAMES": str(self.file)}
        self.program = streamer(*(flags or LADDER), env=env)

    def slow(self, milliseconds: int, kilobits: int = 900) -> None:
        """From now on each frame takes this time."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{kilobits} {milliseconds}\n")
        new.rename(self.file)

    def quick(self) -> None:
        """From now on a frame takes its usual time."""
        self.file.unlink()

    def efforts(self) -> list[str]:
        """The logged steps."""
        return [entry.message for entry in self.program.logged("encoder-effort")]


def media_of(program: Program, rendition: str, after: int) -> tuple[bytes, bytes]:
    """The CMAF header and the complete segments after a number; no gaps."""
    playlist = fetch(program.port, path=f"/live/{rendition}/playlist.m3u8")
    wanted = [one for one in playlist.segments if one.msn > after]
    assert wanted and not any(one.gap for one in wanted)
    base = f"/live/{rendition}/"
    header = get(program.port, base + str(wanted[0].map_uri)).body
    return header, b"".join(get(program.port, base + str(one.uri)).body for one in wanted)


@pytest.mark.timeout(120)
def test_late_encoder_has_fewer_frames(streamer: Callable[..., Program], tmp_path: Path) -> None:
    """55 ms per frame of 33 ms: every second frame, all of them decodable, no gap; then all again.
    """
    lab = Slowness(streamer, tmp_path)
    program = lab.program
    begun = fetch(program.port, path=f"/live/{TOP}/playlist.m3u8").last_complete
    before, _ = media_of(program, TOP, begun - 1)
    lab.slow(55)
    wait_until(lambda: lab.efforts(), 10, "fewer frames")
    pause(5, "the encoder keeps up")
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
    wait_until(lambda: "each frame is encoded again" in lab.efforts()[-1], 40, "full effort")


@pytest.mark.timeout(60)
def test_single_rendition_is_never_left_out(streamer: Callable[..., Program],
                                            tmp_path: Path) -> None:
    """A quarter of a second per frame, and one rendition: few frames, but no gap."""
    lab = Slowness(streamer, tmp_path, "--resolution", "640x360", "--bitrate", "900",
                   "--part-duration", "0.3")
    begun = fetch(lab.program.port).last_complete
    lab.slow(240)
    wait_until(lambda: any("fourth" in text for text in lab.efforts()), 10, "the least effort")
    pause(6, "segments with few frames")
    playlist = fetch(lab.program.port)
    assert playlist.last_complete > begun + 4
    assert not any(segment.gap for segment in playlist.segments)


class SocketViewer(threading.Thread):
    """A client of a WebSocket: the times of its media, and its control messages."""

    def __init__(self, port: int, **request: Any) -> None:
        super().__init__(daemon=True)
        self.socket = Socket(port, "/live/ws", timeout=20)
        self.socket.send({"t": "hello", "v": 1})
        self.socket.send({"t": "list"})
        self.socket.send({"t": "subscribe", "tracks": ["v"], **request})
        self.arrivals: list[float] = []
        self.messages: list[tuple[float, dict[str, Any]]] = []

    def run(self) -> None:
        """Reads until the connection ends."""
        try:
            while True:
                message = self.socket.next()
                if isinstance(message, dict):
                    self.messages.append((time.monotonic(), message))
                elif isinstance(message, Media) and message.kind == VIDEO:
                    self.arrivals.append(time.monotonic())
        except (Ended, OSError):
            pass

    def switches(self) -> list[tuple[float, str, str]]:
        """The changes of the rendition: time, name and reason."""
        return [(at, message["rendition"], message["reason"])
                for at, message in list(self.messages) if message["t"] == "switching"]

    def longest(self) -> float:
        """The longest time without media."""
        times = list(self.arrivals)
        return max(b - a for a, b in zip(times, times[1:]))


class AutomaticViewer(threading.Thread):
    """A client of /S/auto/ that requests one segment after another, as they are made.

    `got` has each response: the number of its segment, and its bytes with the time at which the
    last of them arrived.
    """

    def __init__(self, port: int, first: int) -> None:
        super().__init__(daemon=True)
        self.port, self.number, self.running = port, first, True
        self.got: list[tuple[int, list[tuple[float, bytes]]]] = []

    def run(self) -> None:
        """Plays until `running` is false."""
        while self.running:
            pieces: list[tuple[float, bytes]] = []
            self.got.append((self.number, pieces))
            try:
                with Connection(self.port) as connection:
                    connection.send(f"/live/auto/segment{self.number}.m4s")
                    self.read(connection, pieces)
            except (Closed, OSError):
                pass  # the rendition of the response is missing

    def read(self, connection: Connection, pieces: list[tuple[float, bytes]]) -> None:
        """Reads one response, piece by piece; a whole one is the last of its segment."""
        deadline = time.monotonic() + 15
        response = connection.read_head(deadline)
        if "content-length" in response.headers:
            length = int(response.headers["content-length"])
            pieces.append((time.monotonic(), connection._exactly(length, deadline)))
        else:
            while data := connection.read_piece(response, deadline):
                pieces.append((time.monotonic(), data))
        if response.status == 200:
            self.number += 1
        else:
            pieces.clear()

    def first_of(self, rendition: str, since: float) -> float:
        """When the first bytes of this rendition arrived after a time."""
        for number, pieces in list(self.got):
            after = [at for at, _ in pieces if at > since]
            if not after:
                continue
            whole = get(self.port, f"/live/{rendition}/segment{number}.m4s").body
            if whole.startswith(b"".join(data for _, data in pieces)):
                return after[0]
        raise AssertionError(f"{rendition} was not sent")

    def longest(self) -> float:
        """The longest time without media."""
        times = [at for _, pieces in self.got for at, _ in pieces]
        return max(b - a for a, b in zip(times, times[1:]))

    def without_media(self) -> list[int]:
        """The numbers of the segments whose last response has no media."""
        bodies = {number: b"".join(data for _, data in pieces) for number, pieces in self.got[:-1]}
        return [number for number, body in bodies.items() if "moof" not in kinds(body)]


@pytest.mark.timeout(180)
def test_viewers_leave_a_rendition_that_is_left_out(streamer: Callable[..., Program],
                                                    tmp_path: Path) -> None:
    """The top rendition is left out, its viewers get another one within a second, and return."""
    lab = Slowness(streamer, tmp_path)
    program = lab.program
    first = fetch(program.port, path=f"/live/{LOW}/playlist.m3u8").last_complete + 1
    viewers = [SocketViewer(program.port), SocketViewer(program.port, rendition=TOP)]
    automatic = AutomaticViewer(program.port, first)
    for viewer in [*viewers, automatic]:
        viewer.start()
    pause(3, "viewers play")
    begun = time.monotonic()
    lab.slow(700)
    entry = program.wait_logged("rendition-left-out", within=20)
    left = time.monotonic()
    assert TOP in entry.message
    wait_until(lambda: all(viewer.switches() for viewer in viewers), 5, "the viewers move")
    for viewer in viewers:
        at, name, reason = viewer.switches()[0]
        assert (name, reason) == (LOW, "abr") and at < left + PROMPT
        print(f"moved {at - begun:.2f} s after the start, left out after {left - begun:.2f} s")
    state = json.loads(get(program.port, "/live/timestamps.json").body)
    assert state["missing"] == [TOP]
    pause(2, "a whole segment without the top rendition")
    moved = automatic.first_of(LOW, left) - left
    print(f"/S/auto/ has another rendition {moved:.2f} s after the top one was left out")
    assert moved < PROMPT
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
    wait_until(lambda: any(message["t"] == "subscribed" and message["rendition"] == LOW
                           for _, message in joined.messages), 5, "another rendition at once")
    pause(1, "a while without the top rendition")
    lab.quick()
    program.wait_logged("rendition-back", TOP, within=60)
    wait_until(lambda: all(viewer.switches()[-1][1] == TOP for viewer in [*viewers, joined]), 30,
               "the viewers return")
    assert viewers[1].switches()[-1][2] == "manual"
    assert "missing" not in json.loads(get(program.port, "/live/timestamps.json").body)
    automatic.running = False
    figures = {"socket, auto": viewers[0].longest(), "socket, chosen": viewers[1].longest(),
               "/S/auto/": automatic.longest()}
    print("longest time without media:", {name: round(at, 2) for name, at in figures.items()})
    assert not automatic.without_media(), f"/S/auto/ without media: {automatic.without_media()}"
    assert max(figures.values()) < LONGEST, figures
    assert not any(LOW in entry.message for entry in program.logged("rendition-left-out"))
