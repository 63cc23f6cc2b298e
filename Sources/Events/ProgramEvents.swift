// SPDX-License-Identifier: Apache-2.0

package import Logging
import Sharing
package import Time

/// The events of the program, for readers on event loops and for the webhook.
package final class ProgramEvents: Sendable {
  private let history: Locked<EventHistory>
  private let watchers = Locked<[@Sendable () -> Void]>([])

  /// The events of a program that starts now.
  package init(start: WallTime = SystemClock.wallTime) {
    history = Locked(EventHistory(start: start))
  }

  /// Adds the lines of a log from now on.
  package func follow(_ log: Log) {
    log.listen { [weak self] level, event, stream, message in
      let record = LogRecord(
        level: level, event: event, stream: stream, message: message, time: SystemClock.wallTime)
      self?.add(record, data: nil)
    }
  }

  /// Adds an event that the log does not have.
  ///
  /// - Parameters:
  ///   - event: a constant word in kebab-case.
  ///   - stream: the stream; nil for the program.
  ///   - message: the sentence for people.
  ///   - data: a valid JSON value; nil for none. Its line ends become spaces.
  ///   - mediaTime: the time of the media that it is about; nil for none.
  package func add(
    _ event: StaticString, stream: String?, _ message: String, data: String? = nil,
    about mediaTime: WallTime? = nil
  ) {
    add(
      LogRecord(
        level: .info, event: "\(event)", stream: stream, message: message,
        time: SystemClock.wallTime),
      // In valid JSON they are between tokens only.
      data: data.map { String($0.map { $0.isNewline ? " " : $0 }) }, about: mediaTime)
  }

  private func add(_ record: LogRecord, data: String?, about mediaTime: WallTime? = nil) {
    history.withLock { $0.add(record, data: data, about: mediaTime) }
    tell()
  }

  /// Forgets the events about media of a stream in a span: later readers do not get them.
  package func forget(_ span: Range<WallTime>, of stream: String) {
    history.withLock { $0.forget(span, of: stream) }
  }

  /// Ends the events: readers end when they have all of them.
  package func close() {
    history.withLock { $0.close() }
    tell()
  }

  /// Calls `body` after each event and at the end, on any thread; it must neither block nor log.
  package func subscribe(_ body: @escaping @Sendable () -> Void) {
    watchers.withLock { $0.append(body) }
  }

  private func tell() {
    for watcher in watchers.withLock({ $0 }) { watcher() }
  }

  /// Whether no more events are added.
  package var isClosed: Bool { history.withLock { $0.isClosed } }

  /// The number of the newest event.
  package var last: Int64 { history.withLock { $0.last } }

  /// The kept events after a number, oldest first.
  package func events(after number: Int64) -> ArraySlice<ProgramEvent> {
    history.withLock { $0.events(after: number) }
  }
}
