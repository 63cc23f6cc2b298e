# SPDX-License-Identifier: Apache-2.0
"""Standard input as an input, encoded: its end is that of the stream."""

from __future__ import annotations

import subprocess
import threading
import time
from pathlib import Path

import pytest

from harness.inputs import HOST, check_live
from harness.program import Program
from harness.sources import ffmpeg_sender
from harness.tools import streamer_binary
from harness.tunein import fetch
from test_input_files import ends


@pytest.mark.timeout(90)
def test_end_of_standard_input_ends_the_stream(tmp_path: Path) -> None:
    """MPEG-TS on standard input, live; its end is the end of the stream."""
    sender = ffmpeg_sender(["-f", "mpegts", "-"], stdout=subprocess.PIPE)
    output = sender.processes[1].stdout
    command = [str(streamer_binary()), "--input", "-", *HOST, "--playlist-length", "6"]
    process = subprocess.Popen(command, stdin=output, stdout=subprocess.DEVNULL,
                               stderr=subprocess.PIPE)
    from harness.program import _read_log
    program = Program(process, command, time.monotonic())
    threading.Thread(target=_read_log, args=(program,), daemon=True).start()
    try:
        assert output is not None
        output.close()
        assert program.listening.wait(15) and program.port, program.log_text()
        fetch(program.port)
        check_live(program, "stdin", 0.25)
        sender.kill()
        ends(program)
    finally:
        sender.kill()
        if process.poll() is None:
            process.kill()
