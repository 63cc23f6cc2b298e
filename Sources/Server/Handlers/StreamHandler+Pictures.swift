// SPDX-License-Identifier: Apache-2.0

import HTTP
import Time

/// Key frames and frames of the stream as pictures.
extension StreamHandler {
  /// Answers a request for the playlist of the key frames of a rendition.
  func iFrames(_ exchange: any Exchange, _ target: RoutedTarget, since: MonotonicTime) {
    guard open(exchange, since: since) != nil else { return }
    guard let handler = rendition(target.rendition), !handler.rendition.isAudio else {
      return exchange.respond(ResponseFields.notFound)
    }
    if starting.hold(exchange, until: .segment(handler), of: renditions, since: since) { return }
    handler.playlists.iFrames(exchange, depth: target.depth, since: since, now: now)
  }
}
