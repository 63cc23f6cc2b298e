# SPDX-License-Identifier: Apache-2.0
"""The card of Home Assistant plays."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.browser import viewer
from harness.documents import blocks
from harness.ports import free_port
from harness.program import Program
from harness.site import site
from harness.tools import need
from test_home_assistant import DOCUMENT, FOLDER, SERVER, TEXT, home, load  # noqa: F401

PAGE = """<!doctype html><meta charset="utf-8"><style>ha-card { width: 640px }</style>
<script type="module" src="/card.js"></script><body>"""


@pytest.mark.timeout(60)
def test_the_card_plays(browser: Browser, home: Program, tmp_path: Path) -> None:
    """Built by esbuild, the card plays in a page of another origin, and states what is wrong."""
    built = tmp_path / "card.js"
    subprocess.run([need("esbuild", "the card of Home Assistant"),
                    str(FOLDER / "www/streamer-card.js"), "--bundle", "--format=esm",
                    f"--outfile={built}"], check=True, capture_output=True, timeout=30)
    card = next(load(block.text) for block in blocks(DOCUMENT, TEXT)
                if block.language == "yaml" and "custom:" in block.text)
    assert card["type"] == "custom:streamer-card"
    card["url"] = card["url"].replace(SERVER, home.url(""))
    files = {"/card.js": ("text/javascript", built.read_bytes())}
    mount = """config => {
      const card = document.createElement('streamer-card')
      card.setConfig(config)
      card.hass = {}
      document.body.append(card)
    }"""
    with site(PAGE, files=files) as address, viewer(browser) as view:
        page = view.page
        view.open(address, is_parsed=True)
        page.wait_for_function("() => customElements.get('streamer-card')")
        # A server that does not answer, before one that does.
        page.evaluate(mount, {"url": f"http://127.0.0.1:{free_port()}/gate/"})
        page.wait_for_function(
            "() => document.querySelector('streamer-card').innerText.includes('does not answer')")
        page.evaluate("() => document.querySelector('streamer-card').remove()")
        page.evaluate(mount, card)
        page.wait_for_function("""() => {
          const player = document.querySelector('live-player')
          return player.statistics?.frames > 30 && player.latency < 2
        }""", timeout=20000)
        shown = page.evaluate("""() => {
          const player = document.querySelector('streamer-card live-player')
          const names = player.getAttributeNames().sort()
          return { names, header: player.parentElement.header, ratio: player.style.aspectRatio,
            cards: window.customCards.map(({ type }) => type) }
        }""")
        assert shown == {"names": ["controls", "muted", "src", "style", "timebar"],
                         "header": "Gate", "ratio": "16 / 9", "cards": ["streamer-card"]}
        # The same card with other settings, as the editor makes it.
        page.evaluate("""config => {
          const card = document.querySelector('streamer-card')
          card.setConfig({ ...config, timebar: false, transport: 'http', title: undefined })
        }""", card)
        assert page.evaluate("() => document.querySelector('live-player').transport") == "http"
        for wrong, expected in (({}, "url: missing"), ({"url": "gate"}, 'invalid value "gate"'),
                                ({"url": "rtsp://192.0.2.10/x"}, "expected the address"),
                                ({**card, "aspect_ratio": "wide"}, "expected such as 16:9")):
            text = page.evaluate("""config => {
              try { document.createElement('streamer-card').setConfig(config) }
              catch (error) { return error.message }
            }""", wrong)
            assert expected in (text or ""), wrong
        form = page.evaluate("() => customElements.get('streamer-card').getConfigForm().schema")
        assert {field["name"] for field in form} >= {"url", "title", "timebar", "transport"}
