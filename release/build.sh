#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Puts the files of a release into dist/, after `make deb` and `make docs`. `make dist` runs it.
#
# SOURCE_DATE_EPOCH is the time of all files: that of the commit. STATIC_SCRATCH has the program.
set -euo pipefail
cd "$(dirname "$0")/.."
umask 022
version=$(python3 release/version.py --check)
architecture=$(dpkg --print-architecture)
name=streamer-$version
target=debian12-$architecture
commit=${BUILD_COMMIT:-unknown}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# An archive whose bytes depend on nothing but names and contents: packed FILE FOLDER NAME
packed() {
  tar --sort=name --format=ustar --owner=0 --group=0 --numeric-owner \
    --mtime="@$SOURCE_DATE_EPOCH" --mode='u+rw,go=rX' -C "$2" -c "$3" | gzip -9n > "$1"
}

rm -rf dist
mkdir dist
step() { echo "dist: $1 ($SECONDS s)"; }

step "package of Debian"
cp ".build-deb/streamer_${version}_$architecture.deb" dist/

step "program with units, manual pages and completion"
make -s install-files DESTDIR="$scratch/stage" PREFIX=/usr/local STATIC_SCRATCH="$STATIC_SCRATCH"
mkdir -p "$scratch/$name"
cp -r "$scratch/stage/usr/local/." "$scratch/$name/"
# An archive that is unpacked must not replace settings.
cp "$scratch/stage/etc/streamer/streamer.json" "$scratch/$name/share/streamer/streamer.json"
cp "$scratch/stage/etc/logrotate.d/streamer" "$scratch/$name/share/streamer/logrotate"
cp LICENSE release/INSTALL.md "$scratch/$name/"
packed "dist/$name-$target.tar.gz" "$scratch" "$name"

step "list of components"
python3 release/sbom.py "$scratch/$name/lib/streamer/streamer" > "dist/$name-$target.cdx.json"

# The program in the package and in the archive has none; docs/troubleshooting.md uses them.
step "symbols"
objcopy --only-keep-debug --compress-debug-sections=zlib "$STATIC_SCRATCH/release/streamer" \
  "dist/$name-$target.debug"

step "documentation"
mkdir "$scratch/site"
cp -r .build-docs/site "$scratch/site/$name-docs"
packed "dist/$name-docs.tar.gz" "$scratch/site" "$name-docs"

step "compose, chart and configurations of caches"
mkdir -p "$scratch/deploy/$name-deploy"
git ls-files -z deploy ':!deploy/debian' ':!deploy/systemd' \
  | tar --null -T - -c | tar -x --strip-components=1 -C "$scratch/deploy/$name-deploy"
cp LICENSE "$scratch/deploy/$name-deploy/"
packed "dist/$name-deploy.tar.gz" "$scratch/deploy" "$name-deploy"

step "package of npm"
node client/npm/pack.mjs dist

step "image"
release/root.sh "$PWD/dist/streamer_${version}_$architecture.deb" "$scratch/root.tar"
python3 release/image.py "$scratch/root.tar" "dist/$name-oci-$architecture.tar" "$version" \
  "$commit" "$architecture"

step "notes and sums"
python3 release/notes.py "$version" > dist/RELEASE-NOTES.md
(cd dist && sha256sum -- * > "$scratch/SHA256SUMS" && mv "$scratch/SHA256SUMS" .)
step "complete"
ls -l dist
