// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing

/// Frames on their way to a stream: what is small is gathered in one buffer, what is shared stays so.
///
/// One for each loop, since only one connection writes at a time.
final class HTTP2Output {
  /// Bytes after which a batch is written before more frames are made: what is made late is made in
  /// the order of the priorities that hold then.
  static let batchSize = 64 * 1024

  private enum Piece {
    case gathered(Range<Int>)
    case shared(ByteSlice)
  }

  private var gathered: [UInt8] = []
  private var pieces: [Piece] = []
  private(set) var byteCount = 0

  var isFull: Bool { byteCount >= Self.batchSize }

  /// Copies bytes that are not kept by anybody.
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

  /// Gives what there is as slices to `batch`; nothing is left.
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
