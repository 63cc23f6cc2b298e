// SPDX-License-Identifier: Apache-2.0

import CFFmpeg
import TestSupport
import Testing
import Time

@testable import Capture

@Suite("Deinterlacing by libavfilter")
struct DeinterlacerTests {
  private static let size: Int32 = 64
  private static let period: Interval = 40_000_000

  /// A frame with a moving bar, whose fields are of different times if it is interlaced.
  private static func frame(_ index: Int32, isInterlaced: Bool) throws -> DecodedFrame {
    let frame = unsafe try #require(unsafe av_frame_alloc())
    unsafe frame.pointee.format = AV_PIX_FMT_YUV420P.rawValue
    unsafe frame.pointee.width = size
    unsafe frame.pointee.height = size
    try #require(unsafe av_frame_get_buffer(frame, 0) == 0)
    for line in 0..<Int(size) {
      let start = Int(index * 8) + (isInterlaced && line % 2 == 1 ? 4 : 0)
      for column in 0..<Int(size) {
        let isBar = (start..<start + 12).contains(column)
        unsafe frame.pointee.data.0?[line * Int(frame.pointee.linesize.0) + column] =
          isBar ? 235 : 16
      }
    }
    for line in 0..<Int(size / 2) {
      for column in 0..<Int(size / 2) {
        unsafe frame.pointee.data.1?[line * Int(frame.pointee.linesize.1) + column] = 128
        unsafe frame.pointee.data.2?[line * Int(frame.pointee.linesize.2) + column] = 128
      }
    }
    unsafe cff_set_interlaced(frame, isInterlaced ? 1 : 0)
    let time = SourceTime.origin + period * Int64(index)
    unsafe frame.pointee.pts = time.nanoseconds
    unsafe frame.pointee.best_effort_timestamp = time.nanoseconds
    let decoded = unsafe DecodedFrame(frame)
    decoded.arrival = .origin + period * Int64(index)
    return decoded
  }

  /// The sum of the differences of lines to the next one: combed edges have a large one.
  private static func combs(_ frame: DecodedFrame) -> Int {
    let plane = unsafe frame.frame.pointee.data.0
    let stride = unsafe Int(frame.frame.pointee.linesize.0)
    var sum = 0
    for line in 8..<Int(size) - 8 {
      for column in 0..<Int(size) {
        let one = unsafe Int(plane?[line * stride + column] ?? 0)
        let two = unsafe Int(plane?[(line + 1) * stride + column] ?? 0)
        sum += abs(one - two)
      }
    }
    return sum
  }

  @Test(
    "interlaced frames leave without combs, at their times, with the next frame",
    .enabled(if: Deinterlacer.isAvailable))
  func interlaced() throws {
    var deinterlacer = Deinterlacer()
    let frames = try (0..<6).map { try Self.frame($0, isInterlaced: true) }
    var found: [DecodedFrame] = []
    for (index, frame) in frames.enumerated() {
      let ready = deinterlacer.take(frame)
      #expect(ready.count == (index == 0 ? 0 : 1))
      #expect(ready.allSatisfy { $0.arrival == frame.arrival })
      found += ready
    }
    found += deinterlacer.finish()
    #expect(found.map(\.pts) == frames.map(\.pts))
    #expect(found.allSatisfy { $0.properties.isInterlaced && !$0.isInterlaced })
    for (before, after) in zip(frames, found).dropFirst().dropLast() {
      #expect(Self.combs(after) * 2 < Self.combs(before))
    }
  }

  @Test("progressive frames pass at once, and are the same")
  func progressive() throws {
    var deinterlacer = Deinterlacer()
    for index in Int32(0)..<3 {
      let frame = try Self.frame(index, isInterlaced: false)
      let ready = deinterlacer.take(frame)
      #expect(ready.count == 1 && ready.first === frame)
    }
    #expect(deinterlacer.finish().isEmpty)
  }

  @Test(
    "another size begins a new graph; no frame is lost", .enabled(if: Deinterlacer.isAvailable))
  func another() throws {
    var deinterlacer = Deinterlacer()
    var count = 0
    for index in Int32(0)..<4 {
      let frame = try Self.frame(index, isInterlaced: true)
      if index >= 2 { unsafe frame.frame.pointee.height = 48 }
      count += deinterlacer.take(frame).count
    }
    #expect(count + deinterlacer.finish().count == 4)
  }
}
