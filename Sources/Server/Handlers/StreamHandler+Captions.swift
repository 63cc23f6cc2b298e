// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging
import Time

/// The requests for captions of a stream, except for its playlists and its MPD.
extension StreamHandler {
  /// Answers a request for a file of a text rendition.
  func captions(
    _ exchange: any Exchange, _ track: CaptionTrack, _ file: MediaName, of served: ServedStream,
    since: MonotonicTime
  ) {
    guard case .text(let printed) = file, let number = served.names.segment(printed),
      let top = renditions.first
    else { return exchange.respond(ResponseFields.notFound) }
    if starting.hold(exchange, until: .window(top), of: renditions, since: since) { return }
    captions?.segment(number, of: track, exchange)
  }

  /// Answers a request for the cues of a text rendition, or holds it until there is a newer one.
  func cues(
    _ exchange: any Exchange, _ rendition: String, _ name: CueName, since: MonotonicTime
  ) {
    guard let served = open(exchange, since: since) else { return }
    guard let track = served.captions?.track(rendition) else {
      return exchange.respond(ResponseFields.notFound)
    }
    captions?.cues(of: track, after: name.revision, exchange, since: since)
  }
}
