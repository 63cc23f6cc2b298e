// SPDX-License-Identifier: Apache-2.0

package import HTTP
package import Packaging

/// The kinds of requests that the routes distinguish in statistics.
extension RequestKind {
  package static let playlist = RequestKind(2, "playlist")
  package static let chunkedPlaylist = RequestKind(3, "chunked_playlist")
  package static let header = RequestKind(4, "init")
  package static let part = RequestKind(5, "part")
  package static let segment = RequestKind(6, "segment")
  package static let timestamps = RequestKind(7, "timestamps")
  package static let time = RequestKind(8, "time")
  package static let page = RequestKind(9, "page")
  package static let probe = RequestKind(10, "probe")
  package static let manifest = RequestKind(11, "manifest")
  package static let control = RequestKind(12, "api")
  package static let uploads = RequestKind(13, "relay")
  package static let publish = RequestKind(14, "publish")
  package static let socket = RequestKind(15, "websocket")
  package static let feed = RequestKind(16, "feed")
  package static let clip = RequestKind(17, "clip")
  package static let instant = RequestKind(18, "instant")
  package static let still = RequestKind(19, "still")
  package static let motionPictures = RequestKind(20, "mjpeg")
  package static let captions = RequestKind(21, "captions")

  /// All kinds; each at its own index.
  package static let all = [
    other, refused, playlist, chunkedPlaylist, header, part, segment, timestamps, time, page, probe,
    manifest, control, uploads, publish, socket, feed, clip, instant, still,
    motionPictures, captions,
  ]

  /// The kind of a request for a media file.
  package init(_ file: MediaName) {
    self =
      switch file {
      case .header: .header
      case .segment: .segment
      case .part: .part
      case .text: .captions
      }
  }
}
