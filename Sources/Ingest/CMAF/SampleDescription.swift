// SPDX-License-Identifier: Apache-2.0

import CMAF

/// The first sample entry of a `stsd`.
///
/// - Source: ISO/IEC 14496-12 §8.5.2; ISO/IEC 14496-15 §5.4; ISO/IEC 14496-14 §6.7
enum SampleDescription {
  /// The bytes of a visual sample entry before its boxes.
  private static let videoHead = 78

  /// Reads the content of a `stsd`.
  static func configuration(
    _ bytes: [UInt8], _ content: Range<Int>, timescale: UInt32
  ) throws(TrackError) -> TrackConfiguration {
    var table = BoxFields(bytes, content, "stsd")
    _ = try table.versionAndFlags()
    try table.skip(4)
    guard let entry = try boxes(bytes, table.rest).first else { throw .boxes(.missing("stsd")) }
    switch entry.type {
    case "avc1", "avc3":
      return try video(bytes, entry, .h264, "avcC", timescale)
    case "hvc1", "hev1":
      return try video(bytes, entry, .hevc, "hvcC", timescale)
    case "mp4a", "Opus", "ac-3", "ec-3": return try audio(bytes, entry, timescale)
    default: throw .codec(entry.type)
    }
  }

  private static func video(
    _ bytes: [UInt8], _ entry: BoxReader.Box, _ codec: TrackConfiguration.Codec, _ box: String,
    _ timescale: UInt32
  ) throws(TrackError) -> TrackConfiguration {
    var fields = BoxFields(bytes, entry.content, entry.type)
    try fields.skip(videoHead)
    let setup = try boxes(bytes, fields.rest).first(box)
    // bounded: the box is within the bytes
    return TrackConfiguration(codec: codec, timescale: timescale, setup: Array(bytes[setup]))
  }

  private static func audio(
    _ bytes: [UInt8], _ entry: BoxReader.Box, _ timescale: UInt32
  ) throws(TrackError) -> TrackConfiguration {
    var fields = BoxFields(bytes, entry.content, entry.type)
    try fields.skip(16)
    let channels = try fields.integer(2)
    try fields.skip(6)
    let rate = try fields.integer(4) >> 16
    var configuration: TrackConfiguration
    switch entry.type {
    case "mp4a":
      let (codec, setup) = try elementaryStream(
        bytes, try boxes(bytes, fields.rest).first("esds"))
      configuration = TrackConfiguration(codec: codec, timescale: timescale, setup: setup)
    case "Opus":
      let setup = try opus(bytes, try boxes(bytes, fields.rest).first("dOps"))
      configuration = TrackConfiguration(codec: .opus, timescale: timescale, setup: setup)
    default:
      configuration = TrackConfiguration(
        codec: entry.type == "ac-3" ? .ac3 : .eac3, timescale: timescale, setup: [])
    }
    configuration.channels = UInt8(clamping: channels)
    configuration.sampleRate = UInt32(clamping: rate)
    return configuration
  }

  /// The codec and the decoder configuration of an `esds`.
  ///
  /// - Source: ISO/IEC 14496-1 §7.2.6
  private static func elementaryStream(
    _ bytes: [UInt8], _ content: Range<Int>
  ) throws(TrackError) -> (TrackConfiguration.Codec, [UInt8]) {
    var fields = BoxFields(bytes, content, "esds")
    _ = try fields.versionAndFlags()
    fields = try descriptor(3, bytes, fields)
    try fields.skip(2)
    let flags = try fields.integer(1)
    if flags & 0x80 != 0 { try fields.skip(2) }
    if flags & 0x40 != 0 { try fields.skip(try fields.integer(1)) }
    if flags & 0x20 != 0 { try fields.skip(2) }
    fields = try descriptor(4, bytes, fields)
    let type = try fields.integer(1)
    try fields.skip(12)
    switch type {
    case 0x40, 0x66, 0x67, 0x68:
      let setup = try descriptor(5, bytes, fields)
      // bounded: the descriptor is within the bytes
      return (.aac, Array(bytes[setup.rest]))
    case 0x69, 0x6B: return (.mp3, [])
    default: throw .codec("mp4a of type \(type)")
    }
  }

  /// The content of the next descriptor, which must have a tag.
  private static func descriptor(
    _ tag: Int, _ bytes: [UInt8], _ fields: BoxFields
  ) throws(TrackError) -> BoxFields {
    var fields = fields
    guard try fields.integer(1) == tag else { throw .truncated("esds") }
    var length = 0
    for _ in 0..<4 {
      let byte = try fields.integer(1)
      length = length << 7 | byte & 0x7F
      if byte & 0x80 == 0 { break }
    }
    let start = try fields.skip(length)
    return BoxFields(bytes, start..<start + length, "esds")
  }

  /// The header of Ogg Opus with the fields of a `dOps`.
  ///
  /// - Source: Encapsulation of Opus in ISO Base Media File Format §4.3.2; RFC 7845 §5.1
  private static func opus(_ bytes: [UInt8], _ content: Range<Int>) throws(TrackError) -> [UInt8] {
    var fields = BoxFields(bytes, content, "dOps")
    try fields.skip(1)
    let channels = try fields.integer(1)
    func reversed(_ number: Int, _ count: Int) -> [UInt8] {
      (0..<count).map { UInt8(truncatingIfNeeded: number >> ($0 << 3)) }
    }
    let skip = reversed(try fields.integer(2), 2)
    let rate = reversed(try fields.integer(4), 4)
    let gain = reversed(try fields.integer(2), 2)
    // bounded: the box is within the bytes
    let mapping = Array(bytes[fields.rest])
    guard !mapping.isEmpty else { throw .truncated("dOps") }
    return Array("OpusHead".utf8) + [1, UInt8(clamping: channels)] + skip + rate + gain + mapping
  }
}
