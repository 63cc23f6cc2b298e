// SPDX-License-Identifier: Apache-2.0

import CMAF

/// The boxes of encryption as bytes.
///
/// - Source: ISO/IEC 23001-7 §8 (pssh, tenc, senc), ISO/IEC 14496-12 §8.12 (sinf), §8.7.8, §8.7.9
///   (saiz, saio), §8.9 (sample groups)
enum ProtectionBoxes {
  static func box(_ type: StaticString, _ content: [UInt8]) -> [UInt8] {
    .head(8 + content.count, type) + content
  }

  /// `sinf` with the type of the clear sample entry.
  static func scheme(_ clearType: String, _ key: ContentKey, isVideo: Bool) -> [UInt8] {
    let pattern: UInt8 = isVideo ? 0x19 : 0
    // version 1: pattern; the samples are protected, without IVs of their own
    let track = [1, 0, 0, 0, 0, pattern, 1, 0] + key.identifier + [16] + key.vector
    return box(
      "sinf",
      box("frma", Array(clearType.utf8))
        + box("schm", [0, 0, 0, 0] + Array("cbcs".utf8) + [0, 1, 0, 0])
        + box("schi", box("tenc", track)))
  }

  /// `pssh` of the common system, which lists KIDs; ClearKey uses it.
  ///
  /// - Source: W3C "cenc" Initialization Data Format §4
  static func common(_ identifiers: [[UInt8]]) -> [UInt8] {
    var content: [UInt8] = [1, 0, 0, 0]
    content += system
    content.put(UInt32(clamping: identifiers.count))
    for identifier in identifiers { content += identifier }
    return box("pssh", content + [0, 0, 0, 0])
  }

  private static let system: [UInt8] = [
    0x10, 0x77, 0xEF, 0xEC, 0xC0, 0xB2, 0x4D, 0x02, 0xAC, 0xE3, 0x3C, 0x1E, 0x52, 0xE2, 0xFB, 0x4B,
  ]

  /// `sgpd` and `sbgp` of the type `seig`: all samples of the fragment have this key instead of
  /// that in `tenc`.
  ///
  /// - Source: ISO/IEC 23001-7 §6
  static func group(_ key: ContentKey, isVideo: Bool, samples: Int) -> [UInt8] {
    let entry = [0, isVideo ? 0x19 : 0, 1, 0] + key.identifier + [16] + key.vector
    var description: [UInt8] = [1, 0, 0, 0] + Array("seig".utf8)
    description.put(UInt32(clamping: entry.count))
    description.put(UInt32(1))
    var map: [UInt8] = [0, 0, 0, 0] + Array("seig".utf8)
    map.put(UInt32(1))
    map.put(UInt32(clamping: samples))
    map.put(UInt32(0x10001))  // the first description of the fragment
    return box("sgpd", description + entry) + box("sbgp", map)
  }

  /// `saiz`, `saio` and `senc` of video.
  ///
  /// - Parameters:
  ///   - samples: the subsamples of each sample.
  ///   - position: where `saiz` begins, from the start of `moof`.
  /// - Returns: the boxes.
  static func auxiliary(_ samples: [Subsamples], at position: Int) -> [UInt8] {
    // bounded: subsamples in memory
    let sizes = samples.map { UInt8(truncatingIfNeeded: 2 + 6 * $0.entries.count) }
    let isUniform = sizes.allSatisfy { $0 == sizes.first }
    var size: [UInt8] = [0, 0, 0, 0, isUniform ? sizes.first ?? 0 : 0]
    size.put(UInt32(clamping: samples.count))
    if !isUniform { size += sizes }
    let saiz = box("saiz", size)
    var offset: [UInt8] = [0, 0, 0, 0, 0, 0, 0, 1]
    // bounded: boxes in memory
    let entries = position + saiz.count + 20 + 16
    offset.put(UInt32(clamping: entries))
    var senc: [UInt8] = [0, 0, 0, 2]  // with subsamples
    senc.put(UInt32(clamping: samples.count))
    for sample in samples {
      senc.put(UInt16(clamping: sample.entries.count))
      for entry in sample.entries {
        senc.put(UInt16(clamping: entry.clear))
        senc.put(UInt32(clamping: entry.protected))
      }
    }
    return saiz + box("saio", offset) + box("senc", senc)
  }
}
