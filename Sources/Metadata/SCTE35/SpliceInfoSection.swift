// SPDX-License-Identifier: Apache-2.0

import Checked
import System

/// A splice_info_section: one message of SCTE-35.
///
/// Accepts any bytes; bounded in time and memory.
/// - Source: ANSI/SCTE 35 2023 §9.6
package struct SpliceInfoSection: Sendable, Equatable {
  /// The most segmentation descriptors that are read.
  package static let maximumDescriptors = 32
  /// The least bytes of a section: those of splice_null without a descriptor.
  private static let minimumLength = 20

  /// The section from table_id to CRC_32.
  package let bytes: [UInt8]
  /// The command.
  package let command: SpliceCommand
  /// pts_adjustment: ticks of 90 kHz, 33 bits, to be added to times of the command.
  package let adjustment: UInt64
  /// The segmentation descriptors; other descriptors are not read.
  package let descriptors: [SegmentationDescriptor]

  /// Reads a section.
  ///
  /// - Parameter bytes: exactly one section.
  /// - Throws: the first fault.
  package init(_ bytes: [UInt8]) throws(SpliceError) {
    var cursor = ByteCursor(bytes)
    let table = try cursor.field(1, "table_id")
    guard table == 0xFC else { throw .invalid(field: "table_id", value: "\(table)") }
    let length = try cursor.field(2, "section_length") & 0xFFF
    // bounded: twelve bits
    guard bytes.count == 3 + length else {
      throw .length(stated: 3 + length, found: bytes.count)
    }
    guard bytes.count >= Self.minimumLength else { throw .truncated("the section") }
    let remainder = SectionChecksum.remainder(bytes)
    guard remainder == 0 else { throw .checksum(remainder) }
    let version = try cursor.field(1, "protocol_version")
    guard version == 0 else { throw .invalid(field: "protocol_version", value: "\(version)") }
    let clock = try cursor.field(5, "pts_adjustment")
    guard clock & 0x80_0000_0000 == 0 else {
      throw .encrypted(algorithm: clock >> 33 & 0x3F)
    }
    adjustment = UInt64(clamping: clock & 0x1_FFFF_FFFF)
    _ = try cursor.field(1, "cw_index")
    let sizes = try cursor.field(3, "tier and splice_command_length")
    let type = try cursor.field(1, "splice_command_type")
    command = try Self.command(type, length: sizes & 0xFFF, &cursor)
    descriptors = try Self.descriptors(&cursor)
    self.bytes = bytes
  }

  /// Whether it is a time_signal, whose descriptors have the numbers of events.
  var isSegmentation: Bool { if case .timeSignal = command { true } else { false } }

  /// The bytes of hexadecimal digits after `0x`, or else of Base64; nil for other texts.
  package static func bytes(ofText text: String) -> [UInt8]? {
    guard text.hasPrefix("0x") || text.hasPrefix("0X") else { return Base64.decode(text) }
    return hexadecimalBytes(text.utf8.dropFirst(2))
  }

  /// Reads the command, and moves the cursor past it.
  private static func command(
    _ type: Int, length: Int, _ cursor: inout ByteCursor
  ) throws(SpliceError) -> SpliceCommand {
    // Older senders state no length.
    guard length != 0xFFF else {
      let command = try SpliceCommand(type: type, &cursor)
      guard command.isReadWhole else {
        throw .invalid(field: "splice_command_length", value: "0xFFF of \(command.name)")
      }
      return command
    }
    guard let range = cursor.take(length) else { throw .truncated("splice_command") }
    var fields = ByteCursor(cursor.bytes, range)
    return try SpliceCommand(type: type, &fields)
  }

  private static func descriptors(
    _ cursor: inout ByteCursor
  ) throws(SpliceError) -> [SegmentationDescriptor] {
    let length = try cursor.field(2, "descriptor_loop_length")
    guard let range = cursor.take(length), cursor.rest.count >= 4 else {
      throw .truncated("the descriptors")
    }
    var loop = ByteCursor(cursor.bytes, range)
    var found: [SegmentationDescriptor] = []
    while !loop.rest.isEmpty {
      let tag = try loop.field(1, "splice_descriptor_tag")
      let size = try loop.field(1, "descriptor_length")
      guard let range = loop.take(size) else { throw .truncated("a descriptor") }
      var fields = ByteCursor(loop.bytes, range)
      let identifier = try fields.field(4, "the identifier of a descriptor")
      guard tag == SegmentationDescriptor.tag, identifier == SegmentationDescriptor.identifier
      else { continue }
      guard found.count < maximumDescriptors else {
        throw .tooManyDescriptors(limit: maximumDescriptors)
      }
      found.append(try SegmentationDescriptor(&fields))
    }
    return found
  }
}
