# SPDX-License-Identifier: Apache-2.0
"""`streamer validate` checks our own streams, and an origin that breaks a rule on the way."""

from __future__ import annotations

import json
import subprocess
import threading
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.http1 import get
from harness.program import Program, start, stop
from harness.validation import command, validate

SETS = {
    "ladder with audio": ("--audio", "tone", "--rendition", "854x480@900", "--rendition",
                          "640x360@500"),
    "no audio": ("--resolution", "854x480"),
}


@pytest.fixture(scope="module", params=SETS)
def program(request: pytest.FixtureRequest) -> Iterator[Program]:
    """A program with one set of settings."""
    running = start(SETS[request.param])
    yield running
    stop(running)


def test_own_streams_break_no_rule(program: Program, tmp_path: Path) -> None:
    """LL-HLS, LL-DASH and chunked HLS at once: no finding, and a suite of JUnit for each."""
    junit = tmp_path / "junit.xml"
    names = ("live.m3u8", "manifest.mpd", "live/chunked.m3u8")
    ran = validate("--seconds", 6, "--json", "--junit", junit,
                   *(program.url(f"/{name}") for name in names))
    found = [json.loads(line) for line in ran.stdout.splitlines()]
    assert [one["findings"] for one in found] == [[], [], []]
    assert [one["failure"] for one in found] == [None, None, None]
    assert ran.returncode == 0, ran.stderr
    assert len(found[0]["checked"]) > 60 and len(found[1]["checked"]) > 30
    assert found[0]["milliseconds"]["blocking reload"]["count"] > 10
    suites = ET.parse(junit).getroot()
    assert [suite.get("failures") for suite in suites] == ["0", "0", "0"]


@contextmanager
def replacing(origin: int, old: bytes, new: bytes) -> Iterator[int]:
    """A server with the playlists of another one, changed; gives its port."""
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            answer = get(origin, self.path, timeout=15)
            body = answer.body.replace(old, new) if ".m3u8" in self.path else answer.body
            self.send_response(answer.status)
            for name in ("content-type", "cache-control", "access-control-allow-origin"):
                if name in answer.headers:
                    self.send_header(name, answer.headers[name])
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_broken_rule_is_reported_with_its_clause(program: Program) -> None:
    """A proxy that changes PART-HOLD-BACK: the rule, the clause, the request; status 1."""
    with replacing(program.port, b"PART-HOLD-BACK=", b"PART-HOLD-BACK=0.01,X=") as port:
        ran = validate("--seconds", 2, f"http://127.0.0.1:{port}/live.m3u8?token=secret")
    assert ran.returncode == 1
    assert "part-hold-back (must, RFC 8216bis §4.4.3.8)" in ran.stdout
    assert "seen      PART-HOLD-BACK=0.01" in ran.stdout
    assert "secret" not in ran.stdout


# A playlist of 858 bytes whose variables would be 10 GB, and MPDs that would grow.
LAUGHS = '#EXTM3U\n#EXT-X-VERSION:11\n#EXT-X-DEFINE:NAME="v0",VALUE="aaaaaaaaaa"\n' + "".join(
    f'#EXT-X-DEFINE:NAME="v{level}",VALUE="' + f"{{$v{level - 1}}}" * 10 + '"\n'
    for level in range(1, 10)) + "#EXT-X-TARGETDURATION:1\n#EXTINF:1,\ns1.m4s\n"
ENTITIES = '<!DOCTYPE MPD [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]><MPD>&b;</MPD>'
SHARED = ('<MPD type="static"><Period><SegmentTemplate media="a"><SegmentTimeline>'
          '<S t="0" d="1" r="99999"/></SegmentTimeline></SegmentTemplate><AdaptationSet>'
          + "".join(f'<Representation id="{number}"/>' for number in range(20_000))
          + "</AdaptationSet></Period></MPD>")
REFERENCES = '<MPD profiles="' + "&amp;" * 1_000_000 + '"/>'


@contextmanager
def serving(documents: dict[str, str]) -> Iterator[str]:
    """A server of documents by their paths; gives its address."""
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = documents.get(self.path, "").encode()
            kind = "dash+xml" if "mpd" in self.path else "vnd.apple.mpegurl"
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", f"application/{kind}")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_documents_that_grow_are_findings_within_the_memory_of_others() -> None:
    """Variables, entities, shared timelines and many references: a finding or a note, no abort."""
    documents = {"/laughs.m3u8": LAUGHS, "/entities.mpd": ENTITIES, "/shared.mpd": SHARED,
                 "/references.mpd": REFERENCES}
    with serving(documents) as address:
        words = command("--seconds", 1, "--json", *(address + path for path in documents))
        ran = subprocess.run(["prlimit", f"--as={2 << 30}", *words], capture_output=True, text=True,
                             timeout=90, check=False)
    assert ran.returncode == 1, ran.stderr
    laughs, entities, shared, references = map(json.loads, ran.stdout.splitlines())
    seen = {one["rule"]: one["seen"] for one in laughs["findings"]}
    assert seen["variables-defined"] == "line 7: variables make a line of more than 65536 bytes"
    seen = {one["rule"]: one["seen"] for one in entities["findings"]}
    assert seen["mpd-well-formed"].startswith("line 1, column 15: a document type")
    assert {"Representations after the first 1000",
            "segments after the first 1000000 of all timelines"} <= set(shared["notChecked"])
    assert "mpd-well-formed" not in {one["rule"] for one in references["findings"]}


def test_wrong_arguments_and_addresses_are_one_line(program: Program) -> None:
    """A missing URL, a wrong option and a wrong address are refused; 404 is a reason."""
    for words, reason in (((), "1–64 addresses"), (("--x", "http://a/"), "--help"),
                          (("ftp://a/",), "http or https"),
                          (("--seconds", "0", "http://a/"), "1–86400")):
        ran = validate(*words)
        assert ran.returncode == 2 and reason in ran.stderr and ran.stderr.count("\n") == 1
    ran = validate("--seconds", 1, program.url("/none.m3u8"))
    assert ran.returncode == 1 and "status 404" in ran.stdout


def test_the_page_of_rules_is_that_of_the_program() -> None:
    """docs/validate.md has the table that `--rules` prints."""
    page = (Path(__file__).resolve().parents[2] / "docs/validate.md").read_text()
    assert page.endswith(validate("--rules").stdout)
