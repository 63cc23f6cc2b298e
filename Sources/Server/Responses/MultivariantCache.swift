// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Packaging
import Sharing

/// A stream's Multivariant Playlists as ready-made responses: constant, made by whoever needs them first.
final class MultivariantCache: Sendable {
  /// What distinguishes them.
  struct Key: Hashable {
    let depth: Route.Depth
    /// Whether they name the renditions' chunked playlists.
    let isChunked: Bool
    let isCompressed: Bool
  }

  private let name: String
  private let windows: [LiveWindow]
  private let targetDuration: Int64
  private let made = Locked<[Key: PreparedResponse]>([:])

  /// A shelf for the stream `name` whose renditions, the best first, have these windows.
  init(name: String, windows: [LiveWindow], targetDuration: Int64) {
    self.name = name
    self.windows = windows
    self.targetDuration = targetDuration
  }

  /// The response for `key`; nil while a rendition has not been described.
  func response(_ key: Key) -> PreparedResponse? {
    made.withLock { made in
      if let response = made[key] { return response }
      let tracks = windows.compactMap(\.snapshot.track)
      guard tracks.count == windows.count else { return nil }
      let playlist = MultivariantPlaylist(
        tracks, base: key.depth == .root ? name + "/" : "",
        file: key.isChunked ? "chunked.m3u8" : "playlist.m3u8")
      let plain = SharedBytes(playlist.text)
      let compressed = key.isCompressed ? Gzip.compress(plain) : nil
      var fields = ResponseFields.fields(
        "application/vnd.apple.mpegurl", .playlist(targetDuration: targetDuration))
      fields.append(HeaderField("Vary", "Accept-Encoding"))
      if compressed != nil { fields.append(HeaderField("Content-Encoding", "gzip")) }
      let response = PreparedResponse(status: 200, fields: fields, body: [compressed ?? plain])
      made[key] = response
      return response
    }
  }
}
