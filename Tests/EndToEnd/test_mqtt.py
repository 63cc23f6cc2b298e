# SPDX-License-Identifier: Apache-2.0
"""The script of docs/observability.md that sends the events of the program to an MQTT broker."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.documents import blocks
from harness.ports import free_port
from harness.program import Program, stop
from harness.tools import ROOT, need
from harness.waiting import wait_until
from test_events import TOKEN, post

DOCUMENT = "docs/observability.md"


@pytest.mark.timeout(60)
def test_events_are_messages_of_a_broker_over_a_restart(
        streamer: Callable[..., Program], tmp_path: Path) -> None:
    """Each event is one message, in order, also those while the script is not connected."""
    subject = "events as MQTT messages"
    broker_program, _, subscriber = (
        need(tool, subject) for tool in ("mosquitto", "mosquitto_pub", "mosquitto_sub"))
    broker_port, port = free_port(), free_port()
    script = next(block.text for block in blocks(DOCUMENT, (ROOT / DOCUMENT).read_text())
                  if "mosquitto_pub" in block.text)
    script = script.replace("localhost:8080", f"127.0.0.1:{port}").replace(
        "mosquitto_pub ", f"mosquitto_pub --port {broker_port} ")
    log = tmp_path / "messages"
    flags = ("--resolution", "320x180", "--bitrate", "200", "--admin-token", TOKEN,
             "--host", "127.0.0.1", "--http-port", str(port), "--test-src")
    running: list[subprocess.Popen[bytes]] = []

    def run(*command: str) -> None:
        with log.open("ab") as output:
            running.append(subprocess.Popen(
                command, cwd=tmp_path, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.DEVNULL, env={**os.environ, "TOKEN": TOKEN},
                start_new_session=True))

    def messages() -> list[dict]:
        return [json.loads(line) for line in log.read_text().splitlines()]

    def marks() -> list[str]:
        return [event["data"]["data"] for event in messages() if event["event"] == "timed-event"]

    try:
        run(broker_program, "-p", str(broker_port))
        wait_until(lambda: subprocess.run(
            [subscriber, "-p", str(broker_port), "-t", "$SYS/broker/version", "-C", "1", "-W", "1"],
            capture_output=True, check=False).returncode == 0, 10, "the broker")
        run(subscriber, "-p", str(broker_port), "-t", "streamer/events")
        program = streamer(*flags, defaults=False)
        run("sh", "-c", script)
        # The script begins with the kept events.
        wait_until(lambda: any(event["event"] == "live" for event in messages()), 15, "an event")
        for word in ("one", "two"):
            post(program, json.dumps(word))
        wait_until(lambda: marks() == ["one", "two"], 10, "messages")
        assert stop(program) == 0
        program = streamer(*flags, defaults=False)
        program.wait_logged("live", within=10)
        post(program, '"three"')
        wait_until(lambda: len(marks()) > 2, 15, "messages after the restart")
        assert marks() == ["one", "two", "three"]
        numbers = [event["id"] for event in messages()]
        assert numbers == sorted(set(numbers)), "each event once, in order"
    finally:
        for process in reversed(running):
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(10)
