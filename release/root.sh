#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Makes the root filesystem of the image: Debian's minimal system, the package, and the programs and
# fonts that it recommends.
#
#     release/root.sh PACKAGE.deb ROOT.tar
set -euo pipefail
package=$1
root=$2
# The mirrors of this machine, security updates included.
mapfile -t sources < <(compgen -G '/etc/apt/sources.list.d/*.sources'; true)
# shellcheck disable=SC2016  # mmdebstrap gives $1 to its hooks.
mmdebstrap --quiet --variant=minbase --aptopt='APT::Install-Recommends false' \
  --include=ca-certificates,curl,fonts-dejavu-core,libavfilter8,libcurl4 \
  --include=systemd-standalone-sysusers \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
  --customize-hook="upload '$package' /tmp/streamer.deb" \
  --customize-hook='chroot "$1" apt-get install -y -qq /tmp/streamer.deb' \
  --customize-hook='rm -f "$1"/tmp/streamer.deb "$1"/var/log/*.log "$1"/var/log/apt/*' \
  --customize-hook='rm -rf "$1"/var/cache/ldconfig "$1"/var/cache/debconf/*-old' \
  bookworm "$root" "${sources[@]}"
