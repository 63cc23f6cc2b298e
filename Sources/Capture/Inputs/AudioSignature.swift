// SPDX-License-Identifier: Apache-2.0

internal import Checked

/// The codec of audio by the first bytes of a PES payload: pure.
///
/// All codecs of MPEG-TS begin their frames with a word of their own, and senders begin a payload
/// with a frame.
package enum AudioSignature {
  /// libavcodec's name of the codec whose frame begins with `bytes`; nil if none is known.
  ///
  /// - Source: ISO/IEC 13818-7 §6.2 (ADTS); ISO/IEC 11172-3 §2.4.2.3; ISO/IEC 14496-3 §1.7.2;
  ///   ETSI TS 102 366 §4.4.1; Opus in MPEG-TS, draft 0.8 §4
  package static func codec(of bytes: [UInt8]) -> String? {
    guard bytes.count >= 7 else { return nil }
    switch (bytes[0], bytes[1]) {
    // bounded: a range without ends
    case (0x0B, 0x77): return DolbyFrame(bytes[...]).map { $0.isEnhanced ? "eac3" : "ac3" }
    // The syncword of DTS begins like a control header of Opus.
    // bounded: at least 7 bytes
    case (0x7F, 0xFE) where bytes[2] == 0x80 && bytes[3] == 0x01: return "dts"
    case (0x7F, 0xE0...): return OpusTransport.packets(bytes).isEmpty ? nil : "opus"
    case (0x56, 0xE0...): return "aac_latm"
    case (0xFF, let second) where second & 0xF6 == 0xF0:
      return ADTS.frames(bytes.span).first?.range.lowerBound ?? 99 <= 9 ? "aac" : nil
    default: return AudioDepacketizer.layer(of: bytes).map { "mp\($0)" }
    }
  }

  /// Whether two codecs have one number in containers, or are decoded by the same reader.
  static func areAlike(_ one: String, _ other: String) -> Bool {
    let families = [["mp1", "mp2", "mp3"], ["ac3", "eac3"]]
    return one == other || families.contains { $0.contains(one) && $0.contains(other) }
  }
}

/// Notices that a PID of MPEG-TS has another codec than its PMT had when it was first read: a pure
/// state machine.
///
/// libavformat keeps the codec of a PID for ever, also when a new PMT states another one.
package struct CodecWatch: Sendable {
  /// The payloads in a row that begin like another codec.
  ///
  /// Coded audio imitates the beginning of one frame now and then.
  static let count = 3

  private var found: String?
  private var times = 0

  package init() {}

  /// Notes a payload of a PID whose codec is `known`.
  ///
  /// - Returns: the other codec that the PID has.
  package mutating func heard(_ bytes: [UInt8], known: String) -> String? {
    guard let codec = AudioSignature.codec(of: bytes) else { return nil }
    guard !AudioSignature.areAlike(codec, known) else {
      (found, times) = (nil, 0)
      return nil
    }
    if codec != found { (found, times) = (codec, 0) }
    times += 1
    guard times >= Self.count else { return nil }
    (found, times) = (nil, 0)
    return codec
  }
}
