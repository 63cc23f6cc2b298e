// SPDX-License-Identifier: Apache-2.0

import Access
import HLSPackager
import HTTP
import Media
import Net
import Packaging
import Sharing
import Sockets
import Statistics
import Stills
import Streams
import Time

/// One stream on one loop: answers requests for the stream as a whole, and holds requests while the
/// stream starts.
///
/// Requests for one rendition go to its ``RenditionHandler``. Confined to the loop's thread.
final class StreamHandler {
  private(set) var stream: StreamEntry { didSet { servedStream = stream.served } }
  /// The served stream of `stream`.
  private(set) var servedStream: ServedStream?
  /// A handler for each rendition, the top rendition first; empty while nothing is served.
  private(set) var renditions: [RenditionHandler] = []
  /// The handlers of `/S/auto/`, opened by its first request; the top rendition first.
  private var switchedRenditions: [RenditionHandler] = []
  /// The measured responses.
  let deliveries: MeasuredDeliveries
  let rows: SegmentRows?
  let options: ServingOptions
  let counters: Locked<ServerCounters>
  unowned let loop: EventLoop
  let past: PastHandler
  private let mayStart: (PeerAddress, MonotonicTime) -> AccessDecision
  let reroute: (any Exchange, MonotonicTime) -> Void
  /// The handlers of the recording while nothing is served: the newest one, and the one
  /// before, which may have requests.
  private var recordings: [StreamHandler] = []
  private let stillService: StillService
  let starting: StartQueue
  let stills: StillHandler
  /// The readers of motion JPEG.
  var pictures: MotionPictureReaders
  var timestamps = TimestampsCache()
  var heldField = HeldField()
  /// The renditions without new media at the latest publication.
  private var missing: [Int] = []
  var feeds = FeedReaders()
  /// The requests for instants and clips; nil while nothing is served.
  private(set) var instants: InstantHandler?
  /// The requests for captions; nil while nothing is served, and for streams without captions.
  private(set) var captions: CaptionHandler?
  /// The captions whose new cues wake the loop.
  private weak var followedCaptions: StreamCaptions?
  private let sharedSockets: SocketsOfAllLoops
  /// The WebSockets of the stream.
  private(set) lazy var sockets = StreamSockets(
    SocketStream(stream), loop: loop, counters: counters, shared: sharedSockets, rows: rows
  ) { [unowned self] peer in use(by: peer) }

  /// `mayStart` decides whether a request starts a stream on demand; `isAdmin` whether a client has
  /// the admin token; `rows` takes statistics of deliveries; `reroute` handles an exchange again,
  /// with the arrival of the request.
  ///
  /// `past` answers requests for the archive; nil for a handler of its own.
  init(
    _ stream: StreamEntry, options: ServingOptions, counters: Locked<ServerCounters>,
    loop: EventLoop,
    mayStart: @escaping (PeerAddress, MonotonicTime) -> AccessDecision = { _, _ in .granted },
    isAdmin: @escaping (Request, MonotonicTime) -> Bool = { _, _ in false },
    sockets: SocketsOfAllLoops = SocketsOfAllLoops(), rows: SegmentRows? = nil,
    stills: StillService, past: PastHandler? = nil,
    reroute: @escaping (any Exchange, MonotonicTime) -> Void
  ) {
    self.mayStart = mayStart
    let past = past ?? PastHandler(loop: loop, isAdmin: isAdmin)
    self.past = past
    stillService = stills
    sharedSockets = sockets
    self.stream = stream
    servedStream = stream.served
    self.options = options
    self.counters = counters
    self.loop = loop
    self.reroute = reroute
    self.rows = rows
    deliveries = MeasuredDeliveries(loop)
    starting = StartQueue(counters, reroute)
    self.stills = StillHandler(stills, past, loop: loop, counters, reroute: reroute)
    pictures = MotionPictureReaders(stills, loop: loop)
    openRenditions()
  }

  var now: MonotonicTime { loop.now }

  // MARK: Renditions

  func rendition(_ name: String?) -> RenditionHandler? {
    guard let name else { return renditions.first }
    return renditions.first { $0.rendition.name == name }
  }

  /// The handler of a stream without a session.
  func handler(of recorded: ServedStream) -> StreamHandler {
    if let known = recordings.last(where: { $0.servedStream === recorded }) { return known }
    let handler = StreamHandler(
      StreamEntry(
        name: stream.name, state: .served(recorded), supervisor: nil, options: stream.options),
      options: options, counters: counters, loop: loop, sockets: sharedSockets, rows: rows,
      stills: stillService, past: past, reroute: reroute)
    recordings = recordings.suffix(1) + [handler]
    return handler
  }

  /// The handlers of `/S/auto/`.
  func switchedHandlers(
    of switched: SwitchedRenditions, _ served: ServedStream
  ) -> [RenditionHandler] {
    if switchedRenditions.isEmpty {
      switchedRenditions = switched.renditions.map {
        RenditionHandler(served, $0, past: past, counters: counters, reroute: reroute)
      }
    }
    return switchedRenditions
  }

  // MARK: Start

  /// The served stream; nil if nothing is served, and the request was refused or is held.
  ///
  /// If `isUse`, the request starts a stream on demand and keeps it running.
  func open(
    _ exchange: any Exchange, since: MonotonicTime, isUse: Bool = true
  ) -> ServedStream? {
    if stream.isRecording {
      exchange.respond(.error(404, "the stream has no publisher"))
      return nil
    }
    if isUse, let refusal = use(by: exchange.request.peer) {
      exchange.respond(refusal.response(to: .start))
      return nil
    }
    if let servedStream, !renditions.isEmpty { return servedStream }
    if case .failed = stream.state {
      // The reason may name files and hosts: it is in the log and in /api, not for viewers.
      exchange.respond(.unavailable(withWords("the stream cannot start")))
    } else if let seconds = stream.outage?.retryAfter(SystemClock.wallTime) {
      if !endsWithRecording(exchange, since: since) {
        exchange.respond(
          .unavailable(withWords("the stream has not started yet"), retryAfter: seconds))
      }
    } else {
      starting.hold(exchange, of: renditions, since: since)
    }
    return nil
  }

  /// The served stream when all its renditions are described; nil if nothing is served yet, and the
  /// request was refused or is held.
  func openAll(_ exchange: any Exchange, since: MonotonicTime) -> ServedStream? {
    guard let served = open(exchange, since: since),
      !starting.hold(exchange, until: .all, of: renditions, since: since)
    else { return nil }
    return served
  }

  /// Starts a stream on demand for a client, and keeps it running; the reason if it may not start.
  func use(by peer: @autoclosure () -> PeerAddress) -> AccessRefusal? {
    guard let supervisor = stream.supervisor else { return nil }
    if supervisor.plan.isOnDemand, case .idle = stream.state,
      let refusal = mayStart(peer(), loop.now).refusal
    {
      return refusal
    }
    supervisor.use(loop.now)
    return nil
  }

  /// `line` with the words for the outage of the source, if there is one.
  func withWords(_ line: String) -> String {
    stream.outage.map { "\(line): \($0.kind.words)" } ?? line
  }

  // MARK: Changes, publication, deadlines

  /// Applies a change of the stream's entry.
  func update(_ stream: StreamEntry) {
    let (hadServed, wasLeft) = (self.stream.served, self.stream.isLeft)
    let former = self.stream.options.viewers.password
    self.stream = stream
    if hadServed !== stream.served || wasLeft != stream.isLeft {
      closeRenditions()
      openRenditions()
    }
    if let former, former.hash != stream.options.viewers.password?.hash { endViewers() }
    if stream.isLeft { sockets.leave() } else { sockets.follow(SocketStream(stream)) }
    switch stream.state {
    case .served, .failed: starting.reroute()
    case .idle where starting.count > 0 || sockets.isInUse:
      // The stream was stopped for lack of use when a request had just arrived.
      stream.supervisor?.use(loop.now)
    case .idle, .starting: break
    }
  }

  /// The password is another one: ends the responses that have no end of their own.
  private func endViewers() {
    sockets.end("the password of the stream has changed")
    feeds.close()
    pictures.close()
  }

  /// The stream was removed: all held requests are routed again, and get 404.
  func close() {
    for recording in recordings { recording.closeRenditions() }
    closeRenditions()
    sockets.close()
    starting.reroute()
  }

  /// Answers the held requests that the newest publications of the windows release.
  func woken(_ now: MonotonicTime) {
    starting.woken(renditions)
    leadAway(now)
    // Each of these serves many viewers.
    feeds.advance(now)
    stills.woken(servedStream, now)
    for recording in recordings { recording.stills.woken(recording.servedStream, now) }
    pictures.woken()
    for handler in renditions { handler.woken(now) }
    instants?.woken(now)
    captions?.woken(now)
    for handler in switchedRenditions { handler.woken(now) }
    sockets.woken()
    guard stream.supervisor?.plan.isOnDemand == true, !renditions.isEmpty else { return }
    // A held request, a reader of a segment or of the feed, or a subscribed socket is a use.
    let isRead =
      feeds.count > 0 || pictures.count > 0 || stills.isInUse
      || instants?.isInUse == true
      || renditions.contains(where: \.isInUse)
      || switchedRenditions.contains(where: \.isInUse)
    if starting.count > 0 || sockets.isInUse || isRead {
      stream.supervisor?.use(now)
    }
  }

  /// Routes requests again that `/S/auto/` holds for a rendition that is missing from now on.
  private func leadAway(_ now: MonotonicTime) {
    guard !switchedRenditions.isEmpty, let servedStream else { return }
    let newest = servedStream.missingRenditions(now: now)
    guard newest != missing else { return }
    let added = newest.filter { !missing.contains($0) && switchedRenditions.indices.contains($0) }
    missing = newest
    for index in added { switchedRenditions[index].leadAway() }
  }

  /// The earliest deadline or an earlier time.
  var nextDeadline: MonotonicTime {
    let own = min(
      starting.nextDeadline, sockets.nextDeadline, deliveries.nextDeadline, feeds.nextDeadline,
      stills.nextDeadline, past.nextDeadline)
    let others = min(instants?.nextDeadline ?? own, captions?.nextDeadline ?? own)
    let recorded = recordings.reduce(min(own, others)) { min($0, $1.deliveries.nextDeadline) }
    let deadline = renditions.reduce(recorded) {
      min($0, $1.nextDeadline)
    }
    return switchedRenditions.reduce(deadline) { min($0, $1.nextDeadline) }
  }

  /// Answers the requests whose deadline has passed.
  func expire(_ now: MonotonicTime) {
    starting.look(now) {
      renditions.isEmpty && stream.outage?.retryAfter(SystemClock.wallTime) != nil
    }
    starting.expire(
      now, refusal: stream.served == nil ? withWords("the stream has not started yet") : nil
    ) { exchange, since in endsWithRecording(exchange, since: since) }
    for handler in renditions { handler.expire(now) }
    for handler in switchedRenditions { handler.expire(now) }
    deliveries.expire(now)
    for recording in recordings { recording.deliveries.expire(now) }
    instants?.expire(now)
    captions?.expire(now)
    feeds.expire(now)
    stills.expire(now, of: servedStream)
    for request in past.early.expired(now) {
      past(request.exchange, request.purpose, since: request.since, at: now)
    }
    past.expire(now)
    sockets.expire(now)
  }

  private func openRenditions() {
    guard let served = stream.served else { return }
    instants = InstantHandler(served, past, loop: loop, counters)
    captions = served.captions.map { CaptionHandler(served, $0, counters) }
    if let captions = stream.options.captions, captions !== followedCaptions {
      captions.subscribe { [weak loop] in loop?.wake() }
      followedCaptions = captions
    }
    for rendition in served.renditions {
      renditions.append(
        RenditionHandler(served, rendition, past: past, counters: counters, reroute: reroute))
      rendition.window.subscribe { [weak loop] in loop?.wake() }
    }
    // The subscription does not report earlier publications.
    loop.wake()
  }

  private func closeRenditions() {
    let closing = renditions + switchedRenditions
    renditions = []
    switchedRenditions = []
    missing = []
    timestamps = TimestampsCache()
    feeds.close()
    stills.close()
    pictures.close()
    for request in past.early.takeAll() { reroute(request.exchange, request.since) }
    for handler in closing { handler.close() }
    let waiting = (instants?.takeAll() ?? []) + (captions?.takeAll() ?? [])
    (instants, captions) = (nil, nil)
    for (exchange, since) in waiting { reroute(exchange, since) }
    // After the responses in progress were cut.
    deliveries.close()
  }
}
