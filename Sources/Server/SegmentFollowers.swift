import Packaging

/// Those who read the open segment as it grows, and those whose segment has not begun.
///
/// Confined to its loop.
struct SegmentFollowers {
  private var readers: [SegmentFollower] = []
  private var early: [SegmentFollower] = []
  /// The earliest moment at which one whose segment has not begun is let go, or an earlier one; monotonic nanoseconds.
  private(set) var nextDeadline = Int64.max

  /// How many there are.
  var count: Int { readers.count + early.count }

  /// Takes one in that was given what there is.
  mutating func keep(_ follower: SegmentFollower) {
    if follower.hasBegun {
      readers.append(follower)
    } else {
      early.append(follower)
      nextDeadline = min(nextDeadline, follower.deadline)
    }
  }

  /// Gives each what `snapshot` has beyond what it was given, and forgets who is done with.
  mutating func advance(_ snapshot: WindowSnapshot, now: Int64) {
    if !readers.isEmpty { readers.removeAll { $0.advance(snapshot, now: now) == .done } }
    guard !early.isEmpty else { return }
    for follower in takeEarly() where follower.advance(snapshot, now: now) == .follows {
      keep(follower)
    }
  }

  /// Refuses those whose segment did not begin in time.
  ///
  /// - Returns: how many.
  mutating func expire(_ now: Int64) -> Int {
    guard nextDeadline <= now else { return 0 }
    var count = 0
    for follower in takeEarly() where !follower.isGone {
      if follower.deadline <= now {
        follower.expire()
        count += 1
      } else {
        keep(follower)
      }
    }
    return count
  }

  /// Gives all away; none is left.
  mutating func takeAll() -> [SegmentFollower] {
    defer { self = SegmentFollowers() }
    return readers + early
  }

  private mutating func takeEarly() -> [SegmentFollower] {
    defer { (early, nextDeadline) = ([], .max) }
    return early
  }
}
