// SPDX-License-Identifier: Apache-2.0

package import Time

/// Chooses the encoded renditions of a ladder, by the lag of their encoders: a pure state machine.
///
/// Encoders that are late reduce their effort first; see ``EncoderEffort``. If one of them is a
/// second behind with the least effort, and still is half a second later, the machine is too slow
/// for the ladder. The highest encoded rendition is then left out, which saves most, and another
/// one if that does not help within two seconds. The lowest rendition is never left out: viewers
/// with slow connections have no other. When all encoders have had their full effort for a time
/// (`rest`), the rendition left out last returns with full effort. If an encoder then soon reduces
/// its effort, the rendition is left out again at once, before viewers return to it. If one must
/// soon be left out again, the next such time is twice as long.
package struct LadderLoadState: Sendable {
  /// How an encoder keeps up.
  package enum Load: Sendable, Equatable {
    /// Its rendition is left out until its next segment.
    case leftOut
    /// It encodes all frames in time.
    case none
    /// It keeps up with a reduced effort, or is late for the moment.
    case strained
    /// It is a second behind with the least effort.
    case behind
  }

  /// How long an encoder must be behind.
  private static let proof = Interval.milliseconds(500)
  /// How long playlists wait for a late rendition: until overload is certain.
  package static let publishTimeout = OverloadMonitor.limit + proof
  /// How long a change may take to have an effect before the next one.
  private static let effect = Interval.seconds(2)
  /// How long no encoder may reduce its effort when a rendition is encoded again; longer than the
  /// time after which viewers return to it.
  private static let trial = Interval.seconds(5)

  /// The index of the highest encoded rendition, 0 for the top rendition.
  package private(set) var highest = 0
  private let count: Int
  private var loads: [Load]
  private var behindSince: MonotonicTime?
  private var changed = MonotonicTime.distantPast
  private var relieved = MonotonicTime.distantPast
  private var returned: MonotonicTime?
  /// When the highest rendition was last not encoded.
  private var absentUntil = MonotonicTime.distantPast
  /// How long all encoders must have their full effort before a rendition returns.
  private var rest = DoublingPause(.seconds(10) ... .seconds(480))

  /// A ladder of `count` renditions, all encoded.
  package init(count: Int) {
    self.count = count
    loads = Array(repeating: .none, count: count)
  }

  /// Whether a rendition is left out.
  package func leavesOut(_ rendition: Int) -> Bool { rendition < highest }

  /// Takes the load of the encoder of `rendition` at `now`.
  package mutating func observe(_ rendition: Int, _ load: Load, now: MonotonicTime) {
    guard loads.indices.contains(rendition) else { return }
    // A rendition that is left out needs no encoder, or nearly none.
    loads[rendition] = leavesOut(rendition) || load == .leftOut ? .none : load
    if rendition == highest, load == .leftOut { absentUntil = now }
    if trialFails(now) { return leaveOut(now) }
    if loads.contains(where: { $0 != .none }) { relieved = now }
    guard loads.contains(.behind) else {
      behindSince = nil
      return restore(now)
    }
    let since = behindSince ?? now
    behindSince = since
    if now - since >= Self.proof { relieve(now) }
  }

  private mutating func relieve(_ now: MonotonicTime) {
    guard highest + 1 < count, now - changed >= Self.effect else { return }
    leaveOut(now)
  }

  /// Whether an encoder has reduced its effort soon after the highest rendition has returned.
  private func trialFails(_ now: MonotonicTime) -> Bool {
    guard let returned else { return false }
    return now - max(returned, absentUntil) < Self.trial && loads.contains { $0 != .none }
  }

  private mutating func leaveOut(_ now: MonotonicTime) {
    if let returned {
      let isSoon = now - returned < rest.length || trialFails(now)
      if isSoon { rest.double() } else { rest.reset() }
    }
    returned = nil
    loads[highest] = .none
    highest += 1
    changed = now
    relieved = now
    behindSince = nil
  }

  private mutating func restore(_ now: MonotonicTime) {
    guard highest > 0, now - max(relieved, changed) >= rest.length else { return }
    highest -= 1
    changed = now
    returned = now
  }
}
