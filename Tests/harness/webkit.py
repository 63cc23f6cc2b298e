# SPDX-License-Identifier: Apache-2.0
"""WebKitGTK's MiniBrowser by selenium and WebKitWebDriver on its own screen (Xvfb)."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from harness.tools import need

BROWSERS = [
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
    "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.0/MiniBrowser",
    "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.1/MiniBrowser",
    "/usr/lib/aarch64-linux-gnu/webkit2gtk-4.0/MiniBrowser"
]
ENVIRONMENT = {
    "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1", "GTK_A11Y": "none", "NO_AT_BRIDGE": "1",
    "WEBKIT_DISABLE_DMABUF_RENDERER": "1", "LIBGL_ALWAYS_SOFTWARE": "1",
}


class WebKit:
    """One page of a running MiniBrowser."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, url: str) -> None:
        """Opens a page and returns when it starts to load."""
        self.driver.get(url)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""
        return self.driver.execute_script(f"return {expression}")


@contextmanager
def webkit_running(folder: Path) -> Iterator[WebKit]:
    """A MiniBrowser, ended with its screen; skips the test if there is none."""
    driver_path = need("WebKitWebDriver", "the page in WebKitGTK")
    screen = need("Xvfb", "the page in WebKitGTK")
    selenium = pytest.importorskip("selenium.webdriver",
                                   reason="selenium not found: the page in WebKitGTK")
    browser = next((path for path in BROWSERS if Path(path).exists()), None)
    if browser is None:
        pytest.skip("MiniBrowser not found: the page in WebKitGTK")
    from selenium.webdriver.webkitgtk.service import Service
    read, write = os.pipe()
    display = subprocess.Popen(
        [screen, "-displayfd",
         str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"], pass_fds=[write],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    try:
        number = os.read(read, 16).decode().strip()
        options = selenium.WebKitGTKOptions()
        options.binary_location = browser
        options.page_load_strategy = "none"
        options.add_argument("--automation")
        options.add_argument("--autoplay-policy=allow")
        environment = {**os.environ, **ENVIRONMENT, "DISPLAY": f":{number}", "HOME": str(folder),
                       "XDG_RUNTIME_DIR": str(folder)}
        driver = selenium.WebKitGTK(options=options, service=Service(executable_path=driver_path,
                                                                     env=environment))
        try:
            driver.set_script_timeout(10)
            yield WebKit(driver)
        finally:
            driver.quit()
    finally:
        os.close(read)
        display.terminate()
        display.wait(5)
