// SPDX-License-Identifier: Apache-2.0

import Time

/// Limits the lines of a stream, which its source can cause: a pure state machine.
///
/// In each interval the first lines of each event are admitted, up to a number for all events of
/// the stream; the next admitted line says how many were not. Memory is bounded: streams and
/// events beyond the capacity are counted together, as one.
struct LogLimiter: Sendable {
  /// The interval over which lines are counted.
  static let interval = Interval.seconds(10)
  /// The lines of a stream per interval, in multiples of those of one event.
  static let eventsPerStream = 10
  /// The least number of lines of a stream per interval: more than an ordinary start writes.
  static let minimumPerStream = 100
  /// The number of streams with a count of their own; those of a configuration are fewer.
  static let streamCapacity = 10_000
  /// The number of events of a stream with a count of their own; the program has fewer.
  static let eventCapacity = 64
  /// The key of streams and of events beyond the capacity, which no stream and no event has.
  private static let others = ""

  private struct Count: Sendable {
    var since: MonotonicTime
    var admitted = 0
    var omitted = 0

    mutating func renew(at now: MonotonicTime) {
      guard now - since >= interval else { return }
      since = now
      admitted = 0
    }
  }

  private struct Stream: Sendable {
    var all: Count
    var events: [String: Count] = [:]

    mutating func admit(
      _ event: String, _ most: (event: Int, stream: Int), at now: MonotonicTime
    ) -> Int? {
      let isCounted = events[event] != nil || events.count < eventCapacity
      let event = isCounted ? event : others
      var count = events[event] ?? Count(since: now)
      count.renew(at: now)
      all.renew(at: now)
      let isAdmitted = count.admitted < most.event && all.admitted < most.stream
      let omitted = count.omitted
      if isAdmitted {
        count.admitted += 1
        count.omitted = 0
        all.admitted += 1
      } else {
        count.omitted &+= 1  // bounded: a counter may wrap
      }
      events[event] = count
      return isAdmitted ? omitted : nil
    }
  }

  /// The number of admitted lines per interval, of an event and of a stream.
  private let most: (event: Int, stream: Int)
  private var streams: [String: Stream] = [:]
  /// When streams without lines were last forgotten.
  private var swept: MonotonicTime?

  /// A limiter of `most` lines per event, stream and interval.
  init(most: Int) {
    let product = most.multipliedReportingOverflow(by: Self.eventsPerStream)
    self.most = (most, max(Self.minimumPerStream, product.overflow ? .max : product.partialValue))
  }

  /// The number of counts in memory.
  var size: Int { streams.values.reduce(0) { $0 + $1.events.count } }

  /// Counts a line at `now`.
  ///
  /// - Returns: the number of lines of the event that were omitted before it; nil if it is omitted
  ///   itself.
  mutating func admit(_ event: String, stream: String, at now: MonotonicTime) -> Int? {
    let name = hasRoom(for: stream, at: now) ? stream : Self.others
    return streams[name, default: Stream(all: Count(since: now))].admit(event, most, at: now)
  }

  /// Whether a stream can have a count of its own; at most once per interval, forgets streams
  /// without lines to make room.
  private mutating func hasRoom(for stream: String, at now: MonotonicTime) -> Bool {
    if streams[stream] != nil || streams.count < Self.streamCapacity { return true }
    if let swept, now - swept < Self.interval { return false }
    swept = now
    streams = streams.filter { now - $0.value.all.since < Self.interval }
    return streams.count < Self.streamCapacity
  }
}
