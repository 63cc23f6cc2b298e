# SPDX-License-Identifier: Apache-2.0
"""Documents of a server that exists in tests of pages only: many streams, each state, viewers."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from typing import Any

NAMES = ("North gate", "South gate", "Lobby", "Loading dock", "Harbour street", "Parking P1",
         "Parking P2", "Quay 4", "Roof west", "Roof east", "Server room", "Workshop",
         "Night shift", "Stairs", "Yard")
HOUR = 3600 * 10**9
COLUMNS = ("t", "ws", "http", "llhls", "hls", "dash", "relay", "kbps", "min", "p50", "p95", "max",
           "stalls", "drops")
AGENT = ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0 "
         "Safari/537.36")


def stream(name: str, label: str = "", state: str = "live", *, online: bool = True,
           on_demand: bool = False, outage: dict[str, Any] | None = None) -> dict[str, Any]:
    """An element of /streams.json."""
    since = time.time_ns() - HOUR
    found = {"name": name, "label": label or name, "state": state, "onDemand": on_demand}
    if state == "live":
        found["source"] = {"online": online, "since": since}
    if outage:
        found["outage"] = {"since": since, **outage}
    return found


def many(count: int = len(NAMES), lost: Sequence[int] = (4, 9)) -> list[dict[str, Any]]:
    """Streams that play, but those at the indices `lost`."""
    return [stream(f"cam{index}", NAMES[index], online=index not in lost)
            for index in range(count)]


def each_state() -> list[dict[str, Any]]:
    """A stream in each state that the page has words for."""
    soon = time.time_ns() + 12 * 10**9
    refused = {"kind": "denied", "text": "the source refuses access: it asked for another password",
               "retry": soon}
    return [
        stream("gate", "North gate"), stream("street", "Harbour street"),
        stream("stage", "Main stage", online=False),
        stream("yard", "Back yard", "starting", outage=refused),
        stream("show", "Evening show", "starting",
               outage={"kind": "no-publisher", "text": "waiting for a publisher"}),
        stream("workshop", "Workshop", "idle", on_demand=True),
        stream("roof", "A roof with a name that is far too long for one line", "starting"),
        stream("concert", "Concert", "ended"), stream("server", "Server room", "failed"),
    ]


def _history(now: int, viewers: int, delay: float) -> dict[str, Any]:
    """Ten minutes of a stream whose number of viewers rises and falls."""
    rows = list[list[float | None]]()
    for index in range(300):
        count = int(viewers * (0.8 + 0.2 * math.sin(index / 40)))
        ws, http = count // 2, count // 3
        delays = [delay * share for share in (0.6, 1, 1.6, 2.2)] if count else [None] * 4
        at = (now - 600_000) // 2000 * 2000 + 2000 * index
        rows.append([at, ws, http, count - ws - http, 0, 0, 0, count * 2300, *delays,
                     int(count > 0 and index % 100 == 99), 0])
    return {"columns": COLUMNS, "rows": rows}


def watched(name: str, viewers: int, delay: float, now: int, state: str = "live") -> dict[str, Any]:
    """An element of /stats.json."""
    delays = {name: round(delay * share) for name, share in (
        ("min", 0.6), ("avg", 1), ("p50", 1), ("p95", 1.6), ("max", 2.2))}
    summary = {"viewers": viewers, "transports": {"ws": viewers}, "kbps": viewers * 2300,
               **({"delay": delays, "rtt": 12} if viewers else {})}
    persons = [{"sid": f"{index:x}", "ip": "192.0.2.0", "ua": AGENT,
                "transport": ("ws", "http", "llhls")[index % 3], "rendition": "1080p",
                "kbps": 2300, "skips": 0, "delay": delay + index * 7 % 90, "buf": 90,
                "rtt": 9 + index, "drops": 0, "stalls": int(index == 4),
                "since": now - 60_000 * (index + 3)}
               for index in range(min(viewers, 30))]
    return {"name": name, "state": state, "since": now - 7_920_000, "aggregate": summary,
            "renditions": [{"name": "1080p", **summary}] if viewers else [], "viewers": persons,
            "omitted": viewers - len(persons), "history": _history(now, viewers, delay)}


def statistics(is_quiet: bool = False) -> dict[str, Any]:
    """/stats.json of nine streams, five of them with viewers."""
    now = int(time.time() * 1000)
    rows: Iterator[tuple[str, int, float]] = iter((
        ("stage", 218, 188), ("street", 14, 112), ("gate", 3, 76), ("dock", 1, 94),
        ("yard", 2, 140)))
    busy = [watched(name, 0 if is_quiet else count, delay, now) for name, count, delay in rows]
    return {"now": now, "streams": [*busy, watched("show", 0, 0, now, "starting"),
                                    watched("workshop", 0, 0, now, "idle"),
                                    watched("roof", 0, 0, now),
                                    watched("server", 0, 0, now, "failed")]}
