// SPDX-License-Identifier: Apache-2.0

import Checked

/// The outer form of one coded frame: what can be told without decoding.
package struct CodedFrame: Sendable, Equatable {
  /// Whether decoding can begin with it.
  package let isKey: Bool

  /// Reads a frame of a codec of video.
  ///
  /// - Throws: ``PageError`` if the bytes are no such frame.
  package init(_ codec: TrackConfiguration.Codec, _ bytes: [UInt8]) throws(PageError) {
    isKey = codec == .vp8 ? try Self.isVP8Key(bytes) : try Self.isH264Key(bytes)
  }

  /// - Source: RFC 6386 §9.1: the lowest bit of the first byte is 0 in a key frame; its start code
  ///   follows the frame tag of three bytes
  private static func isVP8Key(_ bytes: [UInt8]) throws(PageError) -> Bool {
    guard bytes.count > 3 else { throw .frame("a frame of VP8 has \(bytes.count) bytes") }
    guard bytes[0] & 1 == 0 else { return false }
    // bounded: the guard has checked the count
    guard bytes.count > 10, bytes[3...5].elementsEqual([0x9D, 0x01, 0x2A]) else {
      throw .frame("a key frame of VP8 has no start code")
    }
    return true
  }

  /// - Source: ITU-T H.264 Annex B, table 7-1
  private static func isH264Key(_ bytes: [UInt8]) throws(PageError) -> Bool {
    guard bytes.starts(with: [0, 0, 0, 1]) || bytes.starts(with: [0, 0, 1]) else {
      throw .frame("a frame of H.264 does not begin with a start code (Annex B)")
    }
    var types = Set<UInt8>()
    var zeros = 0
    var isHeader = false
    for byte in bytes {
      if isHeader {
        guard byte & 0x80 == 0 else { throw .frame("a NAL unit has the forbidden bit") }
        types.insert(byte & 0x1F)
      }
      isHeader = zeros >= 2 && byte == 1
      // bounded: at most the number of bytes
      zeros = byte == 0 ? zeros + 1 : 0
    }
    guard types.contains(5) else {
      guard types.contains(1) else { throw .frame("a frame of H.264 has no slice") }
      return false
    }
    guard types.isSuperset(of: [7, 8]) else {
      throw .frame("a key frame of H.264 has no parameter sets")
    }
    return true
  }
}
