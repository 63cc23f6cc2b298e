// SPDX-License-Identifier: Apache-2.0

/// How far the playlists of a stream's rungs may list: a pure state machine over versions.
///
/// Playlists list a part when every rung has it, or some time after the first had it: players that switch find the same
/// parts in every rung, and a rung that is late does not hold up the others for long.
/// - Source: RFC 8216bis Appendix B.1 (renditions are updated in sync)
struct PublishGateState: Sendable {
  /// How long a part may be missing in a rung, in the caller's clock.
  let patience: Int64
  /// The version up to which playlists list.
  private(set) var listed = Int64.min
  private var versions: [Int64?]
  /// Rungs that nobody waits for.
  private var absent: Set<Int> = []
  /// Versions beyond `listed` that a rung has, and since when one has them; rising.
  private var waiting: [(version: Int64, since: Int64)] = []

  /// A closed gate for `count` rungs: it opens when each has said what it has.
  init(count: Int, patience: Int64) {
    versions = Array(repeating: nil, count: count)
    self.patience = patience
  }

  /// A rung has everything below `version`.
  ///
  /// - Returns: the version up to which playlists list now, if that has changed.
  mutating func published(_ version: Int64, by rendition: Int, now: Int64) -> Int64? {
    absent.remove(rendition)
    versions[rendition] = max(version, versions[rendition] ?? version)
    return advance(now)
  }

  /// A rung is not made until it publishes again.
  ///
  /// - Returns: the version up to which playlists list now, if that has changed.
  mutating func left(_ rendition: Int, now: Int64) -> Int64? {
    absent.insert(rendition)
    return advance(now)
  }

  private mutating func advance(_ now: Int64) -> Int64? {
    let awaited = versions.enumerated().filter { !absent.contains($0.offset) }.map(\.element)
    let known = awaited.compactMap(\.self)
    guard known.count == awaited.count, let least = known.min(), let most = known.max() else {
      return nil
    }
    let before = listed
    if most > max(listed, waiting.last?.version ?? .min) { waiting.append((most, now)) }
    let overdue = waiting.last { now - $0.since >= patience }?.version
    listed = max(listed, least, overdue ?? .min)
    waiting.removeAll { $0.version <= listed }
    return listed == before ? nil : listed
  }
}
