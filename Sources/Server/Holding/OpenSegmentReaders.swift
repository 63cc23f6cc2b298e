// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging
import Sharing
import Sockets
import Time

/// The readers of an open segment, and the early readers, whose segment has not begun.
///
/// Confined to one loop's thread.
struct OpenSegmentReaders {
  private var readers: [OpenSegmentReader] = []
  private var early: [OpenSegmentReader] = []
  /// The earliest deadline of an early reader, or an earlier time.
  private(set) var nextDeadline = MonotonicTime.distantFuture

  /// The number of all readers.
  var count: Int { readers.count + early.count }

  /// Adds a reader that has got all current chunks.
  mutating func keep(_ reader: OpenSegmentReader) {
    if reader.response.hasBegun {
      readers.append(reader)
    } else {
      early.append(reader)
      nextDeadline = min(nextDeadline, reader.deadline)
    }
  }

  /// Sends the new chunks of `snapshot` to all readers and removes the readers that are done.
  mutating func advance(_ snapshot: WindowSnapshot, now: MonotonicTime) {
    if !readers.isEmpty { readers.removeAll { $0.advance(snapshot, now: now) == .done } }
    guard !early.isEmpty else { return }
    for reader in takeEarly() where reader.advance(snapshot, now: now) == .reading {
      keep(reader)
    }
  }

  /// Removes a reader that is done.
  mutating func remove(_ reader: OpenSegmentReader) {
    readers.removeAll { $0 === reader }
  }

  /// Refuses the early readers whose deadline has passed, and returns their number.
  mutating func expire(_ now: MonotonicTime) -> Int {
    guard nextDeadline <= now else { return 0 }
    var count = 0
    for reader in takeEarly() where !reader.response.isGone {
      if reader.deadline <= now {
        reader.expire()
        count += 1
      } else {
        keep(reader)
      }
    }
    return count
  }

  /// Removes and returns all readers.
  mutating func takeAll() -> [OpenSegmentReader] {
    defer { self = OpenSegmentReaders() }
    return readers + early
  }

  private mutating func takeEarly() -> [OpenSegmentReader] {
    defer { (early, nextDeadline) = ([], .distantFuture) }
    return early
  }
}

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
      if complete.isGap, !response.hasBegun {
        // The chunked playlist may have announced it, not as a gap: a body without media is no
        // segment. ffmpeg reads an MPD no further after one, but after an error.
        response.cut(cache.error(404, "segment \(number) has no media"))
        return .done
      }
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
