// SPDX-License-Identifier: Apache-2.0

package import Packaging

/// The position of a push in a window: pure, over the snapshots that it is given.
///
/// It begins at the next segment or key frame, and leaves out media up to the start of the newest
/// segment when it is more than one segment behind the live edge.
package struct PushCursor: Sendable {
  /// Where the media of a connection may begin.
  package enum Start: Sendable, Equatable {
    case segment
    case keyFrame
  }

  /// A step.
  package enum Item: Sendable {
    /// A segment begins.
    case segment(SegmentStart)
    case chunk(Chunk)
  }

  private let start: Start
  private var cursor: FeedCursor
  private var hasBegun = false
  /// The chunks that were left out since the receiver was too slow.
  package private(set) var dropped: UInt64 = 0
  /// Whether the next chunk follows media that was left out.
  private var waitsForKey = false

  /// The position behind all media of a snapshot.
  package init(_ start: Start, behind snapshot: WindowSnapshot) {
    self.start = start
    cursor = FeedCursor(before: max(0, snapshot.newestSegment))
    while case .item = cursor.next(snapshot) {}
  }

  /// The next step; nil if there is none for the present.
  package mutating func next(_ snapshot: WindowSnapshot) -> Item? {
    if isLate(snapshot) { jump(snapshot) }
    while true {
      switch cursor.next(snapshot) {
      case .end: return nil
      case .lost: jump(snapshot)
      case .item(.segment(let start, _)):
        guard hasBegun || self.start == .segment else { continue }
        hasBegun = true
        return .segment(start)
      case .item(.chunk(let chunk)):
        if !hasBegun {
          guard start == .keyFrame, chunk.isIndependent else { continue }
          hasBegun = true
        }
        if waitsForKey {
          guard chunk.isIndependent else {
            // bounded: one per chunk
            dropped += 1
            continue
          }
          waitsForKey = false
        }
        return .chunk(chunk)
      }
    }
  }

  /// Whether everything of a window that has ended was read.
  package func hasEnded(_ snapshot: WindowSnapshot) -> Bool {
    var rest = cursor
    guard snapshot.state == .ended else { return false }
    if case .end = rest.next(snapshot) { return true }
    return false
  }

  /// Whether the position is more than one segment behind the newest segment.
  private func isLate(_ snapshot: WindowSnapshot) -> Bool {
    // bounded: numbers of segments are far below 2^62
    hasBegun && snapshot.newestSegment > cursor.segment + 1
  }

  /// Continues at the start of the newest segment.
  private mutating func jump(_ snapshot: WindowSnapshot) {
    let newest = max(snapshot.newestSegment, cursor.segment)
    if hasBegun {
      var rest = cursor
      while case .item(let item) = rest.next(snapshot), rest.segment < newest {
        // bounded: one per chunk
        if case .chunk = item { dropped += 1 }
      }
      waitsForKey = true
    }
    // A lost position is behind the window: the newest segment is in it.
    cursor = FeedCursor(before: newest == cursor.segment ? newest + 1 : newest)
  }
}
