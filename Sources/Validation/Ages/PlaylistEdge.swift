// SPDX-License-Identifier: Apache-2.0

package import Time

/// The live edge of a playlist: pure.
///
/// - Source: draft-pantos-hls-rfc8216bis-22 §4.4
package struct PlaylistEdge: Sendable, Equatable {
  /// The first variant of a Multivariant Playlist; nil in a Media Playlist.
  package private(set) var variant: String?
  /// The number of the segment after the last listed one.
  package private(set) var openSegment: Int64 = 0
  /// The number of listed parts of that segment.
  package private(set) var openParts = 0
  /// The part that is made now; nil if there is none.
  package private(set) var hint: String?
  /// The address of a listed segment; nil if none is listed.
  package private(set) var lastSegment: String?
  /// Seconds; nil without parts.
  package private(set) var partTarget: Double?
  package private(set) var hasEnded = false
  /// The address of the header of the newest media; nil if none is listed.
  package private(set) var map: String?
  private var date = ProgramDate()

  /// - Returns: nil if the text is not a playlist.
  package init?(_ text: String) {
    let lines = text.split(whereSeparator: \.isNewline)
    guard lines.first == "#EXTM3U" else { return nil }
    var isVariant = false
    for line in lines {
      date.take(line)
      if !line.hasPrefix("#") {
        if isVariant {
          variant = variant ?? String(line)
        } else {
          lastSegment = String(line)
        }
        isVariant = false
      } else if line.hasPrefix("#EXT-X-STREAM-INF:") {
        isVariant = true
      } else if line.hasPrefix("#EXT-X-MEDIA-SEQUENCE:") {
        let number = Int64(line.drop { $0 != ":" }.dropFirst())
        guard let number, (0...1 << 52).contains(number) else { return nil }
        openSegment = number
      } else if line.hasPrefix("#EXTINF:") {
        openSegment += 1  // bounded: by the number of lines
        openParts = 0
      } else if line.hasPrefix("#EXT-X-PART:") {
        openParts += 1
      } else if line.hasPrefix("#EXT-X-PRELOAD-HINT:"), line.contains("TYPE=PART") {
        hint = Self.quoted("URI", in: line)
      } else if line.hasPrefix("#EXT-X-MAP:") {
        map = Self.quoted("URI", in: line)
      } else if line.hasPrefix("#EXT-X-PART-INF:") {
        partTarget = line.split(separator: "=").last.flatMap { Double($0) }
      } else if line == "#EXT-X-ENDLIST" {
        hasEnded = true
      }
    }
  }

  /// The announced time of the first frame of the part of the hint; nil if there is none.
  package var hintDate: WallTime? { date.next }

  /// The query of a request that is answered when the part of the hint is complete.
  package var blockingQuery: String { "_HLS_msn=\(openSegment)&_HLS_part=\(openParts)" }

  /// Whether this playlist lists more than `earlier`.
  package func isNewer(than earlier: PlaylistEdge) -> Bool {
    (openSegment, openParts) > (earlier.openSegment, earlier.openParts)
  }

  /// The address of the open segment: that of a listed one with its number.
  package var openSegmentURI: String? {
    lastSegment.flatMap { last in
      // bounded: numbers are not negative
      let before = "segment\(openSegment - 1)."
      guard last.firstRange(of: before) != nil else { return nil }
      return last.replacing(before, with: "segment\(openSegment).")
    }
  }

  private static func quoted(_ name: String, in line: Substring) -> String? {
    guard let start = line.firstRange(of: name + "=\"") else { return nil }
    // bounded: the range is within the line
    return String(line[start.upperBound...].prefix { $0 != "\"" })
  }
}
