// SPDX-License-Identifier: Apache-2.0

/// Receives the body of a request piece by piece, over any version of HTTP.
///
/// Called on the loop's thread, never from inside a call on an exchange. `ended` or `failed` is the
/// last call. If the route ends its response earlier, neither is called.
package protocol BodyReceiver: AnyObject {
  /// Whether the body may bring little for long, as a track of text does: then it is too slow only
  /// without a byte for six spans of `bodyTime`.
  var isSparse: Bool { get }
  /// The next piece; the bytes are valid during the call only.
  func received(_ bytes: borrowing Span<UInt8>)
  /// The body is complete.
  func ended()
  /// The body will not be complete.
  ///
  /// If the route had begun no response, the server has sent an error response, unless the client
  /// has disconnected.
  func failed(_ failure: BodyFailure)
}

extension BodyReceiver {
  package var isSparse: Bool { false }
}

/// Why a request body will not be complete; `description` is the body of the response.
package enum BodyFailure: Error, Equatable, Sendable, CustomStringConvertible {
  /// More bytes than the limit. RFC 9110 §15.5.14.
  case tooLarge(limit: Int)
  /// Too few bytes in one span of `bodyTime`. RFC 9110 §15.5.9.
  case tooSlow(minimumBytes: Int, seconds: Double)
  /// The end of the body cannot be found.
  case malformed(ChunkedCodingError)
  /// The client disconnected, or the connection was cut.
  case gone

  /// The status of the response.
  package var status: Int {
    switch self {
    case .tooLarge: 413
    case .tooSlow, .gone: 408
    case .malformed(.trailersTooLarge): 431
    case .malformed: 400
    }
  }

  /// The fault for statistics; nil if it is not counted.
  var fault: ConnectionFault? {
    switch self {
    case .tooLarge: .bodySize
    case .tooSlow: .bodyTime
    case .malformed, .gone: nil
    }
  }

  package var description: String {
    switch self {
    case .tooLarge(let limit): "request body too large (at most \(limit) bytes)"
    case .tooSlow(let minimumBytes, let seconds):
      "request body too slow (expected at least \(max(minimumBytes, 1)) bytes in \(seconds) s)"
    case .malformed(let error): error.description
    case .gone: "the client has disconnected"
    }
  }
}
