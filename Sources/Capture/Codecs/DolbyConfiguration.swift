// SPDX-License-Identifier: Apache-2.0

internal import CMAF
internal import Checked
internal import Media

/// The configuration of AC-3 or E-AC-3: the content of `dac3` or `dec3`.
///
/// - Source: ETSI TS 102 366 §F.4, §F.6
package struct DolbyConfiguration: Sendable, Equatable {
  /// Samples in a sample of a track: six audio blocks.
  package static let samplesPerFrame: Int64 = 1536
  /// The channels of each acmod; §4.4.2.3.
  private static let channels = [2, 1, 2, 3, 3, 4, 4, 5]
  /// The channels of each bit of chan_loc: pairs, and single ones.
  private static let added = [2, 2, 1, 1, 2, 2, 2, 1, 1]

  /// Whether it is E-AC-3.
  package let isEnhanced: Bool
  /// Kilobits per second.
  package private(set) var bitrateKilobits: Int
  /// The number of dependent substreams, and the channels that they add.
  private let dependents, locations: Int
  private let fscod, bsid, bsmod: Int
  let acmod: Int
  let hasLFE: Bool

  /// The configuration of an access unit; nil if it cannot be that of a track.
  ///
  /// Such are the channel mode of two programs in one, and half sample rates.
  init?(_ frames: [DolbyFrame]) {
    guard let first = frames.first, first.acmod != 0, first.fscod < 3 else { return nil }
    isEnhanced = first.isEnhanced
    (fscod, bsid, bsmod) = (first.fscod, first.bsid, first.bsmod)
    (acmod, hasLFE) = (first.acmod, first.hasLFE)
    let others = frames.filter(\.isDependent)
    let numbers = Set(others.map(\.substream))
    dependents = numbers.count
    locations = others.reduce(0) { $0 | $1.locations }
    // The rates of one frame of each substream.
    let rates = numbers.compactMap { number in
      others.first { $0.substream == number }?.bitrateKilobits
    }
    bitrateKilobits = rates.reduce(first.bitrateKilobits, +)
  }

  /// The configuration of silence.
  package init(isEnhanced: Bool, sampleRate: Int32, channels: Int) {
    self.isEnhanced = isEnhanced
    fscod = DolbyFrame.sampleRates.firstIndex(of: sampleRate) ?? 0
    (bsid, bsmod) = (isEnhanced ? 16 : 8, 0)
    acmod = [1, 2, 3, 6, 7][min(max(channels, 1), 5) - 1]
    hasLFE = channels > 5
    bitrateKilobits = channels > 2 ? 384 : 192
    (dependents, locations) = (0, 0)
  }

  /// Reads the content of `dac3`, or of `dec3` with one program; nil if it is malformed.
  package init?(_ bytes: [UInt8], isEnhanced: Bool) {
    var bits = BitReader(bytes)
    self.isEnhanced = isEnhanced
    if isEnhanced {
      guard let rate = bits.take(13), bits.take(3) == 0 else { return nil }
      bitrateKilobits = rate
    } else {
      bitrateKilobits =
        bytes.span.bigEndian(at: 0, count: 3).map { $0 >> 5 & 31 }.flatMap {
          DolbyFrame.bitrates.indices.contains($0) ? DolbyFrame.bitrates[$0] : nil
        } ?? 0
    }
    guard let fscod = bits.take(2), fscod < 3, let bsid = bits.take(5),
      bits.take(isEnhanced ? 2 : 0) != nil, let bsmod = bits.take(3), let acmod = bits.take(3),
      acmod > 0, let lfe = bits.flag(), bitrateKilobits > 0
    else { return nil }
    (self.fscod, self.bsid, self.bsmod, self.acmod, hasLFE) = (fscod, bsid, bsmod, acmod, lfe)
    guard isEnhanced else {
      (dependents, locations) = (0, 0)
      return
    }
    guard bits.take(3) != nil, let count = bits.take(4), let found = bits.take(count > 0 ? 9 : 1)
    else { return nil }
    (dependents, locations) = (count, count > 0 ? found : 0)
  }

  /// The content of the box.
  package var bytes: [UInt8] {
    let lfe = hasLFE ? 1 : 0
    guard isEnhanced else {
      let code = DolbyFrame.bitrates.firstIndex(of: bitrateKilobits) ?? 0
      let word = fscod << 22 | bsid << 17 | bsmod << 14 | acmod << 11 | lfe << 10 | code << 5
      return UInt32(clamping: word).bigEndianBytes(3)
    }
    let rate = UInt32(clamping: min(bitrateKilobits, 0x1FFF) << 3).bigEndianBytes(2)
    let fields = fscod << 22 | bsid << 17 | bsmod << 12 | acmod << 9 | lfe << 8
    let word = fields | min(dependents, 15) << 1
    guard dependents > 0 else { return rate + UInt32(clamping: word).bigEndianBytes(3) }
    return rate + UInt32(clamping: (word << 8) | locations).bigEndianBytes(4)
  }

  /// Hz.
  package var sampleRate: Int32 { DolbyFrame.sampleRates[fscod] }

  /// The number of channels, that of low frequencies included.
  package var channels: Int {
    let added = Self.added.indices.filter { locations >> $0 & 1 == 1 }.map { Self.added[$0] }
    return added.reduce(Self.channels[acmod] + (hasLFE ? 1 : 0), +)
  }

  /// The codecs string, and the type of the sample entry.
  /// - Source: ETSI TS 102 366 §F.3, §F.5
  package var codecs: String { isEnhanced ? "ec-3" : "ac-3" }

  /// Whether a track with one of the configurations may have frames of the other: all but the
  /// bitrates are equal.
  func isAlike(_ other: DolbyConfiguration) -> Bool {
    var other = other
    other.bitrateKilobits = bitrateKilobits
    return other == self
  }

  /// The number of audio blocks of the program in an access unit; nil if a frame is malformed.
  static func blocks(of unit: [UInt8]) -> Int? {
    var (offset, blocks) = (0, 0)
    while offset < unit.count {
      // bounded: within the bytes
      guard let frame = DolbyFrame(unit[offset...]), frame.size <= unit.count - offset else {
        return nil
      }
      if !frame.isDependent { blocks += frame.blocks }
      offset += frame.size
    }
    return blocks
  }

  /// Samples of an access unit; 0 if a frame is malformed.
  package static func samples(of unit: [UInt8]) -> Int64 {
    // bounded: at most 6 blocks in each frame of 16 bytes
    Int64((blocks(of: unit) ?? 0) * DolbyFrame.samplesPerBlock)
  }

  /// The CMAF header of a track.
  package func header(_ settings: AudioEncoderSettings) -> [UInt8] {
    HeaderWriter(
      .audio, brands: ["cmfc", "iso6"], timescale: settings.sampleRate,
      language: settings.language
    ).bytes { out in
      out.audioEntry(
        codecs, channels: channels, sampleRate: sampleRate, isEnhanced ? "dec3" : "dac3", bytes)
    }
  }
}
