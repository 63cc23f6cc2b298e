// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing

/// Frames to be written to a stream: small pieces are copied into one buffer, slices stay shared.
///
/// One for each loop, since only one connection writes at a time.
final class HTTP2Output {
  /// The number of bytes after which a batch is written before more frames are built: later frames
  /// follow the priorities at their time.
  static let batchSize = 64 * 1024

  private enum Piece {
    case gathered(Range<Int>)
    case shared(ByteSlice)
  }

  private var gathered: [UInt8] = []
  private var pieces: [Piece] = []
  private(set) var byteCount = 0

  var isFull: Bool { byteCount >= Self.batchSize }

  /// Appends a copy of bytes that are valid during the call only.
  func append(copying bytes: UnsafeBufferPointer<UInt8>) {
    let start = gathered.count
    unsafe gathered.append(contentsOf: bytes)
    byteCount += bytes.count
    if case .gathered(let range)? = pieces.last {
      pieces[pieces.count - 1] = .gathered(range.lowerBound..<gathered.count)
    } else {
      pieces.append(.gathered(start..<gathered.count))
    }
  }

  func append(_ slice: ByteSlice) {
    pieces.append(.shared(slice))
    byteCount += slice.count
  }

  /// Moves everything as slices to `batch`.
  func move(to batch: inout [ByteSlice]) {
    guard byteCount > 0 else { return }
    let small = SharedBytes(gathered)
    for piece in pieces {
      switch piece {
      case .gathered(let range): batch.append(ByteSlice(small, range))
      case .shared(let slice): batch.append(slice)
      }
    }
    gathered.removeAll(keepingCapacity: true)
    pieces.removeAll(keepingCapacity: true)
    byteCount = 0
  }

  func removeAll() {
    gathered.removeAll(keepingCapacity: true)
    pieces.removeAll(keepingCapacity: true)
    byteCount = 0
  }
}
