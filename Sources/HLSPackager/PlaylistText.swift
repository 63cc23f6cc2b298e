import Media

/// The lines of a playlist, one behind the other.
struct PlaylistText {
  private(set) var text: String

  init() {
    text = ""
    text.reserveCapacity(4096)
  }

  mutating func line(_ line: String) {
    text += line
    text += "\n"
  }

  /// The tags that stand before the first part of a segment (RFC 8216bis §4.4.4.9).
  mutating func segmentHead(of programDateTime: Int64, discontinuity: Bool) {
    if discontinuity { line("#EXT-X-DISCONTINUITY") }
    line("#EXT-X-PROGRAM-DATE-TIME:\(UTCTime(nanoseconds: programDateTime).text)")
  }
}
