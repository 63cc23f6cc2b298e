// SPDX-License-Identifier: Apache-2.0

internal import Checked
package import Time

/// The configuration of an AAC decoder, as in `esds`, SDP and RTMP.
/// - Source: ISO/IEC 14496-3 §1.6.2.1
package struct AudioSpecificConfig: Sendable, Hashable {
  /// The configuration itself.
  package let bytes: [UInt8]
  /// The audio object type; 2 is AAC-LC.
  package let objectType: Int
  /// The sample rate in Hz; with spectral band replication, that of the core codec.
  package let sampleRate: Int32
  /// The number of channels; 0 if a program config element declares it.
  package let channels: Int

  /// Sample rates in Hz by samplingFrequencyIndex; §1.6.3.4.
  static let rates: [Int32] = [
    96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000,
    7350,
  ]

  /// Whether a frame has 1024 samples; otherwise it has 960.
  private let hasFullFrames: Bool

  /// Parses the first fields; nil if the bytes are too short or a value is reserved.
  package init?(_ bytes: [UInt8]) {
    var bits = BitReader(bytes)
    guard let short = bits.take(5), let type = short == 31 ? bits.take(6).map({ 32 + $0 }) : short,
      type > 0, let rate = Self.rate(&bits), let layout = bits.take(4), layout <= 7
    else { return nil }
    self.bytes = bytes
    objectType = type
    sampleRate = rate
    channels = layout == 7 ? 8 : layout
    if type == 5 || type == 29 {
      // The rate after spectral band replication, and the object type of the core codec.
      _ = (Self.rate(&bits), bits.take(5))
    }
    // GASpecificConfig starts with frameLengthFlag (§4.4.1).
    hasFullFrames = bits.take(1) == 0
  }

  /// AAC-LC with 1024 samples per frame.
  ///
  /// Nil for a sample rate without an index, and unless there are one or two channels.
  package init?(sampleRate: Int32, channels: Int) {
    guard let index = Self.rates.firstIndex(of: sampleRate), (1...2).contains(channels) else {
      return nil
    }
    // Five bits of the object type, four of the index, four of the channels.
    self.init([UInt8(2 << 3 | index >> 1), UInt8((index & 1) << 7 | channels << 3)])
  }

  private static func rate(_ bits: inout BitReader) -> Int32? {
    guard let index = bits.take(4) else { return nil }
    guard index == 15 else { return index < rates.count ? rates[index] : nil }
    return bits.take(24).flatMap { $0 > 0 ? Int32($0) : nil }
  }

  /// RFC 6381 §3.3: `mp4a.`, the object type indication of MPEG-4 audio, the audio object type.
  package var codecString: String { "mp4a.40.\(objectType)" }

  /// Whether it is AAC-LC with 1024 samples per frame, whose frames match the positions of a track.
  package var isPlainAAC: Bool { objectType == 2 && hasFullFrames }

  /// The duration of a frame.
  ///
  /// The low-delay object types, 23 and 39, have frames of half the samples (§4.6.17, §4.6.20).
  package var frameDuration: Interval {
    let whole: Int64 = hasFullFrames ? 1024 : 960
    let isLowDelay = objectType == 23 || objectType == 39
    return Interval(ticks: isLowDelay ? whole / 2 : whole, timescale: Int64(sampleRate))
  }

  /// Whether the sample rate has an index; encoders, which make the silence, have no other rate.
  package var hasListedRate: Bool { Self.rates.contains(sampleRate) }

  /// The CMAF header of a track of copied audio; the configuration is copied to `esds`.
  ///
  /// - Throws: ``FFmpegError`` of the muxer.
  package func header(_ settings: AudioEncoderSettings) throws(FFmpegError) -> [UInt8] {
    try CMAFHeader.write(self, settings)
  }
}
