# SPDX-License-Identifier: Apache-2.0
"""LL-DASH: the MPD in every state of a stream (rules DM)."""

from __future__ import annotations

import signal
import time
from fractions import Fraction
from pathlib import Path
from urllib.parse import urljoin

import pytest

from harness.boxes import chunks, find, timescale
from harness.clockstep import ClockStep
from harness.http1 import Connection, Later, get
from harness.metrics import wait_held
from harness.mpd import Manifest, fetch, parse, validate
from harness.program import Program, kill
from harness.supervisor import Supervisor
from harness.tunein import PLAYLIST, next_segments
from harness.tunein import fetch as fetch_playlist
from harness.waiting import pause, seen_once, wait_until

BASE = "/live/video/"
PART_MS = 100
MPD = "/live/manifest.mpd"
SMALL = ("--resolution", "320x180", "--bitrate", "300")


def test_dm_01_mpd_is_valid_at_every_path_and_second(server: Program) -> None:
    """DM-01: the MPD is valid at each of its paths, once per second."""
    for _ in range(5):
        for path in (MPD, "/manifest.mpd", "/ldash/play/live/manifest.mpd",
                     "/ldash/live/manifest.mpd"):
            validate(fetch(server.port, path).text, path)
        pause(1, "one check per second")


@pytest.mark.parametrize("flags", [
    (),
    ("--history", "0"),
    ("--numbering", "run"),
    ("--framerate", "30000/1001"),
    ("--segment-duration", "0.5"),
    ("--target-latency", "2.2"),
    ("--framerate", "24000/1001", "--numbering", "run"),
    ("--public-url", "https://a.example/x"),
], ids=lambda flags: "_".join(flags).replace("/", "-") or "defaults")
def test_dm_01_dm_29_first_mpd_is_complete_and_last_is_static(flags: tuple[str, ...],
                                                              streamer) -> None:
    """DM-01, DM-28, DM-29: the first MPD is complete, all are valid, the last is static."""
    program = streamer(*SMALL, *flags)
    first = fetch(program.port)
    validate(first.text, "first")
    template = first.last.template
    assert 0 < float(template["availabilityTimeOffset"]) < 2
    assert template["availabilityTimeComplete"] == "false"
    assert {time["type"] for time in first.last.times} == {"captured", "encoder"}
    assert first.text.count("<Resync ") == 2 and "<Latency " in first.text
    next_segments(program.port, 1)
    validate(fetch(program.port).text, "running")
    with Connection(program.port) as connection:
        assert connection.get(MPD).status == 200
        held = Later(program.port,
                     f"{PLAYLIST}?_HLS_msn={fetch_playlist(program.port).last_part[0] + 1}")
        wait_held(program.port, 1)
        program.process.send_signal(signal.SIGTERM)
        assert "#EXT-X-ENDLIST" in held.result(5).text
        last = connection.get(MPD)
    validate(last.text, "ended")
    ended = parse(last.text)
    assert ended.attributes["type"] == "static"
    assert "minimumUpdatePeriod" not in ended.attributes
    assert "mediaPresentationDuration" in ended.attributes
    for word in ("availabilityTimeOffset", "availabilityTimeComplete", "Resync",
                 "timeShiftBufferDepth"):
        assert word not in last.text
    # The timeline is the same: each media time keeps its presentation time.
    a, b = first.last, ended.last
    place = (a.start - Fraction(int(a.template["presentationTimeOffset"]), a.timescale),
             b.start - Fraction(int(b.template["presentationTimeOffset"]), b.timescale))
    assert abs(place[0] - place[1]) < Fraction(1, 100_000)


def test_dm_29_requests_before_the_start_are_held(binary: Path) -> None:
    """DM-29: requests during the prefill are held and get the complete MPD, never 503."""
    supervisor = Supervisor(["--resolution", "1280x720"])
    try:
        early = [Later(supervisor.port, MPD) for _ in range(5)]
        pause(0.2, "the requests are queued by the socket before the server starts")
        supervisor.run()
        texts = {response.text for response in (request.result(10) for request in early)}
        assert len(texts) == 1
        validate(texts.pop(), "asked before the start")
    finally:
        supervisor.close()


@pytest.mark.timeout(60)
def test_dm_33_clock_step_is_a_new_period(streamer, tmp_path: Path) -> None:
    """DM-33: Period@start moves with the clock; the number that a client computes exists."""
    clock = ClockStep(tmp_path)
    program = streamer(*SMALL, env=clock.env)
    next_segments(program.port, 1)
    clock.set(350_000_000)
    wait_until(lambda: len(fetch(program.port).periods) > 1, 8, "a new Period")
    found = fetch(program.port)
    validate(found.text, "after the step")
    assert [period.id for period in found.periods][0] == "p0"
    next_segments(program.port, 2)
    found = fetch(program.port)
    now = time.time() + 0.35
    number = found.number(now)
    response = get(program.port, urljoin(MPD, found.media(number - 1)))
    assert response.status == 200
    init = get(program.port, urljoin(MPD, found.init)).body
    chunk = chunks(response.body, init)[0]
    begins = found.start + found.last.start + (
        number - 1 - int(found.last.template["startNumber"])) * found.last.duration
    assert abs(float(found.last.wall(chunk.tfdt) - begins)) < 0.001
    assert begins <= Fraction(now) - found.last.duration < begins + found.last.duration
    # prft is the capture time on the wall clock, within half a frame of the Period's time.
    assert chunk.prft and abs(chunk.prft / 1e9 - float(begins)) < 0.02


def test_dm_04_restart_changes_only_the_publish_time(streamer) -> None:
    """DM-04: after a kill and a restart only publishTime differs in the MPD."""
    first = streamer(*SMALL)
    before = fetch(first.port)
    kill(first)
    second = streamer(*SMALL)
    after = fetch(second.port)
    validate(after.text, "after a restart")
    def strip(m: Manifest, port: int) -> str:
        return m.text.replace(m.attributes["publishTime"], "").replace(f":{port}/", "/")
    assert strip(before, first.port) == strip(after, second.port)


def test_dm_17_segment_exists_at_its_availability_time(server: Program) -> None:
    """DM-17, DC-12: a segment requested at its availability time is answered at once."""
    manifest = fetch(server.port)

    def is_answered_at_once() -> bool:
        number = manifest.number(time.time()) + 1
        pause(float(manifest.available(number)) - time.time(), "until the availability time")
        with Connection(server.port) as connection:
            connection.send(urljoin(MPD, manifest.media(number)))
            response = connection.read_head(time.monotonic() + 5)
            assert response.status == 200 and "content-length" not in response.headers
            print(f"held at the availability time for {response.held_ms} ms")
            return (response.held_ms or 0) < PART_MS

    seen_once(is_answered_at_once, 4, "a segment is answered at its availability time")


def test_dm_15_numbers_follow_the_clock(server: Program) -> None:
    """DM-15: the number of the open segment by the clock is that of the Media Playlist."""
    manifest = fetch(server.port)
    for _ in range(20):
        before = manifest.number(time.time())
        playlist = fetch_playlist(server.port)
        after = manifest.number(time.time())
        assert before - 1 <= playlist.last_part[0] <= after
        pause(0.07, "samples spread over more than a segment")


@pytest.mark.parametrize("flags", [("--numbering", "run"), ("--framerate", "30000/1001"),
                                   ("--framerate", "30000/1001", "--numbering", "run"),
                                   ("--segment-duration", "0.5")], ids=" ".join)
def test_dm_15_computed_number_exists(flags: tuple[str, ...], streamer) -> None:
    """DM-15: the computed segment exists and starts at the computed time."""
    program = streamer(*SMALL, *flags)
    manifest = fetch(program.port)
    init = get(program.port, urljoin(MPD, manifest.init)).body
    next_segments(program.port, 1)
    now = Fraction(time.time())
    number = manifest.number(now)
    response = get(program.port, urljoin(MPD, manifest.media(number)))
    assert response.status == 200, manifest.media(number)
    frame_time = Fraction(chunks(response.body, init)[0].tfdt, timescale(init))
    begins = manifest.available(number) + manifest.last.ahead - manifest.last.duration
    assert abs(frame_time - begins) < Fraction(1, 10_000)
    assert begins <= now < begins + manifest.last.duration, "the open segment"
    if "run" in flags:
        assert number < 100 and f"segment{number:05d}.m4s" in manifest.media(number)


def test_dm_31_peak_stays_below_125_percent_of_bandwidth(server: Program) -> None:
    """DM-31: containerProfiles is a brand of the header; the measured peak obeys `bandwidth`."""
    manifest = fetch(server.port)
    init = get(server.port, urljoin(MPD, manifest.init)).body
    assert b"cmfc" in find(init, "ftyp")[0]
    assert manifest.last.timescale == timescale(init)
    sizes = [
        len(get(server.port, BASE + str(segment.uri)).body)
        for segment in fetch_playlist(server.port).segments[-5:]
    ]
    rate = max(sizes) * 8 / float(manifest.last.duration)
    print(f"peak {rate:.0f} bit/s of {manifest.last.representation['bandwidth']}")
    assert rate < 1.25 * int(manifest.last.representation["bandwidth"])


def test_mpegdash_parses_the_mpd(server: Program) -> None:
    """The mpegdash package reads the values that players need."""
    parser = pytest.importorskip("mpegdash.parser",
                                 reason="mpegdash not found: the MPD is not parsed with it")
    found = parser.MPEGDASHParser.parse(get(server.port, MPD).text)
    assert found.type == "dynamic" and found.utc_timings[0].scheme_id_uri.startswith(
        "urn:mpeg:dash:utc:http-")
    template = found.periods[0].adaptation_sets[0].segment_templates[0]
    assert 0 < template.availability_time_offset < 1
    # The package parses every non-empty word as true: only presence can be checked.
    assert template.availability_time_complete is not None


def test_dm_01_mpd_of_a_ladder_is_valid(streamer) -> None:
    """DM-01, DM-20: several renditions, each with its header; the target is two segments."""
    program = streamer("--rendition", "320x180@300", "--rendition", "160x90@120",
                       "--segment-duration", "1.5")
    manifest = fetch(program.port)
    validate(manifest.text, "two renditions")
    assert manifest.attributes["suggestedPresentationDelay"] == "PT3S"
    names = [e.attrib["id"] for e in manifest.root.iter() if e.tag.endswith("}Representation")]
    assert len(names) == 2
    number = manifest.number(time.time()) - 1
    for element in manifest.root.iter():
        if not element.tag.endswith("}Representation"):
            continue
        template = next(e for e in element.iter() if e.tag.endswith("}SegmentTemplate"))
        folder = f"/live/{element.attrib['id']}/"
        init = get(program.port, urljoin(MPD, template.attrib["initialization"].replace(
            "$RepresentationID$", element.attrib["id"]))).body
        response = get(program.port, f"{folder}segment{number}.m4s")
        assert response.status == 200 and len(chunks(response.body, init)) == 45
