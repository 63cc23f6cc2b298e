# SPDX-License-Identifier: Apache-2.0
"""OBS Studio on a screen of its own (Xvfb), with the shipped profile, that publishes at once."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.tools import ROOT, need

SHIPPED = ROOT / "deploy/obs"
GLOBAL = """[General]
FirstRun=true
EnableAutoUpdates=false
[Basic]
Profile=streamer
ProfileDir=streamer
SceneCollection=streamer
SceneCollectionFile=streamer
"""


def write_profile(home: Path, server: str, key: str) -> None:
    """The profile and the scenes of deploy/obs, with another server."""
    folder = home / ".config/obs-studio"
    profile = folder / "basic/profiles/streamer"
    shutil.copytree(SHIPPED / "streamer", profile)
    (folder / "basic/scenes").mkdir()
    shutil.copy(SHIPPED / "scenes.json", folder / "basic/scenes/streamer.json")
    (folder / "global.ini").write_text(GLOBAL)
    service = json.loads((profile / "service.json").read_text())
    service["settings"] |= {"server": server, "key": key}
    (profile / "service.json").write_text(json.dumps(service))


@contextmanager
def obs_running(home: Path, server: str, key: str = "",
                edit: Callable[[Path], None] = lambda _: None) -> Iterator[None]:
    """OBS publishes to `server` until the end of the block, when it is killed.

    `edit` changes the files of its folder, ~/.config/obs-studio, before it starts.
    """
    obs = need("obs", "publishing by OBS Studio")
    screen, session = (need(tool, "publishing by OBS Studio")
                       for tool in ("Xvfb", "dbus-run-session"))
    write_profile(home, server, key)
    edit(home / ".config/obs-studio")
    read, write = os.pipe()
    display = subprocess.Popen(
        [screen, "-displayfd", str(write), "-screen", "0", "1024x700x24", "-nolisten", "tcp"],
        pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    running = None
    try:
        number = os.read(read, 16).decode().strip()
        running = subprocess.Popen(
            [session, "--", obs, "--startstreaming", "--profile", "streamer", "--collection",
             "streamer",
             "--multi", "--disable-updater", "--disable-missing-files-check",
             "--disable-shutdown-check"],
            env={**os.environ, "HOME": str(home), "XDG_CONFIG_HOME": str(home / ".config"),
                 "DISPLAY": f":{number}", "LIBGL_ALWAYS_SOFTWARE": "1", "QT_QPA_PLATFORM": "xcb"},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True)
        yield
    finally:
        os.close(read)
        if running:
            os.killpg(running.pid, signal.SIGKILL)
            running.wait(5)
        display.kill()
        display.wait(5)
