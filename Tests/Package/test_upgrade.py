# SPDX-License-Identifier: Apache-2.0
"""What the scripts of the package and its unit files promise: an open port, no remains, logs."""

from __future__ import annotations

import os
import re
import socket
import subprocess
from pathlib import Path

import pytest

from harness.ports import free_port
from harness.tools import ROOT, need, streamer_binary
from harness.waiting import wait_until

UNITS = ROOT / "deploy/systemd"


@pytest.fixture(scope="module")
def scripts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The scripts that debhelper makes for the units, by the rules of deploy/debian."""
    need("dh_installsystemd", "the scripts of the package")
    folder = tmp_path_factory.mktemp("scripts")
    debian = folder / "debian"
    subprocess.run(["cp", "-r", str(ROOT / "deploy/debian"), str(debian)], check=True, timeout=20)
    units = debian / "streamer/lib/systemd/system"
    units.mkdir(parents=True)
    for unit in UNITS.glob("streamer*.s*"):
        (units / unit.name).write_text(unit.read_text())
    commands = re.findall(r"^\tdh_installsystemd .*$", (debian / "rules").read_text(), re.M)
    assert len(commands) == 3
    for command in [*commands, "dh_installdeb"]:
        subprocess.run(command.split(), cwd=folder, check=True, timeout=20)
    return {path.name: path.read_text() for path in (debian / "streamer/DEBIAN").iterdir()}


def test_upgrade_leaves_the_port_open(scripts: dict[str, str]) -> None:
    """An upgrade restarts the service; nothing stops or restarts the socket, except a removal."""
    actions = re.findall(r"deb-systemd-invoke (\S+) (.*?) >", scripts["postinst"])
    assert ("start", "'streamer.socket'") in actions
    assert ("$_dh_action", "'streamer.service'") in actions and len(actions) == 2
    assert "preinst" not in scripts
    for block in scripts["prerm"].split("# End automatically added section"):
        assert "deb-systemd-invoke" not in block or '"$1" = remove' in block


def test_settings_are_readable_before_the_service_starts(scripts: dict[str, str]) -> None:
    """The user exists before the file is given to its group, and both before the start."""
    script = scripts["postinst"]
    steps = [script.index(text) for text in ("systemd-sysusers", "chown root:streamer", "chmod 640",
                                             "deb-systemd-invoke")]
    assert steps == sorted(steps)


@pytest.mark.parametrize(("mode", "owner", "before", "changes"), [
    (0o644, "root:root", "", True), (0o640, "root:root", "", True),
    (0o600, "root:root", "", False), (0o644, "root:video", "", False),
    (0o644, "root:root", "1.0-1", False), (0o640, "root:root", "1.0-1", False)])
def test_owner_and_mode_of_the_operator_stay(tmp_path: Path, mode: int, owner: str, before: str,
                                             changes: bool) -> None:
    """Only the first installation gives the settings to the group, and only as the package has
    them."""
    settings, calls, tools = tmp_path / "streamer.json", tmp_path / "calls", tmp_path / "bin"
    settings.write_text("{}")
    calls.touch()
    tools.mkdir()
    for tool, text in (("systemd-sysusers", "exit 0"), ("dpkg-statoverride", "exit 1"),
                       ("stat", f"echo '{mode:o} {owner}'"), ("chown", f'echo "$@" >> {calls}'),
                       ("chmod", f'echo "$@" >> {calls}')):
        (tools / tool).write_text(f"#!/bin/sh\n{text}\n")
        (tools / tool).chmod(0o755)
    script = (ROOT / "deploy/debian/streamer.postinst").read_text()
    script = script.replace("/etc/streamer/streamer.json", str(settings))
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    subprocess.run(["sh", "-c", script, "postinst", "configure", before], check=True,
                   env=environment, timeout=20)
    expected = [f"root:streamer {settings}", f"640 {settings}"] if changes else []
    assert calls.read_text().splitlines() == expected


def removal(scripts: dict[str, str], root: Path, archives: tuple[str, ...]) -> str:
    """The script after a removal, for folders below `root`: state with archives, and logs."""
    script = scripts["postrm"]
    for path in ("/var/lib/streamer", "/var/log/streamer"):
        (root / path[1:]).mkdir(parents=True)
        (root / path[1:] / "key.pem").write_text("secret")
        script = script.replace(path, str(root) + path)
    for archive in archives:
        hour = root / "var/lib/streamer" / archive / "live/video/2026-11-23/04-x.cmfv"
        hour.parent.mkdir(parents=True)
        hour.write_text("media")
        (root / "var/lib/streamer" / archive / ".lock").touch()
    script = script.replace("/usr/bin/deb-systemd-helper", "/nonexistent")
    return script.replace("/run/systemd/system", "/nonexistent")


def test_purge_leaves_no_key_and_no_log(scripts: dict[str, str], tmp_path: Path) -> None:
    """The certificate's key and the logs are deleted by a purge, and by nothing else."""
    script = removal(scripts, tmp_path, ())
    (tmp_path / "var/lib/streamer/.hidden folder").mkdir()
    for reason, kept in (("upgrade", 2), ("remove", 2), ("purge", 0)):
        subprocess.run(["sh", "-c", script, "postrm", reason], check=True, timeout=20)
        assert len(list(tmp_path.rglob("key.pem"))) == kept, reason
    assert not list((tmp_path / "var/lib").iterdir()) and not list((tmp_path / "var/log").iterdir())
    # There may be no folder at all.
    subprocess.run(["sh", "-c", script, "postrm", "purge"], check=True, timeout=20)


@pytest.mark.parametrize("archives", [("archive",), ("gate/archive", "my archive"), (".",)],
                         ids=["one", "of an instance", "the state itself"])
def test_purge_keeps_recordings(scripts: dict[str, str], tmp_path: Path,
                                archives: tuple[str, ...]) -> None:
    """They cannot be made again: a line names the folder, and a variable asks for their removal."""
    state = tmp_path / "var/lib/streamer"
    script = removal(scripts, tmp_path, archives)
    (state / "gate").mkdir(exist_ok=True)
    (state / "gate/key.pem").write_text("secret")
    (state / "link").symlink_to(tmp_path)
    command = ["sh", "-c", script, "postrm", "purge"]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=20)
    assert len(list(state.rglob("*.cmfv"))) == len(archives)
    if archives != (".",):
        assert not list(state.rglob("key.pem")) and not (state / "link").is_symlink()
    assert not (state / "key.pem").exists() and not (tmp_path / "var/log/streamer").exists()
    for archive in archives:
        assert f"the recordings in {os.path.normpath(state / archive)} stay" in done.stdout
    subprocess.run(command, check=True, env={**os.environ, "STREAMER_PURGE": "archive"}, timeout=20)
    assert not state.exists() and tmp_path.exists()


@pytest.mark.parametrize(("reason", "calls"), [
    ("remove", ["stop streamer@*.service"]), ("upgrade", []), ("deconfigure", [])])
@pytest.mark.parametrize("status", [0, 1])
def test_removal_stops_instances(scripts: dict[str, str], tmp_path: Path, reason: str,
                                 calls: list[str], status: int) -> None:
    """Instances are stopped by a removal, not by an upgrade; a failure does not prevent it."""
    tools, log, running = tmp_path / "bin", tmp_path / "calls", tmp_path / "running"
    tools.mkdir()
    running.mkdir()
    log.touch()
    (tools / "systemctl").write_text("#!/bin/sh\n")
    (tools / "deb-systemd-invoke").write_text(f'#!/bin/sh\necho "$@" >> {log}\nexit {status}\n')
    for tool in tools.iterdir():
        tool.chmod(0o755)
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    for system, expected in ((running, calls), (tmp_path / "none", [])):
        log.write_text("")
        script = scripts["prerm"].replace("/run/systemd/system", str(system))
        subprocess.run(["sh", "-c", script, "prerm", reason], check=True, env=environment,
                       timeout=20)
        assert [line for line in log.read_text().splitlines() if "@" in line] == expected


def test_socket_is_for_both_families(tmp_path: Path) -> None:
    """A port without an address: IPv6 and IPv4; systemd takes IPv4 alone on a machine without IPv6.
    """
    text = (UNITS / "streamer.socket").read_text()
    [address] = re.findall(r"^ListenStream=(.*)$", text, re.M)
    assert address.isdigit() and "BindIPv6Only=both" in text
    activate = need("systemd-socket-activate", "the address of the socket unit")
    port = free_port()
    log = tmp_path / "log"
    with log.open("wb") as output:
        process = subprocess.Popen([activate, "-l", address.replace("8080", str(port)), "sleep",
                                    "60"], stdout=output, stderr=output)
    def connects(host: str) -> bool:
        try:
            socket.create_connection((host, port), 1).close()
        except OSError:
            return False
        return True

    try:
        for host in ("127.0.0.1", "::1"):
            wait_until(lambda host=host: connects(host), 10, f"a listener at {host}")
    finally:
        process.kill()
        process.wait(5)


def test_logs_are_rotated(tmp_path: Path) -> None:
    """Logs of the service and of instances are rotated, and the programs open new ones."""
    tool = need("logrotate", "the rotation of logs")
    if os.geteuid() != 0:
        pytest.skip("not root: logrotate becomes another user")
    logs = tmp_path / "logs"
    (logs / "gate").mkdir(parents=True)
    for path in (logs / "access.log", logs / "gate/access.log"):
        path.write_text("a line\n")
    calls, tools = tmp_path / "calls", tmp_path / "bin"
    tools.mkdir()
    (tools / "systemctl").write_text(f'#!/bin/sh\necho "$@" >> {calls}\n')
    (tools / "systemctl").chmod(0o755)
    rules = (UNITS / "logrotate").read_text()
    assert rules.count("/var/log/streamer/") == 4 and "su streamer streamer" in rules
    configuration = tmp_path / "logrotate.conf"
    configuration.write_text(rules.replace("/var/log/streamer/", f"{logs}/").replace(
        "su streamer streamer", "su root root"))
    environment = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    command = [tool, "--state", str(tmp_path / "state"), str(configuration)]
    tried = subprocess.run([*command, "--debug"], capture_output=True, text=True, check=False,
                           env=environment, timeout=20)
    assert tried.returncode == 0 and "error" not in tried.stderr, tried.stderr
    assert not calls.exists()
    done = subprocess.run([*command, "--force"], capture_output=True, text=True, check=False,
                          env=environment, timeout=20)
    assert done.returncode == 0, done.stderr
    assert {str(path.relative_to(logs)) for path in logs.rglob("*.log.1")} == {
        "access.log.1", "gate/access.log.1"}
    assert calls.read_text().split() == [
        "kill", "--kill-whom=main", "--signal=USR1", "streamer.service", "streamer@*.service"]


def test_zsh_completion_is_a_script(tmp_path: Path) -> None:
    """zsh reads the completion without a fault."""
    zsh = need("zsh", "the completion of zsh")
    text = subprocess.run([streamer_binary(), "--print", "zsh"], check=True, capture_output=True,
                          timeout=20).stdout
    script = tmp_path / "_streamer"
    script.write_bytes(text)
    done = subprocess.run([zsh, "-n", str(script)], capture_output=True, text=True, check=False,
                          timeout=20)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert b"--part-duration" in text
