# SPDX-License-Identifier: Apache-2.0
"""The table of cameras: what GStreamer's server sends, and how its answers are odd."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatch

from allowed import ENCODED, PASSED, Allowed
from clip import Picture, Sound
from foreign.camera import CameraCase, Description, Edit, Odd
from foreign.films import Film
from foreign.sender import Leg
from foreign.table import TAIL
from foreign.tools import CAMERA
from perturbation import RTSP

TCP, UDP = "tcp", "udp"
FILM = Film(container="mkv")
B_FRAMES = Allowed(notices=("b-frames",))
METADATA = ("m=application 0 RTP/AVP 107", "a=rtpmap:107 vnd.onvif.metadata/90000",
            "a=control:extra")
UNKNOWN_AUDIO = ("m=audio 0 RTP/AVP 108", "a=rtpmap:108 X-VENDOR-VOICE/16000", "a=control:extra")
UNKNOWN_VIDEO = ("m=video 0 RTP/AVP 109", "a=rtpmap:109 X-SMART-CODEC/90000", "a=control:extra")
BACK_CHANNEL = ("m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=sendonly", "a=control:extra")


@dataclass(frozen=True)
class CameraRow:
    """A row; `faults` are known to fail: a pattern of "transport mode", and the reason."""

    name: str
    odd: Odd = Odd()
    film: Film = FILM
    transports: tuple[str, ...] = (TCP,)
    modes: tuple[str, ...] = (PASSED,)
    allowed: Allowed = Allowed()
    faults: Mapping[str, str] = field(default_factory=dict)

    def cases(self) -> Iterator[tuple[str, CameraCase, str]]:
        """Name, case, and the reason of a known fault or nothing."""
        film = replace(self.film, container="mkv", tail=TAIL)
        for mode in self.modes:
            for transport in self.transports:
                reason = next((reason for pattern, reason in self.faults.items()
                               if fnmatch(f"{transport} {mode}", pattern)), "")
                case = CameraCase(RTSP, mode, picture=film.picture, seconds=film.seconds,
                                  more=self.allowed, tool=CAMERA, legs=(Leg(film),), odd=self.odd,
                                  transport=transport)
                yield f"{self.name}-{transport}-{mode}", case, reason


def edited(*edits: Edit) -> Odd:
    """A camera whose description is edited."""
    def edit(description: Description) -> None:
        for one in edits:
            one(description)
    return Odd(edit)


def replaced(old: str, new: str) -> Edit:
    """Replaces a pattern in each line."""
    return lambda one: one.replace(old, new)


def without(pattern: str) -> Edit:
    """Removes lines and fields."""
    return lambda one: one.without(pattern)


def before(prefix: str, *lines: str) -> Edit:
    """Inserts lines."""
    return lambda one: one.insert(prefix, *lines)


def absolute(one: Description) -> None:
    """Control addresses with a host."""
    one.replace(r"^a=control:stream=", f"a=control:{one.base}/stream=")


def rooted(one: Description) -> None:
    """Control addresses that begin with a slash."""
    one.replace(r"^a=control:stream=", "a=control:/x/stream=")


def ended_by_line_feeds(one: Description) -> None:
    """Lines that end with a line feed alone."""
    one.ends = "\n"


def of_another_host(one: Description) -> None:
    """A base with the address that the camera has behind its router."""
    one.fields = [line.replace("127.0.0.1", "192.168.1.64") for line in one.fields]


PLAIN = (
    CameraRow("plain", transports=(TCP, UDP), modes=(PASSED, ENCODED)),
    CameraRow("b-frames-1", film=Film(Picture(b_frames=1)), transports=(TCP, UDP),
              allowed=B_FRAMES),
    CameraRow("b-frames-3", film=Film(Picture(b_frames=3)), allowed=B_FRAMES),
    CameraRow("groups-of-2-s", film=Film(Picture(group=50))),
    CameraRow("rate-12", film=Film(Picture(rate=12, group=24))),
    CameraRow("slices", film=Film(Picture(slices=4)), transports=(TCP, UDP)),
    CameraRow("large", film=Film(Picture(640, 360)), transports=(UDP,)),
    CameraRow("hevc", film=Film(codec="hevc", sounds=()), transports=(TCP, UDP)),
    CameraRow("aac-44100-stereo", film=Film(sounds=(Sound(rate=44_100, channels=2),)),
              transports=(UDP,)),
    CameraRow("aac-16000", film=Film(sounds=(Sound(rate=16_000),))),
    CameraRow("two-sounds", film=Film(sounds=(Sound(), Sound(rate=44_100, channels=2)))),
    CameraRow("no-sound", film=Film(sounds=()), transports=(TCP, UDP)),
)

DESCRIPTIONS = (
    CameraRow("no-sprop", edited(replaced(r";?sprop-parameter-sets=[^;\s]+", ""))),
    CameraRow("broken-sprop", edited(replaced(r"(sprop-parameter-sets=)[^;\s]+", r"\1Z0IA,!!"))),
    CameraRow("no-fmtp-of-video", edited(without("^a=fmtp:96"))),
    CameraRow("hevc-no-sprop", edited(replaced(r";?sprop-[vsp]ps=[^;\s]+", "")),
              Film(codec="hevc", sounds=())),
    CameraRow("lower-case-codecs", edited(replaced("H264", "h264"),
                                          replaced("MPEG4-GENERIC", "mpeg4-generic"))),
    CameraRow("spaces-in-fmtp", edited(replaced(";", "; "))),
    CameraRow("wrong-clock-of-audio", edited(replaced("(MPEG4-GENERIC)/48000", r"\1/8000"))),
    CameraRow("wrong-clock-of-video", edited(replaced("H264/90000", "H264/9000"))),
    CameraRow("wrong-channels", edited(replaced("48000(/1)?$", "48000/2"))),
    *(CameraRow(f"frame-rate-{name}", edited(without("^a=framerate"),
                                             before("a=control:stream=0", f"a=framerate:{text}")))
      for name, text in (("0", "0"), ("1000", "1000"), ("fraction", "12.500000"),
                         ("text", "fast"), ("negative", "-25"))),
    CameraRow("cliprect-and-private-lines", edited(before(
        "m=", "a=x-dimensions:160,90", "a=Width:integer;160", "X-private", "a=", "k=clear:x"))),
)

SECTIONS = (
    CameraRow("onvif-metadata", edited(before("never", *METADATA))),
    CameraRow("onvif-metadata-first", edited(before("m=video", *METADATA)), transports=(TCP, UDP)),
    CameraRow("unknown-audio-first", edited(before("m=audio", *UNKNOWN_AUDIO))),
    CameraRow("unknown-video-first", edited(before("m=video", *UNKNOWN_VIDEO))),
    CameraRow("back-channel", edited(before("never", *BACK_CHANNEL))),
    CameraRow("two-payload-types", edited(replaced("^(m=video .*) 96", r"\1 96 97"))),
    CameraRow("profile-of-feedback", edited(replaced("RTP/AVP ", "RTP/AVPF "))),
    CameraRow("profile-with-tcp", edited(replaced("RTP/AVP ", "RTP/AVP/TCP "))),
)

ADDRESSES = (
    CameraRow("absolute-controls", edited(absolute)),
    CameraRow("absolute-controls-without-base", edited(absolute, without("^Content-Base"))),
    CameraRow("rooted-controls", edited(rooted)),
    CameraRow("no-base", edited(without("^Content-Base"))),
    CameraRow("base-without-slash", Odd(replaced=((r"^(Content-Base: \S+)/$", r"\1"),))),
    CameraRow("base-of-another-host", edited(of_another_host)),
    CameraRow("no-session-control", edited(lambda one: one.without(r"^a=control:(\*|rtsp)"))),
    CameraRow("controls-with-query", edited(replaced("a=control:stream=(.)",
                                                     r"a=control:stream=\1?trackID=\1&x=y"))),
)

ANSWERS = (
    CameraRow("line-feeds", edited(ended_by_line_feeds)),
    CameraRow("charset", Odd(replaced=(("application/sdp", "application/sdp; charset=utf-8"),))),
    CameraRow("lower-case-fields", Odd(replaced=((r"^Content-Type:", "content-type:"),
                                                 ("^Session:", "session:"),
                                                 ("^Transport:", "transport:")))),
    CameraRow("no-rtp-info", Odd(without="^RTP-Info")),
    CameraRow("wrong-rtp-info", Odd(replaced=(("rtptime=[0-9]+", "rtptime=1"),
                                              ("seq=[0-9]+", "seq=1")))),
    CameraRow("no-session-timeout", Odd(replaced=((r"^(Session: [^;]+);.*", r"\1"),))),
    CameraRow("session-timeout-with-spaces", Odd(replaced=((";timeout=60", " ; timeout = 60"),))),
    CameraRow("no-range", edited(without("^a=range"))),
    CameraRow("range-of-clock", edited(without("^a=range"), before(
        "m=", "a=range:clock=20261129T000000Z-"))),
    CameraRow("no-ssrc", Odd(replaced=((";ssrc=[0-9A-Fa-f]+", ""),))),
)

ROWS: tuple[CameraRow, ...] = (*PLAIN, *DESCRIPTIONS, *SECTIONS, *ADDRESSES, *ANSWERS)
