// SPDX-License-Identifier: Apache-2.0

import Time

/// The part of an exchange that is the same over each version of HTTP: the request, the labels of
/// the route, and the state of the response.
struct ExchangeHead {
  /// The state of the response.
  enum State { case unanswered, streaming, ended }

  var request: Request
  var kind = RequestKind.other
  var viewer: UInt64 = 0
  var isForOneViewer = false
  var delivery: (any DeliveryObserver)?
  var onGone: (() -> Void)?
  /// Writes a body of files; nil if the response has none, or the connection sends them.
  var files: FileBodyWriter?
  /// The count of a client behind a proxy; nil if the connection counts.
  var ticket: AddressTable.Ticket?
  private(set) var state = State.unanswered
  /// The status of the response; 0 before it begins.
  private(set) var status = 0
  /// Bytes of head and body that were given to the stream.
  var bytesSent = 0
  /// When the request was taken.
  let asked: MonotonicTime
  /// When the response began; nil before that.
  private(set) var begun: MonotonicTime?
  /// Whether the routes need no more than a reduced request.
  private var isRouted = false

  /// A request that is taken now.
  init(_ request: consuming Request, asked: MonotonicTime) {
    self.request = request
    self.asked = asked
  }

  /// Begins the response, which is returned as this client gets it.
  mutating func begin(_ response: PreparedResponse, now: MonotonicTime) -> PreparedResponse {
    state = .streaming
    status = response.status
    begun = now
    return isForOneViewer ? response.forOneViewer : response
  }

  /// Ends the response; its client can no longer leave before the end.
  mutating func end() {
    state = .ended
    onGone = nil
    files = nil
  }

  /// Ends the server's side of a tunnel; `onGone` stays, for the client's side.
  mutating func endTunnel() { state = .ended }

  /// A WebSocket has taken the connection.
  mutating func upgraded() {
    end()
    status = 101
    request.reduceToRecord()
  }

  /// The route has returned: reduces a held request to the fields that its response may depend on,
  /// any other to its record.
  ///
  /// - Returns: false if the request is too large to be held.
  mutating func wasRouted() -> Bool {
    isRouted = true
    guard state == .unanswered else {
      reduceToRecord()
      return true
    }
    guard request.framing == .none || request.method.hasNoBody else { return true }
    return request.reduceToHold()
  }

  /// Forgets those parts of the request that only its response needed.
  mutating func reduceToRecord() {
    if isRouted { request.reduceToRecord() }
  }
}
