// SPDX-License-Identifier: Apache-2.0

import CMAF

/// The boxes of a CMAF header that a track of a clip takes over.
struct ClipHeader {
  /// Ticks per second, at least 1.
  let timescale: Int64
  let isVideo: Bool
  private let language: UInt16
  /// The end of `tkhd` after its duration: layer, volume, matrix and size.
  private let presentation: [UInt8]
  /// The content of `hdlr`, of the boxes of `minf` before `stbl`, and of `stsd`.
  private let handler: [UInt8], information: [(type: String, content: [UInt8])]
  private let descriptions: [UInt8]

  /// Reads a CMAF header of one track.
  ///
  /// - Throws: ``ClipError/boxes(_:)`` for a missing or malformed box.
  init(_ header: [UInt8]) throws(ClipError) {
    do throws(BoxError) {
      let movie = try MovieHeader(header: header)
      guard movie.timescale > 0 else { throw .time }
      guard movie.entry.protection == nil else { throw .unexpected("encv or enca") }
      timescale = Int64(movie.timescale)
      language = movie.language
      let track = try BoxFields(header, "header").first("moov").only("trak")
      var place = try track.only("tkhd")
      try place.skip(try place.versionAndFlags().version == 1 ? 32 : 20)
      presentation = try place.fields(60).rest
      let media = try track.only("mdia")
      var kind = try media.only("hdlr")
      handler = kind.rest
      try kind.skip(8)
      isVideo = try kind.integer(4) == 0x7669_6465
      let parts = try media.only("minf")
      descriptions = try parts.only("stbl").only("stsd").rest
      var boxes = parts.boxes
      var information: [(String, [UInt8])] = []
      while let box = try boxes.next() {
        if box.type != "stbl" { information.append((box.type, box.rest)) }
      }
      self.information = information
    } catch { throw .boxes(error) }
  }

  /// Appends `trak`.
  ///
  /// - Parameters:
  ///   - out: the boxes so far.
  ///   - id: the track ID.
  ///   - duration: the duration of the edit list, in ticks of the movie.
  ///   - mediaDuration: the durations of all samples, in ticks of the track.
  ///   - edits: writes the content of `edts`.
  ///   - table: writes the content of `stbl` after `stsd`.
  func write(
    to out: inout BoxBuilder, id: UInt32, duration: Int64, mediaDuration: Int64,
    edits: (inout BoxBuilder) -> Void, table: (inout BoxBuilder) -> Void
  ) {
    out.box("trak") { out in
      // Enabled, in the movie, in the preview.
      out.box("tkhd", version: 1, flags: 7) {
        $0.zeros(16)
        $0.put(id)
        $0.put(UInt32(0))
        $0.put(duration)
        $0.put(presentation)
      }
      out.box("edts") { edits(&$0) }
      out.box("mdia") { out in
        out.box("mdhd", version: 1) {
          $0.zeros(16)
          $0.put(UInt32(clamping: timescale))
          $0.put(mediaDuration)
          $0.put(language)
          $0.put(UInt16(0))
        }
        out.box("hdlr") { $0.put(handler) }
        out.box("minf") { out in
          for box in information { out.box(box.type) { $0.put(box.content) } }
          out.box("stbl") { out in
            out.box("stsd") { $0.put(descriptions) }
            table(&out)
          }
        }
      }
    }
  }
}
