// SPDX-License-Identifier: Apache-2.0

import Net
import Sharing

/// Frames of HTTP/2 to be written to a stream: small pieces are copied into one buffer, slices stay
/// shared.
///
/// One for each loop, since only one connection writes at a time.
final class GatheredOutput {
  /// The number of bytes after which a batch is written before more frames are built: later frames
  /// follow the priorities at their time.
  static let batchSize = 64 * 1024

  private enum Piece {
    case gathered(Range<Int>)
    case shared(ByteSlice)
  }

  private var gathered: [UInt8] = []
  private var pieces: [Piece] = []
  /// Where the last gathered piece begins; nil if the last piece is a slice.
  private var lastStart: Int?
  private(set) var byteCount = 0

  var isFull: Bool { byteCount >= Self.batchSize }

  /// Appends a copy of bytes that are valid during the call only.
  func append(copying bytes: UnsafeBufferPointer<UInt8>) {
    if lastStart == nil { lastStart = gathered.count }
    unsafe gathered.append(contentsOf: bytes)
    byteCount += bytes.count
  }

  func append(_ slice: ByteSlice) {
    endGathered()
    pieces.append(.shared(slice))
    byteCount += slice.count
  }

  private func endGathered() {
    guard let start = lastStart else { return }
    pieces.append(.gathered(start..<gathered.count))
    lastStart = nil
  }

  /// Writes everything to `stream`, by way of the empty `batch`.
  func write(to stream: any ByteStream, _ batch: WriteBatch) {
    guard byteCount > 0 else { return }
    endGathered()
    unsafe gathered.withUnsafeBytes { memory in
      for piece in pieces {
        switch piece {
        case .gathered(let range):
          unsafe batch.append(lent: UnsafeRawBufferPointer(rebasing: memory[range]))
        case .shared(let slice): batch.append(slice)
        }
      }
      stream.write(batch)
    }
    removeAll()
  }

  func removeAll() {
    gathered.removeAll(keepingCapacity: true)
    pieces.removeAll(keepingCapacity: true)
    lastStart = nil
    byteCount = 0
  }
}
