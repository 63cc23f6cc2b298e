// SPDX-License-Identifier: Apache-2.0

internal import CMAF
internal import Checked
internal import Media

/// The configuration of FLAC with frames of one length: STREAMINFO without the facts of a file.
///
/// - Source: RFC 9639 §8.2, §9.1; Encapsulation of FLAC in ISO Base Media File Format 0.0.4
package struct FLACStreamInfo: Sendable, Equatable {
  /// The size of STREAMINFO in bytes.
  package static let size = 34
  /// The samples in a frame that are accepted.
  private static let lengths = 192...16_384
  /// The sample rates that are accepted, in Hz.
  private static let sampleRates: ClosedRange<Int32> = 7_000...96_000

  /// Samples in a frame, for each channel.
  package let samplesPerFrame: Int64
  /// Hz.
  package let sampleRate: Int32
  /// The number of channels, 1 to 8.
  package let channels: Int
  /// The bits of a sample.
  package let bits: Int

  /// Reads STREAMINFO, alone or after the marker of a file; nil if it is malformed, or if frames
  /// may have different lengths.
  package init?(_ configuration: [UInt8]) {
    let marker = Array("fLaC".utf8)
    // The marker, and the head of the first metadata block.
    let start = configuration.starts(with: marker) ? marker.count + 4 : 0
    guard configuration.count >= start + Self.size else { return nil }
    var fields = BitReader(configuration.dropFirst(start))
    guard let least = fields.take(16), let most = fields.take(16), least == most,
      Self.lengths.contains(least), fields.take(24) != nil, fields.take(24) != nil,
      let rate = fields.take(20).flatMap({ Int32(exactly: $0) }), Self.sampleRates.contains(rate),
      let channels = fields.take(3), let bits = fields.take(5), bits >= 3
    else { return nil }
    samplesPerFrame = Int64(least)
    sampleRate = rate
    self.channels = channels + 1
    self.bits = bits + 1
  }

  /// The configuration of silence with 16 bits.
  package init(samplesPerFrame: Int64, sampleRate: Int32, channels: Int) {
    let (least, most) = (Int64(Self.lengths.lowerBound), Int64(Self.lengths.upperBound))
    self.samplesPerFrame = min(max(samplesPerFrame, least), most)
    self.sampleRate = sampleRate
    self.channels = min(max(channels, 1), 8)
    bits = 16
  }

  /// STREAMINFO with unknown sizes of frames, number of samples and digest.
  package var bytes: [UInt8] {
    let length = UInt32(clamping: samplesPerFrame).bigEndianBytes(2)
    // 20 bits of the rate, 3 of the channels, 5 of the bits, 4 of the number of samples.
    let word = Int(sampleRate) << 12 | (channels - 1) << 9 | (bits - 1) << 4
    return length + length + [UInt8](repeating: 0, count: 6)
      + UInt32(clamping: word).bigEndianBytes() + [UInt8](repeating: 0, count: 20)
  }

  /// The bitrate without compression in kbit/s: an upper bound.
  package var bitrateKilobits: Int {
    // bounded: a sample rate of 20 bits, 8 channels, 32 bits
    Int(sampleRate) * channels * bits / 1000
  }

  /// The samples of a frame; 0 if its header is malformed.
  /// - Source: RFC 9639 §9.1
  package static func samples(of frame: [UInt8]) -> Int64 {
    let bytes = frame.span
    guard let head = bytes.bigEndian(at: 0, count: 4), head >> 17 == 0x7FFC else { return 0 }
    let code = head >> 12 & 15
    switch code {
    case 1: return 192
    case 2...5: return 576 << Int64(code - 2)
    case 8...15: return 256 << Int64(code - 8)
    case 6, 7:
      // The length follows a number in the form of UTF-8, at most seven bytes.
      let first = UInt8(truncatingIfNeeded: bytes.bigEndian(at: 4, count: 1) ?? 0)
      let offset = 4 + max((~first).leadingZeroBitCount, 1)
      return bytes.bigEndian(at: offset, count: code - 5).map { Int64($0 + 1) } ?? 0
    default: return 0
    }
  }

  /// A frame of silence: constant subframes of zeros.
  /// - Source: RFC 9639 §9.1, §9.2.3, §9.3
  package var silence: [UInt8] {
    // A fixed length in 16 bits at its end; rate and bits are those of STREAMINFO.
    var frame: [UInt8] = [0xFF, 0xF8, 0x70, UInt8(clamping: (channels - 1) << 4), 0]
    frame += UInt32(clamping: samplesPerFrame - 1).bigEndianBytes(2)
    frame.append(UInt8(truncatingIfNeeded: Self.check(frame, polynomial: 0x07, bits: 8)))
    // Each subframe has a head of eight bits, and a sample.
    // bounded: at most 8 channels of 32 bits
    frame += [UInt8](repeating: 0, count: (channels * (8 + bits) + 7) / 8)
    let check = Self.check(frame, polynomial: 0x8005, bits: 16)
    return frame + UInt32(clamping: check).bigEndianBytes(2)
  }

  /// The remainder of a polynomial with `bits` bits, which starts with 0.
  static func check(_ bytes: [UInt8], polynomial: Int, bits: Int) -> Int {
    let (top, mask) = (1 << (bits - 1), (1 << bits) - 1)
    var remainder = 0
    for byte in bytes {
      remainder ^= Int(byte) << (bits - 8)
      for _ in 0..<8 {
        remainder = (remainder & top != 0 ? remainder << 1 ^ polynomial : remainder << 1) & mask
      }
    }
    return remainder
  }

  /// The CMAF header of a track.
  package func header(_ settings: AudioEncoderSettings) -> [UInt8] {
    // Version and flags; the head of the last metadata block, of the type STREAMINFO.
    let content = [UInt8](repeating: 0, count: 4) + [0x80, 0, 0, UInt8(Self.size)] + bytes
    return HeaderWriter(
      .audio, brands: ["cmfc", "iso6"], timescale: settings.sampleRate,
      language: settings.language
    ).bytes { out in
      out.audioEntry(
        "fLaC", channels: channels, bits: bits, sampleRate: sampleRate, "dfLa", content)
    }
  }
}
