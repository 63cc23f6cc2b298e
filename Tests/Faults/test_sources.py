# SPDX-License-Identifier: Apache-2.0
"""Sources that fail and return: players notice nothing, and frames return by themselves.

The time until they return is printed. Each fault happens to one source of each kind at once, each
with its own streamer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.camera import FakeCamera
from harness.continuity import check_one_stream, frames
from harness.ports import free_port
from harness.program import Program, launch, stop
from harness.recorder import record
from harness.sources import Source, ffmpeg_sender, rtsp_server
from harness.supervisor import is_bound
from harness.tunein import fetch, next_segments
from harness.waiting import pause, wait_until

HOST = [
    "--passthrough", "never", "--host", "127.0.0.1", "--http-port", "0", "--part-duration", "0.2",
    "--preset", "ultrafast"
]
RATE = 15
SIZE = "320x180"
LIVE = ["rtsp", "srt", "http", "rtmp", "udp"]
EVERY = ["camera", *LIVE]


class Place:
    """One source, its faults, and the streamer that pulls it."""

    def __init__(self, kind: str, folder: Path, *options: str) -> None:
        self.kind = kind
        self.options = options
        self.camera: FakeCamera | None = None
        self.source: Source | None = None
        port = free_port()
        self.port = port
        secret = "passphrase=sehrgeheim123"
        self.url, self.target = {
            "camera": ("", ""),
            "rtsp": (f"rtsp://127.0.0.1:{port}/x", ""),
            "udp": (f"udp://127.0.0.1:{port}", f"udp://127.0.0.1:{port}?pkt_size=1316"),
            "srt": (f"srt://127.0.0.1:{port}?mode=listener&{secret}",
                    f"srt://127.0.0.1:{port}?{secret}"),
            "http": (f"http://127.0.0.1:{port}/x.ts", ) * 2,
            "rtmp": (f"rtmp://127.0.0.1:{port}/live/x", ) * 2,
        }[kind]
        if kind == "camera":
            (folder / kind).mkdir()
            self.camera = FakeCamera(folder / kind, SIZES=SIZE, FPS=str(RATE), FORMATS="YUYV")

    def start(self, size: str = SIZE, *options: str) -> None:
        """Starts or restarts the source; its timestamps begin as `options` require."""
        if self.camera:
            shift = {"SHIFT": options[1]} if options else {}
            self.camera.plug(SIZES=size, **shift)
        elif self.kind == "rtsp":
            first = ["--first-timestamp", str(int(options[1]) * 90_000 % 2**32)] if options else []
            self.source = rtsp_server(self.port, "--size", size, "--rate", str(RATE), *first)
        else:
            form = ["-f", "flv"] if self.kind == "rtmp" else ["-f", "mpegts"]
            listen = ["-listen", "1"] if self.kind in ("http", "rtmp") else []
            self.source = ffmpeg_sender([*options, *form, *listen, self.target], size=size,
                                        rate=RATE, group=RATE)

    def kill(self) -> None:
        """Kills the source, or unplugs the camera."""
        if self.camera:
            self.camera.unplug()
            pause(0.2, "the program notices the missing camera")
        elif self.source:
            self.source.kill()
            self.source = None

    def freeze(self) -> None:
        """SIGSTOP."""
        (self.camera or self.source).freeze()  # type: ignore[union-attr]

    def thaw(self) -> None:
        """SIGCONT."""
        (self.camera or self.source).thaw()  # type: ignore[union-attr]

    def pull(self) -> Program:
        """A streamer that plays the running source."""
        if self.camera:
            given = [
                "--device",
                str(self.camera.path), "--resolution", SIZE, "--framerate",
                str(RATE)
            ]
            return launch([*given, *HOST], defaults=False, env=self.camera.env)
        if self.kind == "srt":
            program = launch(["--input", self.url, *HOST], defaults=False)
            wait_until(lambda: is_bound(self.port), 10, "the listener of the program")
            self.start(SIZE, *self.options)
            return program
        self.start(SIZE, *self.options)
        if self.kind in ("http", "rtmp"):
            wait_until(lambda: is_bound(self.port), 10, "the listener of ffmpeg")
        return launch(["--input", self.url, *HOST], defaults=False)


Fault = Callable[[Place], None]


@pytest.fixture
def happen(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """Applies a fault to a source of each kind at once; fails if players would notice it."""
    places: list[Place] = []
    programs: list[Program] = []

    def one(place: Place, fault: Fault, seconds: float) -> str:
        program = place.pull()
        programs.append(program)
        assert program.listening.wait(20) and program.port, "it does not listen"
        fetch(program.port)
        next_segments(program.port, 2)
        with ThreadPoolExecutor(1) as pool:
            def change() -> float:
                pause(2, "the source plays while the stream is recorded")
                fault(place)
                return time.time()
            changing = pool.submit(change)
            found = record(program.port, seconds)
            back = changing.result()
        check_one_stream(found)
        shown = frames(found)
        first = next(i for i, f in enumerate(shown) if f.clock is not None)
        fresh = [two for one, two in zip(shown[first:], shown[first + 1:])
                 if two.clock is not None and two.clock != one.clock]
        longest, at = max(
            (two.frame_time - one.frame_time, one.frame_time) for one, two in zip(fresh, fresh[1:]))
        if longest < 0.5:
            return f"no interruption: {longest:.2f} s from frame to frame"
        late = at + longest - back
        old = [
            f for f in shown
            if f.frame_time > at + longest + 1 and (f.clock is None or f.frame_time - f.clock > 1)
        ]
        assert not old, f"{len(old)} old frames, the first at {old[0].frame_time - back:.2f} s"
        returned = sum(frame.frame_time > back for frame in fresh)
        assert returned >= RATE, f"{returned} new frames after the return"
        assert len(program.log) < 30, "one line per attempt"
        return f"{longest:.2f} s without a new frame, the first {late:.2f} s after the return"

    def run(kinds: list[str], fault: Fault, seconds: float, *options: str) -> None:
        places.extend(Place(kind, tmp_path, *options) for kind in kinds)
        with ThreadPoolExecutor(len(places)) as pool:
            running = [(place, pool.submit(one, place, fault, seconds)) for place in places]
        failures = []
        for place, result in running:
            try:
                print(f"{place.kind}: {result.result()}")
            except Exception as error:  # reports every kind, not only the first
                failures.append(f"{place.kind}: {type(error).__name__}: {error}")
        assert not failures, "\n".join([*failures, *(program.log_text() for program in programs)])

    yield run
    for program in programs:
        stop(program)
    for place in places:
        if place.source:
            place.source.kill()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("away", [1, 30])
def test_killed_source_returns(away: float, happen) -> None:
    """SIGKILL; the source restarts after one second, or half a minute, with new timestamps."""
    def fault(place: Place) -> None:
        place.kill()
        pause(away, "the duration of the outage")
        place.start()
    happen(EVERY, fault, away + 8)


@pytest.mark.timeout(90)
def test_source_of_another_size_is_scaled(happen) -> None:
    """Restarted with another resolution: scaled to the stream's size."""
    def fault(place: Place) -> None:
        place.kill()
        pause(1, "the duration of the outage")
        place.start("480x270")
    happen(EVERY, fault, 9)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("seconds", [3, 8])
def test_frozen_source_returns(seconds: float, happen) -> None:
    """SIGSTOP for three seconds, and for eight, after which SRT peers disconnect."""
    def fault(place: Place) -> None:
        place.freeze()
        pause(seconds, "the duration of the freeze")
        place.thaw()
    happen(EVERY if seconds < 5 else [kind for kind in EVERY if kind != "srt"], fault, seconds + 8)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("offset", ["0", "93600"])
def test_timestamp_jump_is_not_noticed(offset: str, happen) -> None:
    """Timestamps jump by 26 hours, or restart, with a short interruption."""
    def fault(place: Place) -> None:
        place.kill()
        place.start(SIZE, "-output_ts_offset", offset)
    happen(["camera", "rtsp", "srt", "http", "udp"], fault, 8)


@pytest.mark.timeout(90)
def test_timestamp_wrap_is_not_noticed(happen) -> None:
    """Timestamps of 33 bits, and RTP's of 32 bits, wrap while the source continues."""
    happen(["rtsp", "srt", "http", "udp"], lambda _: pause(3, "the wrap is within these seconds"),
           10, "-output_ts_offset", "95436")
