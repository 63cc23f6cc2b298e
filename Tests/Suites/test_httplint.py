# SPDX-License-Identifier: Apache-2.0
"""httplint over each route: the fields of responses to reads, conditions, ranges and refusals."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import configuration
from harness.deviations import Finding, check
from harness.http1 import Connection, Response, get
from harness.program import Program, start, stop
from harness.tunein import fetch
from harness.waiting import wait_until
from routes import ADMIN, CASES, TABLE, Case, table

message = pytest.importorskip(
    "httplint.message", reason="httplint not found (make deps-suites): the fields of responses")
note = pytest.importorskip("httplint.note")

PREFLIGHT = (("Origin", "https://page.example"), ("Access-Control-Request-Method", "GET"))
# Requests beside the one of the case; a condition has the ETag of its response.
FORMS: dict[str, tuple[str, tuple[tuple[str, str], ...]]] = {
    "get": ("GET", ()),
    "head": ("HEAD", ()),
    "gzip": ("GET", (("Accept-Encoding", "gzip"),)),
    "range": ("GET", (("Range", "bytes=0-9"),)),
    "beyond": ("GET", (("Range", "bytes=999999999-"),)),
    "same": ("GET", (("If-None-Match", "{etag}"),)),
    "changed": ("GET", (("If-Match", '"other"'),)),
    "options": ("OPTIONS", PREFLIGHT),
    "patch": ("PATCH", ()),
}


@pytest.fixture(scope="module")
def program(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Streams of each kind, the past, and a file that a publisher has sent."""
    folder = tmp_path_factory.mktemp("routes")
    keys = folder / "keys.json"
    keys.write_text(json.dumps({"keys": [{"kid": "01" * 16, "key": "02" * 16}]}))
    keys.chmod(0o600)
    streams = [configuration.stream("live", captions=["en*"]),
               configuration.stream("secret", encryption="cbcs", encryptionKeys=str(keys)),
               {"stream": "camera", "source": "page"}, {"stream": "files", "source": "uploads"}]
    settings = configuration.write(folder, streams, adminToken=ADMIN, dvr="1h",
                                   archive=str(folder / "archive"))
    running = start(["-c", str(settings)], defaults=False)
    wait_until(lambda: get(running.port, "/live/video/playlist.m3u8").status == 200
               and get(running.port, "/secret/video/playlist.m3u8").status == 200, 30, "streams")
    for path, body in (("/files/a.m4s", "x" * 40), ("/files/index.m3u8", "#EXTM3U\n")):
        with Connection(running.port) as connection:
            connection.send_raw(f"PUT {path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}"
                                f"\r\n\r\n{body}".encode())
            assert connection.read().status in (200, 201, 204)
    # Eight seconds of media, which the segments before the first frame are not; and an index.
    wait_until(lambda: (past := get(running.port, "/live/dvr.json").json()).get("to", 0)
               - past.get("from", 0) >= 8
               and get(running.port, "/live/dvr.mpd").status == 200, 40, "the past")
    yield running
    stop(running)


def exchange(program: Program, case: Case, form: str, target: str,
             etag: str) -> tuple[Response, list[tuple[str, str]]]:
    """The response to a form of a case, and the fields of its request."""
    method, added = FORMS[form]
    names = {name for name, _ in added}
    fields = [*(pair for pair in case.fields if pair[0] not in names),
              *((name, value.format(etag=etag)) for name, value in added)]
    with Connection(program.port) as connection:
        connection.send(target, method, dict(fields))
        # A response that does not end is read to the end of its head.
        if case.is_endless and method == "GET" and form != "changed":
            return connection.read_head(time.monotonic() + connection.timeout), fields
        return connection.read(method), fields


def remarks(program: Program, case: Case, form: str, target: str, response: Response,
            fields: list[tuple[str, str]]) -> list[Finding]:
    """The warnings and errors of httplint about an exchange."""
    method, url = FORMS[form][0], program.url(target)
    is_whole = not case.is_endless or "content-length" in response.headers
    request = message.HttpRequestLinter()
    request.process_request_topline(method.encode(), url.encode(), b"1.1")
    request.process_headers([(b"Host", b"127.0.0.1"), (b"User-Agent", b"suites"),
                             *((name.encode(), value.encode()) for name, value in fields)])
    request.finish_content(True)
    linter = message.HttpResponseLinter(start_time=response.first_byte)
    linter.base_uri, linter.request = url, request
    linter.is_head_response = method == "HEAD"
    linter.process_response_topline(b"1.1", str(response.status).encode(),
                                    response.reason.encode())
    linter.process_headers([(name.encode(), value.encode("latin-1"))
                            for name, value in response.fields])
    linter.feed_content(response.body)
    linter.finish_content(is_whole)
    return [Finding(f"{case.route} {form} {response.status}", type(one).__name__,
                    f"{target}: {one.summary}")
            for one in linter.notes if one.level in (note.levels.BAD, note.levels.WARN)]


def test_each_route_has_a_case() -> None:
    """The routes are those of the program's table."""
    found = table()
    assert len(found) > 25, f"{TABLE} was not read"
    assert {case.route for case in CASES} == found


@pytest.mark.timeout(240)
def test_httplint_finds_accepted_deviations_only(program: Program) -> None:
    """RFC 9110, RFC 9111, RFC 9112, and the fields of browsers."""
    findings = []
    for case in CASES:
        msn = fetch(program.port).last_part[0] - 3
        lead = get(program.port, f"/live/from/{msn}/playlist.m3u8").headers.get("location", "")
        past = next(iter(re.findall(r"from/(\d+)/", lead)), str(msn))
        target, etag = case.target(msn, past), '"none"'
        for form in FORMS:
            response, fields = exchange(program, case, form, target, etag)
            if form == "get":
                assert response.status == case.status, f"{target}: {response.status}"
                etag = response.headers.get("etag", etag)
            findings += remarks(program, case, form, target, response, fields)
    check(findings, Path(__file__).with_name("httplint.json"))
