# SPDX-License-Identifier: Apache-2.0
"""HTTP rules HT-03 to HT-07, HT-13 and the caching table (RFC 8216bis App. B.1; RFC 9110, 9111)."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

import pytest

from harness.http1 import Answer, Connection, Closed, get
from harness.metrics import read_metrics
from harness.playlist import parse
from harness.program import Program
from harness.tunein import PLAYLIST, align, fetch

BASE = "/live/video/"
EXPOSED = {
    "age", "date", "content-length", "content-range", "etag", "server-timing", "cmsd-static",
    "cmsd-dynamic", "x-playlist-version", "x-held-ms",
}
EVERY_KIND = [
    "/live.m3u8",
    "/live/playlist.m3u8",
    "/live/index.m3u8",
    "/playlist.m3u8",
    PLAYLIST,
    "/live/chunked.m3u8",
    "/live/video/chunked.m3u8",
    "segment",
    "part",
    "init",
    "/timestamps.json",
    "/live/timestamps.json",
    "/time?ms",
    "/time?iso",
    "/health",
    "/ready",
    "/version",
    "/metrics",
    "/",
    "/none",
    PLAYLIST + "?_HLS_part=1",
]


def path_of(server: Program, kind: str) -> str:
    """A path as it is, or the path of a complete object of this kind."""
    if kind.startswith("/"):
        return kind
    segment = fetch(server.port).segments[-1]
    return BASE + str(
        {"segment": segment.uri, "part": segment.parts[0].uri, "init": segment.map_uri}[kind])


@dataclass(frozen=True)
class Kept:
    """One line of the caching table: what is asked, and Cache-Control."""

    name: str
    path: str
    status: int
    control: str


KEPT = [
    Kept("blocking", PLAYLIST + "?_HLS_msn={p}&_HLS_part=4", 200, "public, max-age=6"),
    Kept("blocking-old", PLAYLIST + "?_HLS_msn=1", 200, "public, max-age=6"),
    Kept("blocking-error", PLAYLIST + "?_HLS_msn={far}", 400, "public, max-age=1"),
    Kept("blocking-wrong", PLAYLIST + "?_HLS_part=1", 400, "public, max-age=1"),
    Kept("plain", PLAYLIST, 200, "public, max-age=1"),
    Kept("plain-short", "/live.m3u8", 200, "public, max-age=1"),
    Kept("chunked", "/live/video/chunked.m3u8", 200, "public, max-age=1"),
    Kept("part", BASE + "segment{p}.0.m4s", 200, "public, max-age=60, immutable"),
    Kept("part-hinted", BASE + "segment{p}.4.m4s", 200, "public, max-age=60, immutable"),
    Kept("segment", BASE + "segment{l}.m4s", 200, "public, max-age=3600, immutable"),
    Kept("early", BASE + "segment{far}.m4s", 425, "public, max-age=1"),
    Kept("unknown", BASE + "segment{p}.99.m4s", 404, "public, max-age=1"),
    Kept("timestamps", "/timestamps.json", 200, "no-store"),
    Kept("time", "/time?ms", 200, "no-store"),
    Kept("metrics", "/metrics", 200, "no-store"),
    Kept("health", "/health", 200, "no-store"),
    Kept("ready", "/ready", 200, "no-store"),
]


@pytest.mark.parametrize("row", KEPT, ids=lambda row: f"HT-05-{row.name}")
def test_caching(row: Kept, server: Program) -> None:
    """HT-05: Cache-Control of each kind of answer."""
    parent = align(server.port, 3).last_part[0]
    answer = get(server.port, row.path.format(p=parent, l=parent - 1, far=parent + 50))
    assert answer.status == row.status
    assert answer.headers.get("cache-control") == row.control


def test_ht_05_init(server: Program) -> None:
    """HT-05: the init may be kept for a day."""
    answer = get(server.port, path_of(server, "init"))
    assert answer.headers["cache-control"] == "public, max-age=86400, immutable"


def test_ht_05_numbering_run(streamer) -> None:
    """HT-05: names that recur in the next run are not immutable."""
    program = streamer("--numbering", "run", "--resolution", "320x180")
    segment = fetch(program.port).segments[-1]
    for uri in (segment.uri, segment.parts[0].uri):
        assert get(program.port, BASE + str(uri)).headers["cache-control"] == "public, max-age=6"


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_ht_07_cors_everywhere(kind: str, server: Program) -> None:
    """HT-07: every answer may be read by pages from elsewhere, with the same exposed fields."""
    answer = get(server.port, path_of(server, kind), headers={"Origin": "http://elsewhere.example"})
    assert answer.headers.get("access-control-allow-origin") == "*"
    exposed = {
        name.strip().lower()
        for name in answer.headers["access-control-expose-headers"].split(",")
    }
    assert exposed == EXPOSED
    assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_ht_06_no_age_no_cookie(kind: str, server: Program) -> None:
    """HT-06: the origin sends no Age, no cookie, no Vary but Accept-Encoding, no Last-Modified on playlists."""
    answer = get(server.port, path_of(server, kind))
    assert not {"age", "set-cookie", "location"} & set(answer.headers)
    assert answer.headers.get("vary", "Accept-Encoding").lower() == "accept-encoding"
    if "m3u8" in kind:
        assert "last-modified" not in answer.headers
    assert "date" in answer.headers


@pytest.mark.parametrize("path", [PLAYLIST, "/live.m3u8", "/timestamps.json", "/none"])
def test_ht_07_preflight(path: str, server: Program) -> None:
    """HT-07: preflight 204 that allows Range and Authorization, never PUT or DELETE."""
    fields = {"Origin": "http://elsewhere.example", "Access-Control-Request-Method": "GET",
              "Access-Control-Request-Headers": "range"}
    answer = get(server.port, path, "OPTIONS", fields)
    assert answer.status == 204 and not answer.body
    allowed = {
        name.strip().lower()
        for name in answer.headers["access-control-allow-headers"].split(",")
    }
    assert {"range", "authorization"} <= allowed
    methods = answer.headers.get("access-control-allow-methods", "GET")
    assert "PUT" not in methods and "DELETE" not in methods
    assert int(answer.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize("kind", [k for k in EVERY_KIND if "time" not in k and k != "/metrics"])
def test_mr_07_head(kind: str, server: Program) -> None:
    """MR-07: HEAD gives the head of GET and no body; the connection goes on."""
    path = path_of(server, kind)
    with Connection(server.port) as connection:
        head = connection.get(path, "HEAD")
        after = connection.get(path)
    assert head.status == after.status and head.body == b""
    for name in ("content-type", "cache-control", "access-control-allow-origin"):
        assert head.headers.get(name) == after.headers.get(name), name
    if kind in ("segment", "part", "init"):
        assert head.headers["content-length"] == str(len(after.body))


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_other_methods_are_refused(kind: str, server: Program) -> None:
    """POST, PUT and DELETE change nothing."""
    for method in ("POST", "PUT", "DELETE", "BREW"):
        with Connection(server.port) as connection:
            connection.send(path_of(server, kind), method, {"Content-Length": "0"})
            try:
                status = connection.read().status
            except (Closed, ConnectionError):
                continue
            assert status in (403, 404, 405, 501), (method, status)


TYPES = {
    PLAYLIST: "application/vnd.apple.mpegurl",
    "/live.m3u8": "application/vnd.apple.mpegurl",
    "/live/chunked.m3u8": "application/vnd.apple.mpegurl",
    "segment": "video/mp4",
    "part": "video/mp4",
    "init": "video/mp4",
    "/timestamps.json": "application/json",
    "/": "text/html",
    "/metrics": "text/plain",
}


@pytest.mark.parametrize("kind", TYPES)
def test_ht_04_types(kind: str, server: Program) -> None:
    """HT-04: the content type of each kind."""
    answer = get(server.port, path_of(server, kind))
    assert answer.status == 200
    assert answer.headers["content-type"].split(";")[0].strip() == TYPES[kind]


@pytest.mark.parametrize("query", ["", "?_HLS_skip=YES", "?_HLS_skip=v2"])
@pytest.mark.parametrize("accept", ["gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.5", "*"])
def test_ht_03_gzip(accept: str, query: str, server: Program) -> None:
    """HT-03: a playlist is compressed for those who take gzip, and is the same text."""
    align(server.port, 2)
    with Connection(server.port) as connection:
        packed = connection.get(PLAYLIST + query, headers={"Accept-Encoding": accept})
        plain = connection.get(PLAYLIST + query)
    assert packed.headers["vary"].lower() == plain.headers["vary"].lower() == "accept-encoding"
    assert "content-encoding" not in plain.headers
    if packed.headers.get("content-encoding") == "gzip":
        assert parse(gzip.decompress(packed.body).decode()).last_part <= parse(plain.text).last_part
        assert len(packed.body) < len(plain.body)
    else:
        assert accept == "*", "not compressed"


@pytest.mark.parametrize("accept", ["", "identity", "gzip;q=0", "br", "gzip;q=0.000, br"])
def test_ht_03_not_gzip(accept: str, server: Program) -> None:
    """HT-03: who does not take gzip gets plain text."""
    answer = get(server.port, PLAYLIST, headers={"Accept-Encoding": accept})
    assert "content-encoding" not in answer.headers and answer.text.startswith("#EXTM3U")


@pytest.mark.parametrize("kind", ["segment", "part", "init"])
def test_ht_03_media_is_never_gzip(kind: str, server: Program) -> None:
    """HT-03: media are sent as they are."""
    answer = get(server.port, path_of(server, kind), headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in answer.headers


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_ht_13_connection_close(kind: str, server: Program) -> None:
    """HT-13: every answer honours Connection: close."""
    with Connection(server.port) as connection:
        answer: Answer = connection.get(path_of(server, kind), headers={"Connection": "close"})
        assert answer.headers.get("connection", "").lower() == "close"
        connection.socket.settimeout(2)
        assert connection.socket.recv(1) == b"", "the connection stays open"


def test_one_playlist_under_each_name(server: Program) -> None:
    """The short names give the media playlist, with URIs that resolve from where they stand."""
    from urllib.parse import urljoin
    for path in ("/live.m3u8", "/playlist.m3u8", "/live/playlist.m3u8", "/live/index.m3u8",
                 PLAYLIST):
        segment = fetch(server.port, path=path).segments[-1]
        for uri in (segment.uri, segment.map_uri, segment.parts[-1].uri):
            assert urljoin(path, str(uri)).startswith(BASE), (path, uri)
            assert get(server.port, urljoin(path, str(uri))).status == 200, (path, uri)


def test_metrics(server: Program) -> None:
    """The first set of metrics is there, in Prometheus text."""
    names = {name for name, _, _ in read_metrics(server.port)}
    for name in ("streamer_stream_online", "streamer_input_frames_total", "streamer_held_requests",
                 "streamer_requests_total", "streamer_response_bytes_total",
                 "streamer_part_publish_lateness_seconds_count", "process_cpu_seconds_total",
                 "process_resident_memory_bytes", "process_open_fds"):
        assert name in names, name


def test_health_and_version(server: Program) -> None:
    """/health and /ready answer 200 while the stream advances; /version says something."""
    assert get(server.port, "/health").status == 200
    assert get(server.port, "/ready").status == 200
    assert get(server.port, "/version").body
