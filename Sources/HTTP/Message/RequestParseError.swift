// SPDX-License-Identifier: Apache-2.0

/// Why a request head is refused; `description` says what was wrong and what is allowed.
package enum RequestParseError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A CR without LF, or a LF without CR. RFC 9112 §2.2.
  case bareLineEnding
  /// A control character, NUL or DEL among them. RFC 9110 §5.5.
  case controlCharacter
  /// A request line that is not `method SP target SP version`. RFC 9112 §3.
  case malformedRequestLine
  /// A request target in a form or with a character that is not allowed. RFC 9112 §3.2.
  case badTarget
  /// A `%` that is not followed by two hexadecimal digits. RFC 3986 §2.1.
  case badPercentEscape
  /// A field line that is not `name ":" value`, or that goes on over lines. RFC 9112 §5.
  case malformedField
  /// No `Host`, several, or one that is no host. RFC 9112 §3.2.
  case badHost
  /// `Content-Length` and `Transfer-Encoding` that contradict each other. RFC 9112 §6.3.
  case badFraming
  /// A transfer coding other than `chunked`. RFC 9112 §6.1.
  case unknownTransferCoding
  /// An expectation other than `100-continue`. RFC 9110 §10.1.1.
  case unknownExpectation
  /// Another version than HTTP/1.x. RFC 9110 §15.6.6.
  case unsupportedVersion
  /// A request target above the limit. RFC 9110 §15.5.15.
  case targetTooLong(limit: Int)
  /// A head above the limit. RFC 6585 §5.
  case headTooLarge(limit: Int)
  /// More fields than the limit. RFC 6585 §5.
  case tooManyFields(limit: Int)

  /// The status to answer with.
  package var status: Int {
    switch self {
    case .unknownTransferCoding: 501
    case .unknownExpectation: 417
    case .unsupportedVersion: 505
    case .targetTooLong: 414
    case .headTooLarge, .tooManyFields: 431
    default: 400
    }
  }

  package var description: String {
    switch self {
    case .bareLineEnding: "a CR or LF alone; lines end with CR LF"
    case .controlCharacter: "a control character in the head; allowed is only HTAB in values"
    case .malformedRequestLine: "malformed request line; allowed is: method SP target SP HTTP/1.1"
    case .badTarget: "bad request target; allowed is /path?query without spaces and fragment"
    case .badPercentEscape: "bad percent-escape in the path; allowed is % and two hex digits"
    case .malformedField: "malformed field line; allowed is name: value, on one line"
    case .badHost: "bad Host; exactly one with a host and an optional port is required"
    case .badFraming: "contradictory length; allowed is one Content-Length or chunked coding"
    case .unknownTransferCoding: "unknown transfer coding; allowed is chunked"
    case .unknownExpectation: "unknown expectation; allowed is 100-continue"
    case .unsupportedVersion: "unsupported version; allowed is HTTP/1.1 and HTTP/1.0"
    case .targetTooLong(let limit): "request target too long; allowed are \(limit) bytes"
    case .headTooLarge(let limit): "request head too large; allowed are \(limit) bytes"
    case .tooManyFields(let limit): "too many header fields; allowed are \(limit)"
    }
  }
}
