// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Push
import TestSupport
import Testing

@Suite("The position of a push in a window")
struct PushCursorTests {
  /// The frames that a cursor reads, counted from the first frame of the stream; nil at the start
  /// of a segment.
  private func read(
    _ cursor: inout PushCursor, _ stream: SyntheticStream, from first: Int64
  ) -> [Int64?] {
    var found: [Int64?] = []
    while let item = cursor.next(stream.window.snapshot) {
      switch item {
      case .segment: found.append(nil)
      case .chunk(let chunk): found.append(chunk.frameIndex - first)
      }
    }
    return found
  }

  @Test("begins with the next segment, and then has each frame once")
  func begins() {
    var stream = SyntheticStream(.thirty)
    stream.window.goLive()
    let first = stream.next
    stream.publish(frames: 10)
    var cursor = PushCursor(.segment, behind: stream.window.snapshot)
    #expect(read(&cursor, stream, from: first) == [])
    stream.publish(frames: 22)
    #expect(read(&cursor, stream, from: first) == [nil, 30, 31])
    stream.publish(frames: 1)
    #expect(read(&cursor, stream, from: first) == [32])
    #expect(cursor.dropped == 0)
  }

  @Test("begins with the next key frame for receivers without segments")
  func keyFrame() {
    var stream = SyntheticStream(.thirty)
    stream.window.goLive()
    let first = stream.next
    stream.publish(frames: 10)
    var cursor = PushCursor(.keyFrame, behind: stream.window.snapshot)
    stream.publish(frames: 21)
    #expect(read(&cursor, stream, from: first) == [30])
  }

  @Test("is at most one segment and the open one behind, then continues with the newest segment")
  func drops() {
    var stream = SyntheticStream(.thirty)
    stream.window.goLive()
    let first = stream.next
    stream.publish(frames: 10)
    var cursor = PushCursor(.segment, behind: stream.window.snapshot)
    stream.publish(frames: 25)
    #expect(read(&cursor, stream, from: first) == [nil, 30, 31, 32, 33, 34])
    // One segment behind: nothing is left out.
    stream.publish(frames: 35)
    #expect(read(&cursor, stream, from: first).compactMap(\.self) == Array(35..<70))
    // Two segments behind: the rest of segment 2 and all of segment 3 are left out.
    stream.publish(frames: 65)
    let rest = read(&cursor, stream, from: first)
    #expect(rest.first == .some(nil))
    #expect(rest.compactMap(\.self) == Array(120..<135))
    #expect(cursor.dropped == 50)
  }

  @Test("a window that has ended is read to its end")
  func ends() {
    var stream = SyntheticStream(.thirty)
    stream.window.goLive()
    let first = stream.next
    stream.publish(frames: 30)
    var cursor = PushCursor(.segment, behind: stream.window.snapshot)
    stream.publish(frames: 3)
    stream.window.end()
    #expect(!cursor.hasEnded(stream.window.snapshot))
    #expect(read(&cursor, stream, from: first) == [nil, 30, 31, 32])
    #expect(cursor.hasEnded(stream.window.snapshot))
  }
}
