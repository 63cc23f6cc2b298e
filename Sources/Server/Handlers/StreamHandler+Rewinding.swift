// SPDX-License-Identifier: Apache-2.0

import Archive
import HLSPackager
import HTTP
import Media
import Packaging
import Sharing
import Time

/// `/S/from/T/`: playlists of the past.
extension StreamHandler {
  /// Answers a request for a playlist from a time on, to another time or to the live edge.
  func past(_ exchange: any Exchange, _ target: RoutedTarget, since: MonotonicTime) {
    guard case .past(_, let name, let from, let to) = target.route,
      let served = openAll(exchange, since: since)
    else { return }
    let segmentation: Segmentation
    switch served.pastSegmentation {
    case .success(let known): segmentation = known
    case .failure(let refusal): return exchange.respond(refusal.response)
    }
    let handler = name.flatMap { rendition($0) }
    guard name == nil || handler != nil, let archive = served.options.archive else {
      return exchange.respond(ResponseFields.notFound)
    }
    let clock = SystemClock.wallTime
    guard let asked = PastAddress(from: from, to: to, served.names, segmentation, now: clock)
    else {
      return exchange.respond(
        ResponseFields.error(
          400, "no time, or an end before the start (expected \(InstantText.expected))"))
    }
    let oldest = archive.extent(of: served.top.name)?.lowerBound
    let address = oldest.map { asked.from($0) } ?? asked
    guard address.path(served.names) == Self.path(from, to) else {
      return exchange.respond(redirect(exchange, to: address, of: served, isClosed: to != nil))
    }
    if let refusal = limit(address, target, of: served, clock, segmentation) {
      return exchange.respond(refusal)
    }
    guard let handler else {
      return exchange.respond(multivariant(address, of: served))
    }
    guard let end = address.end else {
      switch target.directives {
      case .failure(let failure): exchange.respond(ResponseFields.error(400, "\(failure)"))
      case .success(let directives):
        handler.rewound.answer(
          exchange, from: address.first, directives, since: since, now: now)
      }
      return
    }
    let newest = handler.rendition.window.snapshot.segments.last?.number ?? .min
    guard end <= newest.addingSaturated(1) else {
      return exchange.respond(ResponseFields.error(425, "the end is in the future"))
    }
    requests.answer(exchange) { answer in
      served.closedPlaylist(address.first..<end, of: handler.rendition, answer: answer)
    }
  }

  private static func path(_ from: String, _ to: String?) -> String {
    "from/\(from)" + (to.map { "/to/\($0)" } ?? "")
  }

  /// The refusal of an address that is too old or too long; nil for none.
  private func limit(
    _ address: PastAddress, _ target: RoutedTarget, of served: ServedStream, _ clock: WallTime,
    _ segmentation: Segmentation
  ) -> PreparedResponse? {
    let start = WallTime(PastAddress.start(of: address.first, segmentation), plus: .zero)
    let age = clock - start
    let options = served.options
    if let end = address.end {
      let length = PastAddress.start(of: end, segmentation)
        .offset(from: PastAddress.start(of: address.first, segmentation))
      guard length <= PastAddress.longest else {
        return ResponseFields.error(
          400, "the playlist is longer than \(PastAddress.longest.wholeSeconds) s")
      }
    }
    guard age <= options.dvr + 2 * PastAddress.grid else {
      return ResponseFields.error(410, "viewers may go back \(options.dvr.wholeSeconds) s")
    }
    guard address.end == nil else { return nil }
    // A player that follows a playlist keeps it when it grows.
    var longest = options.dvrList
    if case .success(let directives) = target.directives, directives.mediaSequenceNumber != nil {
      longest = 2 * longest
    }
    guard age > longest + 2 * PastAddress.grid else { return nil }
    let first = served.names.printed(address.first)
    return ResponseFields.error(
      410,
      "a playlist that continues to the live edge begins at most "
        + "\(options.dvrList.wholeSeconds) s ago; earlier times have an end: "
        + "from/\(first)/to/TIME/playlist.m3u8")
  }

  /// The path below `from/` is relative, so that the token of a viewer in the path stays.
  private func redirect(
    _ exchange: any Exchange, to address: PastAddress, of served: ServedStream, isClosed: Bool
  ) -> PreparedResponse {
    let query = exchange.request.query.map { "?\($0)" } ?? ""
    let up = isClosed ? "../../../../" : "../../"
    return PreparedResponse(
      status: 307,
      fields: [
        HeaderField("Location", up + address.path(served.names) + "/playlist.m3u8" + query),
        HeaderField("Cache-Control", ResponseFields.Caching.second.value),
      ] + ResponseFields.common)
  }

  private func multivariant(_ address: PastAddress, of served: ServedStream) -> PreparedResponse {
    let archived = served.options.archive?.renditions ?? []
    let tracks = served.renditions.filter { archived.contains($0.name) }
      .compactMap(\.window.snapshot.track)
    guard tracks.contains(where: { $0.size != nil }) else { return PastRefusal.missing.response }
    let playlist = MultivariantPlaylist(
      tracks, base: address.end == nil ? "../../" : "../../../../",
      file: address.path(served.names) + "/playlist.m3u8")
    return .document(
      playlist.text,
      fields: ResponseFields.fields(
        "application/vnd.apple.mpegurl",
        .playlist(targetDuration: served.control.targetDuration), priority: .playlist))
  }

  /// Answers a request for `/S/dvr.mpd`.
  func pastManifest(_ exchange: any Exchange, since: MonotonicTime) {
    guard let served = openAll(exchange, since: since) else { return }
    if case .failure(let refusal) = served.pastSegmentation {
      return exchange.respond(refusal.response)
    }
    guard let past = served.past else { return exchange.respond(PastRefusal.none.response) }
    let key = ManifestCache.Key(origin: origin(of: exchange.request), depth: .stream)
    let request = exchange.request
    requests.answer(exchange) { answer in
      past.span.read(now: now) {
        let response = past.manifests.response(
          key, to: request, from: served.window.listing, now: SystemClock.wallTime)
        answer(response ?? ResponseFields.noSegment)
      }
    }
  }
}
