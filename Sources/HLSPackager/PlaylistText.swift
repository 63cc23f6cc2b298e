// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// The text of a playlist, written line by line.
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

  /// Writes the tags before the first part of a segment (RFC 8216bis §4.4.4.9).
  ///
  /// - Parameters:
  ///   - programDateTime: the announced time of its first frame; nil to state none.
  ///   - discontinuity: whether a Discontinuity precedes the segment.
  ///   - map: the URI of its Media Initialization Section, written if it changes.
  mutating func segmentHead(of programDateTime: WallTime?, discontinuity: Bool, map: String) {
    // The first EXT-X-MAP belongs to the head of the playlist, each later one to a Discontinuity.
    if self.map == nil { write(map) }
    if discontinuity { line("#EXT-X-DISCONTINUITY") }
    if self.map != map { write(map) }
    if let programDateTime {
      line("#EXT-X-PROGRAM-DATE-TIME:\(UTCTime(programDateTime).text)")
    }
  }
}
