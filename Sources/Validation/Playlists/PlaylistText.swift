// SPDX-License-Identifier: Apache-2.0

/// A playlist as lines: pure.
///
/// Accepts any bytes. The bytes are compared, not characters: all delimiters are ASCII.
///
/// - Source: draft-pantos-hls-rfc8216bis-22 §4.1
package struct PlaylistText: Sendable, Equatable {
  /// A tag with the text after its colon, or an URI.
  struct Line: Sendable, Equatable {
    /// The tag from `#EXT` on; nil for an URI.
    let tag: String?
    let value: Substring
    /// The attributes of the tag; nil if its value is no list of attributes.
    let attributes: AttributeList?

    /// - Returns: nil for a comment.
    fileprivate init?(_ line: Substring.UTF8View) {
      guard line.first == UInt8(ascii: "#") else {
        (tag, value, attributes) = (nil, Substring(line), nil)
        return
      }
      guard line.starts(with: "#EXT".utf8) else { return nil }
      let name = line.prefix { $0 != UInt8(ascii: ":") }
      value = Substring(line[name.endIndex...].dropFirst())  // bounded: a prefix of the line
      if let known = PlaylistText.known(name) {
        tag = known.name
        attributes = known.hasAttributes ? AttributeList(value) : nil
      } else {
        (tag, attributes) = (String(Substring(name)), nil)
      }
    }
  }

  /// The most lines that are read.
  private static let most = 100_000

  let bytes: [UInt8]
  /// The first line.
  let first: Substring
  /// Tags and URIs, without comments and empty lines.
  let lines: [Line]
  /// Whether it is a Multivariant Playlist.
  package let isMultivariant: Bool
  /// The variables that it defines.
  package let variables: PlaylistVariables

  /// Reads the body of a response.
  ///
  /// - Parameters:
  ///   - bytes: the body.
  ///   - context: the variables that EXT-X-DEFINE can refer to.
  package init(_ bytes: [UInt8], _ context: PlaylistVariables = PlaylistVariables()) {
    self.bytes = bytes
    let whole = String(decoding: bytes, as: UTF8.self).utf8
    let all = whole.split(maxSplits: Self.most) {
      $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r")
    }
    first = all.first.map { Substring($0) } ?? ""
    let hasReferences = bytes.contains(UInt8(ascii: "{"))
    var variables = context
    lines = all.compactMap { text in
      let isReplaced = hasReferences && Self.mayHaveReferences(text)
      let line = Line(
        isReplaced ? variables.replacing(text, Self.number(of: text, in: whole)) : text)
      if line?.tag == "#EXT-X-DEFINE", let list = line?.attributes {
        variables.define(list, Self.number(of: text, in: whole))
      }
      return line
    }
    self.variables = variables
    isMultivariant = lines.contains { $0.tag.map { Self.multivariantTags.contains($0) } ?? false }
  }

  /// The bytes of all URIs and values of tags, with the values of variables.
  package var size: Int { lines.reduce(0) { $0 + $1.value.utf8.count } }

  /// The number of a line in a text, from 1; a line ends with CR LF, LF or CR.
  private static func number(of line: Substring.UTF8View, in text: String.UTF8View) -> Int {
    var number = 1
    var previous: UInt8 = 0
    for byte in text[..<line.startIndex] {
      let isSecond = byte == UInt8(ascii: "\n") && previous == UInt8(ascii: "\r")
      if !isSecond, byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r") { number += 1 }
      previous = byte
    }
    return number
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
    "#EXT-X-SESSION-KEY", "#EXT-X-CONTENT-STEERING", "#EXT-X-START", "#EXT-X-DEFINE",
  ]
  /// All tags with rules, by their length: a tag is found without a copy of its name.
  private static let knownTags: [Int: [(name: String, hasAttributes: Bool)]] = Dictionary(
    grouping: multivariantTags.union(mediaTags).union(singleTags).union(attributeTags).map {
      (name: $0, hasAttributes: attributeTags.contains($0))
    }, by: { $0.name.utf8.count })

  /// Whether a line is an URI or a list of attributes, in which variables have values.
  private static func mayHaveReferences(_ line: Substring.UTF8View) -> Bool {
    guard line.first == UInt8(ascii: "#") else { return true }
    return known(line.prefix { $0 != UInt8(ascii: ":") })?.hasAttributes == true
  }

  private static func known(
    _ name: Substring.UTF8View
  ) -> (name: String, hasAttributes: Bool)? {
    knownTags[name.count]?.first { $0.name.utf8.elementsEqual(name) }
  }
}
