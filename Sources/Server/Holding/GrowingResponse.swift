// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing
import Time

/// A response with a body that grows, whose chunks are handed over as far as the connection takes
/// them.
///
/// The others stay where they are, and are handed over when the connection has taken the ones
/// before: few bytes are queued. Bytes that existed at the beginning are those of a single response
/// and wait for any client; bytes that are added while the client does not read are limited.
///
/// Confined to one loop's thread.
final class GrowingResponse {
  /// Queued bytes of a connection above which no more are handed over.
  static let pieceLimit = 256 * 1024

  let exchange: any Exchange
  /// The arrival of the request.
  let asked: MonotonicTime
  private let head: PreparedResponse
  private let extra: [HeaderField]
  /// The number of chunks that were handed over.
  private(set) var sent = 0
  /// The bytes of the body at the beginning of the response; nil before it.
  private var initial: Int?
  private(set) var isGone = false

  /// A response that begins with `head`, and `extra` beside its fields.
  init(
    _ exchange: any Exchange, asked: MonotonicTime, head: PreparedResponse,
    extra: [HeaderField] = []
  ) {
    self.exchange = exchange
    self.asked = asked
    self.head = head
    self.extra = extra
    exchange.onGone = { [weak self] in self?.isGone = true }
  }

  var hasBegun: Bool { initial != nil }

  /// The response without a body to HEAD; false for another method, or if the response needs the
  /// whole body.
  func answersHead(_ now: MonotonicTime) -> Bool {
    guard exchange.request.method == .head, exchange.canStream else { return false }
    if answersCondition() { return true }
    exchange.begin(head, extra: fields(now))
    exchange.end()
    return true
  }

  /// Hands over chunks that follow those before, and begins the response with the first ones.
  ///
  /// - Parameters:
  ///   - chunks: all present chunks after ``sent``.
  ///   - now: the time.
  ///   - resume: called when the connection takes the next chunks, if there are any left.
  func send(
    _ chunks: some RandomAccessCollection<SharedBytes>, _ now: MonotonicTime,
    resume: @escaping () -> Void
  ) {
    // Over HTTP/1.0 a client cannot tell the end of such a body from a lost connection.
    guard !chunks.isEmpty, exchange.canStream else { return }
    if !hasBegun {
      guard !answersCondition() else { return }
      initial = Self.byteCount(chunks)
      exchange.begin(head, extra: fields(now))
    }
    var rest = chunks[...]
    while let chunk = rest.first {
      guard exchange.queuedBytes <= Self.pieceLimit else {
        let added = Self.added(
          waiting: Self.byteCount(rest), queued: exchange.queuedBytes, initial: initial ?? 0)
        return exchange.whenTaken(backlog: added) { [weak self] in
          if self?.isGone == false { resume() }
        }
      }
      exchange.write(chunk)
      sent += 1
      rest = rest.dropFirst()
    }
  }

  /// Ends the body with its last chunks; a response that has not begun is `whole`.
  func end(
    _ chunks: @autoclosure () -> [SharedBytes], _ now: MonotonicTime,
    whole: () -> PreparedResponse
  ) {
    if hasBegun {
      exchange.end(with: chunks())
    } else {
      exchange.respond(whole(), extra: fields(now))
    }
  }

  /// Ends a body that is not complete; a response that has not begun is `refusal`.
  func cut(_ refusal: @autoclosure () -> PreparedResponse) {
    if hasBegun { exchange.abort() } else { exchange.respond(refusal()) }
  }

  /// Aborts a response in progress; any other request is handed to `reroute` with its arrival.
  func leave(_ reroute: (any Exchange, MonotonicTime) -> Void) {
    guard !hasBegun else { return exchange.abort() }
    exchange.onGone = nil
    reroute(exchange, asked)
  }

  /// The bytes that were added to the body and wait.
  ///
  /// - Parameters:
  ///   - waiting: the bytes that are not handed over.
  ///   - queued: the bytes that are handed over and queued.
  ///   - initial: the bytes that existed when the response began.
  /// - Returns: 0 or more.
  static func added(waiting: Int, queued: Int, initial: Int) -> Int {
    // bounded: bytes in memory
    max(0, waiting + queued - initial)
  }

  private static func byteCount(_ chunks: some Sequence<SharedBytes>) -> Int {
    chunks.reduce(0) { $0 + $1.count }
  }

  /// Answers a condition that names an entity tag, which a body that grows does not have.
  private func answersCondition() -> Bool {
    guard exchange.answersCondition(of: head) else { return false }
    isGone = true
    return true
  }

  private func fields(_ now: MonotonicTime) -> [HeaderField] {
    var held = HeldField()
    return extra + held.ifHeld(asked, now)
  }
}
