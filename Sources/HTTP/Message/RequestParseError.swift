// SPDX-License-Identifier: Apache-2.0

/// The reason to refuse a request head; `description` is the body of the response.
package enum RequestParseError: Error, Equatable, Sendable, CustomStringConvertible {
  /// A CR without LF, or an LF without CR. RFC 9112 §2.2.
  case bareLineEnding
  /// A control character, including NUL and DEL. RFC 9110 §5.5.
  case controlCharacter
  /// A request line that is not `method SP target SP version`. RFC 9112 §3.
  case malformedRequestLine
  /// A request target of another form, or with an invalid character. RFC 9112 §3.2.
  case badTarget
  /// A `%` that is not followed by two hexadecimal digits. RFC 3986 §2.1.
  case badPercentEscape
  /// A field line that is not `name ":" value`, or is longer than one line. RFC 9112 §5.
  case malformedField
  /// No `Host`, several, or an invalid one. RFC 9112 §3.2.
  case badHost
  /// Contradictory `Content-Length` and `Transfer-Encoding`. RFC 9112 §6.3.
  case badFraming
  /// A transfer coding other than `chunked`. RFC 9112 §6.1.
  case unknownTransferCoding
  /// An expectation other than `100-continue`. RFC 9110 §10.1.1.
  case unknownExpectation
  /// A version other than HTTP/1.x. RFC 9110 §15.6.6.
  case unsupportedVersion
  /// `Forwarded` and `X-Forwarded-For` of a trusted proxy name different clients.
  case conflictingForwarded
  /// `Forwarded` and `X-Forwarded-Proto` of a trusted proxy name different schemes.
  case conflictingScheme
  /// A request target above the limit. RFC 9110 §15.5.15.
  case targetTooLong(limit: Int)
  /// A head above the limit. RFC 6585 §5.
  case headTooLarge(limit: Int)
  /// More fields than the limit. RFC 6585 §5.
  case tooManyFields(limit: Int)

  /// The status of the response.
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
    case .bareLineEnding: "CR or LF alone (expected CR LF at the end of each line)"
    case .controlCharacter: "control character in the head (expected only HTAB, in values)"
    case .malformedRequestLine: "malformed request line (expected method SP target SP HTTP/1.1)"
    case .badTarget: "bad request target (expected /path?query without spaces and fragment)"
    case .badPercentEscape: "bad percent-escape in the path (expected % and two hex digits)"
    case .malformedField: "malformed field line (expected name: value, on one line)"
    case .badHost: "bad Host (expected exactly one, with a host and an optional port)"
    case .badFraming: "contradictory length (expected one Content-Length or chunked coding)"
    case .unknownTransferCoding: "unknown transfer coding (expected chunked)"
    case .unknownExpectation: "unknown expectation (expected 100-continue)"
    case .unsupportedVersion: "unsupported version (expected HTTP/1.1 or HTTP/1.0)"
    case .conflictingForwarded:
      "Forwarded and X-Forwarded-For name different clients (expected one of them)"
    case .conflictingScheme:
      "Forwarded and X-Forwarded-Proto name different schemes (expected one of them)"
    case .targetTooLong(let limit): "request target too long (at most \(limit) bytes)"
    case .headTooLarge(let limit): "request head too large (at most \(limit) bytes)"
    case .tooManyFields(let limit): "too many header fields (at most \(limit))"
    }
  }
}
