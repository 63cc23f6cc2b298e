// SPDX-License-Identifier: Apache-2.0

import Checked

/// A segmentation_descriptor: the segment that begins or ends at the time of a time_signal.
///
/// - Source: ANSI/SCTE 35 2023 §10.3.3
package struct SegmentationDescriptor: Sendable, Equatable {
  /// segmentation_upid: the identifier of the content.
  package struct UPID: Sendable, Equatable {
    /// segmentation_upid_type; see Table 22.
    package let type: UInt8
    /// The identifier; at most 255 bytes.
    package let bytes: [UInt8]
  }

  /// The tag of the descriptor.
  static let tag = 0x02
  /// The identifier `CUEI` in front of the fields.
  static let identifier = 0x4355_4549

  /// segmentation_event_id, which returns in later messages about the same segment.
  package let eventID: UInt32
  /// Whether the segment that was announced before is cancelled; the other fields are then absent.
  package let isCancelled: Bool
  /// segmentation_type_id; see Table 23.
  package let type: UInt8
  /// The length of the segment in ticks of 90 kHz, 40 bits; nil if it is not announced.
  package let duration: UInt64?
  /// The identifier of the content; nil if it has no bytes.
  package let upid: UPID?

  /// Reads the fields after tag, length and identifier.
  init(_ cursor: inout ByteCursor) throws(SpliceError) {
    eventID = UInt32(truncatingIfNeeded: try cursor.field(4, "segmentation_event_id"))
    isCancelled = try cursor.field(1, "segmentation_event_cancel_indicator") & 0x80 != 0
    guard !isCancelled else {
      (type, duration, upid) = (0, nil, nil)
      return
    }
    let flags = try cursor.field(1, "the flags of segmentation_descriptor")
    if flags & 0x80 == 0 {
      // Tag and offset of each component.
      for _ in 0..<(try cursor.field(1, "component_count")) {
        _ = try cursor.field(6, "a component of segmentation_descriptor")
      }
    }
    duration =
      flags & 0x40 == 0
      ? nil : UInt64(clamping: try cursor.field(5, "segmentation_duration"))
    let kind = try cursor.field(1, "segmentation_upid_type")
    let count = try cursor.field(1, "segmentation_upid_length")
    guard let range = cursor.take(count) else { throw .truncated("segmentation_upid") }
    upid =
      count == 0
      ? nil
      // bounded: the cursor has checked the range
      : UPID(type: UInt8(truncatingIfNeeded: kind), bytes: Array(cursor.bytes[range]))
    type = UInt8(truncatingIfNeeded: try cursor.field(1, "segmentation_type_id"))
    // Sub-segments may follow, which nothing here needs.
    _ = try cursor.field(2, "segment_num and segments_expected")
  }

  /// The side of a pair to which a type belongs; nil if it has no pair.
  ///
  /// Types of breaks, advertisements, placement opportunities and blocks of advertisements begin
  /// with an even number and end with the next one. Programs and chapters are not left for other
  /// media, so they are no splices.
  /// - Source: ANSI/SCTE 35 2023 Table 23; RFC 8216bis §4.4.5.1.1
  package var role: SpliceRole? {
    switch type {
    case 0x22, 0x30, 0x32, 0x34, 0x36, 0x38, 0x3A, 0x3C, 0x3E, 0x44, 0x46: .out
    case 0x23, 0x31, 0x33, 0x35, 0x37, 0x39, 0x3B, 0x3D, 0x3F, 0x45, 0x47: .in
    default: nil
    }
  }
}
