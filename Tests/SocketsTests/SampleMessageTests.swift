// SPDX-License-Identifier: Apache-2.0

import Net
import Packaging
import Sharing
import Testing
import Time

@testable import CMAF
@testable import Sockets

@Suite("Messages with coded frames without boxes")
struct SampleMessageTests {
  @Test("each AAC frame of a chunk is a message; its capture time is that of its samples")
  func audio() throws {
    let payloads = (0..<5).map { [UInt8](repeating: $0, count: Int($0) + 1) }
    let captured = WallTime(nanoseconds: 1_795_155_720_000_000_000)
    let chunk = Chunk(
      frameIndex: 0, frames: 5, isIndependent: true, duration: 5 * 1024, captured: captured,
      published: captured,
      bytes: ChunkWriter().chunk(
        SampleRun(
          payloads: payloads, decodeTime: 48_000, sampleDuration: 1024, captured: captured,
          sequence: 1), startsSegment: true))
    let contents = MessageContent.samples(
      of: chunk, [.key, .discontinuity, .last, .catchUp], timescale: 48_000, offset: .seconds(3))
    #expect(
      contents.map(\.flags) == [[.key, .discontinuity, .catchUp]]
        + Array(repeating: [.key, .catchUp], count: 3) + [[.key, .last, .catchUp]])
    for (index, content) in contents.enumerated() {
      let shift = Interval(ticks: Int64(index) * 1024, timescale: 48_000)
      #expect(
        content.sample
          == MediaMessage.SampleTime(
            captured: captured + shift, presented: .origin + .seconds(4) + shift),
        "frame \(index)")
      let range = content.payload.offset..<content.payload.offset + content.payload.count
      #expect(Array(content.payload.bytes.array[range]) == payloads[index])
    }
  }
}
