// SPDX-License-Identifier: Apache-2.0

import Checked

/// The segments that a Media Playlist of a twin lists, by their numbers.
///
/// Accepts any text; segments without a CMAF header, gaps, and names without a number are left out.
package struct TwinPlaylist: Sendable, Equatable {
  /// A listed segment.
  package struct Entry: Sendable, Equatable {
    /// The hash of its CMAF header.
    package let headerHash: String
    /// Whether EXT-X-DISCONTINUITY precedes it.
    package let startsDiscontinuity: Bool
  }

  /// The segments.
  package private(set) var entries: [Int64: Entry] = [:]

  /// The most segments of a playlist.
  private static let limit = 100_000

  /// Reads a playlist.
  package init(_ text: String) {
    var hash: String?
    var (isGap, startsDiscontinuity) = (false, false)
    for line in text.split(whereSeparator: \.isNewline) {
      if line.hasPrefix("#EXT-X-MAP:") {
        hash = Self.hash(line)
      } else if line == "#EXT-X-GAP" {
        isGap = true
      } else if line == "#EXT-X-DISCONTINUITY" {
        startsDiscontinuity = true
      } else if !line.hasPrefix("#") {
        if let hash, !isGap, let number = Self.number(line), entries.count < Self.limit {
          entries[number] = Entry(headerHash: hash, startsDiscontinuity: startsDiscontinuity)
        }
        (isGap, startsDiscontinuity) = (false, false)
      }
    }
  }

  /// The hash in `#EXT-X-MAP:URI="../init-HASH.mp4"`.
  private static func hash(_ line: Substring) -> String? {
    guard let end = line.firstRange(of: ".mp4\""), let start = line.firstRange(of: "init-") else {
      return nil
    }
    guard start.upperBound <= end.lowerBound else { return nil }
    // bounded: positions in the line
    let hash = line[start.upperBound..<end.lowerBound]
    return HourName.isHash(hash) ? String(hash) : nil
  }

  /// The number in `../segmentN.m4s`.
  private static func number(_ uri: Substring) -> Int64? {
    let name = uri.split(separator: "/").last ?? uri
    guard name.hasPrefix("segment"), name.hasSuffix(".m4s") else { return nil }
    let digits = name.dropFirst("segment".count).dropLast(".m4s".count)
    guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int64(digits),
      SegmentMark.numbers.contains(number)
    else { return nil }
    return number
  }
}
