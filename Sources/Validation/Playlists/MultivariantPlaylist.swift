// SPDX-License-Identifier: Apache-2.0

/// A Multivariant Playlist as values: pure.
///
/// - Source: draft-pantos-hls-rfc8216bis-22 §4.4.6
package struct MultivariantPlaylist: Sendable, Equatable {
  /// An EXT-X-STREAM-INF with its URI.
  struct Variant: Sendable, Equatable {
    let attributes: AttributeList
    let uri: String

    /// Whether its codecs, or its size, name video.
    var hasVideo: Bool {
      attributes["RESOLUTION"] != nil
        || ["avc", "hvc", "hev", "vp09", "av01"].contains {
          (attributes["CODECS"] ?? "").contains($0)
        }
    }
  }

  private(set) var variants: [Variant] = []
  /// The attributes of each EXT-X-MEDIA.
  private(set) var renditions: [AttributeList] = []
  /// The attributes of each EXT-X-I-FRAME-STREAM-INF.
  private(set) var iFrames: [AttributeList] = []
  /// EXT-X-STREAM-INF tags without an URI, and URIs without a tag.
  private(set) var strays: [String] = []

  /// Reads a playlist.
  package init(_ text: PlaylistText) {
    var pending: AttributeList?
    for line in text.lines {
      switch line.tag {
      case nil:
        if let attributes = pending.take() {
          variants.append(Variant(attributes: attributes, uri: String(line.value)))
        } else {
          strays.append(String(line.value))
        }
      case "#EXT-X-STREAM-INF":
        if pending != nil { strays.append("#EXT-X-STREAM-INF") }
        pending = line.attributes
      case "#EXT-X-MEDIA": renditions += line.attributes.map { [$0] } ?? []
      case "#EXT-X-I-FRAME-STREAM-INF": iFrames += line.attributes.map { [$0] } ?? []
      default: break
      }
    }
    if pending != nil { strays.append("#EXT-X-STREAM-INF at the end") }
  }

  /// The URIs of the Media Playlists of subtitles, each once.
  var subtitleURIs: [String] {
    Set(renditions.filter { $0["TYPE"] == "SUBTITLES" }.compactMap { $0["URI"] }).sorted()
  }

  /// The URIs of all Media Playlists of video and audio, each once; those of subtitles have other
  /// rules.
  var mediaURIs: [String] {
    var found: [String] = []
    let others = renditions.filter { $0["TYPE"] != "SUBTITLES" }.compactMap { $0["URI"] }
    for uri in variants.map(\.uri) + others where !found.contains(uri) { found.append(uri) }
    return found
  }
}
