# SPDX-License-Identifier: Apache-2.0
"""mpv and VLC, and in which of their pictures a text is: by what they would draw on a screen."""

from __future__ import annotations

import os
import re
import select
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from harness.burnedclock import decode
from harness.captionsource import Caption
from harness.players import open_to_nobody
from harness.ports import free_port
from harness.tools import as_nobody, need
from harness.waiting import wait_until

# The pictures of harness.broadcast: I420, whose lower quarter is dark but for texts.
WIDTH, HEIGHT, PICTURE = 320, 180, 320 * 180 * 3 // 2
TOP, BRIGHT, FEW = 132, 140, 30


class TextPictures:
    """Takes pictures, and notes the burned clock of each whose text appears or disappears."""

    def __init__(self, given: Sequence[Caption], mark: bytes = b"") -> None:
        """With the texts that are expected, and what is in front of each picture."""
        self.given = given
        self.mark = mark
        self.rest = b""
        self.has_text: bool | None = None
        # As the pages of the tests note them; the text is the one whose start is nearest.
        self.found: list[dict] = []

    def take(self, data: bytes) -> None:
        """Takes the next bytes."""
        self.rest += data
        while (at := self.rest.find(self.mark)) >= 0:
            begin = at + len(self.mark)
            if len(self.rest) < begin + PICTURE:
                return
            self.see(np.frombuffer(self.rest, np.uint8, WIDTH * HEIGHT, begin))
            self.rest = self.rest[begin + PICTURE:]

    def see(self, luma: np.ndarray) -> None:
        """Looks for a text in a picture."""
        luma = luma.reshape(HEIGHT, WIDTH)
        clock = decode(luma)
        has_text = int((luma[TOP:] > BRIGHT).sum()) > FEW
        if clock is None or has_text == self.has_text:
            return
        self.has_text = has_text
        nearest = min(self.given, key=lambda one: abs(one.start * 1000 - clock))
        self.found.append({"text": nearest.text if has_text else "", "clock": clock})


def read(descriptor: int, pictures: TextPictures, is_enough: Callable[[], bool],
         seconds: float) -> None:
    """Reads pictures until there are enough, at the longest for `seconds`."""
    until = time.monotonic() + seconds
    while time.monotonic() < until and not is_enough():
        if select.select([descriptor], [], [], 0.2)[0]:
            data = os.read(descriptor, 1 << 20)
            if not data:
                return
            pictures.take(data)


def mpv(url: str, pictures: TextPictures, is_enough: Callable[[], bool], seconds: float) -> None:
    """mpv with the closed captions of the video, which it draws into the pictures it encodes."""
    command = [need("mpv", "draws captions"), "--no-config", "--really-quiet", "--no-audio",
               "--sub-create-cc-track=yes", "--o=-", "--of=rawvideo", "--ovc=rawvideo", url]
    player = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL)
    assert player.stdout is not None
    try:
        read(player.stdout.fileno(), pictures, is_enough, seconds)
    finally:
        player.kill()
        player.communicate(timeout=10)


def choose_in_vlc(port: int, name: str, within: float = 20) -> None:
    """Chooses a track of VLC by a part of its name, by its text interface."""
    until = time.monotonic() + within
    listed = ""
    while time.monotonic() < until:
        time.sleep(0.5)
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as line:
            line.sendall(b"strack\n")
            time.sleep(0.5)
            listed = line.recv(1 << 16).decode(errors="replace")
            if found := re.search(rf"\| (\d+) - [^\n]*{re.escape(name)}", listed):
                line.sendall(f"strack {found[1]}\n".encode())
                time.sleep(0.5)
                return
    raise AssertionError(f"VLC has no track {name}: {listed}")


def vlc(url: str, track: str, pictures: TextPictures, is_enough: Callable[[], bool],
        seconds: float, folder: Path) -> None:
    """VLC with a track of its menu; its output of pictures is a pipe (`pictures.mark`: FRAME)."""
    program, port, home = need("cvlc", "draws captions"), free_port(), folder / "vlc"
    prefix = as_nobody(home)
    home.mkdir(exist_ok=True)
    open_to_nobody(home)
    pipe = home / "pictures"
    os.mkfifo(pipe)
    pipe.chmod(0o666)
    # VLC opens the pipe more than once: as a writer of our own, it does not end between.
    descriptor = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)
    player = subprocess.Popen(
        [*prefix, program, "-I", "oldrc", "--rc-fake-tty", "--rc-host", f"127.0.0.1:{port}",
         "--no-osd", "--no-audio", "--avcodec-hw", "none", "--vout", "yuv", "--yuv-file", str(pipe),
         url],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # Pictures are read all the time: VLC would wait for the pipe.
    is_over = threading.Event()
    reader = threading.Thread(target=read, args=(descriptor, pictures, is_over.is_set, 60))
    reader.start()
    try:
        choose_in_vlc(port, track)
        wait_until(is_enough, seconds, f"the texts of {track} in VLC", interval=0.5)
    finally:
        is_over.set()
        reader.join(10)
        player.kill()
        player.wait(10)
        os.close(descriptor)
