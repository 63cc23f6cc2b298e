// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import TestSupport
import Testing
import Time

@testable import Packaging

@Suite("A window that another server copies by a cursor")
struct FeedCursorTests {
  /// A window that gets what the cursor reads.
  private struct Copy {
    let window: LiveWindow
    var cursor: FeedCursor

    init(_ source: LiveWindow, from number: Int64? = nil) {
      window = LiveWindow(segmentation: source.segmentation, playlistLength: 10, retained: 20)
      if let track = source.snapshot.track { window.describe(track) }
      cursor = FeedCursor(before: number, in: source.snapshot)
      window.goLive()
    }

    /// Reads all that is there; false if the source lacks the next segment.
    mutating func advance(_ source: LiveWindow) -> Bool {
      while true {
        switch cursor.next(source.snapshot) {
        case .end: return true
        case .lost: return false
        case .item(.segment(let start, let gap)):
          if let gap { window.leaveOut(start, duration: gap) } else { window.place(start) }
        case .item(.chunk(let chunk)): window.publish(chunk)
        }
      }
    }
  }

  private func check(_ copy: inout Copy, _ source: LiveWindow, isWhole: Bool = true) {
    let found = copy.advance(source)
    #expect(found == isWhole)
  }

  /// What playlists and manifests are made of.
  private func content(_ snapshot: WindowSnapshot) -> [String] {
    var lines = snapshot.listed.map { segment in
      "\(segment.number) \(segment.firstFrame) \(segment.programDateTime) \(segment.duration) "
        + "\(segment.startsDiscontinuity) \(segment.period) \(segment.isPrefill) "
        + segment.parts.map { "\($0.index):\($0.duration):\($0.bytes.map(\.array))" }.joined()
    }
    if let open = snapshot.open {
      lines.append(
        "open \(open.number) \(open.firstFrame) \(open.programDateTime) \(open.period) "
          + open.parts.map { "\($0.index):\($0.duration)" }.joined() + " \(open.chunks.count)")
    }
    return lines + ["\(snapshot.version) \(snapshot.discontinuitySequence)"]
  }

  @Test("the end of a segment is read after a skip over which the window is emptied")
  func skipped() throws {
    var stream = SyntheticStream(.thirty)
    stream.goLive(prefill: 6)
    stream.publish(frames: 20)
    let number = stream.segmentation.segment(of: stream.next)
    var copy = Copy(stream.window)
    check(&copy, stream.window)
    stream.publish(frames: 10)
    stream.skip(3600)
    stream.publish(frames: 1)
    #expect(stream.window.snapshot.segment(number) == nil)
    check(&copy, stream.window, isWhole: false)
    let segment = try #require(copy.window.snapshot.segment(number))
    #expect(segment.chunks.count == 30)
    stream.publish(frames: 29)
    #expect(stream.window.snapshot.lastBeforeSkip == nil)
  }

  @Test("the copy has the same numbers, parts, dates, Discontinuities and periods at any time")
  func same() {
    var stream = SyntheticStream(.thirty)
    stream.goLive(prefill: 6)
    stream.publish(frames: 40)
    var copy = Copy(stream.window)
    for step in 0..<40 {
      switch step {
      case 5: stream.skip(2, offset: .seconds(3))
      case 12: stream.window.announce(offset: .milliseconds(200), skipped: 0)
      case 20: stream.skip(1)
      default: break
      }
      stream.publish(frames: 17)
      check(&copy, stream.window)
      #expect(content(copy.window.snapshot) == content(stream.window.snapshot))
    }
    // A server that begins later counts the Discontinuities that it has not seen.
    var late = Copy(stream.window)
    check(&late, stream.window)
    #expect(content(late.window.snapshot) == content(stream.window.snapshot))
  }

  @Test("segments of variable duration are copied with their numbers and short parts")
  func variable() {
    var stream = SyntheticStream(.thirty, maximumGroupTime: 4_000_000)
    stream.window.goLive()
    stream.publish(group: 31)
    var copy = Copy(stream.window)
    for group in [44, 33, 29, 1, 30, 100, 31, 10, 10, 10, 5] as [Int64] {
      stream.publish(group: group)
      check(&copy, stream.window)
      #expect(content(copy.window.snapshot) == content(stream.window.snapshot))
    }
  }

  @Test("a cursor begins at a segment of the window, else at the first listed one")
  func start() throws {
    var stream = SyntheticStream(.thirty)
    stream.goLive(prefill: 15)
    let snapshot = stream.window.snapshot
    let listed = try #require(snapshot.listed.first).number
    let newest = snapshot.newestSegment
    #expect(FeedCursor(before: nil, in: snapshot).segment == listed)
    for number in [newest, newest + 1, listed - 5] {
      #expect(FeedCursor(before: number, in: snapshot).segment == number)
    }
    for number in [newest + 2, listed - 6, 0, .max, .min] {
      #expect(FeedCursor(before: number, in: snapshot).segment == listed)
    }
  }

  @Test("a cursor that is slower than the window learns that it has lost the next segment")
  func lost() {
    var stream = SyntheticStream(.thirty)
    stream.goLive(prefill: 10)
    var copy = Copy(stream.window)
    stream.publish(segments: 8)
    check(&copy, stream.window)
    stream.publish(segments: 25)
    check(&copy, stream.window, isWhole: false)
  }
}
