// SPDX-License-Identifier: Apache-2.0

/// Chooses the encoded renditions of a ladder, by the lag of their encoders: a pure state machine.
///
/// If an encoder is one second behind, and still is a second later, the machine is too slow for the
/// ladder (catching up after a suspended process takes less). The lowest encoded rendition is then
/// left out, and one more if that does not help within three seconds. The top rendition stays:
/// alone and behind it halves its frame rate. After none has been behind for a while the rendition
/// left out last returns; if it soon must be left out again, the next rest is twice as long.
package struct LadderLoadState: Sendable {
  /// How long an encoder must be behind; nanoseconds.
  private static let proof: Int64 = 1_000_000_000
  /// How long playlists wait for a late rendition: until overload is certain; nanoseconds.
  package static let publishTimeout: Int64 = OverloadMonitor.limit + proof
  /// How long a change may take to have an effect before the next one; nanoseconds.
  private static let effect: Int64 = 3_000_000_000
  /// How long none may be behind before a rendition returns, at first and at most; nanoseconds.
  private static let rest: (first: Int64, longest: Int64) = (30_000_000_000, 480_000_000_000)

  /// The number of encoded renditions, from the top on; at least one.
  package private(set) var encoded: Int
  private let count: Int
  private var behind: Set<Int> = []
  private var behindSince = Int64.max
  private var changed = Int64.min
  private var relieved = Int64.min
  private var rest = Self.rest.first
  private var returned: Int64?

  /// A ladder of `count` renditions, all encoded.
  package init(count: Int) {
    self.count = count
    encoded = count
  }

  /// Whether the last encoder left is behind, so that it must do less itself.
  package func isAloneBehind(_ rendition: Int) -> Bool {
    encoded == 1 && behind.contains(rendition)
  }

  /// Takes whether the encoder of `rendition` is overloaded at `now`; see ``OverloadMonitor``.
  package mutating func observe(_ rendition: Int, isBehind: Bool, now: Int64) {
    if isBehind {
      behind.insert(rendition)
    } else if behind.remove(rendition) != nil {
      relieved = now
    }
    // A rendition that is left out encodes nothing and cannot be behind.
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
      rest = now - returned < rest ? min(2 * rest, Self.rest.longest) : Self.rest.first
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
