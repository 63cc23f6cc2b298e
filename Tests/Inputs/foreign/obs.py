# SPDX-License-Identifier: Apache-2.0
"""OBS Studio whose scene is a film: it draws and encodes all frames itself."""

from __future__ import annotations

import json
import re
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foreign.films import Film
from foreign.sender import ForeignCase, ForeignSender
from harness.obs import obs_running
from perturbation import SRT
from samples import Material
from senders.sender import Target

STARTS_WITHIN = 55
SCENE = "Film"


@dataclass(frozen=True, eq=False)
class OBSCase(ForeignCase):
    """`encoder` has settings of x264 beside a rate control; without them those of OBS."""

    encoder: Mapping[str, object] = field(default_factory=dict)

    def sender(self, target: Target, media: Material) -> OBSSender:
        """OBS."""
        return OBSSender(target, self, media)


class OBSSender(ForeignSender):
    """Publishes from the start of OBS on."""

    case: OBSCase

    def run(self) -> None:
        """Sends the films before as other senders do, then runs OBS until its film has been sent.
        """
        try:
            for leg in self.case.legs[:-1]:
                self._send(leg, is_last=False)
        except (OSError, AssertionError) as error:
            self.fault = error
        self.begin(self.case.legs[-1])
        opened, address = self._opened(), self.address()
        server, key = f"rtmp://127.0.0.1:{address.rtmp}/{address.stream}", "x"
        if self.case.protocol == SRT:
            server, key = f"{address.url(SRT)}&latency=120000", ""
        film = self.case.legs[-1].film
        with tempfile.TemporaryDirectory() as home:
            try:
                with obs_running(Path(home), server, key, self.edit):
                    end = time.monotonic() + STARTS_WITHIN
                    while self._opened() == opened and time.monotonic() < end:
                        if self.released.wait(0.1):
                            return
                    assert self._opened() > opened, "OBS does not publish"
                    self._wait_until(time.monotonic() + film.seconds)
                    self.ended.set()
                    self.released.wait()
            except (OSError, AssertionError) as error:
                self.fault = error
            self.ended.set()

    def edit(self, folder: Path) -> None:
        """The film as the scene, its size and rate, and the settings of the encoder."""
        film: Film = self.case.legs[-1].film
        picture = film.picture
        profile = folder / "basic/profiles/streamer"
        basic = (profile / "basic.ini").read_text()
        basic = re.sub(r"(?m)^(Base|Output)CX=.*", rf"\1CX={picture.width}", basic)
        basic = re.sub(r"(?m)^(Base|Output)CY=.*", rf"\1CY={picture.height}", basic)
        basic = re.sub(r"(?m)^FPSType=.*\nFPSCommon=.*", f"FPSType=1\nFPSInt={picture.rate}", basic)
        (profile / "basic.ini").write_text(basic)
        (profile / "streamEncoder.json").write_text(json.dumps(
            {"rate_control": "CBR", "bitrate": 1000, **self.case.encoder}))
        item = {"name": "Media", "id": 1, "visible": True, "pos": {"x": 0, "y": 0},
                "scale": {"x": 1, "y": 1}}
        (folder / "basic/scenes/streamer.json").write_text(json.dumps({
            "name": "streamer", "current_scene": SCENE, "current_program_scene": SCENE,
            "scene_order": [{"name": SCENE}],
            "sources": [
                {"id": "scene", "name": SCENE, "settings": {"id_counter": 1, "items": [item]}},
                {"id": "ffmpeg_source", "name": "Media", "mixers": 255, "settings": {
                    "local_file": str(film.file()), "is_local_file": True, "looping": False,
                    "restart_on_activate": False, "hw_decode": False}}]}))
