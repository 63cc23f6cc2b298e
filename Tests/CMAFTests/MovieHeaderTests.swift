// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import TestSupport
import Testing

@Suite("The moov of a track, ISO/IEC 14496-12 §8")
struct MovieHeaderTests {
  private static let pq = ColourDescription(
    primaries: 9, transfer: 16, matrix: 9, isFullRange: false)

  @Test("language and colours are read; video without colr has no colours")
  func properties() throws {
    let video = try MovieHeader(header: HeaderBytes.video(Self.pq))
    #expect(video.entry.colour == Self.pq && video.entry.colour?.range == .pq)
    #expect(video.language == MovieHeader.undetermined)
    #expect(Language.undetermined.packed == MovieHeader.undetermined)
    #expect(try MovieHeader(header: HeaderBytes.video(nil)).entry.colour == nil)
    let audio = try MovieHeader(header: HeaderBytes.audio(Language("de")))
    #expect(Language(packed: audio.language).tag == "de")
    #expect(audio.entry.setup == [0x11, 0x90])
    #expect(try audio.entry.codecs() == "mp4a.40.2")
  }

  @Test("the decoder configuration is that of video")
  func decoderConfiguration() {
    #expect(MovieHeader.decoderConfiguration(in: HeaderBytes.video(Self.pq)) == [1])
    #expect(MovieHeader.decoderConfiguration(in: HeaderBytes.audio(Language("de"))) == nil)
    #expect(MovieHeader.decoderConfiguration(in: Array("header".utf8)) == nil)
  }

  @Test("a header that is cut off within moov is refused")
  func cut() {
    let header = HeaderBytes.video(Self.pq)
    for count in header.indices {
      #expect(throws: BoxError.self, "\(count) bytes") {
        try MovieHeader(header: Array(header.prefix(count)))
      }
    }
  }

  @Test("any damaged byte is harmless")
  func damaged() {
    let header = HeaderBytes.video(Self.pq)
    for index in header.indices {
      for value in [0, 1, 0x7F, 0xFF] as [UInt8] {
        var damaged = header
        damaged[index] = value
        _ = try? MovieHeader(header: damaged)
      }
    }
  }
}
