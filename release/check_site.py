# SPDX-License-Identifier: Apache-2.0
"""Checks a built documentation site: python3 release/check_site.py FOLDER.

Each link and picture leads to a file of the site, and to an anchor that it has; no page, script or
style loads anything of another host; each page has one heading of the first level, and no heading
skips a level; the search knows pages, but no decision and no rule. A line per finding; the exit
status is 1 if there is one.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

# Attributes of elements that a browser loads without a click.
LOADED = {("script", "src"), ("img", "src"), ("link", "href"), ("iframe", "src"),
          ("source", "src"), ("video", "src")}


class Page(HTMLParser):
    """The links, loads, anchors and headings of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.anchors: set[str] = set()
        self.levels: list[int] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes the attributes of an element."""
        found = {name: value or "" for name, value in attrs}
        if "id" in found:
            self.anchors.add(found["id"])
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if tag == "a" and "href" in found:
            self.links.append(found["href"])
        # A canonical address is not loaded.
        if found.get("rel") != "canonical":
            self.loads += [found[name] for element, name in LOADED if element == tag
                           and name in found]


def heading_faults(levels: list[int]) -> Iterator[str]:
    """The faults in the levels of the headings of a page."""
    if levels.count(1) != 1:
        yield f"{levels.count(1)} headings of the first level"
    for before, after in zip(levels, levels[1:]):
        if after > before + 1:
            yield f"a heading of level {after} follows one of level {before}"


def search_faults(folder: Path) -> Iterator[str]:
    """Pages that the search lacks, and those that it should leave out."""
    index = folder / "search/search_index.json"
    found = {entry["location"].split("#")[0] for entry in json.loads(index.read_text())["docs"]}
    for name in ("install.html", "yesterday.html", "changelog.html"):
        if name not in {location.lower() for location in found}:
            yield f"{name}: not in the search"
    yield from (f"{name}: in the search" for name in sorted(found)
                if re.match(r"decisions/|rules\.html", name))


def faults(folder: Path) -> Iterator[str]:
    """Each finding of the site, with the page that has it."""
    pages = {path: Page(path.read_text()) for path in sorted(folder.rglob("*.html"))}
    if not pages:
        yield f"{folder}: no pages"
    for path, page in pages.items():
        name = str(path.relative_to(folder))
        # Links of the page of errors begin at the root of a host.
        if name == "404.html":
            continue
        yield from (f"{name}: {fault}" for fault in heading_faults(page.levels))
        for link in page.loads:
            if urlsplit(link).netloc:
                yield f"{name}: loads {link}"
        for link in page.links + page.loads:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc or link == "#":
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            if not target.is_file() or not target.is_relative_to(folder):
                yield f"{name}: {link}: no such file"
            elif parts.fragment and target in pages \
                    and unquote(parts.fragment) not in pages[target].anchors:
                yield f"{name}: {link}: no such anchor"
    yield from search_faults(folder)
    for path in sorted(folder.rglob("*.css")):
        for link in re.findall(r"(?:url\(|@import\s+)['\"]?((?:https?:)?//[^'\")\s]+)",
                               path.read_text()):
            yield f"{path.relative_to(folder)}: loads {link}"


def main() -> int:
    """Prints the findings."""
    folder = Path(sys.argv[1]).resolve()
    found = list(faults(folder))
    print("\n".join(found) if found else f"{folder.name}: no dead link, no request to other hosts")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
