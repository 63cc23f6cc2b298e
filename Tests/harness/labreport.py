# SPDX-License-Identifier: Apache-2.0
"""Makes one report from the records of the probe in a player: latency, stalls, frames."""

from __future__ import annotations

from collections import Counter
from typing import Any

STALL_MS = 200  # time without a new frame, beyond the frame duration
# [shown ms, burned clock or None, presented frames, media time, rate, buffer ahead]
Sample = list[Any]


def percentile(values: list[float], share: float) -> float | None:
    """The value below which a `share` (0 to 1) of the values is."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def summary(values: list[float]) -> str:
    """The median, the 95th percentile and the maximum of times in ms."""
    return (f"median {percentile(values, 0.5):.0f}, p95 {percentile(values, 0.95):.0f}, "
            f"max {max(values):.0f} ms")


def advances(samples: list[Sample], field: int) -> list[float]:
    """Times of frames newer than all before, by `field`: 1 = burned clock, 3 = media time."""
    shown, highest = [], float("-inf")
    for sample in samples:
        if sample[field] is not None and sample[field] > highest:
            highest = sample[field]
            shown.append(sample[0])
    return shown


def longest_pause(samples: list[Sample], field: int = 1) -> tuple[float, float]:
    """Start and end (ms) of the longest time without a newer frame."""
    shown = advances(samples, field)
    return max(zip(shown, shown[1:]), key=lambda pair: pair[1] - pair[0],
               default=(0.0, float("inf")))


def pauses(samples: list[Sample], frame_ms: float) -> list[tuple[float, float]]:
    """(shown, length ms) of each time longer than STALL_MS without a newer frame."""
    shown = advances(samples, 1)
    return [(round(a), round(b - a - frame_ms)) for a, b in zip(shown, shown[1:])
            if b - a > STALL_MS + frame_ms]


def between(data: dict[str, Any], since: float, until: float) -> list[Sample]:
    """The samples shown between two times (Unix ms)."""
    return [sample for sample in data["samples"] if since <= sample[0] <= until]


def report(data: dict[str,
                      Any], *, fps: float = 30, warm_up: float = 3, opened: float | None = None,
           since: float | None = None, until: float = float("inf")) -> dict[str, Any]:
    """The report for JSON; times are in ms unless the key has a unit."""
    frame_ms = 1000 / fps
    every = data["samples"]
    first = every[0][0] if every else None
    begin = since if since is not None else (first or 0) + warm_up * 1000
    samples = between(data, begin, until)
    decoded = [s for s in samples if s[1] is not None]
    late = [s[0] - s[1] for s in decoded]
    clocks = [s[1] for s in decoded]
    span = (max(clocks) - min(clocks)) if clocks else 0
    wall = (samples[-1][0] - samples[0][0]) if samples else 0
    expected = round(span / frame_ms) + 1 if clocks else 0
    waits = [[round(a), round(b - a) if b else None] for a, b in data["waits"]
             if begin <= a <= until]
    # A busy page has fewer callbacks than frames were shown: the numbers of frames count them all.
    presented = samples[-1][2] - samples[0][2] + 1 if samples else 0
    seen = max(len(set(clocks)), min(presented, expected))
    # No more frames can be shown than the page is drawn.
    drawn = sum(samples[0][0] <= at <= samples[-1][0] for at in data.get("refreshes", ())) \
        if samples else 0
    possible = min(expected, drawn) if drawn else expected
    state = data.get("state", {})
    return {
        "startup_ms": round(first - (opened or data["opened"])) if first else None,
        "latency_player_ms": _thousand(state.get("hlsLatency")),
        "latency_pdt_ms": state.get("pdtLatency"),
        "glass_to_glass_ms": {
            "min": _whole(min(late, default=None)),
            "p50": _whole(percentile(late, 0.5)),
            "p95": _whole(percentile(late, 0.95)),
            "max": _whole(max(late, default=None)),
            "last": _whole(late[-1] if late else None),
        },
        "stalls": [[a, length] for a, length in pauses(samples, frame_ms)],
        "waits": waits,
        "seeks": [[round(at), round(to, 3)] for at, to in data["seeks"] if begin <= at <= until],
        "frames": {
            "callbacks": len(samples), "decoded": len(decoded), "distinct": len(set(clocks)),
            "presented": presented, "drawn": drawn,
            "expected": expected, "share": round(min(1, seen / possible), 4) if possible else 0
        },
        "clock_span_s": round(span / 1000, 3),
        "wall_span_s": round(wall / 1000, 3),
        "playback_rates": {
            str(k): v
            for k, v in Counter(round(s[4], 2) for s in samples).most_common(5)
        },
        "buffer_s": {
            "p50": percentile([s[5] for s in samples], 0.5), "min": min((s[5] for s in samples),
                                                                        default=None)
        },
        "current_time": state.get("currentTime"),
        "size": f"{state.get('width')}x{state.get('height')}",
        "errors": data["errors"][:20],
        "page_errors": data.get("page_errors", [])[:20],
        "bad_responses": data.get("bad_responses", [])[:20],
    }


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)


def _thousand(value: float | None) -> int | None:
    return None if value is None else round(value * 1000)


def plays_well(found: dict[str, Any], seconds: float) -> list[str]:
    """The reasons why a run does not count as playing; empty if it does."""
    wrong = []
    late = found["glass_to_glass_ms"]["p50"]
    if found["clock_span_s"] < 0.8 * seconds:
        wrong.append(f"the clock advanced {found['clock_span_s']} s in {seconds} s")
    if found["frames"]["share"] < 0.9:
        wrong.append(f"only {found['frames']['share']:.0%} of the frames were shown")
    if len(found["stalls"]) > 1:
        wrong.append(f"{len(found['stalls'])} stalls: {found['stalls']}")
    if late is None or not 0 <= late <= 3000:
        wrong.append(f"latency {late} ms is not within 0-3 s")
    return wrong
