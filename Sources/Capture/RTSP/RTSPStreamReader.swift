// SPDX-License-Identifier: Apache-2.0

/// Divides the bytes of an RTSP connection into messages and interleaved media.
///
/// Bytes that are neither are left out, as are interleaved frames that are too short for a packet:
/// some devices send both.
/// - Source: RFC 2326 §10.12; RFC 7826 §14
package struct RTSPStreamReader: Sendable {
  /// A part of the stream.
  package enum Piece: Sendable, Equatable {
    /// Interleaved frames, or parts of them, with their heads.
    case media(ArraySlice<UInt8>)
    case message(RTSPMessage)
  }

  /// The least size of a packet of RTP or RTCP.
  private static let shortestPacket = 8
  /// The starts of messages.
  private static let starts: [[UInt8]] = [
    "RTSP/", "OPTIONS ", "DESCRIBE ", "ANNOUNCE ", "SETUP ", "PLAY ", "PLAY_NOTIFY ", "PAUSE ",
    "RECORD ", "REDIRECT ", "TEARDOWN ", "GET_PARAMETER ", "SET_PARAMETER ",
  ].map { Array($0.utf8) }

  /// The start of an incomplete message, or of the head of a frame.
  private var held: [UInt8] = []
  /// The bytes that `held` needs at least.
  private var needed = 0
  /// The missing bytes of an interleaved frame.
  private var missing = 0
  /// The number of bytes that were left out.
  package private(set) var leftOut: UInt64 = 0

  /// A reader at the start of a connection.
  package init() {}

  /// Takes the next bytes of the connection.
  package mutating func take(_ bytes: [UInt8]) -> [Piece] {
    guard held.count + bytes.count >= needed else {
      held += bytes
      return []
    }
    let bytes = held.isEmpty ? bytes : held + bytes
    (held, needed) = ([], 0)
    var pieces: [Piece] = []
    var index = min(missing, bytes.count)
    missing -= index
    var start = 0
    /// Ends the media before `end`; they continue at `next`.
    func cut(at end: Int, next: Int) {
      if end > start { pieces.append(.media(bytes[start..<end])) }
      start = next
    }
    while index < bytes.count {
      switch step(bytes[index...]) {
      case .frame(let length):
        // bounded: a frame has at most 65,539 bytes
        let end = index + length
        missing = max(0, end - bytes.count)
        index = min(end, bytes.count)
      case .skip(let length):
        cut(at: index, next: index + length)
        leftOut &+= UInt64(length)
        index += length
      case .message(let message, let length):
        cut(at: index, next: index + length)
        pieces.append(.message(message))
        index += length
      case .incomplete(let count):
        cut(at: index, next: bytes.count)
        held = Array(bytes[index...])
        needed = count
        index = bytes.count
      }
    }
    cut(at: bytes.count, next: bytes.count)
    return pieces
  }

  private enum Step {
    case frame(Int)
    case skip(Int)
    case message(RTSPMessage, Int)
    case incomplete(Int)
  }

  /// The next part of bytes, of which there is at least one.
  private func step(_ bytes: ArraySlice<UInt8>) -> Step {
    if bytes.first == UInt8(ascii: "$") {
      let head = Array(bytes.prefix(4))
      guard head.count == 4 else { return .incomplete(4) }
      // bounded: 16 bits, and the head
      let length = 4 + (Int(head[2]) << 8 | Int(head[3]))
      if length >= 4 + Self.shortestPacket { return .frame(length) }
      return bytes.count < length ? .incomplete(length) : .skip(length)
    }
    guard Self.starts.contains(where: { bytes.starts(with: $0.prefix(bytes.count)) }) else {
      return .skip(1)
    }
    switch RTSPMessage.read(bytes) {
    case .message(let message, let length): return .message(message, length)
    case .incomplete(let needed): return .incomplete(needed)
    case .invalid: return .skip(1)
    }
  }
}
