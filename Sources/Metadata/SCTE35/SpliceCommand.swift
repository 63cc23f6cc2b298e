// SPDX-License-Identifier: Apache-2.0

import Checked

/// The command of a splice_info_section.
///
/// Times are on the clock of the source: 33 bits of 90 kHz, without the section's pts_adjustment.
/// - Source: ANSI/SCTE 35 2023 §9.7
package enum SpliceCommand: Sendable, Equatable {
  /// splice_null: the sign that the sender runs.
  case null
  /// splice_schedule: splices by wall-clock time.
  case schedule(SpliceSchedule)
  /// splice_insert.
  case insert(SpliceInsert)
  /// time_signal: the time of the segmentation descriptors; nil for at once.
  case timeSignal(time: UInt64?)
  /// bandwidth_reservation: filler.
  case bandwidthReservation
  /// private_command of the organisation with this identifier.
  case privateCommand(identifier: UInt32)

  /// The name of the command in the specification.
  package var name: String {
    switch self {
    case .null: "splice_null"
    case .schedule: "splice_schedule"
    case .insert: "splice_insert"
    case .timeSignal: "time_signal"
    case .bandwidthReservation: "bandwidth_reservation"
    case .privateCommand: "private_command"
    }
  }

  /// Reads the command of type `type` from its bytes.
  init(type: Int, _ cursor: inout ByteCursor) throws(SpliceError) {
    switch type {
    case 0x00: self = .null
    case 0x04: self = .schedule(try SpliceSchedule(&cursor))
    case 0x05: self = .insert(try SpliceInsert(&cursor))
    case 0x06: self = .timeSignal(time: try cursor.spliceTime())
    case 0x07: self = .bandwidthReservation
    case 0xFF:
      self = .privateCommand(
        identifier: UInt32(truncatingIfNeeded: try cursor.field(4, "private_command")))
    default: throw .invalid(field: "splice_command_type", value: "\(type)")
    }
  }

  /// Whether the fields of the command are read to their end.
  var isReadWhole: Bool {
    switch self {
    case .privateCommand: false
    default: true
    }
  }
}

/// The fields of splice_insert.
///
/// - Source: ANSI/SCTE 35 2023 §9.7.3
package struct SpliceInsert: Sendable, Equatable {
  /// splice_event_id, which returns in later messages about the same event.
  package let eventID: UInt32
  /// Whether the event that was announced before is cancelled; the other fields are then absent.
  package let isCancelled: Bool
  /// Whether the stream leaves the network, for a break; else it returns.
  package let isOut: Bool
  /// When, on the clock of the source; nil for at once.
  package let time: UInt64?
  /// The length of the break in ticks of 90 kHz; nil if it is not announced.
  package let duration: UInt64?
  /// Whether the stream returns when `duration` is over, without another message.
  package let returnsByItself: Bool

  init(_ cursor: inout ByteCursor) throws(SpliceError) {
    eventID = UInt32(truncatingIfNeeded: try cursor.field(4, "splice_event_id"))
    isCancelled = try cursor.field(1, "splice_event_cancel_indicator") & 0x80 != 0
    guard !isCancelled else {
      (isOut, time, duration, returnsByItself) = (false, nil, nil, false)
      return
    }
    let flags = try cursor.field(1, "the flags of splice_insert")
    isOut = flags & 0x80 != 0
    let (isProgram, hasDuration, isImmediate) = (
      flags & 0x40 != 0, flags & 0x20 != 0, flags & 0x10 != 0
    )
    var time: UInt64?
    if isProgram, !isImmediate { time = try cursor.spliceTime() }
    if !isProgram {
      // The components are spliced together here: the first time counts.
      for index in 0..<(try cursor.field(1, "component_count")) {
        _ = try cursor.field(1, "component_tag")
        guard !isImmediate else { continue }
        let found = try cursor.spliceTime()
        if index == 0 { time = found }
      }
    }
    self.time = time
    if hasDuration {
      let found = try cursor.breakDuration()
      (duration, returnsByItself) = (found.ticks, found.returnsByItself)
    } else {
      (duration, returnsByItself) = (nil, false)
    }
    _ = try cursor.field(4, "unique_program_id and avails")
  }
}

extension ByteCursor {
  /// Reads a number of 0 to 7 bytes.
  mutating func field(_ count: Int, _ name: String) throws(SpliceError) -> Int {
    guard let number = integer(count) else { throw .truncated(name) }
    return number
  }

  /// Reads break_duration: 33 bits of 90 kHz, and auto_return.
  ///
  /// - Source: ANSI/SCTE 35 2023 §9.8.2
  mutating func breakDuration() throws(SpliceError) -> (ticks: UInt64, returnsByItself: Bool) {
    let bits = try field(5, "break_duration")
    return (UInt64(clamping: bits & 0x1_FFFF_FFFF), bits & 0x80_0000_0000 != 0)
  }

  /// Reads splice_time: 33 bits of 90 kHz; nil if no time is specified.
  ///
  /// - Source: ANSI/SCTE 35 2023 §9.8.1
  fileprivate mutating func spliceTime() throws(SpliceError) -> UInt64? {
    let first = try field(1, "splice_time")
    guard first & 0x80 != 0 else { return nil }
    let rest = try field(4, "pts_time")
    return UInt64(clamping: (first & 1) << 32 | rest)
  }
}
