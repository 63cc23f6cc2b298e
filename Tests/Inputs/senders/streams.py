# SPDX-License-Identifier: Apache-2.0
"""Sends material as MPEG-TS: datagrams of UDP, the body of a POST, a caller of SRT."""

from __future__ import annotations

import ctypes
import http.client
import socket
import struct
from ctypes.util import find_library
from functools import cache
from pathlib import Path

import pytest

from harness.ports import free_port
from harness.rtmp import rtmp_port
from harness.transport import PACKET
from harness.waiting import wait_until
from samples import Sample
from senders.packets import PacketWriter, Program
from senders.sender import Sender

PACKETS = 7
# Options of SRT (srt.h): the stream ID of a caller.
SRTO_STREAMID = 46


class TransportSender(Sender):
    """Writes packets, and sends those of each sample at once."""

    def start_writer(self) -> None:
        """A writer for a connection."""
        setups = {one.track: one.setup for one in reversed(self.material.samples)
                  if one.connection == self.connection}
        programs = self.forms.get("programs", ((0, Program()),))
        assert isinstance(programs, tuple)
        self.writer = PacketWriter(self.forms, programs, setups)

    def write(self, sample: Sample) -> None:
        """Sends the packets of a sample, seven at a time."""
        data = self.writer.write(sample)
        for at in range(0, len(data), PACKETS * PACKET):
            self.send(data[at:at + PACKETS * PACKET])

    def send(self, data: bytes) -> None:
        """Sends packets."""
        raise NotImplementedError


class UDPSender(TransportSender):
    """Sends datagrams to a port that the program reads."""

    port = 0

    def element(self) -> dict[str, object]:
        """An input of UDP."""
        self.port = free_port()
        return {"input": f"udp://127.0.0.1:{self.port}"}

    def open(self) -> None:
        """Waits until the program has the port: a datagram before is lost."""
        self.start_writer()
        port = f":{self.port:04X} "
        wait_until(lambda: port in Path("/proc/net/udp").read_text(), 30, "the port of UDP")
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def send(self, data: bytes) -> None:
        """Sends a datagram."""
        self.socket.sendto(data, ("127.0.0.1", self.port))

    def close(self) -> None:
        """Closes the socket."""
        self.socket.close()


class HTTPSender(TransportSender):
    """Sends the body of a POST without end."""

    def open(self) -> None:
        """Begins the request."""
        self.start_writer()
        self.request = http.client.HTTPConnection("127.0.0.1", self.target.program.port,
                                                  timeout=20)
        self.request.putrequest("POST", f"/{self.target.stream}/stream.ts")
        self.request.putheader("Transfer-Encoding", "chunked")
        self.request.endheaders()

    def send(self, data: bytes) -> None:
        """Sends a piece of the body."""
        self.request.send(b"%x\r\n%b\r\n" % (len(data), data))

    def close(self) -> None:
        """Cuts the request."""
        self.request.close()


@cache
def srt_library() -> ctypes.CDLL:
    """The library of SRT, or a skip."""
    name = find_library("srt-gnutls") or find_library("srt") or "libsrt-gnutls.so.1.5"
    try:
        library = ctypes.CDLL(name)
    except OSError:
        pytest.skip("libsrt not found: inputs by SRT are not tested")
    library.srt_startup()
    return library


class SRTSender(TransportSender):
    """A caller whose messages are the packets as they are."""

    def element(self) -> dict[str, object]:
        """A stream of publishers by SRT."""
        return {"source": "srt"}

    def open(self) -> None:
        """Calls, with the stream as its stream ID."""
        self.start_writer()
        library = srt_library()
        self.caller = library.srt_create_socket()
        name = str(self.forms.get("stream_id", "{stream}/x")).format(stream=self.target.stream)
        library.srt_setsockflag(self.caller, SRTO_STREAMID, name.encode(), len(name))
        port = rtmp_port(self.target.program, "srt")
        address = struct.pack("=H", socket.AF_INET) + struct.pack(">H4s8x", port,
                                                                  socket.inet_aton("127.0.0.1"))
        if library.srt_connect(self.caller, address, len(address)) < 0:
            raise ConnectionError(f"SRT: refused with {library.srt_getrejectreason(self.caller)}")

    def send(self, data: bytes) -> None:
        """Sends a message."""
        if srt_library().srt_send(self.caller, data, len(data)) < 0:
            raise ConnectionError("SRT: the connection is broken")

    def close(self) -> None:
        """Closes the connection."""
        srt_library().srt_close(self.caller)


