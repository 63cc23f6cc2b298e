// SPDX-License-Identifier: Apache-2.0

import Capture
import Logging
import Scheduling
import Sharing
import Time

/// The inputs of a stream with backup inputs: decides which one is shown, and lets no other give
/// its media to the session.
///
/// The media of the shown input is given under the lock: after a switch nothing of the former
/// input follows.
final class InputSwitch: Sendable {
  private struct State: Sendable {
    var choice: InputChoice
    var facts: [SourceFacts?]
    var ended: Set<Int> = []
    /// The counters of the session; nil before there is one.
    var statistics: Locked<StreamStatistics>?
  }

  /// The polling interval of a start, whose time limits wake no thread.
  private static let interval = Interval.milliseconds(50)

  private let addresses: [InputAddress]
  private let name: String
  private let log: Log
  private let state: Locked<State>
  /// Counts the facts, the events that may make a paused input wanted, and the ends of inputs.
  private let changes = Monitor<UInt64>(0)
  /// Set when all inputs have ended.
  let end = Outcome<Void>()

  /// The switch of the inputs of the stream `name`, by preference.
  init(_ addresses: [InputAddress], failback: Interval, name: String, log: Log) {
    self.addresses = addresses
    self.name = name
    self.log = log
    let publishers = addresses.map { $0.kind == .publisher }
    state = Locked(
      State(
        choice: InputChoice(publishers: publishers, failback: failback),
        facts: addresses.map { _ in nil }))
  }

  // MARK: The start

  /// Notes the facts about an input.
  func know(_ facts: SourceFacts, of index: Int) {
    state.withLock { $0.facts[index] = facts }
    wake()
  }

  /// Blocks until the input is known with which the stream begins.
  func waitForFacts(_ cancellation: InputCancellation) throws(InputError) -> SourceFacts {
    let began = SystemClock.monotonicTime
    while !cancellation.isCancelled {
      let (seen, now) = (changes.read { $0 }, SystemClock.monotonicTime)
      let found = state.withLock { state -> SourceFacts? in
        let known = state.facts.map { $0 != nil }
        guard let first = state.choice.first(known: known, since: began, at: now) else {
          return nil
        }
        state.choice.begin(with: first, at: now)
        return state.facts[first]
      }
      if let found { return found }
      _ = changes.wait(until: now + Self.interval) { $0 == seen ? nil : true }
    }
    throw .cancelled
  }

  /// Begins without an input: the properties of the stream are known.
  func begin() {
    let now = SystemClock.monotonicTime
    state.withLock { $0.choice.begin(with: nil, at: now) }
  }

  /// Counts for a session.
  func attach(_ statistics: Locked<StreamStatistics>) {
    state.withLock { state in
      state.statistics = statistics
      Self.report(state)
    }
  }

  // MARK: Events of inputs

  /// Notes that video of an input arrived.
  func heard(_ index: Int, isPaced: Bool) {
    change { $0.heard(index, isPaced: isPaced, at: $1) }
  }

  /// Notes that an input has lost its connection.
  func lost(_ index: Int) {
    change { $0.lost(index, at: $1) }
  }

  /// Looks for inputs that are silent.
  func check() {
    change { $0.check(at: $1) }
  }

  /// Notes that an input has ended; the stream ends with the last one.
  func ended(_ index: Int) {
    lost(index)
    let isLast = state.withLock { state in
      state.ended.insert(index)
      return state.ended.count == addresses.count
    }
    if isLast { end.set(()) }
  }

  /// Whether the video of an input is to be decoded.
  func isWanted(_ index: Int) -> Bool {
    let now = SystemClock.monotonicTime
    return state.withLock { $0.choice.isWanted(index, at: now) }
  }

  /// Pauses an input that need not be read, and blocks until it is wanted.
  ///
  /// - Returns: false if it was stopped.
  func waitUntilWanted(_ index: Int, _ cancellation: InputCancellation) -> Bool {
    while !cancellation.isCancelled {
      let seen = changes.read { $0 }
      check()
      let now = SystemClock.monotonicTime
      let deadline = state.withLock { state -> MonotonicTime? in
        guard !state.choice.isWanted(index, at: now) else { return nil }
        state.choice.pause(index)
        return state.choice.mayBeWanted(index, after: now)
      }
      guard let deadline else { return true }
      _ = changes.wait(until: deadline) { $0 == seen ? nil : true }
    }
    return false
  }

  /// Wakes the inputs that wait, since one of them was stopped or another one is shown.
  func wake() { changes.update { $0 &+= 1 } }  // bounded: a counter may wrap

  // MARK: Media

  /// Gives a frame of an input to the session, unless another input is shown.
  ///
  /// - Parameters:
  ///   - index: the input.
  ///   - canBegin: whether the input can be shown from this frame on.
  ///   - body: takes the frame; its argument is whether another input was shown before.
  func give(_ index: Int, canBegin: Bool, _ body: (_ isSwitch: Bool) -> Void) {
    let now = SystemClock.monotonicTime
    let change = state.withLock { state -> InputChoice.Change? in
      var change: InputChoice.Change?
      var isSwitch = false
      if state.choice.shown != index {
        isSwitch = state.choice.newest != index
        guard canBegin || !isSwitch else { return nil }
        change = state.choice.offer(index, at: now)
        guard change != nil else { return nil }
        Self.report(state)
      }
      body(isSwitch)
      return change
    }
    if let change { report(change) }
  }

  /// Calls `body` if the input is shown.
  func whileShown(_ index: Int, _ body: () -> Void) {
    state.withLock { if $0.choice.shown == index { body() } }
  }

  /// Calls `body` if no other input was shown after this one.
  func whileNewest(_ index: Int, _ body: () -> Void) {
    state.withLock { if $0.choice.newest == index { body() } }
  }

  // MARK: Changes

  private func change(_ event: (inout InputChoice, MonotonicTime) -> InputChoice.Change?) {
    let now = SystemClock.monotonicTime
    let change = state.withLock { state -> InputChoice.Change? in
      let change = event(&state.choice, now)
      if change != nil { Self.report(state) }
      return change
    }
    if let change { report(change) }
  }

  private static func report(_ state: State) {
    state.statistics?.withLock { statistics in
      statistics.isSourceOnline = state.choice.shown != nil
      statistics.shownInput = state.choice.shown
      statistics.inputSwitches = state.choice.switches
    }
  }

  private func report(_ change: InputChoice.Change) {
    wake()
    // The loss of an input has a line of its own.
    guard case .shown(let index, let former) = change, let former, former != index else { return }
    let reason = index < former ? "it is preferred" : "the previous input is lost"
    log.write(
      index < former ? .info : .warning, "input-switched", stream: name,
      "\(addresses[index]) is shown instead of \(addresses[former]): \(reason)")
  }
}

/// An input among the inputs of its stream.
struct InputPosition: Sendable {
  let inputs: InputSwitch
  let index: Int
}
