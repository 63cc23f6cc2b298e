// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import TestSupport
import Testing

@Suite("Language and colours of a CMAF header, ISO/IEC 14496-12 §8.4.2, §12.1.5")
struct TrackPropertiesTests {
  private static let pq = ColourDescription(
    primaries: 9, transfer: 16, matrix: 9, isFullRange: false)

  @Test("both are read; a header without them has their defaults")
  func read() {
    let video = TrackProperties(header: HeaderBytes.video(Self.pq))
    #expect(video.colour == Self.pq && video.colour?.range == .pq)
    #expect(video.language == .undetermined)
    #expect(TrackProperties(header: HeaderBytes.video(nil)).colour == nil)
    #expect(TrackProperties(header: HeaderBytes.audio(Language("de"))).language.tag == "de")
    #expect(TrackProperties(header: []) == TrackProperties(header: Array("header".utf8)))
  }

  @Test("any beginning of a header is harmless, and so is any damaged byte")
  func damaged() {
    let header = HeaderBytes.video(Self.pq)
    for count in 0..<header.count { _ = TrackProperties(header: Array(header.prefix(count))) }
    for index in header.indices {
      for value in [0, 1, 0x7F, 0xFF] as [UInt8] {
        var damaged = header
        damaged[index] = value
        _ = TrackProperties(header: damaged)
      }
    }
  }
}
