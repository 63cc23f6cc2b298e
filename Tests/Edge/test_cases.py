# SPDX-License-Identifier: Apache-2.0
"""The table of deploy/edge/cases.json: requests that an edge and the server could read differently.

Each case is a request, and the addresses of viewers whose answers it must not change. An edge may
refuse the request, answer it as the plain address, or keep its answer apart; afterwards each viewer
has the answer of the server to the viewer's own request.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from harness.crowd import connect
from harness.edges import CONFIGURATIONS, KINDS, TERMINATORS, Edge
from harness.http1 import Closed, Response
from harness.playlist import parse
from harness.program import Program
from harness.tunein import PLAYLIST, fetch
from harness.waiting import pause

CASES = json.loads((CONFIGURATIONS / "cases.json").read_text())
PATHS = {"playlist": PLAYLIST, "manifest": "/live/manifest.mpd", "root": "/",
         "play": "/ldash/play/live/manifest.mpd", "missing": "/live/missing",
         "part": "/live/video/segment{msn}.{part}.m4s"}
KEPT_SECONDS = 1
"""The longest lifetime of a playlist without directives at an edge."""
PARTS_PER_SEGMENT = 10
MOST_MISSING = 15
"""Of a playlist that an edge keeps for a second, and of the time between the two requests."""


@pytest.fixture(scope="module", params=KINDS | TERMINATORS)
def edge(request: pytest.FixtureRequest, trusting: Program,
         tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """Each edge in turn, in front of a server that believes it."""
    begin = (KINDS | TERMINATORS)[request.param]
    with begin(tmp_path_factory.mktemp("edge"), trusting.port) as found:
        found.name = request.param
        yield found


class Instant:
    """Names of media that no case has used, and a host of its own, for one case."""

    def __init__(self, server: Program, number: int) -> None:
        last = fetch(server.port).last_part[0]
        self.values = {"msn": str(last - 1 - number // 8 % 2), "part": str(number % 8),
                       "next": str(last + 1), "host": f"case{number}.example", "long": "x" * 20000}

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


def check_viewer(case: dict[str, Any], edge: Edge, server: Program, now: Instant,
                 query: str) -> None:
    """The viewer of an address has what the server answers to the same request."""
    fields = case.get("victimFields", [])
    via_tls = [["X-Forwarded-Proto", "https"]] if edge.is_secure else []
    own = send(server, case, now, query, fields or via_tls, is_attack=False)
    found = send(edge, case, now, query, fields, is_attack=False)
    what = f"{edge.name}: after {case['name']}: {query or case['on']}"
    assert own is not None and found is not None and found.status == own.status, (
        f"{what}: {found and found.status}, the server {own and own.status}")
    assert found.headers.get("content-type") == own.headers.get("content-type"), what
    if case["on"] == "part":
        assert found.body == own.body, what
    elif case["on"] in ("manifest", "play"):
        if edge.is_secure or edge.name != "caddy":
            assert clock_hosts(found.text) == clock_hosts(own.text), what
    elif case["on"] == "playlist" and own.status == 200:
        assert "content-encoding" not in found.headers, what
        asked = dict(re.findall(r"(_HLS_\w+)=(\w+)", now.fill(query)))
        if "_HLS_part" in asked:
            name = f'URI="segment{asked["_HLS_msn"]}.{asked["_HLS_part"]}.m4s"'
            assert name in found.text, f"{what}: {name} is missing"
        if "_HLS_skip" in asked:
            assert "#EXT-X-SKIP" in found.text, what
        elif "_HLS_part" not in asked:
            newest, listed = parse(own.text).last_part, parse(found.text).last_part
            missing = (newest[0] - listed[0]) * PARTS_PER_SEGMENT + newest[1] - listed[1]
            assert missing <= MOST_MISSING, f"{what}: {missing} parts are missing"


@pytest.mark.parametrize("number", range(len(CASES)), ids=[case["name"] for case in CASES])
def test_case(number: int, edge: Edge, trusting: Program) -> None:
    """A request of the table changes no answer of others, and has one of its permitted meanings."""
    case = CASES[number]
    victims = case.get("victims", [case.get("query", "")])
    if "" in victims and case["on"] == "playlist":
        pause(KEPT_SECONDS + 0.2, "no edge has the playlist of another case")
    now = Instant(trusting, number)
    answer = send(edge, case, now, case.get("query", ""), case.get("fields", []), is_attack=True)
    for query in victims:
        check_viewer(case, edge, trusting, now, query)
    if answer is not None and answer.status < 400:
        assert case["is"] != ["refused"], f"{edge.name}: {case['name']}: {answer.status}"
