// SPDX-License-Identifier: Apache-2.0

import Net

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
