# SPDX-License-Identifier: Apache-2.0
"""The servers of `make compare`: how each is found, configured, started, killed and fed.

Programs that Debian has not are named by PEER_MEDIAMTX, PEER_OVENMEDIAENGINE, PEER_SRS and
PEER_GO2RTC. A peer is what a viewer needs: packagers by ffmpeg and GStreamer include their nginx.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.ports import free_port
from harness.procfs import descendants
from harness.sources import SYSTEM_PYTHON, Source, ffmpeg_sender
from harness.tools import streamer_binary

NGINX = """daemon off; master_process off; worker_processes 1;
pid {folder}/nginx.pid; error_log stderr crit;
events {{ worker_connections 256; }}
http {{
  access_log off; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  types {{ application/vnd.apple.mpegurl m3u8; application/dash+xml mpd; video/mp4 m4s mp4;
          video/mp2t ts; }}
  server {{
    listen 127.0.0.1:{http}; root {folder}/media;
    add_header Access-Control-Allow-Origin * always;
    add_header Cache-Control no-cache;
  }}
}}
"""
MEDIAMTX = """logLevel: warn
rtsp: no
webrtc: no
srt: no
rtmp: yes
rtmpAddress: 127.0.0.1:{ingest}
hls: yes
hlsAddress: 127.0.0.1:{http}
hlsAlwaysRemux: yes
hlsVariant: lowLatency
hlsSegmentDuration: 1s
hlsPartDuration: 200ms
paths:
  all_others:
"""
SRS = """listen {ingest};
daemon off;
max_connections 100;
srs_log_tank console;
pid {folder}/srs.pid;
http_server {{ enabled on; listen {http}; dir {folder}/media; crossdomain on; }}
vhost __defaultVhost__ {{
  hls {{ enabled on; hls_path {folder}/media; hls_fragment 1; hls_window 10; }}
}}
"""
GO2RTC = """api: {{ listen: "127.0.0.1:{http}", origin: "*" }}
rtmp: {{ listen: "127.0.0.1:{ingest}" }}
rtsp: {{ listen: "" }}
webrtc: {{ listen: "" }}
srtp: {{ listen: "" }}
streams: {{ x: "" }}
"""
OVEN = """<?xml version="1.0" encoding="UTF-8"?>
<Server version="8">
 <Name>compare</Name><Type>origin</Type><IP>127.0.0.1</IP>
 <Bind>
  <Providers><RTMP><Port>{ingest}</Port></RTMP></Providers>
  <Publishers><LLHLS><Port>{http}</Port></LLHLS></Publishers>
 </Bind>
 <VirtualHosts><VirtualHost>
  <Name>default</Name><Host><Names><Name>*</Name></Names></Host>
  <Applications><Application>
   <Name>live</Name><Type>live</Type>
   <OutputProfiles><OutputProfile>
    <Name>copy</Name><OutputStreamName>${{OriginStreamName}}</OutputStreamName>
    <Encodes><Video><Name>video</Name><Bypass>true</Bypass></Video></Encodes>
   </OutputProfile></OutputProfiles>
   <Providers><RTMP/></Providers>
   <Publishers><LLHLS>
    <ChunkDuration>0.2</ChunkDuration><SegmentDuration>1</SegmentDuration>
    <SegmentCount>10</SegmentCount><CrossDomains><Url>*</Url></CrossDomains>
   </LLHLS></Publishers>
  </Application></Applications>
 </VirtualHost></VirtualHosts>
</Server>
"""


@dataclass
class Peer:
    """A server with its source; `start` may be called again after `kill`, on the same ports."""

    name: str
    commands: Callable[["Peer"], list[list[str]]]
    # Players, each with its path: of a page of the server, or of a playlist or MPD.
    players: dict[str, str]
    # The file, its text and the program that a configuration is for.
    configuration: tuple[str, str] | None = None
    program: str = ""
    # RTMP if it has a path, else MPEG-TS over UDP.
    rtmp_path: str = ""
    folder: Path = Path()
    http: int = 0
    ingest: int = 0
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    source: Source | None = None

    def prepare(self, folder: Path) -> None:
        """Chooses ports and a folder, and writes the configuration."""
        self.folder, self.http, self.ingest = folder, free_port(), free_port()
        (folder / "media").mkdir(parents=True)
        if self.configuration:
            name, text = self.configuration
            (folder / name).write_text(
                text.format(folder=folder, http=self.http, ingest=self.ingest))

    def start(self) -> None:
        """Starts all processes of the server."""
        with open(self.folder / "log", "ab") as log:
            self.processes = [
                subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log,
                                 stderr=log) for command in self.commands(self)]

    def kill(self) -> None:
        """Ends all processes of the server by SIGKILL, also those that it has started."""
        below = set().union(*(descendants(one.pid) for one in self.processes))
        for one in self.processes:
            one.kill()
        for pid in below:
            try:
                os.kill(pid, 9)
            except ProcessLookupError:
                continue
        for one in self.processes:
            one.wait(5)
        self.processes = []

    def feed(self) -> None:
        """Starts the source, or another one if the source has ended, as an encoder would."""
        if self.source and all(one.poll() is None for one in self.source.processes):
            return
        self.starve()
        output = (["-f", "flv", f"rtmp://127.0.0.1:{self.ingest}/{self.rtmp_path}"]
                  if self.rtmp_path else
                  ["-f", "mpegts", "-omit_video_pes_length", "0",
                   f"udp://127.0.0.1:{self.ingest}?pkt_size=1316"])
        self.source = ffmpeg_sender(output)

    def starve(self) -> None:
        """Kills the source."""
        if self.source:
            self.source.kill()
        self.source = None

    def pids(self) -> set[int]:
        """All processes of the server."""
        own = {one.pid for one in self.processes}
        return own.union(*(descendants(pid) for pid in own))

    def url(self, player: str) -> str:
        """The address of what a player opens."""
        return f"http://127.0.0.1:{self.http}{self.players[player]}"


def _nginx(peer: Peer) -> list[str]:
    user = "user root;" if os.geteuid() == 0 else ""
    return [peer.program, "-p", str(peer.folder), "-c", "nginx.conf", "-e", "stderr",
            *(["-g", user] if user else [])]


def _ffmpeg(peer: Peer, *output: str) -> list[str]:
    return ["ffmpeg", "-v", "error", "-fflags", "nobuffer", "-analyzeduration",
            "1500000", "-i", f"udp://127.0.0.1:{peer.ingest}?overrun_nonfatal=1", "-c", "copy",
            "-tag:v", "avc1", "-b:v", "1500k", *output]


def _ffmpeg_hls(peer: Peer) -> list[list[str]]:
    return [_nginx(peer), _ffmpeg(
        peer, "-f", "hls", "-hls_time", "1", "-hls_list_size", "6", "-hls_segment_type", "fmp4",
        "-hls_flags", "delete_segments+append_list+program_date_time+omit_endlist",
        "-master_pl_name", "live.m3u8", str(peer.folder / "media/video.m3u8"))]


def _ffmpeg_dash(peer: Peer) -> list[list[str]]:
    return [_nginx(peer), _ffmpeg(
        peer, "-f", "dash", "-ldash", "1", "-streaming", "1", "-seg_duration", "1",
        "-frag_type", "every_frame", "-use_template", "1", "-use_timeline", "0",
        "-window_size", "6", "-extra_window_size", "5", "-target_latency", "1",
        str(peer.folder / "media/live.mpd"))]


def _gstreamer(peer: Peer) -> list[list[str]]:
    script = Path(__file__).with_name("compare_hls.py")
    return [_nginx(peer),
            [SYSTEM_PYTHON, str(script), str(peer.ingest), str(peer.folder / "media")]]


def _streamer(peer: Peer) -> list[list[str]]:
    return [[str(streamer_binary()), "--input", f"udp://127.0.0.1:{peer.ingest}", "--host",
             "127.0.0.1", "--http-port", str(peer.http)]]


def _has_hlssink2() -> bool:
    """Whether the Python of the system finds GStreamer's sink."""
    try:
        return subprocess.run([SYSTEM_PYTHON, "-c", (
            "import gi; gi.require_version('Gst', '1.0'); from gi.repository import Gst; "
            "Gst.init(None); assert all(map(Gst.ElementFactory.find, ('hlssink2', 'tsdemux')))")],
            capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


# Name, variable, configuration, its path in the folder, arguments, path of the publisher, playlist.
FURTHER = (
    ("MediaMTX", "PEER_MEDIAMTX", "mediamtx.yml", MEDIAMTX, ["{file}"], "x", "/x/index.m3u8"),
    ("OvenMediaEngine", "PEER_OVENMEDIAENGINE", "Server.xml", OVEN, ["-c", "{folder}"], "live/x",
     "/live/x/llhls.m3u8"),
    ("SRS", "PEER_SRS", "srs.conf", SRS, ["-c", "{file}"], "live/x", "/live/x.m3u8"),
    ("go2rtc", "PEER_GO2RTC", "go2rtc.yaml", GO2RTC, ["-config", "{file}"], "x",
     "/api/stream.m3u8?src=x&mp4"),
)


def peers(environment: Mapping[str, str] = os.environ) -> tuple[list[Peer], dict[str, str]]:
    """The peers that this machine has, and why each other one is missing."""
    found = [Peer("streamer", _streamer, {
        "own player": "/?player=frames", "hls.js": "/live.m3u8", "dash.js": "/live/manifest.mpd"})]
    missing: dict[str, str] = {}
    nginx = shutil.which("nginx", path=f"{environment.get('PATH', '')}:/usr/sbin") or ""
    ffmpeg = shutil.which("ffmpeg", path=environment.get("PATH", ""))
    for name, commands, players, lacks in (
            ("ffmpeg HLS, nginx", _ffmpeg_hls, {"hls.js": "/live.m3u8"}, not ffmpeg and "ffmpeg"),
            ("ffmpeg DASH, nginx", _ffmpeg_dash, {"dash.js": "/live.mpd"},
             not ffmpeg and "ffmpeg"),
            ("GStreamer, nginx", _gstreamer, {"hls.js": "/live.m3u8"},
             bool(nginx) and not _has_hlssink2() and "hlssink2 in /usr/bin/python3")):
        if lacks or not nginx:
            missing[name] = f"{lacks or 'nginx'} not found"
        else:
            found.append(Peer(name, commands, players, ("nginx.conf", NGINX), nginx))
    for name, variable, file, text, arguments, path, playlist in FURTHER:
        program = environment.get(variable, "")
        if not program or not os.access(program, os.X_OK):
            missing[name] = (f"{variable} is not set" if not program else
                             f"{variable}: no program {program}")
            continue

        def commands(peer: Peer, file: str = file, words: list[str] = arguments) -> list[list[str]]:
            return [[peer.program, *(word.format(file=peer.folder / file, folder=peer.folder)
                                     for word in words)]]
        found.append(Peer(name, commands, {"hls.js": playlist}, (file, text),
                          str(Path(program).resolve()), rtmp_path=path))
    return found, missing
