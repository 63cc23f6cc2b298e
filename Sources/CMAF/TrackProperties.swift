// SPDX-License-Identifier: Apache-2.0

package import Media

/// The properties of a track that players are told besides its codecs, from its CMAF header.
///
/// Accepts any bytes; bounded in time and memory. A property that cannot be read has its default.
/// - Source: ISO/IEC 14496-12 §8.4.2, §12.1.5
package struct TrackProperties: Sendable, Equatable {
  /// The language in `mdhd`.
  package private(set) var language = Language.undetermined
  /// The colours in `colr` of the type `nclx`; nil if the sample entry has none.
  package private(set) var colour: ColourDescription?

  /// The bytes of a visual sample entry before its boxes.
  private static let entryHead = 78

  /// Reads `ftyp` and `moov`.
  package init(header bytes: [UInt8]) {
    guard let movie = Self.child("moov", of: bytes.indices, bytes),
      let track = Self.child("trak", of: movie, bytes),
      let media = Self.child("mdia", of: track, bytes)
    else { return }
    if let header = Self.child("mdhd", of: media, bytes), let version = bytes[header].first {
      // Version and flags, then two times, the timescale and the duration.
      let offset = version == 1 ? 32 : 20
      if header.count >= offset + 2 {
        let packed = bytes.unsigned16(at: header.lowerBound + offset)
        language = Language(packed: UInt16(truncatingIfNeeded: packed))
      }
    }
    guard let information = Self.child("minf", of: media, bytes),
      let samples = Self.child("stbl", of: information, bytes),
      let table = Self.child("stsd", of: samples, bytes)
    else { return }
    var entries = BoxReader(bytes, table.dropFirst(8))
    guard let entry = try? entries.next(), entry.content.count > Self.entryHead,
      let box = Self.child("colr", of: entry.content.dropFirst(Self.entryHead), bytes),
      box.count >= 11, bytes.fourCharacters(at: box.lowerBound) == "nclx"
    else { return }
    func code(_ offset: Int) -> UInt8 {
      UInt8(clamping: bytes.unsigned16(at: box.lowerBound + offset))
    }
    colour = ColourDescription(
      primaries: code(4), transfer: code(6), matrix: code(8),
      // bounded: the guard has checked eleven bytes
      isFullRange: bytes[box.lowerBound + 10] & 0x80 != 0)
  }

  /// The content of the first box of a type; nil if there is none before bytes that are no box.
  private static func child(
    _ type: String, of parent: Range<Int>, _ bytes: [UInt8]
  ) -> Range<Int>? {
    var reader = BoxReader(bytes, parent)
    while let box = try? reader.next() {
      if box.type == type { return box.content }
    }
    return nil
  }
}
