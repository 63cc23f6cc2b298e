// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Media
import Sharing
import Time

/// `/S/from/T/to/T2/` of streams whose segments have variable duration: their numbers are no times.
extension StreamHandler {
  /// Answers a request for a playlist of the segments with media between two times.
  func pastSpan(
    _ exchange: any Exchange, of name: String?, from: String, to: String, _ served: ServedStream
  ) {
    let isUnlimited = past.isUnlimited(exchange)
    guard served.options.archive != nil, served.options.dvr > .zero || isUnlimited else {
      return exchange.respond(PastRefusal.none.response)
    }
    guard let start = InstantText.time(from), let end = InstantText.time(to), start < end else {
      return exchange.respond(
        .error(
          400, "no time, or an end before the start (expected \(InstantText.expected))"))
    }
    let now = SystemClock.wallTime
    guard end - start <= PastAddress.longest else {
      return exchange.respond(
        .error(
          400, "the playlist is longer than \(PastAddress.longest.wholeSeconds) s"))
    }
    guard end <= now else {
      return exchange.respond(.error(425, "the end is in the future"))
    }
    if start < served.oldestPast {
      guard isUnlimited else { return exchange.respond(.error(410, served.tooOld)) }
      // Caches keep nothing that viewers may not have.
      exchange.isForOneViewer = true
    }
    let base = "../../../../"
    guard let name else {
      return exchange.respond(
        multivariant(of: served, base: base, file: "from/\(from)/to/\(to)/playlist.m3u8"))
    }
    guard let rendition = rendition(name)?.rendition else {
      return exchange.respond(.notFound)
    }
    past.answer(exchange) { answer in
      served.closedPlaylist(start..<end, of: rendition, base: base, answer: answer)
    }
  }
}
