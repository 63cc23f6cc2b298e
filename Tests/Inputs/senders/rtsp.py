# SPDX-License-Identifier: Apache-2.0
"""An RTSP server (RFC 2326) that sends material as RTP (RFC 3550) by TCP or UDP, as cameras do."""

from __future__ import annotations

import base64
import re
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

from harness.ports import free_port
from samples import AUDIO, CLOCK, VIDEO, Sample, Setup
from senders.sender import Sender

LONGEST = 1400
SESSION = "Session: 12345678"
TYPES = {VIDEO: 96, AUDIO: 97}
REPORT_EACH = 2 * CLOCK
NTP_TO_UNIX = 2_208_988_800
FU_A = 28
# The fragmentation unit of HEVC (RFC 7798, section 4.4.3).
FU_HEVC = 49
# Names in the SDP, with the clock if that is not the rate of the audio.
NAMES = {"pcm_alaw": ("PCMA", 0), "mp2": ("MPA", CLOCK), "opus": ("opus", 48_000),
         "ac3": ("ac3", 0)}
# The RTP timestamp of time 0 (RFC 3550 recommends a random one).
FIRST_MOMENT = 123_456


@dataclass
class Player:
    """A connection that has asked to play: the channels or ports of its tracks."""

    socket: socket.socket
    lock: threading.Lock = field(default_factory=threading.Lock)
    channels: dict[str, tuple[int, int]] = field(default_factory=dict)
    ports: dict[str, tuple[int, int]] = field(default_factory=dict)
    plays: bool = False


class RTSPSender(Sender):
    """One session at a time; the material begins with its first PLAY."""

    transport = "tcp"

    def element(self) -> dict[str, object]:
        """An input of RTSP; the server listens before the stream is added."""
        self.port = free_port()
        self.listener = socket.create_server(("127.0.0.1", self.port))
        self.playing = threading.Event()
        self.player: Player | None = None
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", 0))
        self.sequence = {VIDEO: 0, AUDIO: 0}
        self.counts = {VIDEO: [0, 0], AUDIO: [0, 0]}
        self.reports = {VIDEO: 0, AUDIO: 0}
        self.reported = 0
        # Packets that the next one of their track overtakes.
        self.held: dict[str, bytes] = {}
        # Audio frames that wait for others, and the timestamp of the first.
        self.together: list[bytes] = []
        self.together_from = 0
        # Presentation minus decode time of a key frame.
        self.early = next((one.pts - one.dts for one in self.material.keys), 0)
        threading.Thread(target=self._accept, daemon=True).start()
        return {"input": f"rtsp://127.0.0.1:{self.port}/x", "rtspTransport": self.transport}

    def open(self) -> None:
        """Waits for the first PLAY."""
        assert self.playing.wait(30), "no client plays"
        self.began = time.time()

    def reconnect(self) -> float:
        """Ends the session, describes the next tracks, and waits for another PLAY."""
        began = time.monotonic()
        self.playing.clear()
        self.connection += 1
        if self.player:
            self.player.plays = False
            self.player.socket.shutdown(socket.SHUT_RDWR)
        assert self.playing.wait(30), "no client plays again"
        return time.monotonic() - began

    def close(self) -> None:
        """Closes all."""
        self.listener.close()
        self.udp.close()
        if self.player:
            self.player.socket.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._serve, args=(Player(client),), daemon=True).start()

    def _serve(self, player: Player) -> None:
        reader = player.socket.makefile("rb")
        try:
            while first := reader.read(1):
                if first == b"$":
                    head = reader.read(3)
                    reader.read(int.from_bytes(head[1:]))
                    continue
                request = (first + reader.readline()).decode()
                fields: dict[str, str] = {}
                while (line := reader.readline().decode().strip()):
                    name, _, value = line.partition(":")
                    fields[name.lower()] = value.strip()
                reader.read(int(fields.get("content-length", 0)))
                self._answer(player, request.split()[0], request.split()[1], fields)
        except (OSError, ValueError, IndexError):
            pass
        finally:
            player.plays = False

    def _answer(self, player: Player, method: str, uri: str, fields: dict[str, str]) -> None:
        lines, body = [], b""
        if method == "OPTIONS":
            lines = ["Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"]
        elif method == "DESCRIBE":
            body = self._description().encode()
            lines = ["Content-Type: application/sdp", f"Content-Base: {uri}/"]
        elif method == "SETUP":
            lines = [self._set_up(player, uri, fields.get("transport", "")), SESSION]
        else:
            lines = [SESSION]
        head = ["RTSP/1.0 200 OK", f"CSeq: {fields.get('cseq', '0')}", *lines]
        if body:
            head.append(f"Content-Length: {len(body)}")
        with player.lock:
            player.socket.sendall("\r\n".join([*head, "", ""]).encode() + body)
        if method == "PLAY":
            player.plays, self.player = True, player
            self.playing.set()

    def _set_up(self, player: Player, uri: str, asked: str) -> str:
        track = AUDIO if uri.endswith("1") else VIDEO
        channels = re.search(r"interleaved=(\d+)-(\d+)", asked)
        if channels:
            player.channels[track] = int(channels[1]), int(channels[2])
            return f"Transport: RTP/AVP/TCP;unicast;interleaved={channels[1]}-{channels[2]}"
        ports = re.search(r"client_port=(\d+)-(\d+)", asked)
        assert ports, asked
        player.ports[track] = int(ports[1]), int(ports[2])
        mine = self.udp.getsockname()[1]
        return f"Transport: RTP/AVP;unicast;client_port={ports[1]}-{ports[2]};" \
               f"server_port={mine}-{mine + 1}"

    def _description(self) -> str:
        setups = {one.track: one.setup for one in reversed(self.material.samples)
                  if one.connection >= self.connection}
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0",
                 "a=control:*"]
        if VIDEO in setups:
            lines += ["m=video 0 RTP/AVP 96", *_described(setups[VIDEO]), "a=control:track0"]
        if AUDIO in setups:
            lines += ["m=audio 0 RTP/AVP 97", *self._described_audio(setups[AUDIO]),
                      "a=control:track1"]
        return "\r\n".join([*lines, ""])

    def _described_audio(self, setup: Setup) -> list[str]:
        rate = round(setup.rate)
        if setup.codec != "aac":
            name, clock = NAMES[setup.codec]
            channels = 2 if setup.codec == "opus" else setup.channels
            return [f"a=rtpmap:97 {name}/{clock or rate}/{channels}"]
        if self.forms.get("latm"):
            return [f"a=rtpmap:97 MP4A-LATM/{rate}/{setup.channels}",
                    f"a=fmtp:97 profile-level-id=1;object=2;cpresent=0;"
                    f"config={mux_config(setup.records[0]).hex()}"]
        return [f"a=rtpmap:97 MPEG4-GENERIC/{rate}/{setup.channels}",
                "a=fmtp:97 streamtype=5;mode=AAC-hbr;SizeLength=13;IndexLength=3;"
                f"IndexDeltaLength=3;config={setup.records[0].hex()}"]

    def _write_audio(self, moment: int, unit: bytes) -> None:
        """Sends an AAC frame, or keeps it for a packet of several (RFC 3640, section 3.2)."""
        if not self.together:
            self.together_from = moment
        self.together.append(unit)
        if len(self.together) < int(str(self.forms.get("frames_together", 1))):
            return
        heads = b"".join((len(one) << 3).to_bytes(2) for one in self.together)
        self._packet(AUDIO, self.together_from,
                     (len(heads) * 8).to_bytes(2) + heads + b"".join(self.together), is_last=True)
        self.together = []

    def write(self, sample: Sample) -> None:
        """Sends the packets of a sample; RTP has presentation times."""
        clock = CLOCK if sample.is_video else NAMES.get(sample.setup.codec, ("", 0))[1] \
            or round(sample.setup.rate)
        first = self.forms.get("first_moment", FIRST_MOMENT)
        assert isinstance(first, int)
        moment = (sample.pts * clock // CLOCK + first) % 2**32
        if sample.is_video and sample.is_key:
            # Another clip may have another order.
            self.early = sample.pts - sample.dts
        if sample.due >= self.reports[sample.track] and not self.forms.get("no_reports"):
            self.reports[sample.track] = sample.due + REPORT_EACH
            # A report states the time of its moment, whatever the order of presentation is.
            early = sample.pts - sample.dts - self.early if sample.is_video else 0
            self._report(sample, (moment - early) % 2**32)
        if not sample.is_video:
            if int(str(self.forms.get("frames_together", 1))) > 1:
                self._write_audio(moment, sample.units[0])
            else:
                self._packet(AUDIO, moment, self._audio(sample), is_last=True)
            return
        sets = sample.setup.records if sample.is_key else ()
        units = [*sets, *sample.units]
        for index, unit in enumerate(units):
            is_last = index == len(units) - 1 or bool(self.forms.get("marker_each"))
            if len(unit) <= LONGEST:
                self._packet(VIDEO, moment, unit, is_last=is_last)
                continue
            is_hevc = sample.setup.codec == "hevc"
            size = 2 if is_hevc else 1
            pieces = [unit[at:at + LONGEST] for at in range(size, len(unit), LONGEST)]
            for at, piece in enumerate(pieces):
                ends = at == len(pieces) - 1
                flags = (at == 0) << 7 | ends << 6
                head = bytes([FU_HEVC << 1, unit[1], flags | unit[0] >> 1 & 63]) if is_hevc \
                    else bytes([unit[0] & 0xE0 | FU_A, flags | unit[0] & 31])
                self._packet(VIDEO, moment, head + piece, is_last=is_last and ends)

    def _audio(self, sample: Sample) -> bytes:
        """The payload of a frame of audio."""
        unit = sample.units[0]
        if sample.setup.codec == "ac3":
            # A whole frame (RFC 4184, section 4.1.1).
            return b"\0\1" + unit
        if sample.setup.codec == "mp2":
            return bytes(4) + unit
        if sample.setup.codec != "aac":
            return unit
        if self.forms.get("latm"):
            return bytes([255] * (len(unit) // 255) + [len(unit) % 255]) + unit
        return (16).to_bytes(2) + (len(unit) << 3).to_bytes(2) + unit

    def _packet(self, track: str, moment: int, payload: bytes, *, is_last: bool) -> None:
        number = self.sequence[track] % 2**16
        self.sequence[track] += 1
        counts = self.counts[track]
        counts[0], counts[1] = counts[0] + 1, counts[1] + len(payload)
        head = struct.pack(">BBHII", 0x80, is_last << 7 | TYPES[track], number, moment,
                           TYPES[track])
        self._send_in_order(track, number, head + payload)

    def _send_in_order(self, track: str, number: int, packet: bytes) -> None:
        """Sends a packet; the forms demand that some overtake the one before, or are sent twice."""
        overtaken, twice = self.forms.get("overtaken", 0), self.forms.get("twice", 0)
        assert isinstance(overtaken, int) and isinstance(twice, int)
        if overtaken and number % overtaken == 0 and track not in self.held:
            self.held[track] = packet
            return
        self._send(track, 0, packet)
        if twice and number % twice == 0:
            self._send(track, 0, packet)
        if track in self.held:
            self._send(track, 0, self.held.pop(track))

    def _report(self, sample: Sample, moment: int) -> None:
        """A sender report (RFC 3550, section 6.4.1), whose clock the forms may displace."""
        errors = self.forms.get("report_errors", (0.0,))
        assert isinstance(errors, tuple)
        # The reports of both tracks are of one reading of the clock.
        error = errors[self.reported // 2 % len(errors)]
        if sample.track not in (self.forms.get("report_tracks") or (VIDEO, AUDIO)):
            error = 0.0
        self.reported += 1
        steps = self.forms.get("clock_set", ())
        assert isinstance(steps, tuple)
        error += sum(seconds for at, seconds in steps if sample.due >= at)
        # A camera whose network is held reads its clock when it captures.
        wall = self.began + (sample.due - sample.held) / CLOCK + error + NTP_TO_UNIX
        packets, size = self.counts[sample.track]
        self._send(sample.track, 1, struct.pack(
            ">BBHIQIII", 0x80, 200, 6, TYPES[sample.track], int(wall * 2**32) % 2**64, moment,
            packets, size % 2**32))

    def _send(self, track: str, index: int, data: bytes) -> None:
        player = self.player
        if player is None or not player.plays:
            return
        if track in player.channels:
            channel = player.channels[track][index]
            # A camera goes on when its client leaves: the next one plays.
            with player.lock:
                try:
                    player.socket.sendall(b"$" + bytes([channel]) + len(data).to_bytes(2) + data)
                except ConnectionError:
                    player.plays = False
        elif track in player.ports:
            self.udp.sendto(data, ("127.0.0.1", player.ports[track][index]))


def mux_config(record: bytes) -> bytes:
    """A StreamMuxConfig (ISO/IEC 14496-3, section 1.7.3) of one program with one layer."""
    bits = "0" + "1" + "0" * 6 + "0" * 4 + "0" * 3
    bits += "".join(f"{byte:08b}" for byte in record) + "000" + "1" * 8 + "0" + "0"
    bits += "0" * (-len(bits) % 8)
    return int(bits, 2).to_bytes(len(bits) // 8)


def _described(setup: Setup) -> list[str]:
    """The attributes of the video in the SDP."""
    sets = [base64.b64encode(one).decode() for one in setup.records]
    if setup.codec == "hevc":
        named = ";".join(f"sprop-{name}={one}" for name, one in zip(("vps", "sps", "pps"), sets))
        return ["a=rtpmap:96 H265/90000", f"a=fmtp:96 {named}"]
    return ["a=rtpmap:96 H264/90000",
            f"a=fmtp:96 packetization-mode=1;profile-level-id={setup.records[0][1:4].hex()};"
            f"sprop-parameter-sets={','.join(sets)}"]


class DatagramRTSPSender(RTSPSender):
    """The media in datagrams of UDP."""

    transport = "udp"
