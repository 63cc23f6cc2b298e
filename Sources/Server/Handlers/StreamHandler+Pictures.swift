// SPDX-License-Identifier: Apache-2.0

import HTTP
import Time

/// Key frames and frames of the stream as pictures.
extension StreamHandler {
  /// Answers a request for the playlist of the key frames of a rendition.
  func iFrames(_ exchange: any Exchange, _ target: RoutedTarget, since: MonotonicTime) {
    guard open(exchange, since: since) != nil else { return }
    guard let handler = rendition(target.rendition), !handler.rendition.isAudio else {
      return exchange.respond(.notFound)
    }
    if starting.hold(exchange, until: .segment(handler), of: renditions, since: since) { return }
    handler.playlists.iFrames(exchange, depth: target.depth, since: since, now: now)
  }

  /// Answers a request for motion JPEG.
  func motionPictures(
    _ exchange: any Exchange, _ width: StillAddress.Width, since: MonotonicTime
  ) {
    guard width != .invalid else { return exchange.respond(StillAddress.Width.refusal) }
    guard exchange.canStream else {
      return exchange.respond(.error(505, "motion JPEG needs HTTP/1.1 or later", .noStore))
    }
    guard let served = open(exchange, since: since), let top = renditions.first else { return }
    guard !top.rendition.isAudio else { return exchange.respond(.notFound) }
    if refusesClear(exchange, "motion JPEG") { return }
    if starting.hold(exchange, until: .window(top), of: renditions, since: since) { return }
    pictures.add(exchange, width: width.pixels, of: served)
  }
}
