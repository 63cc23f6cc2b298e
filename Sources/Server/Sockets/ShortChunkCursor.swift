// SPDX-License-Identifier: Apache-2.0

import Packaging

/// The position of a group of viewers in the short chunks of its audio.
///
/// A short chunk is sent if it follows what was sent. A part whose frames were all sent is not sent
/// again; if some were not, the whole part is.
struct ShortChunkCursor {
  private let source: ShortChunks
  private let reader: Reader
  private var count: Int64
  /// The frame after the newest sent one; nil if unknown.
  private var next: Int64?
  /// The chunks that were sent and whose part is not complete.
  private(set) var pending: [Chunk] = []

  /// Counts as a reader of the source while it exists.
  private final class Reader {
    private let source: ShortChunks
    init(_ source: ShortChunks) {
      self.source = source
      source.addReader()
    }
    deinit { source.removeReader() }
  }

  /// The position after a frame of the window; nil if the window has none.
  init(_ source: ShortChunks, after frame: Int64?) {
    self.source = source
    reader = Reader(source)
    count = source.count
    next = frame.map { $0 + 1 }
  }

  /// The chunks to be sent now, in order.
  mutating func takeNew() -> [Chunk] {
    guard source.count != count else { return [] }
    let (chunks, newCount) = source.chunks(after: count)
    count = newCount
    var new: [Chunk] = []
    for chunk in chunks where chunk.frameIndex == next {
      next = chunk.lastFrame + 1
      new.append(chunk)
    }
    pending += new
    return new
  }

  /// Whether a part has frames that were not sent; they count as sent from now on.
  mutating func isNew(_ part: Chunk) -> Bool {
    pending.removeAll { $0.frameIndex <= part.lastFrame }
    if let next, part.lastFrame < next { return false }
    next = part.lastFrame + 1
    return true
  }

  /// Begins another discontinuity period: its first part is sent whole.
  mutating func restart() { (next, pending) = (nil, []) }
}
