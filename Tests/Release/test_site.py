# SPDX-License-Identifier: Apache-2.0
"""The documentation site: its search finds pages from a disk and from a server."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser


class Quiet(SimpleHTTPRequestHandler):
    """A server of files without a log."""

    def log_message(self, format: str, *args: object) -> None:
        """Prints nothing."""


@pytest.mark.parametrize("scheme", ["file", "http"])
def test_the_search_finds_pages(browser: Browser, dist, tmp_path: Path, scheme: str) -> None:
    """Words lead to a page that has them, without an error and a request to other hosts."""
    site = dist.unpacked("streamer-*-docs.tar.gz", tmp_path) / f"streamer-{dist.version}-docs"
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(site)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    root = site.as_uri() if scheme == "file" else f"http://127.0.0.1:{server.server_port}"
    errors: list[str] = []
    requests: list[str] = []
    try:
        with browser.new_context() as context:
            page = context.new_page()
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("request", lambda request: requests.append(request.url))
            # A page below the root: paths are relative to it.
            page.goto(f"{root}/publishing/http.html")
            page.click("[data-md-component=search-query]", timeout=20000)
            page.keyboard.type("teletext")
            found = page.locator("a.md-search-result__link").first
            found.wait_for(timeout=20000)
            address = found.get_attribute("href") or ""
            found.click()
            page.wait_for_url("**/*.html?h=*", timeout=20000)
            assert "teletext" in page.inner_text("article").lower()
        assert root in address and not errors, errors
        assert not [url for url in requests
                    if not url.startswith((f"{root}/", "about:", "blob:", "data:"))]
    finally:
        server.shutdown()
        server.server_close()
