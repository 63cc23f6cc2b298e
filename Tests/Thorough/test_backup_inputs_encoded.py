# SPDX-License-Identifier: Apache-2.0
"""An encoded stream changes to its second input, and back."""

from __future__ import annotations

import subprocess
import threading
from itertools import groupby

import pytest

from harness.boxes import chunks, timescale
from harness.continuity import check_one_stream
from harness.metrics import total
from harness.ports import free_port
from harness.recorder import Recording, record
from harness.sources import Source
from harness.tools import need
from harness.tunein import fetch, next_segments
from harness.waiting import pause, wait_until
import numpy as np
from test_backup_inputs import SIZE, TOKEN, paint, shown

HOST = ["--host", "127.0.0.1", "--http-port", "0"]


def colours(found: Recording) -> list[str]:
    """The colours of the recorded frames, repetitions left out."""
    init, segments = found.init(), found.segments()
    media = init + b"".join(segments[number][1] for number in sorted(segments))
    run = subprocess.run([
        need("ffmpeg", "frames of media"), "-v", "error", "-i", "-", "-map", "0:v:0", "-fps_mode",
        "passthrough", "-vf", "scale=1:1:flags=area", "-pix_fmt", "rgb24", "-f", "rawvideo", "-"
    ], input=media, capture_output=True, timeout=60)
    pixels = np.frombuffer(run.stdout, np.uint8).reshape(-1, 3)
    def name(pixel: np.ndarray) -> str:
        red, _, blue = (int(value) for value in pixel)
        if max(red, blue) < 40:
            return "slate"
        return "red" if red > 2 * blue + 40 else "blue" if blue > 2 * red + 40 else "other"
    return [colour for colour, _ in groupby(map(name, pixels))]


@pytest.mark.timeout(60)
def test_an_encoded_stream_changes_its_input(tmp_path, streamer, sources: list[Source]) -> None:
    """Red is killed: blue within two seconds; red is back: shown after the failback.

    The slate is a green picture.
    """
    slate = tmp_path / "green.png"
    subprocess.run([
        need("ffmpeg", "slates"), "-v", "error", "-f", "lavfi", "-i", f"color=0x00A000:size={SIZE}",
        "-frames:v", "1",
        str(slate)
    ], check=True, timeout=20)
    first, second = free_port(), free_port()
    def send(colour: str, port: int) -> Source:
        source = paint(colour, "-f", "mpegts", f"udp://127.0.0.1:{port}?pkt_size=1316")
        sources.append(source)
        return source
    red = send("red", first)
    send("blue", second)
    program = streamer("--input", f"udp://127.0.0.1:{first}", "--input",
                       f"udp://127.0.0.1:{second}", "--failback", "3", "--admin-token", TOKEN,
                       "--passthrough", "never", "--preset", "ultrafast", "--slate",
                       str(slate), *HOST, defaults=False)
    fetch(program.port)
    next_segments(program.port, 2)
    assert shown(program)["shown"] == 0

    recordings: list[Recording] = []
    recorder = threading.Thread(target=lambda: recordings.append(record(program.port, 13)))
    recorder.start()
    pause(1, "red is shown")
    red.kill()
    wait_until(lambda: shown(program)["shown"] == 1, 3, "blue is shown")
    pause(1, "blue is shown")
    send("red", first)
    wait_until(lambda: shown(program)["shown"] == 0, 8, "red is shown again")
    recorder.join()

    found = recordings[0]
    check_one_stream(found)
    init, segments = found.init(), found.segments()
    every = [c for n in sorted(segments) for c in chunks(segments[n][1], init)]
    assert timescale(init) and all(
        two.tfdt == one.tfdt + one.duration for one, two in zip(every, every[1:]))
    seen = [colour for colour in colours(found) if colour != "slate"]
    print(f"colours: {colours(found)}, input: {shown(program)}")
    assert [colour for colour, _ in groupby(seen)] == ["red", "blue", "red"]
    assert colours(found)[0] == "slate", "the window before the first frame"
    assert shown(program)["switches"] == 2
    assert total(program.port, "streamer_input_switches_total") == 2
    assert total(program.port, "streamer_input_shown") == 0
    program.check_logged("input-switched", count=2)
