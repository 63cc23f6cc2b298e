// SPDX-License-Identifier: Apache-2.0

import Archive
import Events
import HTTP
import Logging
import Media
import Time

/// Orders about spans of an archive.
extension ControlAPI {
  /// `POST /api/streams/S/archive/keep` and `DELETE /api/streams/S/archive/keep`,
  /// `DELETE /api/streams/S/archive`: each for a span, `from` and `to` in the query or in the body.
  func changeArchive(_ exchange: any Exchange, _ name: String, _ rest: [String]) {
    let method = exchange.request.method
    let isKept = method == .post && rest == ["keep"]
    guard isKept || method == .delete && (rest == ["keep"] || rest.isEmpty) else {
      let isKnown = rest == ["keep"] || rest.isEmpty
      let allowed = rest.isEmpty ? "DELETE" : "POST, DELETE"
      return exchange.respond(
        isKnown
          ? Self.methodRefusal(exchange.request, allowed: allowed)
          : .apiError(404, "nothing is served under this path"))
    }
    // An archive has media without a session: of a stream on demand, or of one that failed.
    guard let archive = serverState.streamTable.entry(name)?.options.archive else {
      return exchange.respond(.apiError(404, "no such stream, or it has no archive"))
    }
    exchange.collectBody { [weak self] body in
      do throws(RequestRefusal) {
        let span = try SpanRequest(exchange.request, body).span
        // The windows of now: a session may have begun or ended while the body was received.
        let served = self?.serverState.streamTable.stream(name)?.served
        let events = self?.serverState.events
        self?.hold(exchange, for: Self.archiveLimit) { answer in
          let reply: @Sendable (String?) -> Void = { failure in
            answer(failure.map { .refused("the archive: \($0)") } ?? .removed)
          }
          if rest.isEmpty {
            served?.removeFromWindows(span)
            events?.forget(span, of: name)
            archive.remove(span, hidden: { answer(.removing(span, of: name)) }, answer: reply)
          } else {
            archive.protect(span, isKept, answer: reply)
          }
        }
      } catch { exchange.respond(.apiError(error.status, error.reason)) }
    }
  }

  /// The response to a removal that takes longer: viewers get nothing of the span any more, and a
  /// crash does not lose the order.
  ///
  /// - Source: RFC 9110 §15.3.3, whose status monitor is the stream
  static func removing(_ span: Range<WallTime>, of name: String) -> PreparedResponse {
    let object: JSONObject = [
      "from": UTCTime(span.lowerBound).text, "to": UTCTime(span.upperBound).text,
      "hidden": true, "state": "removing", "status": "/api/streams/\(name)",
    ]
    return json(202, object.spacedText)
  }
}
