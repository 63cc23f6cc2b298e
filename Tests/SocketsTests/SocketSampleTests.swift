// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import Net
import Packaging
import Server
import ServerTestSupport
import Sharing
import TestSupport
import Testing
import Time

@Suite("llws.v1 with the format raw: coded frames without boxes")
struct SocketSampleTests {
  /// Publishes frames with boxes after those of the synthetic stream.
  private struct Publisher {
    let handler: SyntheticHandler
    var next: Int64

    init(_ handler: SyntheticHandler) {
      self.handler = handler
      next = handler.stream.next
    }

    static func payload(_ index: Int64) -> [UInt8] { Array("frame \(index)".utf8) }

    /// A frame is captured 1.5 ms before its time.
    mutating func publish(_ count: Int) {
      let segmentation = handler.stream.segmentation
      for _ in 0..<count {
        let isKey = segmentation.position(of: next) == 0
        let time = WallTime(segmentation.grid.frameTime(of: next), plus: .zero)
        let captured = time - .microseconds(1_500)
        let sample = Sample(
          payload: Self.payload(next), decodeTime: segmentation.grid.ticks(next),
          duration: UInt32(segmentation.grid.rate.ticksPerFrame), captured: captured,
          sequence: UInt32(truncatingIfNeeded: next), isSync: isKey)
        handler.served.window.publish(
          Chunk(
            frameIndex: next, isIndependent: isKey, duration: Int64(sample.duration),
            captured: captured, published: time,
            bytes: ChunkWriter().chunk(sample, startsSegment: isKey)))
        next += 1
        handler.requests.woken()
      }
    }
  }

  @Test("a group of its own gets the frames of the chunks, with their times and flags")
  func frames() throws {
    let handler = try SyntheticHandler.live()
    let lab = SocketLab(handler)
    let (client, other) = (lab.connect(), lab.connect())
    client.send(#"{"t":"subscribe","format":"raw"}"#)
    other.send(#"{"t":"subscribe","start":"key"}"#)
    let first = client.read()
    #expect("\(first[0])".contains("subscribed") && "\(first[0])".contains(#""frame\":3000"#))
    // The chunks of the synthetic stream have no boxes, hence no frames.
    #expect(first.dropFirst() == [.media(kind: 0, flags: 0, channel: 1, number: 0, "header")])
    _ = other.read()
    var publisher = Publisher(handler)
    let start = publisher.next
    publisher.publish(30)
    let received = client.read()
    #expect(received.count == 30)
    for (index, message) in received.enumerated() {
      let number = start + Int64(index)
      guard case .sample(let frame) = message else {
        Issue.record("\(message)")
        return
      }
      #expect(frame.flags == (index == 0 ? 17 : index == 29 ? 20 : 16))
      #expect(frame.channel == 1 && frame.number == UInt32(index))
      #expect(frame.captured + frame.delta == (number * 1_000_000 + 15) / 30)
      #expect(abs(frame.delta - 1_500) <= 1)
      #expect(frame.bytes == Publisher.payload(number))
    }
    #expect(other.read().count == 30)
    let late = lab.connect()
    late.send(#"{"t":"subscribe","format":"raw"}"#)
    let backlog = late.read().dropFirst(2)
    #expect(backlog.count == 30)
    guard case .sample(let frame)? = backlog.first else {
      Issue.record("\(backlog)")
      return
    }
    #expect(frame.flags == 25 && frame.channel == 1 && frame.number == 0)
    #expect(frame.bytes == Publisher.payload(start))
  }
}
