// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Packaging
import Sharing

/// A stream's Multivariant Playlists as prepared responses.
///
/// They change if closed captions are seen, and if a rendition gets another CMAF header. The first
/// loop that needs one renders it.
final class MultivariantCache: Sendable {
  /// The differences between the Multivariant Playlists of a stream.
  struct Key: Hashable {
    let depth: URLDepth
    /// Whether the playlist names the chunked playlists of the renditions.
    let isChunked: Bool
    let isCompressed: Bool
  }

  private let name: String
  private let root: String?
  private let windows: [LiveWindow]
  private let targetDuration: Int64
  private let switched: String?
  private let captions: [CaptionTrack]
  private let closedCaptions: ClosedCaptions
  private let rendered = Locked(Rendered())

  private struct Rendered {
    /// The closed captions that the responses name.
    var captions: [ClosedCaptionTrack] = []
    /// The hashes of the CMAF headers of the renditions.
    var headers: [String] = []
    var responses: [Key: PreparedResponse] = [:]
  }

  /// An empty cache for the stream `name` with the windows of its renditions, top rendition first.
  ///
  /// `root` is the beginning of URLs; nil for relative ones. If the server chooses the renditions
  /// of the video, `switched` is their common name. `captions` are the text renditions, and
  /// `closedCaptions` those in the video.
  init(
    name: String, root: String? = nil, windows: [LiveWindow], targetDuration: Int64,
    switched: String? = nil,
    captions: [CaptionTrack] = [], closedCaptions: ClosedCaptions
  ) {
    self.closedCaptions = closedCaptions
    self.switched = switched
    self.captions = captions
    self.name = name
    self.root = root
    self.windows = windows
    self.targetDuration = targetDuration
  }

  /// The response for `key`; nil until all renditions are described.
  func response(_ key: Key) -> PreparedResponse? {
    let seen = closedCaptions.tracks
    let described = windows.compactMap(\.snapshot.track)
    guard described.count == windows.count else { return nil }
    let headers = described.map(\.headerHash)
    return rendered.withLock { rendered in
      if rendered.captions != seen || rendered.headers != headers {
        rendered = Rendered(captions: seen, headers: headers)
      }
      if let response = rendered.responses[key] { return response }
      var tracks = described
      if let switched { tracks = tracks.map { $0.size == nil ? $0 : $0.renamed(switched) } }
      let playlist = MultivariantPlaylist(
        tracks, base: root.map { "\($0)/\(name)/" } ?? key.depth.path(to: name),
        file: key.isChunked ? "chunked.m3u8" : "playlist.m3u8",
        variantFile: switched == nil ? nil : SwitchedName.playlist,
        iFrameFile: key.isChunked || switched != nil ? nil : IFramePlaylist.file,
        captions: key.isChunked ? [] : captions, closedCaptions: seen)
      let plain = SharedBytes(playlist.text)
      let compressed = key.isCompressed ? Gzip.compress(plain) : nil
      var fields = ResponseFields.fields(
        "application/vnd.apple.mpegurl",
        key.depth == .switched ? .oneViewer : .playlist(targetDuration: targetDuration))
      fields.append(HeaderField("Vary", "Accept-Encoding"))
      if compressed != nil { fields.append(HeaderField("Content-Encoding", "gzip")) }
      let response = PreparedResponse(status: 200, fields: fields, body: [compressed ?? plain])
      rendered.responses[key] = response
      return response
    }
  }
}
