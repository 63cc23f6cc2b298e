// SPDX-License-Identifier: Apache-2.0

import Events
import Media
import Packaging
import Sharing
import Time

/// Tells the readers of the program's events of the events of one stream.
///
/// Tags and sets may come with each frame: most of them are left out.
final class TimedEventReports: Sendable {
  /// The tags and sets at once, and per second in the long run.
  private static let most: (burst: Int64, rate: Int64) = (10, 2)

  private let stream: String
  private let events: ProgramEvents
  private let allowance = Locked(
    RateAllowance(burst: most.burst, rate: most.rate, now: SystemClock.monotonicTime))

  /// The reports of the stream `stream`.
  init(_ stream: String, to events: ProgramEvents) {
    self.stream = stream
    self.events = events
  }

  /// Reports an event.
  func add(_ event: TimedEvent) {
    let now = SystemClock.monotonicTime
    guard event.isListed || allowance.withLock({ $0.take(now: now) }) else { return }
    let time = UTCTime(event.time).text
    events.add(
      "timed-event", stream: stream, "event \(event.id) at \(time)",
      data: "{\"id\":\(event.id),\"time\":\"\(time)\",\"data\":"
        + "\(String(decoding: event.data, as: UTF8.self))}", about: event.time)
  }
}
