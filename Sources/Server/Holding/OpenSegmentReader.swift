// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging
import Sharing
import Sockets
import Time

/// A response with a segment that is open or about to begin: sends each chunk when it is published.
///
/// Chunks that the connection does not take stay in the window, and are sent when it has taken the
/// ones before.
///
/// Confined to one loop's thread.
final class OpenSegmentReader {
  /// Whether the response needs further chunks.
  enum Progress { case reading, done }

  let number: Int64
  /// The latest start of the segment.
  let deadline: MonotonicTime
  private let exchange: any Exchange
  private let since: MonotonicTime
  private let cache: MediaResponseCache
  private let extra: [HeaderField]
  /// Continues the response when the connection has taken the bytes before.
  private let resume: (OpenSegmentReader) -> Void
  private var sent = 0
  /// After the beginning of the response.
  private var backlog: BodyBacklog?
  private(set) var hasBegun = false
  var isGone = false

  init(
    _ exchange: any Exchange, number: Int64, cache: MediaResponseCache, extra: [HeaderField],
    since: MonotonicTime, deadline: MonotonicTime,
    resume: @escaping (OpenSegmentReader) -> Void
  ) {
    self.exchange = exchange
    self.number = number
    self.cache = cache
    self.extra = extra
    self.since = since
    self.deadline = deadline
    self.resume = resume
  }

  /// Whether the request names a rendition of `/S/auto/`.
  var namesRendition: Bool {
    exchange.request.hasQuery && exchange.request.queryItems.contains { $0.name == "quality" }
  }

  /// The arrival of the request.
  var asked: MonotonicTime { since }

  /// Sends the chunks of the segment in `snapshot` that were not sent yet.
  ///
  /// The body ends with the complete segment. If the segment leaves the window before that, the
  /// response is aborted.
  func advance(_ snapshot: WindowSnapshot, now: MonotonicTime) -> Progress {
    if isGone { return .done }
    if let open = snapshot.open, open.number == number {
      if exchange.request.method == .head, exchange.canStream {
        // HEAD: the response has no body.
        exchange.begin(cache.openHead, extra: fields(now))
        exchange.end()
        return .done
      }
      guard exchange.canStream else { return .reading }
      send(open.chunks, now)
      return .reading
    }
    if let complete = snapshot.segment(number) {
      finish(complete, now)
      return .done
    }
    guard snapshot.state == .ended || (snapshot.newest ?? 0) >= number else { return .reading }
    if hasBegun {
      exchange.abort()
    } else {
      exchange.respond(cache.error(404, "segment \(number) will not be published"))
    }
    return .done
  }

  /// Answers 503: the segment did not begin before the deadline.
  func expire() {
    exchange.respond(
      cache.error(503, "the segment did not begin in time", [HeaderField("Retry-After", "1")]))
  }

  /// Aborts a response in progress; any other request is handed to `reroute` with its arrival.
  func leave(_ reroute: (any Exchange, MonotonicTime) -> Void) {
    guard !hasBegun else { return exchange.abort() }
    exchange.onGone = nil
    reroute(exchange, since)
  }

  private func finish(_ segment: Segment, _ now: MonotonicTime) {
    guard hasBegun else {
      exchange.respond(cache.response(segment).ranged(exchange.request), extra: fields(now))
      return
    }
    // The segment was removed: it must not look complete.
    if segment.isGap { return exchange.abort() }
    let rest = segment.chunks.dropFirst(sent)
    sent = segment.chunks.count
    exchange.end(with: rest.map(\.bytes))
  }

  private func send(_ chunks: [Chunk], _ now: MonotonicTime) {
    guard sent < chunks.count else { return }
    if !hasBegun {
      hasBegun = true
      backlog = BodyBacklog(initial: Self.byteCount(chunks[...]))
      exchange.begin(cache.openHead, extra: fields(now))
    }
    while sent < chunks.count {
      guard exchange.queuedBytes <= BodyBacklog.pieceLimit else { return wait(chunks[sent...]) }
      exchange.write(chunks[sent].bytes)
      sent += 1
    }
  }

  /// Waits until the connection has taken the bytes before.
  private func wait(_ waiting: ArraySlice<Chunk>) {
    let added = backlog?.added(
      waiting: Self.byteCount(waiting), queued: exchange.queuedBytes)
    exchange.whenTaken(backlog: added ?? 0) { [weak self] in
      if let self, !isGone { resume(self) }
    }
  }

  private static func byteCount(_ chunks: ArraySlice<Chunk>) -> Int {
    chunks.reduce(0) { $0 + $1.bytes.count }
  }

  private func fields(_ now: MonotonicTime) -> [HeaderField] {
    var held = HeldField()
    return extra + held.ifHeld(since, now)
  }
}
