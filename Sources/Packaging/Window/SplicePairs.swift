// SPDX-License-Identifier: Apache-2.0

import Metadata
import Time

/// The splices that a window knows: which messages belong to one splice.
struct SplicePairs {
  /// The largest difference of two times of one message: the mapping of a source's clock moves.
  private static let tolerance = Interval.milliseconds(250)
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

  /// The break that a return to the network ends.
  ///
  /// - Parameters:
  ///   - cue: the return.
  ///   - time: its capture time.
  ///   - mediaTime: its time on the media timeline, if the source has placed it there.
  /// - Returns: nil if it belongs to no break, or the break has ended.
  func ended(
    by cue: SpliceCue, at time: WallTime, mediaTime: MediaTime?
  ) -> TimedEvent.Break? {
    guard cue.role == .in, let eventID = cue.eventID else { return nil }
    let messages = splices.filter { $0.cue.eventID == eventID && $0.event.time <= time }
    guard let out = messages.last(where: { $0.cue.role == .out }) else { return nil }
    guard !messages.contains(where: { $0.event.ended?.id == out.event.id }) else { return nil }
    let exact = mediaTime.flatMap { end in out.event.mediaTime.map { end - $0 } }
    return .init(
      id: out.event.id, start: out.event.time, duration: max(.zero, exact ?? time - out.event.time))
  }
}

extension SpliceCue {
  fileprivate func says(sameAs other: SpliceCue) -> Bool {
    role == other.role && eventID == other.eventID && isCancellation == other.isCancellation
      && scheduled?.isOut == other.scheduled?.isOut
      && section.command.name == other.section.command.name
      && section.descriptors.map(\.type) == other.section.descriptors.map(\.type)
  }
}
