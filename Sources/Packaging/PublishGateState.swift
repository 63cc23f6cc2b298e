/// How far the playlists of a stream's rungs may list: a pure state machine over versions.
///
/// Playlists list a part when every rung has it, or one part target after the first had it: players that switch find
/// the same parts in every rung, and a rung that is late does not hold up the others.
/// - Source: RFC 8216bis Appendix B.1 (renditions are updated in sync)
struct PublishGateState: Sendable {
  /// How long a part may be missing in a rung, in the caller's clock.
  let patience: Int64
  /// The version up to which playlists list.
  private(set) var listed = Int64.min
  private var versions: [Int64?]
  private var waitingSince: Int64?

  /// A closed gate for `count` rungs: it opens when each has said what it has.
  init(count: Int, patience: Int64) {
    versions = Array(repeating: nil, count: count)
    self.patience = patience
  }

  /// A rung has everything below `version`.
  ///
  /// - Returns: the version up to which playlists list now, if that has changed.
  mutating func published(_ version: Int64, by rung: Int, now: Int64) -> Int64? {
    versions[rung] = max(version, versions[rung] ?? version)
    let known = versions.compactMap(\.self)
    guard known.count == versions.count, let least = known.min(), let most = known.max() else {
      return nil
    }
    let before = listed
    if least > listed {
      listed = least
      waitingSince = nil
    }
    if most > listed {
      let since = waitingSince ?? now
      waitingSince = since
      if now - since >= patience {
        listed += 1
        waitingSince = most > listed ? now : nil
      }
    }
    return listed == before ? nil : listed
  }
}
