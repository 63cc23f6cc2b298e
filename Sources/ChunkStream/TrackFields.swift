// SPDX-License-Identifier: Apache-2.0

import Checked
package import Time

/// What the media of a track, from some chunk on, has in common.
package struct TrackFields: FieldValue, Sendable, Equatable {
  /// The most bytes of a CMAF header.
  package static let maximumHeaderLength = 1 << 18

  /// The codecs string of RFC 6381.
  package var codecs: String
  /// The width in pixels; 0 for audio.
  package var width: UInt16
  /// The height in pixels; 0 for audio.
  package var height: UInt16
  /// The number of audio channels; 0 for video.
  package var channels: UInt8
  /// The CMAF header.
  package var header: [UInt8]

  /// The common properties of a track.
  package init(codecs: String, width: UInt16, height: UInt16, channels: UInt8, header: [UInt8]) {
    self.codecs = codecs
    self.width = width
    self.height = height
    self.channels = channels
    self.header = header
  }

  init(_ reader: inout FieldReader) throws(MessageError) {
    // The string is a part of playlists and of the MPD.
    codecs = try reader.word("a codecs string", limit: 64) {
      NameCharacters.isLetterOrDigit($0) || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "-")
    }
    width = try reader.integer("a width", in: 0...16384)
    height = try reader.integer("a height", in: 0...16384)
    channels = try reader.integer("the number of channels", in: 0...64)
    header = try reader.bytes("a CMAF header", limit: Self.maximumHeaderLength)
    guard !header.isEmpty else { throw .invalid(field: "a CMAF header", value: "without bytes") }
  }

  /// Adds all values.
  package func write(to writer: inout FieldWriter) {
    writer.add(codecs, width, height, channels, header)
  }
}

/// A discontinuity period that begins with the opening chunks of its track.
package struct PeriodFields: FieldValue, Sendable, Equatable {
  /// The range of numbers that may be skipped.
  package static let skips: ClosedRange<Int64> = 0...1 << 40

  /// Wall clock minus media time.
  package var offset: Interval
  /// The number of segment numbers before it without media.
  package var skipped: Int64
  /// The constants from there on, if the CMAF header changes.
  package var track: TrackFields?

  /// A period.
  package init(offset: Interval, skipped: Int64, track: TrackFields? = nil) {
    self.offset = offset
    self.skipped = skipped
    self.track = track
  }

  init(_ reader: inout FieldReader) throws(MessageError) {
    offset = try reader.interval("an offset")
    skipped = try reader.integer("a number of skipped segments", in: Self.skips)
    track = try reader.optional(TrackFields.init)
  }

  /// Adds all values.
  package func write(to writer: inout FieldWriter) { writer.add(offset, skipped, track) }
}
