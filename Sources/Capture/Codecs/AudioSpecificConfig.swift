// SPDX-License-Identifier: Apache-2.0

/// What an AAC decoder has to know beforehand, as `esds`, SDP and RTMP carry it.
/// - Source: ISO/IEC 14496-3 §1.6.2.1
package struct AudioSpecificConfig: Sendable, Hashable {
  /// The bytes themselves.
  package let bytes: [UInt8]
  /// 2 is AAC-LC.
  package let objectType: Int
  /// Samples a second, of the core codec where there is a spectral band replication.
  package let sampleRate: Int32
  /// Channels; 0 where a program config element says it.
  package let channels: Int

  /// Samples a second by samplingFrequencyIndex; §1.6.3.4.
  private static let rates: [Int32] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000,
    7350,
  ]

  /// Whether its frames have 1024 samples, and not 960.
  private let hasFullFrames: Bool

  /// Reads the fields at its beginning; nil where it is cut off or has a reserved value.
  package init?(_ bytes: [UInt8]) {
    var bits = Bits(bytes: bytes)
    guard let short = bits.take(5), let type = short == 31 ? bits.take(6).map({ 32 + $0 }) : short,
      type > 0, let rate = Self.rate(&bits), let layout = bits.take(4), layout <= 7
    else { return nil }
    self.bytes = bytes
    objectType = type
    sampleRate = rate
    channels = layout == 7 ? 8 : layout
    // GASpecificConfig begins with frameLengthFlag (§4.4.1).
    hasFullFrames = bits.take(1) == 0
  }

  private static func rate(_ bits: inout Bits) -> Int32? {
    guard let index = bits.take(4) else { return nil }
    guard index == 15 else { return index < rates.count ? rates[index] : nil }
    return bits.take(24).flatMap { $0 > 0 ? Int32($0) : nil }
  }

  /// RFC 6381 §3.3: `mp4a.`, the object type indication of MPEG-4 audio, the audio object type.
  package var codecString: String { "mp4a.40.\(objectType)" }

  /// Whether it is AAC-LC of 1024 samples a frame, whose places in time are those of our own frames.
  package var isPlainAAC: Bool { objectType == 2 && hasFullFrames }

  /// Bits, the most significant first.
  private struct Bits {
    let bytes: [UInt8]
    var place = 0

    mutating func take(_ count: Int) -> Int? {
      guard place + count <= 8 * bytes.count else { return nil }
      var value = 0
      for _ in 0..<count {
        value = value << 1 | Int(bytes[place / 8] >> UInt8(7 - place % 8)) & 1
        place += 1
      }
      return value
    }
  }
}

extension InputDescription.Audio {
  /// Its configuration where it can go out as it comes: AAC-LC of one or two channels whose configuration is known; else
  /// it is decoded and coded anew.
  package var passable: AudioSpecificConfig? {
    guard codec == "aac", let found = AudioSpecificConfig(configuration), found.isPlainAAC,
      (1...2).contains(found.channels), found.sampleRate >= 16_000
    else { return nil }
    return found
  }
}
