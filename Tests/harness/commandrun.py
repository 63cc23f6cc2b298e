# SPDX-License-Identifier: Apache-2.0
"""Runs the commands of a document in a folder of their own, on ports and hosts of this machine.

A command that starts the program must listen and must end with status 0 after SIGTERM. A command
of ffmpeg that sends to the program must make it ready. Every other command must end with status 0.
"""

from __future__ import annotations

import http.client
import os
import re
import signal
import subprocess
from pathlib import Path

from harness.ports import free_port
from harness.tools import ROOT, need, streamer_binary
from harness.waiting import wait_until

TOKEN = "0123456789abcdef"
PORTS = ("8080", "8443", "9000", "5000", "1935", "1936")
ACTION = re.compile(r" --(help|version|probe|list-devices|check)\b|\|\|")
STREAMER = re.compile(r"(^(?:env (?:--\S+ )+)?(?:[A-Z_]+=(?:\"[^\"]*\"|\S*) )*|\| )"
                      r"(?:\.build/release/)?streamer\b")
EXAMPLE_HOST = re.compile(r"\b192\.0\.2\.\d+(:\d+)?")


def is_server(command: str) -> bool:
    """Whether a command starts the program and leaves it running."""
    return STREAMER.search(command) is not None and not ACTION.search(command)


class Commands:
    """The commands of one block; ends every process that it has started."""

    def __init__(self, folder: Path, server_port: int | None = None) -> None:
        self.folder = folder
        self.ports = {port: str(free_port()) for port in PORTS}
        if server_port:
            self.ports["8080"] = str(server_port)
        self.closed = free_port()
        self.running: list[tuple[str, subprocess.Popen[bytes], Path]] = []

    def local(self, text: str) -> str:
        """A text with ports and hosts of documents replaced by those of this machine."""
        text = EXAMPLE_HOST.sub(f"127.0.0.1:{self.closed}", text)
        ports = rf"(?:(?<=:)|(?<=: )|(?<=--rtmp ))({'|'.join(PORTS)})\b"
        text = re.sub(ports, lambda found: self.ports[found[1]], text)
        return text.replace("//localhost:", "//127.0.0.1:")

    def run(self, command: str) -> None:
        """Runs a command to its end, or starts it if it does not end by itself."""
        text = self.local(command)
        if is_server(command):
            flags = " --host 127.0.0.1"
            if "--http-port" not in text:
                flags += f" --http-port {self.ports['8080']}"
            if re.search(r"--self-signed|--tls-cert", text):
                flags += f" --https-port {self.ports['8443']}"
            text = STREAMER.sub(lambda found: f"{found[1]}{streamer_binary()}", text) + flags
            self.start(text)
            self.expect_listening()
        elif text.startswith("ffmpeg ") and "|" not in text:
            need("ffmpeg", "commands of documents that send by ffmpeg")
            self.start(text + " -nostdin")
        else:
            text = STREAMER.sub(lambda found: f"{found[1]}{streamer_binary()}", text)
            done = subprocess.run(["bash", "-c", text], cwd=self.folder, env=self.environment(),
                                  capture_output=True, text=True, timeout=30)
            assert done.returncode == 0, f"$ {text}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"

    def start(self, text: str) -> None:
        """Starts a command in a process group of its own."""
        log = self.folder / f"log{len(self.running)}"
        shell = text if "|" in text else f"exec {text}"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["bash", "-c", shell], cwd=self.folder, env=self.environment(),
                stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True)
        self.running.append((text, process, log))

    def environment(self) -> dict[str, str]:
        """The environment of the commands: a state folder of their own, and a token."""
        path = f"{ROOT}/.venv/bin:{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "XDG_STATE_HOME": str(self.folder), "T": TOKEN}

    def expect_listening(self, within: float = 15) -> None:
        """Waits until the program that was started last listens."""
        text, process, log = self.running[-1]

        def is_listening() -> bool:
            assert process.poll() is None, f"$ {text}\n{log.read_text()}"
            return b" listening http" in log.read_bytes()

        wait_until(is_listening, within, f"$ {text}\nlistening")

    def expect_ready(self, within: float = 20) -> None:
        """Waits until the program answers /ready with 200."""
        port, reasons = int(self.ports["8080"]), [""]

        def is_ready() -> bool:
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            try:
                connection.request("GET", "/ready")
                response = connection.getresponse()
                reasons.append(response.read().decode())
                return response.status == 200
            finally:
                connection.close()

        try:
            wait_until(is_ready, within, "/ready", interval=0.1)
        except AssertionError as error:
            logs = "\n".join(log.read_text()[-2000:] for _, _, log in self.running)
            raise AssertionError(f"{error}: {reasons[-1]}\n{logs}") from None

    def end(self) -> None:
        """Ends the started processes, and checks the status of the program."""
        failures: list[str] = []
        for text, process, log in reversed(self.running):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGTERM)
            try:
                status = process.wait(10)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                status = process.wait(5)
            if text.startswith(str(streamer_binary())) and "|" not in text and status != 0:
                failures.append(f"$ {text}\nexit status {status}\n{log.read_text()[-2000:]}")
        assert not failures, "\n".join(failures)
