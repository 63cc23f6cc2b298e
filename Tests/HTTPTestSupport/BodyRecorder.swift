// SPDX-License-Identifier: Apache-2.0

import HTTP
import Sharing

/// Records a request body, and answers 201 after its end.
///
/// Confined to the loop's thread.
final class BodyRecorder: BodyReceiver {
  private let exchange: any Exchange
  private let path: String
  private let seen: Monitor<TestRoutes.Seen>
  private let pauses: Bool
  private var isOver = false

  /// Bodies at `/take/sparse` may bring little for long.
  var isSparse: Bool { path == "/take/sparse" }

  init(_ exchange: any Exchange, _ path: String, _ seen: Monitor<TestRoutes.Seen>, pauses: Bool) {
    self.exchange = exchange
    self.path = path
    self.seen = seen
    self.pauses = pauses
  }

  func received(_ bytes: borrowing Span<UInt8>) {
    expect(!isOver, "a piece after the end of a body")
    expect(!exchange.isBodyPaused, "a piece while paused")
    let piece = unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) }
    change { $0.bytes += piece }
    if pauses { exchange.isBodyPaused = true }
  }

  func ended() {
    end()
    change { $0.isWhole = true }
    exchange.respond(.text(201, "taken"))
    exchange.end()
  }

  func failed(_ failure: BodyFailure) {
    end()
    change { $0.failure = failure }
    exchange.end()
  }

  private func end() {
    expect(!isOver, "a body ended twice")
    isOver = true
  }

  private func change(_ body: (inout TestRoutes.Body) -> Void) {
    seen.update { [path] in body(&$0.bodies[path, default: .init()]) }
  }

  private func expect(_ condition: Bool, _ violation: String) {
    if !condition { seen.update { $0.violations.append(violation) } }
  }
}
