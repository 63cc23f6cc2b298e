// SPDX-License-Identifier: Apache-2.0

import Sharing
import Time

/// Viewers that show the same instant at the same time: a pure state machine.
///
/// The common target is the largest latency that a member needs. It is raised at once, and lowered
/// slowly. A member that needs more than the highest target plays outside of the group.
struct SyncGroup {
  /// The highest target.
  static let highest = Interval.seconds(2)
  /// The lowest target.
  static let lowest = Interval.milliseconds(50)
  /// The interval between two reductions, each by a tenth.
  private static let reductionInterval = Interval.seconds(2)

  private var needs: [UInt64: Interval] = [:]
  /// The latency that all members hold.
  private(set) var target = lowest
  private var reducedAt = MonotonicTime.distantPast

  /// The number of members.
  var count: Int { needs.count }

  /// Sets the latency that a member needs.
  mutating func set(_ need: Interval, of member: UInt64, now: MonotonicTime) {
    needs[member] = max(need, Self.lowest)
    step(now)
  }

  /// Removes a member.
  mutating func remove(_ member: UInt64) { needs[member] = nil }

  /// Raises the target at once, or lowers it by at most a tenth.
  mutating func step(_ now: MonotonicTime) {
    let wanted = needs.values.filter { $0 <= Self.highest }.max() ?? target
    if wanted > target {
      target = wanted
      reducedAt = now
    } else if wanted < target, now - reducedAt >= Self.reductionInterval {
      target = max(wanted, target - target / 10)
      reducedAt = now
    }
  }
}

/// The sync groups of all loops.
final class SyncGroups: Sendable {
  /// The maximum number of groups.
  private static let capacity = 1000

  private let groups = Locked<[String: SyncGroup]>([:])

  /// Sets the latency that a member needs, and adds it if it is new; false if there are too many
  /// groups.
  func set(_ need: Interval, of member: UInt64, in name: String, now: MonotonicTime) -> Bool {
    groups.withLock { groups in
      guard groups[name] != nil || groups.count < Self.capacity else { return false }
      groups[name, default: SyncGroup()].set(need, of: member, now: now)
      return true
    }
  }

  /// Removes a member; the last one ends the group.
  func remove(_ member: UInt64, from name: String) {
    groups.withLock { groups in
      groups[name]?.remove(member)
      if groups[name]?.count == 0 { groups[name] = nil }
    }
  }

  /// The present target of a group; nil if there is no such group.
  func target(of name: String, now: MonotonicTime) -> Interval? {
    groups.withLock { groups in
      groups[name]?.step(now)
      return groups[name]?.target
    }
  }
}
