// SPDX-License-Identifier: Apache-2.0

/// The `moov` of a CMAF track.
///
/// Accepts any bytes; bounded in time and memory.
/// - Source: ISO/IEC 14496-12 §8; ISO/IEC 23000-19 §7.3.1
package struct MovieHeader: Sendable, Equatable {
  /// The defaults of a track's fragments: `trex`.
  package struct Extends: Sendable, Equatable {
    package let trackID: Int
    /// The number of the sample entry, from 1 on.
    package let entry: Int
    package let samples: SampleDefaults
  }

  /// The track ID, as in `tfhd` of each fragment.
  package let trackID: Int
  /// Ticks per second; may be 0.
  package let timescale: Int
  /// The language as in `mdhd`, three letters of five bits; `und` if it has none.
  package let language: UInt16
  /// The language of BCP 47 in `elng`; nil without the box.
  package let extendedLanguage: String?
  /// The name and the roles of the track in `udta`.
  package let userData: TrackUserData
  /// The clockwise rotation for display in quarter turns, 0 to 3; 0 for other matrices of `tkhd`.
  package let quarterTurns: Int
  /// The ticks that the edit list removes from presentation times; nil without an edit list.
  package let edit: Int64?
  /// Each `trex`.
  package let extends: [Extends]
  /// The number of sample entries as stated, and as present.
  package let statedEntries, entries: Int
  /// The first sample entry.
  package let entry: SampleEntry

  /// The size of rotated video in pixels; 0 for audio.
  package var displayWidth: Int { quarterTurns % 2 == 0 ? entry.width : entry.height }
  /// The height of rotated video in pixels; 0 for audio.
  package var displayHeight: Int { quarterTurns % 2 == 0 ? entry.height : entry.width }

  /// The language `und`.
  package static let undetermined: UInt16 = 0x55C4

  /// Reads the first `moov` of a CMAF header.
  ///
  /// - Throws: ``BoxError`` for a missing or malformed box.
  package init(header bytes: [UInt8]) throws(BoxError) {
    try self.init(BoxFields(bytes, "header").first("moov"))
  }

  /// The content of `avcC` or `hvcC` in a CMAF header; nil if the header has neither.
  ///
  /// Samples of tracks with equal configurations can be decoded one after another.
  package static func decoderConfiguration(in header: [UInt8]) -> [UInt8]? {
    guard let entry = try? MovieHeader(header: header).entry,
      ["avc1", "avc3", "hvc1", "hev1"].contains(entry.type)
    else { return nil }
    return entry.setup
  }

  /// Reads a `moov`.
  ///
  /// - Throws: ``BoxError`` for a missing or malformed box, or if there is not one track.
  package init(_ movie: BoxFields) throws(BoxError) {
    var reader = movie.boxes
    var tracks: [BoxFields] = []
    while let box = try reader.next() {
      if box.type == "trak" { tracks.append(box) }
    }
    guard let track = tracks.first, tracks.count == 1 else { throw .tracks(tracks.count) }
    var header = try track.only("tkhd")
    let isWide = try header.versionAndFlags().version == 1
    try header.skip(isWide ? 16 : 8)
    trackID = try header.integer(4)
    quarterTurns = Self.quarterTurns(header, isWide: isWide)
    edit = try track.optional("edts").map(Self.edit)
    let media = try track.only("mdia")
    var mediaHeader = try media.only("mdhd")
    let isLong = try mediaHeader.versionAndFlags().version == 1
    try mediaHeader.skip(isLong ? 16 : 8)
    timescale = try mediaHeader.integer(4)
    language = Self.language(mediaHeader, isLong: isLong)
    extendedLanguage = TrackUserData.extendedLanguage(of: media)
    userData = TrackUserData(of: track)
    var table = try media.only("minf").only("stbl").only("stsd")
    try table.skip(4)
    statedEntries = try table.integer(4)
    reader = table.boxes
    guard let first = try reader.next() else { throw .missing("sample entry") }
    entry = try SampleEntry(first)
    var entries = 1
    while try reader.next() != nil { entries += 1 }
    self.entries = entries
    extends = try movie.optional("mvex").map(Self.extends) ?? []
  }

  /// The rotation by the matrix of `tkhd`, which may lack its last fields.
  private static func quarterTurns(_ header: BoxFields, isWide: Bool) -> Int {
    var header = header
    // Reserved, the duration, reserved, layer, group, volume, reserved.
    guard (try? header.skip(isWide ? 28 : 24)) != nil, let a = try? header.signed(),
      let b = try? header.signed(), (try? header.skip(4)) != nil, let c = try? header.signed(),
      let d = try? header.signed()
    else { return 0 }
    let one = 0x1_0000
    return switch (a, b, c, d) {
    case (0, one, -one, 0): 1
    case (-one, 0, 0, -one): 2
    case (0, -one, one, 0): 3
    default: 0
    }
  }

  /// The language; `mdhd` may lack its last fields.
  private static func language(_ header: BoxFields, isLong: Bool) -> UInt16 {
    var header = header
    guard (try? header.skip(isLong ? 8 : 4)) != nil, let packed = try? header.integer(2) else {
      return undetermined
    }
    return UInt16(truncatingIfNeeded: packed)
  }

  /// The media time of the first edit that is not empty.
  private static func edit(_ edits: BoxFields) throws(BoxError) -> Int64 {
    guard var list = try edits.optional("elst") else { return 0 }
    let isWide = try list.versionAndFlags().version == 1
    for _ in 0..<min(try list.integer(4), 16) {
      try list.skip(isWide ? 8 : 4)
      let time = isWide ? try list.wide() : Int64(try list.signed())
      try list.skip(4)
      if time >= 0 { return time }
    }
    return 0
  }

  private static func extends(_ box: BoxFields) throws(BoxError) -> [Extends] {
    var reader = box.boxes
    var found: [Extends] = []
    while var box = try reader.next() {
      guard box.type == "trex" else { continue }
      try box.skip(4)
      let (trackID, entry) = (try box.integer(4), try box.integer(4))
      let samples = SampleDefaults(
        duration: try box.integer(4), size: try box.integer(4), flags: try box.integer(4))
      found.append(Extends(trackID: trackID, entry: entry, samples: samples))
    }
    return found
  }
}
