// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Media
import Packaging
import Sharing
import Statistics
import Time

/// Answers the playlist requests of one rendition, or holds them until a newer version is listed.
///
/// Confined to one loop's thread.
final class PlaylistHandler {
  /// The playlist that a request asks for; a held request keeps it.
  struct Awaited {
    let form: PlaylistCache.Form
    let depth: URLDepth
    let isCompressed: Bool
    /// Whether the current playlist is the response at the deadline (`wait`).
    let isPoll: Bool

    /// The key of the response: its lifetime is known when it is given, and would make each held
    /// request larger.
    func key(_ caching: ResponseFields.Caching, isFull: Bool = false) -> PlaylistCache.Key {
      PlaylistCache.Key(
        form: isFull ? form.full : form, depth: depth, isCompressed: isCompressed, caching: caching)
    }
  }

  private let served: ServedStream
  private let rendition: ServedRendition
  private let reroute: (any Exchange, MonotonicTime) -> Void
  private let view: WindowView
  let held: HoldQueue<Awaited>
  private var heldField = HeldField()
  /// The newest decision: it holds for all requests for the same part of one revision.
  private var decided:
    (revision: Int, directives: DeliveryDirectives, isEnded: Bool, decision: BlockingReload)?
  /// The newest response, rendered from one snapshot.
  private var last: (snapshot: WindowSnapshot, key: PlaylistCache.Key, response: PreparedResponse)?

  /// `reroute` handles an exchange again; its second argument is the arrival of the request.
  init(
    _ served: ServedStream, _ rendition: ServedRendition, _ view: WindowView,
    _ counters: Locked<ServerCounters>,
    reroute: @escaping (any Exchange, MonotonicTime) -> Void
  ) {
    self.served = served
    self.rendition = rendition
    self.view = view
    self.reroute = reroute
    held = HoldQueue(.playlist, counters)
  }

  // MARK: Requests

  /// Answers a request for the chunked playlist.
  func chunked(_ exchange: any Exchange, depth: URLDepth, since: MonotonicTime, now: MonotonicTime)
  {
    guard !rendition.window.segmentation.hasVariableDuration else {
      return exchange.respond(.error(404, "no chunked playlist: segments have variable duration"))
    }
    let caching = ResponseFields.Caching.playlist(targetDuration: served.control.targetDuration)
    let key = awaited(.chunked, depth, exchange).key(caching)
    // Open-segment readers get chunks that other renditions do not list yet, so the window counts.
    answer(exchange, key, view.snapshot, since, now)
  }

  /// Answers a request for the playlist of key frames; Delivery Directives have no meaning for it.
  func iFrames(_ exchange: any Exchange, depth: URLDepth, since: MonotonicTime, now: MonotonicTime)
  {
    let caching = ResponseFields.Caching.playlist(targetDuration: served.control.targetDuration)
    let key = awaited(.iFrames, depth, exchange).key(caching)
    answer(exchange, key, view.listing, since, now)
  }

  /// Answers, holds or refuses a request for the Media Playlist, or for that of a text rendition
  /// beside it, which lists the same segments without parts.
  func media(
    _ exchange: any Exchange, _ asked: RoutedTarget.Directives, depth: URLDepth,
    of captions: CaptionTrack? = nil, since: MonotonicTime, now: MonotonicTime
  ) {
    var directives = DeliveryDirectives()
    switch asked {
    case .success(let read): directives = read
    case .failure(let failure):
      // RFC 8216bis §6.2.5: with EXT-X-ENDLIST "the server MUST ignore" the directives.
      guard view.listing.state == .ended else {
        return exchange.respond(
          .error(400, "\(failure)", failure.isAmbiguous ? .noStore : .second))
      }
    }
    if captions != nil { directives.partIndex = nil }
    let (decision, isEnded) = decide(directives)
    let text = isEnded ? MediaPlaylist.Form.full : directives.skip
    let form = captions.map { PlaylistCache.Form.captions(text, $0.rendition) } ?? .media(text)
    func awaited(isPoll: Bool = false) -> Awaited {
      self.awaited(form, depth, exchange, isPoll: isPoll)
    }
    switch decision {
    case .answer:
      let snapshot = view.listing
      answer(exchange, awaited().key(caching(directives, snapshot)), snapshot, since, now)
    case .hold(let version):
      held.hold(
        HeldRequest(exchange, awaited(), since: since), until: version,
        deadline: since + served.holdLimit)
    case .poll(let version, let wait):
      held.hold(
        HeldRequest(exchange, awaited(isPoll: true), since: since), until: version,
        deadline: since + min(wait, served.holdLimit))
    case .refuse(let reason):
      exchange.respond(.error(400, reason))
    }
  }

  private func decide(_ directives: DeliveryDirectives) -> (BlockingReload, isEnded: Bool) {
    let revision = view.revision
    if let decided, decided.revision == revision, decided.directives == directives {
      return (decided.decision, decided.isEnded)
    }
    let snapshot = view.listing
    let decision = BlockingReload.decide(
      directives, on: snapshot, control: served.control, names: served.names)
    let isEnded = snapshot.state == .ended
    decided = (revision, directives, isEnded, decision)
    return (decision, isEnded)
  }

  /// How long caches may keep a response that is given on arrival.
  private func caching(
    _ directives: DeliveryDirectives, _ snapshot: WindowSnapshot
  ) -> ResponseFields.Caching {
    let target = served.control.targetDuration
    if directives.mediaSequenceNumber != nil { return .blockingPlaylist(targetDuration: target) }
    guard directives.waitMilliseconds != nil else { return .playlist(targetDuration: target) }
    // A cached response to a version ahead of the live edge would let all clients of that cache
    // ask again without a pause.
    let isNewer = directives.version.map { $0 < UInt64(max(0, snapshot.version)) } ?? false
    return isNewer ? .second : .noStore
  }

  private func awaited(
    _ form: PlaylistCache.Form, _ depth: URLDepth, _ exchange: any Exchange, isPoll: Bool = false
  ) -> Awaited {
    Awaited(
      form: form, depth: depth, isCompressed: exchange.request.accepts(coding: "gzip"),
      isPoll: isPoll)
  }

  private func answer(
    _ exchange: any Exchange, _ key: PlaylistCache.Key, _ snapshot: WindowSnapshot,
    _ since: MonotonicTime, _ now: MonotonicTime
  ) {
    guard let response = response(key, snapshot) else { return exchange.respond(.noSegment) }
    exchange.respond(response, extra: heldField.ifHeld(since, now))
  }

  private func response(
    _ key: PlaylistCache.Key, _ snapshot: WindowSnapshot
  ) -> PreparedResponse? {
    if last?.snapshot === snapshot, last?.key == key { return last?.response }
    guard let response = rendition.playlists.response(key, from: snapshot) else { return nil }
    last = (snapshot, key, response)
    return response
  }

  // MARK: Publication, deadlines, end

  /// Answers the requests whose version is in `listing`.
  func published(_ listing: WindowSnapshot, now: MonotonicTime) {
    if last?.snapshot !== listing { last = nil }
    guard held.count > 0 else { return }
    // If a segment with variable duration has ended without the awaited part, the request means
    // part 0 of the next segment.
    let isBetween =
      rendition.window.segmentation.hasVariableDuration && listing.state == .live
      && listing.open?.parts.isEmpty != false
    let hasEnded = listing.state == .ended
    held.published(listing.version, hasEnded: hasEnded, now: now) { request in
      guard !isBetween || request.purpose.isPoll else {
        return reroute(request.exchange, request.since)
      }
      let caching: ResponseFields.Caching =
        request.purpose.isPoll
        ? .second : .blockingPlaylist(targetDuration: served.control.targetDuration)
      answer(
        request.exchange, request.purpose.key(caching, isFull: hasEnded), listing, request.since,
        now)
    }
  }

  /// Answers the requests whose deadline has passed.
  func expire(_ now: MonotonicTime) {
    for request in held.expired(now) {
      guard request.purpose.isPoll else {
        held.timedOut()
        request.timeOut(now)
        continue
      }
      answer(request.exchange, request.purpose.key(.noStore), view.listing, request.since, now)
    }
  }
}
