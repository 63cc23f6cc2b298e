// SPDX-License-Identifier: Apache-2.0

package import Time

/// One request and its response, over any version of HTTP.
///
/// Confined to the loop's thread.
///
/// A route responds by one call of `respond`, or by `begin`, any number of `write`, and `end`, at
/// once or at any later time. After the client has disconnected, every call is without effect.
package protocol Exchange: BodyOutput {
  /// The request.
  var request: Request { get }
  /// Takes the first two segments out of the path of the request.
  ///
  /// - Returns: the second one; nil if the path has fewer than three segments, and is unchanged.
  func takePathPrefix() -> String?
  /// The kind of the request; set by the route, for statistics.
  var kind: RequestKind { get set }
  /// The number of the viewer; set by the route, for statistics; 0 if the route gives none.
  var viewer: UInt64 { get set }
  /// Whether no cache may keep the response, since the permission of the request is not in its
  /// address; set by the route.
  ///
  /// - Source: RFC 9111 §5.2.2.5, §5.2.2.7
  var isForOneViewer: Bool { get set }
  /// Measures how the bytes of the response leave; set by the route.
  var delivery: (any DeliveryObserver)? { get set }
  /// The smoothed round trip of the connection; nil if it is unknown.
  var roundTrip: Interval? { get }
  /// Passes the body of the request to `receiver` while it is received.
  ///
  /// Called once. Before the call no byte of the body is read, and a client that waits for
  /// `100 (Continue)` does not get it. A request without a body has an empty body.
  ///
  /// If the response ends before the body, the rest of the body is not read, and the connection
  /// (HTTP/2: the HTTP/2 stream) ends with the response.
  /// - Parameters:
  ///   - limit: the maximum number of bytes; nil for the limit of small bodies. For a larger body
  ///     the response is 413.
  ///   - receiver: kept until the end of the body.
  func receiveBody(limit: Int?, _ receiver: any BodyReceiver)
  /// Whether the body is not read for the present; the client then has to wait.
  var isBodyPaused: Bool { get set }
  /// Sends the whole response, for HEAD without its body.
  ///
  /// - Parameters:
  ///   - response: status, fields and body.
  ///   - extra: fields of this response only.
  func respond(_ response: PreparedResponse, extra: [HeaderField])
  /// Begins a response of unknown length. If `head` has a body, it is written first.
  func begin(_ head: PreparedResponse, extra: [HeaderField])
  /// Whether the end of a body of unknown length is marked; over HTTP/1.0 it is the end of the
  /// connection (RFC 9112 §6.3).
  ///
  /// If not, a route whose body has an end responds when it has the whole body, since its client
  /// could not tell a lost connection from the end.
  var canStream: Bool { get }
  /// Called once if the client disconnects or the connection is cut before the end of the response.
  ///
  /// Never called from inside a call on an exchange.
  var onGone: (() -> Void)? { get set }
  /// Answers 101 (HTTP/2: 200) with these fields, and hands the connection (HTTP/2: the HTTP/2
  /// stream) over to a WebSocket.
  ///
  /// - Returns: nil if the connection cannot be upgraded; the exchange is then unanswered.
  func upgrade(
    _ fields: [HeaderField], _ limits: WebSocketLimits, to handler: any WebSocketHandler
  ) -> WebSocketConnection?
}

extension Exchange {
  /// Sends the whole response without further fields.
  package func respond(_ response: PreparedResponse) { respond(response, extra: []) }

  /// Begins a response without further fields.
  package func begin(_ head: PreparedResponse) { begin(head, extra: []) }

  /// Answers in place of a response that would begin with `head`, if a condition asks for it.
  ///
  /// - Returns: whether it did.
  package func answersCondition(of head: PreparedResponse) -> Bool {
    let response = head.conditional(request)
    guard response !== head else { return false }
    respond(response)
    return true
  }
}
