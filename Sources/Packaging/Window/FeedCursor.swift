// SPDX-License-Identifier: Apache-2.0

/// A position in a window, from which everything that the window gets is read in order.
package struct FeedCursor: Sendable {
  /// A step of a window from its start.
  package enum Item: Sendable {
    /// A segment begins, with the duration in ticks if it has no media.
    case segment(SegmentStart, gap: Int64?)
    /// The next chunk of the segment.
    case chunk(Chunk)
  }

  /// The result of a reading.
  package enum Reading: Sendable {
    case item(Item)
    /// Nothing follows for the present.
    case end
    /// The window does not have the next segment any more.
    case lost
  }

  /// The number of the segment at the position.
  package private(set) var segment: Int64
  private var hasBegun = false
  /// The number of its chunks before the position.
  private var count = 0

  /// The position before segment `number`.
  package init(before number: Int64) { segment = number }

  /// The position before `number`, or before the first listed segment if the window does not have
  /// that segment and does not get it next.
  package init(before number: Int64?, in snapshot: WindowSnapshot) {
    let first = snapshot.segments.first?.number ?? snapshot.open?.number ?? 0
    let listed = snapshot.listed.first?.number ?? first
    let range = first...max(first, snapshot.newestSegment + 1)
    self.init(before: number.flatMap { range.contains($0) ? $0 : nil } ?? listed)
  }

  /// Reads the next item, and moves behind it.
  package mutating func next(_ snapshot: WindowSnapshot) -> Reading {
    while true {
      let removed = hasBegun ? snapshot.lastBeforeSkip : nil
      let complete =
        snapshot.segment(segment) ?? removed.flatMap { $0.number == segment ? $0 : nil }
      let open = snapshot.open?.number == segment ? snapshot.open : nil
      guard let found = open ?? complete?.content else {
        return segment > snapshot.newestSegment ? .end : .lost
      }
      if !hasBegun {
        hasBegun = true
        let gap = complete.flatMap { $0.isGap ? $0.duration : nil }
        let start = SegmentStart(found, discontinuities: snapshot.discontinuities(before: segment))
        return .item(.segment(start, gap: gap))
      }
      if count < found.chunks.count {
        count += 1
        return .item(.chunk(found.chunks[count - 1]))
      }
      guard complete != nil else { return .end }
      (segment, hasBegun, count) = (segment + 1, false, 0)
    }
  }
}

extension WindowSnapshot {
  /// The number of Discontinuities of segments before `number` since the stream began.
  fileprivate func discontinuities(before number: Int64) -> Int64 {
    let earlier = segments.prefix { $0.number < number }
    return evictedDiscontinuities + Int64(earlier.count { $0.startsDiscontinuity })
  }
}
