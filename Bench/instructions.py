# SPDX-License-Identifier: Apache-2.0
"""Instructions of the program per request over HTTP/1.1, which do not depend on a quiet machine.

Each program plays a passed-through file under Callgrind, with one event loop. One connection makes
the same request many times, or many connections make one; the figure is the difference between many
and few, of the thread with the largest difference, which is the event loop. The kernel's
instructions are not counted. Playlists are not compressed. Those of the second column are rendered
for each part that is published meanwhile, those of the third for each request.
Run: python Bench/instructions.py [PROGRAM ...]. It prints a table; no program is the release build.
"""

from __future__ import annotations

import http.client
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "Tests"))

from harness.ports import free_port  # noqa: E402
from harness.tools import need, streamer_binary  # noqa: E402
from harness.waiting import pause, wait_until  # noqa: E402

FEW, MANY, HELD_FEW, HELD_MANY = 200, 1000, 5, 25
VIEWERS_FEW, VIEWERS_MANY, SEGMENTS = 10, 110, 5
PLAYLIST = "/live/ll.m3u8"


class Measured:
    """A program under Callgrind, one connection to it, and those of a crowd."""

    def __init__(self, program: Path, film: Path, folder: Path) -> None:
        # Valgrind cannot read the debugging information of a Swift program.
        stripped = folder / "streamer"
        subprocess.run([need("objcopy", "the program without its debugging information"),
                        "--strip-debug", str(program), str(stripped)], check=True, timeout=60)
        self.output, self.dumps, self.port = folder / "callgrind", 0, free_port()
        self.process = subprocess.Popen(
            [need("taskset", "one event loop"), "-c", str(min(os.sched_getaffinity(0))),
             need("valgrind", "the instructions of a program"), "--tool=callgrind",
             "--separate-threads=yes", f"--callgrind-out-file={self.output}", str(stripped),
             "--input", str(film), "--loop", "--isolation", "none", "--host", "127.0.0.1",
             "--http-port", str(self.port)],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        wait_until(self.is_live, 120, "three segments under Callgrind")
        self.viewers = [http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
                        for _ in range(VIEWERS_MANY)]
        for viewer in self.viewers:
            viewer.connect()

    def is_live(self) -> bool:
        """Whether the playlist has three segments."""
        try:
            return self.get(PLAYLIST).count("#EXTINF") >= 3
        except (OSError, http.client.HTTPException):
            self.connection.close()
            return False

    def get(self, path: str) -> str:
        """The body of a response."""
        self.connection.request("GET", path)
        return self.connection.getresponse().read().decode("latin1")

    def control(self, *words: str) -> None:
        """Sends a command to Callgrind."""
        subprocess.run(["callgrind_control", *words, str(self.process.pid)], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=30)

    def counted(self, body: Callable[[int], None], count: int) -> dict[str, int]:
        """The instructions of each thread during `count` requests."""
        self.control("-z")
        body(count)
        self.dumps += 1
        self.control("-d", "requests")
        prefix = f"{self.output.name}.{self.dumps}-"
        wait_until(lambda: list(self.output.parent.glob(f"{prefix}*")), 20, "the counts")
        pause(1, "each thread has a file of its own, which is written in turn")
        files = self.output.parent.glob(f"{prefix}*")
        return {file.name.removeprefix(prefix): int(found.group(1)) for file in files
                if (found := re.search(r"^(?:totals|summary): (\d+)", file.read_text(), re.M))}

    def each(self, body: Callable[[int], None], few: int, many: int) -> int:
        """The instructions of one request."""
        body(few)
        before, after = self.counted(body, few), self.counted(body, many)
        return max(after[thread] - before.get(thread, 0) for thread in after) // (many - few)

    def parts(self, count: int) -> None:
        """Requests the newest part, of which nothing is left to render."""
        newest = re.findall(r'#EXT-X-PART:.*URI="([^"]+)"', self.get(PLAYLIST))[-1]
        for _ in range(count):
            self.get("/live/" + newest)

    def playlists(self, count: int) -> None:
        """Requests the playlist, which is rendered once per part."""
        for _ in range(count):
            self.get(PLAYLIST)

    def held(self, count: int) -> None:
        """Requests the playlist with each next part, as a player does: with its rendering."""
        text = self.get(PLAYLIST)
        for _ in range(count):
            text = self.get(next_part(text))

    def crowd(self, viewers: int) -> None:
        """Many viewers request the playlist with the segment after the open one, several times."""
        for _ in range(SEGMENTS):
            path = next_part(self.get(PLAYLIST), ahead=1)
            for viewer in self.viewers[:viewers]:
                viewer.request("GET", path)
            for viewer in self.viewers[:viewers]:
                response = viewer.getresponse()
                response.read()
                if response.status != 200 or not response.headers["X-Held-Ms"]:
                    raise RuntimeError(f"a request was not held: {path}: {response.status}")

    def stop(self) -> None:
        """Ends the program."""
        self.process.terminate()
        self.process.wait(timeout=30)


def next_part(text: str, ahead: int = 0) -> str:
    """The path that waits for the part after those of a playlist (RFC 8216bis §6.2.5.2).

    `ahead` segments later it is that of a first part.
    """
    first = int(re.findall(r"MEDIA-SEQUENCE:(\d+)", text)[0])
    number = first + text.count("#EXTINF")
    part = text[text.rfind("#EXTINF"):].count("#EXT-X-PART:")
    return f"{PLAYLIST}?_HLS_msn={number + ahead}&_HLS_part={0 if ahead else part}"


def film(folder: Path) -> Path:
    """A file of 30 s that is passed through."""
    path = folder / "film.ts"
    subprocess.run([need("ffmpeg", "a film"), "-v", "error", "-y", "-f", "lavfi", "-i",
                    "testsrc2=size=320x180:rate=30", "-t", "30", "-c:v", "libx264", "-preset",
                    "veryfast", "-g", "30", "-bf", "0", "-pix_fmt", "yuv420p", str(path)],
                   check=True, timeout=120)
    return path


def main(programs: list[str]) -> None:
    """Measures each program, and prints a row for it."""
    print("| program | a part | a playlist | a held playlist | the same, to one viewer more |")
    print("|---|---|---|---|---|")
    for program in map(Path, programs or [str(streamer_binary())]):
        with TemporaryDirectory() as name:
            folder = Path(name)
            measured = Measured(program, film(folder), folder)
            try:
                cells = [measured.each(measured.parts, FEW, MANY),
                         measured.each(measured.playlists, FEW, MANY),
                         measured.each(measured.held, HELD_FEW, HELD_MANY),
                         measured.each(measured.crowd, VIEWERS_FEW, VIEWERS_MANY) // SEGMENTS]
            finally:
                measured.stop()
        print(f"| {program} | " + " | ".join(f"{cell:,}" for cell in cells) + " |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
