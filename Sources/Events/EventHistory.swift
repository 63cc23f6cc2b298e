// SPDX-License-Identifier: Apache-2.0

import Checked
import Logging
import Time

/// The newest events of the program, by rising numbers: a pure state machine.
struct EventHistory: Sendable {
  /// The most events that are kept.
  static let limit = 1000

  private(set) var events: [ProgramEvent] = []
  private(set) var isClosed = false
  /// The number of the newest event, or that of none before the first one.
  private(set) var last: Int64

  /// No events yet.
  ///
  /// - Parameter start: when the program started; the numbers begin with its milliseconds since
  ///   1970, times 1,000.
  init(start: WallTime) {
    last = Int64((start - .origin).nanoseconds / 1_000_000).multipliedSaturated(by: 1000)
  }

  /// Adds an event; the oldest one is forgotten above ``limit``.
  mutating func add(_ record: LogRecord, data: String?, about mediaTime: WallTime? = nil) {
    guard !isClosed else { return }
    last = last.addingSaturated(1)
    events.append(
      ProgramEvent(number: last, record: record, data: data, mediaTime: mediaTime))
    if events.count > Self.limit { events.removeFirst() }
  }

  /// Forgets the events about media of a stream in a span.
  mutating func forget(_ span: Range<WallTime>, of stream: String) {
    events.removeAll { event in
      event.record.stream == stream && event.mediaTime.map { span.contains($0) } ?? false
    }
  }

  /// No more events are added.
  mutating func close() { isClosed = true }

  /// Finds the events after a number.
  ///
  /// - Parameter number: that of the newest known event, of this run of the program or of another.
  /// - Returns: the kept ones, oldest first.
  func events(after number: Int64) -> ArraySlice<ProgramEvent> {
    let first = events.firstIndex { $0.number > number } ?? events.endIndex
    return events[first...]
  }
}
