// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing
import Time

@testable import Capture

@Suite("Decoding the access units of an input", .blocking)
struct VideoDecoderTests {
  private static let frame: Interval = 33_333_333

  /// Access units as from an input; their frames have burned clocks from 1,000,000 ms.
  private func coded(
    _ text: String, _ count: Int
  ) throws -> (InputDescription.Video, [AccessUnit]) {
    var encoder = try VideoEncoder(settings(text))
    let source = try TestPattern(size: size(text))
    let step = encoder.settings.rate.ticksPerFrame
    let sets = encoder.parameterSets.sps + encoder.parameterSets.pps
    var units: [AccessUnit] = []
    for index in 0..<Int64(count) {
      let frame = source.draw(frame: index, milliseconds: 1_000_000 + index)
      for coded in try encoder.encode(frame, pts: index * step, independent: index % 15 == 0) {
        units.append(
          AccessUnit(
            bytes: coded.bytes, parameterSets: [], isKey: coded.isIndependent,
            pts: .origin + index * Self.frame, dts: nil, arrival: .origin + index * Self.frame + 5,
            senderTime: WallTime(nanoseconds: index)))
      }
    }
    let video = InputDescription.Video(
      passThroughCodec: .h264, codec: "h264", width: 0, height: 0, rate: nil, parameterSets: sets,
      configuration: [])
    return (video, units)
  }

  private func clock(_ frame: VideoFrame) -> Int64? { ClockReader.read(frame) }

  @Test("each access unit gives its frame immediately, with its times and size")
  func atOnce() throws {
    let (video, units) = try coded("640x360", 20)
    var decoder = try VideoDecoder(video)
    let normalizer = try FrameNormalizer(size: size("640x360"))
    for (index, unit) in units.enumerated() {
      let frames = decoder.decode(unit)
      try #require(frames.count == 1)
      let frame = frames[0]
      #expect(frame.pts == unit.pts && frame.arrival == unit.arrival)
      #expect(frame.senderTime == WallTime(nanoseconds: Int64(index)))
      #expect(frame.width == 640 && frame.height == 360)
      let shown = try normalizer.frame(frame)
      #expect(clock(shown) == 1_000_000 + Int64(index))
    }
    #expect(decoder.errors == 0)
  }

  @Test("frames of another size in mid-stream are letterboxed to the requested size")
  func anotherSize() throws {
    let (video, units) = try coded("640x360", 3)
    let (other, more) = try coded("320x180", 3)
    var decoder = try VideoDecoder(video)
    let normalizer = try FrameNormalizer(size: size("640x360"))
    for unit in units { _ = decoder.decode(unit) }
    for (index, unit) in more.enumerated() {
      let announced = AccessUnit(
        bytes: unit.bytes, parameterSets: unit.isKey ? other.parameterSets : [],
        isKey: unit.isKey, pts: unit.pts + 1_000_000_000, dts: nil, arrival: 0, senderTime: nil)
      let frame = try #require(decoder.decode(announced).first)
      #expect(frame.width == 320)
      let shown = try normalizer.frame(frame)
      #expect(shown.size == normalizer.size)
      #expect(clock(shown) == 1_000_000 + Int64(index))
    }
  }

  @Test("a frame is rotated as its input declares")
  func rotated() throws {
    let (video, units) = try coded("640x360", 1)
    let unit = try #require(units.first)
    var decoder = try VideoDecoder(video)
    let stored = try FrameNormalizer(size: size("640x360")).frame(
      try #require(decoder.decode(unit).first))
    let rows: [(Rotation, String, (Int, Int) -> (Int, Int))] = [
      (.quarter, "360x640", { ($1, 359 - $0) }), (.half, "640x360", { (639 - $0, 359 - $1) }),
      (.threeQuarters, "360x640", { (639 - $1, $0) }),
    ]
    for (rotation, shape, position) in rows {
      var video = video
      video.rotation = rotation
      var decoder = try VideoDecoder(video)
      let decoded = try #require(decoder.decode(unit).first)
      #expect("\(decoded.width)x\(decoded.height)" == shape)
      let upright = Canvas(try FrameNormalizer(size: size(shape)).frame(decoded))
      for y in stride(from: 0, to: upright.height, by: 7) {
        for x in stride(from: 0, to: upright.width, by: 7) {
          let (column, row) = position(x, y)
          #expect(upright.colour(x: x, y: y) == Canvas(stored).colour(x: column, y: row))
        }
      }
    }
  }

  @Test("damaged access units are counted, and the next key frame is decoded correctly")
  func damage() throws {
    let (video, units) = try coded("640x360", 31)
    var decoder = try VideoDecoder(video)
    let normalizer = try FrameNormalizer(size: size("640x360"))
    var last: DecodedFrame?
    for (index, unit) in units.enumerated() {
      var bytes = unit.bytes
      if (3..<6).contains(index) {
        for offset in stride(from: 8, to: bytes.count, by: 3) { bytes[offset] ^= 0xA5 }
      }
      let sent = AccessUnit(
        bytes: bytes, parameterSets: [], isKey: unit.isKey, pts: unit.pts, dts: nil, arrival: 0,
        senderTime: nil)
      last = decoder.decode(sent).last ?? last
    }
    #expect(decoder.errors > 0)
    let shown = try normalizer.frame(try #require(last))
    #expect(clock(shown) == 1_000_030)
  }

  @Test("arbitrary bytes do not stop the decoder")
  func garbage() throws {
    let (video, _) = try coded("640x360", 1)
    var decoder = try VideoDecoder(video)
    for count in [0, 1, 4, 5, 9, 100, 5000] {
      let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 73 &+ count) }
      _ = decoder.decode(
        AccessUnit(
          bytes: bytes, parameterSets: [[0x67], [0x68, 0xFF]], isKey: true,
          pts: SourceTime(nanoseconds: Int64(count)), dts: nil, arrival: 0, senderTime: nil))
    }
    _ = decoder.finish(arrival: 0)
  }

  @Test("a codec without a decoder is refused by name")
  func unknown() {
    let video = InputDescription.Video(
      passThroughCodec: nil, codec: "no-such-codec", width: 0, height: 0, rate: nil,
      parameterSets: [], configuration: [])
    #expect(throws: FFmpegError.self) {
      do throws(FFmpegError) { _ = try VideoDecoder(video) } catch { throw error }
    }
  }
}
