// SPDX-License-Identifier: Apache-2.0

package import Time

/// Chooses the encoded renditions of a ladder, by the lag of their encoders: a pure state machine.
///
/// If an encoder is one second behind, and still is a second later, the machine is too slow for the
/// ladder; after a suspension of the process an encoder catches up sooner. The lowest encoded
/// rendition is then left out, and another one if that does not help within three seconds. The top
/// rendition is never left out: if it alone is left and behind, it halves its frame rate. When no
/// encoder has been behind for a time (`rest`), the rendition left out last returns. If it must
/// soon be left out again, the next such time is twice as long.
package struct LadderLoadState: Sendable {
  /// How long an encoder must be behind.
  private static let proof = Interval.seconds(1)
  /// How long playlists wait for a late rendition: until overload is certain.
  package static let publishTimeout = OverloadMonitor.limit + proof
  /// How long a change may take to have an effect before the next one.
  private static let effect = Interval.seconds(3)
  /// How long no encoder may be behind before a rendition returns, at first and at most.
  private static let rest = (first: Interval.seconds(30), longest: Interval.seconds(480))

  /// The number of encoded renditions, from the top on; at least one.
  package private(set) var encoded: Int
  private let count: Int
  private var behind: Set<Int> = []
  private var behindSince = MonotonicTime.distantFuture
  private var changed = MonotonicTime.distantPast
  private var relieved = MonotonicTime.distantPast
  private var rest = Self.rest.first
  private var returned: MonotonicTime?

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
  package mutating func observe(_ rendition: Int, isBehind: Bool, now: MonotonicTime) {
    if isBehind {
      behind.insert(rendition)
    } else if behind.remove(rendition) != nil {
      relieved = now
    }
    // A rendition that is left out encodes nothing and cannot be behind.
    behind = behind.filter { $0 < encoded }
    guard !behind.isEmpty else {
      behindSince = .distantFuture
      return restore(now)
    }
    behindSince = min(behindSince, now)
    if now - behindSince >= Self.proof { relieve(now) }
  }

  private mutating func relieve(_ now: MonotonicTime) {
    guard encoded > 1, now - changed >= Self.effect else { return }
    if let returned {
      // bounded: intervals saturate
      rest = now - returned < rest ? min(rest * 2, Self.rest.longest) : Self.rest.first
    }
    returned = nil
    encoded -= 1
    changed = now
    relieved = now
  }

  private mutating func restore(_ now: MonotonicTime) {
    guard encoded < count, now - max(relieved, changed) >= rest else { return }
    encoded += 1
    changed = now
    returned = now
  }
}
