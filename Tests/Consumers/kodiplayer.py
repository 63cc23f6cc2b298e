# SPDX-License-Identifier: Apache-2.0
"""Kodi with inputstream.adaptive on a screen of its own (Xvfb), whose pixels are read."""

from __future__ import annotations

import json
import mmap
import os
import shutil
import signal
import struct
import subprocess
import threading
import time
import urllib.request
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from consumer import CHUNKED, HLS, MPD, SCREEN, Consumer, Order, Playing
from harness.burnedclock import decode
from harness.ports import free_port
from harness.tools import need
from harness.waiting import wait_until
from pictures import Picture
from soundcard import SoundCard

ADDON = "inputstream.adaptive"
ADDON_FOLDERS = ("/usr/lib/x86_64-linux-gnu/kodi/addons", "/usr/lib/aarch64-linux-gnu/kodi/addons")
WIDTH, HEIGHT = 640, 360
SETTINGS = """<settings version="2">
<setting id="services.webserver">true</setting>
<setting id="services.webserverport">{port}</setting>
<setting id="services.webserverauthentication">false</setting>
<setting id="services.zeroconf">false</setting>
<setting id="general.addonupdates">2</setting>
<setting id="addons.unknownsources">true</setting>
</settings>"""
# The width of a header and of a colour of an X window dump.
DUMP_FIELDS, COLOUR_BYTES = 25, 12


class Screen:
    """An Xvfb whose picture is a file in memory."""

    def __init__(self, folder: Path) -> None:
        read, write = os.pipe()
        self._process = subprocess.Popen(
            [need("Xvfb", "Kodi"), "-displayfd", str(write), "-screen", "0",
             f"{WIDTH}x{HEIGHT}x24", "-fbdir", str(folder), "-nolisten", "tcp"],
            pass_fds=[write], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(write)
        with os.fdopen(read) as numbers:
            self.display = f":{numbers.readline().strip()}"
        with (folder / "Xvfb_screen0").open("rb") as file:
            self._dump = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        fields = struct.unpack(f">{DUMP_FIELDS}I", self._dump[:4 * DUMP_FIELDS])
        self._start, self._line = fields[0] + fields[19] * COLOUR_BYTES, fields[12]

    def clock(self) -> int | None:
        """The burned clock at the top of the screen."""
        rows = HEIGHT // 9
        data = np.frombuffer(self._dump, np.uint8, rows * self._line, self._start)
        return decode(data.reshape(rows, self._line)[:, 1:4 * WIDTH:4], rows=2)

    def close(self) -> None:
        """Ends Xvfb."""
        self._process.kill()
        self._process.wait(5)


class KodiPlaying(Playing):
    """Kodi plays one address."""

    def __init__(self, order: Order) -> None:
        super().__init__()
        self._folder = order.folder / f"kodi-{time.monotonic_ns()}"
        self._port = free_port()
        user = self._folder / ".kodi/userdata"
        user.mkdir(parents=True)
        (user / "guisettings.xml").write_text(SETTINGS.format(port=self._port))
        self._sound = SoundCard(self._folder)
        self.screen = Screen(self._folder)
        self._closed = threading.Event()
        self._process = subprocess.Popen(
            [need("kodi", "plays the stream"), "--windowing=x11"], start_new_session=True,
            env={**os.environ, "HOME": str(self._folder), "DISPLAY": self.screen.display,
                 "LIBGL_ALWAYS_SOFTWARE": "1", "KODI_AE_SINK": "NULL"},
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self._has_played = False
        self._asked = 0.0
        wait_until(lambda: self._ask("JSONRPC.Ping"), 60, "Kodi")
        self._ask("Addons.SetAddonEnabled", addonid=ADDON, enabled=True)
        # A seek by "Player.Seek" shows a bar over the picture for three seconds.
        begin = {"resume": {"seconds": int(order.offset)}} if order.offset else {}
        self.opened = time.time()
        self._ask("Player.Open", item={"file": str(self._file(order))}, options=begin)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _file(self, order: Order) -> Path | str:
        """A file with the properties of the address; files of media need none."""
        if order.url.endswith(".mp4"):
            return order.url
        kind = "mpd" if ".mpd" in order.url else "hls"
        mime = {"mpd": "application/dash+xml", "hls": "application/vnd.apple.mpegurl"}[kind]
        lines = [f"#KODIPROP:inputstream={ADDON}", f"#KODIPROP:{ADDON}.manifest_type={kind}",
                 f"#KODIPROP:mimetype={mime}", order.url, ""]
        path = self._folder / "stream.strm"
        path.write_text("\n".join(lines))
        return path

    def _ask(self, method: str, **parameters: object) -> Any:
        """The result of a call of Kodi's JSON-RPC; None if it does not answer."""
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters})
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/jsonrpc", body.encode(),
            {"Content-Type": "application/json"})
        with suppress(OSError, ValueError), urllib.request.urlopen(request, timeout=3) as answer:
            return json.load(answer).get("result")
        return None

    def _read(self) -> None:
        """Reads the screen more often than it has new pictures."""
        last: int | None = None
        while not self._closed.wait(0.015):
            clock = self.screen.clock()
            if clock is not None and clock != last:
                self.pictures.append(Picture(time.time(), clock))
                last = clock

    def update(self) -> None:
        """Asks now and then whether Kodi still plays."""
        if time.monotonic() - self._asked < 1:
            return
        self._asked = time.monotonic()
        players = self._ask("Player.GetActivePlayers")
        self._has_played |= bool(players)
        self.has_ended = self._has_played and players == []

    def said(self) -> str:
        """The warnings and errors of Kodi's log."""
        path = self._folder / ".kodi/temp/kodi.log"
        if not path.exists():
            return "no log"
        lines = [line for line in path.read_text(errors="replace").splitlines()
                 if " error <" in line or " warning <" in line]
        return "\n".join(lines[-12:])

    def close(self) -> None:
        """Ends Kodi and its screen."""
        self._closed.set()
        if hasattr(self, "_thread"):
            self._thread.join(5)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait(10)
        self.screen.close()
        self._sound.close()


@dataclass(frozen=True)
class Kodi(Consumer):
    """A row of Kodi."""

    def missing(self) -> str:
        """Kodi, its add-on, or the screen."""
        for tool in ("kodi", "Xvfb"):
            if not shutil.which(tool):
                return tool
        return "" if any(Path(folder, ADDON).exists() for folder in ADDON_FOLDERS) \
            else f"kodi-{ADDON.replace('.', '-')}"

    def play(self, order: Order) -> Playing:
        """Starts Kodi."""
        return KodiPlaying(order)


KODI_ROWS = (
    Kodi("Kodi", HLS, SCREEN), Kodi("Kodi chunked", CHUNKED, SCREEN),
    Kodi("Kodi MPD", MPD, SCREEN),
)
