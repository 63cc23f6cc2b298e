// SPDX-License-Identifier: Apache-2.0

import Checked
package import Time

extension SpliceInsert {
  /// A section with one splice_insert, for senders that announce a break without a message of
  /// SCTE-35.
  ///
  /// - Parameters:
  ///   - eventID: splice_event_id.
  ///   - isOut: whether a break begins; else the stream returns.
  ///   - duration: the announced length of the break; nil for none.
  /// - Returns: the section; its splice has no time.
  /// - Source: ANSI/SCTE 35 2023 §9.6 and §9.7.3
  package static func section(
    eventID: UInt32, isOut: Bool, duration: Interval?
  ) -> [UInt8] {
    // Of the flags: out_of_network, program_splice, duration, splice_immediate.
    let flags: UInt8 = (isOut ? 0x80 : 0) | (duration == nil ? 0 : 0x20) | 0x5F
    var command = eventID.bigEndianBytes() + [0x7F, flags]
    if let duration {
      // bounded: intervals saturate
      let ticks = UInt64(clamping: (duration * 9).microseconds / 100) & 0x1_FFFF_FFFF
      command += (0xFE_0000_0000 | ticks).bigEndianBytes(5)
    }
    command += [0, 0, 0, 0]
    let length = UInt64(clamping: command.count)
    // protocol_version, pts_adjustment, cw_index, tier with the length, and the type.
    let head = [0, 0, 0, 0, 0, 0, 0] + (0xFFF000 | length).bigEndianBytes(3) + [0x05]
    let body = head + command + [0, 0]
    let section = [0xFC] + UInt16(clamping: 0x3000 | (body.count + 4)).bigEndianBytes() + body
    return section + SectionChecksum.remainder(section).bigEndianBytes()
  }
}
