# SPDX-License-Identifier: Apache-2.0
"""The command lines by which foreign senders send a film in real time."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foreign.films import Film
from foreign.tools import (
    FFMPEG_5, FFMPEG_9, GSTREAMER, PYAV, VLC, as_nobody, executable)
from harness.tools import ROOT
from perturbation import CMAF, HTTP, RTMP, SRT, UDP

# Protocols beside those of the laboratory: announced by RTSP, pulled from a sender that listens,
# and MPEG-TS to a group of receivers.
ANNOUNCED, SERVED, CALLED, MULTICAST = "announced", "served", "called", "multicast"
GROUP = "239.255.42.1"
PUSHER = ROOT / "Tests/Inputs/foreign/pyavpush.py"
PARSERS = {"h264": "h264parse", "hevc": "h265parse", "aac": "aacparse", "opus": "opusparse",
           "ac3": "ac3parse", "mp3": "mpegaudioparse", "mp2": "mpegaudioparse"}


@dataclass(frozen=True)
class Address:
    """Where a sender sends: the stream, and the ports that are open."""

    stream: str
    http: int
    rtmp: int
    srt: int
    own: int

    def url(self, protocol: str, name: str = "x") -> str:
        """The address of a protocol."""
        return {
            RTMP: f"rtmp://127.0.0.1:{self.rtmp}/{self.stream}/{name}",
            SRT: f"srt://127.0.0.1:{self.srt}?streamid={self.stream}/x",
            CALLED: f"srt://127.0.0.1:{self.own}?mode=listener",
            UDP: f"udp://127.0.0.1:{self.own}?pkt_size=1316",
            MULTICAST: f"udp://{GROUP}:{self.own}?pkt_size=1316&localaddr=127.0.0.1&ttl=0",
            HTTP: f"http://127.0.0.1:{self.http}/{self.stream}/stream.ts",
            SERVED: f"http://127.0.0.1:{self.own}/x.ts",
            ANNOUNCED: f"rtsp://127.0.0.1:{self.own}/x",
        }[protocol]


@dataclass(frozen=True)
class Way:
    """How a sender writes: options before and after the file, of the muxer, or elements."""

    inputs: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    # Elements of GStreamer in place of the parsers, and properties of its muxer.
    elements: Mapping[str, str] = field(default_factory=dict)
    muxer: str = ""
    # The end of the address.
    query: str = ""

    def __hash__(self) -> int:
        return hash((self.inputs, self.outputs, tuple(self.elements.items()), self.muxer))


def command(tool: str, protocol: str, film: Film, address: Address, way: Way) -> list[str]:
    """The command line."""
    if tool in (FFMPEG_5, FFMPEG_9):
        return ffmpeg(tool, protocol, film, address, way)
    if tool == GSTREAMER:
        return gstreamer(protocol, film, address, way)
    if tool == VLC:
        return vlc(protocol, film, address, way)
    assert tool == PYAV, tool
    kind = "flv" if protocol == RTMP else "mpegts"
    return [*executable(tool), str(PUSHER), str(film.file()), address.url(protocol), kind,
            *way.outputs]


def ffmpeg(tool: str, protocol: str, film: Film, address: Address, way: Way) -> list[str]:
    """ffmpeg copies the film at the pace of its timestamps."""
    coded = any(one.startswith("-c") for one in way.outputs)
    start = [*executable(tool), "-hide_banner", "-loglevel", "warning", "-nostdin", "-re",
             *way.inputs, "-i", str(film.file())]
    copy = [] if coded else ["-c", "copy"]
    if protocol == CMAF:
        form = ["-f", "mp4", "-movflags", "cmaf+empty_moov+frag_every_frame", "-flush_packets",
                "1"]
        base = f"http://127.0.0.1:{address.http}/{address.stream}/Streams"
        found = [*start, "-map", "0:v", *copy, *way.outputs, *form, f"{base}(video.cmfv)"]
        for index in range(len(film.sounds)):
            found += ["-map", f"0:a:{index}", *copy, *form, f"{base}(audio-{index}.cmfa)"]
        return found
    form = {RTMP: ["-f", "flv"], ANNOUNCED: ["-f", "rtsp", "-rtsp_transport", "tcp"],
            SERVED: ["-f", "mpegts", "-listen", "1"]}.get(
                protocol, ["-f", "mpegts", "-flush_packets", "1"])
    return [*start, "-map", "0", *copy, *way.outputs, *form, address.url(protocol) + way.query]


def gstreamer(protocol: str, film: Film, address: Address, way: Way) -> list[str]:
    """A pipeline of gst-launch-1.0, at the pace of a sink or of `clocksync`."""
    demuxer = "qtdemux" if film.container == "mp4" else "matroskademux"
    sinks = {
        RTMP: f'flvmux name=m streamable=true {way.muxer} ! rtmp2sink sync=true '
              f'location="{address.url(RTMP)}"',
        SRT: f'mpegtsmux name=m alignment=7 {way.muxer} ! srtsink sync=true '
             f'uri="srt://127.0.0.1:{address.srt}" streamid={address.stream}/x',
        CALLED: f'mpegtsmux name=m alignment=7 {way.muxer} ! srtsink sync=true '
                f'wait-for-connection=true uri="srt://127.0.0.1:{address.own}?mode=listener"',
        UDP: f"mpegtsmux name=m alignment=7 {way.muxer} ! udpsink sync=true host=127.0.0.1 "
             f"port={address.own}",
        MULTICAST: f"mpegtsmux name=m alignment=7 {way.muxer} ! udpsink sync=true host={GROUP} "
                   f"port={address.own} auto-multicast=true multicast-iface=lo ttl-mc=0",
        ANNOUNCED: f'rtspclientsink name=m protocols=tcp location="{address.url(ANNOUNCED)}"',
    }
    pace = "! clocksync " if protocol == ANNOUNCED else ""
    parser = way.elements.get("video", PARSERS[film.codec])
    found = f"{sinks[protocol]} filesrc location={film.file()} ! {demuxer} name=d " \
            f"d.video_0 ! queue ! {parser} {pace}! m. "
    for index, sound in enumerate(film.sounds):
        parser = way.elements.get("audio", PARSERS[sound.codec])
        found += f"d.audio_{index} ! queue ! {parser} {pace}! m. "
    return [*executable(GSTREAMER), *found.replace('"', "").split()]


def vlc(protocol: str, film: Film, address: Address, way: Way) -> list[str]:
    """VLC; Debian's has no output by RTMP or SRT."""
    own = address.own
    outputs = {
        UDP: f"std{{access=udp,mux=ts{way.muxer},dst=127.0.0.1:{own}}}",
        MULTICAST: f"std{{access=udp,mux=ts{way.muxer},dst={GROUP}:{own}}}",
        SERVED: f"std{{access=http,mux=ts{way.muxer},dst=127.0.0.1:{own}/x.ts}}",
        ANNOUNCED: f"rtp{{sdp=rtsp://127.0.0.1:{own}/x}}",
    }
    home = Path(os.environ.get("TMPDIR", "/tmp"), f"vlc-{address.stream}-{own}")
    return [*as_nobody(home), "cvlc", "-q", "--no-sout-all", "--miface=lo", *way.inputs,
            str(film.file()), "--sout", "#" + outputs[protocol], "vlc://quit"]
