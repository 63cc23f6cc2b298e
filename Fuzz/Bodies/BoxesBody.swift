// SPDX-License-Identifier: Apache-2.0

import CMAF
import Media
import Sharing

extension FuzzBody {
  /// CMAF headers and chunks: boxes lie within one another, a header that is cut off is none, and
  /// samples are within their chunk.
  static let boxes = FuzzBody(
    name: "boxes",
    sources: [
      "CMAF/BoxReader.swift", "CMAF/ChunkSamples.swift", "CMAF/TrackHeader.swift",
      "CMAF/SampleEntry.swift", "CMAF/TrackProperties.swift",
    ]
  ) { bytes in
    var end = 0
    var reader = BoxReader(bytes)
    while let box = try? reader.next() {
      guard box.content.lowerBound >= end + 8, box.content.upperBound <= bytes.count else {
        return "\(box) behind \(end) of \(bytes.count) bytes"
      }
      end = box.content.upperBound
    }
    if let samples = try? ChunkSamples(SharedBytes(bytes)) {
      let ranges = samples.entries.map(\.range)
      guard (1...ChunkSamples.mostSamples).contains(ranges.count),
        ranges.allSatisfy({ $0.lowerBound > 0 && $0.upperBound <= bytes.count })
      else { return "samples \(ranges) of \(bytes.count) bytes" }
    }
    let language = TrackProperties(header: bytes).language.tag
    guard (2...3).contains(language.utf8.count), language.allSatisfy(\.isLowercase) else {
      return "the language \(language)"
    }
    guard let header = try? TrackHeader(parsing: bytes) else { return nil }
    guard header.codecs.allSatisfy({ $0.isASCII }) else { return "codecs \(header.codecs)" }
    let check = { (codecs: String, ticks: Int) throws(TrackHeaderError) in
      try TrackHeader.check(
        bytes, trackID: UInt32(header.trackID), timescale: ticks, codecs: codecs)
    }
    if (try? check(header.codecs, header.timescale)) == nil { return "\(header) does not fit" }
    if (try? check(header.codecs, header.timescale + 1)) != nil { return "any timescale fits" }
    if (try? check("", header.timescale)) != nil { return "any codec fits" }
    // The last box may be cut off only where it said nothing of its size.
    let cut = Array(bytes.dropLast())
    guard end == bytes.count, let again = try? TrackHeader(parsing: cut) else { return nil }
    return again == header && bytes.contains([0, 0, 0, 0]) ? nil : "cut off, and read \(again)"
  }
}
