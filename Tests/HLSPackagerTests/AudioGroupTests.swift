// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import TestSupport
import Testing

@Suite("Groups of audio renditions, RFC 8216bis §4.4.6.1.1")
struct AudioGroupTests {
  private func audio(
    _ name: String, _ codecs: String, samples: Int64, isDefault: Bool,
    purpose: AudioPurpose = .main
  ) throws -> TrackDescription {
    let video = Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000)
    let segmentation = try #require(
      AudioSegmentation(following: video, sampleRate: 48_000, samplesPerFrame: samples))
    return TrackDescription(
      rendition: name, codecs: codecs, bandwidth: 100_000,
      content: .audio(channels: 2, isDefault: isDefault), segmentation: .audio(segmentation),
      header: [], purpose: purpose)
  }

  @Test(
    "players choose one track of a language and an audience by themselves, never clean effects",
    arguments: [true, false])
  func automatic(isSecondDefault: Bool) throws {
    let purposes: [AudioPurpose] = [.cleanEffects, .main, .main, .visualImpaired]
    let tracks = try purposes.enumerated().map { index, purpose in
      try audio(
        "audio\(index)", "mp4a.40.2", samples: 1024, isDefault: isSecondDefault && index == 2,
        purpose: purpose)
    }
    let lines = MultivariantPlaylist(tracks, base: "", file: "p.m3u8").text.split(separator: "\n")
      .filter { $0.hasPrefix("#EXT-X-MEDIA:TYPE=AUDIO") }
    #expect(
      lines.map { $0.contains("AUTOSELECT=YES") } == [
        false, !isSecondDefault, isSecondDefault, true,
      ])
  }

  @Test("each codec has a group, and each video rendition a variant with each group")
  func groups() throws {
    let video = TrackDescription(
      rendition: "video", codecs: "avc1.64001f", bandwidth: 1_000_000,
      size: try #require(VideoSize(width: 640, height: 360)),
      segmentation: Segmentation(
        rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: 100_000), header: [])
    let tracks = [
      video, try audio("audio", "mp4a.40.2", samples: 1024, isDefault: true),
      try audio("audio-opus", "opus", samples: 960, isDefault: false),
    ]
    #expect(
      MultivariantPlaylist(tracks, base: "", file: "p.m3u8").text == """
        #EXTM3U
        #EXT-X-VERSION:6
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio",NAME="audio",LANGUAGE="und",\
        DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio/p.m3u8"
        #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="audio-opus",NAME="audio-opus",LANGUAGE="und",\
        DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2",URI="audio-opus/p.m3u8"
        #EXT-X-STREAM-INF:BANDWIDTH=1100000,AVERAGE-BANDWIDTH=1100000,\
        CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=30.000,AUDIO="audio"
        video/p.m3u8
        #EXT-X-STREAM-INF:BANDWIDTH=1100000,AVERAGE-BANDWIDTH=1100000,\
        CODECS="avc1.64001f,opus",RESOLUTION=640x360,FRAME-RATE=30.000,AUDIO="audio-opus"
        video/p.m3u8

        """)
  }
}
