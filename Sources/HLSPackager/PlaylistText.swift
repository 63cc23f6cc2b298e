// SPDX-License-Identifier: Apache-2.0

import Media

/// The lines of a playlist, one behind the other.
struct PlaylistText {
  private(set) var text: String
  private var map: String?

  init() {
    text = ""
    text.reserveCapacity(4096)
  }

  mutating func line(_ line: String) {
    text += line
    text += "\n"
  }

  private mutating func write(_ map: String) {
    self.map = map
    line("#EXT-X-MAP:URI=\"\(map)\"")
  }

  /// The tags that stand before the first part of a segment (RFC 8216bis §4.4.4.9).
  ///
  /// - Parameters:
  ///   - programDateTime: nanoseconds since 1970.
  ///   - discontinuity: whether it stands behind one.
  ///   - map: the URI of its Media Initialization Section, which is written where it changes.
  mutating func segmentHead(of programDateTime: Int64, discontinuity: Bool, map: String) {
    // The first one belongs to the playlist's head, every other to the Discontinuity with which it changes.
    if self.map == nil { write(map) }
    if discontinuity { line("#EXT-X-DISCONTINUITY") }
    if self.map != map { write(map) }
    line("#EXT-X-PROGRAM-DATE-TIME:\(UTCTime(nanoseconds: programDateTime).text)")
  }
}
