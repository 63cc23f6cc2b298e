// SPDX-License-Identifier: Apache-2.0

import Checked

/// The Dolby Vision of a video track: a DOVIDecoderConfigurationRecord.
///
/// - Source: Dolby Vision Streams Within the ISO Base Media File Format 2.4
package struct DolbyVision: Sendable, Hashable {
  /// The codecs string of a track as Dolby Vision, and the brand of its compatible base layer.
  package struct Supplement: Sendable, Hashable {
    /// Such as `dvh1.08.07`.
    package let codecs: String
    /// Such as `db4h`.
    package let brand: String
  }

  /// The size of a record in bytes.
  package static let size = 24
  /// The types of the boxes with a record.
  package static let boxTypes = ["dvcC", "dvvC", "dvwC"]

  /// The sample entries of codecs, and those of the codecs with Dolby Vision.
  private static let entries = [
    "avc1": "dva1", "avc3": "dvav", "hvc1": "dvh1", "hev1": "dvhe", "av01": "dav1",
  ]

  /// The content of the box.
  package let record: [UInt8]

  /// A record; nil if `bytes` are none.
  package init?(record bytes: some Collection<UInt8>) {
    // dv_version_major is at least 1.
    guard bytes.count == Self.size, let version = bytes.first, version > 0 else { return nil }
    record = Array(bytes)
  }

  /// dv_profile.
  package var profile: Int { Int(record[2] >> 1) }
  /// dv_level.
  package var level: Int { Int(record[2] & 1) << 5 | Int(record[3] >> 3) }
  /// dv_bl_signal_compatibility_id: 1 is PQ, 2 is standard dynamic range, 4 is HLG.
  package var compatibility: Int { Int(record[4] >> 4) }
  /// Whether the track has the metadata and the base layer, and no other layer.
  private var isSingleLayer: Bool { record[3] & 7 == 5 }

  /// The type of the box for the record.
  package var boxType: String {
    switch profile {
    case ...7: Self.boxTypes[0]
    case ...10: Self.boxTypes[1]
    default: Self.boxTypes[2]
    }
  }

  /// Profile and compatibility, such as `8.4`.
  package var name: String { "\(profile).\(compatibility)" }

  /// Whether only decoders of Dolby Vision show the right colours.
  package var isIncompatible: Bool {
    profile == 5 || profile == 10 && compatibility == 0 && isSingleLayer
  }

  /// The codec's own sample entry of a sample entry with Dolby Vision; nil for other entries.
  package static func codecEntry(of entry: String) -> String? {
    entries.first { $0.value == entry }?.key
  }

  /// The sample entry of a track of the codec with the sample entry `entry`.
  package func sampleEntry(for entry: String) -> String {
    isIncompatible ? Self.entries[entry] ?? entry : entry
  }

  /// The codecs string of a track that only decoders of Dolby Vision can show; nil for others.
  package func codecs(for entry: String) -> String? {
    isIncompatible && fits(entry) ? string(for: entry) : nil
  }

  /// What the track is beside its compatible base layer; nil if it has none, or if no brand is
  /// defined for it.
  ///
  /// - Parameters:
  ///   - entry: the sample entry of the base layer, such as `hvc1`.
  ///   - transfer: TransferCharacteristics of the base layer.
  /// - Returns: the codecs string and the brand.
  /// - Source: RFC 8216bis §4.4.6.2 (SUPPLEMENTAL-CODECS); the brands by MP4RA
  package func supplement(to entry: String, transfer: UInt8) -> Supplement? {
    guard !isIncompatible, isSingleLayer, fits(entry), let codecs = string(for: entry) else {
      return nil
    }
    let brand: String
    switch compatibility {
    case 1: brand = "db1p"
    case 2: brand = "db2g"
    // HLG whose parameter sets state the gamma of BT.2020 for older players.
    case 4: brand = transfer == 14 ? "db4g" : "db4h"
    default: return nil
    }
    return Supplement(codecs: codecs, brand: brand)
  }

  /// Whether the profile is one of the codec with this sample entry.
  private func fits(_ entry: String) -> Bool {
    switch profile {
    case 5, 8: entry == "hvc1" || entry == "hev1"
    case 9: entry == "avc1" || entry == "avc3"
    case 10: entry == "av01"
    default: false
    }
  }

  private func string(for entry: String) -> String? {
    func digits(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return Self.entries[entry].map { "\($0).\(digits(profile)).\(digits(level))" }
  }
}

extension DolbyVision: TextCodable {
  /// Reads a record, which the process of an input may have invented, as hexadecimal digits.
  package init?(_ text: String) {
    guard let bytes = hexadecimalBytes(text.utf8) else { return nil }
    self.init(record: bytes)
  }

  /// The record as hexadecimal digits.
  package var codedText: String { hexadecimal(record) }
}
