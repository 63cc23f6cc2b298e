// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Time

/// Answers requests for media that has left the windows of a stream, from its archive.
///
/// Confined to one loop's thread.
final class PastHandler {
  private unowned let loop: EventLoop
  let requests: PastRequests
  private let isAdmin: (Request, MonotonicTime) -> Bool

  /// `isAdmin` decides whether a client has the admin token.
  init(loop: EventLoop, isAdmin: @escaping (Request, MonotonicTime) -> Bool) {
    self.loop = loop
    self.isAdmin = isAdmin
    requests = PastRequests(loop: loop)
  }

  /// Whether a client may go back further than viewers.
  func isUnlimited(_ exchange: any Exchange) -> Bool {
    exchange.request.header("authorization") != nil && isAdmin(exchange.request, loop.now)
  }

  /// Whether a client may have media of a time that only the archive of a stream has; if not, the
  /// exchange is answered.
  ///
  /// A response that others may not have is not cached.
  func permits(_ time: WallTime, of served: ServedStream, _ exchange: any Exchange) -> Bool {
    if time >= served.oldestPast { return true }
    guard isUnlimited(exchange) else {
      exchange.respond(.error(410, served.tooOld))
      return false
    }
    exchange.isForOneViewer = true
    return true
  }

  /// Answers a request for segment `number` of a rendition; by `absent` if the archive does not
  /// have it.
  ///
  /// `isInWindow`: whether the window has the number, see ``ServedStream/mayReplace(_:of:)``.
  func segment(
    _ number: Int64, of rendition: ServedRendition, _ served: ServedStream,
    _ exchange: any Exchange, absent: PreparedResponse, isInWindow: Bool = false
  ) {
    let isUnlimited = isUnlimited(exchange)
    requests.answer(exchange) { answer in
      served.archivedSegment(
        number, of: rendition, isUnlimited: isUnlimited, absent: absent, isInWindow: isInWindow,
        answer: answer)
    }
  }

  /// Answers a request for the CMAF header with this hash.
  func header(
    _ hash: String, of rendition: ServedRendition, _ served: ServedStream,
    _ exchange: any Exchange
  ) {
    guard served.options.archive != nil else { return exchange.respond(.notFound) }
    requests.answer(exchange) { answer in
      served.archivedHeader(hash, of: rendition, answer: answer)
    }
  }
}
