# SPDX-License-Identifier: Apache-2.0
"""deploy/home-assistant and docs/home-assistant.md: the card plays, and all addresses answer."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

import pytest
import yaml
from jinja2 import Environment

from harness.documents import blocks
from harness.http1 import get
from harness.program import Program, start, stop
from harness.tools import ROOT, need, streamer_binary
from harness.waiting import wait_until

FOLDER = ROOT / "deploy/home-assistant"
DOCUMENT = "docs/home-assistant.md"
TEXT = (ROOT / DOCUMENT).read_text()
SERVER = "http://192.0.2.20:8080"
TOKEN = "5f0c1a9be2d740566cb1d9a0"
ADDRESSES = sorted({
    address for text in (TEXT, (FOLDER / "packages/streamer.yaml").read_text())
    for address in re.findall(rf"{SERVER}(/[\w./-]*)[`\n#]", text)})


class Loader(yaml.SafeLoader):
    """YAML with the tags of Home Assistant."""


Loader.add_constructor("!secret", lambda loader, node: f"secret {node.value}")
Loader.add_constructor("!include_dir_named", lambda loader, node: {})


def load(text: str) -> dict:
    """A parsed file of YAML."""
    found = yaml.load(text, Loader)
    assert isinstance(found, dict)
    return found


def rendered(template: str, **values: object) -> str:
    """A template of Home Assistant, by Jinja2 with the filters and functions that the files use."""
    environment = Environment()
    environment.filters["to_json"] = json.dumps
    return environment.from_string(template).render(
        now=lambda: datetime.now().astimezone(), **values)


@pytest.fixture(scope="module")
def home(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A program with the stream `gate`."""
    settings = tmp_path_factory.mktemp("home") / "streamer.json"
    settings.write_text(json.dumps({
        "adminToken": TOKEN, "resolution": "320x180", "bitrate": 300,
        "streams": [{"stream": "gate", "name": "Gate", "testSrc": True}]}))
    program = start(["-c", str(settings), "--host", "127.0.0.1", "--http-port", "0"],
                    defaults=False)
    try:
        wait_until(lambda: get(program.port, "/ready").status == 200, 15, "the stream")
        yield program
    finally:
        stop(program)


def test_the_document_names_addresses() -> None:
    """The list of addresses is not empty by mistake."""
    assert {"/gate/", "/gate/snapshot.jpg", "/gate/chunked.m3u8", "/gate/stream/640.mjpeg",
            "/streams.json", "/ready"} <= set(ADDRESSES)


@pytest.mark.parametrize("address", ADDRESSES)
def test_each_address_answers(address: str, home: Program) -> None:
    """The first bytes of a response come at once, also of one without an end."""
    kinds = {".jpg": "image/jpeg", ".m3u8": "application/vnd.apple.mpegurl",
             ".mjpeg": "multipart/x-mixed-replace", ".json": "application/json"}
    with urllib.request.urlopen(home.url(address), timeout=10) as response:
        assert response.status == 200 and response.read(1)
        kind = response.headers["Content-Type"]
        assert kind.startswith(kinds.get(Path(address).suffix, "text/")), kind


def test_the_still_of_an_alarm(home: Program) -> None:
    """The address of the document, as Home Assistant renders it, is a picture of the past."""
    found = re.search(rf"`{SERVER}(/gate/at/\{{\{{.*?)`", TEXT)
    assert found
    wait_until(lambda: get(home.port, f"/gate/at/{time.time() - 4:.3f}.jpg").status == 200, 15,
               "four seconds of the stream")
    still = get(home.port, rendered(found[1]))
    assert still.status == 200 and still.body[:2] == b"\xff\xd8"


def test_go2rtc_and_frigate_read_the_stream(home: Program) -> None:
    """ffmpeg reads the address with the arguments that go2rtc gives it, and copies the video."""
    ffmpeg = need("ffmpeg", "the source of go2rtc")
    files = [load(block.text) for block in blocks(DOCUMENT, TEXT) if block.language == "yaml"]
    sources = [source for found in files for streams in (
        found.get("streams", {}), found.get("go2rtc", {}).get("streams", {}))
        for named in streams.values()
        for source in ([named] if isinstance(named, str) else named)
        if source.startswith("ffmpeg:")]
    assert len(sources) == 2
    for address, *options in {tuple(source.split(":", 1)[1].split("#")) for source in sources}:
        assert set(options) == {"video=copy", "audio=copy"}
        done = subprocess.run(
            [ffmpeg, "-hide_banner", "-v", "error", "-stats", "-fflags", "nobuffer", "-flags",
             "low_delay", "-i", address.replace(SERVER, home.url("")), "-c", "copy", "-t", "2",
             "-f", "mpegts", "-"], capture_output=True, timeout=30)
        assert done.returncode == 0 and len(done.stdout) > 20000, done.stderr


def test_the_package_reads_the_state(home: Program) -> None:
    """Sensors are on for a live stream; the alarm is for lost sources of the right stream only."""
    package = load((FOLDER / "packages/streamer.yaml").read_text())
    for sensor in package["rest"]:
        path = sensor["resource"].removeprefix(SERVER)
        values = get(home.port, path).json()
        shown = [rendered(state["value_template"], value_json=values)
                 for state in sensor["binary_sensor"]]
        assert shown == ["True"]
        values[0]["source"]["online"] = False
        assert rendered(sensor["binary_sensor"][0]["value_template"], value_json=values) == "False"
    ready = package["binary_sensor"][0]
    for text, expected in ((get(home.port, "/ready").text, "True"), ("no stream is live", "False")):
        assert rendered(ready["value_template"], value=text) == expected
    alarm = package["automation"][0]
    lost, viewers = ({"json": {"event": event, "stream": "gate", "message": "m"}}
                     for event in ("source-gone", "viewers"))
    assert rendered(alarm["conditions"][0], trigger=lost) == "True"
    assert rendered(alarm["conditions"][0], trigger=viewers) == "False"
    data = alarm["actions"][0]["data"]
    assert rendered(data["title"], trigger=lost) == "Camera gate"
    # The name of the webhook is one everywhere.
    assert len(set(re.findall(r"streamer-[0-9a-f]{12}",
                              TEXT + (FOLDER / "packages/streamer.yaml").read_text()))) == 1


def test_the_package_marks_a_moment(home: Program) -> None:
    """The action puts its text into the stream, with the data that the automation gives it."""
    package = load((FOLDER / "packages/streamer.yaml").read_text())
    command = package["rest_command"]["streamer_mark"]
    action = package["automation"][1]["actions"][0]
    assert action["action"] == "rest_command.streamer_mark"
    assert command["headers"]["Authorization"] == "secret streamer_authorization"
    request = urllib.request.Request(
        rendered(command["url"], **action["data"]).replace(SERVER, home.url("")),
        data=rendered(command["payload"], **action["data"]).encode(),
        method=command["method"].upper(),
        headers={"Content-Type": command["content_type"], "Authorization": f"Bearer {TOKEN}"})
    with urllib.request.urlopen(request, timeout=5) as response:
        assert response.status == 201
    wait_until(lambda: '{"mark": "front door opened"}' in unquote(get(
        home.port, "/gate/video/playlist.m3u8").text), 5, "the mark in the playlist")


def test_the_options_of_the_addon_are_a_configuration(tmp_path: Path) -> None:
    """The default options start the program, and so does a value for each key of the schema."""
    addon = load((FOLDER / "addon/config.yaml").read_text())
    assert addon["webui"].endswith(":[PORT:8080]/") and addon["ports"]["8080/tcp"] == 8080
    element = re.compile(r"(bool|url|(str|password|int|float)(\([\d.]+,[\d.]+\))?|match\((.+)\)"
                         r"|list\(([\w|]+)\))\??")
    streams = addon["schema"]["streams"][0]
    samples = {"adminToken": TOKEN, "rtmp": "127.0.0.1:1935", "publish": "key",
               "onEvent": "http://homeassistant:8123/api/webhook/x", "preset": "fast",
               "partDuration": 0.2, "name": "Gate", "audio": "none", "onDemand": True,
               "stream": "studio", "publishKey": "8f3c1a9be2d74056", "resolution": "640x360",
               "bitrate": 500, "rendition": ["640x360@700"]}
    sources = {"input": "rtsp://192.0.2.10/main", "device": "/dev/video0", "testSrc": True}
    assert samples.keys() | sources.keys() | {"streams"} == addon["schema"].keys() | streams.keys()
    for key, kind in (addon["schema"] | streams).items():
        if key == "streams":
            continue
        found = element.fullmatch(kind[0] if isinstance(kind, list) else kind)
        assert found, kind
        sample = (samples | sources)[key]
        text = str(sample[0] if isinstance(sample, list) else sample)
        assert found[4] is None or re.match(found[4], text)
        assert found[5] is None or text in found[5].split("|")
    of_streams = {key: samples.pop(key) for key in streams.keys() & samples.keys()}
    plain = {key: of_streams[key] for key in ("name", "audio", "onDemand", "publishKey")}
    every = samples | {"streams": [
        {**plain, "stream": "studio", "rendition": of_streams["rendition"]},
        {**plain, "stream": "hall", "resolution": "640x360", "bitrate": 500},
        *({"stream": key, key: source} for key, source in sources.items())]}
    for options in (addon["options"], every):
        path = tmp_path / "options.json"
        path.write_text(json.dumps(options))
        done = subprocess.run([str(streamer_binary()), "-c", str(path), "--check"],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 0 and "unknown" not in done.stderr, done.stderr


def test_the_addon_has_the_version_and_the_arguments() -> None:
    """The version is that of the program; its image runs the program on the options."""
    addon = load((FOLDER / "addon/config.yaml").read_text())
    shown = subprocess.run([str(streamer_binary()), "--version"], capture_output=True, text=True,
                           check=True, timeout=10).stdout
    assert f"streamer {addon['version']}\n" in shown
    image = (FOLDER / "addon/Dockerfile").read_text()
    found = re.search(r"^CMD (\[.*\])", image.replace("\\\n", " "), re.M)
    assert found
    command = json.loads(found[1])
    assert command[:2] == ["/bin/sh", "-c"]
    assert subprocess.run(["sh", "-n", "-c", command[2]], timeout=5).returncode == 0
    assert command[2].endswith("/usr/bin/streamer -c /run/streamer.json")
