// SPDX-License-Identifier: Apache-2.0

import CMAF

/// The codecs string of RFC 6381 of recorded media, from the sample entry of its CMAF header.
enum RecordedCodecs {
  /// The string, such as `avc1.64001f`; that of an entry whose setup is malformed is its type.
  static func text(of entry: SampleEntry) -> String {
    switch entry.type {
    case "hvc1", "hev1": hevc(entry) ?? entry.type
    case "av01": av1(entry.setup) ?? entry.type
    default: (try? entry.codecs()) ?? entry.type
    }
  }

  /// - Source: ISO/IEC 14496-15 §8.3.3.1 and Annex E.3
  private static func hevc(_ entry: SampleEntry) -> String? {
    let setup = entry.setup
    guard setup.count > 12 else { return nil }
    // bounded: the setup has 13 bytes
    let profile = setup[1]
    let space = ["", "A", "B", "C"][Int(profile >> 6)]
    let flags = setup[2...5].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    var reversed: UInt32 = 0
    for bit in 0..<32 where flags >> bit & 1 != 0 { reversed |= 1 << (31 - bit) }
    var parts = [
      entry.type, space + String(profile & 0x1F), String(reversed, radix: 16, uppercase: true),
      (profile & 0x20 != 0 ? "H" : "L") + String(setup[12]),
    ]
    var constraints = Array(setup[6...11])
    while constraints.last == 0 { constraints.removeLast() }
    parts += constraints.map { String($0, radix: 16, uppercase: true) }
    return parts.joined(separator: ".")
  }

  /// - Source: AV1 Codec ISO Media File Format Binding, §2.3.3 and §5
  private static func av1(_ setup: [UInt8]) -> String? {
    guard setup.count > 2 else { return nil }
    // bounded: the setup has three bytes
    let (level, flags) = (setup[1] & 0x1F, setup[2])
    let depth = flags & 0x40 == 0 ? "08" : flags & 0x20 != 0 ? "12" : "10"
    return "av01.\(setup[1] >> 5).\(level < 10 ? "0" : "")\(level)"
      + "\(flags & 0x80 != 0 ? "H" : "M").\(depth)"
  }
}
