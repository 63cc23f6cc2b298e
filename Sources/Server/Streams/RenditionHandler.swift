// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Media
import Packaging
import Sharing
import Streams

/// One rendition of a stream on one loop: answers its requests, holds those that are early, and feeds followers of
/// the open segment.
///
/// Confined to the loop's thread.
final class RenditionHandler {
  /// How long a request is held while the stream starts: below the 10 s after which hls.js gives up on a first byte.
  static let startHold: Int64 = 8_000_000_000

  let served: ServedStream
  let rendition: ServedRendition
  private let counters: Locked<ServerCounters>
  private let reroute: (any Exchange, Int64) -> Void
  private var starting = HeldRequests<HeldRequest>()
  /// Requests that wait for what playlists list.
  private var heldPlaylists = HeldRequests<HeldRequest>()
  /// Requests that wait for a part to be complete.
  private var heldParts = HeldRequests<HeldRequest>()
  private var readers = OpenSegmentReaders()
  private var revision: Int64 = -1
  private var listing: WindowSnapshot?
  /// The part that was answered last: it is the same for all that waited for it.
  private var lastPart: (segment: Int64, index: Int64, response: PreparedResponse)?
  /// What of the loop's gauges is this stream's.
  private var counted = (starting: 0, playlists: 0, parts: 0, following: 0)

  /// Nothing is held yet; `reroute` handles an exchange anew, with the time since which it is held.
  init(
    _ served: ServedStream, _ rendition: ServedRendition? = nil, counters: Locked<ServerCounters>, reroute: @escaping (any Exchange, Int64) -> Void
  ) {
    self.served = served
    self.rendition = rendition ?? served.top
    self.counters = counters
    self.reroute = reroute
  }

  private var control: ServerControl { served.control }
  /// RFC 8216bis §6.2.5.2: three Target Durations, if the operator wants no less.
  private var holdLimit: Int64 {
    min(3 * control.targetDuration * 1_000_000_000, served.options.holdLimit)
  }

  /// Whether anybody is held or follows a segment.
  var isInUse: Bool { counted != (0, 0, 0, 0) }

  /// Lets all go, since this desk's stream is no longer served: who is held is routed anew, and what was begun is cut, so
  /// that nobody takes it for a whole.
  func close() {
    let freed = starting.ended() + heldPlaylists.ended() + heldParts.ended()
    let following = readers.takeAll()
    countHeld()
    for request in freed {
      request.exchange.onGone = nil
      reroute(request.exchange, request.since)
    }
    for reader in following where !reader.isGone { reader.leave(reroute) }
  }

  // MARK: Requests

  /// Holds a request while the stream starts; false when it has started.
  func holdWhileStarting(_ exchange: any Exchange, since: Int64, needsSegment: Bool) -> Bool {
    let snapshot = needsSegment ? rendition.window.listing : rendition.window.snapshot
    let isEmpty = needsSegment && snapshot.segments.isEmpty && snapshot.state != .ended
    guard snapshot.state == .starting || isEmpty else { return false }
    let request = HeldRequest(exchange, .anything, since: since)
    let ticket = starting.hold(request, until: .max, deadline: since + Self.startHold)
    exchange.onGone = { [unowned self] in
      starting.cancelled(ticket, until: .max)
      countHeld()
    }
    countHeld()
    return true
  }

  /// Answers, holds or refuses a playlist request.
  func playlist(
    _ exchange: any Exchange, form: PlaylistCache.Form, depth: Route.Depth, since: Int64,
    now: Int64
  ) {
    if holdWhileStarting(exchange, since: since, needsSegment: true) { return }
    // Readers of chunks see them at once; what is listed keeps step with the other renditions.
    let snapshot = form == .chunked ? rendition.window.snapshot : rendition.window.listing
    let isCompressed = exchange.request.accepts(coding: "gzip")
    func key(_ form: PlaylistCache.Form, _ caching: ResponseFields.Caching) -> PlaylistCache.Key {
      PlaylistCache.Key(form: form, depth: depth, isCompressed: isCompressed, caching: caching)
    }
    let target = control.targetDuration
    if form == .chunked, rendition.window.segmentation.hasVariableDuration {
      return exchange.respond(
        ResponseFields.error(
          404,
          "segments end with the source's key pictures, so none can be announced by its duration"))
    }
    guard form != .chunked else {
      return answer(exchange, key(form, .playlist(targetDuration: target)), snapshot, since, now)
    }
    var directives = DeliveryDirectives()
    do throws(DeliveryDirectives.Failure) {
      let items = exchange.request.queryItems.map { (name: $0.name, value: $0.value) }
      directives = try DeliveryDirectives(items)
    } catch {
      // "...the server MUST ignore" them once the playlist has ended.
      guard snapshot.state == .ended else {
        return exchange.respond(ResponseFields.error(400, "\(error)"))
      }
    }
    let wanted = PlaylistCache.Form.media(snapshot.state == .ended ? .full : directives.skip)
    let isBlocking = directives.mediaSequenceNumber != nil
    let decision = BlockingReload.decide(
      directives, on: snapshot, control: control, names: served.names)
    switch decision {
    case .answer where directives.waitMilliseconds != nil && !isBlocking:
      // A kept answer to a version ahead of the live edge would make every client of a cache spin on it.
      let isNewer = directives.version.map { $0 < UInt64(max(0, snapshot.version)) } ?? false
      answer(exchange, key(wanted, isNewer ? .second : .noStore), snapshot, since, now)
    case .answer:
      let caching: ResponseFields.Caching =
        isBlocking
        ? .blockingPlaylist(targetDuration: target) : .playlist(targetDuration: target)
      answer(exchange, key(wanted, caching), snapshot, since, now)
    case .hold(let version):
      hold(
        exchange, .playlist(key(wanted, .blockingPlaylist(targetDuration: target))),
        until: version, since: since, deadline: since + holdLimit)
    case .poll(let version, let milliseconds):
      hold(
        exchange, .poll(key(wanted, .second)), until: version, since: since,
        deadline: since + min(milliseconds * 1_000_000, holdLimit))
    case .refuse(let reason):
      exchange.respond(ResponseFields.error(400, reason))
    }
  }

  /// Answers a request for an MPD; all renditions have a complete segment.
  func manifest(_ exchange: any Exchange, _ key: ManifestCache.Key, since: Int64, now: Int64) {
    let response = served.manifests.response(
      key, to: exchange.request, from: rendition.window.listing, now: SystemClock.wall)
    guard let response else {
      return exchange.respond(ResponseFields.error(503, "the stream has no complete segment yet"))
    }
    exchange.respond(response, extra: heldFields(since, now))
  }

  /// Answers, holds or refuses a request for a part.
  func part(_ index: Int64, of number: Int64, _ exchange: any Exchange, since: Int64) {
    let snapshot = rendition.window.snapshot
    if let part = snapshot.part(index, of: number) {
      let asked = exchange.request
      return exchange.respond(
        response(part).ranged(asked), extra: following(part, asked))
    }
    if let hint = snapshot.hint, hint.segment == number, hint.index == index {
      let version = rendition.window.segmentation.partsBefore(number) + index + 1
      return hold(
        exchange, .part(index, of: number), until: version, since: since,
        deadline: since + holdLimit)
    }
    exchange.respond(missing(number, snapshot))
  }

  /// Answers, holds or refuses a request for a segment.
  func segment(_ number: Int64, _ exchange: any Exchange, since: Int64, now: Int64) {
    let snapshot = rendition.window.snapshot
    let prefetch = PrefetchHint.fields(exchange.request, segment: number + 1, served.names)
    if let complete = snapshot.segment(number) {
      return exchange.respond(
        rendition.media.response(complete).ranged(exchange.request), extra: prefetch)
    }
    let segmentation = rendition.window.segmentation
    let newest = snapshot.open?.number ?? snapshot.segments.last?.number
    guard snapshot.state != .ended, let newest, number >= newest else {
      return exchange.respond(missing(number, snapshot))
    }
    guard snapshot.open?.number == number || served.options.waitsForAbsentSegment else {
      return exchange.respond(ResponseFields.error(404, "the segment has not begun"))
    }
    let ahead = Self.framesUntil(
      number, newest: newest, edge: snapshot.open?.chunks.last?.lastFrame, segmentation)
    let horizon = EarlyRequests.horizon(segmentation.video)
    guard ahead <= segmentation.frames(covering: horizon) else {
      return exchange.respond(
        ResponseFields.error(
          425,
          "the segment begins in \(ahead) frames; it may be asked for "
            + "\(horizon / 1_000_000) ms before it begins"))
    }
    let reader = OpenSegmentReader(
      exchange, number: number, cache: rendition.media, extra: prefetch, since: since,
      deadline: now + horizon + holdLimit)
    exchange.onGone = { [weak reader] in reader?.isGone = true }
    guard reader.advance(snapshot, now: now) == .follows else { return }
    readers.keep(reader)
    countHeld()
  }

  /// How many frames of the track come before segment `number` begins; the fewest where segments are free.
  ///
  /// `edge` is the last frame of the newest segment while that is open; nil where it is complete, or left out.
  static func framesUntil(
    _ number: Int64, newest: Int64, edge: Int64?, _ segmentation: TrackSegmentation
  ) -> Int64 {
    // Nobody knows when a free segment ends: the next may begin at any time.
    guard !segmentation.hasVariableDuration else {
      return (number - newest - 1)
        * segmentation.frames(covering: segmentation.video.segmentNanoseconds)
    }
    return segmentation.firstFrame(of: number)
      - (edge.map { $0 + 1 } ?? segmentation.firstFrame(of: newest + 1))
  }

  private func following(_ part: Part, _ request: Request) -> [HeaderField] {
    PrefetchHint.fields(
      request, afterPart: part.index, of: part.segment,
      partsInSegment: rendition.window.segmentation.parts(in: part.segment), served.names)
  }

  private func missing(_ number: Int64, _ snapshot: WindowSnapshot) -> PreparedResponse {
    guard let first = snapshot.segments.first?.number ?? snapshot.open?.number, number < first,
      served.names.printed(number) > 0
    else { return ResponseFields.error(404, "no such part or segment, and none was announced") }
    return ResponseFields.error(410, "the segment has left the window")
  }

  private func answer(
    _ exchange: any Exchange, _ key: PlaylistCache.Key, _ snapshot: WindowSnapshot,
    _ since: Int64, _ now: Int64
  ) {
    guard let response = rendition.playlists.response(key, from: snapshot) else {
      return exchange.respond(ResponseFields.error(503, "the stream has no complete segment yet"))
    }
    exchange.respond(response, extra: heldFields(since, now))
  }

  private func heldFields(_ since: Int64, _ now: Int64) -> [HeaderField] {
    now - since >= 1_000_000
      ? [HeaderField("X-Held-Ms", String((now - since) / 1_000_000))] : []
  }

  private func hold(
    _ exchange: any Exchange, _ purpose: HeldRequest.Purpose, until version: Int64, since: Int64,
    deadline: Int64
  ) {
    let request = HeldRequest(exchange, purpose, since: since)
    if request.isForPart {
      let ticket = heldParts.hold(request, until: version, deadline: deadline)
      exchange.onGone = { [unowned self] in
        heldParts.cancelled(ticket, until: version)
        countHeld()
      }
    } else {
      let ticket = heldPlaylists.hold(request, until: version, deadline: deadline)
      exchange.onGone = { [unowned self] in
        heldPlaylists.cancelled(ticket, until: version)
        countHeld()
      }
    }
    countHeld()
  }

  // MARK: Publishing and deadlines

  /// Answers everyone who waited for what is new.
  func woken(_ now: Int64) {
    let (snapshot, listed) = (rendition.window.snapshot, rendition.window.listing)
    guard snapshot.revision != revision || listed !== listing else { return }
    revision = snapshot.revision
    listing = listed
    if snapshot.state != .starting, starting.count > 0 {
      for request in starting.ended() { reroute(request.exchange, request.since) }
    }
    let playlists =
      listed.state == .ended ? heldPlaylists.ended() : heldPlaylists.published(listed.version)
    let parts = snapshot.state == .ended ? heldParts.ended() : heldParts.published(snapshot.version)
    for request in playlists { release(request, listed, now) }
    for request in parts { release(request, snapshot, now) }
    readers.advance(snapshot, now: now)
    if let first = snapshot.segments.first {
      rendition.media.forget(before: first.number)
      if let last = lastPart, last.segment < first.number { lastPart = nil }
    }
    countHeld()
    if !playlists.isEmpty || !parts.isEmpty {
      counters.withLock { counters in
        for freed in [playlists, parts] {
          for request in freed {
            counters.holds.answered(request.kind, after: now - request.since)
          }
        }
      }
    }
  }

  /// The earliest moment at which a held request must be let go; monotonic nanoseconds.
  var nextDeadline: Int64 {
    min(
      starting.nextDeadline, heldPlaylists.nextDeadline, heldParts.nextDeadline,
      readers.nextDeadline)
  }

  /// Lets go whose deadline has come.
  func expire(_ now: Int64) {
    let late = starting.expired(now) + heldPlaylists.expired(now) + heldParts.expired(now)
    for request in late {
      if case .poll(let key) = request.purpose {
        let plain = PlaylistCache.Key(
          form: key.form, depth: key.depth, isCompressed: key.isCompressed, caching: .noStore)
        answer(request.exchange, plain, rendition.window.listing, request.since, now)
      } else {
        counters.withLock { $0.holds.expired(request.kind) }
        request.exchange.respond(
          ResponseFields.error(
            503, "what was asked for was not published in time", .second,
            [HeaderField("Retry-After", "1"), request.heldField(now)]))
      }
    }
    let absent = readers.expire(now)
    if absent > 0 { counters.withLock { $0.holds.expired(.segment, absent) } }
    countHeld()
  }

  private func release(_ request: HeldRequest, _ snapshot: WindowSnapshot, _ now: Int64) {
    switch request.purpose {
    case .anything: reroute(request.exchange, request.since)
    case .playlist
    where rendition.window.segmentation.hasVariableDuration && snapshot.state == .live
      && snapshot.open?.parts.isEmpty != false:
      // A segment has ended, maybe without the part that was waited for: that then is the next one's first.
      reroute(request.exchange, request.since)
    case .playlist(let key), .poll(let key):
      var key = key
      if snapshot.state == .ended { key = key.full }
      answer(request.exchange, key, snapshot, request.since, now)
    case .part(let index, let number):
      guard let part = snapshot.part(index, of: number) else {
        // The hint was given up: another part, or the end, came in its place.
        return request.exchange.respond(ResponseFields.error(404, "the part will not be made"))
      }
      let response = response(part)
      guard !request.isPlain else {
        return request.exchange.respond(response, extra: [request.heldField(now)])
      }
      let asked = request.exchange.request
      request.exchange.respond(
        response.ranged(asked), extra: [request.heldField(now)] + following(part, asked))
    }
  }

  private func response(_ part: Part) -> PreparedResponse {
    if let last = lastPart, last.segment == part.segment, last.index == part.index {
      return last.response
    }
    let response = rendition.media.response(part)
    lastPart = (part.segment, part.index, response)
    return response
  }

  private func countHeld() {
    let now = (
      starting: starting.count, playlists: heldPlaylists.count, parts: heldParts.count,
      following: readers.count
    )
    guard now != counted else { return }
    let before = counted
    counted = now
    // Several streams share the counters of their loop.
    counters.withLock { counters in
      counters.holds.change(.start, by: now.starting - before.starting)
      counters.holds.change(.playlist, by: now.playlists - before.playlists)
      counters.holds.change(.part, by: now.parts - before.parts)
      counters.holds.change(.segment, by: now.following - before.following)
    }
  }
}
