// SPDX-License-Identifier: Apache-2.0

/// The track of a CMAF header, parsed from its boxes.
///
/// Accepts any bytes; bounded in time and memory.
/// - Source: ISO/IEC 23000-19 §7.3.1; ISO/IEC 14496-12 §8
package struct TrackHeader: Sendable, Equatable {
  /// The track ID, as in `tfhd` of each chunk.
  package let trackID: Int
  /// The timescale of the chunks, in ticks per second.
  package let timescale: Int
  /// The codecs string of RFC 6381, from the decoder configuration, such as `avc1.64001f` or
  /// `mp4a.40.2`.
  package let codecs: String

  /// Parses `ftyp` and `moov`.
  ///
  /// - Throws: ``TrackHeaderError`` for a missing or unsuitable box.
  package init(parsing bytes: [UInt8]) throws(TrackHeaderError) {
    var top = BoxReader(bytes)
    guard let first = try top.next(), first.type == "ftyp" else { throw .missing("ftyp") }
    var movie: Range<Int>?
    while let box = try top.next() {
      switch box.type {
      case "moov":
        guard movie == nil else { throw .several("moov") }
        movie = box.content
      case "ftyp", "moof", "mdat": throw .unexpected(box.type)
      default: continue
      }
    }
    guard let movie else { throw .missing("moov") }
    func child(_ type: String, of parent: Range<Int>) throws(TrackHeaderError) -> Range<Int> {
      var reader = BoxReader(bytes, parent)
      return try reader.only(type)
    }
    let track = try child("trak", of: movie)
    trackID = try Self.field(bytes, child("tkhd", of: track), "tkhd", 12, 20)
    // An edit list would shift the samples from the times of playlists and `tfdt`.
    var parts = BoxReader(bytes, track)
    while let box = try parts.next() {
      if box.type == "edts" { throw .unexpected("edts") }
    }
    let media = try child("mdia", of: track)
    timescale = try Self.field(bytes, child("mdhd", of: media), "mdhd", 12, 20)
    let table = try child("stbl", of: child("minf", of: media))
    codecs = try SampleEntry(bytes, child("stsd", of: table)).codecs

    let defaults = try child("trex", of: child("mvex", of: movie))
    guard defaults.count >= 24 else {
      throw .truncated("trex", needed: 24, have: defaults.count)
    }
    try Self.expect("trex.track_ID", bytes.unsigned32(at: defaults.lowerBound + 4), trackID)
    try Self.expect(
      "trex.default_sample_description_index", bytes.unsigned32(at: defaults.lowerBound + 8), 1)
  }

  /// Checks that chunks may follow a header: equal track ID, timescale and codecs.
  ///
  /// - Throws: ``TrackHeaderError`` for the first difference.
  package static func check(
    _ bytes: [UInt8], trackID: UInt32, timescale: Int, codecs: String
  ) throws(TrackHeaderError) {
    let header = try TrackHeader(parsing: bytes)
    try expect("track_ID", header.trackID, Int(trackID))
    try expect("timescale", header.timescale, timescale)
    guard header.codecs == codecs else {
      throw .mismatch("codecs", found: header.codecs, expected: codecs)
    }
  }

  private static func expect(
    _ field: String, _ found: Int, _ expected: Int
  ) throws(TrackHeaderError) {
    guard found == expected else {
      throw .mismatch(field, found: "\(found)", expected: "\(expected)")
    }
  }

  /// The 32 bits at one of two offsets, selected by the version of the full box (§4.2).
  private static func field(
    _ bytes: [UInt8], _ content: Range<Int>, _ name: String, _ short: Int, _ long: Int
  ) throws(TrackHeaderError) -> Int {
    guard let version = bytes[content].first else {
      throw .truncated(name, needed: short + 4, have: 0)
    }
    let offset = version == 1 ? long : short
    guard content.count >= offset + 4 else {
      throw .truncated(name, needed: offset + 4, have: content.count)
    }
    return bytes.unsigned32(at: content.lowerBound + offset)
  }
}
