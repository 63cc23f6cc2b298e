// SPDX-License-Identifier: Apache-2.0

package import CMAF
package import Time

/// The number and the wall clock of the segments that follow it in an hour file: a `free` box.
///
/// A file has one before its first segment, one where numbers are missing, and one where the
/// wall clock moves against the media time. Each further segment has the next number.
package struct SegmentMark: Sendable, Equatable {
  /// The number of the next segment.
  package let number: Int64
  /// Wall clock minus media time.
  package let offset: Interval
  /// Whether a Discontinuity precedes the next segment.
  package let startsDiscontinuity: Bool

  /// The bytes of the box.
  package static let size = 40
  /// Numbers of segments, which can be counted on.
  package static let numbers: Range<Int64> = 0..<1 << 48
  private static let magic = "segment.mark"

  /// The size of an empty `free` box, which says that the segment before it is complete.
  ///
  /// The next segment overwrites it.
  package static let closingSize = 8
  /// An empty `free` box.
  static var closing: [UInt8] { .head(closingSize, "free") }

  /// The first bytes of each mark: its head and its magic.
  static var start: [UInt8] { .head(size, "free") + Array(magic.utf8) }
}

extension SegmentMark {
  /// Reads a `free` box; nil for every other one.
  package init?(_ box: BoxFields) {
    guard box.type == "free", box.size == Self.size else { return nil }
    var fields = box
    guard let magic = try? fields.fields(Self.magic.utf8.count),
      magic.rest == Array(Self.magic.utf8),
      let flags = try? fields.integer(4), let number = try? fields.wide(),
      let offset = try? fields.wide(), Self.numbers.contains(number)
    else { return nil }
    self.number = number
    self.offset = Interval(nanoseconds: offset)
    startsDiscontinuity = flags & 1 != 0
  }

  /// The box.
  package var bytes: [UInt8] {
    var bytes = Self.start
    bytes.put(UInt32(startsDiscontinuity ? 1 : 0))
    bytes.put(number)
    bytes.put(offset.nanoseconds)
    return bytes
  }
}
