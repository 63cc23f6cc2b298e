// SPDX-License-Identifier: Apache-2.0

/// Who takes the body of a request as it comes, whatever version of HTTP carries it.
///
/// Called on the loop's thread, never from inside a call on an exchange. `ended` or `failed` is the
/// last call, unless the route ends its answer before: then there is none.
package protocol BodyReceiver: AnyObject {
  /// More of it came; the bytes are gone after the call.
  func received(_ bytes: borrowing Span<UInt8>)
  /// It is whole.
  func ended()
  /// It will never be whole.
  ///
  /// If no answer had begun, the client has its answer already.
  func failed(_ failure: BodyFailure)
}

/// Why the body of a request will never be whole; `description` is what the client is told.
package enum BodyFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// More than is taken. RFC 9110 §15.5.14.
  case tooLarge(limit: Int)
  /// Too little came for too long. RFC 9110 §15.5.9.
  case tooSlow(leastBytes: Int, seconds: Double)
  /// Its end cannot be known.
  case malformed(ChunkedCodingError)
  /// The client went, or the connection was cut.
  case gone

  /// The status to answer with.
  package var status: Int {
    switch self {
    case .tooLarge: 413
    case .tooSlow, .gone: 408
    case .malformed(.trailersTooLarge): 431
    case .malformed: 400
    }
  }

  /// What it is called in the statistics.
  var fault: ConnectionFault? {
    switch self {
    case .tooLarge: .bodySize
    case .tooSlow: .bodyTime
    case .malformed, .gone: nil
    }
  }

  package var description: String {
    switch self {
    case .tooLarge(let limit): "request body too large; allowed are \(limit) bytes"
    case .tooSlow(let leastBytes, let seconds):
      "request body too slow; at least \(max(leastBytes, 1)) bytes are wanted in \(seconds) s"
    case .malformed(let error): error.description
    case .gone: "the client has gone"
    }
  }
}

extension Exchange {
  /// Takes the whole body, then calls `whole` with it: for bodies that are small.
  ///
  /// If it is never whole, the client has its answer (413, 408, 400) or has gone, and `whole` is not
  /// called. A request without a body gives an empty one.
  package func collectBody(limit: Int? = nil, _ whole: @escaping ([UInt8]) -> Void) {
    receiveBody(limit: limit, BodyCollector(whole))
  }
}

/// Gathers a body until it is whole.
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
