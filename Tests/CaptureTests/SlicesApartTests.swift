// SPDX-License-Identifier: Apache-2.0

import Media
import Testing
import Time

@testable import Capture

@Suite("Packets of publishers that carry slices, and lengths without a sequence header")
struct SlicesApartTests {
  /// A slice after its length: the first one of its picture, or a later one.
  private static func slice(isKey: Bool, isFirst: Bool, size: Int = 20) -> [UInt8] {
    unit([isKey ? 0x65 : 0x41, isFirst ? 0x88 : 0x48] + [UInt8](repeating: 0x55, count: size))
  }

  private static func unit(_ bytes: [UInt8]) -> [UInt8] {
    (0..<4).reversed().map { UInt8(truncatingIfNeeded: bytes.count >> ($0 * 8)) } + bytes
  }

  private static func time(_ frame: Int) -> SourceTime {
    SourceTime(nanoseconds: Int64(frame) * 40_000_000)
  }

  /// The units of packets: frame, whether of a key frame, whether the first slices of a picture.
  private static func units(_ packets: [(frame: Int, isKey: Bool, isFirst: Bool)]) -> [AccessUnit] {
    var depacketizer = VideoDepacketizer(.h264, sizeLimit: FrameSizeLimit(), mayBePieces: true)
    depacketizer.take(extradata: [1, 0x64, 0, 31, 0xFF, 0xE0, 0])
    return packets.flatMap { packet in
      depacketizer.take(
        slice(isKey: packet.isKey, isFirst: packet.isFirst).span, pts: time(packet.frame),
        dts: time(packet.frame), isKey: packet.isKey, arrival: .origin, senderTime: nil)
    }
  }

  @Test("slices of one timestamp are one access unit, from the first one on")
  func apart() {
    let packets = (0..<4).flatMap { frame in
      [true, false, false].map { (frame, frame == 0, $0) }
    }
    let units = Self.units(packets + [(4, false, true)])
    #expect(units.map(\.pts) == (0..<4).map(Self.time))
    #expect(units.map(\.dts) == (0..<4).map { Self.time($0) })
    #expect(units.map(\.isKey) == [true, false, false, false])
    #expect(units.allSatisfy { $0.bytes.count == 3 * 26 })
  }

  @Test("whole access units leave at once, but for the first, which waits for the second")
  func whole() {
    for count in 1...4 {
      let units = Self.units((0..<count).map { ($0, $0 == 0, true) })
      #expect(units.count == (count == 1 ? 0 : count))
    }
  }

  @Test("a sender that changes to slices loses the rest of one picture")
  func later() {
    let whole = (0..<3).map { ($0, $0 == 0, true) }
    let apart = (3..<6).flatMap { frame in [(frame, false, true), (frame, false, false)] }
    let units = Self.units(whole + apart + [(6, false, true)])
    #expect(units.map(\.pts) == (0..<6).map(Self.time))
    #expect(units.map(\.bytes.count) == [26, 26, 26, 26, 52, 52])
  }

  @Test("lengths that look like start codes are lengths if they lead to the last byte")
  func lengths() throws {
    let set = [0x67, 0x64, 0, 31] + [UInt8](repeating: 0x2B, count: 300)
    let frame = Self.unit(set) + Self.unit([0x68, 0xEE]) + Self.slice(isKey: true, isFirst: true)
    let split = NALSplitter(.h264, extradata: [UInt8]().span).split(frame.span)
    #expect(split.parameterSets.map(\.count) == [304, 2])
    #expect(split.isKey && split.slices == 1)
  }
}
