// SPDX-License-Identifier: Apache-2.0

import Events
import HTTP
import Logging
import Net
import Sharing
import Time

/// The responses of `GET /api/events` on one loop: Server-Sent Events.
///
/// Confined to the loop's thread.
///
/// - Source: HTML Living Standard §9.2
struct ProgramEventReaders {
  /// A response with events.
  private final class Reader {
    let exchange: any Exchange
    /// The stream whose events are sent; nil for all events.
    let stream: String?
    /// The number of the newest event that was sent or left out.
    var last: Int64
    var isWaiting = false
    var isGone = false

    init(_ exchange: any Exchange, stream: String?, after last: Int64) {
      self.exchange = exchange
      self.stream = stream
      self.last = last
    }
  }

  /// The most readers on one loop.
  static let limit = 64
  /// Queued bytes above which a reader gets no more events.
  private static let queueLimit = 64 * 1024
  /// The time between comments that keep connections open through proxies.
  private static let commentInterval = Interval.seconds(15)

  private let events: ProgramEvents
  private unowned let loop: EventLoop
  private var readers: [Reader] = []
  /// Whether events wake the loop: from the first reader on.
  private var isSubscribed = false
  private var nextComment = MonotonicTime.distantFuture

  /// No readers.
  init(_ events: ProgramEvents, loop: EventLoop) {
    self.events = events
    self.loop = loop
  }

  /// Begins a response: the events after that of `Last-Event-ID`, or those from now on.
  mutating func add(_ exchange: any Exchange) {
    guard readers.count < Self.limit else {
      return exchange.respond(.apiError(503, "too many readers of events"))
    }
    var last = events.last
    if let text = exchange.request.header("last-event-id") {
      guard let number = Int64(text), number >= 0 else {
        return exchange.respond(.apiError(400, "invalid Last-Event-ID (expected a number)"))
      }
      last = min(last, number)
    }
    if exchange.answersCondition(of: Self.head) { return }
    exchange.begin(Self.head)
    guard exchange.request.method != .head else { return exchange.end() }
    let reader = Reader(exchange, stream: Self.stream(exchange.request), after: last)
    exchange.write(SharedBytes("retry: 1000\n\n"))
    exchange.onGone = { [weak reader, weak loop] in
      reader?.isGone = true
      loop?.wake()
    }
    readers.append(reader)
    if !isSubscribed { events.subscribe { [weak loop] in loop?.wake() } }
    isSubscribed = true
    nextComment = min(nextComment, loop.now + Self.commentInterval)
    Self.advance(reader, events)
  }

  /// The stream whose events are requested; nil for all events.
  static func stream(_ request: Request) -> String? {
    request.queryItems.first { $0.name == "stream" }?.value
  }

  /// Sends the events that were added.
  mutating func woken() {
    guard !readers.isEmpty else { return }
    let isClosed = events.isClosed
    for reader in readers where !reader.isGone {
      Self.advance(reader, events)
      if isClosed {
        reader.isGone = true
        reader.exchange.end()
      }
    }
    readers.removeAll(where: \.isGone)
  }

  /// The time for ``expire(_:)``.
  var nextDeadline: MonotonicTime { readers.isEmpty ? .distantFuture : nextComment }

  /// Sends a comment to each reader that takes bytes.
  mutating func expire(_ now: MonotonicTime) {
    guard nextComment <= now else { return }
    nextComment = now + Self.commentInterval
    for reader in readers where !reader.isGone && reader.exchange.queuedBytes == 0 {
      reader.exchange.write(SharedBytes(":\n\n"))
    }
  }

  private static func advance(_ reader: Reader, _ events: ProgramEvents) {
    guard !reader.isWaiting else { return }
    for event in events.events(after: reader.last) {
      guard reader.exchange.queuedBytes <= queueLimit else {
        reader.isWaiting = true
        // The others stay in the history, which forgets the oldest.
        return reader.exchange.whenTaken(backlog: 0) { [weak reader] in
          guard let reader, !reader.isGone else { return }
          reader.isWaiting = false
          advance(reader, events)
        }
      }
      reader.last = event.number
      if reader.stream == nil || reader.stream == event.record.stream {
        reader.exchange.write(SharedBytes("id: \(event.number)\ndata: \(event.json)\n\n"))
      }
    }
  }

  private static let head = PreparedResponse(
    status: 200,
    fields: [
      HeaderField("Content-Type", "text/event-stream"), HeaderField("Cache-Control", "no-store"),
      // nginx then passes each event on at once.
      HeaderField("X-Accel-Buffering", "no"), ResponseFields.nosniff,
    ])
}
