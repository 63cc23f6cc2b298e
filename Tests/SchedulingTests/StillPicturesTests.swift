// SPDX-License-Identifier: Apache-2.0

import Media
import Scheduling
import Testing
import Time

@Suite("The pictures of a rendition that is left out")
struct StillPicturesTests {
  private static func segmentation(part microseconds: Int64) -> Segmentation {
    Segmentation(
      rate: .thirty, segmentMicroseconds: 1_000_000, partMicroseconds: microseconds)
  }

  /// The frames by the index of their slot, if encoding one takes this time.
  private func frames(
    from first: Int64, segments: Int64, encoding: Interval, lag: Interval = .zero
  ) throws -> [(index: Int64, frame: StillPictures.Frame)] {
    let segmentation = Self.segmentation(part: 260_000)
    var pictures = try #require(StillPictures(segmentation))
    var found: [(index: Int64, frame: StillPictures.Frame)] = []
    for index in first..<30 * segments {
      let now = MonotonicTime.origin + segmentation.grid.duration(ofFrames: index)
      guard let frame = pictures.take(index, lag: lag, now: now) else { continue }
      found.append((index, frame))
      if frame.isNew { pictures.encoded(frame, from: now, to: now + encoding) }
    }
    return found
  }

  @Test("a key frame and another one per part; a new picture per second")
  func usual() throws {
    let found = try frames(from: 0, segments: 2, encoding: .milliseconds(20))
    #expect(
      found.map(\.index) == [0, 1, 8, 9, 16, 17, 24, 25, 30, 31, 38, 39, 46, 47, 54, 55])
    #expect(found.map(\.frame.slots) == [1, 7, 1, 7, 1, 7, 1, 5, 1, 7, 1, 7, 1, 7, 1, 5])
    #expect(found.allSatisfy { $0.frame.isKey == ($0.frame.slots == 1) })
    #expect(found.filter(\.frame.isNew).map(\.index) == [0, 1, 30, 31])
  }

  @Test("the first picture is new, also within a segment; a late rendition has no other one")
  func first() throws {
    let found = try frames(from: 8, segments: 3, encoding: .milliseconds(20), lag: .seconds(2))
    #expect(found.filter(\.frame.isNew).map(\.index) == [8, 9])
  }

  @Test("encoding has at most a third of the time")
  func slow() throws {
    let found = try frames(from: 0, segments: 7, encoding: .milliseconds(300))
    #expect(found.filter(\.frame.isNew).map(\.index) == [0, 1, 54, 55, 114, 115, 174, 175])
  }

  @Test("parts of one slot have no stills")
  func short() {
    #expect(StillPictures(Self.segmentation(part: 33_000)) == nil)
    #expect(StillPictures(Self.segmentation(part: 100_000)) != nil)
  }
}
