// SPDX-License-Identifier: Apache-2.0

extension Exchange {
  /// Receives the whole body, then calls `whole` with it; for small bodies.
  ///
  /// If the body is not complete, the client has a response (413, 408, 400) or has disconnected,
  /// and `whole` is not called. A request without a body has an empty body.
  package func collectBody(limit: Int? = nil, _ whole: @escaping ([UInt8]) -> Void) {
    receiveBody(limit: limit, BodyCollector(whole))
  }
}

/// Collects a body until it is complete.
private final class BodyCollector: BodyReceiver {
  private var bytes: [UInt8] = []
  private let whole: ([UInt8]) -> Void

  init(_ whole: @escaping ([UInt8]) -> Void) { self.whole = whole }

  func received(_ piece: borrowing Span<UInt8>) {
    unsafe piece.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
  }

  func ended() { whole(bytes) }

  func failed(_ failure: BodyFailure) {}
}
