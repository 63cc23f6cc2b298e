// SPDX-License-Identifier: Apache-2.0

import Metadata
package import Time

/// The events of a span of the past: those of archived media, and those that a window knows.
package struct ArchivedEvents: Sendable {
  /// The events, in the order in which they came.
  package private(set) var events: [TimedEvent] = []

  /// No events.
  package init() {}

  /// Adds an event of archived media.
  ///
  /// Another origin may have sent the media: data that are too long, or no JSON text, are left out.
  package mutating func add(id: UInt32, time: WallTime, data: [UInt8]) {
    guard data.count <= TimedEvent.largestData, TimedEvent.isJSON(data) else { return }
    add(TimedEvent(id: id, time: time, data: data, content: .carried(by: data)))
  }

  /// Adds the events of a window, which replace those with their numbers.
  package mutating func add(_ known: [TimedEvent]) {
    let numbers = Set(known.map(\.id))
    events.removeAll { numbers.contains($0.id) }
    for event in known { add(event) }
  }

  /// Adds an event; a return to the network ends its break, which may have begun in an earlier run
  /// of the program.
  private mutating func add(_ added: TimedEvent) {
    var event = added
    if case .splice(let cue) = added.content, added.ended == nil {
      event = TimedEvent(
        id: added.id, time: added.time, mediaTime: added.mediaTime, data: added.data,
        content: added.content,
        ended: SplicePairs(events).ended(by: cue, at: added.time, mediaTime: added.mediaTime))
      event.end = added.end
    }
    if case .splice(let cue) = event.content, cue.isCancellation {
      _ = events.cancel(cue, at: event.time)
    }
    for index in events.indices where event.endsRange(of: events[index]) {
      events[index].end = event.time
    }
    events.append(event)
  }
}
