# SPDX-License-Identifier: Apache-2.0
"""The next publisher of a stream: the publisher before decides neither its form nor its sound."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from typing import Any

import pytest

from harness.http1 import get
from harness.playlist import Playlist, parse
from harness.program import Program
from harness.rtmp import HOST, rtmp_port
from harness.sources import Source
from harness.tools import need
from harness.waiting import wait_until

ADMIN = "admin-token-of-next-publishers"
FLAGS = [*HOST, "--admin-token", ADMIN]
PICTURES = ("-f", "lavfi", "-i", "testsrc2=size=320x180")
CODING = ("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p",
          "-force_key_frames", "expr:gte(t,n_forced)", "-sc_threshold", "0")
SOUND = ("-f", "lavfi", "-i", "sine=frequency=440:sample_rate=48000")


def send(program: Program, *, speed: str = "1", sound: str = "", rate: int = 25) -> Source:
    """ffmpeg publishes at `speed`; `sound` is the length of its audio in seconds."""
    audio = ["-readrate", speed, *SOUND[:2], "-t", sound, *SOUND[2:]] if sound else []
    return Source(subprocess.Popen(
        [need("ffmpeg", "publishing by RTMP"), "-v", "error", "-nostdin", "-readrate", speed,
         *PICTURES[:-1], f"{PICTURES[-1]}:rate={rate}", *audio, *CODING,
         *(["-c:a", "aac"] if sound else []), "-flush_packets", "1",
         "-f", "flv", f"rtmp://127.0.0.1:{rtmp_port(program)}/live/x"],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))


def api(program: Program) -> dict[str, Any]:
    """The stream in /api."""
    response = get(program.port, "/api/streams/live", headers={"Authorization": f"Bearer {ADMIN}"})
    return json.loads(response.text) if response.status == 200 else {}


def playlist(program: Program, name: str = "playlist.m3u8") -> str:
    """A playlist; empty while there is none."""
    response = get(program.port, f"/live/{name}", timeout=15)
    return response.text if response.status == 200 else ""


@pytest.mark.timeout(150)
def test_a_slow_publisher_and_a_good_one(streamer: Callable[..., Program],
                                         sources: list[Source]) -> None:
    """One that stamps 25 and sends 21 is encoded; the next one is passed through again."""
    program = streamer(*FLAGS, defaults=False)
    sources.append(send(program, speed="0.84"))
    program.wait_logged("unfit", within=60)
    wait_until(lambda: api(program).get("encodedBecause"), 30, "an encoded session")
    assert "25 frames per second" in api(program)["encodedBecause"]
    sources[-1].kill()
    program.wait_logged("publish-ended", within=20)
    sources.append(send(program))
    program.wait_logged("publisher-examined", within=20)
    wait_until(lambda: api(program).get("passedThrough"), 30, "a session that passes through")
    assert "encodedBecause" not in api(program)
    assert len(program.logged("unfit")) == 1


@pytest.mark.timeout(150)
def test_a_refused_publisher_and_a_good_one(streamer: Callable[..., Program],
                                            sources: list[Source]) -> None:
    """With --passthrough always the slow one is refused, and the next one is shown."""
    program = streamer(*FLAGS, "--passthrough", "always", defaults=False)
    sources.append(send(program, speed="0.84"))
    program.wait_logged("unfit", within=60)
    program.wait_logged("publish-refused", "25 frames per second", within=40)
    sources[-1].kill()
    sources.append(send(program))
    program.wait_logged("publish-started", count=2, within=20)
    program.wait_logged("stream", "passed through", count=2, within=30)
    wait_until(lambda: api(program).get("passedThrough"), 20, "a session")
    assert len(program.logged("publish-refused")) == 1 == len(program.logged("unfit"))


@pytest.mark.timeout(150)
@pytest.mark.parametrize("passthrough", ["auto", "never"])
@pytest.mark.parametrize("isolation", ["process", "none"])
def test_sound_after_none(passthrough: str, isolation: str, streamer: Callable[..., Program],
                          sources: list[Source]) -> None:
    """A publisher without sound, then one with sound, which is heard."""
    program = streamer(*FLAGS, "--passthrough", passthrough, "--isolation", isolation,
                       defaults=False)
    sources.append(send(program))
    wait_until(lambda: playlist(program, "video/playlist.m3u8"), 40, "a picture")
    assert "TYPE=AUDIO" not in playlist(program)
    sources[-1].kill()
    program.wait_logged("publish-ended", within=20)
    sources.append(send(program, sound="60"))
    entry = program.wait_logged("audio-appeared", "aac, 48000 Hz", within=20)
    assert entry.level == "warning"
    wait_until(lambda: "TYPE=AUDIO" in playlist(program), 30, "a rendition of audio")
    wait_until(lambda: ".mp4" in playlist(program, "audio/playlist.m3u8"), 30, "audio")
    assert "audioFault" not in api(program)
    assert len(program.logged("audio-appeared")) == 1 and not program.logged("audio-late")


def rendition(program: Program) -> Playlist:
    """The playlist of the video."""
    return parse(playlist(program, "video/playlist.m3u8"))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("isolation", ["process", "none"])
@pytest.mark.parametrize("rate", [30, 50, 24])
def test_another_rate(rate: int, isolation: str, streamer: Callable[..., Program],
                      sources: list[Source]) -> None:
    """It is encoded at the rate before, in the same connection: no media leaves the playlist."""
    program = streamer(*FLAGS, "--isolation", isolation, defaults=False)
    sources.append(send(program))
    wait_until(lambda: playlist(program, "video/playlist.m3u8").count("#EXTINF") > 3, 40, "media")
    sources[-1].kill()
    program.wait_logged("publish-ended", within=20)
    before = rendition(program)
    sources.append(send(program, rate=rate))
    reason = program.wait_logged("other-rate", "25", within=20).message
    wait_until(lambda: api(program).get("encodedBecause"), 30, "an encoded session")
    assert api(program)["encodedBecause"] in reason
    wait_until(lambda: rendition(program).last_complete > before.last_complete + 2, 30, "its media")
    after = rendition(program)
    assert after.target_duration == before.target_duration
    kept = [one.uri for one in before.segments
            if not one.gap and one.msn >= after.media_sequence]
    assert kept and set(kept) <= {one.uri for one in after.segments}
    # The connection of the second publisher was kept.
    assert len(program.logged("source-gone")) == 1 and not program.logged("unfit")
    assert len(program.logged("publish-started")) == 2


@pytest.mark.timeout(90)
def test_the_publisher_page_names_sound_that_has_ended(
        streamer: Callable[..., Program], sources: list[Source]) -> None:
    """publish.json has the fault of the sound beside media that were accepted."""
    program = streamer(*FLAGS, defaults=False)
    sources.append(send(program, sound="4"))
    program.wait_logged("audio-gone", within=40)

    def state() -> dict[str, Any]:
        return json.loads(get(program.port, "/live/publish.json").text)

    wait_until(lambda: state().get("audioFault"), 10, "the fault")
    assert state()["audioFault"] == {
        "kind": "gone", "text": "no sound: the source sends no audio at present"}
    assert state()["media"]["kind"] == "accepted"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("rate", [25, 50])
def test_no_sound_after_sound(rate: int, streamer: Callable[..., Program],
                              sources: list[Source]) -> None:
    """A publisher with sound, then one without, which has a line and a state; also if the session
    begins again because of its rate."""
    program = streamer(*FLAGS, defaults=False)
    sources.append(send(program, sound="60"))
    wait_until(lambda: ".mp4" in playlist(program, "audio/playlist.m3u8"), 40, "audio")
    sources[-1].kill()
    program.wait_logged("publish-ended", within=20)
    sources.append(send(program, rate=rate))
    program.wait_logged("audio-gone", within=40)
    wait_until(lambda: api(program).get("audioFault"), 20, "the fault")
    assert api(program)["audioFault"]["kind"] == "gone"
