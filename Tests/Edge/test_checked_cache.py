# SPDX-License-Identifier: Apache-2.0
"""nginx that checks playback tokens, before Varnish: what passes, and what is kept."""

from __future__ import annotations

import itertools
import json
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.crowd import connect
from harness.edges import Edge, terminated_varnish
from harness.http1 import get
from harness.metrics import read_metrics
from harness.program import Program, start, stop
from harness.tools import need, streamer_binary
from harness.tunein import align
from harness.waiting import wait_until
from harness.websocket import VIDEO, Socket

KEY = "k1:" + "0123456789abcdef" * 2
MEDIA = "/live/video/playlist.m3u8"


@dataclass
class Site:
    """A program with two streams that have a key, and its edge."""

    program: Program
    edge: Edge
    log: Path
    folder: Path
    # Each wrong token is one of a new address: an address with five of them waits.
    hosts: Iterator[int] = field(default_factory=lambda: itertools.count(2))

    def token(self, *flags: str) -> str:
        """The prefix of a path, by `streamer token`."""
        return subprocess.run([streamer_binary(), "token", "--key", KEY, *flags], check=True,
                              capture_output=True).stdout.decode().strip()

    def new_address(self) -> str:
        """The address of a viewer without requests."""
        return f"127.0.0.{next(self.hosts)}"

    def status(self, target: str, address: str | None = None, *flags: str) -> int:
        """The status of a response of the edge; the path is sent as it is."""
        shown = subprocess.run(
            [need("curl", "edges"), "-sk", "--path-as-is", "-m", "10", "-o", self.folder / "body",
             "-w", "%{http_code}", "--interface", address or self.new_address(), *flags,
             self.edge.url(target)], check=True, capture_output=True)
        return int(shown.stdout)

    def requests(self, kind: str) -> int:
        """The origin's requests of a kind."""
        return int(sum(value for name, labels, value in read_metrics(self.program.port)
                       if name == "streamer_requests_total" and labels["kind"] == kind))


@pytest.fixture(scope="module")
def site(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The site of all tests of this file."""
    folder = tmp_path_factory.mktemp("site")
    settings = folder / "streamer.json"
    settings.write_text(json.dumps({
        "playbackKey": KEY, "resolution": "320x180", "trustedProxy": "127.0.0.1",
        "checkingProxy": "127.0.0.1", "accessLog": str(folder / "access.log"),
        "streams": [{"stream": "live", "testSrc": True}, {"stream": "yard", "testSrc": True}]}))
    program = start(["-c", str(settings), "--host", "127.0.0.1", "--http-port", "0"],
                    defaults=False)
    try:
        wait_until(lambda: get(program.port, MEDIA).status == 200, 15, "the stream")
        with terminated_varnish(folder, program.port, "checking.conf") as edge:
            yield Site(program, edge, folder / "access.log", folder)
    finally:
        stop(program)


@pytest.mark.parametrize("first", ["/live/", "/live/none", "/live", "/live/video/", "/live/ws",
                                   "/ldash/live/x/y", "/ldash/play/live"])
def test_no_path_below_a_wrong_token_opens_its_media(site: Site, first: str) -> None:
    """A permission is kept for a whole stream: pages and unknown paths need a right token too."""
    viewer = site.new_address()
    for prefix in ("/t/x", site.token("--stream", "none")):
        assert site.status(prefix + first, viewer) == 403
        assert site.status(prefix + MEDIA, viewer) == 403


def test_permission_is_for_one_stream(site: Site) -> None:
    """A token of one stream, used first, does not open another one in any form of its address."""
    viewer, token = site.new_address(), site.token()
    for mine in ("/live/", MEDIA, "/live/manifest.mpd", "/ldash/live/manifest.mpd",
                 "/ldash/play/live/manifest.mpd"):
        assert site.status(token + mine, viewer) == 200, mine
    for other in ("/yard/video/playlist.m3u8", "/ldash/yard/manifest.mpd",
                  "/ldash/play/yard/manifest.mpd"):
        # Four wrong tokens of an address at most.
        assert site.status(token + other, viewer) == 403, other
    assert site.status(token + "/time", viewer) == 200
    assert site.status(token + MEDIA, viewer) == 200


@pytest.mark.parametrize("target", [
    f"/t/x%3F{MEDIA}", f"/t/x%3f/..{MEDIA}", f"/t/x%2Flive{MEDIA}", f"/%74/x{MEDIA}",
    "/live%2Fvideo/playlist.m3u8", "/live/video/playlist%2em3u8", f"/live/x/../..{MEDIA}",
    f"/.{MEDIA}", f"/{MEDIA}", "/live/video/playlist.m3u8%00", "/t/x/live\\video/playlist.m3u8",
    f"/t/x%23{MEDIA}", f"/t/x#{MEDIA}", f"/time%3F/..{MEDIA}", f"/player/x/../..{MEDIA}",
])
def test_path_is_not_read_in_two_ways(site: Site, target: str) -> None:
    """A path that nginx and the cache may read differently is refused."""
    viewer = site.new_address()
    assert site.status("/live/", viewer) == 200
    with connect(site.edge) as connection:
        connection.send(target)
        assert connection.read().status == 400


@pytest.mark.parametrize("escape", ["%0d%0a", "%0D%0A", "%0a", "%250d%250a"])
def test_path_cannot_become_another_request(site: Site, escape: str) -> None:
    """Line ends in a path do not reach the origin, to which nginx is a client of this machine."""
    lines = ["/x HTTP/1.1", "Host: x", "", "PUT /stolen/index.m3u8 HTTP/1.1", "Host: x",
             "Content-Length: 7", "", "#EXTM3U"]
    target = escape.join(line.replace(" ", "%20") for line in lines)
    for prefix in ("", "/t/x", "/t/x/live"):
        with connect(site.edge) as connection:
            connection.send(prefix + target)
            assert connection.read().status == 400
    assert get(site.program.port, "/stolen/index.m3u8").status == 404
    assert "PUT" not in site.log.read_text()


def test_closed_paths(site: Site) -> None:
    """Administration, metrics and statistics are closed, also below a right token."""
    viewer, token = site.new_address(), site.token()
    for path in ("/api/streams", "/metrics", "/stats", "/stats.json", "/auth"):
        for prefix in ("", token, "/t/x"):
            assert site.status(prefix + path, viewer) == 404, prefix + path
    for method in ("PUT", "POST", "DELETE"):
        assert site.status(token + "/live/x", viewer, "-X", method) == 405
        assert site.status("/live/ws", viewer, "-X", method) == 405


def test_viewers_share_an_object(site: Site) -> None:
    """Two viewers with tokens of their own are one request to the origin, and one copy."""
    tokens = [site.token("--session", name) for name in ("ann", "bob")]
    assert tokens[0] != tokens[1]
    parent = align(site.program.port, 8).last_part[0]
    before = site.requests("part")
    bodies = []
    for token in tokens:
        assert site.status(f"{token}/live/video/segment{parent}.2.m4s") == 200
        bodies.append((site.folder / "body").read_bytes())
    assert bodies[0] == bodies[1] and site.requests("part") - before == 1
    log = wait_until(lambda: (text := site.log.read_text()).count(f"segment{parent}.2") and text,
                     5, "the log")
    assert "/t/" not in log and tokens[0][3:] not in log


def test_mpd_has_the_scheme_of_the_viewer(site: Site) -> None:
    """Clock addresses are those of HTTPS behind nginx, and of HTTP at the server."""
    for target in ("/live/manifest.mpd", "/ldash/live/manifest.mpd"):
        assert site.status(site.token() + target) == 200
        text = (site.folder / "body").read_text()
        assert f"https://127.0.0.1:{site.edge.port}/time" in text and '"http://127' not in text
    own = get(site.program.port, f"{site.token()}/live/manifest.mpd").text
    assert f"http://127.0.0.1:{site.program.port}/time" in own


def test_websocket(site: Site) -> None:
    """A WebSocket needs a token of its stream; its messages come from the server itself."""
    wrong = (("", 401), ("/t/x", 403), (site.token("--stream", "yard"), 403))
    for prefix, status in wrong:
        with Socket(site.edge.port, f"{prefix}/live/ws", secure=True) as refused:
            assert refused.status == status
    with Socket(site.edge.port, f"{site.token()}/live/ws", secure=True) as opened:
        assert opened.status == 101
        opened.send({"t": "subscribe", "start": "live"})
        assert len(opened.media(5, VIDEO)) == 5


def test_error_log_has_no_token(site: Site) -> None:
    """The error log of nginx has no token when the cache is gone; the last test of this file."""
    viewer, token = site.new_address(), site.token()
    assert site.status(token + MEDIA, viewer) == 200
    assert site.edge.behind is not None
    site.edge.behind.close()
    assert site.status(token + MEDIA, viewer) == 502
    logs = [path for path in (site.folder / "nginx").glob("nginx.*") if path.is_file()]
    text = "".join(path.read_text(errors="replace") for path in logs if path.suffix != ".conf")
    assert token not in text and "/t/" not in text
