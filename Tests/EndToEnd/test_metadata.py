# SPDX-License-Identifier: Apache-2.0
"""SCTE-35, ID3 and KLV of a transport stream, passed through and encoded."""

from __future__ import annotations

import base64
import json
import re
import struct
import subprocess
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness.boxes import boxes, chunks, timescale
from harness.http1 import get
from harness.inputs import pulls
from harness.playlist import parse
from harness.ports import free_port
from harness.program import Program
from harness.sources import Source, ffmpeg_sender
from harness.tools import need
from harness.transport import KEY, Transport, sets, splice_insert, tag
from harness.waiting import pause, wait_until
from harness.websocket import Media, Socket
from test_events import TOKEN, post

OUT, IN, TAG, LOOSE, FLOOD = 180, 240, 200, 205, 210
SPLICE_SCHEME, DATA_SCHEME = "urn:scte:scte35:2013:bin", "urn:streamer:event"
TAG_SCHEME, SET_SCHEME = "https://aomedia.org/emsg/ID3", "urn:misb:KLV:bin:1910.1"
EVENT = 5


@dataclass
class Message:
    """An emsg, and the tfdt of the chunk that carries it."""

    scheme: str
    number: int
    ticks: int
    duration: int
    data: bytes
    tfdt: int


@dataclass
class Viewed:
    """The source as one program has served it."""

    program: Program
    pdt: dict[int, int] = field(default_factory=dict)
    ranges: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    socket: list[dict] = field(default_factory=list)
    reported: list[dict] = field(default_factory=list)
    keys: set[int] = field(default_factory=set)
    media: bytes = b""
    newest: int = 0
    scale: int = 0

    def wall(self, ticks: int) -> float:
        """The time in playlists of a media time, Unix ms."""
        first = max(begin for begin in self.pdt if begin <= ticks)
        return self.pdt[first] + (ticks - first) * 1000 / self.scale

    def of(self, scheme: str) -> list[Message]:
        """The messages of a scheme."""
        return [message for message in self.messages if message.scheme == scheme]


def message(body: bytes, tfdt: int) -> Message:
    """The fields of an emsg of version 1."""
    _, ticks, duration, number = struct.unpack_from(">IQII", body, 4)
    scheme, _, data = body[24:].split(b"\0", 2)
    return Message(scheme.decode(), number, ticks, duration, data, tfdt)


def messages_in(segment: bytes) -> list[Message]:
    """The messages of a segment, each with the chunk that it precedes."""
    found: list[Message] = []
    pending: list[bytes] = []
    times = iter(chunks(segment))
    for box in boxes(segment):
        if box.kind == "emsg":
            pending.append(box.body)
        elif box.kind == "moof":
            tfdt = next(times).tfdt
            found += [message(body, tfdt) for body in pending]
            pending = []
    return found


def source(path: Path) -> Transport:
    """Ten seconds of video, white during a break, with metadata of all kinds and faults."""
    box = f"drawbox=enable='between(n,{OUT},{IN - 1})':color=white:t=fill"
    stream = Transport(path, 10, "-vf", f"drawbox=color=black:t=fill,{box}")
    # Announced three times, as broadcasters do.
    for frame in (120, 135, 150):
        section = splice_insert(74, stream.stamps[OUT], out=True, seconds=2)
        stream.splice(frame, section)
    stream.splice(195, splice_insert(74, stream.stamps[IN], out=False))
    stream.splice(197, splice_insert(75, None, out=True, encrypted=True))
    stream.splice(198, b"\xFC\x30\x11" + bytes(17))
    stream.tag(TAG, "Tür")
    stream.set(TAG, b"\2\2\0\7")
    stream.set(LOOSE, b"\2\2\0\x08", timed=False)
    for number in range(300):
        stream.set(FLOOD, struct.pack(">H", number), timed=False)
    return stream


def listen(viewed: Viewed, stop: threading.Event) -> None:
    """Notes the events that a WebSocket brings."""
    with Socket(viewed.program.port, "/live/ws") as socket:
        socket.send({"t": "hello"})
        while not stop.is_set():
            found = socket.next()
            if isinstance(found, Media) and found.kind == EVENT:
                viewed.socket.append(json.loads(found.payload))


def follow(viewed: Viewed, stop: threading.Event) -> None:
    """Notes the events that /api/events brings."""
    request = urllib.request.Request(
        viewed.program.url("/api/events"), headers={"Authorization": f"Bearer {TOKEN}"})
    with suppress(OSError), urllib.request.urlopen(request, timeout=20) as response:
        for line in response:
            if line.startswith(b"data: ") and b'"timed-event"' in line:
                viewed.reported.append(json.loads(line[6:]))
            if stop.is_set():
                return


def watch(viewed: Viewed, messages: int = 2, seconds: float = 14) -> None:
    """Reads playlists and whole segments until the media has all messages of SCTE-35."""
    port, seen, stop = viewed.program.port, -1, threading.Event()
    for reader in (listen, follow):
        threading.Thread(target=reader, args=(viewed, stop), daemon=True).start()
    deadline, base = time.monotonic() + seconds, "/live/video/"
    while time.monotonic() < deadline:
        playlist = parse(get(port, base + "playlist.m3u8").text)
        for line in playlist.text.splitlines():
            if line.startswith("#EXT-X-DATERANGE") and line not in viewed.ranges:
                viewed.ranges.append(line)
        for segment in playlist.segments:
            if segment.uri is None or segment.msn <= seen or segment.gap:
                continue
            seen = segment.msn
            data = get(port, base + segment.uri).body
            if not viewed.media:
                viewed.media = get(port, base + str(segment.map_uri)).body
                viewed.scale = timescale(viewed.media)
            found = chunks(data)
            viewed.pdt[found[0].tfdt] = segment.milliseconds()
            viewed.media += data
            viewed.newest = found[-1].tfdt
            viewed.messages += messages_in(data)
            viewed.keys |= {c.tfdt for c in found if b"\x65" in nal_types(c.sample_data()[0])}
        splices = viewed.of(SPLICE_SCHEME)
        if len({m.number for m in splices}) >= messages \
                and viewed.newest > max(m.ticks for m in splices):
            break
        pause(0.1, "each playlist of some seconds is read, of parts and of segments")
    stop.set()


def nal_types(sample: bytes) -> bytes:
    """The header byte of each NAL unit, without nal_ref_idc but of slices as 0x65."""
    found, at = [], 0
    while at + 4 < len(sample):
        (size,) = struct.unpack_from(">I", sample, at)
        found.append(0x65 if sample[at + 4] & 0x1F == 5 else sample[at + 4] & 0x1F)
        at += 4 + size
    return bytes(found)


@pytest.fixture(scope="module")
def watched(binary: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Viewed]]:
    """The same source passed through and encoded, watched to its end."""
    from harness.program import start, stop
    folder = tmp_path_factory.mktemp("metadata")
    stream = source(folder / "source.ts")
    ports = [free_port(), free_port()]
    base = ["--host", "127.0.0.1", "--http-port", "0", "--playlist-length", "20", "--admin-token",
            TOKEN]
    programs = {
        name: start([*base, "--input", f"udp://127.0.0.1:{port}", *more], defaults=False, within=20)
        for (name, more), port in zip({
            "passed": ["--passthrough", "always"],
            "encoded": ["--passthrough", "never", "--resolution", "320x180", "--framerate", "30"],
        }.items(), ports)
    }
    viewed = {name: Viewed(program) for name, program in programs.items()}
    try:
        wait = stream.send(*ports)
        for program in programs.values():
            wait_until(lambda program=program: get(
                program.port, "/live/video/playlist.m3u8", timeout=15).status == 200, 20,
                       "a playlist")
        threads = [threading.Thread(target=watch, args=(found,)) for found in viewed.values()]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        wait()
        yield viewed
    finally:
        for program in programs.values():
            stop(program)


def attribute(line: str, name: str) -> str | None:
    """The value of an attribute of a tag."""
    found = re.search(rf'[:,]{name}=("[^"]*"|[^,]*)', line)
    return found[1].strip('"') if found else None


def milliseconds(date: str) -> int:
    """A date of a playlist as Unix ms."""
    from datetime import datetime
    return round(datetime.fromisoformat(date.replace("Z", "+00:00")).timestamp() * 1000)


@pytest.mark.parametrize("name", ["passed", "encoded"])
def test_splice_is_at_its_frame(watched: dict[str, Viewed], name: str) -> None:
    """emsg, date range and IDR agree, to the frame and to the millisecond."""
    viewed = watched[name]
    out, back = [
        next(line for line in viewed.ranges if f"SCTE35-{role}=0x" in line)
        for role in ("OUT", "IN")]
    assert attribute(out, "ID") == attribute(back, "ID")
    assert str(attribute(out, "ID")).startswith("splice-74-")
    assert attribute(out, "START-DATE") == attribute(back, "START-DATE")
    assert attribute(out, "PLANNED-DURATION") == "2" and attribute(back, "DURATION") == "2"
    assert len(viewed.ranges) == 2, viewed.ranges
    found = viewed.of(SPLICE_SCHEME)
    begin, end = sorted({message.ticks for message in found})
    assert (end - begin) * 30 == (IN - OUT) * viewed.scale
    assert {message.duration for message in found if message.ticks == begin} == {2 * viewed.scale}
    assert "0x" + found[0].data.hex().upper() == attribute(out, "SCTE35-OUT")
    # Once ahead, and once in the chunk of its time.
    carried = [message.tfdt for message in found if message.ticks == begin]
    assert carried[-1] == begin and len(carried) == 2 and carried[0] < begin - viewed.scale / 2
    date = milliseconds(str(attribute(out, "START-DATE")))
    assert abs(viewed.wall(begin) - date) <= 1, (viewed.wall(begin), date)
    assert {begin, end} <= viewed.keys, (begin, end, sorted(viewed.keys))
    assert [message.number for message in viewed.of(DATA_SCHEME)] \
        == [message.number for message in found]
    # The source has a key frame, and a segment begins, at both splices; encoders make one.
    words = "at a key frame of the source, where segment" if name == "passed" else "an IDR is"
    viewed.program.check_logged("splice-key", words, count=2)


def levels(media: bytes, folder: Path) -> bytes:
    """The brightness of each decoded picture of published media."""
    path = folder / "media.mp4"
    path.write_bytes(media)
    return subprocess.run(
        [need("ffmpeg", "decoding"), "-v", "error", "-i", str(path), "-vf", "scale=1:1",
         "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "gray", "-"],
        capture_output=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("name", ["passed", "encoded"])
def test_picture_changes_at_the_splice(
        watched: dict[str, Viewed], name: str, tmp_path: Path) -> None:
    """The break is white in the source: its first and last frame are those of the messages."""
    viewed = watched[name]
    grey = levels(viewed.media, tmp_path)
    times = [chunk.tfdt for chunk in chunks(viewed.media)]
    white = [when for when, level in zip(times, grey) if level > 128]
    begin, end = sorted({message.ticks for message in viewed.of(SPLICE_SCHEME)})
    frame = viewed.scale // 30
    assert (white[0], white[-1] + frame) == (begin, end), ((white[0] - begin) / frame,
                                                          (white[-1] + frame - end) / frame)


@pytest.mark.parametrize("name", ["passed", "encoded"])
def test_tags_and_sets_are_in_the_chunk_of_their_time(
        watched: dict[str, Viewed], name: str) -> None:
    """ID3 and KLV, with and without timestamps; of a flood the first ones."""
    viewed = watched[name]
    begin = min(message.ticks for message in viewed.of(SPLICE_SCHEME))
    frame = viewed.scale // 30
    (found,) = viewed.of(TAG_SCHEME)
    assert found.data == tag("Tür") and found.ticks == begin + (TAG - OUT) * frame
    assert 0 <= found.tfdt - found.ticks <= 3 * frame
    timed, loose, *flood = viewed.of(SET_SCHEME)
    assert timed.data == sets(b"\2\2\0\7") and timed.ticks == found.ticks
    assert loose.data == sets(b"\2\2\0\x08")
    # The demuxer returns an access unit when the next one begins.
    assert abs(loose.ticks - begin - (LOOSE - OUT) * frame) <= 2 * frame
    assert 40 <= len(flood) <= 60, len(flood)
    for event, words in [("metadata-flood", "more than 60"), ("metadata-invalid", "encrypted")]:
        viewed.program.check_logged(event, words, count=1)


@pytest.mark.parametrize("name", ["passed", "encoded"])
def test_sockets_get_json(watched: dict[str, Viewed], name: str) -> None:
    """A client over WebSocket gets all messages, each once."""
    viewed = watched[name]
    messages = [event["data"]["scte35"] for event in viewed.socket if "scte35" in event["data"]]
    assert [(m["role"], m["eventId"]) for m in messages] == [("out", 74), ("in", 74)]
    assert base64.b64decode(messages[0]["base64"]) == viewed.of(SPLICE_SCHEME)[0].data
    (found,) = [event["data"]["id3"] for event in viewed.socket if "id3" in event["data"]]
    assert base64.b64decode(found["base64"]) == tag("Tür")
    klv = [event["data"]["klv"] for event in viewed.socket if "klv" in event["data"]]
    assert klv[0]["key"] == KEY.hex() and base64.b64decode(klv[0]["base64"]) == sets(b"\2\2\0\7")
    numbers = [event["id"] for event in viewed.socket]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("name", ["passed", "encoded"])
def test_programs_get_json(watched: dict[str, Viewed], name: str) -> None:
    """A reader of /api/events gets the messages, and some of a flood of sets."""
    viewed = watched[name]
    found = [event["data"]["data"] for event in viewed.reported]
    assert [e["scte35"]["role"] for e in found if "scte35" in e] == ["out", "in"]
    assert len([e for e in found if "id3" in e]) == 1
    assert 2 <= len([e for e in found if "klv" in e]) <= 20


@pytest.mark.parametrize("where", ["server", "process"])
def test_splice_of_a_request_is_a_key_frame(
        streamer: Callable[..., Program], sources: list[Source], where: str) -> None:
    """The first frame at or after the time is an IDR, and the time of the event is its time."""
    flags = ["--resolution", "320x180", "--bitrate", "300", "--framerate", "30", "--admin-token",
             TOKEN]
    if where == "process":
        port = free_port()
        sources.append(ffmpeg_sender(
            ["-f", "mpegts", f"udp://127.0.0.1:{port}?pkt_size=1316"], "320x180"))
        program = pulls(streamer, f"udp://127.0.0.1:{port}", *flags)
    else:
        program = streamer(*flags)
    base = "/live/video/"
    wait_until(lambda: get(program.port, base + "playlist.m3u8").status == 200, 15, "a playlist")
    # Not a frame of the grid, nor the start of a segment.
    asked = round(time.time()) * 1000 + 2410
    section = base64.b64encode(splice_insert(9, None, out=True, seconds=4)).decode()
    post(program, json.dumps({"scte35": section}), f"?time={asked}")
    program.check_logged("splice-key", stream="live")

    def carrier() -> tuple[str, str] | None:
        playlist = parse(get(program.port, base + "playlist.m3u8").text)
        for segment in playlist.segments:
            if segment.uri and segment.milliseconds() <= asked < segment.milliseconds() + 1000:
                return segment.uri, str(segment.map_uri)
        return None

    wait_until(lambda: carrier() is not None, 10, "the segment of the splice")
    uri, header = carrier() or ("", "")
    scale = timescale(get(program.port, base + header).body)
    data = get(program.port, base + uri).body
    [splice] = [found for box in boxes(data) if box.kind == "emsg"
                and (found := message(box.body, 0)).scheme == SPLICE_SCHEME]
    playlist = parse(get(program.port, base + "playlist.m3u8").text)
    found = chunks(data)
    start = next(s.milliseconds() for s in playlist.segments if s.uri == uri)
    at = start + (splice.ticks - found[0].tfdt) * 1000 / scale
    assert asked - 1 <= at <= asked + 1000 / 30 + 1, (asked, at)
    keys = {chunk.tfdt for chunk in found if b"\x65" in nal_types(chunk.sample_data()[0])}
    assert splice.ticks in keys and splice.ticks > found[0].tfdt, (splice.ticks, keys)
    [listed] = [line for line in playlist.text.splitlines() if "SCTE35-OUT" in line]
    assert abs(milliseconds(str(attribute(listed, "START-DATE"))) - at) <= 1
