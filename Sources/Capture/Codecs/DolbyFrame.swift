// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// The header of a synchronization frame of AC-3 or E-AC-3.
///
/// - Source: ETSI TS 102 366 §4.4.1, §4.4.2, §E.1.2
struct DolbyFrame: Sendable, Equatable {
  /// The bytes that are read at most; no frame is shorter.
  static let headerSize = 16
  /// Samples in an audio block.
  static let samplesPerBlock = 256

  /// Kilobits per second by frmsizecod / 2; §4.4.1.4.
  static let bitrates = [
    32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
  ]
  /// Hz by fscod; §4.4.1.3.
  static let sampleRates: [Int32] = [48_000, 44_100, 32_000]

  /// Whether it is E-AC-3.
  let isEnhanced: Bool
  /// Whether it adds channels to the frame before it.
  let isDependent: Bool
  /// The number of the substream among those of its kind.
  let substream: Int
  /// The size in bytes.
  let size: Int
  /// Hz.
  let sampleRate: Int32
  /// The number of audio blocks: 1, 2, 3 or 6.
  let blocks: Int
  /// The fields of the same names; fscod is 3 for E-AC-3 at half of a rate.
  let fscod, bsid, bsmod, acmod: Int
  /// Whether it has the channel of low frequencies.
  let hasLFE: Bool
  /// Kilobits per second.
  let bitrateKilobits: Int
  /// The channels that a dependent frame adds, as chan_loc of `dec3`.
  let locations: Int

  /// Reads the header at the start of `bytes`; nil if it is malformed or cut off.
  init?(_ bytes: ArraySlice<UInt8>) {
    var bits = BitReader(bytes.prefix(Self.headerSize))
    guard bytes.count >= Self.headerSize, bits.take(16) == 0x0B77 else { return nil }
    // bsid is at the same place in both (§E.1.1).
    let bsid = Int(bytes[bytes.startIndex + 5] >> 3)  // bounded: the size was checked
    self.bsid = bsid
    switch bsid {
    case 0...8:
      isEnhanced = false
      (isDependent, substream, blocks, locations) = (false, 0, 6, 0)
      _ = bits.take(16)
      guard let fscod = bits.take(2), fscod < Self.sampleRates.count, let code = bits.take(6),
        code / 2 < Self.bitrates.count, bits.take(5) != nil, let mode = bits.take(3),
        let acmod = bits.take(3)
      else { return nil }
      // cmixlev, surmixlev, dsurmod (§4.4.2.4 to §4.4.2.6).
      let levels = (acmod & 1 != 0 && acmod != 1 ? 2 : 0) + (acmod & 4 != 0 ? 2 : 0)
      guard bits.take(levels + (acmod == 2 ? 2 : 0)) != nil, let lfe = bits.flag() else {
        return nil
      }
      (self.fscod, bsmod, self.acmod, hasLFE) = (fscod, mode, acmod, lfe)
      sampleRate = Self.sampleRates[fscod]
      bitrateKilobits = Self.bitrates[code / 2]
      // Words of 16 bits in 1536 samples, rounded down, and one more at 44.1 kHz.
      // bounded: a bitrate and a rate of the tables
      let words = bitrateKilobits * 96_000 / Int(sampleRate)
      size = 2 * (words + (fscod == 1 ? code & 1 : 0))
    case 11...16:
      isEnhanced = true
      guard let type = bits.take(2), type < 3, let substream = bits.take(3),
        let words = bits.take(11), let fscod = bits.take(2), let second = bits.take(2),
        let acmod = bits.take(3), let lfe = bits.flag()
      else { return nil }
      (isDependent, self.substream) = (type == 1, substream)
      size = 2 * (words + 1)  // bounded: 11 bits
      guard fscod < 3 || second < 3 else { return nil }
      sampleRate = fscod < 3 ? Self.sampleRates[fscod] : Self.sampleRates[second] / 2
      blocks = fscod < 3 ? [1, 2, 3, 6][second] : 6
      (self.fscod, bsmod, self.acmod, hasLFE) = (fscod, 0, acmod, lfe)
      // bounded: at most 4096 bytes, and a rate of the table
      bitrateKilobits = size * 8 * Int(sampleRate) / (blocks * Self.samplesPerBlock * 1000)
      locations = type == 1 ? Self.locations(&bits, acmod) : 0
    default: return nil
    }
    guard size >= Self.headerSize else { return nil }
  }

  /// The samples of the frame.
  var samples: Int64 { Int64(blocks * Self.samplesPerBlock) }  // bounded: at most 6 blocks

  /// chan_loc from the chanmap of a dependent frame after its lfeon; 0 if it has none.
  ///
  /// - Source: ETSI TS 102 366 §E.1.3.1.8, §F.6.2.13
  private static func locations(_ bits: inout BitReader, _ acmod: Int) -> Int {
    guard bits.take(5) != nil else { return 0 }
    for _ in 0..<(acmod == 0 ? 2 : 1) {
      guard bits.take(5) != nil, let hasGain = bits.flag() else { return 0 }
      if hasGain, bits.take(8) == nil { return 0 }
    }
    guard bits.flag() == true, let map = bits.take(16) else { return 0 }
    // Bits 5 to 12 of the map, from its highest one on, and bit 14: the second channel of low
    // frequencies.
    var found = 0
    for (index, bit) in [5, 6, 7, 8, 9, 10, 11, 12, 14].enumerated()
    where map >> (15 - bit) & 1 == 1 { found |= 1 << index }
    return found
  }
}
