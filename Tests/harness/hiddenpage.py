# SPDX-License-Identifier: Apache-2.0
"""A page that is really hidden: another tab covers it, so that the browser throttles it.

Playwright keeps its own pages visible. This page is driven by the DevTools protocol alone.
"""

from __future__ import annotations

import json
import time
from typing import Any

from playwright.sync_api import Browser

from harness.browser import PROBE


class BarePage:
    """A tab with the probe in it, in a context that Playwright does not manage."""

    def __init__(self, browser: Browser) -> None:
        self.protocol = browser.new_browser_cdp_session()
        self.protocol.on("Target.receivedMessageFromTarget", self._received)
        self.replies: dict[int, dict[str, Any]] = {}
        self.sent = 0
        self.context = self._ask("Target.createBrowserContext")["browserContextId"]
        self.target = self._new_tab()
        attached = self._ask("Target.attachToTarget", targetId=self.target, flatten=False)
        self.session = attached["sessionId"]
        self.call("Page.enable")
        self.call("Page.addScriptToEvaluateOnNewDocument", source=PROBE)
        self.cover: str | None = None

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.protocol.send(method, parameters)

    def _new_tab(self) -> str:
        made = self._ask("Target.createTarget", url="about:blank", browserContextId=self.context)
        return made["targetId"]

    def _received(self, event: dict[str, Any]) -> None:
        message = json.loads(event["message"])
        if "id" in message:
            self.replies[message["id"]] = message

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """Sends one command to the page; returns its result."""
        self.sent += 1
        message = json.dumps({"id": self.sent, "method": method, "params": parameters})
        self._ask("Target.sendMessageToTarget", sessionId=self.session, message=message)
        deadline = time.monotonic() + 10
        while self.sent not in self.replies:
            if time.monotonic() > deadline:
                raise TimeoutError(method)
            self._ask("Browser.getVersion")  # lets events arrive
        return self.replies.pop(self.sent).get("result", {})

    def open(self, url: str) -> None:
        """Opens a page."""
        self.call("Page.navigate", url=url)

    def evaluate(self, expression: str) -> Any:
        """Value of an expression in the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return found.get("result", {}).get("value")

    def data(self) -> dict[str, Any]:
        """window.__lab, in the form of `Viewer.data`."""
        return self.evaluate("(() => { const { state, ...rest } = window.__lab;"
                             " return { ...rest, state: state() }; })()")

    def hide(self) -> None:
        """Puts another tab in front."""
        self.cover = self._new_tab()
        self._ask("Target.activateTarget", targetId=self.cover)

    def show(self) -> None:
        """Brings the page to the front."""
        self._ask("Target.activateTarget", targetId=self.target)

    def close(self) -> None:
        """Closes the tab and its context."""
        self._ask("Target.disposeBrowserContext", browserContextId=self.context)
        self.protocol.detach()
