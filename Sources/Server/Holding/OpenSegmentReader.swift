// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging
import Sharing
import Sockets
import Time

/// A response with a segment that is open or about to begin: sends each chunk when it is published.
///
/// Confined to one loop's thread.
final class OpenSegmentReader {
  /// Whether the response needs further chunks.
  enum Progress { case reading, done }

  let number: Int64
  /// The latest start of the segment.
  let deadline: MonotonicTime
  let response: GrowingResponse
  private let cache: MediaResponseCache
  /// Continues the response when the connection has taken the bytes before.
  private let resume: (OpenSegmentReader) -> Void

  init(
    _ exchange: any Exchange, number: Int64, cache: MediaResponseCache, extra: [HeaderField],
    since: MonotonicTime, deadline: MonotonicTime,
    resume: @escaping (OpenSegmentReader) -> Void
  ) {
    response = GrowingResponse(exchange, asked: since, head: cache.openHead, extra: extra)
    self.number = number
    self.cache = cache
    self.deadline = deadline
    self.resume = resume
  }

  /// Whether the request names a rendition of `/S/auto/`.
  var namesRendition: Bool {
    let request = response.exchange.request
    return request.hasQuery && request.queryItems.contains { $0.name == "quality" }
  }

  /// Sends the chunks of the segment in `snapshot` that were not sent yet.
  ///
  /// The body ends with the complete segment. If the segment leaves the window before that, the
  /// response is aborted.
  func advance(_ snapshot: WindowSnapshot, now: MonotonicTime) -> Progress {
    if response.isGone { return .done }
    if let open = snapshot.open, open.number == number {
      if response.answersHead(now) { return .done }
      response.send(open.chunks.dropFirst(response.sent).lazy.map(\.bytes), now) { [weak self] in
        if let self { resume(self) }
      }
      return .reading
    }
    if let complete = snapshot.segment(number) {
      if response.hasBegun, complete.isGap {
        // The segment was removed: it must not look complete.
        response.exchange.abort()
        return .done
      }
      response.end(complete.chunks.dropFirst(response.sent).map(\.bytes), now) {
        cache.response(complete).ranged(response.exchange.request)
      }
      return .done
    }
    guard snapshot.state == .ended || (snapshot.newest ?? 0) >= number else { return .reading }
    response.cut(cache.error(404, "segment \(number) will not be published"))
    return .done
  }

  /// Answers 503: the segment did not begin before the deadline.
  func expire() {
    response.cut(
      cache.error(503, "the segment did not begin in time", [HeaderField("Retry-After", "1")]))
  }
}
