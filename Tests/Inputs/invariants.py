# SPDX-License-Identifier: Apache-2.0
"""The invariants of a stream, checked on lists of frames, beeps and lines: no program is needed."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from allowed import Allowed
from samples import CLOCK, Material
from showing import Beep, Frame, Shown

# The media that passes until a source is read, and until an encoder has started, in seconds, on a
# busy machine: limits against hanging.
SOURCE_STARTS, ENCODER_STARTS = 2.2, 6
# The share of sent frames that an encoder on a busy machine may leave out, if it counts more.
MOST_LEFT_OUT = 0.4
# The most by which the offset of audio and video may change from the start to the end.
MOST_DRIFT = 0.030
# The most seconds after the start of a stream at which its first beep is heard.
MOST_LATE = 0.2
# The events of lines that explain a Discontinuity.
EXPLAINING = ("irregular", "source-silent", "source-gone", "source-gap", "source-ended",
              "publish-ended", "publish-lost", "parameters", "audio-parameters", "audio-appeared",
              "unfit", "other-rate", "passthrough", "tracks-changed")


@dataclass(frozen=True)
class Line:
    """A warning or error of the log, or the event of a lower level."""

    event: str
    level: str
    message: str


def numbered(frames: Iterable[Frame]) -> list[Frame]:
    """The frames from the first one with a number to the last; slate surrounds them."""
    found = list(frames)
    places = [at for at, one in enumerate(found) if one.number is not None]
    return found[places[0]:places[-1] + 1] if places else []


def without_damaged(frames: Sequence[Frame], material: Material) -> list[Frame]:
    """The frames; damaged ones, which show blocks of earlier frames, have no number.

    They follow the last whole frame before a damage, until the next key frame.
    """
    video = sorted((one for one in material.samples if one.is_video), key=lambda one: one.number)
    spans_of: list[tuple[int, int]] = []
    before = -1
    for sample in video:
        if sample.is_damaged:
            if not spans_of or spans_of[-1][1] != 2**31:
                spans_of.append((before, 2**31))
        else:
            before = sample.number
            if spans_of and spans_of[-1][1] == 2**31:
                spans_of[-1] = (spans_of[-1][0], sample.number)
    found, current = [], None
    for frame in frames:
        number = frame.number
        if current and number is not None and number >= current[1]:
            current = None
        if current:
            frame = Frame(None, frame.time, frame.period)
        elif number is not None:
            current = next((one for one in spans_of if one[0] == number), None)
        found.append(frame)
    return found


def check_order(frames: Sequence[Frame], is_encoded: bool) -> list[str]:
    """No number is lower than one before; passed through, none is repeated."""
    faults, before = [], -1
    for frame in frames:
        if frame.number is None:
            continue
        if frame.number < before:
            faults.append(f"a step back from {before} to {frame.number}")
        elif frame.number == before and not is_encoded:
            faults.append(f"{frame.number} is shown twice")
        before = max(before, frame.number)
    return faults


def check_times(frames: Sequence[Frame], material: Material) -> list[str]:
    """Times rise within a period, by whole frame durations."""
    faults = []
    for before, frame in zip(frames, frames[1:]):
        step = (frame.time - before.time) * material.rate(before.number or 0)
        if frame.period != before.period:
            continue
        if step <= 0.01:
            faults.append(f"time {frame.time:.3f} after {before.time:.3f}")
        elif abs(step - round(step)) > 0.05:
            faults.append(f"a step of {step:.2f} frames at {before.number}")
    return faults


def check_complete(frames: Sequence[Frame], material: Material, allowed: Allowed,
                   is_encoded: bool, left_out: int) -> list[str]:
    """All frames that were sent are shown; the stream begins with the first, and goes on.

    An encoder on a busy machine leaves frames out: those that the program has counted.
    """
    sent = [one for one in material.samples if one.is_video]
    whole = sorted({one.number for one in sent if not one.is_damaged})
    found = {one.number for one in frames if one.number is not None}
    if not found:
        return [f"no frame of {len(whole)} is shown"]
    faults = []
    first = min((one.number for one in sent if one.is_key), default=0)
    late = sum(first <= number < min(found) for number in whole)
    starts = ENCODER_STARTS if is_encoded else SOURCE_STARTS
    most_late = allowed.late + round(starts * sent[0].setup.rate)
    if late > most_late:
        faults.append(f"the stream begins {late} frames after the first (at most {most_late})")
    keys = sorted(one.number for one in sent if one.is_key)
    end = keys[-3] if len(keys) > 2 else keys[0]
    if max(found) < end:
        faults.append(f"the stream stands at {max(found)} of {whole[-1]}")
    within = [number for number in whole if min(found) <= number <= max(found)]
    lost = [number for number in within if number not in found]
    most = allowed.lost + min(left_out, round(MOST_LEFT_OUT * len(whole)))
    if len(lost) > most:
        faults.append(f"{len(lost)} of {len(within)} frames lost (at most {most}): "
                      f"{spans(lost)}")
    unknown = sum(one.number is None for one in frames)
    damaged = sum(one.is_damaged for one in sent)
    most = allowed.pictures + damaged
    if unknown > most:
        faults.append(f"{unknown} pictures without a number (at most {most})")
    return faults


def spans(numbers: Sequence[int]) -> str:
    """Numbers as spans."""
    found: list[list[int]] = []
    for number in numbers:
        if found and number == found[-1][1] + 1:
            found[-1][1] = number
        else:
            found.append([number, number])
    return ", ".join(str(a) if a == b else f"{a}–{b}" for a, b in found[:6])


def offsets(frames: Sequence[Frame], beeps: Sequence[Beep], material: Material) -> list[float]:
    """How much later each beep is than the frame of its whole second, in seconds."""
    found = []
    # A repeated frame shows an earlier time than its own.
    new = [one for before, one in zip([Frame(None, 0, -1), *frames], frames)
           if one.number is not None and one.number != before.number]
    for beep in beeps:
        near = [one for one in new if one.period == beep.period and abs(one.time - beep.time) < 1]
        if not near:
            continue
        frame = min(near, key=lambda one: abs(one.time - beep.time))
        content = material.seconds(frame.number or 0) + beep.time - frame.time
        found.append(content - round(content))
    return found


def check_audio(shown: Shown, material: Material, allowed: Allowed,
                is_encoded: bool) -> list[str]:
    """Beeps are heard, as far from their frames as they were sent, without drift."""
    sent = material.track("audio")
    if not sent or not allowed.has_audio:
        return []
    if not shown.has_audio:
        return [] if allowed.is_silent else ["the stream has no audio"]
    if allowed.is_silent:
        return []
    faults = [f"a hole of {hole:.3f} s in the audio" for hole in shown.holes[:2]]
    frames = numbered(shown.frames)
    numbers = [one.number for one in frames if one.number is not None]
    times = sorted(one.due for one in sent)
    covered = {round(due / CLOCK) for due in times}
    seconds = {round(at) for at in map(material.seconds, numbers) if at == round(at)}
    expected = len(seconds & covered)
    first = material.seconds(numbers[0]) if numbers else 0.5
    if not is_encoded and not allowed.silent and first in covered \
            and not (shown.first_sound is not None and shown.first_sound < MOST_LATE):
        faults.append(f"the first beep is not heard: first sound after {shown.first_sound} s")
    # The first beep, and one at the start of a period, have no silence before them.
    missing = allowed.silent + allowed.lag
    if len(shown.beeps) < expected - 2 - missing - shown.discontinuities:
        faults.append(f"{len(shown.beeps)} beeps heard, {expected} sent "
                      f"(at most {missing} missing)")
    found = [one - allowed.offset for one in offsets(frames, shown.beeps, material)]
    if not found:
        return [*faults, "no beep near a frame"] if expected > allowed.silent + 1 else faults
    middle = statistics.median(found)
    if len(found) > 2 and abs(middle) > allowed.tolerance:
        faults.append(f"audio is {middle * 1000:.0f} ms late")
    if len(found) > 5:
        drift = statistics.median(found[-3:]) - statistics.median(found[:3])
        # An encoder shows a frame in the slot before or after its own.
        slot = 1 / material.rate(numbers[-1]) if is_encoded else 0
        most = max(MOST_DRIFT, allowed.tolerance - 0.010, 1.5 * slot)
        if abs(drift) > most:
            faults.append(f"audio drifts by {drift * 1000:.0f} ms: "
                          f"{[round(one * 1000) for one in found]}")
    return faults


def check_lines(lines: Sequence[Line], allowed: Allowed) -> list[str]:
    """The line that the input deserves is logged, and no other warning."""
    faults = []
    if allowed.lines and not any(is_of(line, allowed.lines) for line in lines):
        faults.append(f"no line {' or '.join(allowed.lines)}")
    known = (*allowed.lines, *allowed.notices)
    faults += [f"{line.level} {line.event}: {line.message}" for line in lines
               if line.level in ("warning", "error") and not is_of(line, known)]
    return faults[:4]


def check_state(state: Mapping[str, object], allowed: Allowed) -> list[str]:
    """The member and the findings of the stream in `/api/streams` that the input deserves."""
    faults = [f"no {allowed.state} in /api/streams"] \
        if allowed.state and allowed.state not in state else []
    listed = state.get("findings")
    values = {one["kind"]: one.get("value", 0) for one in listed} \
        if isinstance(listed, list) else {}
    for kind, least, most in allowed.findings:
        if kind not in values:
            faults.append(f"no finding {kind} in /api/streams: {sorted(values)}")
        elif not least <= values[kind] <= most:
            faults.append(f"finding {kind} of {values[kind]} (expected {least} to {most})")
    return faults


def is_of(line: Line, forms: Sequence[str]) -> bool:
    """Whether a line has one of some forms: an event, or "event:words" of its message."""
    return any(line.event == event and words in line.message
               for event, _, words in (one.partition(":") for one in forms))


def check_discontinuities(shown: Shown, lines: Sequence[Line]) -> list[str]:
    """A Discontinuity has a line that tells why."""
    if not shown.discontinuities or any(line.event in EXPLAINING for line in lines):
        return []
    return [f"{shown.discontinuities} Discontinuities without a line"]


def check_all(shown: Shown, material: Material, allowed: Allowed, is_encoded: bool,
              lines: Sequence[Line], left_out: int = 0) -> list[str]:
    """All faults of a stream; `left_out` frames were left out by its encoder."""
    frames = without_damaged(numbered(shown.frames), material)
    faults = check_complete(frames, material, allowed, is_encoded, left_out)
    if allowed.ordered:
        faults += check_order(frames, is_encoded)[:3]
    if allowed.steps and not is_encoded:
        faults += check_times(frames, material)[:3]
    faults += check_audio(shown, material, allowed, is_encoded)
    faults += shown.faults[:3]
    for name, most in (("discontinuities", allowed.discontinuities), ("gaps", allowed.gaps)):
        if getattr(shown, name) > most:
            faults.append(f"{getattr(shown, name)} {name} (at most {most})")
    return faults + check_lines(lines, allowed) + check_discontinuities(shown, lines)


def check_socket(page: Shown, playlist: Shown, material: Material, allowed: Allowed,
                 is_encoded: bool) -> list[str]:
    """The page shows the frames of the playlist from its first one on, in the same order.

    Their times are whole frames apart within a group, and audio has no holes.
    """
    frames = without_damaged(numbered(page.frames), material)
    numbers = {one.number for one in frames if one.number is not None}
    listed = {one.number for one in without_damaged(playlist.frames, material)
              if one.number is not None}
    if not listed:
        return []
    if not numbers:
        return ["WebSocket: no frame"]
    faults = [f"WebSocket: {one}" for one in check_order(frames, is_encoded)[:2]
              if allowed.ordered]
    if allowed.steps and not is_encoded:
        faults += [f"WebSocket: {one}" for one in check_times(frames, material)[:2]]
    if playlist.has_audio and not page.has_audio:
        faults.append("WebSocket: no audio")
    faults += [f"WebSocket: a hole of {hole:.3f} s in the audio" for hole in page.holes[:2]]
    lost = sorted(number for number in listed if number >= min(numbers) and number not in numbers)
    if len(lost) > allowed.lost:
        faults.append(f"WebSocket: {len(lost)} frames of the playlist lost: {spans(lost)}")
    return faults + page.faults[:2]
