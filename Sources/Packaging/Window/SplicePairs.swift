// SPDX-License-Identifier: Apache-2.0

import Metadata
package import Time

/// The splices that a window knows: which messages belong to one splice.
struct SplicePairs {
  /// The largest difference of two times of one message: the mapping of a source's clock moves.
  static let tolerance = Interval.milliseconds(250)
  /// How long a message without a time may be repeated.
  private static let repetition = Interval.seconds(10)

  private let splices: [(event: TimedEvent, cue: SpliceCue)]

  /// The splices among the events.
  init(_ events: [TimedEvent]) {
    splices = events.compactMap { event in
      if case .splice(let cue) = event.content { (event, cue) } else { nil }
    }
  }

  /// Whether the same message is known: senders repeat them until the splice.
  func contains(_ cue: SpliceCue, at time: WallTime) -> Bool {
    splices.contains { known in
      let distance = (known.event.time - time).magnitude
      guard known.cue.says(sameAs: cue) else { return false }
      return distance <= Self.tolerance
        || known.cue.isImmediate && cue.isImmediate && distance <= Self.repetition
    }
  }

  /// Whether a cancellation concerns a splice that is still to come.
  func cancels(_ cue: SpliceCue, at time: WallTime) -> Bool {
    splices.contains { $0.event.isCancelled(by: cue, at: time) }
  }

  /// The break that a return to the network ends.
  ///
  /// - Parameters:
  ///   - cue: the return.
  ///   - time: its capture time.
  ///   - mediaTime: its time on the media timeline, if the source has placed it there.
  ///   - now: the wall clock; nil for a return of the past.
  /// - Returns: nil if it belongs to no break, or the break has ended.
  func ended(
    by cue: SpliceCue, at time: WallTime, mediaTime: MediaTime?, now: WallTime? = nil
  ) -> TimedEvent.Break? {
    guard cue.role == .in else { return nil }
    let messages = splices.filter { $0.cue.hasEvent(of: cue) && $0.event.time <= time }
    let outs = messages.filter { $0.cue.role == .out }
    // The types of both ends of a pair differ by one: several pairs may have one number.
    func isPair(_ out: SpliceCue) -> Bool {
      guard let first = out.segmentationType, let second = cue.segmentationType else { return true }
      return first ^ second == 1
    }
    guard let out = outs.last(where: { isPair($0.cue) }) ?? outs.last else { return nil }
    guard !messages.contains(where: { $0.event.ended?.id == out.event.id }) else { return nil }
    // Playlists state that end when it has come.
    guard !out.event.hasReturned(by: max(time, now ?? time)) else { return nil }
    let exact = mediaTime.flatMap { end in out.event.mediaTime.map { end - $0 } }
    return .init(
      id: out.event.id, start: out.event.time, duration: max(.zero, exact ?? time - out.event.time))
  }
}

extension TimedEvent {
  /// Whether it is a splice of the event that the message `cue` cancels at `time`, and is still to
  /// come then.
  ///
  /// - Source: ANSI/SCTE 35 2023 §9.7.3.1, splice_event_cancel_indicator
  func isCancelled(by cue: SpliceCue, at time: WallTime) -> Bool {
    guard cue.isCancellation, case .splice(let own) = content, isListed else { return false }
    return own.hasEvent(of: cue) && self.time > time
  }

  /// Whether it is a break that ends without another message, and ended more than
  /// ``SplicePairs/tolerance`` before `time`: the times of repeated messages differ as much.
  func hasReturned(by time: WallTime) -> Bool {
    guard case .splice(let cue) = content, cue.returnsByItself, let length = cue.plannedDuration
    else { return false }
    return time > self.time + length + SplicePairs.tolerance
  }

  /// The length of a break that has ended by itself; nil for other events, before its end, and if a
  /// message has ended it.
  ///
  /// - Parameters:
  ///   - time: the end of the newest media.
  ///   - events: the events of the stream.
  /// - Returns: the announced length.
  package func lengthOfReturned(by time: WallTime, _ events: [TimedEvent]) -> Interval? {
    guard case .splice(let cue) = content, hasReturned(by: time),
      !events.contains(where: { $0.endsRange(of: self) })
    else { return nil }
    return cue.plannedDuration
  }
}

extension [TimedEvent] {
  /// Removes the splices to come that a message cancels at `time`; a break whose return is
  /// cancelled is open again.
  ///
  /// - Returns: the removed events.
  mutating func cancel(_ cue: SpliceCue, at time: WallTime) -> [TimedEvent] {
    let found = filter { $0.isCancelled(by: cue, at: time) }
    guard !found.isEmpty else { return [] }
    removeAll { $0.isCancelled(by: cue, at: time) }
    for index in indices where found.contains(where: { $0.endsRange(of: self[index]) }) {
      self[index].reopen()
    }
    return found
  }
}
