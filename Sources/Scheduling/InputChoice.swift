// SPDX-License-Identifier: Apache-2.0

package import Time

/// Which of the inputs of a stream is shown: a pure state machine.
///
/// Inputs are numbered by preference, the first is 0. An input is alive while its video arrives.
/// If the shown input is lost, the first one that is alive is shown as soon as it has a frame. A
/// preferred input replaces the shown one when it has been alive for ``failback``.
package struct InputChoice: Sendable {
  /// A change of the shown input.
  package enum Change: Sendable, Equatable {
    /// The input is shown; `former` was shown before, and may be the same input.
    case shown(Int, former: Int?)
    /// The shown input is lost, and none is shown.
    case lost(Int)
  }

  private struct Input: Sendable {
    /// Whether its return needs no proof if it was away for long: a publisher.
    let returnsAtOnce: Bool
    /// When the newest video arrived.
    var heard = MonotonicTime.origin
    /// When it became alive; nil if it is not.
    var aliveSince: MonotonicTime?
    /// When it was last lost; nil if it never was.
    var lostAt: MonotonicTime?
    /// Whether it is paced by its own timestamps: a file or a playlist of files.
    var isPaced = false
    /// Whether it is not read, since it is not shown.
    var isPaused = false
    var hasBeenAlive = false
  }

  /// How long an input may supply nothing until it is lost: another one is shown before the slate.
  package static let lossLimit = Interval.milliseconds(800)
  /// The same for an input that is paced by its own timestamps.
  package static let pacedLossLimit = Interval.seconds(5)
  /// How long an input waits for the first frame of a preferred one while none is shown.
  package static let gracePeriod = Interval.seconds(3)
  /// How long the facts about an input that is alive are waited for at the start.
  package static let maximumStartTime = Interval.seconds(10)

  /// How long a preferred input must be alive until it is shown instead of another one.
  package let failback: Interval
  private var inputs: [Input]
  /// When the choice began; nil before.
  private var begun: MonotonicTime?
  /// When the last shown input was lost.
  private var searchedSince = MonotonicTime.origin
  /// The shown input, which is alive; nil if none is.
  package private(set) var shown: Int?
  /// The input that was shown last.
  package private(set) var newest: Int?
  /// How often another input than before was shown.
  package private(set) var switches: UInt64 = 0

  /// A choice that has not begun; `publishers` states which inputs are publishers.
  package init(publishers: [Bool], failback: Interval) {
    inputs = publishers.map { Input(returnsAtOnce: $0) }
    self.failback = failback
  }

  // MARK: The start

  /// The input that determines the properties of the stream; nil if it is not known yet.
  ///
  /// It is the first with known facts for which no preferred one needs to be waited for: one that
  /// supplies nothing for ``gracePeriod``, or whose facts are unknown after ``maximumStartTime``.
  /// - Parameters:
  ///   - known: whether the facts of each input are known.
  ///   - began: when all inputs were opened.
  ///   - now: monotonic time.
  /// - Returns: the input.
  package func first(known: [Bool], since began: MonotonicTime, at now: MonotonicTime) -> Int? {
    guard let found = known.firstIndex(of: true) else { return nil }
    let isWaiting = inputs[..<found].contains { input in
      now - began < (input.aliveSince == nil ? Self.gracePeriod : Self.maximumStartTime)
    }
    return isWaiting ? nil : found
  }

  /// Begins with an input; nil if none has supplied a frame.
  ///
  /// None is shown if the input was lost meanwhile.
  package mutating func begin(with index: Int?, at now: MonotonicTime) {
    guard begun == nil else { return }
    begun = now
    searchedSince = now
    newest = index
    shown = index.flatMap { inputs[$0].aliveSince == nil ? nil : $0 }
  }

  // MARK: Events

  /// Notes that video of an input arrived.
  ///
  /// - Returns: the change, if an input is lost meanwhile.
  package mutating func heard(
    _ index: Int, isPaced: Bool = false, at now: MonotonicTime
  ) -> Change? {
    inputs[index].heard = now
    inputs[index].isPaced = isPaced
    inputs[index].isPaused = false
    inputs[index].hasBeenAlive = true
    let change = check(at: now)
    if inputs[index].aliveSince == nil { inputs[index].aliveSince = now }
    return change
  }

  /// Notes that the reading of an input stops until it is wanted: it stays alive.
  package mutating func pause(_ index: Int) { inputs[index].isPaused = true }

  /// Notes that an input has lost its connection, or has ended.
  package mutating func lost(_ index: Int, at now: MonotonicTime) -> Change? {
    inputs[index].isPaused = false
    guard inputs[index].aliveSince != nil else { return nil }
    inputs[index].aliveSince = nil
    inputs[index].lostAt = now
    guard shown == index else { return nil }
    shown = nil
    searchedSince = now
    return .lost(index)
  }

  /// Looks for inputs that are silent.
  package mutating func check(at now: MonotonicTime) -> Change? {
    var change: Change?
    for index in inputs.indices where !inputs[index].isPaused {
      guard now - inputs[index].heard >= lossLimit(of: index) else { continue }
      change = lost(index, at: now) ?? change
    }
    return change
  }

  /// Notes that an input has a frame that can be shown.
  ///
  /// - Returns: the change if the input is shown from now on; nil if it is not, or was already.
  package mutating func offer(_ index: Int, at now: MonotonicTime) -> Change? {
    guard begun != nil, shown != index, inputs[index].aliveSince != nil else { return nil }
    if let shown {
      guard index < shown, isStable(index, at: now) else { return nil }
    } else if inputs[..<index].contains(where: { isExpected($0, at: now) }) {
      return nil
    }
    defer { (shown, newest) = (index, index) }
    if let newest, newest != index { switches &+= 1 }  // bounded: a counter may wrap
    return .shown(index, former: newest)
  }

  // MARK: State

  /// Whether the video of an input is to be decoded: it is shown, or would be with its next frame.
  package func isWanted(_ index: Int, at now: MonotonicTime) -> Bool {
    guard begun != nil, let shown else { return true }
    return index == shown || index < shown && isStable(index, at: now)
  }

  /// When an unwanted input becomes wanted at the earliest, unless another input is lost before.
  package func mayBeWanted(_ index: Int, after now: MonotonicTime) -> MonotonicTime {
    guard let shown else { return now }
    let loss = inputs[shown].heard + lossLimit(of: shown)
    guard index < shown, let since = inputs[index].aliveSince, since + failback > now else {
      return loss
    }
    return min(loss, since + failback)
  }

  /// How long an input may supply nothing until it is lost.
  private func lossLimit(of index: Int) -> Interval {
    inputs[index].isPaced ? Self.pacedLossLimit : Self.lossLimit
  }

  /// Whether a preferred input may replace the shown one.
  private func isStable(_ index: Int, at now: MonotonicTime) -> Bool {
    let input = inputs[index]
    guard let since = input.aliveSince else { return false }
    if now - since >= failback { return true }
    // An encoder that comes after a long time begins a programme; one that comes soon may flap.
    return input.returnsAtOnce && input.lostAt.map { since - $0 >= failback } ?? true
  }

  /// Whether a frame of an input is imminent while none is shown.
  private func isExpected(_ input: Input, at now: MonotonicTime) -> Bool {
    guard let since = input.aliveSince else {
      return !input.hasBeenAlive && begun.map { now - $0 < Self.gracePeriod } ?? true
    }
    return now - max(since, searchedSince) < Self.gracePeriod
  }
}
