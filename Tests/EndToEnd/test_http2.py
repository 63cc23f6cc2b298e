# SPDX-License-Identifier: Apache-2.0
"""HTTP/2 with nghttp and h2load, and clients that reset streams or do not read."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from fetch_hlsjs import script_flags
from harness.http1 import get
from harness.http2frames import GOAWAY, HEADERS, RST_STREAM, Frames, frame, request
from harness.metrics import fault, wait_held
from harness.playlist import parse
from harness.procfs import descriptors
from harness.program import Program, start, stop
from harness.tools import need
from harness.tunein import PLAYLIST, align
from harness.waiting import wait_until

MANY = ["--max-streams", "500", "--max-held-requests", "500", "--stall-timeout", "3"]


@pytest.fixture(scope="module")
def secure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """A streamer that accepts hundreds of HTTP/2 streams per connection."""
    state = str(tmp_path_factory.mktemp("state"))
    program = start([
        "--resolution", "640x360", "--bitrate", "1000", "--https-port", "0", "--self-signed", *MANY,
        *script_flags()
    ], env={"XDG_STATE_HOME": state})
    program.secure_url("/")
    yield program
    assert stop(program) == 0, program.log_text()


def tool(name: str, *arguments: str, timeout: float = 20) -> str:
    """The output of a tool; its failure is a failure of the test."""
    done = subprocess.run([need(name, "HTTP/2 by nghttp2's clients"), *arguments],
                          capture_output=True, text=True, timeout=timeout, check=False)
    assert done.returncode == 0, (done.returncode, done.stdout[-2000:], done.stderr[-2000:])
    return done.stdout


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_nghttp_gets_the_playlist_before_the_segment(scheme: str, secure: Program) -> None:
    """Playlist and segment share a connection; by its priority the playlist is sent first."""
    base = f"http://127.0.0.1:{secure.port}" if scheme == "http" else secure.secure_url("")
    segment = parse(get(secure.port, PLAYLIST).text).segments[-3]
    out = tool("nghttp", "-nv", "--no-dep", f"{base}/live/video/{segment.uri}", f"{base}{PLAYLIST}")
    assert out.count(":status: 200") == 2 and "priority: u=1" in out and "priority: u=3" in out
    assert "SETTINGS_MAX_CONCURRENT_STREAMS(0x03):500" in out and "(0x09):1" in out
    first = re.search(r"recv DATA frame <length=\d+, flags=0x\d\d, stream_id=(\d+)>", out)
    playlist = re.search(r"recv \(stream_id=(\d+)\) content-type: application/vnd.apple.mpegurl",
                         out)
    assert first and playlist and first.group(1) == playlist.group(1)


def test_hundreds_of_held_requests_share_a_connection(secure: Program) -> None:
    """Four hundred blocking reloads on two connections are held, then all answered."""
    parent = align(secure.port, 1).last_part[0]
    out = tool("h2load", "-n", "400", "-c", "2", "-m", "200",
               secure.secure_url(f"{PLAYLIST}?_HLS_msn={parent + 1}&_HLS_part=1"))
    assert "400 done, 400 succeeded, 0 failed" in out and "400 2xx" in out, out
    assert float(re.search(r"finished in ([\d.]+)(ms|s)",
                           out).group(1)) > 0.2  # type: ignore[union-attr]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_hundreds_of_readers_share_an_open_segment(scheme: str, secure: Program) -> None:
    """Three hundred HTTP/2 streams of one connection read an open segment; each gets all of it."""
    base = f"http://127.0.0.1:{secure.port}" if scheme == "http" else secure.secure_url("")
    number = align(secure.port, 1).last_part[0] + 1
    path = f"/live/video/segment{number}.m4s"
    out = tool("h2load", "-n", "300", "-c", "1", "-m", "300", base + path)
    assert "300 succeeded, 0 failed" in out and "300 2xx" in out, out
    size = len(get(secure.port, path).body)
    assert int(re.search(r"\((\d+)\) data", out).group(1)) == 300 * size  # type: ignore[union-attr]


@pytest.mark.parametrize("arguments", [("-m", "20", "http"), ("-m", "20", "https"),
                                       ("--h1", "https")], ids=["h2c", "h2", "h1-tls"])
def test_h2load_gets_thousands_of_responses(arguments: tuple[str, ...], secure: Program) -> None:
    """A few thousand requests without an error."""
    *options, scheme = arguments
    base = f"http://127.0.0.1:{secure.port}" if scheme == "http" else secure.secure_url("")
    part = parse(get(secure.port, PLAYLIST).text).segments[-2].parts[0].uri
    out = tool("h2load", "-n", "2000", "-c", "10", *options, f"{base}/live/video/{part}")
    assert "2000 succeeded, 0 failed, 0 errored" in out and "2000 2xx" in out, out


def test_matching_etag_is_304_over_both_versions(secure: Program) -> None:
    """A response with an ETag is 304 if the client has it (RFC 9110 §13.1.2)."""
    segment = parse(get(secure.port, PLAYLIST).text).segments[-3]
    for path in (f"/live/video/{segment.uri}", f"/live/video/{segment.parts[0].uri}",
                 f"/live/video/{segment.map_uri}", PLAYLIST + "?_HLS_msn=1", "/"):
        tag = get(secure.port, path).headers["etag"]
        assert tag.startswith('"') and tag.endswith('"')
        response = get(secure.port, path, headers={"If-None-Match": tag})
        if response.status != 304:  # a playlist may be newer by now
            assert path.startswith(PLAYLIST) and response.headers["etag"] != tag
            continue
        assert response.body == b"" and response.headers[
            "etag"] == tag and "cache-control" in response.headers
        written = subprocess.run([
            "curl", "-sk", "--http2", "-w", "%{http_code} %{size_download}", "-H",
            f"If-None-Match: {tag}",
            secure.secure_url(path)
        ], capture_output=True, text=True)
        assert written.stdout == "304 0" or path.startswith(PLAYLIST)
    part = get(
        secure.port, f"/live/video/{segment.uri}", headers={
            "Range": "bytes=0-9", "If-Range": get(secure.port,
                                                  f"/live/video/{segment.uri}").headers["etag"]
        })
    assert part.status == 206 and len(part.body) == 10
    zipped = get(secure.port, PLAYLIST + "?_HLS_msn=1", headers={"Accept-Encoding": "gzip"})
    assert zipped.headers["etag"] != get(secure.port, PLAYLIST + "?_HLS_msn=1").headers["etag"]


def test_rapid_reset_ends_the_connection(secure: Program) -> None:
    """More than two hundred HTTP/2 streams opened and reset: GOAWAY ENHANCE_YOUR_CALM."""
    held = align(secure.port, 1).last_part[0] + 1
    before = fault(secure, "rapid_reset")
    with Frames(secure.port) as bad, Frames(secure.port) as good:
        for i in range(250):
            stream = 2 * i + 1
            try:
                bad.send(
                    request(f"{PLAYLIST}?_HLS_msn={held}", stream) +
                    frame(RST_STREAM, b"\0\0\0\x08", stream=stream))
            except ConnectionError:
                break
        assert bad.next(GOAWAY).error == 11
        good.send(request("/health", 1))
        assert good.next(HEADERS).stream == 1
    assert fault(secure, "rapid_reset") == before + 1


def test_clients_that_do_not_read_are_cut(secure: Program) -> None:
    """Three hundred HTTP/2 streams with a closed window use little memory and are cut in time."""
    segment = f"/live/video/{parse(get(secure.port, PLAYLIST).text).segments[-2].uri}"
    before = descriptors(secure.pid)
    clients = []
    for _ in range(10):
        client = Frames(secure.port, settings=b"\0\x04" + (0).to_bytes(4, "big"),
                        receive_buffer=4096)
        client.send(b"".join(request(segment, 2 * i + 1) for i in range(30)))
        clients.append(client)
    assert get(secure.port, "/health").status == 200
    for client in clients:
        assert client.next(RST_STREAM).error == 11
        client.socket.close()
    assert fault(secure, "stalled") >= 10
    wait_until(lambda: descriptors(secure.pid) <= before + 3, 4, "the end of the connections")


def test_end_of_the_stream_answers_held_requests_over_h2(streamer, tmp_path: Path) -> None:
    """SIGTERM: held requests get the end, idle connections get GOAWAY, exit status 0."""
    program = streamer("--resolution", "320x180", "--https-port", "0", "--self-signed",
                       env={"XDG_STATE_HOME": str(tmp_path)})
    address = program.secure_url(f"{PLAYLIST}?_HLS_msn={align(program.port, 1).last_part[0] + 1}")
    seen: list[str] = []
    reader = threading.Thread(target=lambda: seen.append(tool("nghttp", "-v", address)))
    reader.start()
    with Frames(program.port) as idle:
        wait_held(program.port, 1, within=2)
        program.process.send_signal(signal.SIGTERM)
        assert idle.next(GOAWAY).error == 0
    reader.join(8)
    assert seen and "#EXT-X-ENDLIST" in seen[0], seen
    assert program.process.wait(8) == 0
