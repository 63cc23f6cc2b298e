// SPDX-License-Identifier: Apache-2.0

import CMAF
import Testing

@Suite("Events in media, ISO/IEC 23009-1 §5.10.3.3")
struct EventMessageTests {
  @Test("emsg has version 1: timescale, time, no duration, number, scheme, value, data")
  func box() {
    let box = EventMessage(
      id: 0x0102_0304, time: 0x0A_0B0C_0D0E, timescale: 30_000, data: Array("{}".utf8)
    ).box
    let expected: [UInt8] =
      [0, 0, 0, 55] + Array("emsg".utf8) + [1, 0, 0, 0, 0, 0, 0x75, 0x30]
      + [0, 0, 0, 0x0A, 0x0B, 0x0C, 0x0D, 0x0E, 0, 0, 0, 0, 1, 2, 3, 4]
      + Array("urn:streamer:event".utf8) + [0] + Array("1".utf8) + [0] + Array("{}".utf8)
    #expect(box == expected)
  }
}
