# SPDX-License-Identifier: Apache-2.0
"""The table of foreign senders that push, or that the program pulls from."""

from __future__ import annotations

from allowed import ENCODED, INSERTED, PASSED, RESTARTED, Allowed
from clip import Picture, Sound
from flow import Burst, Returned, Successor
from foreign.commands import Way
from foreign.films import Film
from foreign.sender import Leg
from foreign.table import SenderRow

# Key frames at uneven distances of up to 3 s.
UNEVEN = (0, 25, 60, 75, 130, 190, 215, 250)
B_FRAMES = Allowed(notices=("b-frames",))
LARGE, REORDERED = Picture(320, 180), Picture(b_frames=2)
STEREO = Sound(rate=44_100, channels=2)
AT = 6
FILM = Film(seconds=14)
# A stream whose source ends and returns, or is followed by another one.
RETURNS, RETURNS_ENCODED = (Returned(seconds=1).allowed(mode) for mode in (PASSED, ENCODED))
FOLLOWED, FOLLOWED_ENCODED = (Successor(seconds=1).allowed(mode) for mode in (PASSED, ENCODED))
BEGINS_AGAIN = FOLLOWED + Allowed(lost=75, discontinuities=1, gaps=3, silent=3, pictures=100,
                                  notices=("unfit", INSERTED, "passthrough"))


def followed(film: Film, other: Film, at: int = AT, after: float = 1, tool: str = "",
             protocol: str = "", way: Way | None = None) -> tuple[Leg, ...]:
    """Two processes: the second one sends the seconds from `at` on as another film."""
    return (Leg(film.part(0, at)), Leg(other.part(at, other.seconds), after, tool=tool,
                                       protocol=protocol, way=way))


PLAIN = (
    SenderRow("plain", (
        "ffmpeg-5 rtmp", "ffmpeg-5 srt", "ffmpeg-5 udp", "ffmpeg-5 http-ts", "ffmpeg-5 cmaf",
        "ffmpeg-5 announced", "ffmpeg-9 rtmp", "ffmpeg-9 srt", "ffmpeg-9 udp",
        "ffmpeg-9 multicast", "ffmpeg-9 http-ts", "ffmpeg-9 cmaf", "ffmpeg-9 announced",
        "gstreamer rtmp", "gstreamer srt", "gstreamer called", "gstreamer udp",
        "gstreamer multicast", "gstreamer announced", "pyav rtmp", "pyav udp", "vlc udp",
        "vlc announced", "ffmpeg-9 rtmp encoded", "gstreamer announced encoded",
        "vlc udp encoded")),
    # VLC as a server holds its media for up to a second, and then sends it earlier than before.
    SenderRow("plain", ("vlc served",), passed=Allowed(
        discontinuities=1, notices=(INSERTED, "source-silent"))),
    SenderRow("b-frames-1", ("ffmpeg-5 rtmp", "gstreamer rtmp", "ffmpeg-9 announced"),
              Film(Picture(b_frames=1)), passed=B_FRAMES),
    SenderRow("b-frames-2", ("ffmpeg-9 rtmp", "ffmpeg-9 srt", "ffmpeg-9 cmaf", "gstreamer srt",
                             "gstreamer announced", "vlc udp", "ffmpeg-5 rtmp encoded"),
              Film(REORDERED), passed=B_FRAMES),
    SenderRow("b-frames-3", ("ffmpeg-5 udp", "ffmpeg-5 announced", "pyav rtmp"),
              Film(Picture(b_frames=3)), passed=B_FRAMES),
)

GROUPS = (
    SenderRow("groups-of-2-s", ("ffmpeg-5 rtmp", "gstreamer announced"), Film(Picture(group=50))),
    SenderRow("groups-uneven", ("ffmpeg-9 udp",), Film(Picture(keys=UNEVEN)),
              passed=Allowed(lost=10, discontinuities=2, gaps=1, silent=1, start=3,
                             notices=(INSERTED, RESTARTED))),
    # The target duration of a publisher does not change: it is encoded.
    SenderRow("groups-uneven-published", ("ffmpeg-9 rtmp",), Film(Picture(keys=UNEVEN)),
              passed=Allowed(is_encoded=True, lost=60, discontinuities=2, gaps=3, silent=3, start=3,
                             pictures=75, steps=False, lines=(RESTARTED,), state="encodedBecause",
                             notices=(INSERTED, "passthrough"))),
    SenderRow("rate-60", ("ffmpeg-9 rtmp", "gstreamer udp"), Film(Picture(rate=60, group=60))),
    SenderRow("rate-15", ("ffmpeg-5 announced", "gstreamer rtmp"),
              Film(Picture(rate=15, group=15))),
)

FLOW = (
    SenderRow("frozen", ("ffmpeg-9 rtmp", "ffmpeg-5 srt", "gstreamer announced"),
              legs=(Leg(FILM, frozen=(5.4, 0.7)),), passed=Burst(5, 0.7).allowed(PASSED)),
    SenderRow("frozen-for-3-s", ("ffmpeg-5 rtmp", "ffmpeg-9 udp"),
              legs=(Leg(FILM, frozen=(5.4, 3)),),
              passed=Burst(5, 3).allowed(PASSED) + BEGINS_AGAIN),
    SenderRow("returned", ("ffmpeg-5 rtmp", "ffmpeg-9 srt", "ffmpeg-9 http-ts", "ffmpeg-9 cmaf",
                           "gstreamer rtmp", "ffmpeg-5 udp", "gstreamer announced",
                           "ffmpeg-9 rtmp encoded"),
              legs=followed(FILM, FILM), passed=RETURNS, encoded=RETURNS_ENCODED),
    SenderRow("killed", ("ffmpeg-9 rtmp", "ffmpeg-9 cmaf"),
              legs=(Leg(FILM.part(0, AT), killed=AT - 1.3), Leg(FILM.part(AT, 14), 0.1)),
              passed=RETURNS + Allowed(lost=75, silent=2)),
    # The end of a connection by SRT is not told: the next sender is refused for two seconds.
    SenderRow("killed-and-returned-late", ("gstreamer srt",),
              legs=(Leg(FILM.part(0, AT), killed=AT - 1.3), Leg(FILM.part(AT, 14), 3)),
              passed=RETURNS + Allowed(lost=75, silent=4, gaps=3)),
)

FOLLOWERS = (
    SenderRow("followed-by-b-frames", ("ffmpeg-5 rtmp",), passed=FOLLOWED, legs=followed(
        FILM, Film(REORDERED, seconds=14), tool="gstreamer")),
    SenderRow("followed-by-srt", ("ffmpeg-9 rtmp",), passed=FOLLOWED, legs=followed(
        FILM, Film(LARGE, sounds=(STEREO,), seconds=14), tool="ffmpeg-5", protocol="srt")),
    SenderRow("followed-by-http", ("gstreamer rtmp",), passed=FOLLOWED, legs=followed(
        FILM, Film(sounds=(Sound("mp2", channels=2),), seconds=14), tool="ffmpeg-9",
        protocol="http-ts")),
    SenderRow("followed-by-another-size", ("ffmpeg-9 rtmp", "ffmpeg-9 cmaf", "gstreamer udp",
                                           "ffmpeg-9 rtmp encoded"),
              passed=FOLLOWED, encoded=FOLLOWED_ENCODED,
              legs=followed(FILM, Film(LARGE, seconds=14))),
    SenderRow("followed-by-other-sound", ("ffmpeg-5 rtmp", "ffmpeg-5 srt"), passed=FOLLOWED,
              legs=followed(FILM, Film(sounds=(STEREO,), seconds=14))),
    SenderRow("followed-by-hevc", ("ffmpeg-9 rtmp", "ffmpeg-5 srt"), passed=BEGINS_AGAIN,
              legs=followed(FILM, Film(codec="hevc", seconds=14))),
    SenderRow("followed-by-opus", ("ffmpeg-9 rtmp",), passed=FOLLOWED,
              legs=followed(FILM, Film(sounds=(Sound("opus", channels=2),), seconds=14))),
    SenderRow("followed-by-no-sound", ("ffmpeg-9 rtmp",),
              passed=FOLLOWED + Allowed(silent=9, lines=("audio-gone",)),
              legs=followed(FILM, Film(sounds=(), seconds=14))),
)


def heard(name: str, codec: str, *senders: str, rate: int = 48_000, channels: int = 2,
          container: str = "mp4") -> SenderRow:
    """A row of another codec, rate or number of channels."""
    return SenderRow(name, senders, Film(sounds=(Sound(codec, rate, channels),),
                                         container=container))


SOUNDS = (
    heard("aac-44100", "aac", "ffmpeg-5 rtmp", "gstreamer rtmp", "gstreamer announced",
          rate=44_100),
    heard("aac-16000", "aac", "ffmpeg-9 srt", "ffmpeg-5 announced", rate=16_000, channels=1),
    heard("aac-5.1", "aac", "ffmpeg-9 rtmp", "ffmpeg-9 udp", channels=6),
    heard("opus", "opus", "ffmpeg-9 rtmp", "ffmpeg-5 srt", "ffmpeg-9 announced",
          "gstreamer announced", "ffmpeg-9 cmaf"),
    heard("mp3", "mp3", "ffmpeg-5 rtmp", "gstreamer rtmp", "ffmpeg-9 udp", rate=44_100),
    heard("mp2", "mp2", "ffmpeg-5 udp", "ffmpeg-9 announced"),
    heard("ac3", "ac3", "ffmpeg-9 udp", "ffmpeg-9 rtmp"),
    heard("eac3", "eac3", "ffmpeg-5 srt"),
    heard("flac", "flac", "ffmpeg-9 rtmp"),
    heard("g711", "mulaw", "ffmpeg-5 announced", rate=8000, channels=1, container="mkv"),
    SenderRow("no-sound", ("ffmpeg-5 rtmp", "gstreamer srt"), Film(sounds=())),
    SenderRow("two-sounds", ("ffmpeg-5 srt", "ffmpeg-9 rtmp", "ffmpeg-9 cmaf", "gstreamer udp",
                             "ffmpeg-5 announced"),
              Film(sounds=(Sound(), Sound(rate=44_100, channels=2)))),
)

CODECS = (
    SenderRow("hevc", ("ffmpeg-9 rtmp", "ffmpeg-5 srt", "ffmpeg-9 cmaf", "gstreamer udp",
                       "gstreamer announced", "ffmpeg-5 announced", "ffmpeg-9 srt encoded"),
              Film(codec="hevc")),
    SenderRow("hevc-with-b-frames", ("ffmpeg-9 rtmp", "ffmpeg-9 udp"),
              Film(REORDERED, codec="hevc"), passed=B_FRAMES),
    SenderRow("interlaced", ("ffmpeg-9 rtmp",), Film(LARGE, options=("-flags", "+ilme+ildct")),
              passed=Allowed(lines=("interlaced",))),
    SenderRow("slices", ("ffmpeg-5 rtmp", "gstreamer announced"), Film(Picture(slices=4))),
)


def written(name: str, senders: tuple[str, ...], *outputs: str, muxer: str = "",
            **elements: str) -> SenderRow:
    """A row of another form: options of ffmpeg, or elements of GStreamer."""
    return SenderRow(name, senders, way=Way(outputs=outputs, muxer=muxer, elements=elements))


FORMS = (
    written("delimiters", ("ffmpeg-9 rtmp",), "-bsf:v", "h264_metadata=aud=insert"),
    # The filters expect start codes: after lengths no decoder can read what they write.
    written("sets-with-each-key-frame", ("ffmpeg-5 rtmp", "ffmpeg-5 srt"), "-bsf:v",
            "h264_mp4toannexb,dump_extra=freq=keyframe"),
    written("sets-in-band", ("gstreamer rtmp", "gstreamer announced"),
            video="h264parse config-interval=-1"),
    written("without-sei", ("ffmpeg-9 rtmp",), "-bsf:v", "filter_units=remove_types=6"),
    written("start-codes", ("ffmpeg-5 rtmp",), "-bsf:v", "h264_mp4toannexb"),
    written("no-metadata", ("ffmpeg-9 rtmp",), "-flvflags", "no_metadata"),
    written("latm", ("ffmpeg-9 udp", "ffmpeg-5 srt"), "-mpegts_flags", "latm"),
    written("other-pids", ("ffmpeg-5 udp",), "-mpegts_start_pid", "0x30", "-mpegts_pmt_start_pid",
            "0x1e1", "-mpegts_service_id", "77"),
    written("constant-rate", ("ffmpeg-9 udp", "ffmpeg-5 srt"), "-muxrate", "2M"),
    written("constant-rate-of-gstreamer", ("gstreamer udp",), muxer="bitrate=2000000"),
    written("packets-of-192-bytes", ("ffmpeg-9 http-ts",), "-mpegts_m2ts_mode", "1"),
    written("wrap-of-33-bits", ("ffmpeg-9 srt", "ffmpeg-5 udp"), "-output_ts_offset", "95438.7"),
    written("wrap-of-32-bits", ("ffmpeg-9 rtmp",), "-output_ts_offset", "4294962"),
    written("delayed", ("ffmpeg-5 srt",), "-muxdelay", "1.4", "-muxpreload", "0.7"),
    written("timestamps-of-an-hour", ("ffmpeg-9 announced",), "-output_ts_offset", "3600"),
    written("encoded-by-pyav", ("pyav rtmp", "pyav udp"), "encode", "g=25"),
)

# OBS draws and encodes the film, and begins to send it when it has shown some of it. On a busy
# machine it leaves frames out, beside those that it does not send, and its sound is earlier than
# its picture. Its encoder begins groups with new scenes.
DRAWN = Allowed(late=3000, start=9, lost=25, tolerance=0.1, is_encoded=True,
                notices=(INSERTED, RESTARTED))
SHOWN = Film(LARGE, seconds=16)
STUDIO = (
    SenderRow("default-encoder", ("obs rtmp",), SHOWN, encoder={"keyint_sec": 1},
              passed=DRAWN + B_FRAMES),
    # Its default has B-frames, after a publisher without.
    SenderRow("followed-by-default-encoder", ("obs rtmp",), encoder={"keyint_sec": 1},
              passed=FOLLOWED + DRAWN + B_FRAMES + Allowed(discontinuities=1), legs=(
                  Leg(FILM.part(0, AT), tool="ffmpeg-9"),
                  Leg(Film(LARGE, seconds=22).part(AT, 22)))),
    SenderRow("no-b-frames", ("obs srt",), SHOWN, encoder={"keyint_sec": 1, "bf": 0},
              passed=DRAWN),
)

ROWS: tuple[SenderRow, ...] = (
    *STUDIO, *PLAIN, *GROUPS, *FLOW, *FOLLOWERS, *SOUNDS, *CODECS, *FORMS)
