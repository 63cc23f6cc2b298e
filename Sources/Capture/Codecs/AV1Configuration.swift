// SPDX-License-Identifier: Apache-2.0

internal import CMAF
internal import Checked

/// The AV1CodecConfigurationRecord of a passed-through track.
///
/// - Source: AV1 Codec ISO Media File Format Binding v1.2.0 §2.3 and §5
package struct AV1Configuration {
  /// The record, with its OBUs.
  package let bytes: [UInt8]
  /// The content of the sequence header in the record, without the head of its OBU.
  let sequenceHeader: [UInt8]

  /// The most bytes of a record: a sequence header has less than 100, metadata some more.
  private static let most = 4096

  /// Reads a record; nil if its head or its OBUs are invalid, or without a sequence header.
  package init?(_ record: [UInt8]) {
    // Marker and version 1; then the reserved bits.
    guard record.count > 4, record.count <= Self.most, record[0] == 0x81, record[3] & 0xE0 == 0,
      record[1] >> 5 <= 2,
      let header = AV1TemporalUnit(Array(record[4...]).span).sequenceHeader
    else { return nil }
    bytes = record
    sequenceHeader = header
  }

  /// The record of a stream with a sequence header; nil if that is malformed or too large.
  init?(sequenceHeader content: [UInt8]) {
    guard content.count < 1 << 11, let header = AV1SequenceHeader(content) else { return nil }
    func octet(_ fields: (value: Int, bits: Int)...) -> UInt8 {
      // bounded: the fields have eight bits together
      UInt8(clamping: fields.reduce(0) { $0 << $1.bits | $1.value })
    }
    let head = [
      0x81, octet((header.profile, 3), (header.level, 5)),
      octet(
        (header.tier, 1), (header.isDeep, 1), (header.hasTwelveBits, 1), (header.isMonochrome, 1),
        (header.isHalfWide, 1), (header.isHalfHigh, 1), (header.position, 2)),
      0,
    ]
    // A sequence header with its size, in two groups of seven bits.
    let size = [UInt8(content.count & 0x7F) | 0x80, UInt8(content.count >> 7)]
    self.init(head + [0x0A] + (content.count < 128 ? [UInt8(content.count)] : size) + content)
  }
}
