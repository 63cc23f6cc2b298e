// SPDX-License-Identifier: Apache-2.0

import Packaging

/// A chunk with its position in a window.
struct PlacedChunk {
  let chunk: Chunk
  /// The number of its segment.
  let segment: Int64
  let period: DiscontinuityPeriod
  /// Whether it is the first chunk of its segment.
  let isFirst: Bool
  /// Whether it is the last chunk of its segment, as far as is known.
  let isLast: Bool
  /// Whether it is the first chunk after a Discontinuity.
  let startsDiscontinuity: Bool
}

/// A position behind a chunk of a window, from which a reader continues.
struct ChunkCursor {
  /// The number of the segment that contains the newest read chunk.
  private var segment: Int64
  /// The number of its read chunks.
  private var count: Int

  /// The position before the first chunk of segment `number`.
  init(before number: Int64) { (segment, count) = (number, 0) }

  /// The position behind the newest chunk.
  init(atEndOf snapshot: WindowSnapshot) {
    self.init(before: .min)
    if let open = snapshot.open {
      (segment, count) = (open.number, open.chunks.count)
    } else if let last = snapshot.segments.last {
      (segment, count) = (last.number, last.chunks.count)
    }
  }

  /// The position before the newest chunk with which decoding can start; nil if there is none.
  init?(beforeNewestKeyOf snapshot: WindowSnapshot) {
    if let open = snapshot.open, let index = open.chunks.lastIndex(where: \.isIndependent) {
      (segment, count) = (open.number, index)
      return
    }
    for complete in snapshot.segments.reversed() {
      guard let index = complete.chunks.lastIndex(where: \.isIndependent) else { continue }
      (segment, count) = (complete.number, index)
      return
    }
    return nil
  }

  /// The chunks behind the position, in order; the position moves behind them.
  mutating func advance(_ snapshot: WindowSnapshot) -> [PlacedChunk] {
    var found: [PlacedChunk] = []
    var first = snapshot.segments.endIndex
    while first > 0, snapshot.segments[first - 1].number >= segment { first -= 1 }
    for complete in snapshot.segments[first...] {
      append(
        complete.chunks, of: complete.number, complete.period, complete.startsDiscontinuity,
        isComplete: true, to: &found)
    }
    if let open = snapshot.open, open.number >= segment {
      append(
        open.chunks, of: open.number, open.period, open.startsDiscontinuity, isComplete: false,
        to: &found)
    }
    return found
  }

  private mutating func append(
    _ chunks: [Chunk], of number: Int64, _ period: DiscontinuityPeriod,
    _ startsDiscontinuity: Bool, isComplete: Bool, to found: inout [PlacedChunk]
  ) {
    let start = number == segment ? count : 0
    for index in start..<max(start, chunks.count) {
      found.append(
        PlacedChunk(
          chunk: chunks[index], segment: number, period: period, isFirst: index == 0,
          isLast: isComplete && index == chunks.count - 1,
          startsDiscontinuity: startsDiscontinuity && index == 0))
    }
    (segment, count) = (number, chunks.count)
  }
}
