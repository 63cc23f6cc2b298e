# SPDX-License-Identifier: Apache-2.0
"""Sources that go and come back: players are told nothing, pictures are there again within a second.

Each fault happens to one source of each kind at once, each with a streamer of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.camera import FakeCamera
from harness.continuity import check_one_stream, frames
from harness.program import Program, launch, stop
from harness.recorder import record
from harness.sources import Source, ffmpeg_sender, rtsp_server
from harness.supervisor import free_port
from harness.tunein import fetch

HOST = [
    "--passthrough", "never", "--host", "127.0.0.1", "--http-port", "0", "--part-duration", "0.2",
    "--preset", "ultrafast"
]
RATE = 15
SIZE = "320x180"
# The promise is one second; an encoder, or GStreamer, takes its time to start, on a machine with other work more.
BACK_WITHIN = 3.0
LIVE = ["rtsp", "srt", "http", "rtmp", "udp"]
EVERY = ["camera", *LIVE]


class Place:
    """Where a source is, what happens to it, and who pulls from it."""

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
        """The source comes, or comes back; stamps begin where `options` say."""
        if self.camera:
            shift = {"SHIFT": options[1]} if options else {}
            self.camera.plug(SIZES=size, **shift)
        elif self.kind == "rtsp":
            stamps = ["--stamps", str(int(options[1]) * 90_000 % 2**32)] if options else []
            self.source = rtsp_server(self.port, "--size", size, "--rate", str(RATE), *stamps)
        else:
            form = ["-f", "flv"] if self.kind == "rtmp" else ["-f", "mpegts"]
            listen = ["-listen", "1"] if self.kind in ("http", "rtmp") else []
            self.source = ffmpeg_sender([*options, *form, *listen, self.target], size=size,
                                        rate=RATE, group=RATE)

    def kill(self) -> None:
        """SIGKILL, or the plug is pulled."""
        if self.camera:
            self.camera.unplug()
            time.sleep(0.2)  # until it was seen
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
        """A streamer that shows the source, which is there."""
        if self.camera:
            given = [
                "--device",
                str(self.camera.path), "--resolution", SIZE, "--framerate",
                str(RATE)
            ]
            return launch([*given, *HOST], defaults=False, env=self.camera.env)
        if self.kind == "srt":
            program = launch(["--input", self.url, *HOST], defaults=False)
            time.sleep(1)
            self.start(SIZE, *self.options)
            return program
        self.start(SIZE, *self.options)
        time.sleep(1)
        return launch(["--input", self.url, *HOST], defaults=False)


Fault = Callable[[Place], None]


@pytest.fixture
def happen(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Callable[..., None]]:
    """Lets a fault happen to a source of each kind at once; fails with what players would have noticed."""
    places: list[Place] = []
    programs: list[Program] = []

    def one(place: Place, fault: Fault, seconds: float) -> str:
        program = place.pull()
        programs.append(program)
        assert program.listening.wait(20) and program.port, "it does not listen"
        fetch(program.port)
        time.sleep(1.5)
        with ThreadPoolExecutor(1) as pool:
            def change() -> float:
                time.sleep(2)
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
        longest, at = max((two.tick - one.tick, one.tick) for one, two in zip(fresh, fresh[1:]))
        if longest < 0.5:
            return f"nothing was noticed: {longest:.2f} s from picture to picture"
        late = at + longest - back
        old = [
            f for f in shown
            if f.tick > at + longest + 1 and (f.clock is None or f.tick - f.clock > 1)
        ]
        assert not old, f"{len(old)} old pictures, the first {old[0].tick - back:.2f} s after the source was back"
        assert late < BACK_WITHIN, f"the first picture {late:.2f} s after the source was started again"
        assert len(program.log) < 30, "a line for each try"
        return f"{longest:.2f} s without a fresh picture, the first {late:.2f} s after the source was back"

    def run(kinds: list[str], fault: Fault, seconds: float, *options: str) -> None:
        places.extend(Place(kind, tmp_path, *options) for kind in kinds)
        with ThreadPoolExecutor(len(places)) as pool:
            running = [(place, pool.submit(one, place, fault, seconds)) for place in places]
        failures = []
        for place, result in running:
            try:
                print(f"{place.kind}: {result.result()}")
            except Exception as error:  # every kind is told of, not the first alone
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
def test_killed_and_restarted(away: float, happen) -> None:
    """SIGKILL; the same source, its stamps from the beginning, is back after a second, and after half a minute."""
    def fault(place: Place) -> None:
        place.kill()
        time.sleep(away)
        place.start()
    happen(EVERY, fault, away + 8)


@pytest.mark.timeout(90)
def test_another_size(happen) -> None:
    """Restarted with another resolution: scaled to the stream's size."""
    def fault(place: Place) -> None:
        place.kill()
        time.sleep(1)
        place.start("480x270")
    happen(EVERY, fault, 9)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("seconds", [3, 8])
def test_frozen(seconds: float, happen) -> None:
    """SIGSTOP for three seconds; for eight, after which SRT's own peers have given one another up."""
    def fault(place: Place) -> None:
        place.freeze()
        time.sleep(seconds)
        place.thaw()
    happen(EVERY if seconds < 5 else [kind for kind in EVERY if kind != "srt"], fault, seconds + 8)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("offset", ["0", "93600"])
def test_stamps_jump(offset: str, happen) -> None:
    """Stamps jump by 26 hours, or begin anew, while the source is hardly away."""
    def fault(place: Place) -> None:
        place.kill()
        place.start(SIZE, "-output_ts_offset", offset)
    happen(["camera", "rtsp", "srt", "http", "udp"], fault, 8)


@pytest.mark.timeout(90)
def test_stamps_wrap(happen) -> None:
    """Stamps of 33 bits, and RTP's of 32, come to their end while the source goes on."""
    happen(["rtsp", "srt", "http", "udp"], lambda _: time.sleep(3), 10, "-output_ts_offset",
           "95436")
