# SPDX-License-Identifier: Apache-2.0
"""LL-DASH: the MPD in every state of a stream, and its media (rules DM, DC and DT)."""

from __future__ import annotations

import hashlib
import signal
import time
from fractions import Fraction
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import pytest

from harness.boxes import chunks, find, timescale
from harness.clockstep import ClockStep
from harness.opensegment import OpenSegmentReader
from harness.http1 import Connection, Later, get
from harness.metrics import total, wait_held
from harness.mpd import Manifest, fetch, parse, seconds, validate
from harness.program import Program, kill, stop
from harness.supervisor import Supervisor
from harness.tunein import PLAYLIST, align, next_segments
from harness.tunein import fetch as fetch_playlist
from harness.waiting import pause, wait_until

BASE = "/live/video/"
MPD = "/live/manifest.mpd"
SMALL = ("--resolution", "320x180", "--bitrate", "300")


# MARK: MPD


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
    assert abs(float(begins) - (now - 1)) < 1.5
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
    late = []
    for _ in range(4):
        number = manifest.number(time.time()) + 1
        pause(float(manifest.available(number)) - time.time(), "until the availability time")
        with Connection(server.port) as connection:
            connection.send(urljoin(MPD, manifest.media(number)))
            response = connection.read_head(time.monotonic() + 5)
            late.append(response.held)
            assert response.status == 200 and "content-length" not in response.headers
    late.sort()
    print("held at the availability time: " + ", ".join(f"{x * 1000:.1f}" for x in late) + " ms")
    assert late[0] < 0.1 and late[1] < 0.3


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
    number = manifest.number(time.time())
    response = get(program.port, urljoin(MPD, manifest.media(number)))
    assert response.status == 200, manifest.media(number)
    frame_time = Fraction(chunks(response.body, init)[0].tfdt, timescale(init))
    begins = manifest.available(number) + manifest.last.ahead - manifest.last.duration
    assert abs(frame_time - begins) < Fraction(1, 10_000)
    assert -0.1 < time.time() - float(frame_time) < 2.5
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


# MARK: HTTP


def test_dt_07_unchanged_mpd_is_304(server: Program) -> None:
    """DT-07: an unchanged MPD is 304 without content; the ETag identifies the bytes."""
    with Connection(server.port) as connection:
        first = connection.get(MPD)
        tag = first.headers["etag"]
        assert first.headers["cache-control"] == "public, max-age=1"
        pause(1.2, "longer than the cache lifetime of 1 s")
        for value in (tag, f'"x", {tag}', f"W/{tag}", "*"):
            response = connection.get(MPD, headers={"If-None-Match": value})
            assert response.status == 304 and not response.body and response.headers[
                "etag"] == tag, value
        other = connection.get(MPD, headers={"If-None-Match": '"x"'})
        assert other.status == 200 and other.body == first.body
        head = connection.get(MPD, "HEAD")
        assert head.status == 200 and head.headers["etag"] == tag


def test_dt_14_ldash_play_is_a_page_for_browsers(server: Program) -> None:
    """DT-14: /ldash/play is the page for browsers, the MPD for players; no query is echoed."""
    path = "/ldash/play/live/manifest.mpd"
    page = get(server.port, path, headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})
    assert page.status == 200 and page.headers["content-type"].startswith("text/html")
    assert page.headers["vary"] == "Accept" and page.headers["cache-control"] == "no-store"
    manifest = get(server.port, path + "?token=geheim", headers={"Accept": "*/*"})
    assert manifest.headers["vary"] == "Accept" and "geheim" not in manifest.text
    found = parse(manifest.text)
    assert urljoin(path, found.media(5)) == BASE + "segment5.m4s"
    for path in ("/ldash/play/live", "/ldash/play/live/"):
        assert get(server.port, path).headers["content-type"].startswith("text/html")
    for path in ("/ldash/play/none/manifest.mpd", "/ldash/none/manifest.mpd", "/none/manifest.mpd",
                 "/ldash/play/none"):
        assert get(server.port, path).status == 404, path


def test_ldash_paths_give_the_same_media(server: Program) -> None:
    """/ldash/S/<file> is the media of the stream, with and without its rendition."""
    segment = fetch_playlist(server.port).segments[-1]
    for name in (segment.uri, segment.parts[0].uri, segment.map_uri):
        whole = get(server.port, BASE + str(name))
        for path in ("/ldash/live/", "/ldash/live/video/"):
            assert get(server.port, path + str(name)).body == whole.body, path


def test_dm_08_utc_timing_is_absolute_and_answers(server: Program, streamer) -> None:
    """DM-07, DM-08: absolute URLs with the request's Host, or --public-url; with milliseconds."""
    manifest = fetch(server.port)
    timings = [e for e in manifest.root if e.tag.endswith("UTCTiming")]
    assert [e.attrib["schemeIdUri"] for e in timings] == [
        "urn:mpeg:dash:utc:http-iso:2014", "urn:mpeg:dash:utc:http-xsdate:2014"]
    for element in timings:
        url = urlsplit(element.attrib["value"])
        assert url.scheme == "http" and url.netloc == f"127.0.0.1:{server.port}"
        response = get(server.port, f"{url.path}?{url.query}")
        assert len(response.text) == 24 and response.text.endswith("Z")
        assert response.headers["cache-control"] == "no-store"
    other = get(server.port, MPD, headers={"Accept": "*/*"})
    with Connection(server.port) as connection:
        connection.send_raw(b"GET /live/manifest.mpd HTTP/1.1\r\nHost: a'b&c.example\r\n\r\n")
        hostile = connection.read()
    validate(hostile.text, "a host with characters of XML")
    assert other.text != hostile.text and "a'b" not in hostile.text
    program = streamer(*SMALL, "--public-url", "https://live.example/cam/")
    assert 'value="https://live.example/cam/time?iso"' in get(program.port, MPD).text


def test_time_displacement_applies_to_iso_times_only(streamer) -> None:
    """/time?iso and /isotime are displaced; /time?ms and all other times are not."""
    from datetime import datetime
    program = streamer(*SMALL, "--time-displacement", "2.5")

    def read(path: str) -> float:
        text = get(program.port, path).text
        return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() - time.time()

    for path, digits in (("/time?iso", 3), ("/time?xsdate", 3), ("/isotime", 6)):
        assert -2.6 < read(path) < -2.4, path
        assert len(get(program.port, path).text.split(".")[1]) == digits + 1, path
    assert abs(float(get(program.port, "/time?ms").text) / 1000 - time.time()) < 0.1
    number = fetch(program.port).number(time.time())
    assert abs(number - fetch_playlist(program.port).last_part[0]) <= 1


def test_prefetch_path_names_the_next_object(server: Program) -> None:
    """CDN-Origin-Assist-Prefetch-Path names the next object, if the request asks for it."""
    ask = {"CDN-Origin-Assist-Prefetch-Enabled": "1"}
    name = "cdn-origin-assist-prefetch-path"
    parent = align(server.port, 4).last_part[0]
    rows = [
        (f"segment{parent - 1}.m4s", f"segment{parent}.m4s"),
        (f"segment{parent}.m4s", f"segment{parent + 1}.m4s"),
        (f"segment{parent - 1}.3.m4s", f"segment{parent - 1}.4.m4s"),
        (f"segment{parent - 1}.9.m4s", f"segment{parent}.0.m4s"),
    ]
    for path, following in rows:
        response = get(server.port, BASE + path, headers=ask)
        assert response.headers[name] == BASE + following, path
        assert name not in get(server.port, BASE + path).headers
        assert name not in get(server.port, BASE + path,
                               headers={"CDN-Origin-Assist-Prefetch-Enabled": "0"}).headers
    playlist = align(server.port, 2)
    hinted = get(server.port, f"{BASE}segment{playlist.last_part[0]}.3.m4s", headers=ask)
    assert hinted.headers[name] == f"{BASE}segment{playlist.last_part[0]}.4.m4s"


def test_dt_12_cmcd_is_counted_and_changes_nothing(server: Program) -> None:
    """DT-12: CMCD in query or header fields is counted without labels; the bytes stay equal."""
    before = {
        name: total(server.port, f"streamer_cmcd_{name}")
        for name in ("requests_total", "starvations_total", "buffer_seconds_count",
                     "throughput_kilobits_count")
    }
    path = BASE + str(fetch_playlist(server.port).segments[-2].uri)
    plain = get(server.port, path)
    query = get(server.port,
                path + "?CMCD=bl%3D2100%2Cbs%2Cmtp%3D25400%2Csid%3D%22a%2Cb%22%2Ccom.example-x%3D1")
    fields = get(server.port, path,
                 headers={"CMCD-Request": "bl=300,mtp=900", "CMCD-Session": 'sid="x"'})
    wrong = get(server.port, path + "?CMCD=bl%3Dnan%2Cmtp%3D-5%2C%2C%3D%3D%2C%22")
    for response in (query, fields, wrong):
        assert response.status == 200 and response.body == plain.body
        assert {k: v for k, v in response.headers.items() if k != "date"} == {
            k: v for k, v in plain.headers.items() if k != "date"}
    after = {name: total(server.port, f"streamer_cmcd_{name}") for name in before}
    assert {name: after[name] - before[name]
            for name in before} == {
                "requests_total": 3, "starvations_total": 1, "buffer_seconds_count": 2,
                "throughput_kilobits_count": 2
            }


def test_dt_13_cmsd_is_sent_only_with_its_flag(server: Program, streamer) -> None:
    """DT-13: CMSD is sent only with --cmsd, and only values that are equal for all clients."""
    names = {"cmsd-static", "cmsd-dynamic"}
    uri = str(fetch_playlist(server.port).segments[-1].uri)
    assert not names & set(get(server.port, BASE + uri).headers)
    program = streamer(*SMALL, "--cmsd")
    segment = fetch_playlist(program.port).segments[-1]
    for name, length in ((segment.uri, 1000), (segment.parts[0].uri, 100)):
        responses = [get(program.port, BASE + str(name)).headers for _ in range(2)]
        assert f"d={length}" in responses[0]["cmsd-static"] and "mb=300" in responses[0][
            "cmsd-dynamic"]
        assert responses[0]["cmsd-dynamic"] == responses[1]["cmsd-dynamic"]


def test_wait_for_absent_segment_false_is_404_at_once(streamer) -> None:
    """--wait-for-absent-segment false: a future segment is 404 at once; parts are still held."""
    program = streamer(*SMALL, "--wait-for-absent-segment", "false")
    parent = align(program.port, 3).last_part[0]
    for ahead in (1, 2, 50):
        response = get(program.port, f"{BASE}segment{parent + ahead}.m4s")
        assert response.status == 404 and response.held < 0.3, ahead
    assert get(program.port, f"{BASE}segment{parent}.m4s").status == 200
    playlist = align(program.port, 4)
    assert get(program.port, f"{BASE}segment{playlist.last_part[0]}.5.m4s").status == 200


# MARK: content


@pytest.mark.timeout(60)
def test_dt_03_fifty_early_clients_get_the_same_bytes(server: Program) -> None:
    """DT-03: fifty requests arrive 0 to 1 s early; all get the same, complete content."""
    for _ in range(2):
        parent = align(server.port, 0).last_part[0]
        path = f"{BASE}segment{parent + 1}.m4s"
        requests = []
        for _ in range(50):
            requests.append(OpenSegmentReader(server.port, path))
            pause(0.016, "the requests are spread over 0.8 s")
        found = [request.wait() for request in requests]
        assert {f.outcome for f in found} == {"whole"}, [f.error for f in found]
        assert len({f.body for f in found}) == 1
        whole = get(server.port, path)
        assert "content-length" in whole.headers and whole.body == found[0].body
        held = sum(f.response.first_byte - f.response.asked > 0.05 for f in found if f.response)
        print(f"{held} of 50 were held")
        assert held >= 25  # most must be early for the test to be valid


@pytest.mark.timeout(60)
def test_dt_02_encoder_stall_delays_and_never_shortens(streamer) -> None:
    """DT-02: the encoder stops for 3 s in a segment: responses wait, then are whole, or cut."""
    program = streamer("--resolution", "640x360", "--bitrate", "800")
    parent = align(program.port, 4).last_part[0]
    names = [f"{BASE}segment{parent}.m4s"] * 10 + [f"{BASE}segment{parent + 1}.m4s"] * 10
    readers = [OpenSegmentReader(program.port, name) for name in names]
    readers[0].has(1)
    program.process.send_signal(signal.SIGSTOP)
    try:
        pause(3, "the duration of the stall")
        assert all(f.outcome is None for f in readers), "ended during the stall"
    finally:
        program.process.send_signal(signal.SIGCONT)
    outcome = [f.wait().outcome for f in readers]
    print(outcome)
    for name, reader in zip(names, readers):
        whole = get(program.port, name)
        if reader.outcome == "whole":
            assert whole.status == 200 and reader.body == whole.body and len(chunks(
                reader.body)) == 30
        else:
            assert reader.outcome == "cut" and (whole.status != 200
                                              or whole.body.startswith(reader.body))
    assert "whole" in outcome


@pytest.mark.timeout(60)
def test_dc_10_parts_are_the_segment(server: Program) -> None:
    """DC-10: the parts of LL-HLS are the segment of LL-DASH, while it is open and after."""
    parent = align(server.port, 9).last_part[0]
    path = f"{BASE}segment{parent + 1}.m4s"
    reader = OpenSegmentReader(server.port, path)
    joined = b""
    with Connection(server.port) as connection:
        for index in range(10):
            response = connection.get(f"{BASE}segment{parent + 1}.{index}.m4s")
            assert response.status == 200
            joined += response.body
            begun = reader.has(len(joined))
            assert hashlib.sha256(begun).digest() == hashlib.sha256(joined).digest(), index
            if index < 9:
                assert reader.outcome is None
    assert reader.wait().outcome == "whole"
    complete = get(server.port, path).body
    assert hashlib.sha256(joined).digest() == hashlib.sha256(complete).digest()
    assert reader.body == complete


def test_clocks_agree(server: Program) -> None:
    """prft, PRT, PROGRAM-DATE-TIME and /timestamps.json agree within half a frame."""
    manifest = fetch(server.port)
    init = get(server.port, urljoin(MPD, manifest.init)).body
    align(server.port, 5)
    playlist = fetch_playlist(server.port)
    captures = get(server.port, "/timestamps.json").json()["captures"]
    half = 1 / 60 + 0.0011
    checked = 0
    for segment in playlist.segments[-3:]:
        body = get(server.port, BASE + str(segment.uri)).body
        for place, chunk in enumerate(chunks(body, init)):
            assert chunk.prft is not None
            wall = float(manifest.last.wall(chunk.tfdt))
            assert abs(chunk.prft / 1e9 - wall) < half
            date = segment.milliseconds() / 1000 + place / 30
            assert abs(date - wall) < half
            name = f"{str(segment.uri)[:-4]}.{place // 3}.m4s"
            if place % 3 == 0 and name in captures:
                assert abs(captures[name] / 1e9 - wall) < half
                checked += 1
        frame_time = Fraction(chunks(body, init)[0].tfdt, timescale(init))
        number = int(str(segment.uri)[7:-4])
        assert abs(
            manifest.available(number) + manifest.last.ahead - manifest.last.duration -
            frame_time) < Fraction(1, 10_000)
    assert checked >= 20
    delay = float(manifest.last.wall(0, "encoder") - manifest.last.wall(0))
    assert 0.01 <= delay <= 0.1, "the encoder's reference is later by the pipeline"


@pytest.mark.timeout(60)
def test_client_of_the_clock_survives_a_kill(binary: Path) -> None:
    """After a kill and a restart the CMAF header is the same and the numbers continue."""
    supervisor = Supervisor(["--resolution", "320x180"])
    try:
        supervisor.run()
        manifest = fetch(supervisor.port)
        init = get(supervisor.port, urljoin(MPD, manifest.init)).body
        number = manifest.number(time.time())
        opened = OpenSegmentReader(supervisor.port, urljoin(MPD, manifest.media(number + 1)))
        opened.has(1)
        supervisor.kill()
        assert opened.wait(
        ).outcome == "cut", "a truncated body must not end cleanly"
        waiting = OpenSegmentReader(supervisor.port, urljoin(MPD, manifest.media(number + 2)))
        pause(0.5, "the duration of the outage")
        supervisor.run()
        again = fetch(supervisor.port)
        assert again.periods == manifest.periods
        assert get(supervisor.port, urljoin(MPD, again.init)).body == init
        assert waiting.wait().outcome == "whole"
        for wanted in range(number - 3, manifest.number(time.time()) + 1):
            body = get(supervisor.port, urljoin(MPD, manifest.media(wanted))).body
            assert chunks(body, init)[0].tfdt == wanted * timescale(init), wanted
    finally:
        supervisor.close()


def test_every_segment_of_the_window_can_be_fetched(streamer) -> None:
    """Every number in timeShiftBufferDepth is 200, the open one too; beyond H it is 425."""
    program = streamer(*SMALL)
    manifest = fetch(program.port)
    depth = seconds(manifest.attributes["timeShiftBufferDepth"])
    now = manifest.number(time.time())
    count = int(depth / manifest.last.duration)
    for number in range(now - count + 1, now + 1):
        assert get(program.port, urljoin(MPD, manifest.media(number)),
                   "HEAD").status == 200, number - now
    assert get(program.port, urljoin(MPD, manifest.media(now + 6))).status == 425
    stop(program)


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
