// SPDX-License-Identifier: Apache-2.0

import Metadata

/// A splice_info_section, field by field, as the specification lists them.
struct SectionBuilder {
  var table: UInt8 = 0xFC
  var version: UInt8 = 0
  var isEncrypted = false
  var adjustment: UInt64 = 0
  var type: UInt8 = 0x05
  var command: [UInt8] = []
  /// splice_command_length; nil for that of `command`.
  var commandLength: Int?
  var descriptors: [UInt8] = []
  /// descriptor_loop_length; nil for that of `descriptors`.
  var loopLength: Int?
  /// section_length minus the true one.
  var excess = 0

  /// A splice_insert with an event number of 74 that leaves the network.
  static func insert(
    eventID: UInt32 = 74, isOut: Bool = true, time: UInt64? = 900_000, duration: UInt64? = nil,
    isCancelled: Bool = false
  ) -> SectionBuilder {
    var command = number(UInt64(eventID), 4) + [isCancelled ? 0xFF : 0x7F]
    if !isCancelled {
      command.append(
        (isOut ? 0x80 : 0) | 0x40 | (duration == nil ? 0 : 0x20) | (time == nil ? 0x10 : 0) | 0x0F)
      if let time { command += spliceTime(time) }
      if let duration { command += number(0xFE_0000_0000 | duration, 5) }
      command += [0, 1, 0, 0]
    }
    return SectionBuilder(command: command)
  }

  /// A time_signal with one segmentation_descriptor.
  static func signal(
    _ type: UInt8, eventID: UInt32 = 9, time: UInt64? = 900_000, duration: UInt64? = nil,
    upid: [UInt8] = []
  ) -> SectionBuilder {
    SectionBuilder(
      type: 0x06, command: time.map(spliceTime) ?? [0x7F],
      descriptors: segmentation(type, eventID: eventID, duration: duration, upid: upid))
  }

  /// A time_signal at which one advert begins and another one ends: 2 and 1.
  static var backToBack: SectionBuilder {
    var builder = signal(0x30, eventID: 2, duration: 1_350_000)
    builder.descriptors += segmentation(0x31, eventID: 1)
    return builder
  }

  /// A splice_schedule with these events, and a count that may be another one.
  static func schedule(_ events: [[UInt8]], count: Int? = nil) -> SectionBuilder {
    SectionBuilder(type: 0x04, command: [UInt8(count ?? events.count)] + events.flatMap { $0 })
  }

  /// An event of a splice_schedule, at seconds since 1980 as GPS counts them: one for each
  /// component, or one for the program.
  static func scheduled(
    eventID: UInt32 = 74, isOut: Bool = true, at seconds: [UInt32], hasComponents: Bool = false,
    duration: UInt64? = nil
  ) -> [UInt8] {
    let flags: UInt8 =
      (isOut ? 0x80 : 0) | (hasComponents ? 0 : 0x40) | (duration == nil ? 0 : 0x20) | 0x1F
    var event = number(UInt64(eventID), 4) + [0x7F, flags]
    if hasComponents { event.append(UInt8(seconds.count)) }
    for (tag, time) in seconds.enumerated() {
      event += (hasComponents ? [UInt8(tag)] : []) + number(UInt64(time), 4)
    }
    return event + (duration.map { number(0xFE_0000_0000 | $0, 5) } ?? []) + [0x12, 0x34, 2, 5]
  }

  /// A cancelled event of a splice_schedule.
  static func cancelled(eventID: UInt32) -> [UInt8] { number(UInt64(eventID), 4) + [0xFF] }

  /// A segmentation_descriptor with its tag and length.
  static func segmentation(
    _ type: UInt8, eventID: UInt32 = 9, duration: UInt64? = nil, upid: [UInt8] = []
  ) -> [UInt8] {
    let fields =
      Array("CUEI".utf8) + number(UInt64(eventID), 4) + [0x7F, duration == nil ? 0xBF : 0xFF]
      + (duration.map { number($0, 5) } ?? []) + [0x08, UInt8(upid.count)] + upid + [type, 1, 1]
    return [0x02, UInt8(fields.count)] + fields
  }

  static func spliceTime(_ ticks: UInt64) -> [UInt8] { number(0xFE_0000_0000 | ticks, 5) }

  static func number(_ value: UInt64, _ count: Int) -> [UInt8] {
    (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> (8 * UInt64($0))) }
  }

  /// The section with its checksum.
  var bytes: [UInt8] {
    let body =
      [version] + Self.number((isEncrypted ? 0x82_0000_0000 : 0) | adjustment, 5) + [0xFF]
      + Self.number(0xFFF000 | UInt64(commandLength ?? command.count), 3) + [type] + command
      + Self.number(UInt64(loopLength ?? descriptors.count), 2) + descriptors
    let length = UInt64(body.count + 4 + excess)
    let section = [table] + Self.number(0x3000 | length, 2) + body
    return section + Self.number(UInt64(SectionChecksum.remainder(section)), 4)
  }
}
