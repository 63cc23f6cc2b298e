# SPDX-License-Identifier: Apache-2.0
"""Headless Firefox by WebDriver BiDi over its remote debugging port, without a driver program."""

from __future__ import annotations

import base64
import itertools
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from harness.browser import PROBE
from harness.tools import need
from harness.waiting import wait_until

PREFERENCES = {
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "app.update.enabled": False,
    "app.update.auto": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.aboutwelcome.enabled": False,
    "extensions.update.enabled": False,
    "app.normandy.enabled": False,
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
    "services.settings.server": "http://127.0.0.1:9/",
    "media.gmp-manager.updateEnabled": False,
    "browser.startup.page": 0,
    "browser.newtabpage.enabled": False,
}


RECORD = """(() => {
  const parts = [], stream = document.querySelector('video').mozCaptureStream();
  const recorder = new MediaRecorder(stream, { videoBitsPerSecond: 4e6 });
  window.__recording = null;
  recorder.ondataavailable = (event) => parts.push(event.data);
  recorder.onstop = () => {
    const reader = new FileReader();
    reader.onload = () => { window.__recording = reader.result; };
    reader.readAsDataURL(new Blob(parts));
  };
  recorder.start();
  setTimeout(() => recorder.stop(), %d);
  return true;
})()"""


class Firefox:
    """One page of a running Firefox."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.ids = itertools.count(1)
        self.ask("session.new", {"capabilities": {"alwaysMatch": {"acceptInsecureCerts": True}}})
        tree = self.ask("browsingContext.getTree", {})
        self.context = tree["contexts"][0]["context"]

    def ask(self, method: str, parameters: dict[str, Any], within: float = 20) -> Any:
        """Sends a command and waits for its result; skips events."""
        number = next(self.ids)
        self.socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        until = time.monotonic() + within
        while True:
            response = json.loads(self.socket.recv(timeout=max(0.1, until - time.monotonic())))
            if response.get("id") == number:
                assert response["type"] == "success", response
                return response["result"]

    def open(self, url: str) -> None:
        """Opens a page and returns when it starts to load."""
        self.ask("browsingContext.navigate", {"context": self.context, "url": url, "wait": "none"})

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page, converted by JSON."""
        found = self.ask("script.evaluate", {
            "expression": f"JSON.stringify({expression})", "target": {"context": self.context},
            "awaitPromise": False})
        assert found["type"] == "success", found
        text = found["result"].get("value")
        return json.loads(text) if text is not None else None

    @contextmanager
    def probed(self) -> Iterator[None]:
        """Pages that are opened in the block have the probe, as those of Chromium have."""
        script = self.ask("script.addPreloadScript", {
            "functionDeclaration": f"() => {{\n{PROBE}\n}}"})["script"]
        try:
            yield
        finally:
            self.ask("script.removePreloadScript", {"script": script})

    def record(self, seconds: float) -> bytes:
        """Records the video and audio of the page's element as WebM; needs no audio device."""
        self.evaluate(RECORD % int(seconds * 1000))
        text = wait_until(lambda: self.evaluate("window.__recording"), seconds + 10,
                          "a recording of Firefox", interval=0.25)
        return base64.b64decode(text.split(",", 1)[1])


# The camera and the microphone are drawn, and permitted without a question.
DRAWN_DEVICES = {"media.navigator.streams.fake": True, "media.navigator.permission.disabled": True}


@contextmanager
def firefox_running(folder: Path, more: Mapping[str, bool] | None = None) -> Iterator[Firefox]:
    """A Firefox with its own profile and more preferences; skips the test if there is none."""
    import pytest
    program = shutil.which("firefox-esr") or need("firefox", "the page in Firefox")
    client = pytest.importorskip("websockets.sync.client",
                                 reason="websockets not found: the page in Firefox")
    profile = folder / "firefox"
    profile.mkdir()
    lines = [
        f"user_pref({json.dumps(name)}, {json.dumps(value)});"
        for name, value in {**PREFERENCES, **(more or {})}.items()
    ]
    (profile / "user.js").write_text("\n".join(lines))
    process = subprocess.Popen([
        program, "--headless", "--no-remote", "--profile",
        str(profile), "--remote-debugging-port", "0", "about:blank"
    ], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
                               start_new_session=True,
                               env={**os.environ, "HOME": str(folder), "MOZ_HEADLESS": "1"})
    try:
        assert process.stderr is not None
        address = ""
        for line in process.stderr:
            if "WebDriver BiDi listening on" in line:
                address = line.split()[-1]
                break
        assert address, "Firefox does not listen"
        with client.connect(f"{address}/session", max_size=None, open_timeout=20) as socket:
            yield Firefox(socket)
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(5)
