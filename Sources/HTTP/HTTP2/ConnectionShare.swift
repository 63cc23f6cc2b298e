// SPDX-License-Identifier: Apache-2.0

/// The bytes of one HTTP/2 stream among the last bytes of its connection.
///
/// The kernel counts the bytes of a connection without regard to its streams. Pure.
package struct ConnectionShare {
  /// The pieces that are kept: four seconds of video and audio, with several frames for a chunk.
  private static let capacity = 1024

  private struct Piece {
    let count: Int
    /// The number of bytes of the connection up to the end of the piece.
    let end: Int
  }

  private var pieces: [Piece] = []

  /// No bytes.
  package init() {}

  /// Adds a piece behind all others.
  package mutating func add(_ count: Int, end: Int) {
    if pieces.count >= Self.capacity { pieces.removeFirst(Self.capacity / 2) }
    pieces.append(Piece(count: count, end: end))
  }

  /// Forgets the pieces up to byte `end` of the connection: they are acknowledged.
  package mutating func forget(upTo end: Int) {
    let rest = pieces.firstIndex { $0.end > end } ?? pieces.endIndex
    pieces.removeFirst(rest)
  }

  /// The own bytes among the last `count` bytes of the connection.
  ///
  /// - Parameters:
  ///   - count: a number of bytes.
  ///   - total: the number of all bytes of the connection.
  /// - Returns: at most `count`.
  package func count(ofLast count: Int, of total: Int) -> Int {
    // bounded: bytes of one connection
    let start = total - count
    var own = 0
    for piece in pieces.reversed() {
      guard piece.end > start else { break }
      // bounded: as above
      own += min(piece.count, piece.end - start)
    }
    return min(own, max(0, count))
  }
}
