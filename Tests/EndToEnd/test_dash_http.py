# SPDX-License-Identifier: Apache-2.0
"""LL-DASH over HTTP: validators, paths, times, CMCD, CMSD and absent segments (rules DT)."""

from __future__ import annotations

import time
from urllib.parse import urljoin, urlsplit

from harness.http1 import Connection, get
from harness.metrics import total
from harness.mpd import fetch, parse, validate
from harness.program import Program
from harness.tunein import align
from harness.tunein import fetch as fetch_playlist
from harness.waiting import pause

BASE = "/live/video/"
MPD = "/live/manifest.mpd"
SMALL = ("--resolution", "320x180", "--bitrate", "300")


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
    refused = get(server.port, path, headers={"Accept": "text/html;q=0, */*;q=0.1"})
    assert refused.headers["content-type"] == manifest.headers["content-type"]
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

    def check(path: str, displacement: float) -> None:
        before = time.time()
        text = get(program.port, path).text
        after = time.time()
        shown = float(text) / 1000 if path.endswith("?ms") else datetime.fromisoformat(
            text.replace("Z", "+00:00")).timestamp()
        # The text has milliseconds.
        assert before - 0.001 <= shown + displacement <= after + 0.001, path

    for path, digits in (("/time?iso", 3), ("/time?xsdate", 3), ("/isotime", 6)):
        check(path, 2.5)
        assert len(get(program.port, path).text.split(".")[1]) == digits + 1, path
    check("/time?ms", 0)
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
        assert response.status == 404 and response.held_ms is None, ahead
    assert get(program.port, f"{BASE}segment{parent}.m4s").status == 200
    playlist = align(program.port, 4)
    assert get(program.port, f"{BASE}segment{playlist.last_part[0]}.5.m4s").status == 200
