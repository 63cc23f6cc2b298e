# SPDX-License-Identifier: Apache-2.0
"""Roots of other systems: commands that must succeed, a new Debian root, and commands in it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from harness.tools import need

ENVIRONMENT = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C.UTF-8"}


def run(*command: str | Path, **options: object) -> str:
    """The output of a command that must succeed."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env=ENVIRONMENT, timeout=400, check=False, **options)  # type: ignore
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def new_root(root: Path, package: Path, *further: str) -> None:
    """Makes a Debian root with the packages that `package` depends on, and further ones.

    The test is skipped without the right or a mirror to make one.
    """
    tool = need("mmdebstrap", "the package in a clean root")
    if os.geteuid() != 0:
        pytest.skip("not root: the package in a clean root")
    # The mirrors of this machine, security updates included.
    sources = [str(path) for path in Path("/etc/apt").glob("sources.list*/*.sources")]
    needed = run("dpkg-deb", "-f", package, "Depends")
    names = [re.split(r"[ (|]", one.strip())[0] for one in needed.split(",")]
    made = subprocess.run([tool, "--variant=minbase",
                           f"--include={','.join(['systemd', *names, *further])}",
                           "--aptopt=APT::Install-Recommends false", "bookworm", str(root),
                           *sources], capture_output=True, text=True, env=ENVIRONMENT, timeout=400,
                          check=False)
    if made.returncode != 0:
        pytest.skip(f"no Debian mirror, the package in a clean root: {made.stderr[-300:]}")


def in_root(root: Path, *command: str) -> str:
    """Runs a command in the root, with namespaces of its own."""
    return run("unshare", "--mount", "--pid", "--fork", "--kill-child",
               f"--mount-proc={root}/proc", "chroot", root, *command)


def files_of(shown: str) -> set[str]:
    """The names of the libraries that `ldd` has shown, the dynamic linker included."""
    arrows = re.findall(r"^\s*(\S+) => /\S+", shown, re.M)
    return {*arrows, *(Path(path).name for path in re.findall(r"^\s*(/\S+) \(", shown, re.M))}


def program_in(root: Path, user: str, *command: str, **variables: str) -> subprocess.Popen[str]:
    """Starts a program in the root as a user. It reads its arguments from /proc."""
    words = " ".join(f"'{word}'" for word in command)
    start = (f"mount -t proc proc {root}/proc && exec chroot --userspec={user}:{user} {root} "
             f"{words}")
    return subprocess.Popen(["unshare", "--mount", "sh", "-c", start], stderr=subprocess.PIPE,
                            text=True, env={**ENVIRONMENT, **variables})
