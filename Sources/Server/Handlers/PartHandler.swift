// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Packaging
import Sharing
import Statistics
import Time

/// Answers the requests for parts of one rendition; a request for the hinted part is held.
///
/// Confined to one loop's thread.
final class PartHandler {
  /// The part that a held request awaits.
  struct Awaited {
    let index: Int64
    let segment: Int64
    /// Whether the response depends on the part alone: no Range, no prefetch hint.
    let isPlain: Bool
  }

  private let served: ServedStream
  private let rendition: ServedRendition
  private let view: WindowView
  let held: HoldQueue<Awaited>
  private var heldField = HeldField()
  /// The hinted part of one revision of the window, which most requests are for.
  private var hint: (revision: Int, segment: Int64, index: Int64)?
  /// The newest response: all requests held for a part share it.
  private var lastPart: (segment: Int64, index: Int64, response: PreparedResponse)?
  /// The revision of the window that has the part of that response.
  private var lastRevision = -1

  init(
    _ served: ServedStream, _ rendition: ServedRendition, _ view: WindowView,
    _ counters: Locked<ServerCounters>
  ) {
    self.served = served
    self.rendition = rendition
    self.view = view
    held = HoldQueue(.part, counters)
  }

  /// Answers, holds or refuses a request for a part.
  func answer(_ index: Int64, of number: Int64, _ exchange: any Exchange, since: MonotonicTime) {
    let request = exchange.request
    let isPlain =
      !request.hasNames(ofLengths: Self.specialLengths)
      || request.header("range") == nil && !PrefetchHint.isAsked(request)
    if isPlain, let last = lastPart, last.segment == number, last.index == index, hasLastPart {
      return exchange.respond(last.response)
    }
    if isHinted(index, of: number) {
      let awaited = Awaited(index: index, segment: number, isPlain: isPlain)
      return held.hold(
        HeldRequest(exchange, awaited, since: since),
        until: rendition.window.segmentation.partsBefore(number) + index + 1,
        deadline: since + served.holdLimit)
    }
    let snapshot = view.snapshot
    let unlisted = { [rendition] in
      rendition.window.unlistedSegment(number)?.parts.first { $0.index == index }
    }
    guard let part = snapshot.part(index, of: number) ?? unlisted() else {
      let availability = snapshot.availability(of: number, rendition.window.segmentation)
      return exchange.respond(served.missing(number, availability, of: rendition.media))
    }
    guard !isPlain else { return exchange.respond(response(part)) }
    exchange.respond(response(part).ranged(request), extra: prefetch(part, request))
  }

  /// Whether the window still has the part of the newest response: an order may have removed it.
  private var hasLastPart: Bool {
    let revision = view.revision
    guard revision != lastRevision, let last = lastPart else { return lastPart != nil }
    lastRevision = revision
    if view.snapshot.part(last.index, of: last.segment) == nil { lastPart = nil }
    return lastPart != nil
  }

  /// The lengths of the names of the fields on which a response depends.
  private static let specialLengths = Request.lengths(["range", PrefetchHint.requestField])

  private func isHinted(_ index: Int64, of number: Int64) -> Bool {
    let revision = view.revision
    if hint?.revision != revision {
      let next = view.snapshot.hint
      hint = (revision, next?.segment ?? -1, next?.index ?? -1)
    }
    return hint?.segment == number && hint?.index == index
  }

  /// Answers the requests whose part is in `snapshot`.
  func published(_ snapshot: WindowSnapshot, now: MonotonicTime) {
    held.published(snapshot.version, hasEnded: snapshot.state == .ended, now: now) { request in
      release(request, snapshot, now)
    }
    if let last = lastPart, let first = snapshot.segments.first, last.segment < first.number {
      lastPart = nil
    }
  }

  private func release(
    _ request: HeldRequest<Awaited>, _ snapshot: WindowSnapshot, _ now: MonotonicTime
  ) {
    let awaited = request.purpose
    guard let part = snapshot.part(awaited.index, of: awaited.segment) else {
      // The hint was not fulfilled: another part, or the end of the stream, was published.
      return request.exchange.respond(
        rendition.media.error(404, "the part will not be published"))
    }
    let (response, held) = (response(part), heldField.always(request.since, now))
    guard !awaited.isPlain else { return request.exchange.respond(response, extra: held) }
    let asked = request.exchange.request
    request.exchange.respond(response.ranged(asked), extra: held + prefetch(part, asked))
  }

  /// Answers the requests whose deadline has passed.
  func expire(_ now: MonotonicTime) { held.timeOut(now, rendition.media.errorCaching) }

  private func response(_ part: Part) -> PreparedResponse {
    if let last = lastPart, last.segment == part.segment, last.index == part.index {
      return last.response
    }
    let response = rendition.media.response(part)
    lastPart = (part.segment, part.index, response)
    return response
  }

  private func prefetch(_ part: Part, _ request: Request) -> [HeaderField] {
    PrefetchHint.fields(
      request, afterPart: part.index, of: part.segment,
      partsInSegment: rendition.window.segmentation.parts(in: part.segment), served.names)
  }
}
