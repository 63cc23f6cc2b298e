// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// AAC frames with ADTS headers, as MPEG-TS carries them.
/// - Source: ISO/IEC 13818-7 §6.2
enum ADTS {
  /// A frame without its header, and the fields of the header.
  struct Frame: Sendable, Equatable {
    var range: Range<Int>
    var sampleRate: Int
    var channels: Int
    /// AudioSpecificConfig, ISO/IEC 14496-3 §1.6.2.1.
    var configuration: [UInt8]
  }

  /// The complete frames in `bytes`; bytes before a header are skipped.
  static func frames(_ bytes: Span<UInt8>) -> [Frame] {
    let rates = AudioSpecificConfig.rates
    var frames: [Frame] = []
    var place = 0
    while place + 7 <= bytes.count {
      // bounded: place + 7 <= count
      guard bytes[place] == 0xFF, bytes[place + 1] & 0xF6 == 0xF0 else {
        place += 1
        continue
      }
      // bounded: place + 7 <= count
      let header = bytes[place + 1] & 1 == 1 ? 7 : 9
      let index = Int(bytes[place + 2] >> 2 & 15)
      let length = bytes.bigEndian(at: place + 3, count: 3).map { $0 >> 5 & 0x1FFF } ?? 0
      guard index < rates.count, length > header, place + length <= bytes.count else {
        place += 1
        continue
      }
      // bounded: place + 7 <= count
      let type = Int(bytes[place + 2] >> 6) + 1
      let channels = Int(bytes[place + 2] & 1) << 2 | Int(bytes[place + 3] >> 6)
      let word = type << 11 | index << 7 | channels << 3
      frames.append(
        Frame(
          range: place + header..<place + length, sampleRate: Int(rates[index]),
          channels: channels == 7 ? 8 : channels,
          configuration: [UInt8(word >> 8), UInt8(word & 255)]))
      place += length
    }
    return frames
  }
}
