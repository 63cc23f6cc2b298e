// SPDX-License-Identifier: Apache-2.0

import Time

/// The version up to which the playlists of a ladder may list: a pure state machine.
///
/// Playlists list a part when all renditions have it, or `gracePeriod` after the first one has it.
/// Players that switch then find the same parts in all renditions, and the delay by a late
/// rendition is bounded.
/// - Source: RFC 8216bis Appendix B.1 (renditions are updated in sync)
struct PublishGateState: Sendable {
  /// How long a part may be missing in a rendition.
  let gracePeriod: Interval
  /// The version up to which playlists list.
  private(set) var listed = Int64.min
  private var versions: [Int64?]
  /// The renditions that are left out.
  private var absent: Set<Int> = []
  /// Versions above `listed`, each with the time at which the first rendition had it; rising.
  private var waiting: [(version: Int64, since: MonotonicTime)] = []

  /// A closed gate for `count` renditions; it opens when each has published.
  init(count: Int, gracePeriod: Interval) {
    versions = Array(repeating: nil, count: count)
    self.gracePeriod = gracePeriod
  }

  /// A rendition has published all parts below `version`.
  ///
  /// - Returns: the version up to which playlists list, if it has changed.
  mutating func published(_ version: Int64, by rendition: Int, now: MonotonicTime) -> Int64? {
    absent.remove(rendition)
    versions[rendition] = max(version, versions[rendition] ?? version)
    return advance(now)
  }

  /// A rendition is left out until it publishes again.
  ///
  /// - Returns: the version up to which playlists list, if it has changed.
  mutating func left(_ rendition: Int, now: MonotonicTime) -> Int64? {
    absent.insert(rendition)
    return advance(now)
  }

  private mutating func advance(_ now: MonotonicTime) -> Int64? {
    let awaited = versions.enumerated().filter { !absent.contains($0.offset) }.map(\.element)
    let known = awaited.compactMap(\.self)
    guard known.count == awaited.count, let least = known.min(), let most = known.max() else {
      return nil
    }
    let before = listed
    if most > max(listed, waiting.last?.version ?? .min) { waiting.append((most, now)) }
    let overdue = waiting.last { now - $0.since >= gracePeriod }?.version
    listed = max(listed, least, overdue ?? .min)
    waiting.removeAll { $0.version <= listed }
    return listed == before ? nil : listed
  }
}
