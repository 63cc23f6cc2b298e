# SPDX-License-Identifier: Apache-2.0
"""The frames and the beep of a clip in six players: ffmpeg, mpv, VLC, GStreamer, two browsers.

Frames that a player shows for less than a millisecond are left out: they are those before FROM,
which players without edit lists decode too.
"""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from harness import avsync
from harness.burnedclock import decode
from harness.frames import strip_clock
from harness.players import vlc_file
from harness.tools import need

LEAST = 0.001


@dataclass(frozen=True)
class Shown:
    """The burned clocks of the first and the last frame, and seconds from the first to the beep."""

    first: int | None
    last: int | None
    beep: float | None


def shown(frames: Sequence[tuple[float, int | None]], beeps: Sequence[float]) -> Shown:
    """The result of a player that gave these frames, by time, and these beeps."""
    ends = [time for time, _ in frames[1:]] + [float("inf")]
    left = [frame for frame, end in zip(frames, ends) if end - frame[0] >= LEAST]
    start, first = left[0]
    return Shown(first, left[-1][1], beeps[0] - start if beeps else None)


def ffmpeg(path: Path, _: Path) -> Shown:
    """ffmpeg without options."""
    return shown(avsync.timed_clocks(path), avsync.beeps(path))


def mpv(path: Path, folder: Path) -> Shown:
    """mpv without options, in encoding mode, with its times."""
    output = folder / f"{path.stem}.mkv"
    subprocess.run([
        need("mpv", "clips"), "--no-config", "--really-quiet", f"--o={output}", "--ovc=libx264",
        "--ovcopts=preset=ultrafast,bf=0", "--oac=pcm_s16le", str(path)
    ], check=True, capture_output=True, timeout=60)
    return shown(avsync.timed_clocks(output), avsync.beeps(output))


def vlc(path: Path, folder: Path) -> Shown:
    """VLC without options, as a file of its demultiplexer's frames.

    Its packetizer spreads the times of the first group of pictures. The following ones give the
    media time, and so the frame that is due at the start.
    """
    output = vlc_file(str(path), 20, folder, "mkv")
    frames = [(time, clock) for time, clock in avsync.timed_clocks(output) if clock is not None]
    beeps = avsync.beeps(output)
    output.unlink()
    start, last = frames[0][0], frames[-1]
    due = last[1] - (last[0] - start) * 1000
    first = min((clock for _, clock in frames), key=lambda clock: abs(clock - due))
    return Shown(first, last[1], beeps[0] - start if beeps else None)


# A program of its own: its bindings belong to Debian's Python.
GSTREAMER = """
import base64, json, sys
import gi
gi.require_version("Gst", "1.0"); gi.require_version("GstApp", "1.0")
from gi.repository import Gst, GstApp
Gst.init(None)
decoder = "avdec_aac" if Gst.ElementFactory.find("avdec_aac") else "faad"
line = Gst.parse_launch(
    f"filesrc location={sys.argv[1]} ! qtdemux name=d "
    "d.video_0 ! queue max-size-bytes=0 max-size-time=0 max-size-buffers=0 ! h264parse ! "
    "openh264dec ! videoconvert ! video/x-raw,format=GRAY8 ! appsink name=v sync=false "
    "d.audio_0 ! queue max-size-bytes=0 max-size-time=0 max-size-buffers=0 ! aacparse ! "
    + decoder + " ! "
    "audioconvert ! audio/x-raw,format=F32LE,layout=interleaved,channels=1 ! "
    "appsink name=a sync=false")
line.set_state(Gst.State.PLAYING)
def samples(name):
    sink = line.get_by_name(name)
    while sample := sink.try_pull_sample(10 * Gst.SECOND):
        buffer = sample.get_buffer()
        time = sample.get_segment().to_running_time(Gst.Format.TIME, buffer.pts)
        yield time, sample.get_caps().get_structure(0), buffer.extract_dup(0, buffer.get_size())
frames, sound = [], []
for time, caps, data in samples("v"):
    width, height = caps.get_int("width")[1], caps.get_int("height")[1]
    stride = len(data) // height
    strip = b"".join(data[y * stride:y * stride + width] for y in range(height // 9))
    frames.append((time / 1e9, width, base64.b64encode(strip).decode()))
for time, caps, data in samples("a"):
    sound.append((time / 1e9, caps.get_int("rate")[1], base64.b64encode(data).decode()))
# faad has no output for its first frame, and gives the following one the time of the first.
late = 1024 / 48000 if decoder == "faad" else 0
json.dump([frames, [(time + late, *more) for time, *more in sound]], sys.stdout)
"""


def gstreamer(path: Path, _: Path) -> Shown:
    """qtdemux with times of the pipeline."""
    python = "/usr/bin/python3"
    probe = subprocess.run([python, "-c", "import gi; gi.require_version('GstApp', '1.0')"],
                           capture_output=True, check=False)
    if probe.returncode:
        import pytest
        pytest.skip("GStreamer's bindings not found: clips in GStreamer")
    run = subprocess.run([python, "-c", GSTREAMER, str(path)], capture_output=True, timeout=60,
                         check=False)
    assert run.returncode == 0, run.stderr.decode()[-800:]
    frames, sound = json.loads(run.stdout)
    clocks = []
    for time, width, text in frames:
        luma = np.frombuffer(base64.b64decode(text), np.uint8).reshape(-1, width)
        clocks.append((time, decode(luma, rows=2)))
    rate = sound[0][1]
    samples = np.concatenate([np.frombuffer(base64.b64decode(text), np.float32)
                              for _, _, text in sound])
    start = sound[0][0]
    return shown(clocks, [start + place / rate for place in avsync.onsets(samples, rate)])


BROWSER = """(async url => {
  const video = document.createElement("video");
  const canvas = document.createElement("canvas");
  canvas.width = 256;
  canvas.height = 16;
  const context = canvas.getContext("2d", {willReadFrequently: true});
  video.muted = true;
  document.body.append(video);
  const event = (name, begin) => new Promise((done, fail) => {
    video.addEventListener(name, done, {once: true});
    video.addEventListener("error", () => fail(new Error(video.error.message)), {once: true});
    begin();
  });
  const strip = () => {
    context.drawImage(video, 0, 0, video.videoWidth, Math.floor(video.videoHeight / 18) * 2,
                      0, 0, 256, 16);
    const data = context.getImageData(0, 0, 256, 16).data;
    return btoa(String.fromCharCode(...data.filter((_, place) => place % 4 === 1)));
  };
  const response = await fetch(url);
  const body = await response.arrayBuffer();
  await event("loadeddata", () => { video.src = url; });
  // Within the slot of the first frame.
  await event("seeked", () => { video.currentTime = 0.004; });
  const first = strip();
  await event("ended", () => { video.currentTime = 0; video.play(); });
  const last = strip();
  video.remove();
  const audio = new OfflineAudioContext(1, 48000, 48000);
  const decoded = await audio.decodeAudioData(body);
  const samples = decoded.getChannelData(0);
  let quiet = 0, beep = null;
  for (let place = 0; place < samples.length && beep === null; place += 1) {
    if (Math.abs(samples[place]) <= 0.125) quiet += 1;
    else if (quiet > decoded.sampleRate / 5) beep = place / decoded.sampleRate;
    else quiet = 0;
  }
  return {first, last, beep};
})"""


def in_browser(path: str, evaluate: Callable[[str], Any]) -> Shown:
    """A page that seeks to the first frame, then plays to the end; WebAudio decodes the sound."""
    found = evaluate(f"{BROWSER}({json.dumps(path)})")
    first, last = (strip_clock(base64.b64decode(found[name])) for name in ("first", "last"))
    return Shown(first, last, found["beep"])


FILE_PLAYERS = {"ffmpeg": ffmpeg, "mpv": mpv, "vlc": vlc, "gstreamer": gstreamer}
