// SPDX-License-Identifier: Apache-2.0

/// Parts get their numbers in the order in which they are completed, from 0 in each segment.
extension OpenSegment {
  /// The chunks of the unfinished part.
  var unfinishedPartChunks: ArraySlice<Chunk> {
    chunks[parts.reduce(0) { $0 + $1.chunks.count }...]
  }

  /// Completes the unfinished part, if it has chunks.
  mutating func closePart() {
    let chunks = Array(unfinishedPartChunks)
    guard !chunks.isEmpty else { return }
    parts.append(Part(segment: number, index: Int64(parts.count), chunks: chunks))
  }
}
