#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds the program in a root of another Debian release, whose FFmpeg is another version, and runs
# the unit tests there. Warnings are errors, in C headers too. Needs root and mmdebstrap; the Swift
# toolchain of this machine is used in the root. QUICK=1: the program, and the pure unit tests only.
#
# Tests/other_debian.sh [RELEASE [FOLDER]]    RELEASE (default trixie) in FOLDER (default
#                                             .build-RELEASE), which is kept for the next run
set -euo pipefail
cd "$(dirname "$0")/.."
release=${1:-trixie}
root=$(realpath -m "${2:-.build-$release}")
toolchain=$(dirname "$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")")
# Emulated cameras need a preloaded function of the C library of Debian 12. The nghttp2 of Debian 13
# resets requests with user info in :authority by itself, which one row expects to be answered.
without='CameraTests|FrameViolationTests'

# The toolchain needs the second line.
packages="$(make -s print-RUN_PACKAGES) ffmpeg make g++ libc6-dev binutils git openssl
  libxml2 libedit2 libcurl4 libsqlite3-0 libncurses6 libz3-4"
if [ "$(cat "$root/.packages" 2>/dev/null)" != "$packages" ]; then
  [ ! -e "$root/.packages" ] || rm -rf --one-file-system "$root"
  mmdebstrap --mode=root --variant=minbase --include="$(echo $packages)" "$release" "$root"
  printf '127.0.0.1 localhost\n::1 localhost\n' > "$root/etc/hosts"
  echo "$packages" > "$root/.packages"
fi
rm -rf "$root/src"/*
mkdir -p "$root/src" "$root$toolchain"
git ls-files -z | tar --null -T - -c | tar -x -C "$root/src"

export root toolchain without
export QUICK=${QUICK:-}
exec unshare -m --propagation private bash -euc '
  mount --bind "$toolchain" "$root$toolchain"
  mount -t proc proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/tmp"
  exec chroot "$root" env -i HOME=/root LANG=C.UTF-8 toolchain="$toolchain" \
    without="$without" QUICK="$QUICK" \
    PATH="$toolchain/usr/bin:/usr/sbin:/usr/bin:/sbin:/bin" bash -euc "
      cd /src
      ffmpeg -version | head -1
      # Swift hides warnings of system headers.
      gcc -std=gnu11 -fsyntax-only -Wall -Wextra -Werror -x c Sources/CFFmpeg/cffmpeg.h
      set -- -Xswiftc -no-emit-module-separately-wmo -Xswiftc -whole-module-optimization \
        -Xswiftc -num-threads -Xswiftc 2
      if [ -n \"\$QUICK\" ]; then
        env -u QUICK swift build \"\$@\" --product streamer
      else
        unset QUICK
      fi
      swift build \"\$@\" --build-tests
      timeout 1500 swift test \"\$@\" --skip-build --skip \"\$without\""
'
