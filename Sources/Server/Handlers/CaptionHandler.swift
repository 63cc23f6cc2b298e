// SPDX-License-Identifier: Apache-2.0

import HTTP
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

  private let served: ServedStream
  private let captions: ServedCaptions
  private let held: HoldQueue<Awaited>
  private var revision: UInt32 = 0
  /// The newest segment of the window when the responses of earlier ones were released.
  private var released = Int64.min

  init(_ served: ServedStream, _ captions: ServedCaptions, _ counters: Locked<ServerCounters>) {
    self.served = served
    self.captions = captions
    held = HoldQueue(.captions, counters)
    revision = captions.revision
  }

  /// The earliest deadline or an earlier time.
  var nextDeadline: MonotonicTime { held.nextDeadline }

  /// Answers a request for a segment of WebVTT: only complete segments have a text.
  func segment(_ number: Int64, of track: CaptionTrack, _ exchange: any Exchange) {
    let (snapshot, segmentation) = (served.window.snapshot, served.window.segmentation)
    switch snapshot.availability(of: number, segmentation) {
    case .complete(let segment):
      exchange.respond(captions.response(segment, of: track, segmentation))
    case .open, .ahead:
      exchange.respond(
        ResponseFields.error(404, "the segment is not complete, and no playlist lists it"))
    case let other: exchange.respond(served.missing(number, other, of: served.media))
    }
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
    if let first = served.window.snapshot.segments.first?.number, first > released {
      released = first
      captions.forget(before: first)
    }
  }

  /// Answers the requests whose deadline has passed: there is no newer cue.
  func expire(_ now: MonotonicTime) {
    for request in held.expired(now) {
      answer(request.exchange, request.purpose.track, after: request.purpose.revision, .noStore)
    }
  }

  /// Releases all held requests so that they can be routed again.
  func takeAll() -> [(any Exchange, MonotonicTime)] {
    held.takeAll().map { ($0.exchange, $0.since) }
  }

  private func answer(
    _ exchange: any Exchange, _ track: CaptionTrack, after revision: UInt32,
    _ caching: ResponseFields.Caching
  ) {
    let begin = served.window.snapshot.segments.first?.programDateTime ?? .origin
    exchange.respond(captions.cues(of: track, after: revision, since: begin, caching))
  }
}
