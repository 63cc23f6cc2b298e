# SPDX-License-Identifier: Apache-2.0
"""The Debian package: its checks, its texts, and its life in a clean root. `make deb` builds it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.cleanroot import ENVIRONMENT, in_root, new_root, program_in, run
from harness.documents import broken_links
from harness.ports import free_port
from harness.tools import ROOT, need
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def package() -> Path:
    """The package that `make deb` has built."""
    found = sorted((ROOT / ".build-deb").glob("streamer_*.deb"))
    assert found, "no package: run make deb"
    return found[-1]


@pytest.fixture(scope="module")
def unpacked(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the package."""
    folder = tmp_path_factory.mktemp("package")
    run("dpkg-deb", "-x", package, folder)
    return folder


def test_lintian_finds_no_warning(package: Path) -> None:
    """No error and no warning of Debian's policy."""
    tool = need("lintian", "Debian's policy")
    found = subprocess.run([tool, "--allow-root", "--fail-on", "error,warning",
                            str(package)],
                           capture_output=True, text=True, check=False)
    print(found.stdout)
    assert found.returncode == 0, found.stdout


def test_units_are_valid_and_confined(unpacked: Path, tmp_path: Path) -> None:
    """systemd accepts the units; the service is exposed by less than 2 of 10."""
    analyze = need("systemd-analyze", "the units of systemd")
    folder = unpacked / "lib/systemd/system"
    assert {path.name for path in folder.iterdir()} == {
        "streamer.service", "streamer.socket", "streamer@.service"}
    for unit in folder.iterdir():
        # The program is not installed on this machine.
        text = unit.read_text().replace("/usr/bin/streamer", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    for name in ("streamer.socket", "streamer.service", "streamer@gate.service"):
        done = subprocess.run([analyze, "verify", "--man=no", str(tmp_path / name)],
                              capture_output=True, text=True, check=False)
        mine = [line for line in done.stderr.splitlines() if "streamer" in line]
        assert not mine, mine
    security = run(analyze, "security", "--offline=true", tmp_path / "streamer.service")
    level = re.search(r"exposure level for streamer.service: ([\d.]+)", security)
    assert level and float(level[1]) < 2, security.splitlines()[-1]


def test_manual_pages_have_no_fault(unpacked: Path) -> None:
    """man reads both pages without a warning, and finds each option."""
    man = need("man", "the manual pages")
    for page in (unpacked / "usr/share/man").rglob("*.gz"):
        done = subprocess.run([man, "--warnings", "-l", str(page)], capture_output=True, text=True,
                              env={**ENVIRONMENT, "MANWIDTH": "100", "MANPAGER": "cat"},
                              check=False)
        assert done.returncode == 0 and not done.stderr, done.stderr
        assert "part-duration" in done.stdout or "partDuration" in done.stdout


@pytest.mark.parametrize(("words", "expected"), [
    (["--part-d"], ["--part-duration"]), (["--log-format", ""], ["text", "json"]),
    (["--rtsp-transport", "t"], ["tcp"]), (["tok"], ["token"]), (["ca"], ["canary"]),
    (["canary", "--metr"], ["--metrics-file"]), (["token", "--ex"], ["--expires"]),
    (["token", "--expires", ""], []),
])
def test_bash_completes(unpacked: Path, words: list[str], expected: list[str]) -> None:
    """The completion of bash offers flags, and the values of a choice."""
    script = unpacked / "usr/share/bash-completion/completions/streamer"
    shown = run("bash", "-c", f"source {script}; COMP_WORDS=(streamer "
                + " ".join(f"'{word}'" for word in words)
                + f"); COMP_CWORD={len(words)}; _streamer; echo ${{COMPREPLY[@]}}")
    assert shown.split() == expected


def test_settings_are_not_for_everybody(package: Path) -> None:
    """Settings may contain keys and passwords: root and the group of the service read them."""
    lines = run("dpkg-deb", "-c", package).splitlines()
    [mode] = [line.split()[0] for line in lines if line.endswith("/etc/streamer/streamer.json")]
    assert mode == "-rw-r-----"


def test_edges_alerts_and_dashboard_are_installed(unpacked: Path) -> None:
    """The documents name these files; other users than root read them."""
    folder = unpacked / "usr/share/streamer"
    for kind in ("edge", "prometheus", "grafana", "home-assistant", "obs"):
        shipped = {path.relative_to(ROOT / "deploy"): path.read_bytes()
                   for path in (ROOT / "deploy" / kind).rglob("*") if path.is_file()}
        found = {path.relative_to(folder): path.read_bytes()
                 for path in (folder / kind).rglob("*") if path.is_file()}
        assert found == shipped and shipped, kind
        assert all(path.stat().st_mode & 0o777 == 0o644 for path in (folder / kind).rglob("*")
                   if path.is_file())
    named = re.findall(r"/usr/share/streamer/[\w./-]+",
                       "".join(path.read_text() for path in (ROOT / "docs").glob("*.md")))
    assert named and all((unpacked / name[1:]).exists() for name in named), named


def test_the_documents_are_installed_with_their_links(unpacked: Path) -> None:
    """README, changes and all pages; a link leads to a file, unless it leaves the documents."""
    folder = unpacked / "usr/share/doc/streamer"
    pages = [path.relative_to(folder) for path in folder.rglob("*.md")]
    shipped = {path.relative_to(ROOT) for path in (ROOT / "docs").rglob("*.md")}
    assert {Path("README.md"), Path("CHANGELOG.md"), Path("SECURITY.md"), *shipped} <= set(pages)
    assert (folder / "docs/player.png").is_file() and not list(folder.rglob("*.py"))
    elsewhere = re.compile(r"(\.\./)*(Bench|Fuzz|Sources|Tests|client|deploy|release)/|"
                           r"(\.\./)*(CONTRIBUTING\.md|LICENSE)")
    broken = [link for page in pages
              for link in broken_links(str(page), (folder / page).read_text(), folder)
              if not elsewhere.match(link.split(": ")[1])]
    assert broken == []


def test_no_recommended_package_brings_a_mail_server(package: Path) -> None:
    """logrotate is suggested: where no systemd is, it brings cron, and cron a mail server."""
    fields = dict(line.split(": ", 1) for line in run("dpkg-deb", "-f", package).splitlines()
                  if ": " in line)
    wanted = fields["Depends"] + fields["Recommends"]
    assert not re.search(r"logrotate|\bcron\b|mail", wanted)
    assert "logrotate" in fields["Suggests"]


def test_the_command_is_a_starter_without_libraries(unpacked: Path) -> None:
    """It needs no loader, which signals could interrupt, and finds the program beside its folder.
    """
    command, program = unpacked / "usr/bin/streamer", unpacked / "usr/lib/streamer/streamer"
    assert command.stat().st_size < 8192 < program.stat().st_size
    assert "INTERP" not in run("readelf", "-lW", command)
    assert run(command, "--version") == run(program, "--version")


def test_installed_settings_are_valid(unpacked: Path) -> None:
    """The annotated file of settings is accepted."""
    shown = run(unpacked / "usr/bin/streamer", "-c", unpacked / "etc/streamer/streamer.json",
                "--check")
    assert "stream live: test pattern" in shown


@pytest.fixture(scope="module")
def clean_root(package: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A new Debian root with the packages that it depends on."""
    root = tmp_path_factory.mktemp("clean") / "root"
    new_root(root, package)
    yield root
    shutil.rmtree(root, ignore_errors=True)


@pytest.mark.timeout(600)
def test_life_in_a_clean_root(clean_root: Path, package: Path) -> None:
    """The package is installed, serves a picture, is upgraded, removed and purged."""
    shutil.copy(package, clean_root / "tmp/streamer.deb")
    began = time.monotonic()
    in_root(clean_root, "dpkg", "-i", "/tmp/streamer.deb")
    print(f"installed after {time.monotonic() - began:.0f} s")
    assert "streamer:" in (clean_root / "etc/passwd").read_text()
    settings = clean_root / "etc/streamer/streamer.json"
    group = re.search(r"^streamer:[^:]*:(\d+):", (clean_root / "etc/group").read_text(), re.M)
    assert group and settings.stat().st_uid == 0 and settings.stat().st_gid == int(group[1])
    assert settings.stat().st_mode & 0o777 == 0o640
    wants = clean_root / "etc/systemd/system"
    assert (wants / "sockets.target.wants/streamer.socket").is_symlink()
    assert (wants / "multi-user.target.wants/streamer.service").is_symlink()
    port = free_port()
    program = program_in(clean_root, "streamer", "/usr/bin/streamer", "-c",
                         "/etc/streamer/streamer.json", "--http-port", str(port))
    try:
        def ready() -> bool:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/ready", timeout=2) as answer:
                    return bool(answer.status == 200)
            except OSError:
                return False

        wait_until(lambda: ready() or program.poll() is not None, 15, "the installed program")
    finally:
        program.send_signal(signal.SIGTERM)
        log = program.communicate(timeout=15)[1]
    assert program.returncode == 0, log
    changed = settings
    changed.write_text(changed.read_text() + "// changed by the operator\n")
    changed.chmod(0o660)
    in_root(clean_root, "dpkg", "-i", "--force-confold", "/tmp/streamer.deb")
    assert "changed by the operator" in changed.read_text(), "an upgrade keeps the settings"
    assert changed.stat().st_mode & 0o777 == 0o660 and changed.stat().st_gid == int(group[1])
    os.chown(changed, 0, 0)
    changed.chmod(0o644)
    in_root(clean_root, "dpkg", "-i", "--force-confold", "/tmp/streamer.deb")
    assert changed.stat().st_mode & 0o777 == 0o644 and changed.stat().st_gid == 0, "kept"
    in_root(clean_root, "dpkg", "--remove", "streamer")
    assert not (clean_root / "usr/bin/streamer").exists() and changed.exists()
    assert not (clean_root / "usr/lib/streamer").exists()
    folders = [clean_root / "var" / name / "streamer" for name in ("lib", "log")]
    for folder in folders:
        folder.mkdir(exist_ok=True)
        (folder / "key.pem").write_text("secret")
    in_root(clean_root, "dpkg", "--purge", "streamer")
    assert not changed.exists() and not any(folder.exists() for folder in folders)
