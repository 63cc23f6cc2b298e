# SPDX-License-Identifier: Apache-2.0
"""Each configuration of deploy/edge in front of the running program.

Added latency is measured beside a direct client in the same run and printed; `make bench` with
`--only edges` measures it, and `docs/edge.md` has the figures.
"""

from __future__ import annotations

import gzip
import subprocess
import time

import pytest

from harness.boxes import chunks
from harness.crowd import Crowd, added, ask, connect
from harness.edges import Edge
from harness.labreport import percentile
from harness.metrics import read_metrics
from harness.program import Program
from harness.tools import need
from harness.tunein import PLAYLIST, align
from harness.tunein import fetch as fetch_playlist
from harness.waiting import pause
from harness.websocket import VIDEO, Socket

BASE = "/live/video/"
VIEWERS = 200
# nginx alone checks a waiting request every 500 ms, and does not cache open segments.
ALONE = "nginx-alone"


class Requests:
    """The origin's requests of one kind within a `with` block."""

    def __init__(self, server: Program, kind: str) -> None:
        self.server, self.kind, self.count = server, kind, 0

    def now(self) -> int:
        """All requests of the kind, with any status."""
        return int(sum(value for name, labels, value in read_metrics(self.server.port)
                       if name == "streamer_requests_total" and labels["kind"] == self.kind))

    def __enter__(self) -> Requests:
        self.before = self.now()
        return self

    def __exit__(self, *_: object) -> None:
        self.count = self.now() - self.before


def show(what: str, edge: Edge, delays: list[float]) -> None:
    """Prints added latencies, in milliseconds."""
    print(f"{edge.name}: {what}: added {percentile(delays, 0.5):.1f} ms p50, "
          f"{percentile(delays, 0.99):.1f} ms p99, {max(delays):.1f} ms max of {len(delays)}")


def check_crowd(what: str, edge: Edge, crowd: Crowd) -> None:
    """The first client is direct: all others have its bytes; prints how much later."""
    direct, *viewers = crowd.clients
    assert {client.status for client in crowd.clients} == {200}
    assert {client.body for client in viewers} == {direct.body}
    show(f"{what}, {len(viewers)} viewers", edge,
         [(client.done - direct.done) * 1000 for client in viewers])


def test_held_playlist_is_one_request(edge: Edge, server: Program) -> None:
    """200 viewers that wait for a playlist are one request to the origin; all get its bytes."""
    with Crowd(server, *[edge] * VIEWERS) as crowd:
        parent = align(server.port, 2).last_part[0]
        with Requests(server, "playlist") as requests:
            path = f"{PLAYLIST}?_HLS_msn={parent}"
            crowd.run([(0, client, path) for client in crowd.clients])
    check_crowd("held playlist", edge, crowd)
    assert requests.count == 2, "the direct request, and one for all viewers"


def test_held_part_is_one_request(edge: Edge, server: Program) -> None:
    """200 viewers that wait for the hinted part are one request to the origin."""
    with Crowd(server, *[edge] * VIEWERS) as crowd:
        parent = align(server.port, 2).last_part[0]
        with Requests(server, "part") as requests:
            path = f"{BASE}segment{parent}.3.m4s"
            crowd.run([(0, client, path) for client in crowd.clients])
    check_crowd("held part", edge, crowd)
    assert requests.count == 2


def test_open_segment_is_one_request(edge: Edge, server: Program) -> None:
    """100 early and 100 joining readers of an open segment: one request, chunk by chunk."""
    half = VIEWERS // 2
    # On a busy machine the direct client may read several chunks at once: it is no measure then.
    for _ in range(3):
        with Crowd(server, *[edge] * VIEWERS) as crowd:
            parent = align(server.port, 5).last_part[0] + 1
            with Requests(server, "segment") as requests:
                path = f"{BASE}segment{parent}.m4s"
                crowd.run([(0 if index <= half else 1, client, path)
                           for index, client in enumerate(crowd.clients)])
        check_crowd("open segment", edge, crowd)
        direct, *viewers = crowd.clients
        assert len(chunks(direct.body)) == 30
        assert requests.count == (VIEWERS + 1 if edge.name == ALONE else 2)
        if len(direct.arrivals) >= 15:
            break
    assert len(direct.arrivals) >= 15
    delays = [delay for client in viewers[:half] for delay in added(direct, client)]
    show(f"chunks of an open segment, {half} viewers", edge, delays)
    # Media arrive during the segment, not at its end: half of the bytes before the direct client
    # has the last ones.
    for client in viewers[:half]:
        early = max((end for end, at in client.arrivals if at < direct.done), default=0)
        assert early > len(direct.body) / 2


@pytest.mark.parametrize("viewers", [10, VIEWERS])
def test_requests_per_second_do_not_depend_on_viewers(edge: Edge, server: Program,
                                                      viewers: int) -> None:
    """Viewers follow 5 s of parts: 20 ± 1 requests per second reach the origin, for any number."""
    if edge.name == ALONE:
        pytest.skip("nginx alone answers waiting viewers too late to follow parts of 0.1 s")
    segments = 5  # of 1 s, with ten parts each
    with Crowd(*[edge] * viewers) as crowd:
        parent = align(server.port, 9).last_part[0] + 1
        with Requests(server, "playlist") as playlists, Requests(server, "part") as parts:
            for number in range(parent, parent + segments):
                for part in range(10):
                    paths = (f"{PLAYLIST}?_HLS_msn={number}&_HLS_part={part}",
                             f"{BASE}segment{number}.{part}.m4s")
                    # Each viewer alternates; half of them ask for the one, half for the other.
                    crowd.run([(0, client, paths[(index + part) % 2])
                               for index, client in enumerate(crowd.clients)])
                    assert {client.status for client in crowd.clients} == {200}, (number, part)
    count = playlists.count + parts.count
    print(f"{edge.name}: {count} requests for {segments} segments for {viewers} viewers")
    assert 19 * segments <= count <= 21 * segments


def parts_until(body: bytes, number: int, part: int) -> list[str]:
    """The lines of the parts of a segment, up to one of them: later ones may follow."""
    names = {f'URI="segment{number}.{index}.m4s"' for index in range(part + 1)}
    return [line for line in body.decode().splitlines()
            if line.startswith("#EXT-X-PART:") and names & set(line.split(","))]


def test_one_viewer_has_the_bytes_of_a_direct_one(edge: Edge, server: Program) -> None:
    """Parts, playlists and chunks reach one viewer of the edge one after another, and how late."""
    found: dict[str, list[float]] = {"parts": [], "playlists": [], "chunks": []}
    with Crowd(*[server, edge] * 2) as crowd:
        parent = align(server.port, 9).last_part[0] + 1
        for number in range(parent, parent + 3):
            for part in range(10):
                paths = [f"{BASE}segment{number}.{part}.m4s",
                         f"{PLAYLIST}?_HLS_msn={number}&_HLS_part={part}"]
                crowd.run([(0, client, paths[index // 2])
                           for index, client in enumerate(crowd.clients)])
                for kind, direct, other in zip(("parts", "playlists"), crowd.clients[::2],
                                               crowd.clients[1::2]):
                    assert other.status == 200
                    if kind == "parts":
                        assert direct.body == other.body
                    else:
                        # The one that was answered later may have more parts.
                        lines = parts_until(other.body, number, part)
                        assert len(lines) == part + 1
                        assert lines == parts_until(direct.body, number, part)
                    found[kind].append((other.done - direct.done) * 1000)
        for number in range(number + 1, number + 3):
            path = f"{BASE}segment{number}.m4s"
            crowd.run([(0, client, path) for client in crowd.clients[:2]])
            assert crowd.clients[0].body == crowd.clients[1].body
            found["chunks"] += added(*crowd.clients[:2])
    for kind, delays in found.items():
        show(f"{kind}, one viewer", edge, delays)


def test_late_segment_is_complete(edge: Edge, server: Program) -> None:
    """Complete media: the bytes and fields of the origin, for GET, HEAD and a range."""
    segment = fetch_playlist(server.port).segments[-2]
    for name in (str(segment.uri), str(segment.parts[0].uri), str(segment.map_uri)):
        path = BASE + name
        own, other = ask(server, path), ask(edge, path)
        assert other.body == own.body and other.headers["content-type"] == "video/mp4"
        for field in ("cache-control", "access-control-allow-origin"):
            assert other.headers[field] == own.headers[field]
        head = ask(edge, path, "HEAD")
        assert head.status == 200 and not head.body
        assert head.headers.get("content-length", str(len(own.body))) == str(len(own.body))
        part = ask(edge, path, headers={"Range": "bytes=10-19"})
        assert part.status == 206 and part.body == own.body[10:20]


def test_preflight_is_answered(edge: Edge, server: Program) -> None:
    """OPTIONS: the fields of the origin, so that scripts of other sites may play."""
    own, other = ask(server, PLAYLIST, "OPTIONS"), ask(edge, PLAYLIST, "OPTIONS")
    assert other.status == 204
    for field in ("access-control-allow-origin", "access-control-allow-methods",
                  "access-control-allow-headers", "access-control-max-age"):
        assert other.headers[field] == own.headers[field], field


def test_other_methods_are_refused(edge: Edge) -> None:
    """Publishing and administration do not pass."""
    for method in ("PUT", "POST", "DELETE"):
        assert ask(edge, "/live.m3u8", method).status in (403, 405), method


def test_closed_paths(edge: Edge) -> None:
    """Administration, metrics and statistics are closed, also below a token and escaped."""
    closed = ("/api", "/api/streams", "/auth", "/metrics", "/stats", "/stats.json", "/metrics/")
    for path in (*closed, *(f"{path}?x=1" for path in closed), *(f"/t/x{path}" for path in closed)):
        assert ask(edge, path).status == 404, path
    for path in ("/metric%73", "/%73tats", "/%61pi/streams", "/t/x/metric%73", "/%74/x/stats",
                 "/t/x%2Fmetrics", "/live/%2e%2e/metrics", "/t%2Fx/metrics"):
        assert ask(edge, path).status == 400, path
    for path in ("//metrics", "/./metrics", "/live/../metrics", "/t/x//metrics", "//t/x/stats",
                 "/t//metrics", "/metrics;x", "/t/x/../metrics", "/live/../auth"):
        assert ask(edge, path).status in (400, 404), path
    # The query is no concern of the rules.
    for query in ("CMCD=bl%3D100", "x=//&y=/../&z=\\"):
        assert ask(edge, f"/live.m3u8?{query}").status == 200, query


def test_path_is_not_read_in_two_ways(edge: Edge) -> None:
    """Empty and dot segments are refused, also where no path is closed."""
    for path in ("/live//playlist.m3u8", "/./live.m3u8", "/live/./playlist.m3u8", "/x/../live.m3u8",
                 "/live/..", "/live/.", "/live/video//", "/live/..?x", "/x//../live.m3u8",
                 "/x\\..\\live.m3u8"):
        assert ask(edge, path).status == 400, path
    # Traffic Server removes slashes at the start before it compares and requests a path.
    for path in ("//live.m3u8", "///live.m3u8", "//"):
        expected = 200 if edge.name == "trafficserver" else 400
        assert ask(edge, path).status == expected, path
    assert ask(edge, "/live/...").status == 404


def test_websocket(edge: Edge) -> None:
    """Messages of a WebSocket pass nginx and Traffic Server; Varnish alone does not pretend to."""
    with Socket(edge.port, "/live/ws", secure=edge.is_secure) as opened:
        if edge.name == "varnish":
            assert opened.status != 101
            return
        assert opened.status == 101
        opened.send({"t": "subscribe", "start": "live"})
        assert len(opened.media(5, VIDEO)) == 5
    # The answer to a refused upgrade is that of the server, and the connection stays the edge's.
    with Socket(edge.port, "/none/ws", secure=edge.is_secure) as refused:
        assert refused.status == 404
        refused.buffer = b""
        refused.send(b"GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while piece := refused.socket.recv(1 << 16):
            answer += piece
        assert b"streamer_" not in answer


def test_error_is_not_kept(edge: Edge, server: Program) -> None:
    """Segments and parts that were requested too early exist when they have begun."""
    parent = align(server.port, 0).last_part[0]
    early = {f"{BASE}segment{parent + 5}.m4s": 425, f"{BASE}segment{parent + 2}.4.m4s": 404}
    # nginx alone does not keep "not found": waiting viewers ask one after another, and the last of
    # many would get the part. One viewer is enough to see that the error is not kept.
    viewers = 1 if edge.name == ALONE else 50
    with Crowd(*[edge] * viewers) as crowd, Requests(server, "segment") as requests:
        for path, status in early.items():
            crowd.run([(0, client, path) for client in crowd.clients])
            assert {client.status for client in crowd.clients} == {status}, path
    assert requests.count <= 5
    for path in reversed(early):
        pause(2.6, "the part is published, then the segment begins")
        own, other = ask(server, path), ask(edge, path)
        assert other.status == 200 and other.body == own.body


def test_clock_is_not_kept(edge: Edge) -> None:
    """Clocks, probes and capture times are answered by the origin each time."""
    for path in ("/time?ms", "/isotime"):
        first = ask(edge, path).text
        assert ask(edge, path).text != first
    before = time.time() * 1000
    found = float(ask(edge, "/time?ms").text)
    assert int(before) <= found <= time.time() * 1000
    first = ask(edge, "/timestamps.json").json()["timestamp"]
    assert ask(edge, "/timestamps.json").json()["timestamp"] != first
    assert ask(edge, "/ready").status == 200


def test_foreign_parameters_share_an_object(edge: Edge, server: Program) -> None:
    """CMCD, tokens and cookies of viewers do not make other objects, and order does not matter."""
    parent = align(server.port, 8).last_part[0]
    with Requests(server, "playlist") as requests:
        bodies = {
            ask(edge, f"{PLAYLIST}?{query}", headers={"Cookie": f"viewer={index}"}).body
            for index, query in enumerate((
                f"_HLS_msn={parent}&_HLS_part=3", f"_HLS_part=3&_HLS_msn={parent}",
                f"CMCD=bl%3D100&_HLS_msn={parent}&_HLS_part=3",
                f"_HLS_msn={parent}&token=abc&_HLS_part=3&x"))
        }
    assert len(bodies) == 1 and requests.count == 1
    with Requests(server, "part") as requests:
        name = f"{BASE}segment{parent}.4.m4s"
        bodies = {ask(edge, name + query).body for query in ("", "?CMCD=a", "?token=1")}
    assert len(bodies) == 1 and (requests.count == 1 or edge.name == ALONE)


def test_directives_change_the_object(edge: Edge, server: Program) -> None:
    """Delta updates, full playlists and other parts are other objects."""
    parent = align(server.port, 5).last_part[0]
    texts = [ask(edge, PLAYLIST + query).text for query in (
        f"?_HLS_msn={parent}&_HLS_part=1", f"?_HLS_msn={parent}&_HLS_part=1&_HLS_skip=YES",
        f"?_HLS_msn={parent + 1}&_HLS_part=0")]
    assert len(set(texts)) == 3
    assert ["#EXT-X-SKIP" in text for text in texts] == [False, True, False]


def test_compressed_and_plain_playlists_are_right(edge: Edge, server: Program) -> None:
    """A playlist is packed for clients that accept gzip only, whichever came first."""
    parent = align(server.port, 5).last_part[0]
    for part, order in ((1, ("gzip", "identity")), (2, ("identity", "gzip"))):
        path = f"{PLAYLIST}?_HLS_msn={parent}&_HLS_part={part}"
        for encoding in order:
            found = ask(edge, path, headers={"Accept-Encoding": encoding})
            packed = found.headers.get("content-encoding") == "gzip"
            assert packed == (encoding == "gzip")
            text = (gzip.decompress(found.body) if packed else found.body).decode()
            assert text.startswith("#EXTM3U\n") and f"segment{parent}.{part}.m4s" in text


def test_mpd_names_the_host_of_the_request(edge: Edge) -> None:
    """Clock addresses in the MPD are those of the host under which it was requested."""
    for host in ("a.example:8443", "b.example"):
        with connect(edge) as connection:
            connection.send_raw(
                f"GET /live/manifest.mpd HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
            found = connection.read()
        assert found.status == 200 and f"http://{host}/time?iso" in found.text, host


def test_ldash_play_is_a_page_or_an_mpd(edge: Edge) -> None:
    """/ldash/play: the page for browsers, the MPD for players, whichever came first."""
    path = "/ldash/play/live/manifest.mpd"
    for accept, kind in (("*/*", "application/dash+xml"), ("text/html,*/*", "text/html"),
                         ("*/*", "application/dash+xml")):
        assert ask(edge, path, headers={"Accept": accept}).headers["content-type"].startswith(kind)


def test_first_viewer_may_leave(edge: Edge, server: Program) -> None:
    """The viewer that caused a held request disconnects: the others are still answered."""
    with Crowd(server, *[edge] * 20) as crowd, connect(edge) as first:
        parent = align(server.port, 2).last_part[0]
        path = f"{PLAYLIST}?_HLS_msn={parent}"
        first.send(path)
        pause(0.1, "the request reaches the origin before the others")
        first.close()
        crowd.run([(0, client, path) for client in crowd.clients])
    check_crowd("the first viewer left", edge, crowd)


def test_http2_holds_and_streams(edge: Edge, server: Program) -> None:
    """HTTP/2 viewers: a held playlist and an open segment."""
    if not edge.is_secure:
        pytest.skip("this edge has no TLS: HTTP/2 is not tested with it")
    curl = need("curl", "HTTP/2 of edges")
    parent = align(server.port, 5).last_part[0] + 1
    for path in (f"{PLAYLIST}?_HLS_msn={parent - 1}", f"{BASE}segment{parent}.m4s"):
        run = subprocess.run(
            [curl, "-sk", "--http2", "--max-time", "10", "-w", "%{stderr}%{http_version} "
             "%{http_code}", edge.url(path)], capture_output=True, timeout=15)
        assert run.stderr == b"2 200" and run.stdout == ask(server, path).body
