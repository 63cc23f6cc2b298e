// SPDX-License-Identifier: Apache-2.0

package import Time

/// The server's choice of a rendition for one viewer, by the times at which the viewer was late: a
/// pure state machine.
///
/// A viewer over a WebSocket is late if chunks had to be dropped, or if its decoder drops frames
/// (``DroppedFrames``); ``SwitchedViewer`` decides about viewers over HTTP. Being late twice within
/// 10 s, or severely, or once within 5 s after a raise, chooses a lower rendition; a time without
/// being late chooses the next higher one. That time is doubled each time the higher rendition soon
/// proves too large. The viewer then gets the rendition from before the raise again, which has been
/// in time, however late the higher one was.
package struct AutomaticRendition: Sendable {
  private static let memory = Interval.seconds(10)
  private static let trial = Interval.seconds(20)
  /// The time after a raise in which being late once ends the trial.
  private static let strictTrial = Interval.seconds(5)
  /// The time after a failed trial in which its bytes may still delay others.
  private static let aftermath = Interval.seconds(3)
  /// The wait if a measurement proves that the next higher rendition fits.
  private static let provenWait = Interval.seconds(5)

  /// The index in the ladder; 0 is the top rendition.
  package private(set) var index: Int
  /// The last time at which the viewer was late; nil after a raise.
  private var lateAt: MonotonicTime?
  private var changedAt: MonotonicTime
  private var raisedAt = MonotonicTime.distantPast
  /// Whether the rendition is that of the latest raise.
  private var isRaised = false
  private var ignoredUntil = MonotonicTime.distantPast
  private var wait = DoublingPause(.seconds(10) ... .seconds(160))

  /// Starts with the rendition at `index`.
  package init(now: MonotonicTime, index: Int = 0) {
    self.index = index
    changedAt = now
  }

  /// Keeps the choice among these renditions.
  package mutating func limit(to indices: ClosedRange<Int>, now: MonotonicTime) {
    let nearest = min(max(index, indices.lowerBound), indices.upperBound)
    guard nearest != index else { return }
    self = AutomaticRendition(now: now, index: nearest)
  }

  /// The viewer was late.
  ///
  /// - Parameters:
  ///   - now: the present time.
  ///   - count: the number of renditions.
  ///   - target: the highest rendition that fits, if it is known and lower than the next one;
  ///     without effect on the end of a trial.
  ///   - isSevere: whether once is enough.
  package mutating func late(
    now: MonotonicTime, of count: Int, to target: Int = 0, isSevere: Bool = false
  ) {
    guard now >= ignoredUntil else { return }
    let isRepeated = lateAt.map { now - $0 <= Self.memory } ?? false
    let isTrial = now - raisedAt < Self.strictTrial
    // The end of a trial is no evidence against the rendition before it.
    lateAt = isTrial && !isRepeated ? nil : now
    guard isRepeated || isSevere || isTrial, index + 1 < count else { return }
    let soonFails = now - raisedAt < Self.trial
    if soonFails, isRaised {
      // bounded: less than `count`
      index += 1
      ignoredUntil = now + Self.aftermath
      lateAt = nil
    } else {
      index = min(max(index + 1, target), count - 1)
    }
    isRaised = false
    if soonFails { wait.double() } else { wait.reset() }
    changedAt = now
  }

  /// Chooses a higher rendition after a time without being late.
  ///
  /// If `isProven`, a measurement has shown that the next higher rendition fits.
  package mutating func step(_ now: MonotonicTime, isProven: Bool = false) {
    let wait = isProven && wait.isShortest ? Self.provenWait : wait.length
    guard index > 0, now - max(changedAt, lateAt ?? changedAt) >= wait else { return }
    index -= 1
    changedAt = now
    raisedAt = now
    isRaised = true
    lateAt = nil
  }
}
