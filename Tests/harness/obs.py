# SPDX-License-Identifier: Apache-2.0
"""OBS Studio on a screen of its own (Xvfb), with a written profile, that publishes at once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from harness.tools import need

GLOBAL = """[General]
FirstRun=true
EnableAutoUpdates=false
[Basic]
Profile=live
ProfileDir=live
SceneCollection=live
SceneCollectionFile=live
"""
BASIC = """[General]
Name=live
[Video]
BaseCX=1280
BaseCY=720
OutputCX=640
OutputCY=360
FPSType=0
FPSCommon=30
[Output]
Mode=Advanced
[AdvOut]
Encoder=obs_x264
TrackIndex=1
ApplyServiceSettings=false
"""
ENCODER = {"bitrate": 1000, "rate_control": "CBR", "keyint_sec": 1, "preset": "ultrafast",
           "profile": "main", "tune": "zerolatency", "bf": 0}
SCENE = {
    "current_scene": "Scene", "current_program_scene": "Scene", "name": "live",
    "scene_order": [{"name": "Scene"}],
    "sources": [
        {"id": "scene", "name": "Scene", "settings": {"id_counter": 1, "items": [
            {"name": "Colour", "id": 1, "visible": True, "pos": {"x": 0, "y": 0},
             "scale": {"x": 1, "y": 1}}]}},
        {"id": "color_source_v3", "name": "Colour",
         "settings": {"color": 4281578223, "width": 1280, "height": 720}},
    ],
}


def write_profile(home: Path, server: str, key: str) -> None:
    """The files of OBS: what is shown, how it is encoded, and where it goes."""
    folder = home / ".config/obs-studio"
    profile = folder / "basic/profiles/live"
    profile.mkdir(parents=True)
    (folder / "basic/scenes").mkdir()
    (folder / "global.ini").write_text(GLOBAL)
    (profile / "basic.ini").write_text(BASIC)
    (profile / "streamEncoder.json").write_text(json.dumps(ENCODER))
    (profile / "service.json").write_text(json.dumps(
        {"type": "rtmp_custom", "settings": {"server": server, "key": key, "use_auth": False}}))
    (folder / "basic/scenes/live.json").write_text(json.dumps(SCENE))


@contextmanager
def obs_running(home: Path, server: str, key: str = "") -> Iterator[None]:
    """OBS publishes to `server` until the end of the block, when it is killed."""
    obs = need("obs", "publishing by OBS Studio")
    screen, session = (need(tool, "publishing by OBS Studio")
                       for tool in ("Xvfb", "dbus-run-session"))
    write_profile(home, server, key)
    read, write = os.pipe()
    display = subprocess.Popen(
        [screen, "-displayfd", str(write), "-screen", "0", "1024x700x24", "-nolisten", "tcp"],
        pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    os.close(write)
    running = None
    try:
        number = os.read(read, 16).decode().strip()
        running = subprocess.Popen(
            [session, "--", obs, "--startstreaming", "--profile", "live", "--collection", "live",
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
