# SPDX-License-Identifier: Apache-2.0
"""A reader of our own Media Playlists (RFC 8216bis).

It refuses unreadable playlists, and breaks of rules that `streamer validate` lacks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

ATTRIBUTE = re.compile(r'([A-Z0-9-]+)=("[^"\r\n]*"|[^",\s]+)(?:,|$)')
# Tags before the first segment.
HEAD = {
    "EXT-X-VERSION", "EXT-X-TARGETDURATION", "EXT-X-MEDIA-SEQUENCE",
    "EXT-X-DISCONTINUITY-SEQUENCE", "EXT-X-PART-INF", "EXT-X-SERVER-CONTROL", "EXT-X-SKIP",
    "EXT-X-INDEPENDENT-SEGMENTS",
}


@dataclass(frozen=True)
class Part:
    """One EXT-X-PART."""

    uri: str
    duration: Decimal
    independent: bool = False
    gap: bool = False


@dataclass(frozen=True)
class Segment:
    """One Media Segment with the tags before it; `uri` is None for the open segment."""

    msn: int
    uri: str | None
    duration: Decimal
    pdt: str | None
    discontinuity: bool
    gap: bool
    map_uri: str | None
    parts: tuple[Part, ...]

    def milliseconds(self) -> int:
        """PROGRAM-DATE-TIME in Unix milliseconds."""
        if self.pdt is None:
            raise AssertionError(f"segment {self.msn} has no EXT-X-PROGRAM-DATE-TIME")
        when = datetime.fromisoformat(self.pdt.replace("Z", "+00:00"))
        return round(when.timestamp() * 1000)


@dataclass
class Playlist:
    """A parsed playlist: full or delta, live or ended."""

    text: str
    tags: dict[str, str] = field(default_factory=dict)
    segments: list[Segment] = field(default_factory=list)
    open_parts: tuple[Part, ...] = ()
    open_segment: Segment | None = None
    hints: list[dict[str, str]] = field(default_factory=list)
    skipped: int = 0

    @property
    def media_sequence(self) -> int:
        """EXT-X-MEDIA-SEQUENCE (default 0)."""
        return int(self.tags.get("EXT-X-MEDIA-SEQUENCE", "0"))

    @property
    def target_duration(self) -> int:
        """EXT-X-TARGETDURATION in seconds."""
        return int(self.tags["EXT-X-TARGETDURATION"])

    @property
    def version(self) -> int:
        """EXT-X-VERSION (default 1)."""
        return int(self.tags.get("EXT-X-VERSION", "1"))

    @property
    def part_target(self) -> Decimal:
        """PART-TARGET in seconds."""
        return Decimal(attributes(self.tags["EXT-X-PART-INF"])["PART-TARGET"])

    @property
    def server_control(self) -> dict[str, str]:
        """Attributes of EXT-X-SERVER-CONTROL."""
        return attributes(self.tags.get("EXT-X-SERVER-CONTROL", ""))

    @property
    def ended(self) -> bool:
        """Whether it carries EXT-X-ENDLIST."""
        return "EXT-X-ENDLIST" in self.tags

    @property
    def last_complete(self) -> int:
        """L of docs/rules.md: number of the last segment with EXTINF and URI."""
        return self.segments[-1].msn if self.segments else self.media_sequence + self.skipped - 1

    @property
    def last_part(self) -> tuple[int, int]:
        """(P, k) of docs/rules.md: segment number and index of the last part."""
        if self.open_parts:
            return self.last_complete + 1, len(self.open_parts) - 1
        return self.last_complete, len(self.segments[-1].parts) - 1

    @property
    def hinted(self) -> str | None:
        """URI of the hinted part."""
        return next((h["URI"] for h in self.hints if h.get("TYPE") == "PART"), None)

    def all_parts(self) -> list[tuple[int, int, Part]]:
        """(msn, index, part) of every listed part."""
        listed = [(s.msn, k, p) for s in self.segments for k, p in enumerate(s.parts)]
        return listed + [(self.last_complete + 1, k, p) for k, p in enumerate(self.open_parts)]


def attributes(text: str) -> dict[str, str]:
    """Reads an attribute list; AssertionError if it cannot be read."""
    found, offset = {}, 0
    while offset < len(text):
        match = ATTRIBUTE.match(text, offset)
        assert match, f"attribute list: {text[offset:]!r} in {text!r}"
        name, value = match.groups()
        found[name] = value.strip('"')
        offset = match.end()
    return found


def _part(value: str) -> Part:
    found = attributes(value)
    unknown = set(found) - {"URI", "DURATION", "INDEPENDENT", "BYTERANGE", "GAP"}
    assert not unknown, f"PL-07 unknown attributes in EXT-X-PART: {unknown}"
    flags = {name: found.get(name) == "YES" for name in ("INDEPENDENT", "GAP")}
    return Part(found["URI"], Decimal(found["DURATION"]), flags["INDEPENDENT"], flags["GAP"])


def parse(text: str) -> Playlist:
    """Reads a playlist; AssertionError that names the violated rule, if it has one."""
    lines = text.replace("\r\n", "\n").split("\n")
    assert lines[0] == "#EXTM3U", f"no playlist: {text[:100]!r}"
    assert text.endswith("\n"), "last line without an end"
    playlist = Playlist(text)
    state = _fresh(None)
    for line in lines[1:]:
        if not line:
            continue
        if not line.startswith("#"):
            assert state["duration"] is not None, f"URI without EXTINF: {line}"
            _close(playlist, state, line)
            state = _fresh(state["map"])
            continue
        if not line.startswith("#EXT"):
            continue
        name, _, value = line[1:].partition(":")
        _take(playlist, state, name, value)
    playlist.open_parts = tuple(state["parts"])
    if state["parts"] or state["pdt"]:
        playlist.open_segment = _segment(playlist, state, None)
    return playlist


def _fresh(map_uri: str | None) -> dict:
    return {"parts": [], "pdt": None, "duration": None, "disc": False, "gap": False, "map": map_uri}


def _segment(playlist: Playlist, state: dict, uri: str | None) -> Segment:
    msn = playlist.media_sequence + playlist.skipped + len(playlist.segments)
    return Segment(msn, uri, state["duration"] or Decimal(0), state["pdt"], state["disc"],
                   state["gap"], state["map"], tuple(state["parts"]))


def _close(playlist: Playlist, state: dict, uri: str) -> None:
    playlist.segments.append(_segment(playlist, state, uri))


def _take(playlist: Playlist, state: dict, name: str, value: str) -> None:
    if name in HEAD:
        assert not playlist.segments and not state["parts"], f"PL-28 {name} after a segment"
    if name in HEAD or name == "EXT-X-ENDLIST":
        playlist.tags[name] = value
    if name == "EXT-X-SKIP":
        for needed in ("EXT-X-MEDIA-SEQUENCE", "EXT-X-DISCONTINUITY-SEQUENCE"):
            assert needed in playlist.tags, f"PL-15 {needed} not before EXT-X-SKIP"
        playlist.skipped = int(attributes(value)["SKIPPED-SEGMENTS"])
        assert playlist.skipped > 0, "PL-15 EXT-X-SKIP of nothing"
    elif name == "EXT-X-PART":
        assert state["duration"] is None, "PL-09 EXT-X-PART between EXTINF and URI"
        state["parts"].append(_part(value))
    elif name == "EXTINF":
        state["duration"] = Decimal(value.split(",")[0])
    elif name in ("EXT-X-PROGRAM-DATE-TIME", "EXT-X-DISCONTINUITY", "EXT-X-MAP"):
        if name == "EXT-X-MAP":
            state["map"] = attributes(value)["URI"]
        elif name == "EXT-X-DISCONTINUITY":
            state["disc"] = True
        else:
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}(Z|[+-]\d\d:?\d\d)",
                                value), value
            state["pdt"] = value
    elif name == "EXT-X-GAP":
        state["gap"] = True
    elif name == "EXT-X-PRELOAD-HINT":
        hint = attributes(value)
        assert set(hint) <= {"TYPE", "URI", "BYTERANGE-START", "BYTERANGE-LENGTH"}, f"PL-13 {value}"
        playlist.hints.append(hint)
