# SPDX-License-Identifier: Apache-2.0
"""The modules of the package of npm: imported under node, and their types in JSX of React."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.tools import ROOT, need

# A component with types, and two errors in it.
TYPED = """
import React, { useRef } from 'react';
import type { LivePlayer } from 'streamer-live-player';
import 'streamer-live-player/ENTRY';

export function Live({ src }: { src: string }) {
  const player = useRef<LivePlayer>(null);
  const seconds: number | null | undefined = player.current?.latency;
  return (
    <p title={`${seconds} s`}>
      <live-player ref={player} src={src} target={0.5} transport="ws" muted controls
        onlatency={({ detail }) => { player.current!.title = `${detail.latency}`; }} />
    </p>
  );
}
// @ts-expect-error
export const wrongValue = <live-player src={5} />;
// @ts-expect-error
export const wrongName = <live-video />;
"""


def test_all_modules_can_be_imported_without_a_document(modules: Path) -> None:
    """A server that renders pages by node imports each module, and no element is defined."""
    node = need("node", "the package of npm on a server")
    facts = json.loads((modules / "node_modules/streamer-live-player/package.json").read_text())
    names = [f"streamer-live-player{name[1:]}" for name, export in facts["exports"].items()
             if isinstance(export, dict) and "default" in export]
    assert len(names) >= 3
    script = "".join(f"await import('{name}');\n" for name in names)
    done = subprocess.run([node, "--input-type=module", "-e", script], cwd=modules, check=False,
                          capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def test_npm_installs_the_archive_by_the_notes(dist, tmp_path: Path) -> None:
    """The command of the notes, beside the archive, makes the module available to node."""
    need("npm", "the package of npm")
    notes = subprocess.run(
        [sys.executable, str(ROOT / "release/notes.py"), dist.version], capture_output=True,
        text=True, check=True, timeout=30).stdout
    [command] = [line for line in notes.splitlines() if line.startswith("npm install ")]
    shutil.copy(dist.file("streamer-live-player-*.tgz"), tmp_path)
    offline = f"{command} --offline --no-audit --no-fund"
    subprocess.run(["sh", "-ec", f"{offline} && node --input-type=module -e "
                    "\"await import('streamer-live-player')\""], cwd=tmp_path, check=True,
                   timeout=60)


def react_types(frameworks: Path, folder: Path, has_global: bool) -> None:
    """The types of Debian's React 18.0; or in the form of React 19, without a global namespace."""
    shutil.copytree(frameworks / "@types/react", folder / "@types/react")
    if has_global:
        return
    types, runtime = (folder / "@types/react" / name for name in ("index.d.ts", "jsx-runtime.d.ts"))
    text = types.read_text()
    assert text.count("declare global {\n    namespace JSX {") == 1
    types.write_text(text.replace("declare global {\n    namespace JSX {",
                                  "declare namespace React {\n    namespace JSX {"))
    names = ("Element", "ElementClass", "ElementAttributesProperty", "ElementChildrenAttribute",
             "IntrinsicAttributes", "IntrinsicElements")
    members = "\n".join(f"interface {name} extends React.JSX.{name} {{}}" for name in names)
    runtime.write_text(f"import * as React from './';\nexport namespace JSX {{\n{members}\n}}\n")


@pytest.mark.parametrize("jsx", ["react", "react-jsx"])
@pytest.mark.parametrize(("entry", "has_global"), [("react", False), ("react-global", True)])
def test_jsx_of_react_knows_the_element(modules: Path, frameworks: Path, tmp_path: Path,
                                        entry: str, has_global: bool, jsx: str) -> None:
    """The type checker knows attributes, events and `ref`, and sees errors in them."""
    tsc = need("tsc", "types of the package of npm")
    react_types(frameworks, tmp_path / "node_modules", has_global)
    (tmp_path / "node_modules/streamer-live-player").symlink_to(
        modules / "node_modules/streamer-live-player")
    (tmp_path / "live.tsx").write_text(TYPED.replace("ENTRY", entry))
    done = subprocess.run(
        [tsc, "--noEmit", "--strict", "--skipLibCheck", "--target", "es2022", "--module", "es2022",
         "--moduleResolution", "node", "--jsx", jsx, "--allowSyntheticDefaultImports",
         "--preserveSymlinks", "--types", "react", "live.tsx"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stdout
