// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging
import Sharing
import Statistics
import Time

/// `/S/auto/`: the server chooses the rendition of each segment for each viewer.
extension StreamHandler {
  /// The MPDs for a request, and the window that they show; nil if the request was refused.
  func manifests(
    for exchange: any Exchange, of served: ServedStream, depth: URLDepth
  ) -> (cache: ManifestCache, window: LiveWindow)? {
    if depth != .switched {
      guard served.options.switchesRenditions, case .possible? = served.switching else {
        return (served.manifests, served.window)
      }
    }
    guard let switched = switchedRenditions(of: served, for: exchange),
      let pin = pin(exchange, switched)
    else { return nil }
    guard let index = pin.index else { return (switched.manifests, switched.renditions[0].window) }
    return (switched.pinnedManifests[index], switched.renditions[index].window)
  }

  /// Answers a request for a playlist of `/S/auto/`.
  func switchedPlaylist(
    _ exchange: any Exchange, of served: ServedStream, _ directives: RoutedTarget.Directives,
    depth: URLDepth, since: MonotonicTime
  ) {
    guard let switched = switchedRenditions(of: served, for: exchange),
      let pin = pin(exchange, switched)
    else { return }
    let multivariant = pin.index.map { switched.pinnedMultivariants[$0] } ?? switched.multivariant
    if depth != .switched, switched.hasMultivariant {
      let key = MultivariantCache.Key(
        depth: .switched, isChunked: false,
        isCompressed: exchange.request.accepts(coding: "gzip"))
      return exchange.respond(
        multivariant.response(key)
          ?? .error(503, "a rendition has not started", .noStore))
    }
    // The URLs of a pinned playlist are those of the rendition itself.
    // The lowest rendition is never left out: its playlist has no gaps.
    let handlers = switchedHandlers(of: switched, served)
    handlers[pin.index ?? handlers.count - 1].playlists.media(
      exchange, directives, depth: pin.index == nil ? .rendition : .switched, since: since,
      now: now)
  }

  /// Answers a request for media of `/S/auto/`.
  func switchedMedia(
    _ exchange: any Exchange, of served: ServedStream, _ file: MediaName, since: MonotonicTime
  ) {
    guard let switched = switchedRenditions(of: served, for: exchange),
      let pin = pin(exchange, switched)
    else { return }
    let handlers = switchedHandlers(of: switched, served)
    let number: Int64?
    switch file {
    case .header(let hash):
      // The parameter sets of all renditions are equal, other boxes of their headers may differ.
      let handler = handlers.first { $0.hasHeader(hash) } ?? handlers[0]
      return handler.header(hash, exchange)
    case .segment(let printed), .part(_, let printed): number = served.names.segment(printed)
    case .text: number = nil
    }
    guard let number else { return exchange.respond(.notFound) }
    let report = CMCDReport(exchange.request)
    let viewer = HTTPViewers.number(of: exchange, report, on: served.name)
    let index =
      pin.index ?? choose(number, of: switched, for: viewer, report)
    measure(
      exchange, file, number, viewer, handlers[index].rendition, of: served, report: report,
      switched: pin.index == nil ? (switched, index) : nil, since: since)
    if case .part(let part, _) = file {
      handlers[index].parts.answer(part, of: number, exchange, since: since)
    } else {
      handlers[index].segments.answer(number, exchange, since: since, now: now)
    }
  }

  private func choose(
    _ segment: Int64, of switched: SwitchedRenditions, for viewer: UInt64, _ report: CMCDReport?
  ) -> Int {
    let choice = switched.choose(segment, for: viewer, report, now: now)
    if let before = choice.before, before != choice.rendition {
      let isUp = choice.rendition < before
      counters.withLock { $0.delays.countSwitch(isUp: isUp) }
    }
    return choice.rendition
  }

  /// The rendition that a viewer of `/S/auto/` got last; `auto` if it is not known.
  func rendition(shownTo viewer: UInt64) -> String {
    guard case .possible(let switched)? = servedStream?.switching else {
      return SwitchedName.rendition
    }
    return switched.shown(to: viewer) ?? SwitchedName.rendition
  }

  /// The rendition that a viewer asks for; without an index if it asks for none.
  private struct Pin {
    let index: Int?
  }

  // MARK: Refusals

  /// The renditions between which the server switches; nil if the request was refused.
  private func switchedRenditions(
    of served: ServedStream, for exchange: any Exchange
  ) -> SwitchedRenditions? {
    switch served.switching {
    case .possible(let switched)?: return switched
    case .impossible(let reason)?:
      exchange.respond(.error(404, "the server cannot switch renditions: \(reason)", .noStore))
    case nil: exchange.respond(.unavailable("a rendition has not started"))
    }
    return nil
  }

  /// The rendition that the query names by `quality`, without an index if it names none; nil if
  /// there is no such rendition, and the request was refused.
  private func pin(_ exchange: any Exchange, _ switched: SwitchedRenditions) -> Pin? {
    guard exchange.request.hasQuery,
      let item = exchange.request.queryItems.first(where: { $0.name == "quality" })
    else { return Pin(index: nil) }
    if let index = switched.index(of: item.value) { return Pin(index: index) }
    let names = switched.renditions.map(\.name).joined(separator: ", ")
    exchange.respond(.error(404, "no such quality (expected \(names))", .noStore))
    return nil
  }
}
