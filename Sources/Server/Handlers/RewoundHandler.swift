// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Packaging
import Sharing
import Statistics
import Time

/// Answers requests for the playlists of one rendition that begin in the past and continue to the
/// live edge, or holds them until a newer version is listed.
///
/// Confined to one loop's thread.
final class RewoundHandler {
  private let served: ServedStream
  private let rendition: ServedRendition
  private let past: PastHandler
  let held: HoldQueue<RewoundCache.Key>
  private var heldField = HeldField()

  init(
    _ served: ServedStream, _ rendition: ServedRendition, _ past: PastHandler,
    _ counters: Locked<ServerCounters>
  ) {
    self.served = served
    self.rendition = rendition
    self.past = past
    held = HoldQueue(.playlist, counters)
  }

  /// Answers, holds or refuses a request for the playlist from segment `first`.
  func answer(
    _ exchange: any Exchange, from first: Int64, _ directives: DeliveryDirectives,
    since: MonotonicTime, now: MonotonicTime
  ) {
    let target = served.control.targetDuration
    func key(_ caching: ResponseFields.Caching) -> RewoundCache.Key {
      RewoundCache.Key(
        first: first, form: directives.skip,
        isCompressed: exchange.request.accepts(coding: "gzip"), caching: caching)
    }
    let isBlocking = directives.mediaSequenceNumber != nil
    let decision = BlockingReload.decide(
      directives, from: first, on: rendition.window.listing, control: served.control,
      names: served.names)
    switch decision {
    case .hold(let version), .poll(let version, _):
      held.hold(
        HeldRequest(exchange, key(.blockingPlaylist(targetDuration: target)), since: since),
        until: version, deadline: since + served.holdLimit)
    case .refuse(let reason): exchange.respond(.error(400, reason))
    case .answer:
      respond(
        exchange,
        key(
          isBlocking
            ? .blockingPlaylist(targetDuration: target) : .playlist(targetDuration: target)),
        since, now)
    }
  }

  private func respond(
    _ exchange: any Exchange, _ key: RewoundCache.Key, _ since: MonotonicTime, _ now: MonotonicTime
  ) {
    if let response = rendition.rewound?.response(key, now: now) {
      return exchange.respond(response, extra: heldField.ifHeld(since, now))
    }
    past.answer(exchange) { [served, rendition] answer in
      served.rewoundPlaylist(key, of: rendition, now: now, answer: answer)
    }
  }

  /// Answers the requests whose version is in `listing`.
  func published(_ listing: WindowSnapshot, now: MonotonicTime) {
    rendition.rewound?.windowMoved(to: listing)
    guard held.count > 0 else { return }
    held.published(listing.version, hasEnded: listing.state == .ended, now: now) { request in
      respond(request.exchange, request.purpose, request.since, now)
    }
  }

  /// Answers the requests whose deadline has passed.
  func expire(_ now: MonotonicTime) { held.timeOut(now) }
}
