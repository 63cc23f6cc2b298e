# SPDX-License-Identifier: Apache-2.0
"""Requests for each route of the program's table, which is read from its source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from harness.tools import ROOT

TABLE = ROOT / "Sources/Server/Addresses/Route.swift"
ADMIN = "admin-token-of-the-suites"
BEARER = (("Authorization", f"Bearer {ADMIN}"),)
# Not in the table: `ControlAPI.owns` takes /api before it.
CONTROL = "api"


def table() -> set[str]:
    """The names of the routes: the cases of the enumeration, and /api."""
    body = re.search(r"^package enum Route.*?\n(.*?)\n  var ", TABLE.read_text(),
                     re.MULTILINE | re.DOTALL)
    assert body, f"{TABLE} has no routes"
    lines = re.findall(r"^  case (.*)$", body[1], re.MULTILINE)
    # Values of a case are in brackets.
    return {name for line in lines for name in re.findall(r"\w+", re.sub(r"\(.*\)", "", line))} \
        | {CONTROL}


@dataclass(frozen=True)
class Case:
    """A request for a route; names in braces are replaced by present values."""

    route: str
    path: str
    status: int = 200
    fields: tuple[tuple[str, str], ...] = ()
    is_endless: bool = False
    """Whether the response ends with the connection only."""

    def target(self, msn: int, past: str) -> str:
        """The path with a segment's number, the number of a past playlist, and times."""
        now = datetime.now(UTC)
        times = {"earlier": now - timedelta(seconds=6), "later": now - timedelta(seconds=3)}
        texts = {name: f"{time:%Y-%m-%dT%H:%M:%SZ}" for name, time in times.items()}
        return self.path.format(**texts, msn=msn, past=past)


CASES = (
    Case("page", "/"), Case("page", "/live/"), Case("page", "/?embed", 307),
    Case("pageFile", "/player/live-player.js"), Case("pageFile", "/player/none.js", 404),
    Case("wall", "/wall?streams=live,secret"),
    Case("streams", "/streams.json"),
    Case("uploaded", "/files/"), Case("uploaded", "/files/a.m4s"),
    Case("uploaded", "/files/index.m3u8"),
    Case("playlist", "/live/playlist.m3u8"), Case("playlist", "/live/video/playlist.m3u8"),
    Case("playlist", "/live/video/playlist.m3u8?_HLS_msn={msn}"),
    Case("playlist", "/live/video/playlist.m3u8?_HLS_msn=x", 400),
    Case("playlist", "/live/video/playlist.m3u8?_hls_msn=1", 400),
    Case("chunkedPlaylist", "/live/video/chunked.m3u8"),
    Case("iFrames", "/live/video/iframes.m3u8"),
    Case("past", "/live/from/{past}/playlist.m3u8"),
    Case("past", "/live/from/{earlier}/playlist.m3u8", 307),
    Case("pastManifest", "/live/dvr.mpd"),
    Case("pastExtent", "/live/dvr.json"), Case("pastExtent", "/dvr.json", 307),
    Case("manifest", "/manifest.mpd"), Case("manifest", "/live/manifest.mpd"),
    Case("manifest", "/ldash/play/live/manifest.mpd"),
    Case("manifest", "/ldash/play/live/manifest.mpd", fields=(("Accept", "text/html"),)),
    Case("media", "/live/video/segment{msn}.m4s"), Case("media", "/live/video/segment{msn}.3.m4s"),
    Case("media", "/live/video/segment1.m4s", 410),
    Case("media", "/live/video/segment9999999999.m4s", 425),
    Case("media", "/live/video/none.m4s", 404),
    Case("clip", "/live/clip/{earlier}--{later}.mp4"),
    Case("clip", "/live/clip/{earlier}--{later}.m3u8"),
    Case("instant", "/live/at/{later}"),
    Case("still", "/live/snapshot.jpg"), Case("still", "/live/at/{later}.jpg"),
    Case("still", "/live/thumb/segment{msn}.jpg"),
    Case("motionPictures", "/live/stream.mjpeg", is_endless=True),
    Case("cues", "/live/captions-en/cues.json"),
    Case("timestamps", "/live/timestamps.json"),
    Case("licence", "/secret/clearkey"), Case("licence", "/live/clearkey", 404),
    Case("feed", "/live/feed", is_endless=True),
    Case("socket", "/live/ws", 426),
    Case("publish", "/camera/publish"), Case("publish", "/live/publish", 404),
    Case("publisherState", "/camera/publish.json"),
    Case("time", "/time"), Case("time", "/time?ms"), Case("time", "/isotime"),
    Case("health", "/health"), Case("ready", "/ready"), Case("version", "/version"),
    Case("metrics", "/metrics"),
    Case("auth", "/auth", 204, (("X-Original-URI", "/live/playlist.m3u8"),)),
    Case("auth", "/auth", 403, (("X-Original-URI", "/metrics"),)),
    Case("login", "/login", 307), Case("login", "/login/live", 404),
    Case("statistics", "/stats", fields=BEARER), Case("statistics", "/stats.json", fields=BEARER),
    Case("statistics", "/stats.json", 401),
    Case("unknown", "/none", 404),
    Case(CONTROL, "/api/streams", fields=BEARER), Case(CONTROL, "/api/streams/live", fields=BEARER),
    Case(CONTROL, "/api/streams", 401), Case(CONTROL, "/api/none", 404, BEARER),
    Case(CONTROL, "/api/events", fields=BEARER, is_endless=True),
)
