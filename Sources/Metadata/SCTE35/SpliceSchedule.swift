// SPDX-License-Identifier: Apache-2.0

import Checked
package import Time

/// The fields of splice_schedule: splices by wall-clock time, announced minutes or hours ahead.
///
/// - Source: ANSI/SCTE 35 2023 §9.7.2
package struct SpliceSchedule: Sendable, Equatable {
  /// One splice.
  package struct Event: Sendable, Equatable {
    /// 1980-01-06T00:00:00Z after 1970, in seconds.
    private static let epoch: Int64 = 315_964_800
    /// The leap seconds since 1980; the latest one was at the end of 2016.
    private static let leapSeconds: Int64 = 18

    /// splice_event_id, which returns in the splice_insert of the same event.
    package let eventID: UInt32
    /// Whether the event that was announced before is cancelled; the other fields are then absent.
    package let isCancelled: Bool
    /// Whether the stream leaves the network, for a break; else it returns.
    package let isOut: Bool
    /// utc_splice_time of the program or of its first component; nil for a cancellation.
    ///
    /// "…the number of seconds since 00 hours UTC, January 6th, 1980, with the count of intervening
    /// leap seconds included" (§9.7.2.1).
    package let seconds: UInt32?
    /// The length of the break in ticks of 90 kHz; nil if it is not announced.
    package let duration: UInt64?
    /// unique_program_id.
    package let programID: UInt16
    /// avail_num.
    package let avail: UInt8
    /// avails_expected.
    package let availsExpected: UInt8

    /// The time of ``seconds``, which count as GPS does.
    package var date: WallTime? {
      // bounded: 32 bits of seconds
      seconds.map { .origin + .seconds(Self.epoch + Int64($0) - Self.leapSeconds) }
    }

    init(_ cursor: inout ByteCursor) throws(SpliceError) {
      eventID = UInt32(truncatingIfNeeded: try cursor.field(4, "splice_event_id"))
      isCancelled = try cursor.field(1, "splice_event_cancel_indicator") & 0x80 != 0
      guard !isCancelled else {
        (isOut, seconds, duration) = (false, nil, nil)
        (programID, avail, availsExpected) = (0, 0, 0)
        return
      }
      let flags = try cursor.field(1, "the flags of splice_schedule")
      isOut = flags & 0x80 != 0
      seconds =
        flags & 0x40 != 0
        ? try Self.time(&cursor) : try Self.componentTime(&cursor)
      duration = flags & 0x20 != 0 ? try cursor.breakDuration().ticks : nil
      programID = UInt16(truncatingIfNeeded: try cursor.field(2, "unique_program_id"))
      avail = UInt8(truncatingIfNeeded: try cursor.field(1, "avail_num"))
      availsExpected = UInt8(truncatingIfNeeded: try cursor.field(1, "avails_expected"))
    }

    private static func time(_ cursor: inout ByteCursor) throws(SpliceError) -> UInt32 {
      UInt32(truncatingIfNeeded: try cursor.field(4, "utc_splice_time"))
    }

    /// The components are spliced together here: the first time counts.
    private static func componentTime(_ cursor: inout ByteCursor) throws(SpliceError) -> UInt32 {
      let count = try cursor.field(1, "component_count")
      guard count > 0 else { throw .invalid(field: "component_count", value: "0") }
      var first: UInt32?
      for _ in 0..<count {
        _ = try cursor.field(1, "component_tag")
        let found = try time(&cursor)
        first = first ?? found
      }
      return first ?? 0
    }
  }

  /// The splices, in the order of the message; at most 255.
  package let events: [Event]

  init(_ cursor: inout ByteCursor) throws(SpliceError) {
    var events: [Event] = []
    for _ in 0..<(try cursor.field(1, "splice_count")) { events.append(try Event(&cursor)) }
    self.events = events
  }
}
