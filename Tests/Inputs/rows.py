# SPDX-License-Identifier: Apache-2.0
"""The rows of the table."""

from __future__ import annotations

from dataclasses import replace

from allowed import INSERTED, RESTARTED, Allowed
from clip import PS, SBR, Picture, Sound
from flow import (
    Burst, Gap, LostKeys, Missing, Pause, Reconnected, Returned, Slower, Successor, Thinned)
from forms import Extras, Written
from perturbation import (
    ALL, CMAF, ENHANCED, HTTP, PAGE, PUBLISHERS, RTMP, RTSP, RTSP_UDP, SRT, TRANSPORT_STREAMS, UDP)
from samples import AUDIO, CLOCK, VIDEO
from senders.packets import Program
from stamps import (
    BOTH, WRAPS, Displaced, Drifting, Equal, Jittered, Jumped, Offset, Rounded, Scrambled, Shifted)
from table import Row
from tracks import Absent, Changed, Late, Retuned, Switched

FLV = (RTMP, ENHANCED)
CAMERAS = (RTSP, RTSP_UDP)
# Pages send no B-frames.
REORDERING = (RTMP, RTSP, SRT, UDP, CMAF)
LOSSY = (RTMP, RTSP, RTSP_UDP, SRT, UDP)
WITHOUT_PAGE = tuple(one for one in ALL if one != PAGE)
PROGRAMS = tuple(one for one in PUBLISHERS if one != PAGE)
# Key frames at uneven distances of up to 3 s.
UNEVEN = (0, 25, 60, 75, 130, 190, 215, 250)
# One key frame that is late by a frame, and those after it with it.
MOVED = (0, 25, 50, *range(76, 300, 25))
# Two programs of a multiplexer that was started again with other PIDs.
FIRST, OTHER_PIDS = Program(), Program(video=0x200, audio=0x201, version=1)
OTHER_AUDIO, OTHER_CLOCK = Program(audio=0x202, version=1), Program(version=1, clock=0x1F0)
OTHER_NUMBER = Program(number=7, version=1)
OTHER_PROGRAM = Program(number=7, map=0x1100, video=0x200, audio=0x201, version=1)
SWITCH = 5 * CLOCK
SOUNDS = (("opus", 48_000, (ENHANCED, RTSP, SRT)), ("ac3", 48_000, (ENHANCED, RTSP, UDP)),
          ("eac3", 48_000, (ENHANCED, UDP)), ("mp2", 48_000, (RTSP, UDP)),
          ("mp3", 48_000, (ENHANCED, SRT)), ("pcm_alaw", 8000, (RTSP,)))
CODECS = (("ac3", 60, (SRT, UDP, ENHANCED)), ("mp2", 60, (SRT, UDP)), ("opus", 60, (SRT, ENHANCED)),
          ("eac3", 60, (SRT, ENHANCED)), ("mp3", 60, (ENHANCED,)))
BROKEN_METADATA = b"\x02\x00\x0aonMetaData\x08\xff\xff\xff\xff\x00\x05wid"
WRONG_METADATA = {"width": 1920, "height": 1080, "framerate": 60.0, "videocodecid": 2,
                  "audiosamplerate": 8000, "stereo": True, "duration": 0}
CHANGED_PROGRAM = ("source-silent", "source-gone", INSERTED, "publisher-no-picture")
# A stream that begins again loses the media of that time, and tells why.
BEGINS_AGAIN = Allowed(lost=75, discontinuities=2, gaps=4, silent=4, pictures=100,
                       notices=("unfit", INSERTED, "passthrough", "source-silent"))
UNPLACEABLE = Allowed(is_encoded=True, lines=("unfit:timestamps",), lost=60, pictures=100,
                      discontinuities=2, gaps=2, silent=3, tolerance=0.6, steps=False,
                      ordered=False, notices=(INSERTED, "passthrough", "source-late"))
# The member of a stream that tells why it is encoded.
WHY = "encodedBecause"
# A source without key frames after its first one.
NO_KEY = "no key frame for more than 4 s"
ENDLESS = Allowed(is_encoded=True, late=200, start=12, pictures=50, tolerance=0.06, state=WHY,
                  lines=(f"passthrough:{NO_KEY}", f"unfit:{NO_KEY}"))
# A following publisher whose form needs another session.
FOLLOWS = Allowed(lost=25, discontinuities=2, gaps=3, silent=2, pictures=50,
                  notices=("unfit", INSERTED, RESTARTED, "passthrough"))
OTHER_RATE = replace(FOLLOWS, steps=False)
# A stream without sound begins again with it; the encoder of a busy machine needs a second for it.
ENCODER_STARTS = 1
# A publisher that is encoded at the rate of the stream; higher rates lose frames in addition.
AT_FORMER_RATE = Allowed(is_encoded=True, lost=40, discontinuities=2, gaps=3, silent=3, pictures=75,
                         steps=False, lines=("other-rate",), notices=(INSERTED, "passthrough"),
                         state=WHY, follows=ENCODER_STARTS)
OTHER_GROUPS = replace(FOLLOWS, is_encoded=True, pictures=75, state=WHY, follows=ENCODER_STARTS)
UNEVEN_GROUPS = replace(AT_FORMER_RATE, lost=60, lines=(RESTARTED,), start=3)
APPEARS = Allowed(lines=("audio-appeared",), silent=3, lost=50, discontinuities=1, gaps=1)

STAMPS = (
    Row("plain", protocols=ALL),
    # Counts of 12 s are extrapolated to a minute.
    Row("displaced", (Displaced(),), ALL, passed=Allowed(findings=(("displaced", 4, 6),))),
    Row("displaced-back", (Displaced(seconds=-0.3),)),
    Row("displaced-far", (Displaced(seconds=1),)),
    Row("displaced-key", (Displaced(at=5.0, seconds=0.1),)),
    Row("displaced-again", (Displaced(at=2.4, seconds=37_600, every=60),), (RTMP, RTSP),
        passed=Allowed(findings=(("displaced", 15, 25),))),
    Row("displaced-audio", (Displaced(track=AUDIO),)),
    Row("backward", (Displaced(seconds=-0.06),)),
    Row("equal", (Equal(),)),
    Row("equal-twice", (Equal(count=2),)),
    Row("equal-at-start", (Equal(at=0.04),)),
    Row("equal-at-start-always", (Equal(at=0.04),), (RTMP, RTSP), passed=None, encoded=None,
        always=Allowed()),
    # Frames that cannot be placed for a second are encoded, with a line that says so.
    Row("without-order", (Scrambled(),), (RTMP, SRT), passed=UNPLACEABLE, encoded=None,
        faults={"*": "the line unfit states B-frames, which the pictures do not have"}),
    Row("equal-audio", (Equal(track=AUDIO),)),
    Row("rounded-10-ms", (Rounded(10),)),
    Row("rounded-16-ms", (Rounded(16),)),
    Row("jittered-8-ms", (Jittered(8),)),
    Row("jittered-12-ms", (Jittered(12),)),
    Row("jittered-15-ms", (Jittered(15),)),
    *(Row(f"jittered-by-half-a-frame-at-{rate}", (Jittered(500 // rate),),
          picture=Picture(rate=rate, group=rate)) for rate in (15, 25, 30, 50, 60)),
    Row("jittered-audio", (Jittered(15, AUDIO),)),
    Row("drifting-300-ppm", (Drifting(0.03, BOTH),)),
    Row("drifting-audio", (Drifting(-1),), (RTMP, UDP), seconds=45,
        passed=Allowed(lines=("audio-drift",), tolerance=0.15, silent=2), encoded=None),
    *(Row(f"wrapped-{protocol}", (Shifted(WRAPS[protocol] - 5 * CLOCK),), (protocol,))
      for protocol in WRAPS),
    Row("signed-wrap", (Shifted(2**31 * 90 - 5 * CLOCK),), FLV),
    Row("jumped-forward", (Jumped(),), ALL),
    Row("jumped-back", (Jumped(seconds=-2),)),
    Row("jumped-in-a-group", (Jumped(4.48, 100),)),
    Row("jumped-back-in-a-group", (Jumped(4.48, -2),)),
    Row("jumped-with-b-frames", (Jumped(5.0, 40_000),), (RTMP, RTSP, SRT),
        picture=Picture(b_frames=1)),
    # Audio of later timestamps arrives before its picture.
    Row("audio-late-by-200-ms", (Offset(0.2),),
        passed=Allowed(findings=(("audio-lag", -260, -150),))),
    Row("audio-early-by-200-ms", (Offset(-0.2),),
        passed=Allowed(findings=(("audio-lag", 150, 260),))),
)

FLOW = (
    Row("gap", (Gap(),), ALL),
    Row("gap-of-two", (Gap(seconds=2),)),
    Row("missing", (Missing(),)),
    Row("missing-five", (Missing(count=5),)),
    # The first frames after a key frame, and the last ones before the next.
    Row("missing-at-the-start", (Missing(4.02, 2),), LOSSY, encoded=None),
    Row("missing-at-the-end", (Missing(4.9, 2), Missing(6.94, 1)), LOSSY, encoded=None),
    Row("missing-a-part", (Missing(4.38, 4),), LOSSY, encoded=None),
    Row("lost-key", (LostKeys(),), LOSSY, encoded=None),
    # Numbers stay those of the clock: the source is not irregular.
    Row("lost-keys", (LostKeys((3.0, 5.0, 7.0)),), LOSSY, encoded=None),
    Row("pause", (Pause(seconds=1.5),)),
    Row("pause-of-five", (Pause(seconds=5),)),
    Row("burst", (Burst(seconds=0.4),), ALL),
    Row("burst-within-a-group", (Burst(4.4, 0.5),)),
    Row("burst-of-1-s", (Burst(seconds=1),)),
    Row("bursts", tuple(Burst(at, 0.8) for at in (3.0, 4.2, 5.4, 6.6, 7.8))),
    Row("burst-of-1500-ms", (Burst(seconds=1.5),)),
    Row("slower", (Slower(16),), seconds=30,
        passed=BEGINS_AGAIN + Allowed(lines=("unfit:count 25 frames per second, but 2",),
                                      is_encoded=True, lost=200, tolerance=9, state=WHY,
                                      discontinuities=1, pictures=100),
        encoded=Allowed(pictures=200, tolerance=9, notices=("source-late", "source-silent"))),
    Row("gap-and-burst-with-b-frames", (Gap(3.0, 2), Burst(5.0, 0.2)), REORDERING,
        picture=Picture(b_frames=3)),
    Row("returned", (Returned(),), ALL),
    Row("returned-with-its-times", (Returned(begins_again=False),)),
    Row("returned-at-once", (Returned(seconds=0.1),)),
    Row("successor-with-b-frames", (Successor(),), PROGRAMS,
        passed=Allowed(discontinuities=1, notices=(INSERTED,)), seconds=16),
    Row("successor-of-another-size", (Successor(picture=Picture(320, 180)),),
        passed=Allowed(discontinuities=1)),
    Row("successor-with-other-audio", (Successor(picture=Picture(),
                                                 sound=Sound(rate=44_100, channels=2)),),
        PROGRAMS, passed=Allowed(discontinuities=1)),
    # Distances of key frames of 2 and 4 s, another rate, and both. Another rate is encoded at the
    # rate before: of 30 frames 25 are shown, and of 50.
    *(Row(f"successor-with-groups-of-{group // 25}-s", (Successor(picture=Picture(group=group)),),
          (RTMP, SRT), seconds=20, passed=OTHER_GROUPS + Allowed(lost=group - 25))
      for group in (50, 100)),
    Row("successor-of-another-rate", (Successor(picture=Picture(rate=30, group=30)),), PROGRAMS,
        passed=AT_FORMER_RATE + Allowed(lost=50), encoded=None),
    Row("successor-of-another-rate-with-groups-of-2-s", (
        Successor(picture=Picture(rate=30, group=60)),), (RTMP, SRT), seconds=16,
        passed=AT_FORMER_RATE + Allowed(lost=70), encoded=None),
    Row("successor-at-50-fps", (Successor(picture=Picture(rate=50, group=50)),), (RTMP, SRT),
        passed=AT_FORMER_RATE + Allowed(lost=240), encoded=None),
    Row("successor-at-24-fps", (Successor(picture=Picture(rate=24, group=24), ahead=2),),
        (RTMP, SRT), picture=Picture(rate=30, group=30), passed=AT_FORMER_RATE, encoded=None),
    # Another timescale too.
    *(Row(f"successor-of-film-with-groups-of-{group}", (
        Successor(picture=Picture(rate=24, group=group, is_ntsc=True), ahead=2),), protocols,
          picture=Picture(rate=30, group=30), seconds=16, encoded=None,
          passed=AT_FORMER_RATE)
      for group, protocols in ((24, (SRT, HTTP)), (48, (RTMP, SRT)))),
    Row("successor-without-b-frames", (Successor(picture=Picture()),), PROGRAMS,
        picture=Picture(b_frames=2), passed=Allowed(discontinuities=1)),
    Row("successor-in-mono", (Successor(picture=Picture()),), PROGRAMS, sound=Sound(channels=2),
        passed=Allowed(discontinuities=1)),
    Row("successor-with-sound", (Successor(picture=Picture()),), PROGRAMS, sound=None,
        passed=APPEARS, encoded=APPEARS + Allowed(pictures=75, follows=ENCODER_STARTS)),
)

TRACKS = (
    Row("audio-late-by-400-ms", (Late(0.4),)),
    Row("audio-late", (Late(3),), FLV),
    Row("audio-late-declared", (Late(3, is_declared=True),), (RTSP, SRT, UDP)),
    Row("video-late", (Late(2, VIDEO),)),
    Row("audio-gone", (Absent(seconds=60),)),
    Row("audio-gone-has-a-line", (Absent(seconds=60),), (RTMP, RTSP, SRT, UDP, PAGE),
        passed=Allowed(lines=("audio-gone:no audio for",), state="audioFault"),
        encoded=Allowed(lines=("audio-gone:no audio for",), state="audioFault")),
    Row("audio-back-has-a-line", (Absent(3.0, 5),), passed=Allowed(lines=("audio-back",)),
        encoded=Allowed(lines=("audio-back",))),
    Row("audio-gone-and-returned", (Absent(),)),
    Row("no-audio", sound=None),
    Row("size-changed", (Changed(seconds=60),), passed=Allowed(discontinuities=-1)),
    Row("size-changed-at-the-second-key-frame", (Changed(at=1.0),)),
    Row("size-changed-and-returned", (Changed(),), ALL),
    Row("size-changed-within-a-burst", (Changed(4.0, 2), Burst(3.0, 0.5)), (RTMP, CMAF)),
    Row("audio-changed", (Retuned(),)),
    Row("audio-changed-and-returned", (Retuned(seconds=2),)),
    Row("audio-rate-changed", (Retuned(channels=1),)),
    Row("audio-channels-changed", (Retuned(rate=48_000),)),
    *(Row(f"audio-{codec}", (Retuned(4.0, seconds, 48_000, 1, codec),), protocols)
      for codec, seconds, protocols in CODECS),
    *(Row(f"sound-{codec}", sound=Sound(codec, rate), protocols=protocols, encoded=None)
      for codec, rate, protocols in SOUNDS),
    *(Row(f"sound-{name}", sound=Sound(rate=24_000, object=kind), protocols=(RTMP, RTSP, CMAF))
      for name, kind in (("he-aac", SBR), ("he-aac-v2", PS))),
    Row("aac-44100-stereo", sound=Sound(rate=44_100, channels=2), protocols=WITHOUT_PAGE),
    Row("aac-16000", sound=Sound(rate=16_000), protocols=WITHOUT_PAGE),
)

PICTURES = (
    *(Row(f"b-frames-{depth}", picture=Picture(b_frames=depth), protocols=tuple(
        one for one in ALL if one != PAGE)) for depth in (1, 2, 3)),
    # Only its first key frame is an IDR.
    Row("open-group", picture=Picture(b_frames=2, is_open=True, more=("-flags", "+cgop")),
        protocols=(RTMP, UDP), seconds=20, passed=ENDLESS, encoded=None),
    Row("displaced-with-b-frames", (Displaced(),), REORDERING, picture=Picture(b_frames=2)),
    Row("displaced-little-with-b-frames", (Displaced(at=3.0, seconds=0.1),), REORDERING,
        picture=Picture(b_frames=1)),
    Row("equal-with-b-frames", (Equal(count=2),), REORDERING, picture=Picture(b_frames=2)),
    Row("jumped-in-a-group-with-b-frames", (Jumped(5.48, 100),), (RTMP, RTSP, SRT),
        picture=Picture(b_frames=3)),
    Row("jittered-with-b-frames", (Jittered(8),), REORDERING, picture=Picture(b_frames=2)),
    *(Row(f"jittered-by-half-a-frame-with-{depth}-b-frames", (Jittered(20),), REORDERING,
          picture=Picture(b_frames=depth)) for depth in (1, 3)),
    Row("gap-with-b-frames", (Gap(),), REORDERING, picture=Picture(b_frames=2)),
    Row("slices", picture=Picture(slices=4)),
    Row("groups-of-2-s", picture=Picture(group=50)),
    Row("groups-of-500-ms", picture=Picture(rate=24, group=12)),
    # No segment can begin with the frames up to the key frame: those of 50 to 59.
    Row("groups-uneven", picture=Picture(keys=UNEVEN), protocols=(RTSP, UDP), passed=Allowed(
        lost=10, discontinuities=2, gaps=1, silent=1, start=3, notices=(INSERTED, RESTARTED))),
    # The target duration of a publisher does not change.
    Row("groups-uneven-published", picture=Picture(keys=UNEVEN), protocols=(RTMP, SRT, CMAF, PAGE),
        passed=UNEVEN_GROUPS),
    Row("key-frame-moved", picture=Picture(keys=MOVED), passed=Allowed(
        lost=1, discontinuities=1, gaps=1, silent=1, notices=(INSERTED,))),
    Row("groups-of-1200-ms", picture=Picture(group=30)),
    Row("one-group", picture=Picture(group=1000), seconds=20, passed=ENDLESS),
    *(Row(f"rate-{rate}", picture=Picture(rate=rate, group=rate)) for rate in (5, 15, 30, 50, 60)),
    # Times in whole milliseconds do not tell 24 from 24000/1001, but onMetaData does.
    *(Row(f"film-at-{rate}", picture=Picture(rate=rate, group=rate, is_ntsc=True),
          protocols=(RTMP,), encoded=None, passed=Allowed(lines=(f"stream:{rate}000/1001 fps",)))
      for rate in (24, 30)),
    # Two groups tell that the rate of a camera is another one, which it keeps.
    Row("rate-changed", (Switched(),), (RTSP, UDP),
        passed=OTHER_RATE + Allowed(lost=40, discontinuities=1), encoded=None),
    Row("rate-changed-published", (Switched(),), (RTMP, SRT),
        passed=AT_FORMER_RATE + Allowed(lost=50), encoded=None),
    Row("b-frames-begin", (Switched(picture=Picture(b_frames=2)),), (RTMP, SRT),
        passed=FOLLOWS + Allowed(notices=("b-frames",)), encoded=None),
    # Rates below 5 are encoded.
    Row("rate-half", (Thinned(),), (RTMP, RTSP), picture=Picture(rate=1, group=1), seconds=30,
        passed=Allowed(is_encoded=True, late=15, start=12, pictures=60, tolerance=0.6, steps=False,
                       silent=12, notices=("low-latency", "source-silent", "video-gone"),
                       lines=("passthrough",), state=WHY), encoded=None),
    Row("rate-1", picture=Picture(rate=1, group=1), seconds=20, passed=Allowed(
        is_encoded=True, late=8, start=6, pictures=10, tolerance=0.3, steps=False, silent=2,
        notices=("low-latency",), lines=("passthrough",), state=WHY),
        encoded=Allowed(late=8, pictures=10, tolerance=0.3, silent=2, notices=("low-latency",))),
    Row("hevc", picture=Picture(codec="hevc"), protocols=(ENHANCED, RTSP, SRT, UDP)),
    Row("av1", picture=Picture(codec="av1"), protocols=(ENHANCED,)),
    Row("video-hevc", (Changed(5.0, 60, codec="hevc"),), (ENHANCED,)),
    Row("video-hevc-in-a-pid", (Changed(5.0, 60, codec="hevc"),), (SRT, UDP),
        passed=Allowed(lost=75, gaps=3, silent=4, notices=CHANGED_PROGRAM), encoded=None),
    Row("camera-with-hevc", (Reconnected(picture=Picture(codec="hevc")),), (RTSP,),
        passed=BEGINS_AGAIN, encoded=None),
    *(Row(f"camera-with-{codec}", (Reconnected(sound=Sound(codec)),), (RTSP,),
          encoded=None) for codec in ("opus", "ac3")),
    *(Row(f"chroma-{name}", picture=Picture(pixels=name), protocols=(RTMP, RTSP, UDP),
          passed=Allowed(lines=(f"chroma:{ratio} chroma",), findings=(("chroma", 0, 0),)),
          encoded=None) for name, ratio in (("yuv422p", "4:2:2"), ("yuv444p", "4:4:4"))),
)

FORMS = (
    Row("extras", (Extras(),)),
    Row("extras-apart", (Extras(True),)),
    Row("units-apart", (Written("units_apart", carriers=(*FLV, SRT, UDP, HTTP)),),
        picture=Picture(slices=4)),
    Row("start-codes", (Written("start_codes"),)),
    Row("start-codes-inside", (Extras(), Written("start_codes_inside"),), FLV[:1]),
    Row("sets-in-band", (Written("in_band"),)),
    Row("aggregate", (Written("aggregate"),)),
    Row("differences", (Written("differences"),)),
    Row("no-metadata", (Written("metadata", None),)),
    Row("broken-metadata", (Written("metadata", BROKEN_METADATA),)),
    Row("wrong-metadata", (Written("metadata", WRONG_METADATA),)),
    Row("late-metadata", (Written("late_metadata", (4 * CLOCK, WRONG_METADATA)),)),
    Row("unbounded-packets", (Written("unbounded", carriers=TRANSPORT_STREAMS),)),
    Row("no-delimiter", (Written("no_delimiter", carriers=TRANSPORT_STREAMS),)),
    Row("latm", (Written("latm", carriers=(*TRANSPORT_STREAMS, RTSP)),)),
    Row("pids-changed", (Written("programs", ((0, FIRST), (SWITCH, OTHER_PIDS)),
                                 TRANSPORT_STREAMS),), TRANSPORT_STREAMS,
        passed=Allowed(lost=100, discontinuities=1, gaps=4, silent=4,
                       notices=CHANGED_PROGRAM),
        encoded=Allowed(lost=100, pictures=100, silent=4,
                        notices=CHANGED_PROGRAM)),
    Row("program-changed", (Written("programs", ((0, FIRST), (SWITCH, OTHER_PROGRAM)),
                                    TRANSPORT_STREAMS),),
        passed=Allowed(lost=100, discontinuities=1, gaps=4, silent=4,
                       notices=CHANGED_PROGRAM),
        encoded=Allowed(lost=100, pictures=100, silent=4,
                        notices=CHANGED_PROGRAM)),
    # The rows before this one permit the line, which comes or not.
    Row("pids-changed-without-a-false-line", (
        Written("programs", ((0, FIRST), (SWITCH, OTHER_PIDS)), TRANSPORT_STREAMS),), (SRT,),
        passed=Allowed(lost=100, discontinuities=1, gaps=4, silent=4, notices=CHANGED_PROGRAM[:3]),
        encoded=None),
    *(Row(f"{name}-changed", (Written("programs", ((0, FIRST), (SWITCH, other)),
                                      TRANSPORT_STREAMS),), (SRT, UDP), encoded=None)
      for name, other in (("audio-pid", OTHER_AUDIO), ("clock-pid", OTHER_CLOCK),
                          ("program-number", OTHER_NUMBER))),
    Row("sender-reports-off", (Written("report_errors", (0.0, 0.03, 0.01, 0.035), CAMERAS),),
        seconds=20, passed=Allowed(findings=(("sender-reports", 15, 40),))),
    Row("sender-reports-off-by-60-ms", (
        Written("report_errors", (0.0, 0.06, 0.02, 0.06), CAMERAS),), seconds=20),
    Row("sender-reports-off-with-b-frames", (
        Written("report_errors", (0.0, 0.03, 0.01, 0.035), CAMERAS),), seconds=20,
        picture=Picture(b_frames=2)),
    *(Row(f"sender-reports-off-at-{rate}", (
        Written("report_errors", (0.0, 0.03, 0.01, 0.035), CAMERAS),), (RTSP,), seconds=20,
        picture=Picture(rate=rate, group=rate), encoded=None) for rate in (15, 50, 60)),
    *(Row(f"sender-reports-off-of-the-{track}", (
        Written("report_errors", (0.0, 0.03, 0.01, 0.035), CAMERAS),
        Written("report_tracks", (track,), CAMERAS)), (RTSP,), seconds=20, encoded=None)
      for track in (VIDEO, AUDIO)),
    Row("packets-overtaken", (Written("overtaken", 40, CAMERAS),), (RTSP_UDP,), encoded=None),
    Row("packets-twice", (Written("twice", 40, CAMERAS),), (RTSP_UDP,), encoded=None),
    Row("packets-twice-and-overtaken", (
        Written("twice", 7, CAMERAS), Written("overtaken", 5, CAMERAS)), (RTSP_UDP,), encoded=None),
    Row("each-packet-twice", (Written("twice", 1, CAMERAS),), (RTSP_UDP,), encoded=None),
    Row("sender-report-far-off", (Written("report_errors", (0.0, 0.0, 0.4, 0.0), CAMERAS),),
        passed=Allowed(discontinuities=2, silent=2, notices=(INSERTED,))),
    Row("timestamps-from-0", (Written("first_moment", 0, CAMERAS),)),
    Row("timestamps-from-0-without-audio", (Written("first_moment", 0, CAMERAS),), sound=None),
    Row("no-sender-reports", (Written("no_reports", carriers=CAMERAS),)),
    Row("camera-clock-set", (Written("clock_set", ((5 * CLOCK, 3600.0),), CAMERAS),),
        passed=Allowed(discontinuities=1, notices=(INSERTED,))),
    Row("audio-frames-together", (Written("frames_together", 19, CAMERAS),)),
    Row("marker-on-each-packet", (Written("marker_each", carriers=CAMERAS),),
        picture=Picture(slices=4)),
    Row("stream-id-of-a-device", (Written("stream_id", "#!::bmd_uuid=0e1d,bmd_name=x,u={stream}/x",
                                          (SRT,)),)),
)

ROWS: tuple[Row, ...] = (*STAMPS, *FLOW, *TRACKS, *PICTURES, *FORMS)

