"""Sources that go and come back: players are told nothing, pictures are there again within a second."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest

from harness.continuity import check_one_stream, frames
from harness.program import Program
from harness.recorder import record
from harness.sources import Source, ffmpeg_sender, rtsp_server
from harness.supervisor import free_port
from harness.tunein import fetch

HOST = ["--host", "127.0.0.1", "--http-port", "0"]
# The source paints its first picture when it is asked for one; the second is the project's own promise.
BACK_WITHIN = 2.5


class Place:
    """Where a source is, and how it is started there."""

    def __init__(self, kind: str) -> None:
        self.port = free_port()
        self.kind = kind
        secret = "passphrase=sehrgeheim123"
        self.url = {"rtsp": f"rtsp://127.0.0.1:{self.port}/x", "udp": f"udp://127.0.0.1:{self.port}",
                    "srt": f"srt://127.0.0.1:{self.port}?mode=listener&{secret}",
                    "http": f"http://127.0.0.1:{self.port}/x.ts"}[kind]
        self.target = {"udp": f"udp://127.0.0.1:{self.port}?pkt_size=1316",
                       "srt": f"srt://127.0.0.1:{self.port}?{secret}", "http": self.url}.get(kind, "")

    def start(self, size: str = "640x360", *options: str) -> Source:
        """A source, now; stamps begin where `options` say."""
        if self.kind == "rtsp":
            return rtsp_server(self.port, "--size", size)
        listen = ["-listen", "1"] if self.kind == "http" else []
        return ffmpeg_sender([*options, "-f", "mpegts", *listen, self.target], size=size)


@pytest.fixture
def sources() -> Iterator[list[Source]]:
    """What is started is ended after the test."""
    started: list[Source] = []
    yield started
    for source in started:
        source.kill()


def begin(place: Place, streamer: Callable[..., Program], sources: list[Source], *options: str) -> Program:
    """Source and streamer, once it plays."""
    if place.kind == "srt":
        threading.Timer(1, lambda: sources.append(place.start("640x360", *options))).start()
    else:
        sources.append(place.start("640x360", *options))
        time.sleep(1)
    program = streamer("--input", place.url, *HOST, defaults=False, within=25)
    fetch(program.port)
    time.sleep(1)
    return program


def outage(program: Program, seconds: float, change: Callable[[], float]) -> tuple[float, float]:
    """Records while `change` happens to the source; it returns when the source was back.

    Returns how long no fresh picture was shown, and how long after the source's return the first one came.
    """
    back: list[float] = []
    thread = threading.Thread(target=lambda: back.append(change()))
    thread.start()
    found = record(program.port, seconds)
    thread.join()
    check_one_stream(found)
    shown = frames(found)
    fresh = [f for one, f in zip(shown, shown[1:]) if f.clock is not None and f.clock != one.clock]
    gaps = [(two.tick - one.tick, one.tick) for one, two in zip(fresh, fresh[1:])]
    longest, at = max(gaps)
    late = at + longest - back[0]
    stale = [f for f in shown if f.tick > at + longest + 1 and (f.clock is None or f.tick - f.clock > 1)]
    assert not stale, f"{len(stale)} old pictures after the source is back"
    print(f"{longest:.2f} s without a fresh picture, the first {late:.2f} s after the source was started again")
    return longest, late


@pytest.mark.timeout(90)
@pytest.mark.parametrize("away", [1, 8])
@pytest.mark.parametrize("kind", ["rtsp", "udp", "srt", "http"])
def test_killed_and_restarted(kind: str, away: float, streamer, sources: list[Source]) -> None:
    """SIGKILL; the same source, its stamps from the beginning, is back after a while."""
    place = Place(kind)
    program = begin(place, streamer, sources)

    def change() -> float:
        time.sleep(2)
        sources.pop().kill()
        time.sleep(away)
        sources.append(place.start())
        return time.time()

    _, late = outage(program, away + 9, change)
    assert late < BACK_WITHIN


@pytest.mark.timeout(90)
def test_away_for_half_a_minute(streamer, sources: list[Source]) -> None:
    """Half a minute without the source: still tried every half second."""
    place = Place("rtsp")
    program = begin(place, streamer, sources)

    def change() -> float:
        time.sleep(1)
        sources.pop().kill()
        time.sleep(30)
        sources.append(place.start())
        return time.time()

    _, late = outage(program, 38, change)
    assert late < BACK_WITHIN
    assert len(program.log) < 20, "a line for each try"


@pytest.mark.timeout(90)
@pytest.mark.parametrize("kind", ["rtsp", "udp"])
def test_another_size(kind: str, streamer, sources: list[Source]) -> None:
    """Restarted with another resolution: scaled and letterboxed to the stream's size."""
    place = Place(kind)
    program = begin(place, streamer, sources)

    def change() -> float:
        time.sleep(2)
        sources.pop().kill()
        time.sleep(1)
        sources.append(place.start("854x480"))
        return time.time()

    _, late = outage(program, 9, change)
    assert late < BACK_WITHIN


@pytest.mark.timeout(90)
@pytest.mark.parametrize("seconds", [3, 8])
@pytest.mark.parametrize("kind", ["rtsp", "udp", "http"])
def test_frozen(kind: str, seconds: float, streamer, sources: list[Source]) -> None:
    """SIGSTOP, for less and for longer than the time-out."""
    place = Place(kind)
    program = begin(place, streamer, sources)

    def change() -> float:
        time.sleep(2)
        sources[-1].freeze()
        time.sleep(seconds)
        sources[-1].thaw()
        return time.time()

    longest, late = outage(program, seconds + 9, change)
    assert late < BACK_WITHIN + 1


@pytest.mark.timeout(90)
@pytest.mark.parametrize("offset", ["93600", "95437"])
def test_stamps_jump(offset: str, streamer, sources: list[Source]) -> None:
    """Stamps jump by 26 hours, and begin so near to 2^33 that they wrap after some seconds."""
    place = Place("udp")
    program = begin(place, streamer, sources)

    def change() -> float:
        time.sleep(1)
        sources.pop().kill()
        sources.append(place.start("640x360", "-output_ts_offset", offset))
        return time.time()

    _, late = outage(program, 14, change)
    assert late < BACK_WITHIN
