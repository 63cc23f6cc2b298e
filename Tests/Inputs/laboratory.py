# SPDX-License-Identifier: Apache-2.0
"""Runs cases at the same time in one program: each has a stream, a sender and followers."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

import clocknumbers
import dates
from allowed import ALWAYS, ENCODED, PASSED
from case import Case
from follow import PlaylistFollower, Recording
from harness.http1 import get
from harness.metrics import read_metrics
from harness.program import Program, start, stop
from harness.waiting import pause
from invariants import Line, check_all, check_socket, check_state, numbered
from manifest import faults_of
from perturbation import CMAF, ENHANCED, HTTP, PAGE, RTMP, RTSP, RTSP_UDP, SRT, UDP
from samples import Material
from senders.cmaf import CMAFSender
from senders.page import PageSender
from senders.rtmp import RTMPSender
from senders.rtsp import DatagramRTSPSender, RTSPSender
from senders.sender import Sender, Target
from senders.streams import HTTPSender, SRTSender, UDPSender
from showing import Shown, shown
from socketfollow import SocketFollower
from succession import Start, starts

TOKEN = "token-of-the-input-laboratory"
# The media that is open when a sender has ended becomes a listed segment.
SETTLES_SECONDS = 1.2
# A limit against hanging.
CATCHES_UP_SECONDS = 10
# A burst of this length is a perturbation of its own, which no case says.
MOST_LATE = 0.3
# The media that may be sent before the first playlist exists, beside that of the reference, in
# seconds: the segment that the analysis of the source needs, and another one.
LATER_START = 2
REFERENCE = Case(RTMP)
PASS_THROUGH = {PASSED: "auto", ENCODED: "never", ALWAYS: "always"}
FLAGS = ["--host", "127.0.0.1", "--http-port", "0", "--rtmp", "127.0.0.1:0", "--srt",
         "127.0.0.1:0", "--admin-token", TOKEN]


@dataclass
class Result:
    """The result of a case."""

    case: Case
    shown: Shown
    faults: list[str]
    lines: list[Line] = field(default_factory=list)
    state: dict[str, object] = field(default_factory=dict)
    # The media that was sent when the first playlist existed, in seconds.
    begun: float = 0
    # The most by which a sample was sent too late, in seconds.
    late: float = 0
    # How soon the media of each further connection was listed.
    starts: list[Start] = field(default_factory=list)
    # The frames that the encoder has left out.
    left_out: int = 0

    @property
    def is_void(self) -> bool:
        """Whether the machine was too busy to send the case as it is."""
        return self.late > MOST_LATE

    def counts(self) -> str:
        """The counts of played media."""
        seen = self.shown
        numbers = {one.number for one in seen.frames if one.number is not None}
        frames = numbered(seen.frames)
        unknown = sum(one.number is None for one in frames)
        return f"{len(numbers)} numbers in {len(frames)} frames" \
               + f", {unknown} of them without" * bool(unknown) + ", " \
               f"{seen.discontinuities} Discontinuities, {seen.gaps} gaps, " \
               f"{len(seen.beeps)} beeps" \
               + f", {self.left_out} left out" * bool(self.left_out) \
               + "".join(f", follows after {one.text()} s" for one in self.starts)

    def text(self) -> str:
        """The faults, the counts, and the log."""
        return "\n".join([
            f"{self.case}", *self.faults,
            f"{self.counts()}, samples sent up to {self.late:.2f} s late",
            *(f"{one.level} {one.event}: {one.message}" for one in self.lines)])


class Trial:
    """One case while it runs."""

    def __init__(self, program: Program, name: str, case: Case) -> None:
        self.program, self.name, self.case = program, name, case
        self.material: Material = case.material()
        self.sender = self.make_sender(Target(program, name, TOKEN))
        # The frames that the encoder of the stream has left out.
        self.left_out = 0
        self.first = min((one.number for one in self.material.keys), default=0)
        self.follower = PlaylistFollower(program.port, name, self.newest,
                                         lambda: self.sender.is_starting)
        self.page = SocketFollower(program.port, name, self.follower.started)

    def make_sender(self, target: Target) -> Sender:
        """The sender of the case."""
        return sender_of(self.case, target, self.material)

    def newest(self) -> int:
        """The number of the newest frame that was sent."""
        return self.sender.newest

    def prepare(self) -> None:
        """Adds the stream."""
        element = {"stream": self.name, "passthrough": PASS_THROUGH[self.case.mode]}
        element |= self.sender.element()
        response = post(self.program.port, element)
        assert response == 201, (element, response)

    def run(self) -> tuple[Recording, list[Line], dict[str, object]]:
        """Sends all, and follows until the newest media is listed."""
        self.follower.start()
        self.page.start()
        self.sender.start()
        self.sender.ended.wait(self.case.seconds + 60)
        ended = time.time()
        pause(SETTLES_SECONDS, "what follows the last frame is a part of the course")
        state = json.loads(get(self.program.port, f"/api/streams/{self.name}",
                               headers={"Authorization": f"Bearer {TOKEN}"}).text)
        self.left_out = self.count_left_out()
        deadline = time.monotonic() + CATCHES_UP_SECONDS
        while self.follower.is_behind and time.monotonic() < deadline:
            pause(0.2, "the follower polls")
        # The page has all that the playlists list.
        self.follower.ends.set()
        self.follower.polled.wait(60)
        self.page.end()
        recording = self.follower.end()
        lines = [Line(one.event, one.level, one.message) for one in list(self.program.entries)
                 if one.stream == self.name and one.at < ended + 0.4]
        self.sender.release()
        return recording, lines, state

    def count_left_out(self) -> int:
        """The frames that the encoder of the stream has left out."""
        if not self.case.is_encoded:
            return 0
        return count_left_out(self.program.port, self.name, self.case.picture.rate)

    def result(self, recording: Recording, lines: list[Line], state: dict[str, object]) -> Result:
        """Decodes and judges."""
        seen = shown(recording)
        faults = [f"sender: {self.sender.fault!r}"] if self.sender.fault else []
        faults += check_all(seen, self.material, self.case.allowed, self.case.is_encoded, lines,
                            self.left_out)
        faults += recording.broken[:4]
        faults += faults_of(recording.manifest, f"/{self.name}/manifest.mpd", recording)[:2] \
            if recording.manifest else []
        # The line of a stream tells that its segments have variable duration.
        counts_by_one = any(line.event == "stream" and "count by one" in line.message
                            for line in lines)
        if "video" in recording.renditions and not counts_by_one:
            faults += clocknumbers.faults_of(recording.renditions["video"].segments.values())
        for rendition in recording.renditions.values():
            faults += dates.faults_of(rendition.segments.values())
        faults += self.page.broken[:3] + check_socket(
            self.page.shown(seen), seen, self.material, self.case.allowed, self.case.is_encoded)
        faults += check_state(state, self.case.allowed)
        begun = (self.follower.begun - self.first) / self.case.picture.rate
        followed = starts(recording, seen, self.material)
        for one in followed:
            faults += one.faults(self.case.allowed.follows)
        return Result(self.case, seen, faults, lines, state, begun, self.sender.late, followed,
                      self.left_out)


def post(port: int, element: dict[str, object]) -> int:
    """Adds a stream; the status."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/streams", data=json.dumps(element).encode(), method="POST",
        headers={"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return int(response.status)
    except urllib.error.HTTPError as error:
        return int(error.code)


def count_left_out(port: int, stream: str, rate: int) -> int:
    """The frames that an encoded stream has left out since the machine is busy.

    They arrived after their slot, beside another one in a slot, or in a slot or a segment, of up to
    a second, that the encoder left out.
    """
    weights = {"streamer_input_late_total": 1, "streamer_input_dropped_total": 1,
               "streamer_encoder_slots_without_frame_total": 1,
               "streamer_segments_left_out_total": rate}
    return round(sum(value * weights.get(name, 0) for name, labels, value in read_metrics(port)
                     if labels.get("stream") == stream))


SENDERS: dict[str, type[Sender]] = {
    RTMP: RTMPSender, ENHANCED: RTMPSender, RTSP: RTSPSender, RTSP_UDP: DatagramRTSPSender,
    SRT: SRTSender, UDP: UDPSender, HTTP: HTTPSender, CMAF: CMAFSender, PAGE: PageSender}


def sender_of(case: Case, target: Target, material: Material) -> Sender:
    """The sender of the protocol of a case."""
    if case.protocol == ENHANCED:
        material = material.written(enhanced=True)
    return SENDERS[case.protocol](target, material)


def run_batch(given: Sequence[Case], trial_of: type[Trial] = Trial) -> list[Result]:
    """Runs cases at the same time, each as a trial; the program must outlive them.

    A well-formed input of the same run tells how much media a machine sends before the first
    playlist exists.
    """
    cases = [*given, REFERENCE]
    program = start(FLAGS, defaults=False)
    try:
        trials = [trial_of(program, f"case{index}", case) for index, case in enumerate(cases)]
        for trial in trials:
            trial.prepare()
        with ThreadPoolExecutor(len(trials)) as pool:
            found = list(pool.map(trial_of.run, trials))
        ended = program.process.poll()
        results = [trial.result(*one) for trial, one in zip(trials, found)]
        if ended is not None:
            for result in results:
                result.faults.append(f"the program ended with {ended}")
        reference = results.pop()
        for result in results:
            late = result.begun - reference.begun - result.case.allowed.start
            if late > LATER_START and not result.case.is_encoded:
                result.faults.append(f"the first playlist exists after {result.begun:.1f} s, of a "
                                     f"well-formed input after {reference.begun:.1f} s")
        return results
    finally:
        stop(program)
