// SPDX-License-Identifier: Apache-2.0

/// Which rungs of a ladder are encoded: a pure state machine over what their encoders say of themselves.
///
/// An encoder that is a second behind, and still is a second later, shows that the machine cannot do all of them (what
/// a process that was stopped has to catch up takes less); the lowest rung that is encoded is then left out, and one
/// more where that does not help within a while. The best rung stays: alone it shows fewer
/// pictures instead. When none has been behind for a while the rung that was left out last comes back; a rung that
/// soon has to go again stays away twice as long.
struct LadderLoadState: Sendable {
  /// How long an encoder must be behind; nanoseconds.
  static var proof: Int64 { 1_000_000_000 }
  /// How long playlists wait for a rung that is late: until it is clear that the machine cannot do all; nanoseconds.
  static var patience: Int64 { OverloadMonitor.limit + proof }
  /// How long a change is given to show its effect before the next rung goes; nanoseconds.
  static var effect: Int64 { 3_000_000_000 }
  /// How long all must have kept up before a rung comes back, at first and at most; nanoseconds.
  static var rest: (first: Int64, most: Int64) { (30_000_000_000, 480_000_000_000) }

  /// How many rungs are encoded, from the best on; at least one.
  private(set) var encoded: Int
  private let count: Int
  private var behind: Set<Int> = []
  private var behindSince = Int64.max
  private var changed = Int64.min
  private var relieved = Int64.min
  private var rest = Self.rest.first
  private var returned: Int64?

  /// All of `count` rungs are encoded.
  init(count: Int) {
    self.count = count
    encoded = count
  }

  /// Whether the one encoder that is left is behind, so that it has to do less itself.
  func isAloneBehind(_ rendition: Int) -> Bool { encoded == 1 && behind.contains(rendition) }

  /// Takes what the encoder of `rendition` found at `now`; see ``OverloadMonitor/Change``.
  mutating func observe(_ rendition: Int, isBehind: Bool, now: Int64) {
    if isBehind {
      behind.insert(rendition)
    } else if behind.remove(rendition) != nil {
      relieved = now
    }
    // A rung that is left out has nothing to be behind with.
    behind = behind.filter { $0 < encoded }
    guard !behind.isEmpty else {
      behindSince = .max
      return restore(now)
    }
    behindSince = min(behindSince, now)
    if now - behindSince >= Self.proof { relieve(now) }
  }

  private mutating func relieve(_ now: Int64) {
    guard encoded > 1, changed == .min || now - changed >= Self.effect else { return }
    if let returned {
      rest = now - returned < rest ? min(2 * rest, Self.rest.most) : Self.rest.first
    }
    returned = nil
    encoded -= 1
    changed = now
    relieved = now
  }

  private mutating func restore(_ now: Int64) {
    guard encoded < count, now - max(relieved, changed) >= rest else { return }
    encoded += 1
    changed = now
    returned = now
  }
}
