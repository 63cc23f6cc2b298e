// SPDX-License-Identifier: Apache-2.0

/// A playlist as lines: pure.
///
/// Accepts any bytes.
///
/// - Source: draft-pantos-hls-rfc8216bis-22 §4.1
package struct PlaylistText: Sendable, Equatable {
  /// A tag with the text after its colon, or an URI.
  struct Line: Sendable, Equatable {
    /// The tag from `#EXT` on; nil for an URI.
    let tag: String?
    let value: Substring

    /// The attributes of the tag.
    var attributes: AttributeList { AttributeList(value) }
  }

  /// The most lines that are read.
  private static let most = 100_000

  let bytes: [UInt8]
  /// The first line.
  let first: Substring
  /// Tags and URIs, without comments and empty lines.
  let lines: [Line]

  /// Reads the body of a response.
  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
    let text = String(decoding: bytes, as: UTF8.self)
    let all = text.split(maxSplits: Self.most, whereSeparator: \.isNewline)
    first = all.first ?? ""
    lines = all.compactMap { line in
      guard line.hasPrefix("#") else { return Line(tag: nil, value: line) }
      guard line.hasPrefix("#EXT") else { return nil }
      let tag = line.prefix { $0 != ":" }
      return Line(tag: String(tag), value: line.dropFirst(tag.count + 1))
    }
  }

  /// Whether it is a Multivariant Playlist.
  package var isMultivariant: Bool {
    lines.contains { Self.multivariantTags.contains($0.tag ?? "") }
  }

  /// Whether it is a playlist at all.
  package var isPlaylist: Bool { first.hasPrefix("#EXTM3U") }

  /// The tags with this name.
  func tags(_ name: String) -> [Line] { lines.filter { $0.tag == name } }

  static let multivariantTags: Set = [
    "#EXT-X-STREAM-INF", "#EXT-X-MEDIA", "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-SESSION-DATA",
    "#EXT-X-SESSION-KEY", "#EXT-X-CONTENT-STEERING",
  ]

  static let mediaTags: Set = [
    "#EXTINF", "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE",
    "#EXT-X-ENDLIST", "#EXT-X-PLAYLIST-TYPE", "#EXT-X-I-FRAMES-ONLY", "#EXT-X-PART-INF",
    "#EXT-X-SERVER-CONTROL", "#EXT-X-PART", "#EXT-X-MAP", "#EXT-X-DISCONTINUITY", "#EXT-X-GAP",
    "#EXT-X-BYTERANGE", "#EXT-X-KEY", "#EXT-X-PROGRAM-DATE-TIME", "#EXT-X-SKIP",
    "#EXT-X-PRELOAD-HINT", "#EXT-X-RENDITION-REPORT", "#EXT-X-DATERANGE", "#EXT-X-BITRATE",
  ]

  /// Tags that occur at most once.
  static let singleTags: Set = [
    "#EXTM3U", "#EXT-X-VERSION", "#EXT-X-INDEPENDENT-SEGMENTS", "#EXT-X-START",
    "#EXT-X-TARGETDURATION", "#EXT-X-MEDIA-SEQUENCE", "#EXT-X-DISCONTINUITY-SEQUENCE",
    "#EXT-X-ENDLIST", "#EXT-X-PLAYLIST-TYPE", "#EXT-X-I-FRAMES-ONLY", "#EXT-X-PART-INF",
    "#EXT-X-SERVER-CONTROL", "#EXT-X-SKIP", "#EXT-X-CONTENT-STEERING",
  ]

  /// Tags whose value is a list of attributes.
  static let attributeTags: Set = [
    "#EXT-X-PART-INF", "#EXT-X-SERVER-CONTROL", "#EXT-X-PART", "#EXT-X-MAP", "#EXT-X-KEY",
    "#EXT-X-SKIP", "#EXT-X-PRELOAD-HINT", "#EXT-X-RENDITION-REPORT", "#EXT-X-DATERANGE",
    "#EXT-X-STREAM-INF", "#EXT-X-MEDIA", "#EXT-X-I-FRAME-STREAM-INF", "#EXT-X-SESSION-DATA",
    "#EXT-X-SESSION-KEY", "#EXT-X-CONTENT-STEERING", "#EXT-X-START",
  ]
}
