# SPDX-License-Identifier: Apache-2.0
"""deploy/edge/cases.json for the CDNs of deploy/terraform, whose files are evaluated.

`cdn_cases.json` has the verdict for each case and CDN: `refuse`, `pass`, `same` (the key and the
request of a viewer), `own` (another key), or `platform`: the head is malformed, and no rule of a
file sees it. It has further cases too, of fields that are special to a CDN. As for other edges,
each viewer afterwards has the answer of the server to the viewer's own request.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness.cdn import EvaluatedEdge, Request
from harness.cloudfront import CloudFront
from harness.crowd import ask
from harness.fastly import Fastly
from harness.http1 import Response
from harness.program import Program
from harness.vcl import Unevaluable
from test_cases import CASES, Instant, check_viewer, send

TABLE = json.loads(Path(__file__).with_name("cdn_cases.json").read_text())
ALL = [*CASES, *TABLE["cases"]]
NUMBERS = {case["name"]: number for number, case in enumerate(ALL)}
PLATFORMS = {"fastly": Fastly, "cloudfront": CloudFront}
# The meaning of a verdict among those that a case permits.
MEANINGS = {"refuse": "refused", "platform": "refused", "same": "plain", "own": "own",
            "pass": "own"}


@pytest.fixture(scope="module")
def public(site: Callable[..., Program]) -> Program:
    """A server with the name of its CDN, which main.tf of CloudFront demands."""
    return site(publicUrl="https://live.example")


class Bucket(BaseHTTPRequestHandler):
    """A bucket with every key; `asked` has the keys of requests."""

    asked: list[str] = []
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """The object."""
        self.asked.append(self.path)
        self.send_response(200)
        self.send_header("Cache-Control", "public, max-age=31536000, immutable")
        self.send_header("Content-Length", "4")
        self.end_headers()
        self.wfile.write(b"cold")

    def log_message(self, *_: object) -> None:
        """Writes nothing."""


@pytest.fixture(scope="module")
def bucket() -> Iterator[int]:
    """The port of a bucket."""
    with ThreadingHTTPServer(("127.0.0.1", 0), Bucket) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_address[1]
        server.shutdown()


Begin = Callable[..., tuple[EvaluatedEdge, Program]]


@pytest.fixture(scope="module")
def begin(trusting: Program, public: Program, bucket: int,
          tmp_path_factory: pytest.TempPathFactory) -> Iterator[Begin]:
    """Starts an evaluated edge, and names its server."""
    started: list[EvaluatedEdge] = []

    def run(name: str, *changes: tuple[str, str, str]) -> tuple[EvaluatedEdge, Program]:
        origin = trusting if name == "fastly" else public
        edge = EvaluatedEdge(name, PLATFORMS[name](*changes), origin.port,
                             tmp_path_factory.mktemp(name), bucket)
        started.append(edge)
        return edge, origin

    yield run
    for edge in started:
        edge.close()
        if isinstance(edge.platform, CloudFront):
            edge.platform.close()


@pytest.fixture(scope="module", params=PLATFORMS)
def edge(request: pytest.FixtureRequest, begin: Begin) -> tuple[EvaluatedEdge, Program]:
    """Each CDN with its shipped files."""
    return begin(request.param)


def judge(case: dict[str, Any], edge: EvaluatedEdge, origin: Program) -> str:
    """The verdict for a case.

    AssertionError if a viewer has another answer afterwards, or if the case does not permit it.
    """
    victims = case.get("victims", [case.get("query", "")])
    edge.kept.clear()
    now = Instant(origin, NUMBERS[case["name"]])
    before = len(edge.decisions)
    answer = send(edge, case, now, case.get("query", ""), case.get("fields", []), is_attack=True)
    for query in victims:
        check_viewer(case, edge, origin, now, query)
    decision, *others = edge.decisions[before:]
    verdict = decision.verdict
    if verdict == "lookup":
        verdict = "same" if any(other.key == decision.key for other in others) else "own"
    # The server itself may refuse a request that has a key of its own.
    is_refused = answer is None or answer.status >= 400
    meaning = "refused" if is_refused else MEANINGS[verdict]
    assert meaning in case["is"], f"{edge.name}: {case['name']}: {meaning}, {verdict}"
    return verdict


def check_case(case: dict[str, Any], edge: EvaluatedEdge, origin: Program) -> None:
    """The verdict is that of the table."""
    found, listed = judge(case, edge, origin), TABLE["verdicts"][case["name"]][edge.name]
    assert found == listed, f"{edge.name}: {case['name']}: {found} (expected {listed})"


@pytest.mark.parametrize("name", NUMBERS)
def test_case(name: str, edge: tuple[EvaluatedEdge, Program]) -> None:
    """A request of the table changes no answer of others."""
    check_case(ALL[NUMBERS[name]], *edge)


def test_each_case_has_a_verdict() -> None:
    """No row is of a case that is gone."""
    assert list(TABLE["verdicts"]) == list(NUMBERS)
    assert all(row.keys() == PLATFORMS.keys() and set(row.values()) <= MEANINGS.keys()
               for row in TABLE["verdicts"].values())


HOST = r'''if (req.http.Host !~ "^([A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$") {
  error 400 "Bad Request";
}
'''
NO_STORE = ('status >= 400 && beresp.http.Cache-Control ~ "(no-store|no-cache|private)"',
            "status == 499")
SCHEME = "if (fastly.ff.visits_this_service == 0) {"
PLAYLISTS = r'req.url.path ~ "\.m3u8$"'
QUERY = r'''
    || req.url ~ "^/(t/[^/?]*/)?\?"'''
METHODS = 'allowed_methods        = ["GET", "HEAD", "OPTIONS"'
# A former line, or one that is missing, and the case that shows it.
FAULTS: dict[str, tuple[Any, ...]] = {
    "no check of Host": (
        "fastly", "recv.vcl.tftpl", HOST, "", "Host with a brace"),
    "kept errors of one client": (
        "fastly", "fetch.vcl", *NO_STORE, "a field of 20 KB"),
    "a scheme of the viewer": (
        "fastly", "recv.vcl.tftpl", SCHEME, "if (!req.http.Fastly-FF) {",
        "a field by which Fastly marks its own requests"),
    "no query in the key": (
        "fastly", "recv.vcl.tftpl", PLAYLISTS, PLAYLISTS.replace("m3u8", "never"),
        "the skip directive twice"),
    "a list and a player with one key": (
        "fastly", "recv.vcl.tftpl", QUERY, "", "the parameters of a player"),
    "a directive that is not in the key": (
        "cloudfront", "main.tf", '"_HLS_part", ', "",
        "a part without a segment"),
    "a directive in other capitals, for Fastly": (
        "fastly", "recv.vcl.tftpl", "(?i:_hls_(msn|part|skip)|wait|version)", "(_hls_planted)",
        "a directive in lower case"),
    "a directive in other capitals, for CloudFront": (
        "cloudfront", "route.js.tftpl", "one.toLowerCase() === name.toLowerCase()", "false",
        "a directive in lower case"),
    "all methods": (
        "cloudfront", "main.tf", METHODS, METHODS + ', "POST"', "another method",
        ("route.js.tftpl", "'HEAD', 'OPTIONS']", "'HEAD', 'OPTIONS', 'POST']")),
    "a list and a player as one": (
        "cloudfront", "main.tf", ', "/", "/t/*/"]', "]", "the list before a player"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_seen(fault: str, begin: Begin) -> None:
    """The case fails with the files as they were."""
    name, file, old, new, case, *more = FAULTS[fault]
    edge, origin = begin(name, (file, old, new), *more)
    with pytest.raises(AssertionError, match=name):
        check_case(ALL[NUMBERS[case]], edge, origin)


@pytest.mark.parametrize("method, path, verdict", [
    ("POST", "/live/clearkey", "pass"), ("OPTIONS", "/live/clearkey", "pass"),
    ("POST", "/t/x/live/clearkey", "pass"), ("PUT", "/live/clearkey", "refuse"),
    ("DELETE", "/live/clearkey", "refuse"), ("POST", "/live/video/clearkey", "refuse"),
    ("POST", "/live/playlist.m3u8", "refuse"), ("POST", "/api/clearkey", "refuse"),
    ("GET", "/", "pass"), ("GET", "/t/x/api/", "refuse"),
])
def test_methods(method: str, path: str, verdict: str,
                 edge: tuple[EvaluatedEdge, Program]) -> None:
    """Keys are asked for by POST, and nothing else is sent to the server by it."""
    found = edge[0].platform.decide(Request(method, path, "1", [("Host", "a.example")])).verdict
    assert found == verdict or (path, edge[0].name, found) == ("/", "fastly", "lookup")


def check_restart(edge: EvaluatedEdge) -> None:
    """A segment that the server has no more comes from the bucket, once for all viewers."""
    path = "/live/video/segment1.m4s"
    for token in ("", "/t/x", ""):
        found = ask(edge, token + path)
        assert (found.status, found.body) == (200, b"cold"), found.status
        assert found.headers["access-control-allow-origin"] == "*"
    assert Bucket.asked == [path], Bucket.asked


def test_old_segments_come_from_the_bucket(begin: Begin) -> None:
    """deliver.vcl restarts, and hash.vcl keeps the object apart from the error before it."""
    Bucket.asked.clear()
    edge, _ = begin("fastly")
    check_restart(edge)
    cold = [decision for decision in edge.decisions if decision.is_cold]
    assert cold and not {one.key for one in cold} & {
        one.key for one in edge.decisions if not one.is_cold}
    Bucket.asked.clear()
    edge, _ = begin("fastly", ("hash.vcl", "if (req.http.X-Cold)", "if (req.http.X-Planted)"))
    with pytest.raises(AssertionError):
        check_restart(edge)


def test_an_error_of_one_client_marks_no_key() -> None:
    """After return(pass) in vcl_fetch the requests for a key would not be combined."""
    for status in (400, 404, 431, 503):
        response = Response(status, "", {"cache-control": "no-store"}, [], 0, 0)
        assert Fastly().fetched(response) == ("deliver", False, 0)


@pytest.mark.parametrize("old, new", [
    ("(%25|;|//)", "(%|;|//)"), ("unset req.http.Cookie;", "synthetic;"),
    ("req.is_ssl", "req.is_unknown"), ("querystring.sort", "querystring.unknown"),
])
def test_an_unknown_construct_is_an_error(old: str, new: str) -> None:
    """Nothing of a file is skipped; a percent sign in a string is an escape."""
    platform = Fastly(("recv.vcl.tftpl", old, new))
    with pytest.raises(Unevaluable):
        platform.decide(Request("GET", "/live/video/playlist.m3u8", "1", [("Host", "a.example")]))
