// SPDX-License-Identifier: Apache-2.0

/// The decoder configuration of a video track, with its parameter sets.
package enum DecoderConfiguration {
  /// The content of `avcC` or `hvcC` in a CMAF header; nil if the header has neither.
  ///
  /// Samples of tracks with equal configurations can be decoded one after another.
  /// - Source: ISO/IEC 14496-15 §5.3.3, §8.3.3; ISO/IEC 14496-12 §12.1.3
  package static func bytes(in header: [UInt8]) -> [UInt8]? {
    var range = header.indices
    for type in ["moov", "trak", "mdia", "minf", "stbl", "stsd"] {
      var boxes = BoxReader(header, range)
      guard let content = try? boxes.only(type) else { return nil }
      range = content
    }
    var entries = BoxReader(header, range.dropFirst(8))
    guard let entry = try? entries.next() else { return nil }
    var boxes = BoxReader(header, entry.content.dropFirst(78))
    while let box = try? boxes.next() {
      if box.type == "avcC" || box.type == "hvcC" { return Array(header[box.content]) }
    }
    return nil
  }
}
