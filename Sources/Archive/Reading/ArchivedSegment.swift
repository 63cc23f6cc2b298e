// SPDX-License-Identifier: Apache-2.0

/// A segment of the archive, and the place of its bytes.
package struct ArchivedSegment: Sendable, Equatable {
  /// Its number, its times, and its bytes in the file.
  package let row: SegmentRow
  /// The file.
  package let name: HourName
  /// The folder of its rendition.
  package let folder: HourFolder
  /// Ticks per second of the track.
  package let timescale: Int
  /// Whether the file is still the one with this row.
  let use: HourUse

  /// See ``SegmentRow/number``.
  package var number: Int64 { row.number }
  /// The hash of its CMAF header.
  package var headerHash: String { name.headerHash }
}
