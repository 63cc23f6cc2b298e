// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging

/// A reader of a segment that is being made, or that will be: gets each chunk as it is published.
///
/// Confined to its loop.
final class OpenSegmentReader {
  /// Whether the follower is done with.
  enum Progress { case follows, done }

  let number: Int64
  /// Monotonic time after which a segment that has not begun is no longer waited for.
  let deadline: Int64
  private let exchange: any Exchange
  private let since: Int64
  private let cache: MediaResponseCache
  private let extra: [HeaderField]
  private var sent = 0
  private(set) var hasBegun = false
  var isGone = false

  init(
    _ exchange: any Exchange, number: Int64, cache: MediaResponseCache, extra: [HeaderField],
    since: Int64,
    deadline: Int64
  ) {
    self.exchange = exchange
    self.number = number
    self.cache = cache
    self.extra = extra
    self.since = since
    self.deadline = deadline
  }

  /// Sends what `snapshot` has of the segment beyond what was sent.
  ///
  /// A body is ended only when the segment is complete; one that can no longer be completed is cut.
  func advance(_ snapshot: WindowSnapshot, now: Int64) -> Progress {
    if isGone { return .done }
    if let open = snapshot.open, open.number == number {
      if exchange.request.method == .head, exchange.canStream {
        // There is nothing to follow: the head is the whole answer.
        exchange.begin(cache.openHead, extra: held(now))
        exchange.end()
        return .done
      }
      guard exchange.canStream else { return .follows }
      send(open.chunks, now)
      return .follows
    }
    if let complete = snapshot.segment(number) {
      finish(complete, now)
      return .done
    }
    guard snapshot.state == .ended || (snapshot.newest ?? 0) >= number else { return .follows }
    if hasBegun {
      exchange.abort()
    } else {
      exchange.respond(ResponseFields.error(404, "segment \(number) will not be made"))
    }
    return .done
  }

  /// Gives up waiting for a segment that did not begin in time.
  func expire() {
    exchange.respond(
      ResponseFields.error(
        503, "the segment did not begin in time", .second, [HeaderField("Retry-After", "1")]))
  }

  /// Gives up: a body that was begun is cut, else the request is handed to `reroute` with the time it came.
  func leave(_ reroute: (any Exchange, Int64) -> Void) {
    guard !hasBegun else { return exchange.abort() }
    exchange.onGone = nil
    reroute(exchange, since)
  }

  private func finish(_ segment: Segment, _ now: Int64) {
    guard hasBegun else {
      exchange.respond(cache.response(segment).ranged(exchange.request), extra: held(now))
      return
    }
    send(segment.chunks, now)
    exchange.end()
  }

  private func send(_ chunks: [Chunk], _ now: Int64) {
    guard sent < chunks.count else { return }
    if !hasBegun {
      hasBegun = true
      exchange.begin(cache.openHead, extra: held(now))
    }
    while sent < chunks.count {
      exchange.write(chunks[sent].bytes)
      sent += 1
    }
  }

  private func held(_ now: Int64) -> [HeaderField] {
    now - since >= 1_000_000
      ? extra + [HeaderField("X-Held-Ms", String((now - since) / 1_000_000))] : extra
  }
}
