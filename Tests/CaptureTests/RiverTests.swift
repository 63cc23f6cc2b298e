// SPDX-License-Identifier: Apache-2.0

import Glibc
import Media
import Testing

@testable import Capture

@Suite("The river of the test pattern")
struct RiverTests {
  /// FNV-1a over luma and chroma of all pixels of a frame.
  private func digest(_ frame: VideoFrame) -> UInt64 {
    let canvas = Canvas(frame)
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for y in 0..<canvas.height {
      for x in 0..<canvas.width {
        let colour = canvas.colour(x: x, y: y)
        for value in [colour.y, colour.u, colour.v] {
          hash = (hash ^ UInt64(value)) &* 0x100_0000_01B3
        }
      }
    }
    return hash
  }

  struct Row: Sendable, CustomTestStringConvertible {
    let index: Int64
    let digest: UInt64
    var testDescription: String { "frame \(index)" }
  }

  /// Digests of frames at 30 frames per second, of any machine.
  static let rows = [
    Row(index: 0, digest: 2_691_910_287_066_839_224),
    Row(index: 53_854_671_617, digest: 4_532_112_269_953_898_917),
    Row(index: -1, digest: 2_508_908_154_990_808_116),
  ]

  @Test("a frame index gives the same picture on each run and machine", arguments: rows)
  func deterministic(row: Row) throws {
    let source = try TestPattern(size: size("320x180"))
    let frame = source.draw(frame: row.index, milliseconds: row.index * 100 / 3)
    #expect(digest(frame) == row.digest)
    let again = try TestPattern(size: size("320x180"))
    _ = again.draw(frame: 7, milliseconds: 7)
    #expect(digest(again.draw(frame: row.index, milliseconds: row.index * 100 / 3)) == row.digest)
  }

  @Test(
    "burned clock, timecode, flash and the lowest 15 % do not move with the river",
    arguments: sizes + ["64x64", "360x640", "1080x1920"])
  func reserved(_ text: String) throws {
    let size = try size(text)
    let source = try TestPattern(size: size)
    let layout = TestPattern.Layout(width: size.width, height: size.height)
    let first = Canvas(source.draw(frame: 100, milliseconds: 1_700_000_000_500))
    let later = Canvas(source.draw(frame: 217, milliseconds: 1_700_000_000_500))
    var changed = 0
    for y in 0..<size.height where !first.hasSameRow(y, as: later) {
      guard layout.river.y.contains(y) else {
        try #require(layout.lane.y.contains(y))
        continue
      }
      for x in 0..<size.width where first.colour(x: x, y: y) != later.colour(x: x, y: y) {
        changed += 1
      }
    }
    #expect(changed > size.width * layout.river.y.count / 2)
    let timecode = Timecode(width: size.width, height: size.height).box
    for area in [layout.lane, layout.river] {
      #expect(area.y.lowerBound >= timecode.y.upperBound)
      #expect(area.y.lowerBound >= layout.flash.y.upperBound)
      #expect(100 * area.y.upperBound <= 85 * size.height)
    }
  }

  @Test("near rows move faster than far rows, both to the left")
  func perspective() throws {
    let size = try size("640x360")
    let source = try TestPattern(size: size)
    let rows = TestPattern.Layout(width: size.width, height: size.height).river.y
    func luma(_ frame: Int64, _ y: Int) -> [Int] {
      let canvas = Canvas(source.draw(frame: frame, milliseconds: 500))
      return (0..<size.width).map { Int(canvas.colour(x: $0, y: y).y) }
    }
    /// The pixels by which a row moves to the left in four frames.
    func motion(_ y: Int) -> Int? {
      let (before, after) = (luma(40, y), luma(44, y))
      return (0..<100).first { Array(before[$0...]) == Array(after[..<(size.width - $0)]) }
    }
    let far = try #require(motion(rows.lowerBound))
    let near = try #require(motion(rows.upperBound - 1))
    #expect(far > 0)
    #expect(near > 2 * far)
  }
}

extension Canvas {
  /// Whether a row of luma, and the chroma of its pixels, are those of a picture of the same size.
  ///
  /// A comparison by pixels takes a hundred times as long in a build without optimisation.
  func hasSameRow(_ y: Int, as other: Canvas) -> Bool {
    precondition(other.width == width && other.height == height, "pictures of two sizes")
    var isSame = y < height / 2 * 2
    unsafe withRows(ofChroma: y / 2) { upper, lower, blue, red in
      unsafe other.withRows(ofChroma: y / 2) { otherUpper, otherLower, otherBlue, otherRed in
        unsafe isSame =
          (y % 2 == 0 ? memcmp(upper, otherUpper, width) : memcmp(lower, otherLower, width)) == 0
          && memcmp(blue, otherBlue, width / 2) == 0 && memcmp(red, otherRed, width / 2) == 0
      }
    }
    return isSame
  }
}
