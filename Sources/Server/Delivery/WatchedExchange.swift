// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Sharing
import Time

/// An exchange whose response with media is measured; everything else is that of the exchange
/// within.
final class WatchedExchange: OuterExchange {
  let inner: any Exchange
  private let watch: DeliveryWatch
  private let delivery: Delivery

  init(_ exchange: any Exchange, _ watch: DeliveryWatch, _ delivery: Delivery) {
    inner = exchange
    self.watch = watch
    self.delivery = delivery
  }

  // MARK: Measured

  func respond(_ response: PreparedResponse, extra: [HeaderField]) {
    let stream = inner.connectionStream
    let response = response.conditional(request)
    inner.respond(response, extra: extra)
    // 200 or 206: errors are no media, and a 304 has none.
    guard response.status / 100 == 2 else { return }
    watch.begin(delivery, stream)
    watch.wrote(delivery, response.body.reduce(0) { $0 + $1.count })
    watch.end(delivery, isCut: stream == nil)
  }

  func begin(_ head: PreparedResponse, extra: [HeaderField]) {
    let stream = inner.connectionStream
    inner.begin(head, extra: extra)
    watch.begin(delivery, stream)
  }

  func write(_ bytes: SharedBytes) {
    inner.write(bytes)
    watch.wrote(delivery, bytes.count)
  }

  func end(with rest: [SharedBytes]) {
    inner.end(with: rest)
    if !rest.isEmpty { watch.wrote(delivery, rest.reduce(0) { $0 + $1.count }) }
    watch.end(delivery, isCut: false)
  }

  func abort() {
    inner.abort()
    watch.end(delivery, isCut: true)
  }

  var onGone: (() -> Void)? {
    get { inner.onGone }
    set {
      guard let newValue else { return inner.onGone = nil }
      inner.onGone = { [watch, delivery] in
        watch.end(delivery, isCut: true)
        newValue()
      }
    }
  }
}
