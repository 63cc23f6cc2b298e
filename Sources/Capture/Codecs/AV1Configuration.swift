// SPDX-License-Identifier: Apache-2.0

internal import CMAF

/// The AV1CodecConfigurationRecord of a passed-through track, and its codecs string.
///
/// - Source: AV1 Codec ISO Media File Format Binding v1.2.0 §2.3 and §5
package struct AV1Configuration {
  /// The record, with its OBUs.
  package let bytes: [UInt8]
  /// `av01.` with profile, level and tier, and bit depth.
  package let codecs: String

  /// The most bytes of a record: a sequence header has less than 100, metadata some more.
  private static let most = 4096

  /// Reads a record; nil if its head or its OBUs are invalid, or without a sequence header.
  package init?(_ record: [UInt8]) {
    // Marker and version 1; then the reserved bits.
    guard record.count > 4, record.count <= Self.most, record[0] == 0x81, record[3] & 0xE0 == 0,
      record[1] >> 5 <= 2, AV1TemporalUnit(Array(record[4...]).span).hasSequenceHeader
    else { return nil }
    bytes = record
    codecs = SampleEntry.codecs(av1: record)
  }
}
