# SPDX-License-Identifier: Apache-2.0
"""The matrix: every consumer plays every scenario, except for the faults of its own below.

docs/embed.md has the table of these faults; `python Tests/Consumers/expected.py` prints it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# The scenarios in the words of docs/embed.md.
SCENARIO_WORDS = {
    "live": "live", "killed": "the server is killed",
    "away-5": "the source is away for 5 s", "away": "the source is away",
    "away-60": "the source is away for 60 s", "away-600": "the source is away for 10 min",
    "size": "a publisher of another size", "other": "a publisher of another rate and audio",
    "past": "rewinding", "seek": "seeking", "clip": "a clip", "end": "the end of the stream",
    "encrypted": "encrypted",
}


@dataclass(frozen=True)
class Theirs:
    """A fault of consumers, and the clause that permits the media that they do not play.

    `plays` are consumers of the matrix that play the same scenarios from the same server.
    """

    consumers: tuple[str, ...]
    scenario: str
    reason: str
    reference: str
    helps: str
    plays: tuple[str, ...]
    also: tuple[str, ...] = ()
    """Other scenarios in which the consumer has the same fault."""
    always: bool = True
    """False if threads of the consumer race: a cell that plays is no stale row then."""

    @property
    def scenarios(self) -> tuple[str, ...]:
        """All scenarios of the row."""
        return (self.scenario, *self.also)

    def row(self) -> str:
        """The row of docs/embed.md."""
        scenarios = "; ".join(SCENARIO_WORDS[scenario] for scenario in self.scenarios)
        reason = self.reason if self.always else f"{self.reason}, not each time"
        return (f"| {', '.join(self.consumers)} | {scenarios} | {reason} | {self.reference} | "
                f"{self.helps} |")


HEAD = ["| consumer | scenario | its fault | permitted by | help |", "|---|---|---|---|---|"]
THEIRS = (
    Theirs(("Video.js",), "live",
           "7.5.5 plays whole segments at the live edge of `live.m3u8`: it stalls, and shows "
           "pictures again",
           "RFC 8216 §6.3.3", "`chunked.m3u8`, or hls.js", ("Video.js chunked", "hls.js")),
    Theirs(("GStreamer",), "away",
           "hlsdemux2 of 1.22 stays without a picture after EXT-X-GAP",
           "RFC 8216bis §4.4.4.7", "ffmpeg, mpv", ("ffmpeg 5", "mpv")),
    Theirs(("Video.js", "Video.js chunked"), "away",
           "Video.js 7.5.5 stays without a picture after EXT-X-GAP",
           "RFC 8216bis §4.4.4.7", "hls.js", ("hls.js", "Chromium")),
    Theirs(("VLC", "VLC chunked"), "away",
           "VLC 3 ends at the discontinuity after the gaps",
           "RFC 8216 §4.3.2.3", "the MPD", ("VLC MPD",)),
    Theirs(("VLC", "VLC chunked"), "size",
           "VLC 3 ends at a discontinuity with another header, or stays without a picture",
           "RFC 8216 §4.3.2.3, §4.3.2.5", "the MPD", ("VLC MPD",)),
    Theirs(("VLC", "VLC chunked"), "other",
           "VLC 3 ends at a discontinuity with another header, or stays without a picture",
           "RFC 8216 §4.3.2.3, §4.3.2.5", "ffmpeg, mpv", ("ffmpeg 5", "mpv")),
    Theirs(("ffmpeg 5", "mpv", "yt-dlp"), "seek",
           "ffmpeg 5.1, which mpv and yt-dlp of Debian 12 use, does not seek in playlists with "
           "EXT-X-MAP",
           "RFC 8216 §4.3.2.5", "the time in the address, `/S/from/T/…`; ffmpeg 9",
           ("ffmpeg 9", "OpenCV")),
    Theirs(("ffmpeg 5 MPD", "ffmpeg 9 MPD", "yt-dlp MPD", "GStreamer MPD"), "seek",
           "Period@start is ignored or a seek in a live MPD is refused: `dvr.mpd` begins "
           "elsewhere, or not at all",
           "ISO/IEC 23009-1 §5.3.2.1", "HLS, `/S/from/T/…`; dash.js and Shaka play `dvr.mpd`",
           ("ffmpeg 9", "GStreamer", "VLC MPD")),
    Theirs(("ffmpeg 5 MPD", "streamlink MPD"), "end",
           "segments after the last one are requested when the MPD has become static",
           "ISO/IEC 23009-1 §5.3.1.2", "HLS, or ffmpeg 9", ("ffmpeg 9 MPD", "ffmpeg 5")),
    Theirs(("GStreamer",), "end",
           "hlsdemux2 of 1.22 leaves out the last second",
           "RFC 8216 §4.3.3.4", "the MPD", ("GStreamer MPD",)),
    Theirs(("ffmpeg 5", "ffmpeg 9", "mpv", "GStreamer", "yt-dlp", "Home Assistant", "OpenCV",
            "VLC", "VLC chunked", "Kodi", "Kodi chunked"), "encrypted",
           "no picture of playlists with SAMPLE-AES: samples are decoded without a key",
           "RFC 8216bis §4.4.4.4; ISO/IEC 23001-7 §10.4",
           "ffmpeg with the MPD and `-cenc_decryption_key`; hls.js",
           ("ffmpeg 5 MPD", "ffmpeg 9 MPD", "hls.js")),
    Theirs(("streamlink", "streamlink MPD", "yt-dlp MPD", "VLC MPD", "GStreamer MPD", "Kodi MPD"),
           "encrypted", "streamlink and Kodi refuse encrypted streams; the others show no picture",
           "ISO/IEC 23001-7 §10.4",
           "ffmpeg with the MPD and `-cenc_decryption_key`", ("ffmpeg 5 MPD", "ffmpeg 9 MPD")),
    Theirs(("Shaka",), "encrypted",
           "Shaka 5.2 refuses KEYFORMAT `org.w3.clearkey` in HLS",
           "RFC 8216bis §4.4.4.4", "the MPD", ("Shaka MPD",)),
    Theirs(("Kodi",), "live",
           "inputstream.adaptive 20.3 ends at the last listed segment if another of its threads "
           "reloads the playlist while it waits for the next one",
           "RFC 8216 §6.3.4", "`chunked.m3u8`, whose open segment is read as it is written",
           ("hls.js", "Chromium"), also=("killed", "away", "size", "other", "end"),
           always=False),
    Theirs(("Kodi chunked",), "away",
           "inputstream.adaptive 20.3 loads segments of EXT-X-GAP, and stays at the last picture",
           "RFC 8216bis §4.4.4.7", "ffmpeg, mpv; `--passthrough never`, which has no gaps",
           ("ffmpeg 5", "mpv")),
    Theirs(("Kodi chunked", "Kodi MPD"), "killed",
           "Kodi 20 takes a response that was cut off for a whole segment: its sound ends, and the "
           "picture waits for it, for 5 s or until the address is opened again",
           "RFC 9112 §8", "the address opened again", ("ffmpeg 5", "dash.js MPD"), always=False),
    Theirs(("Kodi MPD",), "away",
           "inputstream.adaptive 20.3 never reloads an MPD without a SegmentTimeline: it counts "
           "beyond the end of a Period, and ends at a number without media",
           "ISO/IEC 23009-1 §5.3.1.2, §5.4", "`chunked.m3u8`", ("dash.js MPD", "Shaka MPD")),
    Theirs(("Kodi MPD",), "other",
           "inputstream.adaptive 20.3 never reloads an MPD without a SegmentTimeline: it ends if "
           "there is a number without media between the Periods",
           "ISO/IEC 23009-1 §5.3.1.2, §5.4", "`chunked.m3u8`", ("dash.js MPD", "Shaka MPD"),
           always=False),
    Theirs(("Kodi MPD",), "seek",
           "inputstream.adaptive 20.3 seeks no closer to the live edge than 16 s",
           "ISO/IEC 23009-1 §5.3.1.2", "HLS, `/S/from/T/…`", ("dash.js MPD", "VLC MPD")),
    Theirs(("Kodi",), "past",
           "Kodi 20 leaves out up to 0.3 s at the end: it closes the picture when its decoder has "
           "no more frames",
           "RFC 8216 §4.3.3.4", "ffmpeg, OpenCV", ("ffmpeg 9", "OpenCV"), also=("seek",),
           always=False),
    Theirs(("Kodi MPD",), "end",
           "Kodi 20 leaves out up to 0.3 s at the end: it closes the picture when its decoder has "
           "no more frames",
           "ISO/IEC 23009-1 §5.3.2.1", "ffmpeg 9", ("ffmpeg 9 MPD",), always=False),
)


def named(scenario: str) -> list[str]:
    """The consumers that have a row of a scenario."""
    return [name for row in THEIRS if scenario in row.scenarios for name in row.consumers]


def certain(scenario: str) -> list[str]:
    """The consumers that never play a scenario: one that does has a stale row."""
    return [name for row in THEIRS if scenario in row.scenarios and row.always
            for name in row.consumers]


def excused(scenario: str) -> list[str]:
    """The consumers that have a fault of their own in a scenario: in each outage that of "away"."""
    kind = scenario.partition("-")[0]
    return [*named(scenario), *(named(kind) if kind != scenario else [])]


def table() -> list[str]:
    """The table of docs/embed.md."""
    return [*HEAD, *(row.row() for row in THEIRS)]


def faults(names: set[str]) -> Iterator[str]:
    """Faults of the table itself, given the consumers of the matrix."""
    seen: set[tuple[str, str]] = set()
    for row in THEIRS:
        for name in (*row.consumers, *row.plays):
            if name not in names:
                yield f"{name} is no consumer"
        for scenario in row.scenarios:
            for name in row.consumers:
                if (name, scenario) in seen:
                    yield f"{name}, {scenario}: two rows"
                seen.add((name, scenario))
            yield from (f"{name}, {scenario}: it helps, and has a fault itself"
                        for name in row.plays if name in excused(scenario))


if __name__ == "__main__":
    print("\n".join(table()))
