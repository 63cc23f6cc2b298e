// SPDX-License-Identifier: Apache-2.0

/// The events of a window that a reader has not read yet.
package struct EventCursor: Sendable {
  /// The numbers of the newest read events; 0 before the first.
  private var listed: UInt32 = 0
  private var unlisted: UInt32 = 0

  /// A reader that has read nothing.
  package init() {}

  /// A reader that has read the events of `snapshot`.
  package init(after snapshot: WindowSnapshot) {
    listed = snapshot.events.last?.id ?? 0
    unlisted = snapshot.unlistedEvents.last?.id ?? 0
  }

  /// The number of the newest read event that is listed.
  package var newest: UInt32 { listed }

  /// The events since the last call, listed ones first.
  package mutating func takeNew(_ snapshot: WindowSnapshot) -> [TimedEvent] {
    var new: [TimedEvent] = []
    if let newest = snapshot.events.last?.id, newest > listed {
      new = snapshot.events.filter { $0.id > listed }
      listed = newest
    }
    let others = snapshot.unlistedEvents
    if let newest = others.last?.id, newest != unlisted {
      let known = others.lastIndex { $0.id == unlisted }
      // The newest read one was forgotten: as one of the oldest, or with its span.
      new += known.map { Array(others[($0 + 1)...]) } ?? others.filter { isAfter($0.id) }
      unlisted = newest
    }
    return new
  }

  /// Whether an event that is not listed is later than the newest read one: the lower 31 bits of
  /// their numbers start over after a year.
  private func isAfter(_ id: UInt32) -> Bool {
    // bounded: a difference of numbers that wrap
    unlisted == 0 || 1..<(1 << 30) ~= (id &- unlisted) & 0x7fff_ffff
  }
}
