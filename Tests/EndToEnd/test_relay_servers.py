# SPDX-License-Identifier: Apache-2.0
"""Servers that relay the stream of another one: same names, same bytes, over three in a row."""

from __future__ import annotations

import re
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from harness.http1 import Connection, get
from harness.opensegment import OpenSegmentReader
from harness.playlist import parse
from harness.ports import free_port
from harness.program import Program, kill, run_to_end, start, stop
from harness.tls import certificate_of, make_certificate
from harness.tunein import fetch
from harness.waiting import pause, wait_until
from harness.websocket import LAST, VIDEO, Socket

ADMIN = "admin-token-of-relaying-servers"
MEDIA = ("--rendition", "320x180@300", "--rendition", "160x90@100", "--preset", "ultrafast",
         "--audio", "tone")
RENDITIONS = ("180p", "90p", "audio")


def relay(url: str, *flags: object) -> Program:
    """A server that relays a stream."""
    return start(["--relay", url, "--host", "127.0.0.1", "--http-port", "0",
                  "--admin-token", ADMIN, *map(str, flags)], defaults=False)


@pytest.fixture(scope="module")
def chain() -> Iterator[list[Program]]:
    """A server with a test source, one that relays it, and one that relays that."""
    port = free_port()
    programs = [start([*MEDIA, "--http-port", str(port)])]
    for _ in range(2):
        programs.append(relay(programs[-1].url("/live/")))
    for program in programs[1:]:
        program.wait_logged("upstream", "relaying", within=10)
    yield programs
    for program in reversed(programs):
        assert stop(program) == 0, program.log_text()


def settled(chain: list[Program], path: str) -> list[str]:
    """A document of all servers, of one moment: those of the first one before and after agree."""
    def same() -> list[str]:
        first = get(chain[0].port, path).text
        texts = [get(program.port, path).text for program in chain[1:]]
        return [first, *texts] if get(chain[0].port, path).text == first else []

    for _ in range(50):
        found = wait_until(same, 5, path, interval=0)
        if len(set(found)) == 1:
            break
        # RENDITION-REPORTs are those of the moment at which the newest part was published.
        pause(0.05, "another part")
    return found


@pytest.mark.parametrize("rendition", RENDITIONS)
def test_playlists_and_media_are_the_same(chain: list[Program], rendition: str) -> None:
    """Playlists are equal texts; header, segments and parts have equal SHA-256s on all servers."""
    folder = f"/live/{rendition}/"
    texts = settled(chain, folder + "playlist.m3u8")
    assert len(set(texts)) == 1, texts
    playlist = parse(texts[0])
    assert len(playlist.segments) >= 6
    parts = [part for _, _, part in playlist.all_parts()]
    names = [segment.uri for segment in playlist.segments[-4:]]
    names += [part.uri for part in parts[-12:]] + [playlist.segments[-1].map_uri]
    for name in names:
        hashes = {sha256(get(program.port, folder + str(name)).body).hexdigest()
                  for program in chain}
        assert len(hashes) == 1, name


def test_documents_are_the_same(chain: list[Program]) -> None:
    """The Multivariant Playlist is an equal text; so is the MPD, without addresses and its date."""
    assert len(set(settled(chain, "/live/playlist.m3u8"))) == 1
    manifests = {re.sub(r'publishTime="[^"]*"|http://[^"/]*', "",
                        get(program.port, "/live/manifest.mpd").text) for program in chain}
    assert len(manifests) == 1, manifests


def test_all_transports_work_on_the_last_server(chain: list[Program]) -> None:
    """Blocking reloads, open segments by chunks, WebSockets: the media are those of the first."""
    first, last = chain[0].port, chain[2].port
    folder = "/live/180p/"
    with Connection(last) as connection:
        newest = parse(connection.get(folder + "playlist.m3u8").text).last_part
        behind = []
        for _ in range(8):
            newest = (newest[0], newest[1] + 1) if newest[1] < 3 else (newest[0] + 1, 0)
            response = connection.get(
                folder + f"playlist.m3u8?_HLS_msn={newest[0]}&_HLS_part={newest[1]}")
            assert response.status == 200
            newest = parse(response.text).last_part
            edge = fetch(first, path=folder + "playlist.m3u8").last_part
            behind.append(4 * (edge[0] - newest[0]) + edge[1] - newest[1])
    assert min(behind) <= 2, f"parts behind the first server: {behind}"
    number = newest[0] + 1
    readers = [OpenSegmentReader(port, f"{folder}segment{number}.m4s") for port in (first, last)]
    bodies = [reader.wait().body for reader in readers]
    assert bodies[0] == bodies[1] and all(reader.outcome == "whole" for reader in readers)
    assert readers[1].response is not None and len(readers[1].response.pieces) >= 20
    with Socket(last, "/live/ws") as client:
        client.send({"t": "hello", "v": 1})
        client.send({"t": "subscribe", "tracks": ["v"], "rendition": "180p"})
        client.until("subscribed")
        media = client.media(75, VIDEO)
        starts = [index for index, one in enumerate(media) if one.is_key]
        whole = media[starts[1]:starts[2]]
        assert whole[-1].flags & LAST
        joined = b"".join(one.payload for one in whole)
    listed = parse(get(first, folder + "playlist.m3u8").text).segments
    assert any(get(first, folder + str(one.uri)).body == joined for one in listed[-4:])


def test_control_states_the_servers(chain: list[Program]) -> None:
    """`/api/streams` names the upstream and the number of servers before it."""
    for before, program in enumerate(chain[1:], 1):
        answer = get(program.port, "/api/streams/live",
                     headers={"Authorization": f"Bearer {ADMIN}"})
        relayed = answer.json()["relay"]
        assert relayed["state"] == "connected" and relayed["servers"] == before
        assert relayed["from"] == chain[before - 1].url("/live/")


def test_a_restarted_origin_is_relayed_again(chain: list[Program]) -> None:
    """After kill and restart of the first server the others serve its new media, without an end."""
    origin = chain[0]
    newest = parse(get(chain[2].port, "/live/180p/playlist.m3u8").text).last_complete
    kill(origin)
    for program in chain[1:2]:
        program.wait_logged("upstream-lost")
    held = parse(get(chain[2].port, "/live/180p/playlist.m3u8").text)
    assert not held.ended and held.last_complete >= newest
    chain[0] = start([*MEDIA, "--http-port", str(origin.port)])

    def continues() -> bool:
        response = get(chain[2].port, "/live/180p/playlist.m3u8")
        return response.status == 200 and parse(response.text).last_complete > newest + 2

    wait_until(continues, 15, "new segments")
    test_playlists_and_media_are_the_same(chain, "180p")
    for program in chain[1:]:
        program.wait_logged("upstream-changed")
    assert not parse(get(chain[2].port, "/live/180p/playlist.m3u8").text).ended


def test_https_is_relayed_and_switched(tmp_path: Path) -> None:
    """A server behind HTTPS is relayed, and the relay chooses renditions of its stream itself."""
    names = ("180p-300", "180p-100")
    flags = [flag for name in names for flag in ("--rendition", f"320x180@{name[5:]}")]
    origin = start([*flags, "--preset", "ultrafast", "--https-port", "0", "--self-signed"],
                   env={"XDG_STATE_HOME": str(tmp_path)})
    program = relay(origin.secure_url("/live/"), "--relay-verify", "none")
    try:
        program.wait_logged("upstream", "relaying", within=10)
        folder = "/live/auto/"
        with Connection(program.port) as connection:
            newest = parse(connection.get(folder + "playlist.m3u8").text).last_complete
            for number in (newest, newest + 1):
                response = connection.get(f"{folder}segment{number}.m4s")
                assert response.status == 200
                assert response.headers["cache-control"] == "private, no-store"
                assert response.body in [
                    get(origin.port, f"/live/{name}/segment{number}.m4s").body for name in names]
            missing = connection.get(f"{folder}segment{newest + 1000}.m4s")
            assert (missing.status, missing.headers["cache-control"]) == (425, "private, no-store")
        manifest = get(program.port, folder + "manifest.mpd").text
        assert manifest.count("<Representation ") == 1 and 'id="auto"' in manifest
    finally:
        statuses = [stop(program), stop(origin)]
    assert statuses == [0, 0], program.log_text()


def test_the_certificate_of_the_upstream_is_verified(tmp_path: Path) -> None:
    """Only a certificate of a trusted signer, for the host of the URL, is accepted by default."""
    origin = start(["--resolution", "160x90", "--https-port", "0", "--self-signed"],
                   env={"XDG_STATE_HOME": str(tmp_path)})
    named, key = make_certificate(tmp_path, "other")
    other = start(["--resolution", "160x90", "--https-port", "0", "--tls-cert", str(named),
                   "--tls-key", str(key)])
    url, own = origin.secure_url("/live/"), certificate_of(tmp_path)
    programs = [relay(url), relay(url, "--relay-verify", named),
                relay(other.secure_url("/live/"), "--relay-verify", named),
                relay(url, "--relay-verify", own), relay(url, "--relay-verify", "none")]
    try:
        for program, reason in zip(programs, ("self-signed certificate",
                                              "self-signed certificate", "IP address mismatch")):
            program.wait_logged("upstream-refused", reason, within=10)
            program.check_logged("upstream-refused", "(see --relay-verify)")
            assert get(program.port, "/ready").status == 503
        for program in programs[3:]:
            program.wait_logged("upstream", "relaying", within=10)
    finally:
        statuses = [stop(program) for program in [*programs, origin, other]]
    assert set(statuses) == {0}, [program.log_text() for program in programs]


def test_a_file_without_certificates_is_refused(tmp_path: Path) -> None:
    """`--relay-verify` with a file that has none is a usage error of one line."""
    path = tmp_path / "empty.pem"
    path.write_text("no certificate")
    for given in (path, tmp_path / "missing.pem"):
        status, lines = run_to_end(["--relay", "https://h/live/", "--relay-verify", str(given)],
                                   defaults=False)
        assert status == 2 and len(lines) == 1, lines
        assert f'--relay-verify: invalid value "{given}"' in lines[0], lines


def test_loops_are_refused() -> None:
    """A server that relays itself, and two that relay each other, say so once and serve nothing."""
    ports = [free_port(), free_port(), free_port()]
    flags = ["--host", "127.0.0.1"]
    programs = [
        start(["--relay", f"http://127.0.0.1:{upstream}/live/", "--http-port", str(own), *flags],
              defaults=False)
        for own, upstream in ((ports[0], ports[0]), (ports[1], ports[2]), (ports[2], ports[1]))]
    try:
        programs[0].wait_logged("upstream-refused", "508")
        wait_until(lambda: programs[1].logged("upstream-refused", "508")
                   or programs[2].logged("upstream-refused", "508"), 8, "a loop of two")
        programs[0].check_logged("upstream-refused")
        assert get(ports[0], "/ready").status == 503
    finally:
        statuses = [stop(program) for program in programs]
    assert statuses == [0, 0, 0], [program.log_text() for program in programs]
