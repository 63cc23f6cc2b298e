// SPDX-License-Identifier: Apache-2.0

import HTTP
import Media
import Packaging
import Sharing
import Statistics
import Time

/// The captions of a stream on one loop: segments of WebVTT, and cues as soon as they are known.
///
/// Confined to the loop's thread.
final class CaptionHandler {
  /// How long a request for newer cues is held.
  static let hold = Interval.seconds(15)

  /// The newer cues that a held request awaits.
  private struct Awaited {
    let track: CaptionTrack
    let revision: UInt32
  }

  /// The segment that a held request awaits.
  private struct AwaitedSegment {
    let track: CaptionTrack
    let number: Int64
    let form: ServedCaptions.Form
  }

  private let served: ServedStream
  private let captions: ServedCaptions
  private let held: HoldQueue<Awaited>
  private let heldSegments: HoldQueue<AwaitedSegment>
  /// Requests for segments too far ahead.
  private let early = EarlyRefusals<AwaitedSegment>()
  private var revision: UInt32 = 0
  /// The newest segment of the window when the responses of earlier ones were released.
  private var released = Int64.min

  init(_ served: ServedStream, _ captions: ServedCaptions, _ counters: Locked<ServerCounters>) {
    self.served = served
    self.captions = captions
    held = HoldQueue(.captions, counters)
    heldSegments = HoldQueue(.segment, counters)
    revision = captions.revision
  }

  /// The earliest deadline or an earlier time.
  var nextDeadline: MonotonicTime {
    min(held.nextDeadline, heldSegments.nextDeadline, early.nextDeadline)
  }

  /// Answers a request for a segment, or holds it until the segment is complete.
  func segment(
    _ number: Int64, as form: ServedCaptions.Form, of track: CaptionTrack,
    _ exchange: any Exchange, since: MonotonicTime, now: MonotonicTime
  ) {
    let (snapshot, segmentation) = (served.window.snapshot, served.window.segmentation)
    let horizon = EarlyRequests.horizon(segmentation.video)
    switch snapshot.availability(of: number, segmentation) {
    case .complete(let segment):
      return exchange.respond(captions.response(segment, as: form, of: track, segmentation))
    case .open: break
    case .ahead(let frames)
    where served.options.waitsForAbsentSegment && frames <= segmentation.frames(covering: horizon):
      break
    case .ahead where !served.options.waitsForAbsentSegment:
      return exchange.respond(.error(404, "the segment has not begun"))
    case .ahead(let frames):
      let awaited = AwaitedSegment(track: track, number: number, form: form)
      guard !early.hold(exchange, awaited, since: since, now: now) else { return }
      return exchange.respond(
        .error(
          425, "the segment has not begun", .second,
          [EarlyRequests.retryAfter(frames, segmentation)]))
    case let other: return exchange.respond(served.missing(number, other, of: served.media))
    }
    let end = segmentation.partsBefore(number.addingSaturated(1))
    heldSegments.hold(
      HeldRequest(
        exchange, AwaitedSegment(track: track, number: number, form: form), since: since),
      until: max(end, snapshot.version.addingSaturated(1)),
      deadline: now + horizon + served.holdLimit)
  }

  /// Answers a request for the cues after a revision, or holds it if that is the newest; nil: for
  /// all cues.
  func cues(
    of track: CaptionTrack, after known: UInt32?, _ exchange: any Exchange, since: MonotonicTime
  ) {
    guard let known else { return answer(exchange, track, after: 0, .noStore) }
    guard known == captions.revision else { return answer(exchange, track, after: known, .second) }
    held.hold(
      HeldRequest(exchange, Awaited(track: track, revision: known), since: since),
      until: Int64(known) + 1,  // bounded: a number of 32 bits
      deadline: since + min(Self.hold, served.options.holdLimit))
  }

  /// Answers the requests for newer cues, and releases the texts of segments that have left.
  func woken(_ now: MonotonicTime) {
    let newest = captions.revision
    if newest != revision {
      revision = newest
      held.published(Int64(newest), hasEnded: false, now: now) { request in
        answer(request.exchange, request.purpose.track, after: request.purpose.revision, .second)
      }
    }
    let snapshot = served.window.snapshot
    heldSegments.published(
      snapshot.version, hasEnded: snapshot.state == .ended, now: now
    ) { request in
      let awaited = request.purpose
      segment(
        awaited.number, as: awaited.form, of: awaited.track, request.exchange,
        since: request.since, now: now)
    }
    if let first = snapshot.segments.first?.number, first > released {
      released = first
      captions.forget(before: first)
    }
  }

  /// Answers the requests whose deadline has passed: there is no newer cue.
  func expire(_ now: MonotonicTime) {
    for request in held.expired(now) {
      answer(request.exchange, request.purpose.track, after: request.purpose.revision, .noStore)
    }
    heldSegments.timeOut(now)
    for request in early.expired(now) {
      let awaited = request.purpose
      segment(
        awaited.number, as: awaited.form, of: awaited.track, request.exchange,
        since: request.since, now: now)
    }
  }

  /// Releases all held requests so that they can be routed again.
  func takeAll() -> [(any Exchange, MonotonicTime)] {
    held.takeAll() + heldSegments.takeAll() + early.takeAll().map { ($0.exchange, $0.since) }
  }

  private func answer(
    _ exchange: any Exchange, _ track: CaptionTrack, after revision: UInt32,
    _ caching: ResponseFields.Caching
  ) {
    let begin = served.window.snapshot.segments.first?.programDateTime ?? .origin
    exchange.respond(captions.cues(of: track, after: revision, since: begin, caching))
  }
}
