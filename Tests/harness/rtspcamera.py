# SPDX-License-Identifier: Apache-2.0
"""An RTSP camera (RFC 2326) with habits that a test chooses: challenges, redirects, refusals."""

from __future__ import annotations

import base64
import hashlib
import re
import select
import socket
import ssl
import struct
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from harness.tools import need

RATE = 25
LONGEST = 1400
FU_A = 28
SESSION = "12345678"
HASHES: dict[str, Callable[..., hashlib._Hash]] = {
    "MD5": hashlib.md5, "SHA-256": hashlib.sha256,
    "SHA-512-256": lambda data: hashlib.new("sha512_256", data)}


def digest(algorithm: str, *parts: str) -> str:
    """A digest of parts with colons, in hexadecimal digits."""
    return HASHES[algorithm](":".join(parts).encode()).hexdigest()


@cache
def pictures(folder: Path) -> list[list[bytes]]:
    """The NAL units of each frame of a clip of two seconds, with a key frame per second.

    With noise: libavformat sends a receiver report for each 280 kB.
    """
    path = folder / "camera.h264"
    subprocess.run([
        need("ffmpeg", "an RTSP camera"), "-v", "error", "-y", "-f", "lavfi", "-i",
        f"testsrc=size=320x180:rate={RATE}:duration=2,noise=alls=40:allf=t", "-c:v", "libx264",
        "-preset", "ultrafast", "-tune", "zerolatency", "-g", str(RATE), "-pix_fmt", "yuv420p",
        "-x264-params", "slices=1:threads=1:aud=1", "-f", "h264", str(path)],
        check=True, timeout=30)
    frames: list[list[bytes]] = []
    for unit in re.split(rb"\x00\x00\x00?\x01", path.read_bytes())[1:]:
        if unit[0] & 31 == 9:
            frames.append([])
        elif unit[0] & 31 != 6:
            frames[-1].append(unit)
    return frames


def datagram_pair() -> list[socket.socket]:
    """Sockets for RTP and for RTCP, whose port is the next one (RFC 3550, section 11)."""
    while True:
        media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        media.bind(("127.0.0.1", 0))
        control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            control.bind(("127.0.0.1", media.getsockname()[1] + 1))
            return [media, control]
        except (OSError, OverflowError):
            media.close()
            control.close()


@dataclass
class Request:
    """A request, and whether its credentials were right."""

    method: str
    uri: str
    fields: dict[str, str]
    is_authorized: bool = True


@dataclass
class RTSPCamera:
    """One thread per client. Sends its clip again and again."""

    folder: Path
    # The values of WWW-Authenticate, each in a field of its own.
    challenges: list[str] = field(default_factory=list)
    user: str = "admin"
    password: str = "secret"
    # Algorithms for which the camera has a password.
    known: tuple[str, ...] = ("MD5", "SHA-256", "SHA-512-256")
    # Method and the lines of a response that it gets instead.
    answers: dict[str, list[str]] = field(default_factory=dict)
    describe_delay: float = 0
    transports: tuple[str, ...] = ("TCP", "UDP")
    public: str = "OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN, GET_PARAMETER"
    timeout: int = 60
    # Seconds after which a session without keep-alive ends; 0 for none.
    patience: float = 0
    certificate: tuple[Path, Path] | None = None
    closes_after_challenge: bool = False
    # With the answer to the challenge unread: its sender sees a reset.
    closes_unread: bool = False
    # Sent to each client after this number of frames.
    interruption: tuple[int, str] | None = None
    requests: list[Request] = field(default_factory=list)
    # The receiver reports that have arrived.
    reports: int = 0

    def __post_init__(self) -> None:
        self.frames = pictures(self.folder)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.datagrams = datagram_pair()
        threading.Thread(target=self._count_reports, daemon=True).start()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        """The URL without credentials."""
        return f"rtsp{'s' if self.certificate else ''}://127.0.0.1:{self.port}/stream"

    def url_with(self, credentials: str) -> str:
        """The URL with credentials as they are written there."""
        return self.url.replace("://", f"://{credentials}@")

    def methods(self) -> list[str]:
        """The methods of all requests so far."""
        return [one.method for one in self.requests]

    def kill(self) -> None:
        """Closes the sockets."""
        for one in (self.listener, *self.datagrams):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client = self.listener.accept()[0]
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _count_reports(self) -> None:
        """Counts receiver reports with a block about a source (RFC 3550, section 6.4.2)."""
        while True:
            try:
                data = self.datagrams[1].recv(2048)
            except OSError:
                return
            self.reports += len(data) >= 32 and data[0] & 31 > 0 and data[1] == 201

    def _serve(self, client: socket.socket) -> None:
        try:
            if self.certificate:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                # With a short key, as devices have.
                context.set_ciphers("DEFAULT:@SECLEVEL=0")
                context.load_cert_chain(*self.certificate)
                client = context.wrap_socket(client, server_side=True)
            Player(self, client).run()
        except (OSError, ValueError, IndexError):
            pass
        finally:
            client.close()


class Player:
    """A client of a camera."""

    def __init__(self, camera: RTSPCamera, client: socket.socket) -> None:
        self.camera, self.socket = camera, client
        self.lock = threading.Lock()
        self.channel = -1
        self.ports: tuple[int, int] | None = None
        self.is_playing = self.has_ended = False
        self.heard = time.monotonic()

    def run(self) -> None:
        """Answers requests until the connection ends."""
        reader = self.socket.makefile("rb")
        try:
            while first := reader.read(1):
                if first == b"$":
                    reader.read(int.from_bytes(reader.read(3)[1:]))
                    continue
                start = (first + reader.readline()).decode()
                fields: dict[str, str] = {}
                while line := reader.readline().decode().strip():
                    name, _, value = line.partition(":")
                    fields[name.lower()] = value.strip()
                if start.startswith("RTSP/"):
                    continue
                request = Request(*start.split()[:2], fields)
                self.camera.requests.append(request)
                if not self.answer(request):
                    return
        finally:
            self.has_ended = True

    def say(self, request: Request, lines: list[str], body: bytes = b"") -> None:
        """Sends a response."""
        head = [f"RTSP/1.0 {lines[0]}", f"CSeq: {request.fields.get('cseq', '0')}", *lines[1:]]
        if body:
            head.append(f"Content-Length: {len(body)}")
        with self.lock:
            self.socket.sendall("\r\n".join([*head, "", ""]).encode() + body)

    def answer(self, request: Request) -> bool:
        """Answers a request; whether the connection goes on."""
        camera = self.camera
        request.is_authorized = self.is_authorized(request)
        if request.method != "OPTIONS" and not request.is_authorized:
            self.say(request, ["401 Unauthorized",
                               *(f"WWW-Authenticate: {one}" for one in camera.challenges)])
            if camera.closes_unread:
                select.select([self.socket], [], [], 10)
            return not (camera.closes_after_challenge or camera.closes_unread)
        if not self.is_playing or request.method in camera.public:
            self.heard = time.monotonic()
        if lines := camera.answers.get(request.method):
            self.say(request, lines)
        elif request.method == "OPTIONS":
            self.say(request, ["200 OK", f"Public: {camera.public}"])
        elif request.method == "DESCRIBE":
            time.sleep(camera.describe_delay)
            self.say(request, ["200 OK", "Content-Type: application/sdp"], self.description())
        elif request.method == "SETUP":
            self.set_up(request)
        elif request.method == "TEARDOWN":
            self.say(request, ["200 OK"])
            return False
        else:
            # Without Range and RTP-Info.
            self.say(request, ["200 OK", f"Session: {SESSION}"])
            if request.method == "PLAY":
                self.is_playing = True
                threading.Thread(target=self.play, daemon=True).start()
        return True

    def is_authorized(self, request: Request) -> bool:
        """Whether the credentials of a request are right, or none are needed."""
        camera = self.camera
        given = request.fields.get("authorization", "")
        if not camera.challenges:
            return True
        if given.startswith("Basic"):
            expected = base64.b64encode(f"{camera.user}:{camera.password}".encode()).decode()
            return given == f"Basic {expected}" and any(
                one.startswith("Basic") for one in camera.challenges)
        found = {name: quoted or plain for name, quoted, plain in re.findall(
            r'(\w+)=(?:"((?:\\.|[^"\\])*)"|([^,\s]*))', given)}
        algorithm = found.get("algorithm", "MD5").upper()
        if not given.startswith("Digest") or algorithm not in camera.known:
            return False
        realm, nonce = found["realm"].replace('\\"', '"'), found["nonce"]
        if not any(f'nonce="{nonce}"' in one for one in camera.challenges):
            return False
        secret = digest(algorithm, camera.user, realm, camera.password)
        asked = digest(algorithm, request.method, found["uri"])
        middle = [found["nc"], found["cnonce"], found["qop"]] if "qop" in found else []
        return found["response"] == digest(algorithm, secret, nonce, *middle, asked)

    def description(self) -> bytes:
        """The SDP."""
        sets = [unit for unit in self.camera.frames[0] if unit[0] & 31 in (7, 8)]
        coded = ",".join(base64.b64encode(one).decode() for one in sets)
        return "\r\n".join([
            "v=0", "o=- 1 1 IN IP4 0.0.0.0", "s=camera", "c=IN IP4 0.0.0.0", "t=0 0",
            "a=control:*", "m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000",
            f"a=framerate:{RATE}",
            f"a=fmtp:96 packetization-mode=1;sprop-parameter-sets={coded}",
            "a=control:track0", ""]).encode()

    def set_up(self, request: Request) -> None:
        """Answers SETUP."""
        asked = request.fields.get("transport", "")
        channels = re.search(r"interleaved=(\d+)-(\d+)", asked)
        ports = re.search(r"client_port=(\d+)-(\d+)", asked)
        if ("TCP" if channels else "UDP") not in self.camera.transports:
            self.say(request, ["461 Unsupported Transport"])
            return
        if channels:
            self.channel = int(channels[1])
            transport = f"RTP/AVP/TCP;unicast;interleaved={channels[1]}-{channels[2]}"
        else:
            assert ports, asked
            self.ports = int(ports[1]), int(ports[2])
            mine = "-".join(str(one.getsockname()[1]) for one in self.camera.datagrams)
            transport = f"RTP/AVP;unicast;client_port={ports[1]}-{ports[2]};server_port={mine}"
        self.say(request, ["200 OK", f"Transport: {transport}",
                           f"Session: {SESSION};timeout={self.camera.timeout}"])

    def play(self) -> None:
        """Sends the clip in real time."""
        began, number, sequence = time.monotonic(), 0, 0
        try:
            while not self.has_ended:
                units = self.camera.frames[number % len(self.camera.frames)]
                moment = number * 90_000 // RATE
                for index, unit in enumerate(units):
                    for payload, is_last in split(unit):
                        marker = (is_last and index == len(units) - 1) << 7
                        head = struct.pack(">BBHII", 0x80, marker | 96, sequence % 2**16,
                                           moment % 2**32, 7)
                        self.send(0, head + payload)
                        sequence += 1
                if number % RATE == 0:
                    ntp = int((time.time() + 2_208_988_800) * 2**32)
                    self.send(1, struct.pack(">BBHIQIII", 0x80, 200, 6, 7, ntp % 2**64,
                                             moment % 2**32, sequence, 0))
                number += 1
                if self.camera.interruption and number == self.camera.interruption[0]:
                    with self.lock:
                        self.socket.sendall(self.camera.interruption[1].encode())
                patience = self.camera.patience
                if patience and time.monotonic() - self.heard > patience:
                    self.socket.shutdown(socket.SHUT_RDWR)
                    return
                time.sleep(max(0, began + number / RATE - time.monotonic()))
        except OSError:
            pass

    def send(self, index: int, data: bytes) -> None:
        """Sends a packet of RTP (0) or RTCP (1)."""
        if self.ports:
            self.camera.datagrams[index].sendto(data, ("127.0.0.1", self.ports[index]))
            return
        with self.lock:
            self.socket.sendall(
                b"$" + bytes([self.channel + index]) + len(data).to_bytes(2) + data)


def split(unit: bytes) -> list[tuple[bytes, bool]]:
    """The payloads of a NAL unit, and whether each is the last (RFC 6184, section 5.8)."""
    if len(unit) <= LONGEST:
        return [(unit, True)]
    pieces = [unit[at:at + LONGEST] for at in range(1, len(unit), LONGEST)]
    return [(bytes([unit[0] & 0xE0 | FU_A,
                    (at == 0) << 7 | (at == len(pieces) - 1) << 6 | unit[0] & 31]) + piece,
             at == len(pieces) - 1) for at, piece in enumerate(pieces)]
