// SPDX-License-Identifier: Apache-2.0

import Access
package import HTTP
package import Net
import Packaging
import Publishing
package import Sharing
import Sockets
package import Statistics
package import Time

/// Routes the requests of one loop to the handlers of streams and to `/api`; answers all others.
///
/// Confined to the loop's thread.
package final class RequestRouter: RequestHandler, LoopService {
  let serverState: ServerState
  private let loop: EventLoop
  let counters: Locked<ServerCounters>
  private let streamHandlers = StreamHandlers()
  private let mediaUploads: MediaUploads
  private let pagePublishers: PagePublishers
  /// The requests whose clients on this machine are searched for among its processes, and those
  /// whose clients wait for the permission of the hook.
  let answers: AwaitedAnswers
  /// The handlers of uploaded streams, which decide the meaning of targets.
  private(set) var uploads: [String: UploadHandler] = [:] { didSet { routes = RouteCache() } }
  /// When uploaded streams and files that have expired are removed next.
  private var nextUploadCheck = MonotonicTime.distantFuture
  private var revision = -1
  private let control: ControlAPI
  private(set) var statistics: StatisticsHandler
  let viewers: HTTPViewers
  private var routes = RouteCache()
  let listPage: ListPage
  var playback: PlaybackAccess
  /// Whether any stream has keys of playback tokens.
  private(set) var needsTokens = false

  /// A router of the streams of a server.
  ///
  /// - Parameters:
  ///   - serverState: the streams and counters that all loops share.
  ///   - loop: the loop of the requests.
  ///   - counters: the counters of the loop.
  ///   - viewers: the viewers of the loop.
  package init(
    _ serverState: ServerState, loop: EventLoop, counters: Locked<ServerCounters>,
    viewers: HTTPViewers
  ) {
    self.serverState = serverState
    self.viewers = viewers
    playback = PlaybackAccess(
      serverState.attempts, publicKey: serverState.options.tokenPublicKey)
    statistics = StatisticsHandler(serverState)
    listPage = ListPage(serverState.page.list)
    self.loop = loop
    self.counters = counters
    control = ControlAPI(serverState, loop: loop)
    answers = AwaitedAnswers(loop: loop)
    mediaUploads = MediaUploads(
      loop: loop, registry: serverState.publishers, log: serverState.log)
    pagePublishers = PagePublishers(serverState, loop: loop)
    serverState.subscribe { [weak loop] in loop?.wake() }
    follow(serverState.streamTable)
  }

  var now: MonotonicTime { loop.now }

  /// Answers a request, or keeps it until its stream has the requested media.
  package func handle(_ exchange: any Exchange) {
    // Read once: each reading is a copy of the request.
    let request = exchange.request
    if ControlAPI.owns(request) { return control.handle(exchange) }
    switch request.method {
    case .get, .head: PlaybackAccess.takeToken(exchange, request, then: read)
    case .options: preflight(exchange)
    case .post where request.isBelow("login"): login(exchange)
    case .post where Self.isLicence(request):
      PlaybackAccess.takeToken(exchange, request) { exchange, request, token in
        let target = target(of: request)
        guard let grant = grant(exchange, request, token, target) else { return }
        proceed(exchange, request, target, grant)
      }
    case .put, .post, .delete:
      hold(exchange) { [self] in if !publishing.handle(exchange) { refuseMethod(exchange) } }
    case .other where request.connectProtocol == .webSocket:
      PlaybackAccess.takeToken(exchange, request, then: connect)
    case .other: refuseMethod(exchange)
    }
  }

  /// Answers a request to read, with the token before its path.
  private func read(_ exchange: any Exchange, _ request: Request, _ token: String?) {
    let target = target(of: request)
    guard let grant = grant(exchange, request, token, target) else { return }
    proceed(exchange, request, target, grant)
  }

  /// Answers a permitted request.
  func proceed(
    _ exchange: any Exchange, _ request: Request, _ target: RoutedTarget, _ grant: PlaybackGrant
  ) {
    if grant.isForOneViewer { exchange.isForOneViewer = true }
    if request.method == .get || request.method == .head {
      let report = CMCDReport(request)
      if let report { counters.withLock { $0.players.observe(report) } }
      if request.method == .get { note(exchange, request, target, report, grant) }
    }
    route(exchange, target, since: now, grant)
  }

  /// Opens a WebSocket over HTTP/2; no other response to CONNECT may look like success.
  ///
  /// - Source: RFC 8441 §4
  private func connect(_ exchange: any Exchange, _ request: Request, _ token: String?) {
    let target = target(of: request)
    if case .publish(let name) = target.route {
      exchange.kind = target.kind
      return pagePublishers.open(exchange, name)
    }
    guard case .socket = target.route else { return refuseMethod(exchange) }
    guard let grant = grant(exchange, request, token, target) else { return }
    proceed(exchange, request, target, grant)
  }

  /// Answers the requests held for a publication, and follows changes of the streams.
  package func woken() {
    // A removed stream releases held requests by its last publication before it is closed.
    for streamHandler in streamHandlers.all { streamHandler.woken(now) }
    let streamTable = serverState.streamTable
    if streamTable.revision != revision { follow(streamTable) }
    for upload in uploads.values { upload.woken() }
    control.woken()
  }

  /// The first deadline of a held request; `.distantFuture` for none.
  package var nextDeadline: MonotonicTime {
    let nextCheck = min(
      nextUploadCheck, mediaUploads.nextDeadline, pagePublishers.nextDeadline,
      control.nextDeadline)
    let deadline = streamHandlers.all.reduce(nextCheck) { min($0, $1.nextDeadline) }
    return uploads.values.reduce(deadline) { min($0, $1.nextDeadline) }
  }

  /// Answers the held requests whose deadline has come.
  package func expire(_ now: MonotonicTime) {
    for streamHandler in streamHandlers.all { streamHandler.expire(now) }
    for upload in uploads.values { upload.expire(now) }
    mediaUploads.expire(now)
    pagePublishers.expire(now)
    control.expire(now)
    guard nextUploadCheck <= now else { return }
    serverState.expireUploads(now)
    for upload in uploads.values { upload.forget() }
    nextUploadCheck = uploads.isEmpty ? .distantFuture : now + .seconds(1)
  }

  /// The number of playback tokens whose permission is known.
  package var permissionCount: Int { playback.permissionCount }

  /// Ends the sockets and deliveries of the loop.
  package func stopped() {
    for streamHandler in streamHandlers.all {
      streamHandler.deliveries.close()
      streamHandler.sockets.stopped()
    }
  }

  private var publishing: UploadRequests {
    UploadRequests(
      serverState: serverState, loop: loop, uploads: mediaUploads, answers: answers)
  }

  /// Opens, updates and closes handlers to match the table of streams.
  private func follow(_ streamTable: StreamTable) {
    revision = streamTable.revision
    let keys = Self.playbackKeys(streamTable)
    playback.update(keys)
    needsTokens = !keys.isEmpty
    streamHandlers.follow(streamTable, makeHandler)
    follow(streamTable.uploads)
  }

  private func makeHandler(_ stream: StreamEntry) -> StreamHandler {
    StreamHandler(
      stream, options: serverState.options, counters: counters, loop: loop,
      mayStart: { [serverState] in serverState.mayStart(by: $0, at: $1) },
      isAdmin: { [serverState] in serverState.isAdmin($0, at: $1) },
      sockets: serverState.sockets, rows: serverState.segmentRows, stills: serverState.stills,
      reroute: { [unowned self] in reroute($0, since: $1) })
  }

  /// Opens and closes the handlers of uploaded streams.
  private func follow(_ table: UploadTable) {
    let before = uploads
    guard !before.isEmpty || !table.entries.isEmpty else { return }
    var present: [String: UploadHandler] = [:]
    for entry in table.entries {
      if let handler = before[entry.name], handler.entry.stream === entry.stream {
        handler.update(entry)
        present[entry.name] = handler
      } else {
        present[entry.name] = UploadHandler(
          entry, counters: counters, loop: loop,
          reroute: { [unowned self] in reroute($0, since: $1) })
      }
    }
    uploads = present
    for handler in before.values where uploads[handler.entry.name] !== handler { handler.close() }
    if uploads.isEmpty {
      nextUploadCheck = .distantFuture
    } else if nextUploadCheck == .distantFuture {
      nextUploadCheck = now + .seconds(1)
    }
  }

  /// The meaning of a request's path and query.
  func target(of request: Request) -> RoutedTarget {
    routes.target(of: request) { uploads[$0] != nil }
  }

  /// Routes a held request again, which arrived at `since`.
  private func reroute(_ exchange: any Exchange, since: MonotonicTime) {
    route(exchange, target(of: exchange.request), since: since)
  }

  /// Routes a permitted request that arrived at `since`.
  private func route(
    _ exchange: any Exchange, _ target: RoutedTarget, since: MonotonicTime,
    _ grant: PlaybackGrant = PlaybackGrant()
  ) {
    if target.route.isClosedBelowTokens, exchange.request.hasPathPrefix {
      return notFound(exchange)
    }
    exchange.kind = target.kind
    switch target.route {
    case .uploaded(let path): upload(exchange, path, since: since)
    case .playlist, .chunkedPlaylist:
      streamHandler(target, exchange)?.playlist(exchange, target, since: since)
    case .iFrames: streamHandler(target, exchange)?.iFrames(exchange, target, since: since)
    case .past: streamHandler(target, exchange)?.past(exchange, target, since: since)
    case .pastManifest: streamHandler(target, exchange)?.pastManifest(exchange, since: since)
    case .pastExtent(stream: nil): streamHandler(target, exchange)?.leadToExtent(exchange)
    case .pastExtent: streamHandler(target, exchange)?.pastExtent(exchange)
    case .manifest: manifest(exchange, target, since: since)
    case .media:
      guard let file = target.file else { return notFound(exchange) }
      streamHandler(target, exchange)?.media(exchange, target.rendition, file, since: since)
    case .clip(_, let rendition, let name):
      streamHandler(target, exchange)?.clip(exchange, rendition, name, since: since)
    case .instant(_, let time):
      streamHandler(target, exchange)?.instant(exchange, time, since: since)
    case .still(_, let address):
      streamHandler(target, exchange)?.still(exchange, address, since: since)
    case .motionPictures(_, let width):
      streamHandler(target, exchange)?.motionPictures(exchange, width, since: since)
    case .cues(_, let rendition, let name):
      streamHandler(target, exchange)?.cues(exchange, rendition, name, since: since)
    case .timestamps:
      hold(exchange, reading: serverState.options.timestamps) { [self] in
        if let refusal = timestampsRefusal(exchange.request) { return exchange.respond(refusal) }
        streamHandler(target, exchange)?.timestamps(exchange, since: since)
      }
    case .licence: streamHandler(target, exchange)?.licence(exchange)
    case .feed: streamHandler(target, exchange)?.feed(exchange)
    case .socket:
      streamHandler(target, exchange)?.openSocket(exchange, tokenOwner: grant.tokenOwner)
    case .publish(let name):
      guard !exchange.request.hasPathPrefix else { return notFound(exchange) }
      if let refusal = pagePublishers.answer(exchange, name) { refusePage(exchange, refusal) }
    case .publisherState(let name): pagePublishers.answerState(exchange, name)
    case .page(let name): page(exchange, name)
    case .pageFile(let name):
      let file = serverState.page.file(name, for: exchange.request)
      exchange.respond(file ?? .notFound)
    case .streams: exchange.respond(StreamListing(serverState.streamTable).response)
    case .wall: exchange.respond(serverState.page.wall.response(to: exchange.request))
    case .time(let form):
      time(exchange, form ?? TimeService.Form(query: exchange.request.query))
    case .statistics(let isPage):
      hold(exchange, reading: serverState.options.statistics) { [self] in
        let refusal = statistics.answer(exchange, isPage: isPage, now: now)
        guard let refusal else { return }
        if isPage { refusePage(exchange, refusal) } else { exchange.respond(refusal) }
      }
    case .auth: authenticate(exchange)
    // The form is in the page of the stream.
    case .login:
      exchange.respond(.redirect(to: "./", ResponseFields.Caching.noStore.value))
    case .health: health(exchange)
    case .version: version(exchange)
    case .metrics:
      hold(exchange, reading: serverState.options.metrics) { [self] in metrics(exchange) }
    case .ready: readiness(exchange)
    case .unknown: refusePage(exchange, .notFound)
    }
  }

  private func manifest(_ exchange: any Exchange, _ target: RoutedTarget, since: MonotonicTime) {
    guard let streamHandler = streamHandler(target, exchange) else { return }
    if target.depth == .player, let page = serverState.page.page(instead: exchange.request) {
      exchange.kind = .page
      return exchange.respond(page)
    }
    streamHandler.manifest(exchange, depth: target.depth, since: since)
  }

  /// The handler of the stream of a target.
  ///
  /// If there is no such stream, the response is 404. If another server continues the stream, the
  /// response is 503 for all that the other one has too.
  private func streamHandler(
    _ target: RoutedTarget, _ exchange: any Exchange
  ) -> StreamHandler? {
    guard let found = handler(target.stream) else {
      notFound(exchange)
      return nil
    }
    guard found.stream.isLeft, !found.hasComplete(target) else { return found }
    exchange.respond(.unavailable("another server continues the stream"))
    return nil
  }

  /// The handler of the stream `name`, or of the default stream if `name` is nil.
  func handler(_ name: String?) -> StreamHandler? {
    streamHandlers.handler(name, makeHandler)
  }

  func notFound(_ exchange: any Exchange) { exchange.respond(.notFound) }
}
