// SPDX-License-Identifier: Apache-2.0

internal import CFFmpeg
package import Media

/// The CMAF header of a passed-through track, and its codecs string.
package struct PassThroughHeader: Sendable {
  /// `ftyp` and `moov`, written by libavformat.
  package let bytes: [UInt8]
  /// RFC 6381 codecs string, such as `avc1.64001f` or `hvc1.1.6.L93.B0`.
  package let codecs: String

  /// The header of a track of H.264 or HEVC.
  ///
  /// - Parameters:
  ///   - video: the description with all parameter sets.
  ///   - size: the size of the frames.
  ///   - rate: the frame rate.
  /// - Throws: ``FFmpegError`` if the parameter sets are incomplete or refused.
  package init(
    _ video: InputDescription.Video, size: VideoSize, rate: FrameRate
  ) throws(FFmpegError) {
    guard let codec = video.nalCodec,
      let codecs = codec == .h264
        ? Self.advanced(video.parameterSets) : Self.highEfficiency(video.parameterSets)
    else { throw FFmpegError(refused: "\(video.codec) without its parameter sets") }
    self.codecs = codecs
    bytes = try CMAFHeader.write(
      codec, video.parameterSets.flatMap { [0, 0, 0, 1] + $0 }, size: size, rate: rate)
  }

  /// `avc1.` with profile, constraint flags and level of the SPS in hexadecimal.
  /// - Source: RFC 6381 §3.3
  private static func advanced(_ sets: [[UInt8]]) -> String? {
    guard let sps = sets.first(where: { NALUnits.type($0[0]) == NALUnits.sps && $0.count >= 4 })
    else { return nil }
    return "avc1." + sps[1...3].map { hex($0, digits: 2) }.joined()
  }

  /// `hvc1.` with profile space and profile, compatibility flags, tier and level, and constraint
  /// flags of the SPS.
  /// - Source: ISO/IEC 14496-15 Annex E.3; ITU-T H.265 §7.3.3
  private static func highEfficiency(_ sets: [[UInt8]]) -> String? {
    guard let sps = sets.first(where: { $0[0] >> 1 & 0x3F == 33 }) else { return nil }
    let bytes = withoutEmulationPrevention(sps.dropFirst(2).prefix(24))
    // One byte of identifiers, then profile_tier_level.
    guard bytes.count >= 13 else { return nil }
    let space = ["", "A", "B", "C"][Int(bytes[1] >> 6)]
    let tier = bytes[1] & 0x20 != 0 ? "H" : "L"
    let flags = bytes[2...5].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
    var reversed: UInt32 = 0
    for bit in 0..<32 where flags >> bit & 1 != 0 { reversed |= 1 << (31 - bit) }
    var parts = [
      "hvc1", space + String(bytes[1] & 0x1F), String(reversed, radix: 16, uppercase: true),
      tier + String(bytes[12]),
    ]
    var constraints = Array(bytes[6...11])
    while constraints.last == 0 { constraints.removeLast() }
    parts += constraints.map { String($0, radix: 16, uppercase: true) }
    return parts.joined(separator: ".")
  }

  private static func withoutEmulationPrevention(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
    var out: [UInt8] = []
    var zeros = 0
    for byte in bytes {
      if zeros >= 2, byte == 3 {
        zeros = 0
        continue
      }
      zeros = byte == 0 ? zeros + 1 : 0
      out.append(byte)
    }
    return out
  }

  private static func hex(_ byte: UInt8, digits: Int) -> String {
    let text = String(byte, radix: 16)
    return String(repeating: "0", count: max(0, digits - text.count)) + text
  }
}
