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
    guard let top = renditions.first else { return exchange.respond(.notFound) }
    if starting.hold(exchange, until: .window(top), of: renditions, since: since) { return }
    let (printed, form): (MediaName.Number, ServedCaptions.Form)
    switch file {
    case .text(let number): (printed, form) = (number, .text)
    case .segment(let number): (printed, form) = (number, .cmaf)
    case .header(let hash):
      let header = served.captions?.response(
        header: hash, of: track, served.window.segmentation)
      return exchange.respond(header ?? .notFound)
    case .part: return exchange.respond(.notFound)
    }
    guard let number = served.names.segment(printed) else { return exchange.respond(.notFound) }
    captions?.segment(number, as: form, of: track, exchange, since: since, now: now)
  }

  /// Answers a request for the cues of a text rendition, or holds it until there is a newer one.
  func cues(
    _ exchange: any Exchange, _ rendition: String, _ name: CueName, since: MonotonicTime
  ) {
    guard let served = open(exchange, since: since) else { return }
    guard let track = served.captions?.track(rendition) else { return exchange.respond(.notFound) }
    captions?.cues(of: track, after: name.revision, exchange, since: since)
  }
}
