// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing

@Suite("Multivariant Playlist, RFC 8216bis §4.4.6, MV-01…MV-14")
struct MultivariantPlaylistTests {
  private func track(_ name: String, _ width: Int, _ height: Int, _ bandwidth: Int64) throws
    -> TrackDescription
  {
    let rate = try #require(FrameRate("30000/1001"))
    return TrackDescription(
      rendition: name, codecs: "avc1.64001f", bandwidth: bandwidth,
      averageBandwidth: bandwidth - 400_000,
      size: try #require(VideoSize(width: width, height: height)),
      segmentation: Segmentation(
        rate: rate, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000),
      header: [])
  }

  @Test("each variant has both bandwidths, codecs, resolution and frame rate; the best is first")
  func text() throws {
    let tracks = [
      try track("720p", 1280, 720, 2_951_458), try track("360p", 640, 360, 851_458),
    ]
    let playlist = MultivariantPlaylist(tracks, base: "live/", file: "playlist.m3u8")
    #expect(
      playlist.text == """
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-STREAM-INF:BANDWIDTH=2951458,AVERAGE-BANDWIDTH=2551458,CODECS="avc1.64001f",\
        RESOLUTION=1280x720,FRAME-RATE=29.970
        live/720p/playlist.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=851458,AVERAGE-BANDWIDTH=451458,CODECS="avc1.64001f",\
        RESOLUTION=640x360,FRAME-RATE=29.970
        live/360p/playlist.m3u8

        """)
  }

  @Test("closed captions have a group, which each variant names")
  func closedCaptions() throws {
    let tracks = [try track("720p", 1280, 720, 2_951_458), try track("360p", 640, 360, 851_458)]
    let english = ClosedCaptionTrack(
      .channel(1), language: LanguageTag("en"), isDefault: true)
    func text(_ captions: [ClosedCaptionTrack]) -> String {
      MultivariantPlaylist(
        tracks, base: "", file: "playlist.m3u8", closedCaptions: captions
      ).text
    }
    let found = text([english, ClosedCaptionTrack(.channel(3))])
    #expect(
      found.contains(
        """
        #EXT-X-VERSION:6
        #EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="closed-captions",NAME="English (CC1)",\
        LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,INSTREAM-ID="CC1"
        #EXT-X-MEDIA:TYPE=CLOSED-CAPTIONS,GROUP-ID="closed-captions",NAME="CC3",DEFAULT=NO,\
        AUTOSELECT=YES,INSTREAM-ID="CC3"

        """))
    #expect(found.split(separator: ",CLOSED-CAPTIONS=\"closed-captions\"\n").count == 3)
    #expect(!text([]).contains("CLOSED-CAPTIONS"))
    // Services of CEA-708 need version 7 (RFC 8216bis §8).
    #expect(text([ClosedCaptionTrack(.service(1))]).contains("#EXT-X-VERSION:7\n"))
  }

  /// BANDWIDTH is an upper bound; AUDIO, SUBTITLES and FRAME-RATE are no attributes (§4.4.6.3).
  @Test("MV-13: each video rendition has a playlist of I-frames if the caller names one")
  func iFrames() throws {
    let tracks = [
      try track("720p", 1280, 720, 2_951_458), try track("360p", 640, 360, 851_458),
    ]
    func text(_ file: String?) -> String {
      MultivariantPlaylist(tracks, base: "live/", file: "playlist.m3u8", iFrameFile: file).text
    }
    #expect(
      text("iframes.m3u8") == text(nil) + """
        #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=2951458,CODECS="avc1.64001f",\
        RESOLUTION=1280x720,URI="live/720p/iframes.m3u8"
        #EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=851458,CODECS="avc1.64001f",\
        RESOLUTION=640x360,URI="live/360p/iframes.m3u8"

        """)
  }

  /// BANDWIDTH covers the largest combination (§4.4.6.2), CODECS every format in it.
  @Test("MV-01, MV-03, MV-09: audio is a group that every variant names")
  func audio() throws {
    let tracks = [
      try track("720p", 1280, 720, 2_951_458), try track("360p", 640, 360, 851_458),
    ]
    let segmentation = try #require(
      AudioSegmentation(following: tracks[0].segmentation.video, sampleRate: 48_000))
    let playlist = MultivariantPlaylist(
      tracks + [SyntheticAudio.description(segmentation)], base: "", file: "playlist.m3u8")
    #expect(
      playlist.text == """
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="audio",LANGUAGE="und",\
        DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/playlist.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=3107458,AVERAGE-BANDWIDTH=2694458,\
        CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=29.970,AUDIO="audio"
        720p/playlist.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=1007458,AVERAGE-BANDWIDTH=594458,\
        CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=29.970,AUDIO="audio"
        360p/playlist.m3u8

        """)
  }

  @Test(
    "the audience of audio is a media characteristic, §4.4.6.1",
    arguments: [
      (AudioPurpose.main, nil), (.cleanEffects, nil),
      (.visualImpaired, "public.accessibility.describes-video"),
      (.hearingImpaired, "public.accessibility.enhances-speech-intelligibility"),
    ])
  func audience(purpose: AudioPurpose, characteristic: String?) throws {
    let video = try track("video", 640, 360, 851_458)
    let segmentation = try #require(
      AudioSegmentation(following: video.segmentation.video, sampleRate: 48_000))
    let audio = TrackDescription(
      rendition: "audio", codecs: "mp4a.40.2", bandwidth: 156_000, content: .audio(channels: 2),
      segmentation: .audio(segmentation), header: HeaderBytes.audio(Language("ger")),
      purpose: purpose)
    let text = MultivariantPlaylist([video, audio], base: "", file: "playlist.m3u8").text
    let expected = characteristic.map { "CHARACTERISTICS=\"\($0)\"," } ?? ""
    #expect(text.contains("CHANNELS=\"2\",\(expected)URI=\"audio/playlist.m3u8\""))
  }

  @Test("LANGUAGE and VIDEO-RANGE are those of the headers, §4.4.6.1, §4.4.6.2")
  func properties() throws {
    let base = try track("video", 640, 360, 851_458)
    func video(_ transfer: UInt8) throws -> TrackDescription {
      TrackDescription(
        rendition: "video", codecs: "hvc1.2.4.L93.90", bandwidth: 851_458,
        size: try #require(base.size), segmentation: base.segmentation.video,
        header: HeaderBytes.video(
          ColourDescription(primaries: 9, transfer: transfer, matrix: 9, isFullRange: false)))
    }
    let segmentation = try #require(
      AudioSegmentation(following: base.segmentation.video, sampleRate: 48_000))
    let audio = TrackDescription(
      rendition: "audio", codecs: "mp4a.40.2", bandwidth: 156_000, content: .audio(channels: 2),
      segmentation: .audio(segmentation), header: HeaderBytes.audio(Language("ger")))
    func text(_ tracks: [TrackDescription]) -> String {
      MultivariantPlaylist(tracks, base: "", file: "playlist.m3u8").text
    }
    #expect(text([try video(16)]).contains("FRAME-RATE=29.970,VIDEO-RANGE=PQ\n"))
    #expect(
      text([try video(18), audio]).contains("FRAME-RATE=29.970,VIDEO-RANGE=HLG,AUDIO=\"audio\"\n"))
    #expect(text([try video(18), audio]).contains("NAME=\"audio\",LANGUAGE=\"de\",DEFAULT=YES"))
    #expect(!text([try video(1)]).contains("VIDEO-RANGE"))
    let iFrames = MultivariantPlaylist(
      [try video(16)], base: "", file: "playlist.m3u8", iFrameFile: "iframes.m3u8"
    ).text
    #expect(iFrames.contains("VIDEO-RANGE=PQ,URI=\"video/iframes.m3u8\"\n"))
  }

  /// Profile, level and compatibility of Dolby Vision in the header, with metadata and base layer.
  private func dolbyVision(_ profile: UInt8, _ compatibility: UInt8, codecs: String)
    throws -> TrackDescription
  {
    let record: [UInt8] =
      [1, 0, profile << 1, 7 << 3 | 5, compatibility << 4] + [UInt8](repeating: 0, count: 19)
    let base = try track("video", 640, 360, 851_458)
    return TrackDescription(
      rendition: "video", codecs: codecs, bandwidth: 851_458,
      size: try #require(base.size), segmentation: base.segmentation.video,
      header: HeaderBytes.video(
        profile == 5
          ? nil : ColourDescription(primaries: 9, transfer: 18, matrix: 9, isFullRange: false),
        dolbyVision: DolbyVision(record: record)))
  }

  @Test("MV-14: Dolby Vision is a supplement of its base layer, or in CODECS without one")
  func supplement() throws {
    func text(_ track: TrackDescription) -> String {
      MultivariantPlaylist(
        [track], base: "", file: "playlist.m3u8", iFrameFile: "iframes.m3u8"
      ).text
    }
    let compatible = text(try dolbyVision(8, 4, codecs: "hvc1.2.4.L93.90"))
    let attributes = "CODECS=\"hvc1.2.4.L93.90\",SUPPLEMENTAL-CODECS=\"dvh1.08.07/db4h\","
    #expect(
      compatible.contains(
        attributes + "RESOLUTION=640x360,FRAME-RATE=29.970,VIDEO-RANGE=HLG\nvideo/playlist.m3u8"))
    #expect(
      compatible.contains(
        attributes + "RESOLUTION=640x360,VIDEO-RANGE=HLG,URI=\"video/iframes.m3u8\""))
    let other = text(try dolbyVision(5, 0, codecs: "dvh1.05.07"))
    #expect(
      other.contains(
        "CODECS=\"dvh1.05.07\",RESOLUTION=640x360,FRAME-RATE=29.970,VIDEO-RANGE=PQ\n"))
    #expect(!other.contains("SUPPLEMENTAL"))
    #expect(!text(try dolbyVision(8, 0, codecs: "hvc1.2.4.L93.90")).contains("SUPPLEMENTAL"))
  }
}
