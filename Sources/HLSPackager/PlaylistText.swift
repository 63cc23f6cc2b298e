// SPDX-License-Identifier: Apache-2.0

import Media
import Time

/// The text of a playlist, written line by line.
struct PlaylistText {
  private(set) var text: String
  /// The URI of the last EXT-X-MAP; nil without one.
  private(set) var map: String?

  /// The last EXT-X-KEY lines; empty if the last segment is clear.
  private(set) var keys: [String]

  /// No lines; the lines before them have the EXT-X-MAP `map` and the EXT-X-KEY lines `keys`.
  init(after map: String? = nil, keys: [String] = []) {
    text = ""
    text.reserveCapacity(4096)
    self.map = map
    self.keys = keys
  }

  /// The lines since the last call.
  mutating func take() -> String {
    defer { text = "" }
    return text
  }

  /// A duration in seconds, rounded to the microsecond.
  static func seconds(_ ticks: Int64, _ timescale: Int64) -> String {
    Decimal.string((ticks * 2_000_000 + timescale) / (2 * timescale), digits: 6)
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
  ///   - map: the URI of its Media Initialization Section, written if it changes; nil for none.
  ///   - keys: its EXT-X-KEY lines, written if they change; empty if it is clear.
  mutating func segmentHead(
    of programDateTime: WallTime?, discontinuity: Bool, map: String?, keys: [String] = []
  ) {
    // The first EXT-X-MAP belongs to the head of the playlist, each later one to a Discontinuity.
    if let map, self.map == nil { write(map) }
    if discontinuity { line("#EXT-X-DISCONTINUITY") }
    if keys != self.keys {
      self.keys = keys
      for key in keys { line(key) }
      if keys.isEmpty { line("#EXT-X-KEY:METHOD=NONE") }
    }
    if let map, self.map != map { write(map) }
    if let programDateTime {
      line("#EXT-X-PROGRAM-DATE-TIME:\(UTCTime(programDateTime).text)")
    }
  }
}
