// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Packaging
import Sharing
import Time

/// Answers the requests for parts of one rendition; a request for the hinted part is held.
///
/// Confined to one loop's thread.
final class PartHandler {
  /// The part that a held request awaits.
  private struct Awaited {
    let index: Int64
    let segment: Int64
    /// Whether the response depends on the part alone: no Range, no prefetch hint.
    let isPlain: Bool
  }

  private let served: ServedStream
  private let rendition: ServedRendition
  private let held: HoldQueue<Awaited>
  /// The newest response: all requests held for a part share it.
  private var lastPart: (segment: Int64, index: Int64, response: PreparedResponse)?

  init(
    _ served: ServedStream, _ rendition: ServedRendition, _ counters: Locked<ServerCounters>
  ) {
    self.served = served
    self.rendition = rendition
    held = HoldQueue(.part, counters)
  }

  var heldCount: Int { held.count }
  var nextDeadline: MonotonicTime { held.nextDeadline }

  /// Answers, holds or refuses a request for a part.
  func answer(_ index: Int64, of number: Int64, _ exchange: any Exchange, since: MonotonicTime) {
    let snapshot = rendition.window.snapshot
    let request = exchange.request
    if let part = snapshot.part(index, of: number) {
      return exchange.respond(
        response(part).ranged(request), extra: prefetch(part, request))
    }
    guard let hint = snapshot.hint, hint.segment == number, hint.index == index else {
      let availability = snapshot.availability(of: number, rendition.window.segmentation)
      return exchange.respond(served.missing(number, availability))
    }
    let isPlain = request.header("range") == nil && !PrefetchHint.isAsked(request)
    let awaited = Awaited(index: index, segment: number, isPlain: isPlain)
    held.hold(
      HeldRequest(exchange, awaited, since: since),
      until: rendition.window.segmentation.partsBefore(number) + index + 1,
      deadline: since + served.holdLimit)
  }

  /// Answers the requests whose part `snapshot` has.
  func published(_ snapshot: WindowSnapshot, now: MonotonicTime) {
    let released = held.published(snapshot.version, hasEnded: snapshot.state == .ended)
    for request in released { release(request, snapshot, now) }
    held.answered(released, now)
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
      return request.exchange.respond(ResponseFields.error(404, "the part will not be published"))
    }
    let response = response(part)
    guard !awaited.isPlain else {
      return request.exchange.respond(response, extra: [request.heldField(now)])
    }
    let asked = request.exchange.request
    request.exchange.respond(
      response.ranged(asked), extra: [request.heldField(now)] + prefetch(part, asked))
  }

  /// Answers the requests whose deadline has passed.
  func expire(_ now: MonotonicTime) {
    for request in held.expired(now) {
      held.timedOut()
      request.timeOut(now)
    }
  }

  /// Releases all held requests so that they can be routed again.
  func takeAll() -> [(any Exchange, MonotonicTime)] {
    held.takeAll().map { ($0.exchange, $0.since) }
  }

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
