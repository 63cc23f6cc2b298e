# SPDX-License-Identifier: Apache-2.0
"""An HTTP input reaches no other host than its own, unless --other-hosts permits it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from harness.program import Program
from test_hostile_sources import H264, VIDEO, advances, ends, make, runs


@dataclass
class Site:
    """An HTTP server of a folder; below `/away/` it redirects to another address."""

    folder: Path
    address: str
    away: str = ""
    paths: list[str] = field(default_factory=list)
    server: ThreadingHTTPServer | None = None

    def start(self) -> Site:
        """Serves on a thread of its own."""
        site = self

        class Handler(SimpleHTTPRequestHandler):
            """Notes each path."""

            def __init__(self, *args: object, **more: object) -> None:
                super().__init__(*args, directory=str(site.folder), **more)  # type: ignore

            def do_GET(self) -> None:
                site.paths.append(self.path)
                if not self.path.startswith("/away/"):
                    return super().do_GET()
                self.send_response(302)
                self.send_header("Location", site.away + self.path.removeprefix("/away"))
                self.send_header("Content-Length", "0")
                return self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Logs nothing."""

        self.server = ThreadingHTTPServer((self.address, 0), Handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    @property
    def url(self) -> str:
        """The URL of the folder."""
        assert self.server
        return f"http://{self.address}:{self.server.server_address[1]}"

    def stop(self) -> None:
        """Ends the server."""
        if self.server:
            self.server.shutdown()
            self.server.server_close()


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[tuple[Site, Site]]:
    """The host of the input, which redirects to the second one, and the second one."""
    other = Site(tmp_path / "other", "127.0.0.2").start()
    own = Site(tmp_path / "own", "127.0.0.1", away=other.url).start()
    for site in (own, other):
        site.folder.mkdir()
    yield own, other
    for site in (own, other):
        site.stop()


def playlist(site: Site, segment: str) -> str:
    """The URL of a playlist with one segment."""
    (site.folder / "x.m3u8").write_text(
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:8\n#EXTINF:8,\n"
        f"{segment}\n#EXT-X-ENDLIST\n")
    return f"{site.url}/x.m3u8"


def test_a_redirected_segment(streamer: Callable[..., Program], sites: tuple[Site, Site]) -> None:
    """A segment on its own host that is redirected to another one is not followed."""
    own, other = sites
    make(other.folder / "clip.ts", *VIDEO, "-t", "8", *H264)
    url = playlist(own, "away/clip.ts")
    refused = runs(streamer, url)
    refused.wait_logged("source-gone", within=10)
    ends(refused)
    assert "/away/clip.ts" in own.paths and other.paths == []
    accepted = runs(streamer, url, "--other-hosts", "--loop")
    advances(accepted, "video", by=1)
    ends(accepted)
    assert "/clip.ts" in other.paths


def test_a_redirected_input(streamer: Callable[..., Program], sites: tuple[Site, Site]) -> None:
    """The URL of the input itself may be redirected."""
    own, other = sites
    make(other.folder / "clip.ts", *VIDEO, "-t", "8", *H264)
    program = runs(streamer, f"{own.url}/away/clip.ts", "--loop")
    advances(program, "video", by=1)
    ends(program)


def test_a_manifest(streamer: Callable[..., Program], sites: tuple[Site, Site]) -> None:
    """A DASH manifest with a BaseURL of another host is refused, also under another name."""
    own, other = sites
    make(other.folder / "x.mpd", *VIDEO, "-t", "8", *H264, "-seg_duration", "2", "-f", "dash")
    text = (other.folder / "x.mpd").read_text()
    assert text.count("<AdaptationSet") == 1
    text = text.replace("<Period ", f"<BaseURL>{other.url}/</BaseURL><Period ", 1)
    for name in ("x.mpd", "x.ts"):
        (own.folder / name).write_text(text)
        refused = runs(streamer, f"{own.url}/{name}")
        refused.wait_logged("source-gone", "needs --other-hosts", within=10)
        ends(refused)
    assert other.paths == []
    accepted = runs(streamer, f"{own.url}/x.mpd", "--other-hosts", "--loop")
    advances(accepted, "video", by=1)
    ends(accepted)
    assert other.paths
