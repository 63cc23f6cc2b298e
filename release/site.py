# SPDX-License-Identifier: Apache-2.0
"""Hooks of mkdocs: the pages outside docs/, links to the repository, and the navigation.

README.md is the first page, and the lists in docs/README.md are the navigation. Links are written
for the repository, so that they work there; a link that leaves docs/ is changed to the page of the
site. A file that is no page is copied into the site. A link to a missing file is left as it is, and
mkdocs reports it. The search leaves out decisions and rules. The variable DOWNLOAD replaces the
address of downloads in the pages.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
# Pages outside docs/, by their path in the repository.
OUTSIDE = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "client/README.md",
           "Tests/README.md"]
FENCE = re.compile(r"^( *)(```|~~~).*?^\1\2 *$", re.MULTILINE | re.DOTALL)
# The second word of a block's opening is for the tests.
OPENING = re.compile(r"^( *(?:```|~~~)\w+) .*$", re.MULTILINE)
LINK = re.compile(r"(?<=\]\()([^)\s#]+)(#[^)\s]*)?(?=\))")
# The list of pages: `README.md` is the first page of a folder for mkdocs.
LISTS = "docs/README.md"
LISTS_PAGE = "pages.md"
UNSEARCHED = re.compile(r"decisions/|rules\.md$")
# The only address of downloads in the documents, in docs/install.md; `make docs DOWNLOAD=URL`.
EXAMPLE_DOWNLOAD = "https://downloads.example/streamer"
LIST = re.compile(r"^- ([A-Z]\w+): (.*?)(?=^- |^$)", re.MULTILINE | re.DOTALL)


def site_path(repository: str) -> str:
    """The place in the site of a file of the repository."""
    if repository == "README.md":
        return "index.md"
    if repository == LISTS:
        return LISTS_PAGE
    if repository.startswith("docs/"):
        return repository.removeprefix("docs/")
    return repository if repository in OUTSIDE else f"files/{repository}"


def repository_path(page: str) -> str:
    """The place in the repository of a page of the site."""
    if page == "index.md":
        return "README.md"
    if page == LISTS_PAGE:
        return LISTS
    return page if page in OUTSIDE else f"docs/{page}"


def sections() -> list[tuple[str, list[str]]]:
    """The lists of docs/README.md: their names, and the files that they link."""
    return [(name, [posixpath.normpath(f"docs/{found[1]}") for found in LINK.finditer(body)
                    if found[1].endswith(".md")])
            for name, body in LIST.findall((ROOT / LISTS).read_text())]


def on_config(config: Any) -> Any:
    """The navigation: each list of pages; a page with a folder of its name has its pages."""
    listed = []
    for name, pages in sections():
        entries: list[Any] = []
        for page in map(site_path, pages):
            folder = ROOT / "docs" / page.removesuffix(".md").lower()
            if page.endswith("decisions/README.md"):
                folder = ROOT / "docs/decisions"
            inner = sorted(f"{folder.name}/{path.name}" for path in folder.glob("*.md")
                           if path.name != "README.md")
            title = (ROOT / repository_path(page)).read_text().split("\n", 1)[0].strip("# ")
            entries.append({title: [page, *inner]} if inner else page)
        listed.append({name: entries})
    config["nav"] = [{"streamer": "index.md"}, {"All pages": LISTS_PAGE}, *listed]
    return config


def on_files(files: Files, config: Any) -> Files:
    """Adds the pages outside docs/, the files that pages link, and the script of the search."""
    files.append(File.generated(config, "assets/iframe-worker.js",
                                content=(ROOT / "release/iframe-worker.js").read_text()))
    for name in [*OUTSIDE, LISTS]:
        files.append(File.generated(config, site_path(name), content=(ROOT / name).read_text()))
    linked = {target for file in files.documentation_pages()
              for target in targets(file.src_uri, file.content_string)}
    for target in sorted(linked):
        place = site_path(target)
        if place.startswith("files/") and (ROOT / target).is_file():
            files.append(File.generated(config, place, content=(ROOT / target).read_bytes()))
    return files


def resolved(page: str, link: str) -> str | None:
    """The file of the repository that a page links; None for an address."""
    if re.match(r"[a-z]+:", link):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(repository_path(page)), link))


def targets(page: str, text: str) -> set[str]:
    """The files of the repository that a page links."""
    return {target for found in LINK.finditer(text) if (target := resolved(page, found[1]))}


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Changes links, except in blocks of code, to places of the site; and openings of blocks."""
    own = page.file.src_uri
    if UNSEARCHED.match(own):
        page.meta["search"] = {"exclude": True}
    markdown = markdown.replace(EXAMPLE_DOWNLOAD, os.environ.get("DOWNLOAD") or EXAMPLE_DOWNLOAD)

    def changed(found: re.Match[str]) -> str:
        target = resolved(own, found[1])
        if target is None or not (ROOT / target).is_file():
            return found[0]
        place = posixpath.relpath(site_path(target), posixpath.dirname(own) or ".")
        return place + (found[2] or "")

    pieces, last = [], 0
    for block in FENCE.finditer(markdown):
        pieces += [LINK.sub(changed, markdown[last:block.start()]),
                   OPENING.sub(r"\1", block[0], count=1)]
        last = block.end()
    return "".join([*pieces, LINK.sub(changed, markdown[last:])])
