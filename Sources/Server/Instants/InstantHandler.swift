// SPDX-License-Identifier: Apache-2.0

import Archive
import HLSPackager
import HTTP
import Media
import Net
import Packaging
import Sharing
import Statistics
import Time

/// Answers the requests for instants and clips of one stream on one loop; requests for media that
/// is not published yet are held.
///
/// Confined to the loop's thread.
final class InstantHandler {
  /// The clip of a request.
  struct Clip {
    let span: Range<WallTime>
    /// The rendition that is cut.
    let main: ServedRendition
    /// The audio beside video; nil for none.
    let audio: ServedRendition?
    /// The playlist that is asked for; nil for a file.
    var playlist: ClipPlaylist?
  }

  enum Purpose {
    case instant(WallTime)
    case clip(Clip)

    /// The time after which the media exists.
    var end: WallTime {
      switch self {
      case .instant(let time): time
      case .clip(let clip): clip.span.upperBound
      }
    }
  }

  /// How long before its time media may be requested.
  static let horizon = Interval.seconds(4)

  private let served: ServedStream
  private let loop: EventLoop
  private let past: PastHandler
  /// Requests by the frame of the top rendition that they await.
  private let held: HoldQueue<Purpose>
  /// Requests for media too far in the future.
  private let early = EarlyRefusals<Purpose>()
  private let clips: ClipQueue

  init(
    _ served: ServedStream, _ past: PastHandler, loop: EventLoop,
    _ counters: Locked<ServerCounters>
  ) {
    self.served = served
    self.past = past
    self.loop = loop
    held = HoldQueue(.instant, counters)
    clips = ClipQueue(counters)
    clips.make = { [unowned self] in make($0) }
  }

  /// Whether requests are held.
  var isInUse: Bool { held.count > 0 || early.count > 0 || clips.count > 0 }

  /// The earliest deadline or an earlier time.
  var nextDeadline: MonotonicTime {
    min(held.nextDeadline, early.nextDeadline, clips.nextDeadline(loop.now))
  }

  /// Answers, holds or refuses a request for the frame of an instant.
  func instant(_ time: WallTime, _ exchange: any Exchange, since: MonotonicTime) {
    begin(HeldRequest(exchange, .instant(time), since: since), loop.now)
  }

  /// Answers, holds or refuses a request for a clip.
  func clip(_ clip: Clip, _ exchange: any Exchange, since: MonotonicTime) {
    begin(HeldRequest(exchange, .clip(clip), since: since), loop.now)
  }

  /// Answers the requests whose media is published.
  func woken(_ now: MonotonicTime) {
    guard held.count > 0 else { return }
    let snapshot = served.window.snapshot
    held.published(
      snapshot.newestFrame ?? -1, hasEnded: snapshot.state == .ended, now: now
    ) { answer($0) }
  }

  /// Answers the requests whose deadline has passed, and begins clips for which there is room.
  func expire(_ now: MonotonicTime) {
    held.timeOut(now)
    for request in early.expired(now) { begin(request, now) }
    clips.advance(now)
  }

  /// Releases the held requests, so that they can be routed again, with their arrivals.
  func takeAll() -> [(any Exchange, MonotonicTime)] {
    held.takeAll() + early.takeAll().map { ($0.exchange, $0.since) } + clips.takeAll()
  }

  private func begin(_ request: HeldRequest<Purpose>, _ now: MonotonicTime) {
    let wait = request.purpose.end - SystemClock.wallTime
    guard wait <= Self.horizon else {
      guard !early.hold(request.exchange, request.purpose, since: request.since, now: now) else {
        return
      }
      let seconds = Decimal.string(wait.milliseconds, digits: 3)
      return request.respond(
        .error(
          425,
          "the time is \(seconds) s ahead; requests are accepted \(Self.horizon.wholeSeconds) s "
            + "before it", .second, [EarlyRequests.retryAfter(wait - Self.horizon)]), now)
    }
    answer(request)
  }

  private func answer(_ request: HeldRequest<Purpose>) {
    switch request.purpose {
    case .instant(let time): instant(time, request)
    case .clip(let clip): answer(clip, request)
    }
  }

  private func instant(_ time: WallTime, _ request: HeldRequest<Purpose>) {
    switch served.window.snapshot.position(of: time, served.window.segmentation) {
    case .frame(let frame): request.respond(InstantDocument(frame, of: served).response, loop.now)
    case .ahead(let slot): hold(request, until: slot, after: .zero)
    case .gap: refuse(request, 404, "the stream has no media at this time")
    case .before: earlier(time, request)
    case .never: refuse(request, 404, "the stream ended before this time")
    }
  }

  private func select(_ clip: Clip) -> ClipSelection.Outcome {
    func track(_ rendition: ServedRendition) -> ClipSelection.Track {
      ClipSelection.Track(rendition.window.snapshot, rendition.window.segmentation)
    }
    return ClipSelection.select(clip.span, track(clip.main), clip.audio.map(track))
  }

  private func answer(_ clip: Clip, _ request: HeldRequest<Purpose>) {
    switch select(clip) {
    case .ready(let selection):
      guard let form = clip.playlist else { return clips.add(request, loop.now) }
      request.exchange.respond(playlist(selection, of: clip.main, form))
    case .waiting(let frame):
      let newest = served.window.snapshot.newestFrame ?? -1
      // bounded: an index of a time that can be expressed
      wait(request, until: clip.main === served.top ? max(frame, newest + 1) : newest + 1)
    case .before: earlier(clip, request)
    case .never: refuse(request, 404, "the stream ended before the end of the span")
    case .empty: refuse(request, 404, "the stream has no media in this span")
    case .changed(let time): request.respond(ClipSource.changed(time), loop.now)
    }
  }

  /// Makes the clip of a request from the window, which may have moved on while the request waited.
  private func make(_ request: HeldRequest<Purpose>) {
    let onEnd = { [weak self] in
      guard let self else { return }
      clips.ended(loop.now)
    }
    guard case .clip(let clip) = request.purpose, case .ready(let selection) = select(clip) else {
      answer(request)
      return onEnd()
    }
    let indices = [clip.main, clip.audio].compactMap { $0?.indices }
    do throws(ClipError) {
      try ClipPreparation(
        request.exchange, selection, indices, loop: loop, since: request.since, onEnd: onEnd
      ).begin()
    } catch {
      refuse(request, 409, "\(error)")
      onEnd()
    }
  }

  /// Answers a request for an instant before the window from the archive.
  private func earlier(_ time: WallTime, _ request: HeldRequest<Purpose>) {
    guard let archive = served.options.archive else { return refuseEarlier(request) }
    guard past.permits(time, of: served, request.exchange) else { return }
    let instant = PastInstant(time: time, rendition: served.top)
    past.answer(request.exchange) { [served] answer in
      archive.read(as: .segment) { result in
        switch result {
        case .success(let found): answer(InstantDocument(found.frame, of: served).response)
        case .failure(let failure): answer(served.refusal(failure))
        }
      } _: { reader throws(ArchiveFailure) in
        try instant.read(reader)
      }
    }
  }

  /// Answers a request for a clip that begins before the window from the archive.
  private func earlier(_ clip: Clip, _ request: HeldRequest<Purpose>) {
    guard let archive = served.options.archive else { return refuseEarlier(request) }
    let exchange = request.exchange
    guard past.permits(clip.span.lowerBound, of: served, exchange) else { return }
    if let form = clip.playlist {
      return past.answer(exchange) { [served] answer in
        served.clipPlaylist(clip.span, of: clip.main, form, answer: answer)
      }
    }
    let clip = PastClip(span: clip.span, main: clip.main, audio: clip.audio, archive: archive)
    past.read(exchange) {
      [served] (take: @escaping @Sendable (PastClip.Outcome) -> Void) in
      archive.read(as: .clip, cost: clip.cost) { result in
        switch result {
        case .success(let outcome): take(outcome)
        case .failure(let failure): take(.response(served.refusal(failure)))
        }
      } _: { reader throws(ArchiveFailure) in
        try clip.read(reader)
      }
    } take: { [weak self] outcome in
      guard let self else { return exchange.respond(.unavailable("the stream restarts")) }
      switch outcome {
      case .response(let response):
        exchange.respond(response.ranged(exchange.request))
      case .waiting(let end): wait(request, until: end)
      }
    }
  }

  /// Holds a request until a media time, at which a segment of the audio ends: each request before
  /// it would read the rows of the clip again.
  private func wait(_ request: HeldRequest<Purpose>, until time: MediaTime) {
    let segmentation = served.window.segmentation
    let next = (served.window.snapshot.newestFrame ?? -1) + 1
    // bounded: intervals saturate
    let longest = segmentation.frames(covering: segmentation.video.maximumSegmentDuration * 2)
    let frame = min(segmentation.frame(at: time), next.addingSaturated(longest))
    wait(request, until: max(next, frame))
  }

  /// Holds a request until the segment of the end, and the next one of the audio, are complete.
  private func wait(_ request: HeldRequest<Purpose>, until frame: Int64) {
    hold(
      // bounded: intervals saturate
      request, until: frame, after: served.window.segmentation.video.maximumSegmentDuration * 2)
  }

  /// The closed playlist of the segments of a clip, for players that ignore edit lists.
  private func playlist(
    _ selection: ClipSelection, of main: ServedRendition, _ form: ClipPlaylist
  ) -> PreparedResponse {
    guard case .media(let base) = form else { return served.clipPlaylist(form) }
    let numbers = selection.items.map(\.segment.number)
    let range = (numbers.first ?? 0)..<(numbers.last ?? -1) + 1
    let (snapshot, segmentation) = (main.window.snapshot, main.window.segmentation)
    let segments = snapshot.pastSegments(range)
    let isFinal = selection.isWhole && !segments.contains(where: \.isGap)
    let playlist = ClosedPlaylist(
      segments, segmentation, names: served.names, base: base,
      targetDuration: served.control.targetDuration,
      events: served.withoutRemoved(snapshot.pastEvents + snapshot.events))
    guard let playlist else { return .error(410, "the time has left the window") }
    return .playlist(playlist.text, isFinal ? .segment : .second)
  }

  /// Holds a request until a frame of the top rendition is published.
  private func hold(_ request: HeldRequest<Purpose>, until frame: Int64, after more: Interval) {
    // The wall clock at the arrival of the request, however often it is held.
    let arrival = SystemClock.wallTime - (loop.now - request.since)
    let early = max(.zero, request.purpose.end - arrival)
    let limit = served.measures.inputDelay + more + served.holdLimit
    held.hold(request, until: frame, deadline: request.since + early + limit)
  }

  private func refuseEarlier(_ request: HeldRequest<Purpose>) {
    let isStart = served.window.snapshot.segments.first?.isPrefill ?? true
    if isStart {
      refuse(request, 404, "the stream began after this time")
    } else {
      refuse(request, 410, "the time has left the window")
    }
  }

  private func refuse(_ request: HeldRequest<Purpose>, _ status: Int, _ line: String) {
    request.respond(.error(status, line), loop.now)
  }
}
