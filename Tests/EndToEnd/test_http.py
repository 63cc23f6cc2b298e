# SPDX-License-Identifier: Apache-2.0
"""HTTP rules HT-03 to HT-07, HT-13 and the caching table (RFC 8216bis App. B.1; RFC 9110, 9111)."""

from __future__ import annotations

import gzip
from dataclasses import dataclass

import pytest

from harness.http1 import Response, Connection, Closed, get
from harness.metrics import read_metrics
from harness.playlist import parse
from harness.program import Program
from harness.tunein import PLAYLIST, align, fetch

BASE = "/live/video/"
EXPOSED = {
    "age", "date", "content-length", "content-range", "etag", "server-timing", "cmsd-static",
    "cmsd-dynamic", "retry-after", "x-playlist-version", "x-held-ms", "x-media-digest",
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
    """A path unchanged, or the path of a complete object of this kind."""
    if kind.startswith("/"):
        return kind
    segment = fetch(server.port).segments[-1]
    return BASE + str(
        {"segment": segment.uri, "part": segment.parts[0].uri, "init": segment.map_uri}[kind])


@dataclass(frozen=True)
class Kept:
    """One line of the caching table: the request, and its Cache-Control."""

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
def test_ht_05_cache_control(row: Kept, server: Program) -> None:
    """HT-05: Cache-Control by kind of response."""
    parent = align(server.port, 3).last_part[0]
    response = get(server.port, row.path.format(p=parent, l=parent - 1, far=parent + 50))
    assert response.status == row.status
    assert response.headers.get("cache-control") == row.control


def test_ht_05_cmaf_header_is_cached_for_a_day(server: Program) -> None:
    """HT-05: the CMAF header may be cached for a day."""
    response = get(server.port, path_of(server, "init"))
    assert response.headers["cache-control"] == "public, max-age=86400, immutable"


def test_ht_05_numbering_run_is_not_immutable(streamer) -> None:
    """HT-05: names that recur after a restart are not immutable."""
    program = streamer("--numbering", "run", "--resolution", "320x180")
    segment = fetch(program.port).segments[-1]
    for uri in (segment.uri, segment.parts[0].uri):
        assert get(program.port, BASE + str(uri)).headers["cache-control"] == "public, max-age=6"


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_ht_07_every_response_has_cors_fields(kind: str, server: Program) -> None:
    """HT-07: pages of other origins may read every response, with the same exposed fields."""
    response = get(server.port, path_of(server, kind),
                   headers={"Origin": "http://elsewhere.example"})
    assert response.headers.get("access-control-allow-origin") == "*"
    exposed = {
        name.strip().lower()
        for name in response.headers["access-control-expose-headers"].split(",")
    }
    assert exposed == EXPOSED
    assert "access-control-allow-credentials" not in response.headers


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_ht_06_no_age_no_cookies_no_last_modified(kind: str, server: Program) -> None:
    """HT-06, HT-09: no Age, cookies, other Vary; no Last-Modified on playlists."""
    response = get(server.port, path_of(server, kind))
    assert not {"age", "set-cookie", "location"} & set(response.headers)
    expected = "accept" if kind == "/none" else "accept-encoding"
    assert response.headers.get("vary", expected).lower() == expected
    if "m3u8" in kind:
        assert "last-modified" not in response.headers
    assert "date" in response.headers


@pytest.mark.parametrize("accept", ["text/html,*/*;q=0.8", "text/html;q=0, */*", "*/*", ""])
@pytest.mark.parametrize("path", ["/none/", "/none", "/live/none", "/a/b/c/d/e/f/g/h"])
def test_ht_06_errors_for_people_vary_by_accept(path: str, accept: str, server: Program) -> None:
    """HT-06: at addresses of pages and unknown paths Accept decides: a page, which none keeps."""
    response = get(server.port, path, headers={"Accept": accept} if accept else {})
    assert response.status == 404 and response.headers["vary"] == "Accept"
    is_page = accept.startswith("text/html,")
    kind = "text/html" if is_page else "text/plain"
    assert response.headers["content-type"] == f"{kind}; charset=utf-8"
    assert response.headers["cache-control"] == ("no-store" if is_page else "public, max-age=1")


@pytest.mark.parametrize("path", ["/none/playlist.m3u8", "/none/snapshot.jpg", "/api/none",
                                  "/none/manifest.mpd", "/live/video/segment1.m4s"])
def test_ht_06_no_other_error_is_a_page(path: str, server: Program) -> None:
    """HT-06: errors of playlists, media, stills and /api are lines for all clients."""
    response = get(server.port, path, headers={"Accept": "text/html"})
    assert response.status >= 400 and response.headers["content-type"].startswith("text/plain")
    assert response.headers.get("vary") in (None, "Accept-Encoding")


@pytest.mark.parametrize("path", [PLAYLIST, "/live.m3u8", "/timestamps.json", "/none"])
def test_ht_07_preflight_allows_reading_only(path: str, server: Program) -> None:
    """HT-07: the preflight is 204 and allows Range and Authorization, never PUT or DELETE."""
    fields = {"Origin": "http://elsewhere.example", "Access-Control-Request-Method": "GET",
              "Access-Control-Request-Headers": "range"}
    response = get(server.port, path, "OPTIONS", fields)
    assert response.status == 204 and not response.body
    allowed = {
        name.strip().lower()
        for name in response.headers["access-control-allow-headers"].split(",")
    }
    assert {"range", "authorization"} <= allowed
    methods = response.headers.get("access-control-allow-methods", "GET")
    assert "PUT" not in methods and "DELETE" not in methods
    assert int(response.headers["access-control-max-age"]) > 0


@pytest.mark.parametrize("kind", [k for k in EVERY_KIND if "time" not in k and k != "/metrics"])
def test_mr_07_head_has_no_content(kind: str, server: Program) -> None:
    """MR-07: HEAD gets the head of GET without content; the connection stays open."""
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
def test_ht_04_content_types(kind: str, server: Program) -> None:
    """HT-04: the content type of each kind."""
    response = get(server.port, path_of(server, kind))
    assert response.status == 200
    assert response.headers["content-type"].split(";")[0].strip() == TYPES[kind]


@pytest.mark.parametrize("query", ["", "?_HLS_skip=YES", "?_HLS_skip=v2"])
@pytest.mark.parametrize("accept", ["gzip", "gzip, deflate, br", "br;q=1.0, gzip;q=0.5", "*"])
def test_ht_03_playlists_are_compressed(accept: str, query: str, server: Program) -> None:
    """HT-03: clients that accept gzip get the playlist compressed, with the same text."""
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
def test_ht_03_clients_without_gzip_get_plain_text(accept: str, server: Program) -> None:
    """HT-03: clients that do not accept gzip get plain text."""
    response = get(server.port, PLAYLIST, headers={"Accept-Encoding": accept})
    assert "content-encoding" not in response.headers and response.text.startswith("#EXTM3U")


@pytest.mark.parametrize("kind", ["segment", "part", "init"])
def test_ht_03_media_is_never_compressed(kind: str, server: Program) -> None:
    """HT-03: media is never compressed."""
    response = get(server.port, path_of(server, kind), headers={"Accept-Encoding": "gzip"})
    assert "content-encoding" not in response.headers


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_ht_13_connection_close_is_honoured(kind: str, server: Program) -> None:
    """HT-13: every response honours Connection: close."""
    with Connection(server.port) as connection:
        response: Response = connection.get(path_of(server, kind), headers={"Connection": "close"})
        assert response.headers.get("connection", "").lower() == "close"
        connection.socket.settimeout(2)
        assert connection.socket.recv(1) == b"", "the connection stays open"


def test_short_paths_give_the_media_playlist(server: Program) -> None:
    """Short paths give the Media Playlist, with URIs that resolve from there."""
    from urllib.parse import urljoin
    for path in ("/live.m3u8", "/playlist.m3u8", "/live/playlist.m3u8", "/live/index.m3u8",
                 PLAYLIST):
        segment = fetch(server.port, path=path).segments[-1]
        for uri in (segment.uri, segment.map_uri, segment.parts[-1].uri):
            assert urljoin(path, str(uri)).startswith(BASE), (path, uri)
            assert get(server.port, urljoin(path, str(uri))).status == 200, (path, uri)


def test_metrics_are_prometheus_text(server: Program) -> None:
    """The first set of metrics exists, in Prometheus text."""
    names = {name for name, _, _ in read_metrics(server.port)}
    for name in ("streamer_stream_online", "streamer_input_frames_total", "streamer_held_requests",
                 "streamer_requests_total", "streamer_response_bytes_total",
                 "streamer_part_publish_lateness_seconds_count", "process_cpu_seconds_total",
                 "process_resident_memory_bytes", "process_open_fds"):
        assert name in names, name


def test_health_ready_and_version_answer(server: Program) -> None:
    """/health and /ready are 200 while the stream advances; /version has content."""
    assert get(server.port, "/health").status == 200
    assert get(server.port, "/ready").status == 200
    assert get(server.port, "/version").body
