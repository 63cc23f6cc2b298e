# SPDX-License-Identifier: Apache-2.0
"""Uploads that are read early, cut, replaced, many on a connection, silent, or awaited."""

from __future__ import annotations

import itertools
import subprocess
import time
from pathlib import Path

import pytest

from harness.http1 import Connection, Later, Response, get
from harness.metrics import wait_held
from harness.opensegment import OpenSegmentReader
from harness.program import Program, start, stop
from harness.tools import need
from harness.uploads import TRANSPORTS, Encoder, begin, curl, frames, url
from harness.waiting import not_before, pause
from test_uploads import FLAGS, READERS, manifest, origin  # noqa: F401

_attempts = itertools.count(1)


def new_path(name: str) -> str:
    """A path that no earlier attempt has used: a file that was cut is 404 from then on."""
    return f"/studio/{name}-{next(_attempts)}.m4s"


def test_fast_ll_uploads(origin: Program, tmp_path: Path) -> None:
    """The muxer flags of Fast-ll, to the address at which its encoder uploads."""
    encoder = Encoder(
        tmp_path, "-f", "dash", "-ldash", "1", "-streaming", "1", "-write_prft", "1",
        "-frag_type", "duration", "-frag_duration", "0.1", "-seg_duration", "1", "-use_template",
        "1", "-use_timeline", "0", "-target_latency", "0.5", "-window_size", "10",
        "-extra_window_size", "120", "-utc_timing_url", origin.url("/isotime"), "-method", "PUT",
        origin.url("/hik1/manifest.mpd"))
    try:
        encoder.wait(lambda: "<MPD" in manifest(origin, "/hik1/manifest.mpd"), 10, "an MPD")
        assert get(origin.port, "/hik1/init-stream0.m4s").body[4:8] == b"ftyp"
        early = OpenSegmentReader(origin.port, "/hik1/chunk-stream0-00003.m4s").wait()
        assert early.outcome == "whole" and early.response is not None
        # The muxer sends what its encoder has made meanwhile: pieces of one fragment or of some.
        assert len(early.response.pieces) > 1
        assert frames(origin.url("/ldash/play/hik1/manifest.mpd"), 2) >= 45
    finally:
        encoder.stop()


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_early_readers_get_the_whole_file(origin: Program, transport: str) -> None:
    """50 requests before the upload: 50 identical bodies, over a pause of 3 s."""
    path = new_path(f"early-{transport}")
    body = [bytes([index]) * 10_007 for index in range(20)]
    readers = [OpenSegmentReader(origin.port, path) for _ in range(READERS)]
    other = subprocess.Popen(
        [need("curl", "HTTP/2 readers"), "-sS", "-m", "30", *TRANSPORTS[transport],
         url(origin, transport, path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_held(origin.port, READERS)
    upload = begin(origin, path, transport)
    for index, piece in enumerate(body):
        upload.send(piece)
        if index in (0, 10):
            for reader in readers:
                reader.has(10_007 * (index + 1))
        if index == 10:
            pause(3, "a pause of the encoder")
            assert all(reader.outcome is None for reader in readers), "a pause ended a body"
    assert upload.end() == 201
    for reader in readers:
        assert reader.wait().outcome == "whole" and reader.body == b"".join(body)
    out, error = other.communicate(timeout=20)
    assert other.returncode == 0 and out == b"".join(body), error
    assert get(origin.port, path).body == b"".join(body)


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_cut_upload_cuts_the_bodies(origin: Program, transport: str) -> None:
    """A PUT that is cut in the middle: 50 bodies that end without their terminator."""
    path = new_path(f"cut-{transport}")
    readers = [OpenSegmentReader(origin.port, path) for _ in range(READERS)]
    other = subprocess.Popen(
        [need("curl", "HTTP/2 readers"), "-sSN", "-m", "30", *TRANSPORTS[transport],
         url(origin, transport, path)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_held(origin.port, READERS + 1)
    upload = begin(origin, path, transport)
    upload.send(b"x" * 50_000)
    for reader in readers:
        reader.has(50_000)
    # What a client has not read can be lost with the connection.
    assert other.stdout is not None
    out = other.stdout.read(50_000)
    upload.cut()
    for reader in readers:
        assert reader.wait().outcome == "cut" and reader.body == b"x" * 50_000
    rest, error = other.communicate(timeout=20)
    assert other.returncode in (18, 56, 92) and out + rest == b"x" * 50_000, error
    assert get(origin.port, path).status == 404
    assert curl(origin, "PUT", path, transport, body=b"whole")[0] == 201
    assert get(origin.port, path).body == b"whole"


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_conflict_replacement_and_deletion(origin: Program, transport: str) -> None:
    """409 while an upload is open; then it replaces; DELETE is obeyed."""
    path = new_path(f"conflict-{transport}")
    upload = begin(origin, path, transport)
    upload.send(b"first")
    OpenSegmentReader(origin.port, path).has(5)
    assert curl(origin, "PUT", path, transport, body=b"second")[0] == 409
    assert curl(origin, "DELETE", path, transport)[0] == 409
    upload.send(b"-end")
    assert upload.end() == 201
    assert get(origin.port, path).body == b"first-end"
    assert curl(origin, "POST", path, transport, body=b"second")[0] == 204
    assert get(origin.port, path).body == b"second"
    assert curl(origin, "DELETE", path, transport)[0] == 204
    assert get(origin.port, path).status == 410


def put(connection: Connection, path: str, body: bytes, *fields: str) -> Response:
    """One upload on a connection that stays open."""
    lines = [f"PUT {path} HTTP/1.1", "Host: x", f"Content-Length: {len(body)}", *fields]
    connection.send_raw("\r\n".join(lines).encode() + b"\r\n\r\n" + body)
    return connection.read()


def test_many_uploads_on_one_connection(origin: Program) -> None:
    """A hundred PUTs, some with Expect: 100-continue, on one connection."""
    with Connection(origin.port) as connection:
        for index in range(100):
            fields = ("Expect: 100-continue",) if index % 10 == 0 else ()
            path = new_path("many")
            assert put(connection, path, b"%d" % index, *fields).status == 201
            assert connection.get(path).body == b"%d" % index


def test_silent_upload_is_ended(tmp_path: Path) -> None:
    """An upload without bytes for --body-timeout is 408, and its readers are cut."""
    program = start([*FLAGS, "--body-timeout", "1"], defaults=False)
    try:
        upload = begin(program, "/studio/a.m4s")
        upload.send(b"x" * 100)
        reader = OpenSegmentReader(program.port, "/studio/a.m4s")
        assert reader.wait().outcome == "cut" and reader.body == b"x" * 100
        upload.cut()
    finally:
        stop(program)


def test_held_request_ends(origin: Program) -> None:
    """A request for a file that is not uploaded is 404 after 8 s."""
    asked = time.monotonic()
    response = Later(origin.port, "/studio/never.m4s", timeout=30).result(30)
    assert response.status == 404
    not_before(asked, 8, "the end of the hold")
