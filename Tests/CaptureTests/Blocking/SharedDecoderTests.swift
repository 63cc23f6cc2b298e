// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import TestSupport
import Testing
import Time

@testable import Capture

@Suite("A decoder that several streams share", .blocking)
struct SharedDecoderTests {
  /// The H.264 stream of `count` frames whose burned clocks rise by one from 1,000,000 ms.
  private func coded(_ count: Int) throws -> (InputDescription.Video, [AccessUnit]) {
    var encoder = try VideoEncoder(settings("320x180"))
    let source = try TestPattern(size: size("320x180"))
    let step = encoder.settings.rate.ticksPerFrame
    var units: [AccessUnit] = []
    for index in 0..<Int64(count) {
      let frame = source.draw(frame: index, milliseconds: 1_000_000 + index)
      for coded in try encoder.encode(frame, pts: index * step, independent: index % 15 == 0) {
        units.append(
          AccessUnit(
            bytes: coded.bytes, parameterSets: [], isKey: coded.isIndependent,
            pts: .origin + .milliseconds(33 * index), dts: nil,
            arrival: .origin + .milliseconds(33 * index), senderTime: nil))
      }
    }
    let video = InputDescription.Video(
      passThroughCodec: .h264, codec: "h264", width: 0, height: 0, rate: nil,
      parameterSets: encoder.parameterSets.sps + encoder.parameterSets.pps, configuration: [])
    return (video, units)
  }

  private func decode(
    _ unit: AccessUnit, _ number: Int, of decoder: SharedDecoder, _ video: InputDescription.Video,
    limit: Int = 100, count: inout Int
  ) throws(InputError) -> SharedDecoder.Decoded {
    var calls = 0
    // The first call opens the decoder.
    let opens = !decoder.isOpen
    defer { count += opens && calls > 0 ? calls - 1 : calls }
    return try decoder.decode(
      unit, UInt64(number), video, errorLimit: limit,
      during: { work in
        calls += 1
        work()
      })
  }

  @Test("each access unit is decoded once, and every stream gets the same frame")
  func once() throws {
    let (video, units) = try coded(20)
    let decoder = SharedDecoder()
    let users = (decoder.user(), decoder.user())
    var decoded = 0
    for (number, unit) in units.enumerated() {
      let first = try decode(unit, number, of: decoder, video, count: &decoded)
      let second = try decode(unit, number, of: decoder, video, count: &decoded)
      #expect(first.frames.count == 1 && second.frames.first === first.frames.first)
      #expect(!first.isLate && !second.isLate)
    }
    #expect(decoded == units.count)
    _ = users
  }

  @Test("a stream that is too far behind loses frames, and delays no other")
  func late() throws {
    let (video, units) = try coded(10)
    let decoder = SharedDecoder()
    let user = decoder.user()
    var decoded = 0
    for (number, unit) in units.enumerated() {
      _ = try decode(unit, number, of: decoder, video, count: &decoded)
    }
    let kept = DecodedUnits<DecodedFrame>.kept
    for (number, unit) in units.enumerated() {
      let late = try decode(unit, number, of: decoder, video, count: &decoded)
      #expect(late.isLate == (number < units.count - kept), "unit \(number)")
      #expect(late.frames.isEmpty == late.isLate)
    }
    #expect(decoded == units.count)
    _ = user
  }

  @Test("a stream that joins ahead of the others takes no frames away")
  func ahead() throws {
    let (video, units) = try coded(20)
    let decoder = SharedDecoder()
    let users = (decoder.user(), decoder.user())
    var decoded = 0
    for number in 0..<4 {
      _ = try decode(units[number], number, of: decoder, video, count: &decoded)
    }
    #expect(try decode(units[8], 8, of: decoder, video, count: &decoded).isLate)
    for number in 4..<10 {
      let frames = try decode(units[number], number, of: decoder, video, count: &decoded).frames
      #expect(frames.count == 1, "unit \(number)")
    }
    // A key frame needs no earlier unit.
    #expect(units[15].isKey)
    #expect(try decode(units[15], 15, of: decoder, video, count: &decoded).frames.count == 1)
    #expect(try decode(units[12], 12, of: decoder, video, count: &decoded).isLate)
    _ = users
  }

  @Test("the decoder is open while a stream uses it")
  func users() throws {
    let (video, units) = try coded(3)
    let decoder = SharedDecoder()
    #expect(!decoder.isOpen)
    var decoded = 0
    var users = [decoder.user(), decoder.user()]
    _ = try decode(units[0], 0, of: decoder, video, count: &decoded)
    #expect(decoder.isOpen)
    users.removeLast()
    #expect(decoder.isOpen)
    users.removeLast()
    #expect(!decoder.isOpen)
  }

  @Test("the failure of the decoder is that of each stream until none uses it")
  func failure() throws {
    let (video, units) = try coded(2)
    let decoder = SharedDecoder()
    var decoded = 0
    let broken = AccessUnit(
      bytes: [0, 0, 0, 1, 0xFF], parameterSets: [], isKey: false, pts: .origin, dts: nil,
      arrival: .origin, senderTime: nil)
    do {
      let user = decoder.user()
      #expect(throws: InputError.self) {
        for number in 0..<5 {
          _ = try decode(broken, number, of: decoder, video, limit: 2, count: &decoded)
        }
      }
      #expect(throws: InputError.self) {
        try decode(units[0], 6, of: decoder, video, count: &decoded)
      }
      _ = user
    }
    let user = decoder.user()
    let frames = try decode(units[0], 7, of: decoder, video, count: &decoded).frames
    #expect(frames.count == 1)
    _ = user
  }
}
