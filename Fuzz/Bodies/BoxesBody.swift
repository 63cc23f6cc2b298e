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
      "Checked/ByteCursor.swift", "CMAF/BoxReader.swift", "CMAF/BoxFields.swift",
      "CMAF/BoxFields+Boxes.swift",
      "CMAF/BoxStream.swift", "CMAF/ChunkSamples.swift", "CMAF/MovieFragment.swift",
      "CMAF/MovieHeader.swift", "CMAF/SampleEntry.swift", "CMAF/SampleEntry+Codecs.swift",
      "CMAF/TrackHeader.swift",
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
      guard (1...ChunkSamples.maximumSamples).contains(ranges.count),
        ranges.allSatisfy({ $0.lowerBound > 0 && $0.upperBound <= bytes.count })
      else { return "samples \(ranges) of \(bytes.count) bytes" }
    }
    if let fault = pieces(bytes) { return fault }
    let movie = try? MovieHeader(header: bytes)
    let language = Language(packed: movie?.language ?? 0).tag
    guard (2...3).contains(language.utf8.count), language.allSatisfy(\.isLowercase) else {
      return "the language \(language)"
    }
    guard let header = try? TrackHeader(parsing: bytes) else { return nil }
    guard movie?.trackID == header.trackID, movie?.edit == nil, movie?.entries == 1 else {
      return "another header than \(header)"
    }
    guard header.codecs.allSatisfy({ $0.isASCII }) else { return "codecs \(header.codecs)" }
    let check = { (codecs: String, ticks: Int) throws(BoxError) in
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

  /// The boxes of bytes in pieces are those of all bytes, up to one without a stated size.
  private static func pieces(_ bytes: [UInt8]) -> String? {
    for size in [1, 7, max(1, bytes.count)] {
      var reader = BoxReader(bytes)
      var stream = BoxStream()
      for start in stride(from: 0, to: bytes.count, by: size) {
        // bounded: the end is within the bytes
        stream.append(Array(bytes[start..<min(bytes.count, start + size)]))
        while let box = try? stream.box(), let content = try? stream.whole(limit: bytes.count) {
          guard let other = try? reader.next(), other.type == box.type,
            other.content.upperBound == stream.position, other.rest == content.rest
          else { return "another box than \(box) in pieces of \(size)" }
        }
      }
    }
    return nil
  }
}
