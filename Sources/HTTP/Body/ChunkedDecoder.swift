// SPDX-License-Identifier: Apache-2.0

import Checked

/// Decodes a body in chunked transfer coding, in pieces of any size.
///
/// Strict, since a proxy before this server must find the same end of the body. Chunk extensions
/// and trailers are bounded and ignored (RFC 9112 §7.1.1, §7.1.2). Pure: no clock, no socket; keeps
/// no bytes.
/// - Source: RFC 9112 §7.1
package struct ChunkedDecoder: Sendable {
  /// The next piece of the body.
  package enum Piece: Sendable, Equatable {
    /// The bytes in this range belong to the body.
    case data(Range<Int>)
    /// The body has ended; the next byte belongs to another request.
    case end
    /// All bytes are taken and the body has not ended.
    case more
  }

  /// The maximum number of bytes of the line before an HTTP chunk.
  static let lineLimit = 1024
  /// The maximum number of bytes other than data, beyond the need of HTTP chunks of a usual size.
  static let excessLimit = 16 * 1024

  private enum State: UInt8 {
    case sizeStart, size, afterSize, inExtension, sizeEnd
    case data, dataEnd, dataEndLF
    case trailerStart, trailerName, trailerValue, trailerEnd, lastEnd
    case ended
  }

  private var state = State.sizeStart
  /// The size while it is read, then the rest of the HTTP chunk.
  private var left = 0
  private var lineLength = 0
  private var excess = 0
  private var trailerLength = 0
  private let trailerLimit: Int

  /// A decoder at the first octet of a body.
  ///
  /// - Parameter trailerLimit: the maximum number of bytes of all trailers.
  package init(trailerLimit: Int = HeadLimits().headBytes) {
    self.trailerLimit = trailerLimit
  }

  /// Takes the next piece from `position` on, and moves `position` to its end.
  ///
  /// - Throws: the reason to refuse the body; discard the connection's later bytes.
  package mutating func next(
    _ bytes: borrowing Span<UInt8>, _ position: inout Int
  ) throws(ChunkedCodingError) -> Piece {
    if state == .ended { return .end }
    while position < bytes.count {
      if state == .data {
        let start = position
        position += min(left, bytes.count - position)
        left -= position - start
        if left == 0 { state = .dataEnd }
        return .data(start..<position)
      }
      let octet = bytes[position]
      position += 1
      if state.rawValue < State.data.rawValue {
        try takeSizeLine(octet)
      } else if state.rawValue < State.trailerStart.rawValue {
        try takeDataEnd(octet)
      } else {
        try takeTrailer(octet)
      }
      if state == .ended { return .end }
    }
    return .more
  }

  /// Reads `chunk-size [ chunk-ext ] CRLF`.
  private mutating func takeSizeLine(_ octet: UInt8) throws(ChunkedCodingError) {
    lineLength += 1
    guard lineLength <= Self.lineLimit else { throw .extensionTooLong(limit: Self.lineLimit) }
    switch state {
    case .sizeStart, .size:
      if let digit = hexadecimalValue(octet) {
        guard left <= Int.max >> 8 else { throw .sizeTooLarge }
        left = left << 4 | Int(digit)
        state = .size
      } else {
        guard state == .size else { throw .badSize }
        try takeAfterSize(octet)
      }
    case .afterSize: try takeAfterSize(octet)
    case .inExtension:
      if octet == 0x0D {
        state = .sizeEnd
      } else if isControl(octet) {
        throw .badLineEnding
      }
    default:
      guard octet == 0x0A else { throw .badLineEnding }
      try beginChunk()
    }
  }

  /// After the digits: the end of the line, or spaces and an extension.
  private mutating func takeAfterSize(_ octet: UInt8) throws(ChunkedCodingError) {
    switch octet {
    case 0x0D where state == .size: state = .sizeEnd
    case UInt8(ascii: ";"): state = .inExtension
    // RFC 9112 §7.1.1: spaces may precede the semicolon only.
    case 0x20, 0x09: state = .afterSize
    case 0x0A: throw .badLineEnding
    default: throw .badSize
    }
  }

  private mutating func beginChunk() throws(ChunkedCodingError) {
    // RFC 9112 §7.1.1: "A server ought to limit the total length of chunk extensions". An endless
    // sequence of tiny HTTP chunks wastes as much.
    // bounded: 2^31 at most; the line has its limit
    excess = max(0, excess + lineLength - 16 - min(2 * min(left, 1 << 30), 1 << 20))
    guard excess <= Self.excessLimit else { throw .extensionTooLong(limit: Self.excessLimit) }
    lineLength = 0
    state = left == 0 ? .trailerStart : .data
  }

  private mutating func takeDataEnd(_ octet: UInt8) throws(ChunkedCodingError) {
    guard octet == (state == .dataEnd ? 0x0D : 0x0A) else { throw .badLineEnding }
    state = state == .dataEnd ? .dataEndLF : .sizeStart
  }

  /// Reads `*( field-line CRLF ) CRLF`.
  private mutating func takeTrailer(_ octet: UInt8) throws(ChunkedCodingError) {
    trailerLength += 1
    guard trailerLength <= trailerLimit else { throw .trailersTooLarge(limit: trailerLimit) }
    switch state {
    case .trailerStart:
      if octet == 0x0D {
        state = .lastEnd
      } else {
        guard isTokenCharacter(octet) else { throw .badTrailer }
        state = .trailerName
      }
    case .trailerName:
      if octet == UInt8(ascii: ":") {
        state = .trailerValue
      } else if !isTokenCharacter(octet) {
        throw .badTrailer
      }
    case .trailerValue:
      if octet == 0x0D {
        state = .trailerEnd
      } else if isControl(octet) {
        throw .badTrailer
      }
    default:
      guard octet == 0x0A else { throw .badLineEnding }
      state = state == .trailerEnd ? .trailerStart : .ended
    }
  }

  private func isControl(_ octet: UInt8) -> Bool {
    octet < 0x20 && octet != 0x09 || octet == 0x7F
  }
}

/// The reason to refuse a body in chunked coding; `description` is the body of the response.
package enum ChunkedCodingError: Error, Equatable, Sendable, CustomStringConvertible {
  /// No hexadecimal number at the start of an HTTP chunk.
  case badSize
  /// A size above 2^63 − 1.
  case sizeTooLarge
  /// A line or an HTTP chunk that does not end with CR LF.
  case badLineEnding
  /// Extensions, or sizes of tiny HTTP chunks, above the limit.
  case extensionTooLong(limit: Int)
  /// A trailer that is no field line.
  case badTrailer
  /// Trailers above the limit. RFC 6585 §5.
  case trailersTooLarge(limit: Int)

  package var description: String {
    switch self {
    case .badSize: "bad chunk size (expected hexadecimal digits, then CR LF or ;)"
    case .sizeTooLarge: "chunk size too large"
    case .badLineEnding: "bad chunk (expected CR LF after each size and each chunk)"
    case .extensionTooLong(let limit): "too many bytes between chunks (at most \(limit))"
    case .badTrailer: "malformed trailer (expected name: value, on one line)"
    case .trailersTooLarge(let limit): "trailers too large (at most \(limit) bytes)"
    }
  }
}
