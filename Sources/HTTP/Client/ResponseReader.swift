// SPDX-License-Identifier: Apache-2.0

/// The bytes of one response on a connection: head, then body, in pieces of any size.
///
/// Pure: no clock, no socket.
package struct ResponseReader: Sendable {
  /// Why a response is refused.
  package enum Fault: Error, Equatable, CustomStringConvertible {
    case head(ResponseHead.Fault)
    case body(ChunkedCodingError)
    /// More than ``maximumInterim`` interim responses.
    case interim
    /// The connection ended before the response.
    case cut

    package var description: String {
      switch self {
      case .head(let fault): "\(fault)"
      case .body(let fault): "\(fault)"
      case .interim: "more than \(ResponseReader.maximumInterim) interim responses (1xx)"
      case .cut: "the connection ended within the response"
      }
    }
  }

  /// The most interim responses (1xx) before a response.
  package static let maximumInterim = 16

  private enum State: Sendable {
    case head
    case length(Int)
    case chunked(ChunkedDecoder)
    case connection
    case ended
  }

  private var state = State.head
  private var buffer: [UInt8] = []
  /// The first bytes of the buffer in which no end of the head begins.
  private var searched = 0
  /// The head; nil until it is whole.
  package private(set) var head: ResponseHead?
  /// The number of interim responses 103 (Early Hints) before the head.
  ///
  /// - Source: RFC 8297
  package private(set) var earlyHints = 0
  /// The number of interim responses before the head.
  private var interim = 0

  /// A reader at the first byte of a response.
  package init() {}

  /// Whether a head has begun that is not whole.
  package var isWithinHead: Bool {
    if case .head = state { !buffer.isEmpty } else { false }
  }

  /// Whether the response is whole.
  package var hasEnded: Bool { if case .ended = state { true } else { false } }

  /// Whether the connection can have another request: the response is whole, and nothing follows.
  package var isReusable: Bool { hasEnded && buffer.isEmpty && head?.isPersistent == true }

  /// Takes bytes of the connection; none are its end.
  ///
  /// - Returns: the bytes of the body that they complete.
  package mutating func take(_ bytes: [UInt8]) throws(Fault) -> [UInt8] {
    if bytes.isEmpty {
      guard case .connection = state else {
        guard hasEnded else { throw .cut }
        return []
      }
      state = .ended
      return []
    }
    buffer += bytes
    while case .head = state {
      guard try takeHead() else { return [] }
    }
    return try takeBody()
  }

  private static let endOfHead: [UInt8] = [0x0D, 0x0A, 0x0D, 0x0A]

  /// Takes a head, unless it is that of an interim response; false if it is not whole.
  private mutating func takeHead() throws(Fault) -> Bool {
    let end = buffer.prefix(ResponseHead.limit).dropFirst(searched)
      .firstOccurrence(of: Self.endOfHead)
    guard let end else {
      // bounded: at most the size of the buffer
      searched = max(0, buffer.count - Self.endOfHead.count + 1)
      guard buffer.count < ResponseHead.limit else { throw .head(.tooLarge) }
      return false
    }
    let found: ResponseHead
    // bounded: the end was found in the buffer
    do throws(ResponseHead.Fault) { found = try ResponseHead(buffer[..<end.lowerBound]) } catch {
      throw .head(error)
    }
    buffer.removeSubrange(..<end.upperBound)
    searched = 0
    // RFC 9110 §15.2: a client must be able to parse interim responses; it asked for no upgrade.
    guard found.status >= 200 else {
      guard found.status != 101 else { throw .head(.statusLine) }
      guard interim < Self.maximumInterim else { throw .interim }
      interim += 1
      if found.status == 103 { earlyHints += 1 }
      return !buffer.isEmpty
    }
    head = found
    switch found.framing {
    case .length(0): state = .ended
    case .length(let length): state = .length(length)
    case .chunked: state = .chunked(ChunkedDecoder())
    case .connection: state = .connection
    }
    return true
  }

  private mutating func takeBody() throws(Fault) -> [UInt8] {
    switch state {
    case .head, .ended: return []
    case .connection:
      defer { buffer = [] }
      return buffer
    case .length(let length):
      let piece = Array(buffer.prefix(length))
      buffer.removeFirst(piece.count)
      state = piece.count == length ? .ended : .length(length - piece.count)
      return piece
    case .chunked(var decoder):
      var found: [UInt8] = []
      var position = 0
      do throws(ChunkedCodingError) {
        decoding: while true {
          switch try decoder.next(buffer.span, &position) {
          case .data(let range): found += buffer[range]
          case .more:
            state = .chunked(decoder)
            break decoding
          case .end:
            state = .ended
            break decoding
          }
        }
      } catch { throw .body(error) }
      buffer.removeFirst(position)
      return found
    }
  }
}
