# SPDX-License-Identifier: Apache-2.0
"""GStreamer's RTSP server whose frames have the burned clock; runs in Debian's own Python.

`/usr/bin/python3 rtspserver.py PORT` prints `ready`; --help lists the options.
The URL is rtsp://127.0.0.1:PORT/x.
With `--file PATH` it sends the video and audio of a Matroska file (H.264, AAC) once instead; with
`--vp9` that is one with VP9, with `--hevc` one with HEVC, whose audio it does not send; with
`--languages de,en` its audio sections have `a=lang`.
"""

from __future__ import annotations

import argparse
import sys
import threading
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import gi  # noqa: E402
from painter import frames  # noqa: E402

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
gi.require_version("GstSdp", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer, GstSdp  # noqa: E402, F401

# A class of GStreamer has its signals only afterwards.
Gst.init(None)


class SpokenMedia(GstRtspServer.RTSPMedia):
    """Media whose audio sections in the SDP have languages (RFC 8866 §6.12)."""

    languages: list[str] = []

    def do_setup_sdp(self, sdp, info) -> bool:
        """Adds `a=lang` to the audio sections."""
        if not GstRtspServer.RTSPMedia.do_setup_sdp(self, sdp, info):
            return False
        sections = [sdp.get_media(index) for index in range(sdp.medias_len())]
        audio = [section for section in sections if section.get_media() == "audio"]
        for section, language in zip(audio, self.languages):
            section.add_attribute("lang", language)
        return True


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port")
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--rate", type=int, default=30)
    parser.add_argument("--slices", type=int, default=1)
    parser.add_argument("--first-timestamp", type=int, default=-1,
                        help="the first RTP timestamp (default: random)")
    parser.add_argument("--file", default="")
    parser.add_argument("--hevc", action="store_true")
    parser.add_argument("--vp9", action="store_true")
    parser.add_argument("--audio-tracks", type=int, default=1, help="of the file")
    parser.add_argument("--languages", default="", help="of the audio tracks, with commas")
    parser.add_argument("--user", default="")
    parser.add_argument("--password", default="")
    parser.add_argument("--digest", action="store_true", help="in place of Basic; with --user")
    parser.add_argument("--certificate", default="", help="PEM; with --key: rtsps alone")
    parser.add_argument("--key", default="")
    options = parser.parse_args()
    width, height = map(int, options.size.split("x"))

    def feed(source) -> None:
        for index, data in frames(width, height, options.rate):
            buffer = Gst.Buffer.new_wrapped(data)
            buffer.pts = index * Gst.SECOND // options.rate
            buffer.duration = Gst.SECOND // options.rate
            if source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
                return

    def configure(_, media) -> None:
        source = media.get_element().get_child_by_name("source")
        threading.Thread(target=feed, args=(source,), daemon=True).start()

    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(options.port)
    factory = GstRtspServer.RTSPMediaFactory()
    first_timestamp = (f" timestamp-offset={options.first_timestamp}"
                       if options.first_timestamp >= 0 else "")
    factory.set_launch(
        "( appsrc name=source is-live=true format=time caps=video/x-raw,format=I420,"
        f"width={width},height={height},framerate={options.rate}/1 "
        "! x264enc tune=zerolatency speed-preset=ultrafast sliced-threads=false threads=1 "
        f"key-int-max=30 bitrate=1500 option-string=slices={options.slices}:scenecut=0 "
        "! video/x-h264,profile=baseline ! rtph264pay name=pay0 pt=96 config-interval=-1"
        f"{first_timestamp} )")
    if options.file and options.hevc:
        factory.set_launch(
            f"( filesrc location={options.file} ! matroskademux ! h265parse "
            "! rtph265pay name=pay0 pt=96 config-interval=-1 )")
    elif options.file:
        video = "rtpvp9pay" if options.vp9 else "h264parse ! rtph264pay config-interval=-1"
        audio = "".join(
            f"d.audio_{index} ! queue ! aacparse ! rtpmp4gpay name=pay{index + 1} pt={index + 97} "
            for index in range(options.audio_tracks))
        factory.set_launch(
            f"( filesrc location={options.file} ! matroskademux name=d d.video_0 ! queue ! "
            f"{video} name=pay0 pt=96 {audio})")
    else:
        factory.connect("media-configure", configure)
    if options.languages:
        SpokenMedia.languages = options.languages.split(",")
        factory.set_media_gtype(SpokenMedia.__gtype__)
    factory.set_shared(True)
    auth = GstRtspServer.RTSPAuth()
    if options.certificate:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_files(options.certificate,
                                                                   options.key))
        server.set_auth(auth)
    if options.user:
        token = GstRtspServer.RTSPToken()
        token.set_string("media.factory.role", "viewer")
        if options.digest:
            auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
            auth.add_digest(options.user, options.password, token)
        else:
            basic = GstRtspServer.RTSPAuth.make_basic(options.user, options.password)
            auth.add_basic(basic, token)
        server.set_auth(auth)
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("viewer", "media.factory.access", True)
        permissions.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(permissions)
    server.get_mount_points().add_factory("/x", factory)
    server.attach(None)
    print("ready", flush=True)
    GLib.MainLoop().run()


if __name__ == "__main__":
    main()
