// SPDX-License-Identifier: Apache-2.0

/// A segment of the archive, and the place of its bytes.
package struct ArchivedSegment: Sendable, Equatable {
  /// Its number, its times, and its bytes in the file.
  package let row: SegmentRow
  /// The file, also if only the object store has it.
  package let name: HourName
  /// The folder of its rendition.
  package let folder: HourFolder
  /// Ticks per second of the track.
  package let timescale: Int
  /// Whether the file is still the one with this row.
  let use: HourUse
  /// The objects of its rendition, if the disk does not have the file.
  var objects: StoredObjects?

  /// Whether only the object store has its bytes.
  package var isStored: Bool { objects != nil }

  /// See ``SegmentRow/number``.
  package var number: Int64 { row.number }
  /// The hash of its CMAF header.
  package var headerHash: String { name.headerHash }
}
