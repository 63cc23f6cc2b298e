# SPDX-License-Identifier: Apache-2.0
"""The shipped files as they are: folders that they need, and the units that start them at boot."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness import edges
from harness.tools import need

NGINX = sorted((edges.CONFIGURATIONS / "nginx").glob("*.conf"))
UNITS = [("varnish", "varnish.service"), ("nginx", "nginx.service"), ("caddy", "caddy.service")]


def run(*command: str | Path) -> subprocess.CompletedProcess[str]:
    """A finished command."""
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, timeout=60)


@pytest.mark.parametrize("path", NGINX, ids=lambda path: path.name)
def test_folders_of_nginx_are_those_of_debian(path: Path) -> None:
    """nginx creates the last folder of a path only: the others belong to packages."""
    dpkg = need("dpkg", "the folders of Debian's packages")
    need("nginx", "the edge configurations of nginx")
    named = re.findall(r"/(?:var|run)/[\w./-]+", path.read_text())
    assert len(named) >= 2, named
    for name in named:
        folder = Path(name).parent
        assert run(dpkg, "-S", folder).returncode == 0, f"{folder}: of no package"
        assert folder.is_dir(), folder


@pytest.mark.parametrize("path", NGINX, ids=lambda path: path.name)
def test_nginx_accepts_the_shipped_file(path: Path, tmp_path: Path) -> None:
    """`nginx -t` with nothing replaced but the certificate, and with a folder for what it writes.
    """
    nginx = need("nginx", "the edge configurations of nginx")
    if os.geteuid() != 0:
        pytest.skip("not root: folders of nginx in a mount namespace")
    edges.certificate(tmp_path)
    shipped = edges.Configuration(path, tmp_path).replace("/etc/streamer/edge/", f"{tmp_path}/", 2)
    # As an installed package has them: empty.
    folders = " && ".join(f"mount -t tmpfs none {folder}"
                          for folder in ("/run", "/var/lib/nginx", "/var/log/nginx"))
    done = run("unshare", "--mount", "sh", "-ec",
               f"{folders}; exec {nginx} -t -c {shipped.write()}")
    assert done.returncode == 0 and "test is successful" in done.stderr, done.stderr


def test_caddy_accepts_the_shipped_file(tmp_path: Path) -> None:
    """`caddy validate` with nothing replaced but the certificate."""
    caddy = need("caddy", "the edge configuration of Caddy")
    edges.certificate(tmp_path)
    shipped = edges.Configuration(edges.CONFIGURATIONS / "caddy/Caddyfile", tmp_path)
    shipped.replace("/etc/streamer/edge/", f"{tmp_path}/", 2)
    done = run(caddy, "validate", "--adapter", "caddyfile", "--config", shipped.write())
    assert done.returncode == 0 and "Valid configuration" in done.stdout + done.stderr, done.stderr


@pytest.mark.parametrize(("program", "unit"), UNITS)
def test_units_start_the_shipped_files(program: str, unit: str, tmp_path: Path) -> None:
    """systemd accepts Debian's unit with our addition, which replaces its command."""
    analyze = need("systemd-analyze", "the units of edges")
    debian = Path("/lib/systemd/system") / unit
    if not debian.exists():
        pytest.skip(f"{debian} not found: the unit of the edge")
    addition = edges.CONFIGURATIONS / program / f"{unit}.d/streamer.conf"
    shutil.copy(debian, tmp_path)
    (tmp_path / f"{unit}.d").mkdir()

    def faults(text: str) -> list[str]:
        (tmp_path / f"{unit}.d/streamer.conf").write_text(text)
        done = run(analyze, "verify", "--man=no", tmp_path / unit)
        return [line for line in done.stderr.splitlines() if unit in line or "streamer" in line]

    text = addition.read_text()
    assert not faults(text)
    # The addition was read: without the line that removes Debian's command there are two.
    if program == "varnish":
        assert any("ExecStart" in line for line in faults(text.replace("ExecStart=\n", "")))
    for name in re.findall(r"/etc/streamer/edge/(\S+)", text):
        assert (edges.CONFIGURATIONS / name).is_file(), name


def test_varnish_is_for_this_machine() -> None:
    """The unit and the head of the rules have one command, which no other machine reaches."""
    def words(text: str) -> list[str]:
        found = re.search(r"varnishd (.*?thread_pool_max=\d+)", text, re.S)
        assert found
        return re.sub(r"\\?\n#?", " ", found[1]).replace("-j unix,user=vcache -F ", "").split()

    folder = edges.CONFIGURATIONS / "varnish"
    unit = words((folder / "varnish.service.d/streamer.conf").read_text())
    assert unit == words((folder / "one-origin.vcl").read_text())
    assert unit[:2] == ["-a", "127.0.0.1:6081"]


def test_parameters_of_the_kernel_exist() -> None:
    """The file for /etc/sysctl.d sets parameters that this kernel has."""
    path = edges.CONFIGURATIONS / "sysctl/60-streamer-edge.conf"
    lines = [line for line in path.read_text().splitlines() if line and line[0] != "#"]
    assert lines == ["net.ipv4.tcp_congestion_control = bbr"]
    assert Path("/proc/sys", lines[0].split(" ")[0].replace(".", "/")).is_file()
