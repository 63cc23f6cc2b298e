// SPDX-License-Identifier: Apache-2.0

import CMAF

/// The `moov` of a CMAF track: codec, timescale, edit and the defaults of its fragments.
///
/// - Source: ISO/IEC 14496-12 §8; ISO/IEC 23000-19 §7.3
struct TrackHeaderBox: Sendable, Equatable {
  /// The defaults of `trex`.
  struct Defaults: Sendable, Equatable {
    var duration = 0
    var size = 0
    var flags = 0
  }

  private(set) var configuration: TrackConfiguration
  let trackID: Int
  /// Ticks that the edit list removes from presentation times.
  let start: Int64
  let defaults: Defaults

  /// Reads the content of a `moov`.
  init(_ bytes: [UInt8], _ content: Range<Int>) throws(TrackError) {
    let movie = try boxes(bytes, content)
    let tracks = movie.filter { $0.type == "trak" }
    guard tracks.count == 1 else { throw .tracks(tracks.count) }
    let track = try boxes(bytes, tracks[0].content)
    var header = BoxFields(bytes, try track.first("tkhd"), "tkhd")
    try header.skip(try header.versionAndFlags().version == 1 ? 16 : 8)
    trackID = try header.integer(4)
    let media = try boxes(bytes, try track.first("mdia"))
    var mediaHeader = BoxFields(bytes, try media.first("mdhd"), "mdhd")
    let isLong = try mediaHeader.versionAndFlags().version == 1
    try mediaHeader.skip(isLong ? 16 : 8)
    let timescale = try mediaHeader.integer(4)
    guard timescale > 0 else { throw .time }
    // A header without its last fields is accepted.
    var language = 0
    if (try? mediaHeader.skip(isLong ? 8 : 4)) != nil {
      language = (try? mediaHeader.integer(2)) ?? 0
    }
    let information = try boxes(bytes, try media.first("minf"))
    let table = try boxes(bytes, try information.first("stbl"))
    configuration = try SampleDescription.configuration(
      bytes, try table.first("stsd"), timescale: UInt32(clamping: timescale))
    // `und` is not known, as 0.
    configuration.language = language == 0x55C4 ? 0 : UInt16(clamping: language)
    start = try Self.start(bytes, track)
    defaults = try Self.defaults(bytes, movie, trackID)
  }

  /// The media time of the first edit that is not empty.
  private static func start(_ bytes: [UInt8], _ track: [BoxReader.Box]) throws(TrackError) -> Int64
  {
    guard let edits = track.first(where: { $0.type == "edts" }) else { return 0 }
    var list = BoxFields(bytes, try boxes(bytes, edits.content).first("elst"), "elst")
    let version = try list.versionAndFlags().version
    let count = try list.integer(4)
    for _ in 0..<min(count, 16) {
      let time: Int64
      if version == 1 {
        try list.skip(8)
        time = try list.wide()
      } else {
        try list.skip(4)
        time = Int64(Int32(truncatingIfNeeded: try list.integer(4)))
      }
      try list.skip(4)
      if time >= 0 { return time }
    }
    return 0
  }

  private static func defaults(
    _ bytes: [UInt8], _ movie: [BoxReader.Box], _ trackID: Int
  ) throws(TrackError) -> Defaults {
    guard let extends = movie.first(where: { $0.type == "mvex" }) else { return Defaults() }
    for box in try boxes(bytes, extends.content) where box.type == "trex" {
      var fields = BoxFields(bytes, box.content, "trex")
      _ = try fields.versionAndFlags()
      guard try fields.integer(4) == trackID else { continue }
      try fields.skip(4)
      return Defaults(
        duration: try fields.integer(4), size: try fields.integer(4), flags: try fields.integer(4))
    }
    return Defaults()
  }
}
