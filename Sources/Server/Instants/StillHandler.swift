// SPDX-License-Identifier: Apache-2.0

import Archive
import HLSPackager
import HTTP
import Media
import Net
import Packaging
import Sharing
import Statistics
import Stills
import Time

/// Answers the requests for stills of one stream, as `/S/at/TIME.jpg`; ``StillAddress`` reads their
/// paths.
///
/// Confined to one loop's thread; stills arrive from another thread.
final class StillHandler {
  /// How long before its time an instant may be requested.
  static let horizon = Interval.seconds(4)

  /// A request whose still is being made.
  private struct Asked {
    let exchange: any Exchange
    let since: MonotonicTime
    let fields: [HeaderField]
  }

  /// An instant that has not happened yet.
  private struct Early {
    let time: WallTime
    let width: UInt16?
  }

  private let service: StillService
  private let past: PastHandler
  private unowned let loop: EventLoop
  private let answers: AwaitedAnswers
  private let early: HoldQueue<Early>
  /// Requests for instants too far in the future.
  private let tooEarly = EarlyRefusals<Early>()
  private let reroute: (any Exchange, MonotonicTime) -> Void
  private var held = HeldField()

  /// `reroute` handles an exchange again, with the arrival of the request.
  init(
    _ service: StillService, _ past: PastHandler, loop: EventLoop,
    _ counters: Locked<ServerCounters>,
    reroute: @escaping (any Exchange, MonotonicTime) -> Void
  ) {
    self.service = service
    self.past = past
    self.loop = loop
    self.reroute = reroute
    answers = AwaitedAnswers(loop: loop)
    early = HoldQueue(.instant, counters)
  }

  /// Whether a request is held.
  var isInUse: Bool { early.count > 0 || tooEarly.count > 0 || !answers.isEmpty }

  /// The earliest deadline or an earlier time.
  var nextDeadline: MonotonicTime { min(early.nextDeadline, tooEarly.nextDeadline) }

  /// Answers a request, or holds it until its still is ready.
  func answer(
    _ exchange: any Exchange, _ address: StillAddress, of served: ServedStream,
    since: MonotonicTime
  ) {
    guard address.width != .invalid else { return exchange.respond(StillAddress.Width.refusal) }
    switch address {
    case .newest(let width):
      guard let request = served.newestStill(width: width.pixels) else {
        return exchange.respond(.unavailable("the stream has no frame yet"))
      }
      served.follow(with: service)
      ask(request, exchange, .noStore, since: since)
    case .instant(let text, let width):
      guard let time = InstantText.time(text) else {
        return exchange.respond(.error(400, "not an instant (expected \(InstantText.expected))"))
      }
      let instant = Early(time: time, width: width.pixels)
      answer(exchange, instant, of: served, since: since, now: loop.now)
    case .keyFrame(let number):
      guard let number = served.names.segment(number) else { return exchange.respond(.notFound) }
      keyFrame(of: number, exchange, of: served, since: since)
    }
  }

  /// Answers a request for the key frame of a segment.
  private func keyFrame(
    of number: Int64, _ exchange: any Exchange, of served: ServedStream, since: MonotonicTime
  ) {
    let (snapshot, width) = (served.window.snapshot, StillAddress.thumbnailWidth)
    guard number <= snapshot.newestSegment else {
      return exchange.respond(.error(404, "the segment has not begun"))
    }
    // Slate is not the media of this number.
    let isPrefill = snapshot.segment(number)?.isPrefill ?? false
    if !isPrefill, let request = served.still(of: number, at: 0, in: snapshot, width: width) {
      let isKept = served.names.numbering == .epoch
      return ask(
        request, exchange,
        isKept ? .segment : .numberedRun(targetDuration: served.control.targetDuration),
        since: since)
    }
    if !isPrefill, snapshot.segment(number) != nil {
      return exchange.respond(.error(404, "the segment has no key frame"))
    }
    let isUnlimited = past.isUnlimited(exchange)
    if isUnlimited { exchange.isForOneViewer = true }
    let frame = PastKeyFrame(
      segment: number, rendition: served.top, oldest: isUnlimited ? nil : served.oldestPast)
    earlier(exchange, of: served, since: since) {
      [track = served.pastStillTrack, media = service.media] reader throws(ArchiveFailure) in
      try frame.still(reader, track, width: width, in: media)
    }
  }

  private func answer(
    _ exchange: any Exchange, _ instant: Early, of served: ServedStream, since: MonotonicTime,
    now: MonotonicTime
  ) {
    let snapshot = served.window.snapshot
    switch snapshot.position(of: instant.time, served.window.segmentation) {
    case .frame(let frame):
      let request = served.still(
        of: frame.segment, at: frame.position, in: snapshot, width: instant.width)
      guard let request else { return exchange.respond(.error(404, "the frame cannot be decoded")) }
      ask(request, exchange, .segment, since: since)
    case .ahead(let slot):
      let wait = instant.time - SystemClock.wallTime
      guard wait <= Self.horizon else {
        guard !tooEarly.hold(exchange, instant, since: since, now: now) else { return }
        return exchange.respond(
          .error(
            425,
            "the instant is \(wait.milliseconds) ms ahead; requests are accepted "
              + "\(Self.horizon.milliseconds) ms before it", .noStore,
            [EarlyRequests.retryAfter(wait - Self.horizon)]), extra: held.ifHeld(since, now))
      }
      early.hold(
        HeldRequest(exchange, instant, since: since), until: slot,
        deadline: loop.now + max(.zero, wait) + served.holdLimit)
    case .before: earlier(exchange, instant, of: served, since: since)
    case .gap: exchange.respond(.error(404, "the stream has no frame of the instant"))
    case .never:
      exchange.respond(.error(404, "the stream ended before the instant"))
    }
  }

  /// Answers a request for an instant before the window from the archive.
  private func earlier(
    _ exchange: any Exchange, _ instant: Early, of served: ServedStream, since: MonotonicTime
  ) {
    guard served.options.archive == nil || past.permits(instant.time, of: served, exchange) else {
      return
    }
    let place = PastInstant(time: instant.time, rendition: served.top)
    earlier(exchange, of: served, since: since) {
      [track = served.pastStillTrack, media = service.media] reader throws(ArchiveFailure) in
      try place.still(reader, track, width: instant.width, in: media)
    }
  }

  /// Answers a request with a still that `find` finds in the archive.
  private func earlier(
    _ exchange: any Exchange, of served: ServedStream, since: MonotonicTime,
    _ find: @escaping @Sendable (ArchiveReader) throws(ArchiveFailure) -> StillRequest
  ) {
    guard let archive = served.options.archive else {
      return exchange.respond(.error(410, "the frame has left the window"))
    }
    past.read(exchange) {
      (take: @escaping @Sendable (Result<StillRequest, ArchiveFailure>) -> Void) in
      archive.read(as: .segment, cost: 4, answer: take, find)
    } take: { [weak self] result in
      switch result {
      case .success(let request):
        self?.ask(request, exchange, .segment, since: since)
      case .failure(let failure): exchange.respond(served.refusal(failure))
      }
    }
  }

  private func ask(
    _ request: StillRequest, _ exchange: any Exchange, _ caching: ResponseFields.Caching,
    since: MonotonicTime
  ) {
    let waiting = Asked(
      exchange: exchange, since: since,
      fields: ResponseFields.fields("image/jpeg", caching) + [PreparedResponse.acceptRanges])
    var known: Result<Still, StillFailure>?
    answers.hold(exchange) { (answer: @escaping StillService.Waiter) in
      known = service.ask(request, answer)
      return known == nil
    } take: { [weak self] in
      self?.respond($0, to: waiting)
    }
    if let known { respond(known, to: waiting) }
  }

  private func respond(_ result: Result<Still, StillFailure>, to waiting: Asked) {
    let response: PreparedResponse =
      switch result {
      case .success(let still):
        PreparedResponse(
          status: 200, fields: waiting.fields + [HeaderField("ETag", "\"\(still.tag)\"")],
          body: [still.bytes]
        ).ranged(waiting.exchange.request)
      case .failure(.busy): .unavailable("too many stills are requested")
      case .failure(.process): .unavailable("the still could not be made")
      case .failure(.undecodable): .error(404, "the frame cannot be decoded")
      }
    waiting.exchange.respond(response, extra: held.ifHeld(waiting.since, loop.now))
  }

  // MARK: Publication, deadlines

  /// Asks for stills of instants that have happened.
  func woken(_ served: ServedStream?, _ now: MonotonicTime) {
    guard early.count > 0, let served else { return }
    let snapshot = served.window.snapshot
    early.published(
      snapshot.newestFrame ?? -1, hasEnded: snapshot.state == .ended, now: now
    ) { request in
      request.exchange.onGone = nil
      answer(request.exchange, request.purpose, of: served, since: request.since, now: now)
    }
  }

  /// Refuses the requests whose instant has not been published at the deadline.
  func expire(_ now: MonotonicTime, of served: ServedStream?) {
    early.timeOut(now, .noStore)
    for request in tooEarly.expired(now) {
      guard let served else {
        reroute(request.exchange, request.since)
        continue
      }
      answer(request.exchange, request.purpose, of: served, since: request.since, now: now)
    }
  }

  /// Routes the requests again that wait for an instant: the stream has other windows, or none.
  func close() {
    for (exchange, since) in early.takeAll() { reroute(exchange, since) }
    for request in tooEarly.takeAll() { reroute(request.exchange, request.since) }
  }
}

extension StillAddress.Width {
  /// The response to a width that is not permitted.
  static let refusal = PreparedResponse.error(
    404,
    "no such width (expected one of \(permitted.map(String.init).joined(separator: ", ")))")
}
