// SPDX-License-Identifier: Apache-2.0

/// Which segments of a window another process publishes, which continues the window: pure.
struct Departure: Sendable {
  /// The first segment that the other process publishes; nil if there is no other process.
  private var first: Int64?
  /// Whether the other process has failed: this one continues with the next segment that begins.
  private var isOver = false

  /// The window has no segment from `first` on.
  mutating func leave(before first: Int64) { (self.first, isOver) = (first, false) }

  /// The other process has failed.
  mutating func stay() { isOver = true }

  /// Whether segment `number` belongs to the other process.
  func takes(_ number: Int64) -> Bool { first.map { number >= $0 } ?? false }

  /// The number of segments without media before a chunk.
  ///
  /// - Parameters:
  ///   - number: the segment of the chunk.
  ///   - isFirst: whether the segment begins with the chunk.
  /// - Returns: nil if the chunk belongs to the other process.
  mutating func skipped(before number: Int64, isFirst: Bool) -> Int64? {
    guard let first, number >= first else { return 0 }
    guard isOver, isFirst else { return nil }
    self.first = nil
    return number - first  // bounded: numbers of published segments
  }
}
