# SPDX-License-Identifier: Apache-2.0
"""A shared input whose streams leave and join, whose source fails, or that is slow to encode."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.continuity import check_one_stream, frames, repeated
from harness.gaps import GapWatch
from harness.http1 import get
from harness.metrics import total
from harness.onesession import OneSession
from harness.program import Program, children
from harness.recorder import Recording, record
from harness.tools import ROOT, need
from harness.waiting import pause, wait_until
from test_isolation import is_online
from test_shared_inputs import ENCODED, Server, both, of_source, playlist, source  # noqa: F401


@pytest.mark.timeout(90)
@pytest.mark.parametrize("isolation", ["process", "none"])
def test_streams_leave_and_join(isolation: str, streamer: Callable[..., Program], tmp_path: Path,
                                source: OneSession) -> None:
    """Removed by SIGHUP, added by /api, on demand: the other one has no discontinuity.

    The last one closes the connection.
    """
    common = {"input": source.url, "isolation": isolation}
    copied = {"stream": "copied", **common}
    server = Server(streamer, tmp_path, copied, {"stream": "gone", **ENCODED, **common},
                    {"stream": "idle", "onDemand": True, **ENCODED, **common})
    server.online("copied", "gone")
    recordings: list[Recording] = []
    recorder = threading.Thread(
        target=lambda: recordings.append(record(server.port, 9, playlist("copied"))))
    recorder.start()
    pause(1, "both play")
    server.reload(copied, {"stream": "idle", "onDemand": True, **ENCODED, **common})
    wait_until(lambda: server.shared("copied") == [], 5, "one stream less")
    added = {"stream": "added", **ENCODED, **common}
    server.add(added)
    server.online("added")
    assert get(server.port, "/idle/playlist.m3u8", timeout=12).status == 200
    server.online("idle")
    assert server.shared("copied") == ["added", "idle"]
    recorder.join()
    check_one_stream(recordings[0])
    clocks = [frame.clock or 0 for frame in frames(recordings[0])]
    assert {round((two - one) * 30) for one, two in zip(clocks, clocks[1:])} == {1}
    assert (source.accepted, source.refused) == (1, 0)

    for name in ("added", "idle", "copied"):
        server.remove(name)
    wait_until(lambda: source.clients == 0, 8, "the end of the connection")
    wait_until(lambda: not children(server.program), 2, "the end of the process")
    server.add(added)
    server.online("added")
    assert (source.accepted, source.refused) == (2, 0)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("isolation", ["process", "none"])
def test_the_source_pauses_dies_and_returns(isolation: str, streamer: Callable[..., Program],
                                            tmp_path: Path, source: OneSession) -> None:
    """Both streams continue after a silence on the same connection, and after its loss."""
    common = {"input": source.url, "isolation": isolation}
    server = Server(streamer, tmp_path, {"stream": "a", **common},
                    {"stream": "b", **ENCODED, **common})
    names = ("a", "b")
    server.online(*names)
    source.sender.freeze()
    for name in names:
        wait_until(lambda name=name: not is_online(server.port, name), 5, f"the silence of {name}")
    source.sender.thaw()
    server.online(*names, within=5)
    assert source.accepted == 1
    source.kill()
    for name in names:
        wait_until(lambda name=name: not is_online(server.port, name), 5, f"the loss of {name}")
    pause(1.5, "an outage")
    again = OneSession(port=source.port)
    try:
        server.online(*names, within=5)
        assert (again.accepted, again.refused) == (1, 0)
        for name in names:
            server.program.check_logged("source-gone", stream=name)
            assert total(server.port, "streamer_input_reconnects_total", stream=name) == 1
        text = get(server.port, playlist("a")).text
        wait_until(lambda: "#EXT-X-DISCONTINUITY" in get(server.port, playlist("a")).text, 5, text)
        assert "#EXT-X-DISCONTINUITY\n" not in get(server.port, playlist("b", "90p")).text
    finally:
        again.kill()


@pytest.mark.timeout(60)
def test_a_slow_encoder_delays_no_other_stream(streamer: Callable[..., Program], tmp_path: Path,
                                               source: OneSession) -> None:
    """An encoder that takes 80 ms per frame: the other two streams have no gap."""
    library = tmp_path / "slow.so"
    subprocess.run([need("cc", "a slow encoder"), "-O2", "-Wall", "-Wextra", "-Werror", "-shared",
                    "-fPIC", "-o", str(library), str(ROOT / "Tests/Preload/slowencoder.c"), "-ldl"],
                   check=True)
    server = Server(streamer, tmp_path, {"stream": "copied", "input": source.url},
                    {"stream": "encoded", "input": source.url, "resolution": "320x180",
                     "preset": "ultrafast"},
                    {"stream": "slow", "input": source.url, "resolution": "322x182",
                     "preset": "ultrafast", "history": 0},
                    env={"LD_PRELOAD": str(library)})
    server.online("copied", "encoded", "slow")
    with GapWatch(server.port, "copied", "encoded"):
        copied, encoded = both(server, 6, playlist("copied"), playlist("encoded"))
    check_one_stream(copied)
    check_one_stream(encoded)
    clocks = [frame.clock or 0 for frame in frames(copied)]
    assert {round((two - one) * 30) for one, two in zip(clocks, clocks[1:])} == {1}
    shown = of_source(encoded)
    assert len(shown) > 100 and repeated(shown) <= len(shown) // 10
    slow = total(server.port, "streamer_encoder_slots_without_frame_total", stream="slow")
    assert slow > 0, "the slow encoder is not slow"
    assert (source.accepted, source.refused) == (1, 0)
