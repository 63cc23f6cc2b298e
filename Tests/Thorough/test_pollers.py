# SPDX-License-Identifier: Apache-2.0
"""Programs that poll: a latency script on /timestamps.json, and the canary with a web token."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import subprocess
import time
from collections.abc import Callable

from harness.http1 import Connection, get
from harness.program import Program
from harness.tools import streamer_binary
from harness.waiting import pause, wait_until

SECRET = "0123456789abcdef" * 2
# The part of a time that clocks of other functions may have cut off.
MILLISECOND = 0.001


def test_latency_script_polls_timestamps(streamer: Callable[..., Program]) -> None:
    """A script that looks up names of five digits finds each segment of its playlist, in order.

    It reads `timestamp` as the clock and `segments[NAME]` as the publish time, in nanoseconds, and
    polls two times per second on one connection.
    """
    program = streamer("--resolution", "320x180", "--numbering", "run")
    wait_until(lambda: get(program.port, "/ready").status == 200, 15, "the stream")
    found: dict[str, float] = {}
    published: dict[str, int] = {}
    previous, earlier = "", 0.0
    with Connection(program.port) as connection:
        for _ in range(14):
            asked = time.time()
            text = connection.get("/live/chunked.m3u8").text
            # The last two segments of the playlist are the open one and the next one.
            newest = re.findall(r"^(?:.*/)?(segment\d{5}\.m4s)$", text, re.M)[-3]
            before = time.time()
            response = connection.get("/timestamps.json")
            after = time.time()
            data = response.json()
            assert response.headers["content-type"] == "application/json"
            assert response.headers["cache-control"] == "no-store"
            assert before <= data["timestamp"] / 1e9 <= after
            for name, when in data["segments"].items():
                # A time does not change once it is stated.
                assert published.setdefault(name, when) == when
            if newest in data["segments"]:
                found[newest] = data["segments"][newest] / 1e9
                # The playlist has it as complete, and the one of the poll before had not.
                assert found[newest] <= before + MILLISECOND, (newest, found, before)
                if newest > previous > "":
                    assert found[newest] >= earlier - MILLISECOND, (newest, found, earlier)
            previous, earlier = newest, asked
            pause(0.5, "the interval of the script")
    assert len(found) >= 4, (found, sorted(published))
    assert sorted(published.values()) == [published[name] for name in sorted(published)]


def web_token(stream: str) -> str:
    """A JSON Web Token for playback, HS256."""
    def encoded(data: bytes) -> str:
        return base64.urlsafe_b64encode(data).decode().rstrip("=")

    claims = {"exp": int(time.time()) + 600, "llx": {"act": "play", "stream": stream}}
    text = ".".join(encoded(json.dumps(part).encode()) for part in ({"alg": "HS256"}, claims))
    signature = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).digest()
    return f"{text}.{encoded(signature)}"


def test_canary_follows_a_web_token(streamer: Callable[..., Program]) -> None:
    """After the 307 of `?token=` the canary continues below the playback token."""
    program = streamer("--resolution", "320x180", "--playback-key", f"k1:{SECRET}")
    token = web_token("live")
    wait_until(lambda: get(program.port, "/ready").status == 200, 15, "the stream")
    base = f"http://127.0.0.1:{program.port}/live/"
    paths = ("playlist.m3u8", "video/playlist.m3u8", "manifest.mpd", "")
    urls = [f"{base}{path}?token={token}" for path in paths]
    run = subprocess.run([streamer_binary(), "canary", "--json", "--seconds", "4", "--interval",
                          "4", *urls], capture_output=True, text=True, timeout=30, check=False)
    reports = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 0 and len(reports) >= 4, run.stdout + run.stderr
    for report in reports[-4:]:
        assert report["errors"] == 0 and report["chunks"] > 0, report
    assert token not in run.stdout + run.stderr
