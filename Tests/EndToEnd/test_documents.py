# SPDX-License-Identifier: Apache-2.0
"""The documents: links lead somewhere, configurations are accepted, and commands run.

An `sh` block is run, unless the line before it is `<!-- not run: REASON -->`; one after the line
`<!-- beside the block before -->` runs while the commands of the block before do. A block of
`python run` is run against a server. Lines with `make` are not run; their targets must exist. Ports
and the hosts 192.0.2.x are replaced by those of this machine (see harness/commandrun.py). A `json`
block is a configuration file, unless its info string is `json response`; then it must only be JSON.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from harness.commandrun import TOKEN, Commands, is_server
from harness.documents import (
    Block, anchors, blocks, broken_links, commands, documents, joined, make_targets,
)
from harness.http1 import get
from harness.program import Program, start, stop
from harness.sources import clip
from harness.tools import ROOT
from harness.waiting import wait_until

DOCUMENTS = documents()
BLOCKS = [block for path in DOCUMENTS for block in blocks(path, (ROOT / path).read_text())]
SHELL = joined(BLOCKS)
PYTHON = [block for block in BLOCKS if block.language == "python" and block.info == "run"]
JSON = [block for block in BLOCKS if block.language == "json"]


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files that commands and configurations of documents name."""
    folder = tmp_path_factory.mktemp("documents")
    clip(folder / "film.mp4", 3)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "2", "-subj", "/CN=localhost", "-keyout", "key.pem", "-out",
         "cert.pem"],
        cwd=folder, check=True, capture_output=True, timeout=20)
    (folder / "store.key").write_text("identifier\nsecret\n")
    (folder / "keys.json").write_text(json.dumps({"keys": [{"kid": "0" * 31 + digit,
                                                            "key": "f" * 31 + digit}
                                                           for digit in "12"]}))
    for name in ("store.key", "keys.json"):
        (folder / name).chmod(0o600)
    return folder


@pytest.fixture(scope="module")
def served(binary: Path) -> Iterator[Program]:
    """The program that commands without one of their own talk to."""
    program = start(["--resolution", "320x180", "--admin-token", TOKEN])
    yield program
    stop(program)


def configuration_before(block: Block) -> str | None:
    """The text of the last configuration in the document before a block."""
    found = [other.text for other in JSON
             if other.path == block.path and other.line < block.line and not other.info]
    return found[-1] if found else None


def prepared(files: Path, folder: Path) -> Path:
    """A folder for commands, with the files that they name."""
    for file in files.iterdir():
        shutil.copy(file, folder)
    for name in ("client", "Tests"):
        (folder / name).symlink_to(ROOT / name)
    return folder


@pytest.mark.parametrize("path", DOCUMENTS)
def test_links_of_a_document_lead_to_files_and_anchors(path: str) -> None:
    """Every relative link leads to a file, and every anchor to a heading."""
    assert broken_links(path, (ROOT / path).read_text()) == []


def test_the_check_of_links_can_fail() -> None:
    """A link to a missing file and one to a missing heading are found."""
    text = "# A b\n\n[a](#a-b) [b](#c) [c](missing.md) [d](README.md#quick-start) [e](http://x/)\n"
    assert broken_links("x.md", text) == ["x.md: #c: no such heading",
                                          "x.md: missing.md: no such file"]
    assert anchors("# `/time` and [x](y)\n## hls.js and b-c\n") == {"time-and-x", "hlsjs-and-b-c"}


def test_the_readme_is_short() -> None:
    """At most 120 lines; at most 100 columns, except in tables and links."""
    lines = (ROOT / "README.md").read_text().rstrip("\n").split("\n")
    assert len(lines) <= 120
    plain = [re.sub(r"\]\([^)]*\)", "]", line) for line in lines if not line.startswith("|")]
    assert [line for line in plain if len(line) > 100] == []


def test_the_list_of_pages_is_complete() -> None:
    """Every page directly in docs/ is in docs/README.md, which the README links."""
    text = (ROOT / "docs/README.md").read_text()
    pages = [path.removeprefix("docs/") for path in DOCUMENTS
             if re.fullmatch(r"docs/[^/]+\.md", path) and path != "docs/README.md"]
    assert [page for page in pages if f"]({page})" not in text] == []
    assert "](docs/README.md)" in (ROOT / "README.md").read_text()


def test_the_readme_leads_to_pages_by_task() -> None:
    """A table of at most 15 tasks, each with a page."""
    table = (ROOT / "README.md").read_text().split("| I want to… | |\n|---|---|\n")[1]
    rows = table.split("\n\n")[0].split("\n")
    assert 5 < len(rows) <= 15
    assert [row for row in rows if "](docs/" not in row] == []


def test_an_address_of_downloads_is_in_one_place() -> None:
    """A release replaces it there."""
    named = [path for path in DOCUMENTS if "//downloads." in (ROOT / path).read_text()]
    assert named == ["docs/install.md"]
    assert (ROOT / "docs/install.md").read_text().count("https://downloads.example/streamer\n") == 1


def test_each_exception_precedes_a_block_and_has_a_reason() -> None:
    """A comment `not run` without a block would hide nothing, and one without a reason too much."""
    written = sum((ROOT / path).read_text().count("\n<!-- not run:") for path in DOCUMENTS)
    reasons = [block.reason for block in SHELL if block.reason is not None]
    assert len(reasons) == written and all(reasons)


def architecture() -> str:
    """The first page of the architecture, and the pages of its subjects."""
    pages = [ROOT / "docs/ARCHITECTURE.md", *sorted((ROOT / "docs/architecture").glob("*.md"))]
    return "".join(path.read_text() for path in pages)


def test_the_architecture_begins_with_a_short_page_that_links_all_others() -> None:
    """A first reading takes ten minutes."""
    text = (ROOT / "docs/ARCHITECTURE.md").read_text()
    assert text.count("\n") <= 200
    pages = {path.name for path in (ROOT / "docs/architecture").glob("*.md")}
    assert {name for name in pages if f"](architecture/{name})" not in text} == set()


def test_the_files_in_the_architecture_exist() -> None:
    """Each file that the architecture names exists."""
    text = architecture()
    named = set(re.findall(r"`([A-Za-z0-9/+]+/[A-Za-z0-9+]+\.swift)`", text))
    assert {name for name in named if not (ROOT / "Sources" / name).is_file()} == set()


def test_the_files_to_be_edited_exist() -> None:
    """Each file and folder that docs/how-to-add.md names exists."""
    text = (ROOT / "docs/how-to-add.md").read_text()
    named = set(re.findall(r"`((?:Sources|Tests|Fuzz|deploy|docs)/[\w/+.-]+)`", text))
    assert len(named) > 30
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_the_files_that_fuzzing_measures_exist() -> None:
    """Each parser that a fuzzing target names exists: its covered lines are counted."""
    bodies = [path.read_text() for path in (ROOT / "Fuzz/Bodies").glob("*.swift")]
    lists = re.findall(r"sources: \[(.*?)\]", "".join(bodies), re.DOTALL)
    named = set(re.findall(r'"([^"]+)"', "".join(lists)))
    assert len(named) > 40
    assert {name for name in named if not (ROOT / "Sources" / name).is_file()} == set()


def test_the_architecture_lists_every_folder_of_the_sources() -> None:
    """Each target, or each folder in it, has a row in the architecture."""
    text = (ROOT / "docs/architecture/targets.md").read_text()
    targets = [path for path in (ROOT / "Sources").iterdir()
               if path.is_dir() and not (path / "module.modulemap").exists()]
    folders = {str(folder.relative_to(ROOT / "Sources")) for target in targets
               for folder in [target, *(path for path in target.iterdir() if path.is_dir())]
               if any(folder.glob("*.swift"))}
    rows = {name for row in re.findall(r"^\|(.*?)\|", text, re.M)
            for name in re.findall(r"`([\w/]+)`", row)}
    assert {name for name in folders - rows if name.split("/")[0] not in rows} == set()


def test_the_events_in_the_document_are_those_of_the_program() -> None:
    """Each event in docs/observability.md is written by the sources."""
    text = (ROOT / "docs/observability.md").read_text()
    table = text[text.index("| events |"):text.index("Tokens (")]
    listed = {name for row in table.split("\n")
              for name in re.findall(r"`([a-z-]+)`", row.split("|")[1] if "|" in row else "")}
    sources = "".join(path.read_text() for path in (ROOT / "Sources").rglob("*.swift"))
    assert {name for name in listed if f'"{name}"' not in sources} == set()


@pytest.mark.parametrize("block", JSON, ids=str)
def test_a_json_block_is_accepted(block: Block, files: Path, tmp_path: Path) -> None:
    """A configuration starts the program; other JSON is named by its block."""
    json.loads(block.text)
    if block.info in ("response", "request", "keys"):
        return
    run = Commands(prepared(files, tmp_path))
    (tmp_path / "streams.json").write_text(run.local(block.text))
    try:
        run.run("streamer -c streams.json")
    finally:
        run.end()


@pytest.mark.parametrize("block", [block for block in SHELL if not block.reason], ids=str)
def test_the_commands_of_a_block_run(
    block: Block, files: Path, served: Program, tmp_path: Path
) -> None:
    """Each command runs: a server listens, a sender is received, everything else ends well."""
    lines = commands(block.text)
    assert lines, "an empty block"
    targets = {word for line in lines if line.startswith("make ") for word in line.split()[1:]
               if "=" not in word}
    assert targets <= make_targets()
    lines = [line for line in lines if not line.startswith("make ")]
    if not lines:
        return
    has_server = any(is_server(line) for line in lines)
    run = Commands(prepared(files, tmp_path), None if has_server else served.port)
    configuration = configuration_before(block)
    if configuration:
        (tmp_path / "streams.json").write_text(run.local(configuration))
    try:
        for line in lines:
            run.run(line)
        if has_server and any(line.startswith("ffmpeg ") and "|" not in line for line in lines):
            run.expect_ready()
    finally:
        run.end()


@pytest.mark.parametrize("block", PYTHON, ids=str)
def test_a_program_in_python_runs(block: Block, served: Program, tmp_path: Path) -> None:
    """It ends well, and prints the size of pictures."""
    for module in re.findall(r"^import (cv2|av)$", block.text, re.M):
        pytest.importorskip(module, reason=f"{module} not found: {block} is not run")
    wait_until(lambda: get(served.port, "/ready").status == 200, 20, "the stream")
    (tmp_path / "program.py").write_text(
        block.text.replace("localhost:8080", f"127.0.0.1:{served.port}"))
    done = subprocess.run([sys.executable, "program.py"], cwd=tmp_path, capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0 and "(180, 320, 3)" in done.stdout, done.stdout + done.stderr


def test_the_hlsjs_page_of_the_document_plays(browser: Browser, hlsjs: Path, streamer) -> None:
    """The page in docs/embed.md plays in Chromium, and catches up with the target by itself."""
    program = streamer("--resolution", "320x180", "--hlsjs", str(hlsjs))
    [page] = [block.text for block in BLOCKS if block.path == "docs/embed.md"
              and block.language == "html" and "new Hls" in block.text]
    page = re.sub(r"https://cdn\S*hls\.min\.js", "/player/hls.js", page)
    page = page.replace("localhost:8080", f"127.0.0.1:{program.port}")
    context = browser.new_context()
    try:
        view = context.new_page()
        view.route("**/embed.html", lambda route: route.fulfill(
            content_type="text/html", body=page))
        asked: list[str] = []
        view.on("requestfinished", lambda request: asked.append(request.url))
        view.goto(program.url("/embed.html"))
        view.wait_for_function("() => video.currentTime > 0 && hls.playingDate", timeout=15000)
        # It comes to the target, or the script catches up: a loaded machine begins seconds behind.
        view.wait_for_function("""() => video.playbackRate > 1.05 ||
            Date.now() - hls.playingDate.getTime() < 400""", timeout=20000)
        view.wait_for_function("before => video.currentTime > before + 0.5", timeout=20000,
                               arg=view.evaluate("video.currentTime"))
        assert program.url("/time?ms") in asked, "the clock of the server is read"
        assert abs(view.evaluate("ahead")) < 1000, "one machine has one clock"
    finally:
        context.close()
