// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Capture

@Suite("Opus in MPEG-TS, ETSI TS 103 491")
struct OpusTransportTests {
  /// TOC 0xFC: CELT, 20 ms, one frame; 0xE1: CELT, 2.5 ms, two frames.
  @Test("control headers are removed; packets of one PES follow one another in time")
  func packets() {
    let long = [UInt8](repeating: 7, count: 259)
    let bytes: [UInt8] =
      [0x7F, 0xE0, 3, 0xFC, 1, 2] + [0x7F, 0xF0, 2, 0xAA, 0xBB, 0xE1, 9]
      + [0x7F, 0xE0, 255, 5, 0xFC] + long
    let found = OpusTransport.packets(bytes)
    #expect(found.map { Array(bytes[$0.range]) } == [[0xFC, 1, 2], [0xE1, 9], [0xFC] + long])
    #expect(found.map(\.samplesBefore) == [0, 960, 960 + 240])
  }

  @Test(
    "a truncated packet and bytes without a control header give no packet",
    arguments: [[], [0x7F], [0x7F, 0xE0, 9, 1], [1, 2, 3]])
  func damaged(bytes: [UInt8]) { #expect(OpusTransport.packets(bytes).isEmpty) }
}
