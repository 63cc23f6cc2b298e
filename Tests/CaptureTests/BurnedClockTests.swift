// SPDX-License-Identifier: Apache-2.0

import Media
import TestSupport
import Testing
import Time

@testable import Capture

let sizes = ["1920x1080", "1280x720", "640x480", "640x360", "426x240", "320x180"]

func size(_ text: String) throws -> VideoSize { try #require(VideoSize(text)) }

@Suite("The burned clock BC64")
struct BurnedClockTests {
  struct KnownAnswer: Sendable, CustomTestStringConvertible {
    let milliseconds: Int64
    let checksum: UInt64
    let cells: String
    var testDescription: String { "\(milliseconds) ms" }
  }

  static let knownAnswers = [
    KnownAnswer(
      milliseconds: 0, checksum: 0xFAC,
      cells: "1010000000000000000000000000000000000000000000000000111110101100"),
    KnownAnswer(
      milliseconds: 1, checksum: 0x7A3,
      cells: "1010000000000000000000000000000000000000000000000001011110100011"),
    KnownAnswer(
      milliseconds: 1_700_000_000_000, checksum: 0x658,
      cells: "1010000000011000101111001111111001010110100000000000011001011000"),
    KnownAnswer(
      milliseconds: 281_474_976_710_655, checksum: 0xFF6,
      cells: "1010111111111111111111111111111111111111111111111111111111110110"),
  ]

  @Test("cells and checksum match the known answers", arguments: knownAnswers)
  func known(answer: KnownAnswer) {
    #expect(BurnedClock.checksum(UInt64(answer.milliseconds)) == answer.checksum)
    #expect(BurnedClock.cells(answer.milliseconds) == UInt64(answer.cells, radix: 2))
  }

  @Test("a painted clock is read back", arguments: sizes)
  func roundTrip(_ text: String) throws {
    let source = try TestPattern(size: size(text))
    var generator = SystemRandomNumberGenerator()
    for index in 0..<8 {
      let timestamp = Int64.random(in: 0..<1 << 48, using: &generator)
      let frame = source.draw(frame: Int64(index), milliseconds: timestamp)
      #expect(frame.burnedMilliseconds == timestamp)
      #expect(ClockReader.read(frame) == timestamp)
    }
  }

  @Test(
    "the strip is black and white, also in the chroma row that it covers in part",
    arguments: sizes)
  func strip(_ text: String) throws {
    let size = try size(text)
    let red = try VideoFramePool(size: size).frame { $0.fill($0.area, Colour(63, 102, 240)) }
    let frame = red.withClock(1_700_000_000_123)
    let canvas = Canvas(frame)
    #expect(canvas.colour(x: 0, y: size.height / 9 + 2) == Colour(63, 102, 240))
    var others = 0
    for y in 0..<2 * size.height / 18 {
      for x in 0..<size.width {
        let colour = canvas.colour(x: x, y: y)
        if colour != .white, colour != .black { others += 1 }
      }
    }
    #expect(others == 0)
  }

  @Test("a copy has the new timestamp, and the original keeps its own")
  func copy() throws {
    let slate = try SlateFrame.make(size: size("640x360"))
    #expect(slate.burnedMilliseconds == nil)
    #expect(ClockReader.read(slate) == nil)
    let first = slate.withClock(1_700_000_000_000)
    let second = first.withClock(1_700_000_000_033)
    #expect(ClockReader.read(first) == 1_700_000_000_000)
    #expect(ClockReader.read(second) == 1_700_000_000_033)
    #expect(second.burnedMilliseconds == 1_700_000_000_033)
    // The frames are equal outside the strip.
    let (a, b) = (Canvas(slate), Canvas(second))
    for x in 0..<640 { #expect(a.colour(x: x, y: 180) == b.colour(x: x, y: 180)) }
  }

  @Test(
    "the flash is white in the first 100 ms of each second, and black otherwise", arguments: sizes)
  func flash(_ text: String) throws {
    let size = try size(text)
    let source = try TestPattern(size: size)
    let area = TestPattern.Layout(width: size.width, height: size.height).flash
    let rows: [(Int64, UInt8)] = [(0, 235), (99, 235), (100, 16), (999, 16)]
    for (milliseconds, luma) in rows {
      let frame = source.draw(frame: 0, milliseconds: 1_700_000_000_000 + milliseconds)
      let canvas = Canvas(frame)
      // Counted, since an expectation per pixel takes longer than the rest.
      var others = 0
      for y in area.y {
        for x in area.x where canvas.colour(x: x, y: y) != Colour(luma) { others += 1 }
      }
      #expect(others == 0, "\(milliseconds) ms")
    }
    let timecode = Timecode(width: size.width, height: size.height).box
    #expect(area.y.lowerBound >= timecode.y.upperBound)
  }

  @Test("three frames per second flash at 30 frames per second")
  func flashFrames() throws {
    let grid = FrameGrid(rate: try #require(FrameRate(30)))
    let flashing = (0..<30).filter {
      TestPattern.flashes(at: grid.frameTime(of: 51_000_000_000 + Int64($0)).milliseconds)
    }
    #expect(flashing == [0, 1, 2])
  }

  @Test("drawing later frames does not change a frame that is still in use")
  func pool() throws {
    let source = try TestPattern(size: size("320x180"))
    let kept = source.draw(frame: 1, milliseconds: 1000)
    for index in Int64(2)..<50 { _ = source.draw(frame: index, milliseconds: index * 33) }
    #expect(ClockReader.read(kept) == 1000)
  }
}
