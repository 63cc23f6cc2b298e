# SPDX-License-Identifier: Apache-2.0
"""Live media over WebSockets: the protocol llws.v1 with a client over a plain socket."""

from __future__ import annotations

import json
import socket
import threading
import time
from statistics import median

import pytest

from harness.http1 import get
from harness.metrics import total
from harness.program import Program, stop
from harness.waiting import pause, wait_until
from harness.websocket import (
    AUDIO, CATCH_UP, CLOSE, HEADER, LAST, PING, PONG, TEXT, VIDEO, SAMPLE, Ended, Media, Socket,
    frame, longest_run,
)

RUN = 5  # successive chunks that arrive before the next one is sent; a part has three


def subscribed(port: int, path: str = "/live/ws", **options: object) -> Socket:
    """A socket whose subscription was sent."""
    client = Socket(port, path)
    assert client.status == 101, client.head
    client.send({"t": "hello", "v": 1})
    client.send({"t": "subscribe", **options})
    return client


def segment_chunks(port: int, number: int) -> bytes:
    """The bytes of a complete segment over HTTP."""
    response = get(port, f"/live/video/segment{number}.m4s")
    assert response.status == 200
    return response.body


def test_handshake_names_the_protocol(server: Program) -> None:
    """101 with the protocol and without an extension, although one is offered."""
    headers = {"Sec-WebSocket-Extensions": "permessage-deflate"}
    with Socket(server.port, "/ws", headers=headers) as client:
        assert client.status == 101
        assert b"sec-websocket-protocol: llws.v1" in client.head.lower()
        assert b"sec-websocket-extensions" not in client.head.lower()
    with Socket(server.port, "/ws", protocol="llws.v9") as client:
        assert client.status == 400
    with Socket(server.port, "/nosuchstream/ws") as client:
        assert client.status == 404
    plain = get(server.port, "/live/ws")
    assert plain.status == 426 and plain.headers["upgrade"] == "websocket"
    assert get(server.port, "/live/ws", "HEAD").status == 426


def test_media_are_the_bytes_of_http(server: Program) -> None:
    """Header, backlog from a key frame, then live chunks; their bytes are those of the segment."""
    with subscribed(server.port, tracks=["v"]) as client:
        answer = client.until("subscribed")
        assert answer["track"] == "v" and answer["mime"].startswith('video/mp4; codecs="avc1.')
        first = client.next()
        assert isinstance(first, Media) and first.kind == HEADER
        assert first.payload[4:8] == b"ftyp"
        assert get(server.port, "/live/video/playlist.m3u8").status == 200
        media = client.media(90, VIDEO)
        assert {m.channel for m in media} == {answer["cid"]}
        assert media[0].is_key and media[0].flags & CATCH_UP
        numbers = [m.sequence for m in media]
        assert all((b - a) % 2**32 == 1 for a, b in zip(numbers, numbers[1:]))
        starts = [i for i, m in enumerate(media) if m.is_key]
        whole = media[starts[1]:starts[2]]
        assert whole[-1].flags & LAST
        joined = b"".join(m.payload for m in whole)
        playlist = get(server.port, "/live/video/playlist.m3u8").text
        names = [line for line in playlist.splitlines() if line.startswith("segment")]
        assert any(get(server.port, f"/live/video/{name}").body == joined
                   for name in reversed(names)), names
        live = [m for m in media if not m.flags & CATCH_UP]
        delays = [m.at * 1000 % 2**32 - m.sent for m in live]
        print(f"publish to client, ms: median {median(delays):.2f}, max {max(delays):.2f}")
        assert longest_run(live) >= RUN


@pytest.mark.parametrize(("at_once", "run"), [(1, 29), (3, 1), (30, 0)])
def test_messages_that_are_sent_together_have_no_run(at_once: int, run: int) -> None:
    """Of 30 chunks of 33 ms that are sent by one, by parts, or by segments, 4 ms late."""
    def message(index: int) -> Media:
        captured = 1_795_900_000_000 + 33 * index
        last = index // at_once * at_once + at_once - 1
        arrived = (1_795_900_000_000 + 33 * last + 4) / 1000
        return Media(VIDEO, 0, 1, index, captured % 2**32, b"", arrived)

    assert longest_run([message(index) for index in range(30)]) == run


def test_clock(server: Program) -> None:
    """pong has the client's values and the server's times, in order."""
    with subscribed(server.port, tracks=[]) as client:
        client.until("welcome")
        for number in range(8):
            sent = time.time() * 1000
            client.send({"t": "ping", "id": number, "c": sent})
            pong = client.until("pong")
            received = time.time() * 1000
            assert (pong["id"], pong["c"]) == (number, pytest.approx(sent))
            assert sent - 1 <= pong["r"] <= pong["s"] <= received + 1


def test_audio_and_video_are_separate(streamer) -> None:
    """Video and audio are groups of their own, each with its header."""
    program = streamer("--resolution", "320x180", "--audio", "tone")
    with subscribed(program.port) as client:
        answers = [client.until("subscribed"), client.until("subscribed")]
        assert [a["track"] for a in answers] == ["v", "a"]
        assert answers[0]["tracks"] == ["v", "a"]
        kinds = {VIDEO: answers[0]["cid"], AUDIO: answers[1]["cid"]}
        media = client.media(80)
        assert {m.kind for m in media} >= {VIDEO, AUDIO}
        assert all(m.channel == kinds[m.kind] for m in media if m.kind in kinds)


def samples_of(chunk: bytes) -> list[bytes]:
    """The coded frames of a chunk, by the sizes in trun (ISO/IEC 14496-12 §8.8.8)."""
    run = chunk.index(b"trun") + 4
    flags, count = (int.from_bytes(chunk[run + i:run + i + 4], "big") for i in (0, 4))
    fields = [bit for bit in (0x100, 0x200, 0x400) if flags & bit]
    assert flags & 1 and not flags & 0x804, hex(flags)
    found, at = [], chunk.index(b"mdat") + 4
    for index in range(count):
        size = run + 12 + 4 * (index * len(fields) + fields.index(0x200))
        length = int.from_bytes(chunk[size:size + 4], "big")
        found.append(chunk[at:at + length])
        at += length
    return found


def test_raw_frames_are_those_of_the_chunks(streamer) -> None:
    """With the format raw each message is a frame of the chunks over HTTP, with its times."""
    program = streamer("--resolution", "320x180", "--audio", "tone")
    with subscribed(program.port, format="raw") as client:
        received = [client.next() for _ in range(250)]
    groups = [m for m in received if isinstance(m, dict) and m["t"] == "subscribed"]
    assert [(g["track"], g["frame"], g["timescale"]) for g in groups] == [
        ("v", 3000, 90000), ("a", 1024, 48000)]
    messages = [m for m in received if isinstance(m, Media)]
    assert {m.kind for m in messages} == {HEADER, SAMPLE}
    for group in groups:
        header, *frames = [m for m in messages if m.channel == group["cid"]]
        assert header.kind == HEADER and header.payload[4:8] == b"ftyp"
        numbers = [m.sequence for m in frames]
        assert all((b - a) % 2**32 == 1 for a, b in zip(numbers, numbers[1:]))
        times = [m.captured + int.from_bytes(m.payload[:4], "big", signed=True) for m in frames]
        ticks = [round((t - group["epoch"] * 1000) * group["timescale"] / 1e6) for t in times]
        assert {b - a for a, b in zip(ticks, ticks[1:])} == {group["frame"]}
        is_video = group["track"] == "v"
        keys = [m.is_key for m in frames]
        assert keys[0] and (sum(keys) >= 2 and not all(keys) if is_video else all(keys))
        number = times[len(times) // 2] // 1_000_000
        segment = get(program.port, f"/live/{group['rendition']}/segment{number}.m4s").body
        chunks = [b"moof" + part for part in segment.split(b"moof")[1:]]
        served = [sample for chunk in chunks for sample in samples_of(chunk)]
        sent = {tick: m.payload[4:] for tick, m in zip(ticks, frames)}
        first = decode_time(chunks[0])
        common = [tick for tick in sent if first <= tick < first + len(served) * group["frame"]]
        assert len(common) >= 15
        for tick in common:
            assert sent[tick] == served[(tick - first) // group["frame"]]


def test_switch_at_a_key_frame(streamer) -> None:
    """A switch leaves no gap: the other rendition begins where the first one ends."""
    program = streamer("--rendition", "640x360@800", "--rendition", "320x180@300")
    with subscribed(program.port, tracks=["v"]) as client:
        top = client.until("subscribed")
        assert top["rendition"] == "360p"
        before = client.media(20, VIDEO)
        client.send({"t": "switch", "ch": "live", "rendition": "180p"})
        times = [decode_time(m.payload) for m in before if not m.flags & CATCH_UP]
        switching = None
        while switching is None:
            message = client.next()
            if isinstance(message, dict) and message["t"] == "switching":
                switching = message
            elif isinstance(message, Media) and message.kind == VIDEO:
                times.append(decode_time(message.payload))
        assert switching["rendition"] == "180p" and switching["reason"] == "manual"
        assert switching["cid"] != top["cid"]
        after = client.media(40, VIDEO)
        assert after[0].is_key and {m.channel for m in after} == {switching["cid"]}
        times += [decode_time(m.payload) for m in after]
        steps = {b - a for a, b in zip(times, times[1:])}
        assert steps == {3000}, steps


def decode_time(chunk: bytes) -> int:
    """baseMediaDecodeTime."""
    at = chunk.index(b"tfdt") + 4
    return int.from_bytes(chunk[at + 4:at + 12], "big")


# The most bytes of a message.
LARGEST = 4096


@pytest.mark.parametrize(("name", "data", "code"), [
    ("unmasked", frame(TEXT, b"{}", masked=False), 1002),
    ("reserved bit", frame(TEXT, b"{}", reserved=0x40), 1002),
    ("opcode", frame(5, b""), 1002),
    ("fragmented ping", frame(PING, b"", final=False), 1002),
    ("long ping", frame(PING, bytes(126)), 1002),
    ("continuation", frame(0, b"x"), 1002),
    ("not UTF-8", frame(TEXT, b"\xff"), 1007),
    ("no JSON", frame(TEXT, b"x"), 1007),
    ("nested", frame(TEXT, b"[" * 4000), 1007),
    ("binary", frame(2, b"x"), 1003),
    ("large", frame(TEXT, bytes(LARGEST + 1)), 1009),
    ("huge length", b"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 1009),
    ("negative length", b"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 1002),
    ("reserved code", frame(CLOSE, b"\x03\xed"), 1002),
    ("flood", frame(PONG) * 2000, 1008),
], ids=lambda value: value if isinstance(value, str) else "")
def test_hostile_frames_are_refused(server: Program, name: str, data: bytes, code: int) -> None:
    """The code of the Close frame names the kind of the violation."""
    with subscribed(server.port, tracks=["v"]) as client:
        client.until("subscribed")
        client.send(data)
        assert client.close_code() == code


def test_fragments_and_pings(server: Program) -> None:
    """A message in fragments is obeyed; Ping frames between them are answered."""
    with Socket(server.port, "/live/ws") as client:
        client.send(frame(TEXT, b'{"t":', final=False) + frame(PING, b"abc")
                    + frame(0, b'"he', final=False) + frame(0, b'llo"}'))
        assert client.frame() == (PONG, b"abc")
        assert client.until("welcome")["v"] == 1
        client.send(frame(CLOSE, b"\x0f\xa0bye"))
        assert client.close_code() == 4000


def test_a_message_of_the_largest_size_is_answered(server: Program) -> None:
    """One frame, and frames of 256 bytes."""
    message = b'{"t":"ping","id":7,"c":1,"x":"' + b"*" * (LARGEST - 32) + b'"}'
    pieces = [message[at:at + 256] for at in range(0, LARGEST, 256)]
    parts = b"".join(frame(0 if at else TEXT, piece, final=at == len(pieces) - 1)
                     for at, piece in enumerate(pieces))
    with Socket(server.port, "/live/ws") as client:
        for data in (frame(TEXT, message), parts):
            client.send(data)
            assert client.until("pong")["id"] == 7


def test_over_tls(streamer) -> None:
    """The same over TLS."""
    program = streamer("--resolution", "320x180", "--self-signed", "--https-port", "0")
    wait_until(lambda: program.secure_port, 5, "HTTPS")
    with Socket(program.secure_port, "/live/ws", secure=True) as client:
        assert client.status == 101
        client.send({"t": "subscribe", "tracks": ["v"]})
        assert len(client.media(60, VIDEO)) == 60


def test_stream_on_demand_starts_for_a_socket(streamer, tmp_path) -> None:
    """A socket alone starts nothing; a subscription starts the stream and keeps it running."""
    configuration = tmp_path / "streams.json"
    configuration.write_text(json.dumps({
        "streams": [{"stream": "cam", "testSrc": True, "onDemand": True,
                     "resolution": "320x180"}]}))
    program = streamer("-c", str(configuration), "--host", "127.0.0.1", "--http-port", "0",
                       defaults=False)
    state = 'streamer_stream_state'
    with Socket(program.port, "/cam/ws") as client:
        client.send({"t": "hello"})
        client.until("welcome")
        assert total(program.port, state, stream="cam", state="idle") == 1
        client.send({"t": "subscribe"})
        assert client.until("subscribed")["ch"] == "cam"
        assert client.media(30, VIDEO)


def test_slow_socket_skips_to_a_key_frame(streamer) -> None:
    """A viewer that stops reading loses chunks up to a key frame, is told so, and comes back."""
    program = streamer("--resolution", "1280x720", "--bitrate", "6000")
    client = Socket(program.port, "/live/ws", headers={"receive-buffer": "16384"})
    client.send({"t": "subscribe", "tracks": ["v"]})
    client.media(10, VIDEO)
    pause(4, "the time for which the viewer does not read")
    skip, media = None, []
    while len(media) < 60:
        message = client.next()
        if isinstance(message, dict) and message["t"] == "skip":
            skip = message
            media = []
        elif isinstance(message, Media):
            if skip and not media:
                assert message.is_key and message.sequence == skip["to"]
            media.append(message)
    assert skip and (skip["to"] - skip["from"]) % 2**32 > 3
    late = [m.at * 1000 % 2**32 - m.sent for m in media[-20:]]
    print(f"skip of {skip['to'] - skip['from']} chunks; delay afterwards {median(late):.1f} ms")
    assert longest_run(media) >= RUN
    assert total(program.port, "streamer_websocket_skips_total") >= 1
    client.socket.close()


def test_slow_viewer_gets_a_lower_rendition(streamer) -> None:
    """A viewer with `auto` that is too slow for the top rendition gets the next one."""
    program = streamer("--rendition", "640x360@4000", "--rendition", "320x180@300")
    client = Socket(program.port, "/live/ws", headers={"receive-buffer": "8192"})
    client.send({"t": "subscribe", "rendition": "auto", "tracks": ["v"]})
    rate, started, taken = 150_000, time.monotonic(), 0
    receive = client._receive

    def slowly() -> None:
        nonlocal taken
        size = len(client.buffer)
        receive()
        taken += len(client.buffer) - size
        pause(taken / rate - (time.monotonic() - started), "the rate of a slow network")

    client._receive = slowly  # type: ignore[method-assign]
    switching = client.until("switching")
    assert (switching["rendition"], switching["reason"]) == ("180p", "abr")
    after = client.media(60, VIDEO)
    assert {m.channel for m in after} == {switching["cid"]}
    assert after[0].is_key
    for before, message in zip(after, after[1:], strict=False):
        assert message.is_key or message.sequence == (before.sequence + 1) % 2**32
    late = [m.at * 1000 % 2**32 - m.sent for m in after[-20:]]
    print(f"lower rendition after {time.monotonic() - started:.1f} s; delay {median(late):.1f} ms")
    assert longest_run(after) >= RUN
    client.socket.close()


def test_sync_group_has_one_target(server: Program) -> None:
    """All members get the largest need; it falls slowly when its member leaves."""
    near, far = Socket(server.port, "/live/ws"), Socket(server.port, "/live/ws")
    for client in (near, far):
        client.send({"t": "subscribe", "tracks": [], "sync": "lobby"})
    near.send({"t": "stat", "need": 120})
    far.send({"t": "stat", "need": 400})
    while far.until("sync")["target"] != 400:
        pass
    while (message := near.until("sync"))["target"] != 400:
        assert message["group"] == "lobby"
    far.socket.close()
    assert 120 <= near.until("sync")["target"] < 400
    near.send({"t": "subscribe", "sync": "no group"})
    assert near.until("error")["code"] == "unknown-group"
    near.socket.close()


def test_statistics_list_viewers(streamer) -> None:
    """/stats.json needs the token; viewers of both transports are listed, and removed."""
    token = "statistics-token-1"
    program = streamer("--resolution", "320x180", "--admin-token", token)
    assert get(program.port, "/stats.json").status == 401
    headers = {"Authorization": f"Bearer {token}"}

    def live() -> dict:
        response = get(program.port, "/stats.json", headers=headers)
        assert response.status == 200 and response.headers["cache-control"] == "no-store"
        return json.loads(response.text)["streams"][0]

    began = time.monotonic()
    with subscribed(program.port, tracks=["v"]) as client:
        client.until("subscribed")
        client.media(60, VIDEO)
        client.send({"t": "stat", "delay": 123.5, "buf": 100, "stalls": 2, "drop": "x"})
        stream = wait_until(
            lambda: (s := live()) and "delay" in s["aggregate"] and s, 5, "figures", 0.3)
        viewer = stream["viewers"][0]
        assert viewer["transport"] == "ws" and viewer["rendition"] == "video"
        assert viewer["ip"] == "127.0.0.0" and viewer["kbps"] > 10
        assert (viewer["delay"], viewer["stalls"], "drops" in viewer) == (123.5, 2, False)
        assert stream["aggregate"]["delay"]["p50"] == 123.5
        assert stream["aggregate"]["renditions"] == {"video": 1}
        assert total(program.port, "streamer_viewers", stream="live", transport="ws") == 1
        assert total(program.port, "streamer_viewer_delay_seconds_count", transport="ws") == 1
        playlist = get(program.port, "/live/video/playlist.m3u8").text
        part = playlist.split("#EXT-X-PRELOAD-HINT:")[1].split('URI="')[1].split('"')[0]
        cmcd = {"CMCD-Request": 'sid="e2e"', "CMCD-Object": "ltc=400"}
        assert get(program.port, f"/live/video/{part}", headers=cmcd).status == 200
        # The delivery is known when the kernel has taken the last byte.
        stream = wait_until(
            lambda: "delivery" in (s := live())["viewers"][-1] and s, 20, "a delivery", 0.3)
        assert stream["aggregate"]["transports"] == {"ws": 1, "llhls": 1}
        viewer = stream["viewers"][1]
        assert (viewer["transport"], viewer["delay"]) == ("llhls", 400)
        since = (time.monotonic() - began) * 1000
        assert 0 < viewer["delivery"] < since and viewer["rtt"] < since, viewer
    wait_until(lambda: live()["aggregate"]["viewers"] == 0, 9, "the viewers are removed", 0.3)


def test_shutdown_is_told(streamer) -> None:
    """The end of the program: source ended, then Close 1001."""
    program = streamer("--resolution", "320x180")
    with subscribed(program.port) as client:
        client.media(5)
        result: list[object] = []

        def follow() -> None:
            try:
                result.append(client.until("source"))
                while result[-1]["state"] != "ended":  # type: ignore[index]
                    result.append(client.until("source"))
                client.until("nothing")
            except Ended as ended:
                result.append(ended.args)

        thread = threading.Thread(target=follow)
        thread.start()
        assert stop(program) == 0
        thread.join(5)
    assert result[-2]["state"] == "ended", result  # type: ignore[index]
    assert result[-1] == (1001,), result


def test_client_of_a_library(server: Program) -> None:
    """Python's websockets: handshake, messages, Ping and Close as its authors read RFC 6455."""
    client = pytest.importorskip("websockets.sync.client", reason="websockets not found")
    with client.connect(f"ws://127.0.0.1:{server.port}/live/ws", subprotocols=["llws.v1"],
                        compression="deflate", max_size=None) as connection:
        assert connection.subprotocol == "llws.v1"
        assert connection.protocol.extensions == []
        connection.send(['{"t":"hel', 'lo"}'])
        assert json.loads(connection.recv(5))["t"] == "welcome"
        assert connection.ping().wait(5)
        connection.send('{"t":"subscribe","tracks":["v"]}')
        sizes = [len(m) for m in (connection.recv(5) for _ in range(40)) if isinstance(m, bytes)]
        assert len(sizes) > 30
        connection.close(4001, "done")
    assert connection.protocol.close_rcvd.code == 4001


def test_removed_stream_closes_its_sockets(streamer) -> None:
    """Sockets of a stream that is removed get 1001, and may answer late."""
    token = "removal-of-a-stream"
    program = streamer("--resolution", "320x180", "--admin-token", token)
    headers = {"Authorization": f"Bearer {token}"}
    with subscribed(program.port) as client:
        client.media(5)
        assert get(program.port, "/api/streams/live", "DELETE", headers).status == 204
        assert client.close_code() == 1001
        pause(0.5, "the client answers late")
        client.send(frame(CLOSE, b"\x03\xe9"))
    wait_until(lambda: total(program.port, "streamer_websockets") == 0, 5, "the socket is closed")
    with Socket(program.port, "/live/ws") as client:
        assert client.status == 404


def test_many_requests_on_one_connection(server: Program) -> None:
    """A request before the upgrade is answered; a request after it is no frame."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as raw:
        upgrade = ("GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                   "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                   "Sec-WebSocket-Protocol: llws.v1\r\n\r\n")
        raw.sendall(b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        data = b""
        while b"ok\n" not in data:
            data += raw.recv(4096)
        raw.sendall(upgrade.encode() + b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n")
        data = b""
        while piece := raw.recv(4096):
            data += piece
        assert data.startswith(b"HTTP/1.1 101") and b"\x88" in data and b"ok\n" not in data
