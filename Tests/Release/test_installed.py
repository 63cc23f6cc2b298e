# SPDX-License-Identifier: Apache-2.0
"""The package and the image of a release, each in a root of its own: started, and played."""

from __future__ import annotations

import hashlib
import json
import shutil
import signal
import subprocess
import sys
import tarfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cleanroot import files_of, in_root, new_root, program_in, run
from harness.ports import free_port
from harness.tools import ROOT, need
from harness.waiting import wait_until

sys.path.insert(0, str(ROOT / "release"))
import sbom  # noqa: E402


def is_ready(port: int) -> bool:
    """Whether the program on this port has a stream."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def frames(port: int) -> int:
    """The number of frames that ffprobe decodes of two seconds of the playlist."""
    ffprobe = need("ffprobe", "a release that plays")
    shown = run(ffprobe, "-v", "error", "-select_streams", "v", "-count_frames",
                "-read_intervals", "%+2", "-show_entries", "stream=nb_read_frames", "-of",
                "csv=p=0", f"http://127.0.0.1:{port}/live/playlist.m3u8")
    return int(shown.split()[0].strip(","))


def played(program: subprocess.Popen[str], port: int) -> None:
    """Waits for the stream of a program, plays it, and ends the program."""
    try:
        wait_until(lambda: is_ready(port) or program.poll() is not None, 20, "the program")
        assert frames(port) >= 30
    finally:
        program.send_signal(signal.SIGTERM)
        log = program.communicate(timeout=15)[1]
    assert program.returncode == 0, log


@pytest.fixture(scope="module")
def clean_root(dist, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A new Debian root with the packages that the package depends on."""
    root = tmp_path_factory.mktemp("clean") / "root"
    new_root(root, dist.file("streamer_*.deb"), "libcurl4", "libavfilter8")
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.mark.timeout(600)
def test_the_package_plays_in_a_clean_root(clean_root: Path, dist) -> None:
    """Installed by the notes, it serves a picture; all packages of its libraries are listed."""
    downloaded = clean_root / "tmp/downloaded"
    downloaded.mkdir()
    for pattern in ("streamer_*.deb", "SHA256SUMS"):
        shutil.copy(dist.file(pattern), downloaded)
    notes = (dist.folder / "RELEASE-NOTES.md").read_text()
    sums, install, page = notes.split("```sh\n")[1].split("```")[0].splitlines()
    install = install.removeprefix("sudo ").replace("apt install", "apt-get install --yes")
    for command in (sums, install):
        in_root(clean_root, "sh", "-ec", f"cd /tmp/downloaded && {command}")
    # No systemd starts the service here, which has this port.
    assert page.endswith(" http://localhost:8080/")
    assert "\nListenStream=8080\n" in (
        clean_root / "usr/lib/systemd/system/streamer.socket").read_text()
    port = free_port()
    played(program_in(clean_root, "streamer", "/usr/bin/streamer", "-c",
                      "/etc/streamer/streamer.json", "--http-port", str(port)), port)
    bill = json.loads(dist.file("*.cdx.json").read_text())
    listed = {one["name"]: one["version"] for one in bill["components"]
              if one["purl"].startswith("pkg:deb/")}
    named = {name for one in bill["components"] for found in one["properties"]
             if found["name"] == "streamer:files" for name in found["value"].split()}
    shown = in_root(clean_root, "ldd", "/usr/lib/streamer/streamer")
    assert files_of(shown) == named - set(sbom.LATE)
    shown = in_root(clean_root, "dpkg-query", "-W", "-f", "${Package} ${Version}\n", *listed)
    there = dict(line.split() for line in shown.splitlines())
    newer = {name: (version, there[name]) for name, version in listed.items()
             if there[name] != version}
    print(f"{len(listed)} packages; other versions than on the machine of the build: {newer}")
    assert there.keys() == listed.keys()


@pytest.mark.timeout(300)
def test_the_image_starts_and_is_healthy(dist, tmp_path: Path) -> None:
    """All digests are right; its program runs as its user, and its health check succeeds."""
    image = dist.unpacked("streamer-*-oci-*.tar", tmp_path / "image")

    def blob(digest: str) -> Path:
        path = image / "blobs" / digest.replace(":", "/")
        assert f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}" == digest
        return path

    [entry] = json.loads((image / "index.json").read_text())["manifests"]
    manifest = json.loads(blob(entry["digest"]).read_text())
    config = json.loads(blob(manifest["config"]["digest"]).read_text())
    [layer] = manifest["layers"]
    [docker] = json.loads((image / "manifest.json").read_text())
    assert [image / path for path in docker["Layers"]] == [blob(layer["digest"])]
    assert image / docker["Config"] == blob(manifest["config"]["digest"])
    assert config["config"]["Labels"]["org.opencontainers.image.revision"] == dist.commit
    root = tmp_path / "root"
    root.mkdir()
    with tarfile.open(blob(layer["digest"])) as archive:
        archive.extractall(root, filter="tar")
    settings, port = config["config"], free_port()
    kind, check = settings["Healthcheck"]["Test"]
    assert kind == "CMD-SHELL"
    variables = dict(text.split("=", 1) for text in settings["Env"])
    program = program_in(root, settings["User"], *settings["Entrypoint"],
                         STREAMER_HTTP_PORT=str(port), **variables)
    try:
        wait_until(lambda: is_ready(port) or program.poll() is not None, 20, "the program")
        healthy = f"STREAMER_HTTP_PORT={port} && {check}"
        run("chroot", f"--userspec={settings['User']}", root, "/bin/sh", "-c", healthy)
        sick = f"STREAMER_HTTP_PORT={free_port()} && {check}"
        assert subprocess.run(["chroot", root, "/bin/sh", "-c", sick], check=False,
                              capture_output=True, timeout=20).returncode != 0
    finally:
        played(program, port)
