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
    let content = EventContent.carried(by: data)
    var ended: TimedEvent.Break?
    if case .splice(let cue) = content {
      ended = SplicePairs(events).ended(by: cue, at: time, mediaTime: nil)
    }
    add(TimedEvent(id: id, time: time, data: data, content: content, ended: ended))
  }

  /// Adds the events of a window, which replace those with their numbers.
  package mutating func add(_ known: [TimedEvent]) {
    let numbers = Set(known.map(\.id))
    events.removeAll { numbers.contains($0.id) }
    for event in known { add(event) }
  }

  private mutating func add(_ event: TimedEvent) {
    for index in events.indices where event.endsRange(of: events[index]) {
      events[index].end = event.time
    }
    events.append(event)
  }
}
