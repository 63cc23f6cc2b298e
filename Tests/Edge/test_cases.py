# SPDX-License-Identifier: Apache-2.0
"""The table of deploy/edge/cases.json: requests that an edge and the server could read differently.

Each case is a request, and the addresses of viewers whose answers it must not change. An edge may
refuse the request (`refused`), answer it as the address of a viewer (`plain`), or keep its answer
apart (`own`); afterwards each viewer has the answer of the server to the viewer's own request.
`edge_cases.json` has the reading of each case and edge: two of them where it depends on whether the
edge has the whole answer when the request comes. `refused by the server` is an error for which the
edge has asked the server: without the server's own check the request would be answered.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import edges
from harness.crowd import connect
from harness.edges import CONFIGURATIONS, KINDS, MORE, TERMINATORS, Edge
from harness.http1 import Closed, Response
from harness.http2frames import DATA, GOAWAY, HEADERS, RST_STREAM, Frames, request
from harness.metrics import read_metrics
from harness.playlist import parse
from harness.program import Program
from harness.tools import need
from harness.tunein import PLAYLIST, fetch
from harness.waiting import pause

CASES: list[dict[str, Any]] = json.loads((CONFIGURATIONS / "cases.json").read_text())
NUMBERS = {case["name"]: number for number, case in enumerate(CASES)}
READINGS: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("edge_cases.json").read_text())
PATHS = {"playlist": PLAYLIST, "manifest": "/live/manifest.mpd", "root": "/",
         "play": "/ldash/play/live/manifest.mpd", "extent": "/dvr.json",
         "past": "/live/video/from/{past}/playlist.m3u8", "missing": "/live/missing",
         "part": "/live/video/segment{msn}.{part}.m4s", "segment": "/live/video/segment{msn}.m4s"}
ALL = KINDS | TERMINATORS | MORE
WORDS = {"refused", "refused by the server", "plain", "own"}
KEPT_SECONDS = 1
"""The lifetime of a playlist without directives."""
WHOLE_SECONDS = {"nginx-alone", "trafficserver"}
"""Edges that compare whole seconds keep it for up to one more."""
METRICS_SECONDS = 0.12
"""The text of metrics is at most 0.1 s old."""
PARTS_PER_SEGMENT = 10
PARTS_PER_SECOND = 10
SPARE_PARTS = 4
"""By which a playlist may be older than its lifetime, and the time between two requests."""


@pytest.fixture(scope="module", params=ALL)
def edge(request: pytest.FixtureRequest, trusting: Program,
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Each edge in turn, in front of a server that believes it."""
    with ALL[request.param](tmp_path_factory.mktemp("edge"), trusting.port) as found:
        found.name = request.param
        yield found


class Instant:
    """Names of media that no case has used, and a host of its own, for one case."""

    def __init__(self, server: Program, number: int) -> None:
        last = fetch(server.port).last_part[0]
        self.values = {"msn": str(last - 1 - number // 8 % 2), "part": str(number % 8),
                       "next": str(last + 1), "host": f"case{number}.example", "long": "x" * 20000,
                       # Above --max-uri-bytes of the server.
                       "target": "x" * 5000,
                       # Before the archive begins: the server leads to its beginning.
                       "past": str(int(time.time()) - 3000 + number)}

    def fill(self, text: str) -> str:
        """Replaces the names in braces; other braces stay."""
        return re.sub(r"\{(\w+)\}", lambda found: self.values.get(found[1], found[0]), text)


def send(target: Program | Edge, case: dict[str, Any], now: Instant, query: str,
         fields: list[list[str | None]], *, is_attack: bool) -> Response | None:
    """The answer to a case or to one of its viewers; None if the connection ended without one."""
    change = case if is_attack else {}
    path = now.fill(PATHS[case["on"]] + change.get("path", "") + query)
    default_host = now.values["host"] if case["on"] in ("manifest", "play") else "viewer.example"
    head = [f"{change.get('method', 'GET')} {change.get('target', '')}{path} "
            f"HTTP/{change.get('version', '1.1')}"]
    if not any(name == "Host" for name, _ in fields):
        head.append(f"Host: {default_host}")
    head += [f"{name}: {now.fill(value)}" for name, value in fields if value is not None]
    head += [f"X-Field-{index}: x" for index in range(change.get("count", 0))]
    if not any(name == "Connection" for name, _ in fields):
        head.append("Connection: close")
    data = "\r\n".join([*head, "", ""]).encode("latin-1") + change.get("body", "").encode()
    with connect(target) as connection:
        connection.send_raw(data)
        try:
            return connection.read(change.get("method", "GET"))
        except (Closed, OSError, AssertionError):
            assert is_attack, "a viewer has no answer"
            return None


def clock_hosts(text: str) -> set[str]:
    """The schemes and hosts of the clock addresses in an MPD."""
    return set(re.findall(r'value="(https?://[^/"]*)', text))


def titles(text: str) -> list[str]:
    """The title of a page."""
    return re.findall(r"<title>(.*?)</title>", text)


def check_viewer(case: dict[str, Any], edge: Edge, server: Program, now: Instant,
                 query: str) -> None:
    """The viewer of an address has what the server answers to the same request."""
    fields = case.get("victimFields", [])
    via_tls = [["X-Forwarded-Proto", "https"]] if edge.is_secure else []
    begun = time.monotonic()
    own = send(server, case, now, query, fields or via_tls, is_attack=False)
    found = send(edge, case, now, query, fields, is_attack=False)
    seconds = time.monotonic() - begun
    what = f"{edge.name}: after {case['name']}: {query or case['on']}"
    assert own is not None and found is not None and found.status == own.status, (
        f"{what}: {found and found.status}, the server {own and own.status}")
    assert found.headers.get("content-type") == own.headers.get("content-type"), what
    places = [answer.headers.get("location") for answer in (own, found)]
    assert places[0] == places[1], f"{what}: {places}"
    if case["on"] in ("part", "segment"):
        assert found.body == own.body, what
    elif case["on"] == "root":
        assert titles(found.text) == titles(own.text), what
    elif case["on"] in ("manifest", "play"):
        if edge.is_secure or "caddy" not in edge.name:
            assert clock_hosts(found.text) == clock_hosts(own.text), what
    elif case["on"] == "playlist" and own.status == 200:
        assert "content-encoding" not in found.headers, what
        asked = dict(re.findall(r"(_HLS_\w+)=(\w+)", now.fill(query)))
        if "_HLS_part" in asked:
            part = int(asked["_HLS_msn"]), int(asked["_HLS_part"])
            newest = parse(found.text).last_part
            assert newest >= part, f"{what}: {part} is missing, the newest is {newest}"
        if "_HLS_skip" in asked:
            assert "#EXT-X-SKIP" in found.text, what
        elif "_HLS_part" not in asked:
            newest, listed = parse(own.text).last_part, parse(found.text).last_part
            missing = (newest[0] - listed[0]) * PARTS_PER_SEGMENT + newest[1] - listed[1]
            kept = KEPT_SECONDS + (edge.name in WHOLE_SECONDS)
            permitted = (kept + seconds) * PARTS_PER_SECOND + SPARE_PARTS
            assert missing <= permitted, f"{what}: {missing} parts are missing"


def count(server: Program) -> int:
    """The requests of the table that have reached the server; probes of edges are no part."""
    pause(METRICS_SECONDS, "the text of metrics is older than the requests")
    return int(sum(value for name, labels, value in read_metrics(server.port)
                   if name == "streamer_requests_total" and labels["kind"] not in UNCOUNTED))


UNCOUNTED = {"metrics", "probe"}


def wait_for_second(count: int) -> None:
    """Waits until no edge has the plain answer of another case, for the beginning of a second."""
    pause(int(time.time()) + count + 0.02 - time.time(), "edges forget plain answers by the second")


def judge(case: dict[str, Any], edge: Edge, server: Program) -> tuple[str, bool]:
    """The reading of a case, and whether it is certain: not if the edge may have forgotten.

    Edges that compare whole seconds forget at the end of one.

    AssertionError if a viewer has another answer afterwards, or if the case does not permit it.
    """
    victims = case.get("victims", [case.get("query", "")])
    if "" in victims and case["on"] in ("playlist", "root", "extent"):
        wait_for_second(KEPT_SECONDS + 1)
    now = Instant(server, NUMBERS[case["name"]])
    begun = count(server)
    answer = send(edge, case, now, case.get("query", ""), case.get("fields", []), is_attack=True)
    answered = int(time.time())
    before = count(server)
    for query in victims:
        check_viewer(case, edge, server, now, query)
    is_fresh = int(time.time()) == answered
    is_refused = answer is None or answer.status >= 400
    # Each viewer has asked the server itself too.
    asked = count(server) - before - len(victims)
    refused = "refused" if before == begun else "refused by the server"
    reading = refused if is_refused else "plain" if asked < len(victims) else "own"
    status = answer and answer.status
    if case["is"] == ["refused"]:
        assert is_refused, f"{edge.name}: {case['name']}: {status}"
    elif not is_refused:
        assert reading in case["is"], f"{edge.name}: {case['name']}: {reading}"
    else:
        assert "refused" in case["is"], f"{edge.name}: {case['name']}: {status}"
    return reading, is_fresh or reading != "own"


def check_case(name: str, edge: Edge, server: Program) -> None:
    """The reading is that of the table."""
    listed = READINGS[name][edge.name]
    reading, is_certain = judge(CASES[NUMBERS[name]], edge, server)
    assert reading in listed.split(" or ") or not is_certain, (
        f"{edge.name}: {name}: {reading} (expected {listed})")


@pytest.mark.parametrize("name", NUMBERS)
def test_case(name: str, edge: Edge, trusting: Program) -> None:
    """A request of the table changes no answer of others, and is read as the table says."""
    if CASES[NUMBERS[name]]["on"] == "missing" and edge.name == "nginx-checking":
        pytest.skip("this edge asks /auth first, which refuses addresses without content")
    check_case(name, edge, trusting)


def test_the_table_is_complete() -> None:
    """Each case has a reading by each edge; the table is printed."""
    for name, row in READINGS.items():
        print(f"{name}: " + ", ".join(f"{kind} {reading}" for kind, reading in row.items()))
    assert list(READINGS) == list(NUMBERS)
    for name, row in READINGS.items():
        assert list(row) == list(ALL), name
        for listed in row.values():
            assert set(listed.split(" or ")) <= WORDS, name


AUTHORITIES = {case["name"]: case for case in CASES if case["on"] == "playlist"
               and [field[0] for field in case.get("fields", [])] == ["Host"]
               and case["fields"][0][1]}


# Made another host before the key: the name before the sign, or the text after the space, is
# removed, and bytes become a name of ASCII (RFC 3492).
REWRITTEN = {("trafficserver", "Host with an at sign"), ("caddy", "Host with a byte above 0x7F"),
             ("caddy-varnish", "Host with a space")}


@pytest.mark.parametrize("name", AUTHORITIES)
def test_authority(name: str, edge: Edge, trusting: Program) -> None:
    """RFC 9113 §8.3.1: `:authority` is read as Host is."""
    if not edge.is_secure:
        pytest.skip("this edge has no TLS: HTTP/2 is not tested with it")
    case = AUTHORITIES[name]
    now = Instant(trusting, NUMBERS[name])
    host = b"Host: " + case["fields"][0][1].encode("latin-1")
    ran = subprocess.run(
        [need("curl", "HTTP/2 of edges"), "-sk", "--http2", "-m", "10", "-o", "/dev/null", "-w",
         "%{http_version} %{http_code}", "-H", host,
         edge.url(now.fill(PLAYLIST + case["query"]))], capture_output=True, timeout=15)
    version, status = ran.stdout.split()
    if case["is"] == ["refused"] and (edge.name, name) not in REWRITTEN:
        assert ran.returncode != 0 or int(status) >= 400, f"{edge.name}: {name}: {status!r}"
    assert ran.returncode != 0 or version == b"2"
    check_viewer(case, edge, trusting, now, case["query"])


def test_an_authority_beside_another_host(edge: Edge, trusting: Program) -> None:
    """RFC 9113 §8.3.1: a Host that differs from `:authority` changes no answer of either host."""
    if not edge.is_secure:
        pytest.skip("this edge has no TLS: HTTP/2 is not tested with it")
    case = {"name": "an authority beside another host", "on": "manifest"}
    now = Instant(trusting, len(CASES))
    hosts = [f"{name}-{edge.name}.example" for name in ("authority", "field")]
    with Frames(edge.port, is_secure=True) as frames:
        frames.send(request(PATHS["manifest"], 1, hosts[0],
                            **{":scheme": "https", "host": hosts[1]}))
        while frames.next(HEADERS, DATA, RST_STREAM, GOAWAY).goes_on:
            pass
    for host in hosts:
        now.values["host"] = host
        check_viewer(case, edge, trusting, now, "")


Change = tuple[str, str, str]
NO_HOST_NGINX = ("nginx/alone.conf", "  map $authority $is_bad_host {\n    default 1;",
                 "  map $authority $is_bad_host {\n    default 0;")
UNREAD_NGINX = ("nginx/alone.conf", "$is_bad_host$is_misread", "${is_bad_host}0")
KEPT_NGINX = ("nginx/alone.conf", "      proxy_no_cache $is_missing;\n",
              "      proxy_ignore_headers Cache-Control;\n      proxy_cache_valid any 1s;\n")


def between(file: str, first: str, last: str) -> str:
    """A text of a shipped file, from one text to another, with both."""
    text = (CONFIGURATIONS / file).read_text()
    assert text.count(first) == 1, first
    begin = text.index(first)
    return text[begin:text.index(last, begin) + len(last)]


PLAYERS = ("^/+(t/[^/?]*/)?\\?(.*)$ http://127.0.0.1:8080/$1?$2 "
           "@proxy.config.http.cache.http=0", "# ")
CLOSED = "trafficserver/closed.config"
PLAYER_CASE = "the list before a player"
MISREAD = 'req.url ~ "' + r"\.m3u8\?(.*&)?[^&=]*"
HELD_CASE = "an escape in the name of a held directive"
TRIES = 5
# The former lines of a configuration, or missing ones, and the case that shows it. The server
# refuses a wrong query or Host too, with `no-store`: the fault is then that the edge has not.
PLANTED: dict[str, tuple[str, str, list[Change]]] = {
    "Varnish keeps errors, and checks no Host": ("varnish", "Host with a brace", [
        ("varnish/live.vcl", "if (req.http.Host && req.http.Host !~",
         "if (false && req.http.Host !~"),
        ("varnish/live.vcl", 'if (beresp.status >= 400 && beresp.http.Cache-Control ~ '
         '"(?i)(no-store|no-cache|private)")', "if (beresp.status == 499)")]),
    "nginx keeps errors, and checks no Host": (
        "nginx-alone", "Host with a brace", [NO_HOST_NGINX, KEPT_NGINX]),
    "nginx sends another query than its key": (
        "nginx-alone", HELD_CASE,
        [KEPT_NGINX, UNREAD_NGINX,
         ("nginx/alone.conf", "proxy_pass http://origin$uri$directives;",
                      "proxy_pass http://origin;")]),
    "nginx has no query in the key": (
        "nginx-alone", "a part without a segment",
        [("nginx/alone.conf", "proxy_cache_key $uri|$key_host|$directives;",
          "proxy_cache_key $uri|$key_host;")]),
    "Varnish has no scheme in the key": (
        "varnish", "a scheme that Connection names",
        [("varnish/live.vcl", 'set req.http.X-Forwarded-Proto = "https";',
          'set req.http.X-Planted = "https";')]),
    "nginx drops the parameters of a player": (
        "nginx-alone", PLAYER_CASE,
        [("nginx/alone.conf", "location ~ ^/(t/[^/]+/)?$ {", "location ~ ^/planted$ {")]),
    "Varnish drops the parameters of a player": (
        "varnish", PLAYER_CASE,
        [("varnish/live.vcl", r'req.url ~ "^/(t/[^/?]*/)?\?" || ', "")]),
    "Traffic Server drops the parameters of a player": (
        "trafficserver", PLAYER_CASE, [(CLOSED, *PLAYERS)]),
    "Varnish drops a directive in other capitals": (
        "varnish", "a directive in lower case",
        [("varnish/live.vcl", between("varnish/live.vcl", "    if (" + MISREAD, "    }\n"), "")]),
    "nginx reads a directive in other capitals": (
        "nginx-alone", "a directive in lower case", [UNREAD_NGINX]),
    "Traffic Server sends a directive that is not in its key": (
        "trafficserver", "an escape in the name of a directive",
        [(CLOSED, between(CLOSED, r"\.m3u8\?(.*&)?[^&=]*", "\n# The server leads"), "# ")]),
    "Traffic Server leaves Host to the server": (
        "trafficserver", "Host with an open bracket",
        [("trafficserver/fields.config", between(
            "trafficserver/fields.config", "# The server refuses another form of Host.",
            "set-status 400\n"), "")]),
    "Traffic Server has no host in the key": (
        "trafficserver", "another host",
        [("trafficserver/remap.config", " @pparam=--include-headers=Host,X-Forwarded-Proto", "")]),
    "Caddy sends escapes in a path": (
        "caddy", "an escaped dot segment in the path",
        [("caddy/Caddyfile", "\t\trespond @refused 400\n", "")]),
}


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_seen(fault: str, trusting: Program, tmp_path: Path,
                                 monkeypatch: pytest.MonkeyPatch) -> None:
    """The case fails with the file as it was."""
    kind, name, changes = PLANTED[fault]
    shipped = tmp_path / "shipped"
    shutil.copytree(edges.CONFIGURATIONS, shipped)
    for file, old, new in changes:
        text = (shipped / file).read_text()
        assert text.count(old) == 1, old
        # The number of addresses that a test replaces stays.
        comment = f"# {old.count('127.0.0.1:8080') * '127.0.0.1:8080'}"
        (shipped / file).write_text(text.replace(old, comment if new == "# " else new))
    monkeypatch.setattr(edges, "CONFIGURATIONS", shipped)
    folder = tmp_path / "edge"
    folder.mkdir()
    with ALL[kind](folder, trusting.port) as edge:
        edge.name = kind
        # On a slow machine the answer of the case may have been forgotten.
        with pytest.raises(AssertionError, match=kind):
            for _ in range(TRIES):
                check_case(name, edge, trusting)
