# SPDX-License-Identifier: Apache-2.0
"""The proxies of docs/https-at-home.md and docs/sub-path.md: pages play, closed paths are 404.

The configurations are those of the pages; only ports, and the name in the certificate of Caddy, are
replaced. Caddy signs the certificate itself: no authority is asked.
"""

from __future__ import annotations

import http.client
import os
import re
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness import edges
from harness.browser import viewer
from harness.documents import blocks
from harness.edges import Edge
from harness.http1 import get
from harness.ports import free_port
from harness.program import Program
from harness.tools import ROOT, need
from harness.waiting import wait_until
from test_password import hash_of

CLOSED = ("/api/streams", "/auth", "/metrics", "/stats", "/stats.json", "/t/x/stats")
PLAYS = """() => {
  const video = document.querySelector('video')
  return video && video.readyState > 2 && video.videoWidth === 320 && video.currentTime > 0
}"""


def block(page: str, word: str) -> str:
    """The block of a page of docs/ that contains a word."""
    [found] = [one.text for one in blocks(page, (ROOT / "docs" / page).read_text())
               if word in one.text]
    return found


def run_caddy(folder: Path, text: str, port: int, server: int) -> Edge:
    """Caddy with a configuration, in front of the server."""
    path = need("caddy", "the Caddyfiles of the documents")
    file = folder / "Caddyfile"
    file.write_text(text.replace("127.0.0.1:8080", f"127.0.0.1:{server}"))
    env = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder),
           "XDG_DATA_HOME": str(folder)}
    command = [path, "run", "--config", str(file), "--adapter", "caddyfile"]
    return edges.listen("caddy", command, port, folder, env=env)


def run_nginx(folder: Path, port: int, server: int) -> Edge:
    """nginx with the blocks of docs/sub-path.md, in front of the server."""
    path = need("nginx", "the configuration of docs/sub-path.md")
    places = block("sub-path.md", "proxy_pass").replace("127.0.0.1:8080", f"127.0.0.1:{server}")
    file = folder / "nginx.conf"
    file.write_text(f"""
pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{}}
http {{
  access_log off;
  proxy_temp_path {folder}/proxy; client_body_temp_path {folder}/body;
  {block("sub-path.md", "map $http_upgrade")}
  server {{
    listen 127.0.0.1:{port};
    {places}
  }}
}}
""")
    globals_ = "daemon off;" + (" user root;" if os.geteuid() == 0 else "")
    command = [path, "-p", str(folder), "-c", str(file), "-g", globals_]
    return edges.listen("nginx", command, port, folder)


def sub_path_caddy(folder: Path, port: int, server: int) -> Edge:
    """Caddy with the block of docs/sub-path.md, in front of the server."""
    site = block("sub-path.md", "handle_path")
    text = f"{{\n\tadmin off\n\tauto_https off\n}}\n\nhttp://127.0.0.1:{port} {{\n{site}\n}}\n"
    return run_caddy(folder, text, port, server)


def is_trusted(port: int, context: ssl.SSLContext) -> bool:
    """Whether a handshake with localhost succeeds."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as plain, \
                context.wrap_socket(plain, server_hostname="localhost"):
            return True
    except OSError:
        return False


def play(browser: Browser, address: str) -> list[str]:
    """Plays a page; the addresses of its WebSockets. A response with an error fails."""
    sockets: list[str] = []
    errors: list[str] = []
    with browser.new_context(ignore_https_errors=True) as context:
        view = context.new_page()
        view.on("websocket", lambda socket: sockets.append(socket.url))
        view.on("response", lambda response: errors.append(f"{response.status} {response.url}")
                if response.status >= 400 else None)
        view.goto(address)
        view.wait_for_function(PLAYS, timeout=30000)
        wait_until(lambda: sockets or view.wait_for_timeout(100), 20, "a WebSocket")
    assert errors == []
    return sockets


def begin(streamer: Callable[..., Program], *flags: str) -> Program:
    """A small stream behind a proxy on this machine."""
    program = streamer("--resolution", "320x180", "--trusted-proxy", "127.0.0.1", "--admin-token",
                       "0123456789abcdef", *flags)
    wait_until(lambda: get(program.port, "/ready").status == 200, 20, "the stream")
    return program


@pytest.mark.timeout(120)
def test_caddy_at_home_plays_over_https(streamer: Callable[..., Program], browser: Browser,
                                        tmp_path: Path) -> None:
    """Page, WebSocket, addresses in the MPD, redirect of HTTP, closed paths; Caddy's own CA."""
    program = begin(streamer)
    port, plain = free_port(), free_port()
    local = block("https-at-home.md", "local_certs").replace(
        "{", "{\n\tadmin off\n\tdefault_bind 127.0.0.1"
        f"\n\thttps_port {port}\n\thttp_port {plain}", 1)
    site = block("https-at-home.md", "cameras.example.net {")
    caddy = run_caddy(tmp_path, f"{local}\n\n{site}\n".replace("cameras.example.net", "localhost"),
                      port, program.port)
    root = tmp_path / "caddy/pki/authorities/local/root.crt"
    try:
        wait_until(root.is_file, 20, "the certificate of Caddy")
        context = ssl.create_default_context(cafile=str(root))
        # Caddy makes its root first, then the certificate of the site.
        wait_until(lambda: is_trusted(port, context), 20, "the certificate of the site")

        def status(path: str) -> int:
            try:
                with urllib.request.urlopen(f"https://localhost:{port}{path}", context=context,
                                            timeout=10) as response:
                    return int(response.status)
            except urllib.error.HTTPError as error:
                return error.code

        assert {path: status(path) for path in CLOSED} == dict.fromkeys(CLOSED, 404)
        with urllib.request.urlopen(f"https://localhost:{port}/live/manifest.mpd",
                                    context=context, timeout=10) as response:
            clocks = re.findall(r'value="(http[^"]*)"', response.read().decode())
        assert clocks and all(clock.startswith(f"https://localhost:{port}/time?")
                              for clock in clocks)
        unsafe = http.client.HTTPConnection("localhost", plain, timeout=10)
        unsafe.request("GET", "/live/")
        answer = unsafe.getresponse()
        assert answer.status == 308
        assert (answer.getheader("Location") or "").startswith("https://localhost")
        unsafe.close()
        sockets = play(browser, f"https://localhost:{port}/live/")
        assert sockets[0] == f"wss://localhost:{port}/live/ws"
    finally:
        caddy.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("proxy", [run_nginx, sub_path_caddy])
def test_a_proxy_serves_below_a_path(proxy: Callable[..., Edge], streamer: Callable[..., Program],
                                     browser: Browser, tmp_path: Path) -> None:
    """Page, WebSocket, redirects, addresses in the MPD, closed paths: all below the path."""
    port = free_port()
    base = f"http://127.0.0.1:{port}/cameras"
    program = begin(streamer, "--public-url", base)
    edge = proxy(tmp_path, port, program.port)
    try:
        assert {path: get(port, f"/cameras{path}").status for path in CLOSED} == \
            dict.fromkeys(CLOSED, 404)
        clocks = re.findall(r'value="(http[^"]*)"', get(port, "/cameras/live/manifest.mpd").text)
        assert clocks and all(clock.startswith(f"{base}/time?") for clock in clocks)
        for path, status in (("/cameras", 302), ("/cameras/dvr.json", 307)):
            answer = get(port, path)
            assert answer.status == status, path
            place = answer.headers["location"]
            assert "/cameras/" in place or not place.startswith(("/", "http")), place
        assert play(browser, f"{base}/live/")[0] == f"ws://127.0.0.1:{port}/cameras/live/ws"
    finally:
        edge.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("proxy", [run_nginx, sub_path_caddy])
def test_a_single_stream_below_a_path(proxy: Callable[..., Edge], streamer: Callable[..., Program],
                                      browser: Browser, tmp_path: Path) -> None:
    """The page at the path itself asks for the password, signs in, and has its name; the wall."""
    port = free_port()
    base = f"http://127.0.0.1:{port}/cameras"
    program = streamer(
        "--resolution", "320x180", "--trusted-proxy", "127.0.0.1", "--public-url", base,
        "--viewer-password", hash_of("open sesame"),
        "--playback-key", f"k1:{'0123456789abcdef' * 2}")
    edge = proxy(tmp_path, port, program.port)
    try:
        with viewer(browser, (390, 844)) as view:
            page = view.page
            view.open(f"{base}/?player=hlsjs", is_parsed=True)
            field = page.locator("#access-form input[type=password]")
            field.wait_for(timeout=20_000)
            field.fill("open sesame")
            field.press("Enter")
            page.wait_for_function(PLAYS, timeout=30_000)
            assert page.inner_text("#name") == "live"
            # The page asks for the other streams when it plays.
            wait_until(lambda: any(url.endswith("/streams.json") for url in view.requests)
                       or page.wait_for_timeout(100), 20, "the list")
            view.open(f"{base}/wall?streams=live", is_parsed=True)
            page.wait_for_function("() => document.querySelector('live-player').shownAt !== null",
                                   timeout=30_000)
            own = [url for url in view.requests if url.startswith(f"http://127.0.0.1:{port}/")]
            assert [url for url in own if "/player/hls.js" in url]
            assert [url for url in own if not url.startswith(f"{base}/")] == []
    finally:
        edge.close()


@pytest.mark.timeout(120)
@pytest.mark.parametrize("proxy", [run_nginx, sub_path_caddy])
def test_dashjs_plays_below_a_path(proxy: Callable[..., Edge], streamer: Callable[..., Program],
                                   browser: Browser, dashjs: Path, tmp_path: Path) -> None:
    """The page with dash.js: manifest, clock and segments are below the path."""
    port = free_port()
    base = f"http://127.0.0.1:{port}/cameras"
    program = begin(streamer, "--public-url", base, "--dashjs", str(dashjs))
    edge = proxy(tmp_path, port, program.port)
    try:
        with viewer(browser, (390, 844)) as view:
            view.open(f"{base}/live/?player=dashjs", is_parsed=True)
            view.page.wait_for_function(PLAYS, timeout=30_000)
            wait_until(lambda: any(".m4s" in url for url in view.requests)
                       or view.page.wait_for_timeout(100), 20, "segments")
            own = [url for url in view.requests if url.startswith(f"http://127.0.0.1:{port}/")]
            assert [url for url in own if url.endswith("/live/manifest.mpd")]
            assert [url for url in own if "/cameras/time?" in url]
            assert [url for url in own if not url.startswith(f"{base}/")] == []
    finally:
        edge.close()
