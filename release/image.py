# SPDX-License-Identifier: Apache-2.0
"""Writes an image archive of a root filesystem, for podman and docker.

    python3 release/image.py ROOT.tar ARCHIVE.tar VERSION COMMIT ARCHITECTURE

The archive is both an image layout of OCI and an archive of `docker save`, of the same blobs: only
the latter has health checks. Times are SOURCE_DATE_EPOCH, so equal roots give equal archives.
- Source: OCI Image Format Specification 1.1, image-layout.md, manifest.md, config.md
"""

from __future__ import annotations

import datetime
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile
from pathlib import Path

MOMENT = int(os.environ.get("SOURCE_DATE_EPOCH", "0"))
CREATED = datetime.datetime.fromtimestamp(MOMENT, datetime.timezone.utc).strftime(
    "%Y-%m-%dT%H:%M:%SZ")
OCI = "application/vnd.oci.image."


def digest(data: bytes) -> str:
    """The digest of a blob, as descriptors have it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def encoded(value: object) -> bytes:
    """A JSON blob, always with the same bytes."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def configuration(version: str, commit: str, architecture: str, layer: bytes) -> dict:
    """How the program is run; deploy/container/Containerfile states the same."""
    check = 'curl -fsS "http://127.0.0.1:${STREAMER_HTTP_PORT:-8080}/health"'
    return {
        "created": CREATED, "architecture": architecture, "os": "linux",
        "config": {
            "User": "streamer", "ExposedPorts": {"8080/tcp": {}},
            "Env": ["PATH=/usr/sbin:/usr/bin:/sbin:/bin", "SWIFT_BACKTRACE=enable=no"],
            "Entrypoint": ["/usr/bin/streamer"], "StopSignal": "SIGTERM", "WorkingDir": "/",
            "Healthcheck": {"Test": ["CMD-SHELL", check], "Interval": 5_000_000_000,
                            "Timeout": 3_000_000_000},
            "Labels": {
                "org.opencontainers.image.title": "streamer",
                "org.opencontainers.image.version": version,
                "org.opencontainers.image.revision": commit,
                "org.opencontainers.image.licenses": "Apache-2.0"}},
        "rootfs": {"type": "layers", "diff_ids": [digest(layer)]},
        "history": [{"created": CREATED, "created_by": "make dist"}],
    }


def files(root: bytes, version: str, commit: str, architecture: str) -> dict[str, bytes]:
    """The content of the archive by path."""
    blobs: dict[str, bytes] = {}

    def blob(kind: str, data: bytes) -> dict:
        blobs[digest(data)] = data
        return {"mediaType": OCI + kind, "digest": digest(data), "size": len(data)}

    layer = blob("layer.v1.tar+gzip", gzip.compress(root, 6, mtime=0))
    config = blob("config.v1+json", encoded(configuration(version, commit, architecture, root)))
    manifest = blob("manifest.v1+json", encoded({
        "schemaVersion": 2, "mediaType": f"{OCI}manifest.v1+json", "config": config,
        "layers": [layer]}))
    manifest["annotations"] = {"org.opencontainers.image.ref.name": version}
    path = {name: f"blobs/{name.replace(':', '/')}" for name in blobs}
    return {
        "oci-layout": encoded({"imageLayoutVersion": "1.0.0"}),
        "index.json": encoded({"schemaVersion": 2, "mediaType": f"{OCI}index.v1+json",
                               "manifests": [manifest]}),
        "manifest.json": encoded([{
            "Config": path[config["digest"]], "RepoTags": [f"streamer:{version}"],
            "Layers": [path[layer["digest"]]]}]),
        **{path[name]: data for name, data in blobs.items()},
    }


def write(target: Path, content: dict[str, bytes]) -> None:
    """Writes a tar archive: entries in the order of their names, of root, of one time."""
    with tarfile.open(target, "w", format=tarfile.USTAR_FORMAT) as archive:
        for name, data in sorted(content.items()):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime, entry.mode = len(data), MOMENT, 0o644
            archive.addfile(entry, io.BytesIO(data))


def main() -> int:
    """Writes the archive of the command line."""
    if len(sys.argv) != 6:
        print("usage: python3 release/image.py ROOT.tar ARCHIVE.tar VERSION COMMIT ARCHITECTURE",
              file=sys.stderr)
        return 2
    root, target, version, commit, architecture = sys.argv[1:]
    write(Path(target), files(Path(root).read_bytes(), version, commit, architecture))
    return 0


if __name__ == "__main__":
    sys.exit(main())
