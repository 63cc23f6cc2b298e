// SPDX-License-Identifier: Apache-2.0

package import Net
package import Time

/// The part of an exchange that is the same over each version of HTTP: the request, the labels of
/// the route, and the state of the response.
struct ExchangeHead {
  /// The state of the response.
  enum State { case unanswered, streaming, ended }

  var request: Request
  // Small properties follow each other, so that a held request has few gaps.
  var kind = RequestKind.other
  var isForOneViewer = false
  private(set) var state = State.unanswered
  /// Whether the routes need no more than a reduced request.
  private var isRouted = false
  private var statusCode: UInt16 = 0
  var viewer: UInt64 = 0
  var delivery: (any DeliveryObserver)?
  var onGone: (() -> Void)?
  /// Writes a body of files; nil if the response has none, or the connection sends them.
  var files: FileBodyWriter?
  /// The count of a client behind a proxy; nil if the connection counts.
  var ticket: AddressTable.Ticket?
  /// Bytes of head and body that were given to the stream.
  var bytesSent = 0
  /// When the request was taken.
  let asked: MonotonicTime
  /// When the response began; nil before that.
  private(set) var begun: MonotonicTime?

  /// A request that is taken now.
  init(_ request: consuming Request, asked: MonotonicTime) {
    self.request = request
    self.asked = asked
  }

  /// The status of the response; 0 before it begins.
  var status: Int { Int(statusCode) }

  /// Begins the response, which is returned as this client gets it.
  mutating func begin(_ response: PreparedResponse, now: MonotonicTime) -> PreparedResponse {
    state = .streaming
    statusCode = UInt16(clamping: response.status)
    begun = now
    return isForOneViewer ? response.forOneViewer : response
  }

  /// Begins a response of known length: 304 instead if the client has it.
  mutating func answer(
    with response: PreparedResponse, now: MonotonicTime
  ) -> PreparedResponse {
    // Most requests have no condition, and need no copy for it.
    begin(request.mayBeConditional ? response.conditional(request) : response, now: now)
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
    statusCode = 101
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

/// An exchange as its connection sees it.
protocol ConnectionExchange: Exchange {
  var head: ExchangeHead { get set }
  /// Whether a WebSocket has taken the exchange, and reports it at its end.
  var isUpgraded: Bool { get }
}

extension ConnectionExchange {
  var request: Request { head.request }
  var kind: RequestKind {
    get { head.kind }
    set { head.kind = newValue }
  }
  var viewer: UInt64 {
    get { head.viewer }
    set { head.viewer = newValue }
  }
  var isForOneViewer: Bool {
    get { head.isForOneViewer }
    set { head.isForOneViewer = newValue }
  }
  var delivery: (any DeliveryObserver)? {
    get { head.delivery }
    set { head.delivery = newValue }
  }
  var onGone: (() -> Void)? {
    get { head.onGone }
    set { head.onGone = newValue }
  }

  func takePathPrefix() -> String? { head.request.takePathPrefix() }

  /// The client; nil if the request is malformed.
  var client: PeerAddress? { head.request.peer == .none ? nil : head.request.peer }

  var isEnded: Bool { head.state == .ended }

  /// Continues after the route has returned; refuses a request that is too large to be held.
  func wasRouted(_ errorFields: [HeaderField]) {
    guard !head.wasRouted() else { return }
    let gone = head.onGone
    head.isForOneViewer = false
    let line = "request too large to be held (at most \(Request.heldBytes) bytes)"
    respond(.text(431, line, fields: errorFields), extra: [])
    gone?()
  }

  /// The client has disconnected, or its connection was cut.
  func wasCut() {
    head.delivery.take()?.end(isCut: true, queued: 0)
    head.onGone.take()?()
  }
}

/// An exchange that has ended, of any version of HTTP: for counters and the access log.
package struct ExchangeRecord: Sendable {
  /// The request.
  package internal(set) var request: Request
  /// The client; known even if the request is malformed.
  package let peer: PeerAddress
  /// The label that the route gave the request.
  package let kind: RequestKind
  /// The number that the route gave the viewer; 0 if it gave none.
  package let viewer: UInt64
  /// The status of the response; 0 if no response had begun.
  package let status: Int
  /// Bytes of head and body that were given to the kernel.
  ///
  /// 0 if the connection was lost while bytes were queued: the number that was sent is unknown.
  package var bytesSent: Int
  /// Whether the client did not get the whole response.
  package var cut: Bool
  /// When the request was taken.
  package let asked: MonotonicTime
  /// When the response began; nil if it did not.
  package let begun: MonotonicTime?
  /// When the kernel had taken the last byte, or the exchange ended otherwise.
  package var ended: MonotonicTime

  /// A record with these values.
  package init(
    request: Request, peer: PeerAddress, kind: RequestKind, viewer: UInt64 = 0, status: Int,
    bytesSent: Int, cut: Bool, asked: MonotonicTime, begun: MonotonicTime?, ended: MonotonicTime
  ) {
    self.request = request
    self.peer = peer
    self.kind = kind
    self.viewer = viewer
    self.status = status
    self.bytesSent = bytesSent
    self.cut = cut
    self.asked = asked
    self.begun = begun
    self.ended = ended
  }
}

/// Counts responses and faults of clients.
///
/// Confined to the loop's thread.
package protocol ExchangeObserver: AnyObject {
  /// An exchange has ended.
  func finished(_ record: ExchangeRecord)
  /// The server refused or ended a connection or an HTTP/2 stream because of the client.
  func faulted(_ fault: ConnectionFault)
  /// A proxy on this machine that is no trusted one has passed on a request.
  func metUnnamedProxy(_ peer: PeerAddress)
}

/// The kind of a request, for statistics: a label chosen by the program, never by the client.
package struct RequestKind: Sendable, Hashable {
  private let label: StaticString
  private let number: UInt8

  /// A small number, for use as an index.
  package var index: Int { Int(number) }

  /// A kind; the kinds of routes begin at index 2.
  package init(_ index: UInt8, _ label: StaticString) {
    self.label = label
    number = index
  }

  /// The kind of a request that no route has named.
  package static let other = RequestKind(0, "other")
  /// Refused before routing: malformed, too large, too slow, or one too many.
  package static let refused = RequestKind(1, "refused")

  /// The label as text.
  package var name: String { label.description }

  package static func == (left: RequestKind, right: RequestKind) -> Bool {
    left.number == right.number
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(number)
  }
}
