// SPDX-License-Identifier: Apache-2.0

/// The track of a CMAF header that our chunks may follow.
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
  /// - Throws: ``BoxError`` for a missing or unsuitable box.
  package init(parsing bytes: [UInt8]) throws(BoxError) {
    let movie = try MovieHeader(Self.movie(bytes))
    (trackID, timescale) = (movie.trackID, movie.timescale)
    // An edit list would shift the samples from the times of playlists and `tfdt`.
    guard movie.edit == nil else { throw .unexpected("edts") }
    try Self.expect("stsd.entry_count", movie.statedEntries, 1)
    guard movie.entries == 1 else { throw .several("sample entry") }
    guard movie.entry.protection == nil else { throw .unexpected("encv or enca") }
    codecs = try movie.entry.codecs()
    guard let extends = movie.extends.first else { throw .missing("trex") }
    guard movie.extends.count == 1 else { throw .several("trex") }
    try Self.expect("trex.track_ID", extends.trackID, trackID)
    try Self.expect("trex.default_sample_description_index", extends.entry, 1)
  }

  /// The only `moov`, in a file that begins with its only `ftyp` and has no media.
  private static func movie(_ bytes: [UInt8]) throws(BoxError) -> BoxFields {
    var top = BoxReader(bytes)
    guard let first = try top.next(), first.type == "ftyp" else { throw .missing("ftyp") }
    var movie: BoxFields?
    while let box = try top.next() {
      switch box.type {
      case "moov":
        guard movie == nil else { throw .several("moov") }
        movie = box
      case "ftyp", "moof", "mdat": throw .unexpected(box.type)
      default: continue
      }
    }
    guard let movie else { throw .missing("moov") }
    return movie
  }

  /// Checks that chunks may follow a header: equal track ID, timescale and codecs.
  ///
  /// - Throws: ``BoxError`` for the first difference.
  package static func check(
    _ bytes: [UInt8], trackID: UInt32, timescale: Int, codecs: String
  ) throws(BoxError) {
    let header = try TrackHeader(parsing: bytes)
    try expect("track_ID", header.trackID, Int(trackID))
    try expect("timescale", header.timescale, timescale)
    try expect("codecs", header.codecs, codecs)
  }

  private static func expect<Value: Equatable>(
    _ field: String, _ found: Value, _ expected: Value
  ) throws(BoxError) {
    guard found == expected else {
      throw .mismatch(field, found: "\(found)", expected: "\(expected)")
    }
  }
}
