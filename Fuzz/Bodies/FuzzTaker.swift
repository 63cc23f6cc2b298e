// SPDX-License-Identifier: Apache-2.0

import HTTP

/// Takes a body in pieces, answers when it is whole, and notes what must not happen.
///
/// Confined to the loop's thread.
final class FuzzTaker: BodyReceiver {
  private(set) var violation: String?
  private let exchange: any Exchange
  private let pauses: Bool
  private var isOver = false

  /// A taker that stops after each piece until `goOn`, or does not.
  init(_ exchange: any Exchange, pauses: Bool) {
    self.exchange = exchange
    self.pauses = pauses
    exchange.receiveBody(limit: .max, self)
  }

  /// Has the next piece come.
  func goOn() { exchange.isBodyPaused = false }

  func received(_ bytes: borrowing Span<UInt8>) {
    if isOver { violation = "a piece behind the end of a body" }
    if exchange.isBodyPaused { violation = "a piece while paused" }
    exchange.isBodyPaused = pauses
  }

  func ended() {
    end()
    exchange.respond(.text(201, "taken"))
    exchange.end()
  }

  func failed(_ failure: BodyFailure) {
    end()
    exchange.end()
  }

  private func end() {
    if isOver { violation = "a body ended twice" }
    isOver = true
  }
}
