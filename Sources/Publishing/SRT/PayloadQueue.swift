// SPDX-License-Identifier: Apache-2.0

/// Payloads that the source of a stream has not taken yet, up to a number of bytes: a pure queue.
///
/// Payloads are joined in pieces. If the queue is full, the newest payload is dropped.
package struct PayloadQueue: Sendable {
  /// The most bytes in the queue.
  package static let capacity = 2 << 20
  /// The most bytes of a piece.
  package static let pieceSize = 64 << 10

  private var pieces: [[UInt8]] = []
  private var byteCount = 0
  /// The number of dropped payloads.
  package private(set) var droppedCount: UInt64 = 0

  /// An empty queue.
  package init() {}

  /// Whether no piece is left.
  package var isEmpty: Bool { pieces.isEmpty }

  /// The oldest bytes; nil if the queue is empty.
  package var first: [UInt8]? { pieces.first }

  /// Appends a payload, if it fits.
  package mutating func append(_ payload: ArraySlice<UInt8>) {
    guard byteCount + payload.count <= Self.capacity else {
      droppedCount += 1
      return
    }
    byteCount += payload.count
    if let last = pieces.indices.last, pieces[last].count + payload.count <= Self.pieceSize {
      pieces[last] += payload
    } else {
      pieces.append(Array(payload))
    }
  }

  /// Removes the oldest bytes.
  package mutating func removeFirst() {
    guard !pieces.isEmpty else { return }
    byteCount -= pieces.removeFirst().count
  }
}
