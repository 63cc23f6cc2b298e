// SPDX-License-Identifier: Apache-2.0

/// The changed bits of an hour file, and what they may cost.
struct ModelDamage {
  /// A segment of the file, and the place of its bytes.
  typealias Segment = (number: Int64, range: Range<Int>)

  /// The head of the box behind the CMAF header.
  private static let boxHead = 8

  /// The number of changed bits.
  private(set) var bits = 0
  /// The places of segments that were hit, with their bytes after the change; nil for other places.
  private var hits: [(range: Range<Int>, bytes: [UInt8])?] = []
  /// The segments that may be lost, and those that may have other bytes.
  private var lost = Set<Int64>(), different = Set<Int64>()
  /// Whether the CMAF header is damaged, which another hour with the same one repairs.
  private(set) var isHeader = false
  /// Whether all segments may be lost.
  private var isWhole = false

  /// A bit of the file changes.
  ///
  /// - Parameters:
  ///   - offset: its byte.
  ///   - bytes: the bytes of the file after the change.
  ///   - segments: the segments whose bytes are known, in the order of the file.
  ///   - all: the numbers of all segments of the file.
  ///   - open: the number of the segment that is being written; nil without one.
  ///   - header: the bytes of the CMAF header.
  mutating func flip(
    at offset: Int, of bytes: [UInt8], segments: [Segment], all: Set<Int64>, open: Int64?,
    header: Int
  ) {
    bits += 1
    if let open, offset >= segments.last?.range.upperBound ?? 0 { different.insert(open) }
    guard let first = segments.first else { return isWhole = true }
    if offset < header + Self.boxHead { return isHeader = true }
    let before = segments.last { $0.range.upperBound <= offset }
    if let hit = segments.first(where: { $0.range.contains(offset) }) {
      hits.append((hit.range, Array(bytes[hit.range])))
      // A damaged box costs its segment, and perhaps the one before.
      different.insert(hit.number)
      lost.formUnion([hit.number, before?.number].compactMap(\.self))
      // The numbers of the segments after the first one follow from those before.
      if before == nil { isWhole = true }
      return
    }
    hits.append(nil)
    let unknown = all.subtracting(segments.map(\.number))
    lost.formUnion(unknown)
    different.formUnion(unknown)
    guard let next = segments.first(where: { $0.range.lowerBound > offset }) else {
      return lost.formUnion([before?.number, open].compactMap(\.self))
    }
    // The room behind the header has no media.
    guard offset >= next.range.lowerBound - Self.mark || next.number != first.number else { return }
    // A mark has the number and the date of the segments that follow.
    let following = all.filter { $0 >= next.number }
    different.formUnion(following)
    lost.formUnion(following)
    lost.formUnion([before?.number].compactMap(\.self))
    if next.number == first.number { isWhole = true }
  }

  /// The bytes of a mark.
  private static let mark = 40

  /// Whether the program has begun to repair the file, whose bytes are these now.
  func isTouched(_ bytes: [UInt8]) -> Bool {
    hits.contains { hit in
      guard let hit, hit.range.upperBound <= bytes.count else { return true }
      return Array(bytes[hit.range]) != hit.bytes
    }
  }

  /// No other hour has the CMAF header.
  mutating func loseHeader() { if isHeader { isWhole = true } }

  /// Whether a segment may be lost.
  func mayCost(_ number: Int64) -> Bool { isWhole || lost.contains(number) }

  /// Whether bytes may be those of a segment.
  ///
  /// - Parameters:
  ///   - right: the right bytes.
  ///   - bytes: the bytes that were found.
  ///   - number: the number of the segment.
  ///   - isRefused: whether the disk may have refused a part of a repair, which has written the
  ///     head of a free box and a mark.
  /// - Returns: whether no other bits have changed than those of the file, or of such a repair.
  func mayTurn(
    _ right: [UInt8], into bytes: [UInt8], of number: Int64, isRefused: Bool
  ) -> Bool {
    guard different.contains(number), bytes.count == right.count else { return false }
    let limit = bits + (isRefused ? 8 * (Self.boxHead + Self.mark) : 0)
    return zip(right, bytes).reduce(0) { $0 + ($1.0 ^ $1.1).nonzeroBitCount } <= limit
  }
}
