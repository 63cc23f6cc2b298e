// SPDX-License-Identifier: Apache-2.0

import Sharing
package import System

/// Bytes of open files and of memory, one piece after another, which are sent without being read
/// into memory as a whole.
package struct FileBytes: Sendable {
  /// A piece of the bytes.
  package enum Piece: Sendable {
    /// A range of the file with this index.
    case file(Int, Range<Int>)
    case memory(ByteSlice)

    var count: Int {
      switch self {
      case .file(_, let range): range.count
      case .memory(let slice): slice.count
      }
    }
  }

  /// The files of the pieces, and the threads that read them.
  package let open: OpenFiles
  let pieces: [Piece]
  /// The number of bytes.
  package let count: Int

  /// The bytes of these pieces; their files are those of `open`.
  package init(_ pieces: [Piece], of open: OpenFiles) {
    self.open = open
    var joined: [Piece] = []
    for piece in pieces where piece.count > 0 {
      // Consecutive segments of a file are sent together.
      if case .file(let index, let range) = piece, case .file(index, let before)? = joined.last,
        before.upperBound == range.lowerBound
      {
        joined[joined.count - 1] = .file(index, before.lowerBound..<range.upperBound)
      } else {
        joined.append(piece)
      }
    }
    self.pieces = joined
    count = joined.reduce(0) { $0 + $1.count }
  }

  /// The bytes in `range`, which is limited to those that exist.
  package func cut(_ range: Range<Int>) -> FileBytes {
    let range = range.clamped(to: 0..<count)
    var start = 0
    var kept: [Piece] = []
    for piece in pieces where start < range.upperBound {
      // bounded: positions in `range`, and bytes of files
      let (first, end) = (
        max(0, range.lowerBound - start), min(piece.count, range.upperBound - start)
      )
      start += piece.count
      guard first < end else { continue }
      let own = first..<end
      switch piece {
      case .file(let index, let range):
        kept.append(
          .file(index, range.lowerBound + own.lowerBound..<range.lowerBound + own.upperBound))
      case .memory(let slice):
        kept.append(
          .memory(
            ByteSlice(slice.bytes, slice.offset + own.lowerBound..<slice.offset + own.upperBound)))
      }
    }
    return FileBytes(kept, of: open)
  }
}
