// SPDX-License-Identifier: Apache-2.0

import Archive
import HLSPackager
import HTTP
import Media
import Packaging
import Sharing
import Time

/// A request for a playlist whose end may be in the future.
private struct FutureRequest {
  let exchange: any Exchange
  let target: RoutedTarget
  let since: MonotonicTime
  let now: MonotonicTime
}

/// `/S/from/T/`: playlists of the past.
extension StreamHandler {
  /// Answers a request for a playlist from a time on, to another time or to the live edge.
  ///
  /// `time` is that of the decision; nil for now.
  func past(
    _ exchange: any Exchange, _ target: RoutedTarget, since: MonotonicTime,
    at time: MonotonicTime? = nil
  ) {
    guard case .past(_, let name, let from, let to) = target.route else { return }
    let need = to == nil ? PastNeed.liveEdge(isFollowed: target.isFollowing) : .archive
    let future = FutureRequest(exchange: exchange, target: target, since: since, now: time ?? now)
    if answersPast(
      need, exchange, since: since, { $0.past(exchange, target, since: since, at: time) })
    {
      return
    }
    guard let served = openAll(exchange, since: since) else { return }
    if let to, served.window.segmentation.hasVariableDuration {
      return pastSpan(future, of: name, from: from, to: to, served)
    }
    let isUnlimited = past.isUnlimited(exchange)
    let segmentation: Segmentation
    switch served.pastSegmentation(isUnlimited: isUnlimited) {
    case .success(let known): segmentation = known
    case .failure(let refusal): return exchange.respond(refusal.response)
    }
    let handler = name.flatMap { rendition($0) }
    guard name == nil || handler != nil, let archive = served.options.archive else {
      return exchange.respond(.notFound)
    }
    let clock = SystemClock.wallTime
    guard
      let exact = PastAddress(
        from: from, to: to, served.names, segmentation, now: clock, isFollowed: true),
      let rounded = PastAddress(from: from, to: to, served.names, segmentation, now: clock)
    else {
      return exchange.respond(
        .error(
          400,
          "no time, one more than a day ahead, or an end before the start "
            + "(expected \(InstantText.expected))"))
    }
    // A list that was begun keeps its first number, also if the archive does not have it any more.
    let isFollowed =
      to == nil && (target.isFollowing || handler?.rendition.rewound?.has(exact.first) == true)
    let oldest = served.archivedExtent(of: served.top.name, archive)?.lowerBound
    let address = isFollowed ? exact : oldest.map { rounded.from($0) } ?? rounded
    guard address.path(served.names) == Self.path(from, to) else {
      return exchange.respond(redirect(exchange, to: address, of: served, isClosed: to != nil))
    }
    let recorded =
      served.isRecorded ? newestSegment(of: handler?.rendition ?? served.top, archive) : nil
    // A recording ends: it has no live edge.
    let limited = recorded.map { address.ended(by: $0.addingSaturated(1)) } ?? address
    let viewers = PastLimits(dvr: served.options.reach.dvr, list: served.options.reach.list)
    let limits = isUnlimited ? viewers.unlimited : viewers
    if let refusal = limits.refusal(
      limited, now: clock, isFollowed: isFollowed, served.names, segmentation)
    {
      return exchange.respond(refusal.response)
    }
    // Caches keep nothing that viewers may not have.
    if viewers.dvr == .zero
      || viewers.refusal(
        limited, now: clock, isFollowed: isFollowed, served.names, segmentation) != nil
    {
      exchange.isForOneViewer = true
    }
    guard let handler else {
      return exchange.respond(
        multivariant(
          of: served, base: address.end == nil ? "../../" : "../../../../",
          file: address.path(served.names) + "/playlist.m3u8"))
    }
    if let recorded {
      return respond(future, address, until: recorded, of: handler.rendition, served, clock)
    }
    guard let end = address.end else {
      switch target.directives {
      case .failure(let failure):
        exchange.respond(.error(400, "\(failure)", failure.isAmbiguous ? .noStore : .second))
      case .success(let directives):
        handler.rewound.answer(
          exchange, from: address.first, directives, since: since, now: now)
      }
      return
    }
    let newest = handler.rendition.window.snapshot.segments.last?.number ?? .min
    guard end <= newest.addingSaturated(1) else {
      let start = PastAddress.start(of: end, segmentation)
      return refuse(future, until: WallTime(start, plus: .zero))
    }
    past.answer(exchange) { answer in
      served.closedPlaylist(address.first..<end, of: handler.rendition, answer: answer)
    }
  }

  /// The newest segment of a rendition that has no session.
  private func newestSegment(of rendition: ServedRendition, _ archive: StreamArchive) -> Int64 {
    archive.extent(of: rendition.name)?.upperBound ?? .min
  }

  /// Answers a request for a playlist of a stream without a session: it ends with the recording.
  private func respond(
    _ future: FutureRequest, _ address: PastAddress, until newest: Int64,
    of rendition: ServedRendition, _ served: ServedStream, _ now: WallTime
  ) {
    let exchange = future.exchange
    let after = newest.addingSaturated(1)
    if let end = address.end {
      let start = PastAddress.start(of: end, served.window.segmentation.video)
      guard end <= after || WallTime(start, plus: .zero) <= now else {
        return refuse(future, until: WallTime(start, plus: .zero))
      }
    }
    let end = min(address.end ?? after, after)
    guard address.first < end else { return exchange.respond(PastRefusal.missing.response) }
    past.answer(exchange) { answer in
      served.closedPlaylist(
        address.first..<end, of: rendition, isWhole: address.end == end,
        isLasting: address.end != nil, answer: answer)
    }
  }

  private static func path(_ from: String, _ to: String?) -> String {
    "from/\(from)" + (to.map { "/to/\($0)" } ?? "")
  }

  /// The path below `from/` is relative, so that the token of a viewer in the path stays.
  private func redirect(
    _ exchange: any Exchange, to address: PastAddress, of served: ServedStream, isClosed: Bool
  ) -> PreparedResponse {
    let up = isClosed ? "../../../../" : "../../"
    return redirect(exchange, to: up + address.path(served.names) + "/playlist.m3u8")
  }

  /// Leads to `path` with the query of the request.
  ///
  /// Caches leave parameters out of their keys, except for directives: they keep no redirect with
  /// another one.
  private func redirect(_ exchange: any Exchange, to path: String) -> PreparedResponse {
    let query = exchange.request.query ?? ""
    let caching: ResponseFields.Caching =
      DeliveryDirectives.haveOnlyDirectives(query) ? .second : .noStore
    return .redirect(to: query.isEmpty ? path : "\(path)?\(query)", caching.value)
  }

  /// Refuses a playlist whose end is in the future, after a pause.
  private func refuse(_ future: FutureRequest, until end: WallTime) {
    let (exchange, since, now) = (future.exchange, future.since, future.now)
    guard !past.early.hold(exchange, future.target, since: since, now: now) else { return }
    exchange.respond(
      .error(
        425, "the end is in the future", .second,
        [EarlyRequests.retryAfter(end - SystemClock.wallTime)]),
      extra: heldField.ifHeld(since, now))
  }

  /// The Multivariant Playlist of the renditions with a past.
  func multivariant(of served: ServedStream, base: String, file: String) -> PreparedResponse {
    let archived = served.options.archive?.renditions ?? []
    let tracks = served.renditions.filter { archived.contains($0.name) }
      .compactMap(\.window.snapshot.track)
    guard tracks.contains(where: { $0.size != nil }) else { return PastRefusal.missing.response }
    let playlist = MultivariantPlaylist(
      tracks, base: base, file: file,
      closedCaptions: served.closedCaptions.tracks)
    return .playlist(playlist.text, .playlist(targetDuration: served.control.targetDuration))
  }

  /// Answers a request for `/S/dvr.mpd`.
  func pastManifest(_ exchange: any Exchange, since: MonotonicTime) {
    let need = PastNeed.liveEdge(isFollowed: false)
    if answersPast(need, exchange, since: since, { $0.pastManifest(exchange, since: since) }) {
      return
    }
    guard let served = openAll(exchange, since: since) else { return }
    let isUnlimited = past.isUnlimited(exchange)
    if case .failure(let refusal) = served.pastSegmentation(isUnlimited: isUnlimited) {
      return exchange.respond(refusal.response)
    }
    if isUnlimited { exchange.isForOneViewer = true }
    guard let past = isUnlimited ? served.unlimitedPast : served.past else {
      return exchange.respond(PastRefusal.none.response)
    }
    let key = ManifestCache.Key(origin: options.origin(of: exchange.request), depth: .stream)
    let request = exchange.request
    self.past.answer(exchange) { answer in
      past.runs.read(now: now) {
        let response = past.manifests.response(
          key, to: request, from: served.window.listing, now: SystemClock.wallTime)
        answer(response ?? .noSegment)
      }
    }
  }

  // MARK: Variable-duration segments

  /// Answers a request for a playlist of the segments with media between two times, of a stream
  /// with variable-duration segments: their numbers are no times.
  private func pastSpan(
    _ future: FutureRequest, of name: String?, from: String, to: String, _ served: ServedStream
  ) {
    let exchange = future.exchange
    let isUnlimited = past.isUnlimited(exchange)
    guard served.options.archive != nil, served.options.reach.isOpen || isUnlimited else {
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
    guard end <= now else { return refuse(future, until: end) }
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

  // MARK: /S/dvr.json

  /// Answers a request for `/dvr.json`, beside the playlist of the default stream at the root.
  ///
  /// Other addresses of the past are relative to that of the stream.
  func leadToExtent(_ exchange: any Exchange) {
    exchange.respond(redirect(exchange, to: "\(stream.name)/dvr.json"))
  }

  /// Answers a request for how far viewers may go back.
  ///
  /// It is not held before the stream has started: pages ask beside other requests that are held,
  /// over the same few connections. It does not start a stream on demand.
  func pastExtent(_ exchange: any Exchange) {
    if answersPast(.archive, exchange, since: now, { $0.pastExtent(exchange) }) { return }
    guard let served = servedStream, !renditions.isEmpty else {
      let options = stream.options
      return exchange.respond(
        PastExtentDocument.ofNothing(isArchived: options.archive != nil && options.reach.isOpen))
    }
    guard served.hasPast else { return exchange.respond(served.windowExtent) }
    past.answer(exchange) { answer in served.pastExtent(answer: answer) }
  }
}
