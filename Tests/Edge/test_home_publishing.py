# SPDX-License-Identifier: Apache-2.0
"""The proxies of docs/sub-path.md: the publisher page works behind them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.edges import Edge
from harness.ports import free_port
from harness.program import Program
from test_browser_publishing import KEY, SOURCE, go_live, open_camera
from test_home import run_nginx, sub_path_caddy


@pytest.mark.timeout(120)
@pytest.mark.parametrize("proxy", [run_nginx, sub_path_caddy])
def test_a_page_publishes_below_a_path(proxy: Callable[..., Edge], streamer: Callable[..., Program],
                                       camera_browser: Browser, tmp_path: Path) -> None:
    """Page and socket of a publisher; the page that plays it tells what its viewer sees."""
    port = free_port()
    base = f"http://127.0.0.1:{port}/cameras"
    program = streamer(*SOURCE, "--publish-key", KEY, "--trusted-proxy", "127.0.0.1",
                       "--public-url", base, defaults=False)
    edge = proxy(tmp_path, port, program.port)
    asked: list[str] = []
    try:
        page = open_camera(camera_browser, f"{base}/live/publish", KEY)
        page.on("websocket", lambda socket: asked.append(socket.url))
        page.on("request", lambda request: asked.append(request.url))
        go_live(page)
        with viewer(camera_browser, (390, 844)) as view:
            view.open(f"{base}/live/", is_parsed=True)
            page.wait_for_function("() => __publisher.audience.latency > 0", timeout=30_000)
        assert f"ws://127.0.0.1:{port}/cameras/live/publish" in asked
        assert [url for url in asked if f"//127.0.0.1:{port}/cameras/" not in url] == []
        page.context.close()
    finally:
        edge.close()
