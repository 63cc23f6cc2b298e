# SPDX-License-Identifier: Apache-2.0
"""The files of a release: sums, versions, the list of components, notes and documentation."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from harness.cleanroot import files_of
from harness.tools import ROOT

sys.path.insert(0, str(ROOT / "release"))
import sbom  # noqa: E402
from notes import notes  # noqa: E402


def output(*command: str | Path) -> str:
    """The output of a command that must succeed."""
    return subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=True, timeout=60).stdout


@pytest.fixture(scope="module")
def archive(dist, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the archive of the program."""
    folder = dist.unpacked("streamer-*-debian12-*.tar.gz", tmp_path_factory.mktemp("archive"))
    return folder / f"streamer-{dist.version}"


def test_sums_are_those_of_all_files(dist) -> None:
    """SHA256SUMS has each other file, with its sum."""
    lines = (dist.folder / "SHA256SUMS").read_text().splitlines()
    listed = {name: total for total, name in (line.split("  ") for line in lines)}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest()
             for path in dist.folder.iterdir() if path.name != "SHA256SUMS"}
    assert listed == found and len(found) == 9


def test_all_files_have_one_version_and_commit(dist, archive: Path) -> None:
    """The program is of this commit; the packages have its version."""
    facts = dict(line.split(" ", 1)
                 for line in output(archive / "bin/streamer", "--version").splitlines())
    assert facts["streamer"] == dist.version
    assert facts["commit"].split()[0] == dist.commit, "dist/ is of another commit: run make dist"
    deb = dist.file("streamer_*.deb")
    assert output("dpkg-deb", "-f", deb, "Version").strip() == dist.version
    package = json.loads(output("tar", "-xOf", dist.file("streamer-live-player-*.tgz"),
                                "package/package.json"))
    assert package["version"] == dist.version and not package.get("private")


def test_archive_has_program_units_pages_and_completion(dist, archive: Path) -> None:
    """The archive is complete, has no settings in etc, and one program with the package."""
    for name in ("bin/streamer", "lib/streamer/streamer", "INSTALL.md", "LICENSE",
                 "lib/systemd/system/streamer.service",
                 "share/man/man1/streamer.1", "share/man/man5/streamer.json.5",
                 "share/bash-completion/completions/streamer", "lib/sysusers.d/streamer.conf",
                 "share/zsh/site-functions/_streamer", "share/streamer/streamer.json"):
        assert (archive / name).stat().st_size > 0, name
    unit = (archive / "lib/systemd/system/streamer.service").read_text()
    assert "/usr/local/bin/streamer" in unit and "DIR@" not in unit
    for name in ("bin/streamer", "lib/streamer/streamer"):
        packed = subprocess.run(
            f"dpkg-deb --fsys-tarfile '{dist.file('streamer_*.deb')}' | tar -xO ./usr/{name}",
            shell=True, capture_output=True, check=True, timeout=60).stdout
        assert packed == (archive / name).read_bytes(), name


def test_symbols_are_those_of_the_program(dist, archive: Path) -> None:
    """The file of symbols has the build ID of the program, and names its functions."""
    program, symbols = archive / "lib/streamer/streamer", dist.file("streamer-*.debug")
    identities = {re.findall(r"Build ID: (\w+)", output("readelf", "-n", path))[0]
                  for path in (program, symbols)}
    assert len(identities) == 1
    entry = re.findall(r"Entry point address:\s+(0x\w+)", output("readelf", "-h", program))[0]
    assert output("addr2line", "-f", "-e", symbols, entry).splitlines()[0] == "_start"


def test_the_archive_is_unpacked_over_folders_by_its_instructions(dist, tmp_path: Path) -> None:
    """Folders that exist keep their modes, and no file is beside them."""
    text = (ROOT / "release/INSTALL.md").read_text().replace("\\\n", " ")
    [command] = [line for line in text.splitlines() if line.startswith("sudo tar ")]
    target = tmp_path / "local"
    modes = {"": 0o2775, "bin": 0o2775, "share": 0o2775, "share/man": 0o700}
    for name, mode in modes.items():
        (target / name).mkdir()
        (target / name).chmod(mode)
    command = command.removeprefix("sudo ").replace(" /usr/local ", f" '{target}' ")
    subprocess.run(["sh", "-ec", command], cwd=dist.folder, check=True, timeout=60)
    assert {name: (target / name).stat().st_mode & 0o7777 for name in modes} == modes
    assert {path.name for path in target.iterdir()} == {"bin", "lib", "share"}
    assert (target / "bin/streamer").stat().st_mode & 0o7777 == 0o755
    assert (target / "lib/systemd/system/streamer.service").exists()


def test_components_are_the_libraries_of_the_program(dist, archive: Path) -> None:
    """The list is CycloneDX, and has each library of `ldd` with the version of `dpkg`."""
    bill = json.loads(dist.file("*.cdx.json").read_text())
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.5")
    assert bill["metadata"]["component"]["version"] == dist.version
    listed: dict[str, str] = {}
    for one in bill["components"]:
        properties = {found["name"]: found["value"] for found in one["properties"]}
        for name in properties.get("streamer:files", "").split():
            listed[name] = f"{one['name']} {one['version']}"
        assert one["purl"].startswith(("pkg:deb/debian/", "pkg:generic/")), one
    program = archive / "lib/streamer/streamer"
    assert files_of(output("ldd", program)) == listed.keys() - set(sbom.LATE)
    assert set(sbom.LATE) <= listed.keys()
    versions = dict(line.split("|") for line in output(
        "dpkg-query", "-W", "-f", "${Package}|${Package} ${Version}\n").splitlines())
    assert all(versions[text.split()[0]] == text for text in listed.values())
    own = re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", program))
    depended = set(bill["dependencies"][0]["dependsOn"])
    direct = {one["name"] for one in bill["components"] if one["bom-ref"] in depended}
    assert {listed[name].split()[0] for name in own} <= direct
    references = [one["bom-ref"] for one in bill["components"]]
    assert len(references) == len(set(references)) and depended <= set(references)


def test_documentation_has_no_dead_link(dist, tmp_path: Path) -> None:
    """The site in the archive passes the check of `make docs`."""
    folder = dist.unpacked("streamer-*-docs.tar.gz", tmp_path)
    site = folder / f"streamer-{dist.version}-docs"
    assert (site / "index.html").exists() and (site / "search/search_index.json").exists()
    output(sys.executable, ROOT / "release/check_site.py", site)


def test_configurations_are_those_of_the_repository(dist, tmp_path: Path) -> None:
    """The archive has compose, the chart, and the configurations of CDNs, with equal content."""
    folder = dist.unpacked("streamer-*-deploy.tar.gz", tmp_path) / f"streamer-{dist.version}-deploy"
    for name in ("compose/compose.yaml", "helm/streamer/Chart.yaml", "edge/varnish/live.vcl",
                 "container/Containerfile", "LICENSE"):
        assert (folder / name).is_file(), name
    assert list(folder.glob("terraform/*/*.tf"))
    for path in folder.rglob("*"):
        if path.is_file() and path.name != "LICENSE":
            own = ROOT / "deploy" / path.relative_to(folder)
            assert path.read_bytes() == own.read_bytes(), path


def test_notes_are_the_part_of_the_version(dist) -> None:
    """The part of the version, or of unreleased entries; a changelog without a part is refused."""
    assert (dist.folder / "RELEASE-NOTES.md").read_text().startswith(f"# streamer {dist.version}")
    text = ("# Changelog\n\n## [Unreleased]\n\n- new\n\n## [1.2.0] - 2026-11-25\n\n### Added\n\n"
            "- one ([page](docs/a.md), [web](https://h/))\n\n## [1.1.0] - 2026-01-02\n\n- old\n\n"
            "[1.1.0]: https://h/1.1.0\n")
    assert notes(text, "1.2.0") == ("# streamer 1.2.0, 2026-11-25\n\n### Added\n\n"
                                    "- one (page, [web](https://h/))\n")
    assert notes(text, "1.1.0") == "# streamer 1.1.0, 2026-01-02\n\n- old\n"
    assert notes(text, "1.3.0").endswith("in CHANGELOG.md.\n\n- new\n")
    for bad in ("# Changelog\n", "## [Unreleased]\n\n## [1.0.0]\n\n- a\n"):
        with pytest.raises(ValueError):
            notes(bad, "1.3.0")
