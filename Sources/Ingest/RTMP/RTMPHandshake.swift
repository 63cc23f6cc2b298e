// SPDX-License-Identifier: Apache-2.0

/// The server's side of the handshake in its simple form: a pure state machine.
///
/// The form with digests was for Flash players; publishers accept a server without it.
/// - Source: Adobe RTMP 1.0 §5.2
package struct RTMPHandshake: Sendable {
  /// The size of C1, C2, S1 and S2.
  package static let size = 1536

  private enum State: Sendable { case version, first, second, done }

  private var state = State.version
  /// C1, of which a part has arrived.
  private var first: [UInt8] = []
  /// The bytes of C2 that have arrived.
  private var secondCount = 0

  /// Whether C2 has arrived.
  package var isDone: Bool { state == .done }

  /// Takes bytes from `offset` on, until they end or the handshake is done.
  ///
  /// - Returns: the bytes to be sent; often none.
  /// - Throws: if the client speaks another version.
  package mutating func take(
    _ bytes: borrowing Span<UInt8>, at offset: inout Int
  ) throws(RTMPError) -> [UInt8] {
    var reply: [UInt8] = []
    while offset < bytes.count, !isDone {
      switch state {
      case .version:
        let version = bytes[offset]
        // Versions above 3 were never published; encrypted RTMPE is 6.
        guard version == 3 else { throw .version(version) }
        offset += 1
        state = .first
      case .first:
        first.append(bytes[offset])
        offset += 1
        guard first.count == Self.size else { continue }
        reply = [3] + Self.ownFirst + first
        first = []
        state = .second
      case .second:
        let count = min(Self.size - secondCount, bytes.count - offset)
        secondCount += count
        offset += count
        if secondCount == Self.size { state = .done }
      case .done: break
      }
    }
    return reply
  }

  /// S1: a time of 0, four zeros, and bytes that need not be random, since nothing depends on them.
  private static let ownFirst: [UInt8] =
    Array(repeating: 0, count: 8) + (8..<size).map { UInt8(truncatingIfNeeded: $0) }
}
