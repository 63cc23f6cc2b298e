// SPDX-License-Identifier: Apache-2.0

import Checked

/// The description of a track of a publisher page.
package struct PageTrack: Sendable, Equatable {
  /// Ticks per second of all timestamps: they are in microseconds.
  package static let timescale: UInt32 = 1_000_000
  /// The permitted sides of a frame, in pixels.
  private static let sides = 16.0...7680
  /// The largest group, whose number has two bytes.
  private static let groups = 1.0...65_535

  /// The number in the messages with its frames; it rises with each description.
  package let group: UInt16
  /// The description for the source.
  package let configuration: TrackConfiguration

  /// Reads a `track` message.
  ///
  /// - Throws: ``PageError`` if a member is missing or out of range, or the codec is not accepted.
  init(_ message: PageMessage) throws(PageError) {
    guard let group = message.group, Self.groups.contains(group), group.rounded() == group else {
      throw .malformed("track: cid: expected 1–65535")
    }
    self.group = UInt16(clamping: group)
    let codec = message.codec ?? ""
    switch message.kind {
    case "video": configuration = try Self.video(codec, message)
    case "audio": configuration = try Self.audio(codec, message)
    default: throw .malformed("track: kind: expected video or audio")
    }
  }

  private static func video(
    _ codec: String, _ message: PageMessage
  ) throws(PageError) -> TrackConfiguration {
    guard let width = message.width, let height = message.height, sides.contains(width),
      sides.contains(height)
    else { throw .malformed("track: w, h: expected 16–7680 pixels") }
    // The parameter sets of H.264 precede each key frame.
    if codec.hasPrefix("avc1.") || codec.hasPrefix("avc3.") {
      return TrackConfiguration(codec: .h264, timescale: timescale, setup: [])
    }
    guard codec == "vp8" else {
      throw .unsupported("video: the codec is not accepted (expected H.264 or VP8)")
    }
    let size =
      UInt32(clamping: width).bigEndianBytes(2) + UInt32(clamping: height).bigEndianBytes(2)
    return TrackConfiguration(codec: .vp8, timescale: timescale, setup: size)
  }

  /// - Source: RFC 7845 §5.1, the header of Ogg Opus: version, channels, delay, rate, gain, mapping
  private static func audio(
    _ codec: String, _ message: PageMessage
  ) throws(PageError) -> TrackConfiguration {
    guard codec == "opus" else {
      throw .unsupported("audio: the codec is not accepted (expected Opus)")
    }
    guard let channels = message.channels, channels == 1 || channels == 2 else {
      throw .malformed("track: channels: expected 1 or 2")
    }
    let head = Array("OpusHead".utf8) + [1, UInt8(clamping: channels)]
    let setup = head + [0, 0, 0x80, 0xBB, 0, 0, 0, 0, 0]
    var configuration = TrackConfiguration(codec: .opus, timescale: timescale, setup: setup)
    configuration.sampleRate = 48_000
    configuration.channels = UInt8(clamping: channels)
    return configuration
  }
}
