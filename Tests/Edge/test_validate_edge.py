# SPDX-License-Identifier: Apache-2.0
"""`streamer validate --edge`: the shipped edges pass, and a planted fault is named."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from harness import edges
from harness.edges import KINDS, TERMINATORS, Edge
from harness.http1 import get
from harness.program import Program, start, stop
from harness.validation import check_unbroken, command
from harness.waiting import wait_until

OWN = ("--i-run-this-edge",)
MADE = (*OWN, "--edge-stream", "edge-check")
MOST_REQUESTS = 200
ALL = KINDS | TERMINATORS


@pytest.fixture
def site(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A server with a stream for viewers, and one for the requests of the table.

    Each test has its own: the tests take long, and run in any worker.
    """
    folder = tmp_path_factory.mktemp("site")
    settings = folder / "streamer.json"
    settings.write_text(json.dumps({
        "resolution": "320x180", "trustedProxy": "127.0.0.1",
        "archive": str(folder / "archive"), "dvr": "1h",
        "streams": [{"stream": "live", "testSrc": True},
                    {"stream": "edge-check", "testSrc": True}]}))
    program = start(["-c", str(settings), "--host", "127.0.0.1", "--http-port", "0"],
                    defaults=False)
    for path in ("/live/video/playlist.m3u8", "/edge-check/video/playlist.m3u8"):
        wait_until(lambda path=path: get(program.port, path).status == 200, 15, path)
    wait_until(lambda: "from" in get(program.port, "/edge-check/dvr.json").json(), 15, "a past")
    yield program
    stop(program)


def try_edge(edge: Edge, folder: Path, *options: str) -> dict[str, Any]:
    """The result of the command on an edge; its status is 1 with a finding."""
    trust = ("--verify", folder / "cert.pem") if edge.is_secure else ()
    if edge.behind:
        trust = ("--verify", folder / "nginx/cert.pem")
    ran = subprocess.run(command("--edge", edge.url("/live.m3u8"), "--json", *trust, *options),
                         capture_output=True, text=True, timeout=200, check=False)
    assert not ran.stderr and ran.returncode in (0, 1), ran.stderr
    found = json.loads(ran.stdout)
    assert ran.returncode == (1 if found["findings"] or found["failure"] else 0), found
    assert found["requests"] <= MOST_REQUESTS
    return found


def check_tried(found: dict[str, Any]) -> None:
    """No finding, and only the cases above the stream are untried."""
    check_unbroken(found)
    untried = [note for note in found["notChecked"] if "does not exist" not in note]
    assert untried == [f"“{name}”: its address is above the stream, and has viewers" for name in (
        "a target above the limit of the server, for the list", "the parameters of a player",
        "the list before a player", "an unknown parameter of the default stream")]


@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", ALL)
def test_a_shipped_edge_has_no_finding_below_a_random_name(kind: str, site: Program,
                                                           tmp_path: Path) -> None:
    """Reading, and each case of the table, for viewers that get 404."""
    with ALL[kind](tmp_path, site.port) as edge:
        check_unbroken(read := try_edge(edge, tmp_path))
        assert read["requests"] < 12 and len(read["checked"]) == 4
        check_tried(try_edge(edge, tmp_path, *OWN))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("kind", ["varnish", "nginx-alone"])
def test_a_shipped_edge_has_no_finding_below_a_live_stream(kind: str, site: Program,
                                                           tmp_path: Path) -> None:
    """Each case of the table, with the content of playlists, MPDs and parts."""
    with KINDS[kind](tmp_path, site.port) as edge:
        check_tried(try_edge(edge, tmp_path, *MADE))


PLANTED = {
    "errors kept, Host unchecked": (
        "varnish", "varnish/live.vcl", OWN, "edge-host-with-a-brace",
        [("if (req.http.Host && req.http.Host !~", "if (false && req.http.Host !~"),
         ('if (beresp.status >= 400 && beresp.http.Cache-Control ~ '
          '"(?i)(no-store|no-cache|private)")', "if (beresp.status == 499)")]),
    "the query not compared": (
        "nginx-alone", "nginx/alone.conf", MADE, "edge-directives-in-key",
        [("proxy_cache_key $uri|$key_host|$directives;", "proxy_cache_key $uri|$key_host;")]),
    "the scheme of a viewer": (
        "varnish", "varnish/live.vcl", MADE, "edge-a-scheme-that-connection-names",
        [('set req.http.X-Forwarded-Proto = "https";', 'set req.http.X-Planted = "https";')]),
    "the host not compared": (
        "trafficserver", "trafficserver/remap.config", MADE, "edge-another-host",
        [(" @pparam=--include-headers=Host,X-Forwarded-Proto", "")]),
    "directives in other capitals left out": (
        "varnish", "varnish/live.vcl", MADE, "edge-a-directive-in-lower-case",
        [("(?i:_hls_(msn|part|skip)|wait|version)", "(_hls_planted)")]),
}


def test_the_stream_of_the_url_is_not_tried(site: Program) -> None:
    """`--edge-stream` with the stream of the address, which has viewers: a failure."""
    url = f"http://127.0.0.1:{site.port}/edge-check/playlist.m3u8"
    ran = subprocess.run(command("--edge", url, *MADE), capture_output=True, text=True, timeout=60,
                         check=False)
    assert ran.returncode == 1 and "is that of the address" in ran.stdout, ran.stdout


@pytest.mark.timeout(240)
@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_is_named(fault: str, site: Program, tmp_path: Path,
                                  monkeypatch: pytest.MonkeyPatch) -> None:
    """The rule, and status 1."""
    kind, file, options, rule, changes = PLANTED[fault]
    shipped = tmp_path / "shipped"
    shutil.copytree(edges.CONFIGURATIONS, shipped)
    text = (shipped / file).read_text()
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (shipped / file).write_text(text)
    monkeypatch.setattr(edges, "CONFIGURATIONS", shipped)
    with KINDS[kind](tmp_path, site.port) as edge:
        found = try_edge(edge, tmp_path, *options)
    named = {one["rule"]: one for one in found["findings"]}
    assert rule in named, named
    assert named[rule]["clause"].startswith("RFC 911") and found["failure"] is None
