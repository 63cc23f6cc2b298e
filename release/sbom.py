# SPDX-License-Identifier: Apache-2.0
"""Writes the SBOM of a program as CycloneDX 1.5 JSON to the standard output.

    python3 release/sbom.py PROGRAM

Components are the Swift runtime, which is in the program, each library that the dynamic linker
loads for it, and libcurl and libavfilter, which the program loads itself. A library has the name
and the version of its Debian package, its file names, and whether the program or another library
needs it. The date is SOURCE_DATE_EPOCH, and the serial number follows from the commit, so that the
output is repeatable.
"""

from __future__ import annotations

import datetime
import json
import os
import re
import subprocess
import sys
import uuid
from pathlib import Path

# Loaded when they are used, see Sources/CCurl and Sources/CFFmpeg/deinterlacer.h.
LATE = ["libcurl.so.4", "libavfilter.so.8"]


def output(*words: str) -> str:
    """The output of a command that must succeed."""
    return subprocess.run(words, capture_output=True, text=True, check=True, timeout=60,
                          env={**os.environ, "LC_ALL": "C.UTF-8"}).stdout


def direct(program: Path) -> list[str]:
    """The names of the libraries that a program names itself."""
    return re.findall(r"\(NEEDED\).*\[(.*)\]", output("readelf", "-d", str(program)))


def loaded(program: Path) -> dict[str, str]:
    """The libraries that the dynamic linker loads: their files by name."""
    shown = output("ldd", str(program))
    found = dict(re.findall(r"^\s*(\S+) => (/\S+)", shown, re.MULTILINE))
    # The linker itself has no arrow.
    found |= {Path(path).name: path for path in re.findall(r"^\s*(/\S+) \(", shown, re.MULTILINE)}
    lost = re.findall(r"^\s*(\S+) => not found", shown, re.MULTILINE)
    if lost:
        raise SystemExit(f"{program}: not found: {' '.join(lost)}")
    cache = output("/sbin/ldconfig", "-p")
    for name in LATE:
        path = re.search(rf"{re.escape(name)} .*=> (/\S+)", cache)
        if path:
            found[name] = path[1]
    return found


def packages_of(paths: list[str]) -> dict[str, tuple[str, str, str]]:
    """The Debian packages of files: name, version, architecture."""
    # With merged /usr, a package may list a file below either folder.
    names = {path: [path, path.removeprefix("/usr") if path.startswith("/usr/") else f"/usr{path}",
                    os.path.realpath(path)] for path in paths}
    asked = subprocess.run(
        ["dpkg-query", "-S", *sorted({name for group in names.values() for name in group})],
        capture_output=True, text=True, check=False, timeout=120)
    owners = {name: package.split(", ")[0] for package, name in (
        line.split(": ", 1) for line in asked.stdout.splitlines() if ": " in line)}
    found: dict[str, str] = {}
    for path, group in names.items():
        owner = next((owners[name] for name in group if name in owners), None)
        if owner is None:
            raise SystemExit(f"{path}: of no Debian package")
        found[path] = owner
    form = "${binary:Package} ${Package} ${Version} ${Architecture}\n"
    shown = [line.split() for line in output(
        "dpkg-query", "-W", "-f", form, *sorted(set(found.values()))).splitlines()]
    facts = {name: (package, version, architecture)
             for full, package, version, architecture in shown for name in (full, package)}
    return {path: facts[owner] for path, owner in found.items()}


def libraries(program: Path) -> list[dict]:
    """A component for each package with a loaded library."""
    own = set(direct(program))
    files: dict[tuple[str, str, str], list[str]] = {}
    paths = loaded(program)
    packages = packages_of(list(paths.values()))
    for name, path in sorted(paths.items()):
        files.setdefault(packages[path], []).append(name)
    components = []
    for (name, version, architecture), names in sorted(files.items()):
        needed = "program" if own & set(names) else "library"
        if set(names) & set(LATE):
            needed = "program, when it is used"
        # The colon of an epoch and the plus sign are escaped in a package URL.
        escaped = version.replace(":", "%3A").replace("+", "%2B")
        reference = f"pkg:deb/debian/{name}@{escaped}?arch={architecture}&distro=debian-12"
        components.append({
            "type": "library", "bom-ref": reference, "name": name, "version": version,
            "purl": reference, "properties": [
                {"name": "streamer:files", "value": " ".join(names)},
                {"name": "streamer:needed-by", "value": needed}]})
    return components


def bill(program: Path) -> dict:
    """The whole document."""
    facts = dict(line.split(" ", 1) for line in output(str(program), "--version").splitlines())
    commit = facts["commit"].split()[0]
    moment = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
    swift = {"type": "library", "bom-ref": f"pkg:generic/swift-runtime@{facts['Swift']}",
             "name": "swift-runtime", "version": facts["Swift"],
             "purl": f"pkg:generic/swift-runtime@{facts['Swift']}",
             "licenses": [{"expression": "Apache-2.0 WITH Swift-exception"}],
             "properties": [{"name": "streamer:needed-by", "value": "program, linked statically"}]}
    components = [swift, *libraries(program)]
    reference = f"pkg:generic/streamer@{facts['streamer']}"
    needed = [one["bom-ref"] for one in components
              if one["properties"][-1]["value"].startswith("program")]
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.5", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'streamer:{commit}')}",
        "metadata": {
            "timestamp": datetime.datetime.fromtimestamp(moment, datetime.timezone.utc)
            .strftime("%Y-%m-%dT%H:%M:%SZ"),
            "component": {
                "type": "application", "bom-ref": reference, "name": "streamer",
                "version": facts["streamer"], "purl": reference,
                "licenses": [{"license": {"id": "Apache-2.0"}}],
                "properties": [{"name": "streamer:commit", "value": commit}]}},
        "components": components,
        "dependencies": [{"ref": reference, "dependsOn": needed}],
    }


def main() -> int:
    """Prints the document of the program of the command line."""
    if len(sys.argv) != 2:
        print("usage: python3 release/sbom.py PROGRAM", file=sys.stderr)
        return 2
    print(json.dumps(bill(Path(sys.argv[1])), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
