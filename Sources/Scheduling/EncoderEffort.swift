// SPDX-License-Identifier: Apache-2.0

package import Time

/// The effort of an encoder for each rendition, lowered in steps while it is late: a pure state
/// machine.
///
/// An encoder is late if it takes a slot a quarter of a second after the slot could be taken. If it
/// is late for another quarter, or twice within some seconds, it takes the next step. When it was
/// not late for a time (`rest`), it tries the step before. A trial that holds for `further` is
/// followed by the next one. The first late slot ends a trial that fails. The time before the next
/// trial of the same step is then half as long again.
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
  /// How long an encoder must not be late before it tries the step before, at first and at most.
  static let rest = (first: Interval.seconds(5), longest: Interval.seconds(60))
  /// How long a trial must hold before the next one.
  static let further = Interval.seconds(2)
  /// The lag up to which an encoder is in time.
  private static let inTime = Interval.milliseconds(50)
  /// A trial fails if the encoder is late within `most`, and was not in time again after `first`.
  ///
  /// An encoder that was in time is late because of a new load, not because of the trial.
  private static let trial = (first: Interval.seconds(5), most: Interval.seconds(30))

  /// The present step.
  package private(set) var step = Step.full
  private var lateSince: MonotonicTime?
  /// The end of the time before in which it was late.
  private var lateUntil = MonotonicTime.distantPast
  /// When it was last in time.
  private var inTimeUntil = MonotonicTime.distantPast
  private var changed = MonotonicTime.distantPast
  /// The rest before each step is left for the step before; the first one if it is not listed.
  private var rests: [Step: Interval] = [:]
  /// Since when a step is tried; nil after a lower step was taken.
  private var tried: MonotonicTime?

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
    if lag <= Self.inTime { inTimeUntil = now }
    guard lag > Self.limit else {
      if lateSince != nil { (lateSince, lateUntil) = (nil, now) }
      return recover(now)
    }
    let since = lateSince ?? now
    lateSince = since
    let fails = trialFails(now)
    let isProven = fails || now - since >= Self.proof || since - lateUntil <= Self.memory
    guard isProven, now - changed >= Self.proof, let next = Step(rawValue: step.rawValue + 1) else {
      return
    }
    if tried != nil {
      let rest = rests[next] ?? Self.rest.first
      // bounded: intervals saturate, and the divisor is 2
      rests[next] = fails ? min(rest + rest / 2, Self.rest.longest) : nil
    }
    tried = nil
    step = next
    changed = now
    // The next step needs a proof of its own.
    lateSince = now
    lateUntil = .distantPast
  }

  /// Whether an encoder that is late at `now` is late because of the trial.
  private func trialFails(_ now: MonotonicTime) -> Bool {
    guard let tried else { return false }
    return now - tried <= Self.trial.most && inTimeUntil - tried <= Self.trial.first
  }

  private mutating func recover(_ now: MonotonicTime) {
    guard let before = Step(rawValue: step.rawValue - 1) else { return }
    let rest = rests[step] ?? (tried == nil ? Self.rest.first : Self.further)
    guard now - max(changed, lateUntil) >= rest else { return }
    // The trial of the present step held.
    if tried != nil, let below = Step(rawValue: step.rawValue + 1) { rests[below] = nil }
    step = before
    changed = now
    tried = now
  }
}
