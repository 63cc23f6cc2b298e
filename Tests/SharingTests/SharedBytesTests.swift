// SPDX-License-Identifier: Apache-2.0

import Sharing
import Testing

@Suite("Shared bytes")
struct SharedBytesTests {
  @Test("bytes come back as they went in", arguments: [0, 1, 15, 16, 4096])
  func roundTrip(count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let shared = SharedBytes(bytes)
    #expect(shared.count == count)
    #expect(shared.array == bytes)
    #expect(shared.withBytes { $0.byteCount } == count)
  }

  @Test("text becomes its UTF-8 bytes")
  func text() { #expect(SharedBytes("ä€").array == [0xC3, 0xA4, 0xE2, 0x82, 0xAC]) }
}
