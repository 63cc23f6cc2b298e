// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Packaging
import Sharing
import Statistics
import Time

/// Answers the requests for segments of one rendition: complete, open, or about to begin.
///
/// Confined to one loop's thread.
final class SegmentHandler {
  private let served: ServedStream
  private let rendition: ServedRendition
  private let counters: Locked<ServerCounters>
  private let reroute: (any Exchange, MonotonicTime) -> Void
  private let past: PastHandler
  private var readers = OpenSegmentReaders()
  /// Requests for segments too far ahead, by their numbers.
  private let early = EarlyRefusals<Int64>()
  private var gauge: HoldGauge

  /// `reroute` handles an exchange again; its second argument is the arrival of the request.
  init(
    _ served: ServedStream, _ rendition: ServedRendition, _ past: PastHandler,
    _ counters: Locked<ServerCounters>,
    reroute: @escaping (any Exchange, MonotonicTime) -> Void
  ) {
    self.served = served
    self.rendition = rendition
    self.counters = counters
    self.past = past
    self.reroute = reroute
    gauge = HoldGauge(.segment, counters)
  }

  var readerCount: Int { readers.count }
  var nextDeadline: MonotonicTime { min(readers.nextDeadline, early.nextDeadline) }

  /// Answers, holds or refuses a request for a segment.
  func answer(_ number: Int64, _ exchange: any Exchange, since: MonotonicTime, now: MonotonicTime) {
    let (snapshot, segmentation) = (rendition.window.snapshot, rendition.window.segmentation)
    let prefetch = PrefetchHint.fields(exchange.request, segment: number + 1, served.names)
    let horizon = EarlyRequests.horizon(segmentation.video)
    switch snapshot.availability(of: number, segmentation) {
    case .complete(let segment) where segment.isPrefill || segment.isGap:
      let substitute = served.substitute(for: segment, of: rendition)
      guard served.mayReplace(segment, of: rendition) else {
        return exchange.respond(
          substitute.ranged(exchange.request), extra: segment.isGap ? [] : prefetch)
      }
      return past.segment(
        number, of: rendition, served, exchange, absent: substitute, isInWindow: true)
    case .complete(let segment):
      return exchange.respond(
        rendition.media.response(segment).ranged(exchange.request), extra: prefetch)
    case .open: break
    case .ahead where sendsUnlisted(number, exchange): return
    case .ahead where !served.options.waitsForAbsentSegment:
      return exchange.respond(rendition.media.error(404, "the segment has not begun"))
    case .ahead(let frames):
      guard frames > segmentation.frames(covering: horizon) else { break }
      guard !early.hold(exchange, number, since: since, now: now) else { return }
      var held = HeldField()
      return exchange.respond(
        rendition.media.error(
          425,
          "the segment begins in \(frames) frames; requests are accepted "
            + "\(horizon.milliseconds) ms before it begins",
          [EarlyRequests.retryAfter(frames, segmentation)]), extra: held.ifHeld(since, now))
    case let other:
      guard !sendsUnlisted(number, exchange) else { return }
      let absent = absent(number, other)
      guard served.mayBeArchived(other) else { return exchange.respond(absent) }
      return past.segment(number, of: rendition, served, exchange, absent: absent)
    }
    let reader = OpenSegmentReader(
      exchange, number: number, cache: rendition.media, extra: prefetch, since: since,
      deadline: now + horizon + served.holdLimit
    ) { [weak self] in self?.resume($0) }
    guard reader.advance(snapshot, now: now) == .reading else { return }
    readers.keep(reader)
    gauge.set(readers.count)
  }

  /// Whether the session before has the segment, which playlists do not list any more; the exchange
  /// is answered then.
  private func sendsUnlisted(_ number: Int64, _ exchange: any Exchange) -> Bool {
    guard let segment = rendition.window.unlistedSegment(number) else { return false }
    let response =
      segment.isGap
      ? served.absent(segment, of: rendition) : rendition.media.response(segment)
    exchange.respond(response.ranged(exchange.request))
    return true
  }

  /// The response for a segment that the window does not have.
  ///
  /// An MPD offers all numbers of its time-shift buffer, so a player requests those of an outage.
  /// With an error dash.js requests them without end; after a segment without media it continues.
  private func absent(
    _ number: Int64, _ availability: SegmentAvailability
  ) -> PreparedResponse {
    guard case .predating = availability, served.names.printed(number) > 0 else {
      return served.missing(number, availability, of: rendition.media)
    }
    return rendition.media.gapForPresent
  }

  /// Sends the new chunks of `snapshot` to the readers of its open segment.
  func published(_ snapshot: WindowSnapshot, now: MonotonicTime) {
    readers.advance(snapshot, now: now)
    gauge.set(readers.count)
  }

  /// Continues a response, whose connection has taken the bytes before.
  private func resume(_ reader: OpenSegmentReader) {
    // The head is sent: the time is without effect.
    let progress = reader.advance(rendition.window.snapshot, now: reader.response.asked)
    guard progress == .done else { return }
    readers.remove(reader)
    gauge.set(readers.count)
  }

  /// Refuses the requests whose segment has not begun at the deadline.
  func expire(_ now: MonotonicTime) {
    for request in early.expired(now) {
      answer(request.purpose, request.exchange, since: request.since, now: now)
    }
    let count = readers.expire(now)
    if count > 0 { counters.withLock { $0.holds.expired(.segment, count) } }
    gauge.set(readers.count)
  }

  /// Routes the requests again whose segment has not begun, and aborts responses in progress, which
  /// bring nothing for a second; requests that name a rendition stay, and responses with pictures
  /// that stand still.
  func leadAway() {
    let hasStills = rendition.window.snapshot.open?.chunks.last?.isStill == true
    var leaving: [OpenSegmentReader] = []
    for reader in readers.takeAll() where !reader.response.isGone {
      let stays = reader.namesRendition || hasStills && reader.response.hasBegun
      if stays { readers.keep(reader) } else { leaving.append(reader) }
    }
    gauge.set(readers.count)
    for reader in leaving { reader.response.leave(reroute) }
  }

  /// Aborts the responses in progress and routes the other requests again.
  func close() {
    let closing = readers.takeAll()
    gauge.set(0)
    for reader in closing where !reader.response.isGone { reader.response.leave(reroute) }
    for request in early.takeAll() { reroute(request.exchange, request.since) }
  }
}
