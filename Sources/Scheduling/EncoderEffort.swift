// SPDX-License-Identifier: Apache-2.0

package import Time

/// The effort of an encoder for each rendition, lowered in steps while it is late: a pure state
/// machine.
///
/// An encoder is late if it takes a slot a quarter of a second after the slot could be taken. If it
/// is late for another quarter, or twice within some seconds, it takes the next step. When it was
/// not late for a time (`rest`), it takes the step before again. If that is soon too much, the next
/// such time is twice as long.
package struct EncoderEffort: Sendable {
  /// The steps, from full effort to the least.
  package enum Step: Int, Sendable, CaseIterable {
    /// Each slot is encoded.
    case full
    /// Each frame is shown for two slots.
    case halfRate
    /// In addition the encoder hurries, from its next key frame on.
    case hurried
    /// Each frame is shown for four slots, and the encoder hurries.
    case quarterRate
  }

  /// The lag above which an encoder is late.
  static let limit = Interval.milliseconds(250)
  /// How long an encoder must be late, and how long a step may take to have an effect.
  static let proof = Interval.milliseconds(250)
  /// The time within which an encoder that is late twice takes the next step.
  private static let memory = Interval.seconds(5)
  /// How long an encoder must not be late before the step before, at first and at most.
  static let rest = (first: Interval.seconds(5), longest: Interval.seconds(60))

  /// The present step.
  package private(set) var step = Step.full
  private var lateSince: MonotonicTime?
  /// The end of the time before in which it was late.
  private var lateUntil = MonotonicTime.distantPast
  private var changed = MonotonicTime.distantPast
  private var rest = Self.rest.first
  private var returned = MonotonicTime.distantPast

  /// Full effort.
  package init() {}

  /// The number of slots for which a frame is shown.
  package var slotsPerFrame: Int64 {
    switch step {
    case .full: 1
    case .halfRate, .hurried: 2
    case .quarterRate: 4
    }
  }

  /// Whether the encoder hurries.
  package var hurries: Bool { step.rawValue >= Step.hurried.rawValue }

  /// Whether there is no lower step.
  package var isLeast: Bool { step == .quarterRate }

  /// Takes the lag of a slot when the encoder takes it.
  package mutating func observe(lag: Interval, now: MonotonicTime) {
    guard lag > Self.limit else {
      if lateSince != nil { (lateSince, lateUntil) = (nil, now) }
      return recover(now)
    }
    let since = lateSince ?? now
    lateSince = since
    let isProven = now - since >= Self.proof || since - lateUntil <= Self.memory
    guard isProven, now - changed >= Self.proof, let next = Step(rawValue: step.rawValue + 1) else {
      return
    }
    if now - returned <= rest {
      // bounded: intervals saturate
      rest = min(rest * 2, Self.rest.longest)
    } else if step == .full {
      rest = Self.rest.first
    }
    step = next
    changed = now
    // The next step needs a proof of its own.
    lateSince = now
    lateUntil = .distantPast
  }

  private mutating func recover(_ now: MonotonicTime) {
    guard let before = Step(rawValue: step.rawValue - 1),
      now - max(changed, lateUntil) >= rest
    else { return }
    step = before
    changed = now
    returned = now
  }
}
