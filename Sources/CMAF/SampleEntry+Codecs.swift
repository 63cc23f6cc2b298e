// SPDX-License-Identifier: Apache-2.0

import Checked
import Media

extension SampleEntry {
  /// The codecs string of RFC 6381 §3.3, §3.4, such as `avc1.64001f` or `mp4a.40.2`.
  ///
  /// - Throws: ``BoxError`` if the entry is none of H.264, H.265, AV1, VP9, Opus, AC-3, E-AC-3,
  ///   FLAC and `mp4a`, or its setup is cut off or does not fit our chunks: parameter sets of H.264
  ///   are in the header, and lengths of its NAL units have four bytes.
  package func codecs() throws(BoxError) -> String {
    if let codecs = dolbyVision?.codecs(for: type) { return codecs }
    switch (type, objectType) {
    case ("avc1", _), ("avc3", _): return type + "." + (try profile())
    case ("hvc1", _), ("hev1", _):
      try needs(13, of: "hvcC")
      return Self.codecs(hevc: type, setup.dropFirst())
    case ("av01", _):
      try needs(3, of: "av1C")
      return Self.codecs(av1: setup)
    case ("vp09", _): return try "vp09." + layers()
    case ("Opus", _): return "opus"
    case ("ac-3", _), ("ec-3", _), ("fLaC", _): return type
    case ("mp4a", 0x40?): return "mp4a.40.\(try audioObjectType())"
    case ("mp4a", let objectType?): return "mp4a." + String(objectType, radix: 16)
    default:
      throw .mismatch("sample entry", found: type, expected: "avc1, hvc1, av01, vp09 or mp4a")
    }
  }

  private func needs(_ count: Int, of box: String) throws(BoxError) {
    guard setup.count >= count else {
      throw .truncated(box, needed: count, have: setup.count)
    }
  }

  /// Profile, level and bit depth of `vpcC`; all fields if the form is not 4:2:0 or the colours
  /// are not BT.709.
  /// - Source: VP Codec ISO Media File Format Binding v1.0, Codecs Parameter String
  private func layers() throws(BoxError) -> String {
    var fields = BoxFields(setup, "vpcC")
    try fields.skip(4)
    let (profile, level, form) = (
      try fields.integer(1), try fields.integer(1), try fields.integer(1)
    )
    let colours = [try fields.integer(1), try fields.integer(1), try fields.integer(1)]
    let numbers = [profile, level, form >> 4]
    // 4:2:0, limited range; stated colours other than BT.709.
    let isUsual =
      form >> 1 & 7 <= 1 && form & 1 == 0 && colours.allSatisfy { $0 == 1 || $0 == 2 }
    let all = isUsual ? numbers : numbers + [form >> 1 & 7] + colours + [form & 1]
    return all.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ".")
  }

  /// The codecs string of H.265, such as `hvc1.1.6.L93.90`: profile space and profile,
  /// compatibility flags, tier and level, and constraint flags.
  ///
  /// - Parameters:
  ///   - type: the four characters of the sample entry.
  ///   - profile: the first 12 bytes of profile_tier_level; `hvcC` has them after its version.
  /// - Returns: the string.
  /// - Source: ISO/IEC 14496-15 Annex E.3
  package static func codecs(hevc type: String, _ profile: some Collection<UInt8>) -> String {
    let profile = Array(profile)
    let space = ["", "A", "B", "C"][Int(profile[0] >> 6)]
    let flags = profile[1...4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    var reversed: UInt32 = 0
    for bit in 0..<32 where flags >> bit & 1 != 0 { reversed |= 1 << (31 - bit) }
    var parts = [
      type, space + String(profile[0] & 0x1F), String(reversed, radix: 16, uppercase: true),
      (profile[0] & 0x20 != 0 ? "H" : "L") + String(profile[11]),
    ]
    var constraints = Array(profile[5...10])
    while constraints.last == 0 { constraints.removeLast() }
    parts += constraints.map { String($0, radix: 16, uppercase: true) }
    return parts.joined(separator: ".")
  }

  /// The codecs string of AV1, such as `av01.0.04M.08`, of the first three bytes of `av1C` or more.
  ///
  /// - Source: AV1 Codec ISO Media File Format Binding §5
  package static func codecs(av1 setup: [UInt8]) -> String {
    let (level, flags) = (setup[1] & 0x1F, setup[2])
    let depth = flags & 0x40 == 0 ? "08" : flags & 0x20 != 0 ? "12" : "10"
    return "av01.\(setup[1] >> 5).\(level < 10 ? "0" : "")\(level)"
      + "\(flags & 0x80 != 0 ? "H" : "M").\(depth)"
  }

  /// Profile, constraints and level of `avcC`, as six hexadecimal digits.
  private func profile() throws(BoxError) -> String {
    var fields = BoxFields(setup, "avcC")
    let version = try fields.integer(1)
    guard version == 1 else {
      throw .mismatch("avcC.version", found: "\(version)", expected: "1")
    }
    let profile = hexadecimal(UInt32(clamping: try fields.integer(3)), digits: 6)
    let lengthSize = try fields.integer(1) & 3 + 1
    guard lengthSize == 4 else {
      throw .mismatch("avcC.lengthSize", found: "\(lengthSize)", expected: "4")
    }
    try Self.skipSets(try fields.integer(1) & 31, &fields, "avcC SPS")
    try Self.skipSets(try fields.integer(1), &fields, "avcC PPS")
    return profile
  }

  /// Skips `count` parameter sets, each after its length; at least one, none of them empty.
  private static func skipSets(
    _ count: Int, _ fields: inout BoxFields, _ name: String
  ) throws(BoxError) {
    guard count > 0 else { throw .missing(name) }
    for _ in 0..<count {
      let size = try fields.integer(2)
      guard size > 0 else { throw .missing(name) }
      try fields.skip(size)
    }
  }

  /// The audio object type of an AudioSpecificConfig, which has at least two bytes.
  private func audioObjectType() throws(BoxError) -> Int {
    var fields = BoxFields(setup, "AudioSpecificConfig")
    let bits = try fields.integer(2)
    // ISO/IEC 14496-3 §1.6.2.1: 31 is an escape; six bits follow.
    return bits >> 11 < 31 ? bits >> 11 : 32 + (bits >> 5 & 0x3F)
  }
}
