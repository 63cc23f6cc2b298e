// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging

/// The kinds of requests that the routes distinguish in statistics.
extension RequestKind {
  static let playlist = RequestKind(2, "playlist")
  static let chunkedPlaylist = RequestKind(3, "chunked_playlist")
  static let header = RequestKind(4, "init")
  static let part = RequestKind(5, "part")
  static let segment = RequestKind(6, "segment")
  static let timestamps = RequestKind(7, "timestamps")
  static let time = RequestKind(8, "time")
  static let page = RequestKind(9, "page")
  static let probe = RequestKind(10, "probe")
  static let manifest = RequestKind(11, "manifest")
  static let control = RequestKind(12, "api")
  static let uploads = RequestKind(13, "relay")
  static let publish = RequestKind(14, "publish")
  static let socket = RequestKind(15, "websocket")
  static let feed = RequestKind(16, "feed")
  static let clip = RequestKind(17, "clip")
  static let instant = RequestKind(18, "instant")
  static let still = RequestKind(19, "still")

  /// All kinds; each at its own index.
  static let all = [
    other, refused, playlist, chunkedPlaylist, header, part, segment, timestamps, time, page, probe,
    manifest, control, uploads, publish, socket, feed, clip, instant, still,
  ]

  /// The kind of a request for a media file.
  init(_ file: MediaName) {
    self =
      switch file {
      case .header: .header
      case .segment: .segment
      case .part: .part
      }
  }
}
