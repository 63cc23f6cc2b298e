// SPDX-License-Identifier: Apache-2.0

import HTTP
import Net
import Packaging
import Publishing
import Sharing
import Time

/// Routes the requests of one loop to the handlers of streams and to `/api`; answers all others.
///
/// Confined to the loop's thread.
final class RequestRouter: RequestHandler, LoopService {
  private let serverState: ServerState
  private let loop: EventLoop
  private let counters: Locked<ServerCounters>
  private var streamHandlers: [StreamHandler] = []
  private var byName: [String: StreamHandler] = [:]
  /// The handler of the previous request: most requests are for the same stream.
  private var lastStreamHandler: (name: String, streamHandler: StreamHandler)?
  private let mediaUploads: MediaUploads
  private let permits: PermitRequests
  private var relays: [String: RelayHandler] = [:]
  /// When relayed streams and files that have expired are removed next.
  private var nextRelayCheck = MonotonicTime.distantFuture
  private var revision = -1
  private let control: ControlAPI
  private var statistics: StatisticsHandler
  private let viewers: HTTPViewers
  /// When the next row of the history of viewers is added; never on most loops.
  private var nextHistory = MonotonicTime.distantFuture
  private var routes = RouteCache()
  private var playback: PlaybackAccess
  /// Whether any stream has keys of playback tokens.
  private var needsTokens = false

  init(
    _ serverState: ServerState, loop: EventLoop, counters: Locked<ServerCounters>,
    viewers: HTTPViewers
  ) {
    self.serverState = serverState
    self.viewers = viewers
    playback = PlaybackAccess(
      serverState.playbackGuard, publicKey: serverState.options.tokenPublicKey)
    statistics = StatisticsHandler(serverState)
    self.loop = loop
    self.counters = counters
    control = ControlAPI(serverState, loop: loop)
    permits = PermitRequests(serverState.publishers.hooks, loop: loop)
    mediaUploads = MediaUploads(loop: loop, permits: permits, log: serverState.log)
    serverState.subscribe { [weak loop] in loop?.wake() }
    follow(serverState.streamTable)
  }

  private var now: MonotonicTime { loop.now }

  func handle(_ exchange: any Exchange) {
    if ControlAPI.owns(exchange.request) { return control.handle(exchange) }
    switch exchange.request.method {
    case .get, .head:
      let token = PlaybackAccess.takeToken(exchange)
      let request = exchange.request
      if needsTokens, let response = playbackResponse(request, token) {
        return exchange.respond(response)
      }
      let report = CMCDReport(request)
      if let report { counters.withLock { $0.players.observe(report) } }
      if request.method == .get { note(exchange, report) }
      route(exchange, request, since: now)
    case .options: exchange.respond(ResponseFields.preflight)
    case .put, .post, .delete:
      if !publishing.handle(exchange) { refuseMethod(exchange) }
    case .other: refuseMethod(exchange)
    }
  }

  /// The response to a request for media without permission, and to the first request with a JSON
  /// Web Token; nil if the request is permitted.
  private func playbackResponse(_ request: Request, _ token: String?) -> PreparedResponse? {
    guard !request.isChecked, let media = protectedMedia(request) else { return nil }
    if let refusal = refusal(request, token, media) { return PlaybackAccess.response(refusal) }
    guard token == nil, media.isIndex else { return nil }
    return playback.redirection(request, on: media.stream, media.keys)
  }

  /// Why a client may not have media with a key; nil if it may.
  private func refusal(
    _ request: Request, _ token: String?, _ media: ProtectedMedia
  ) -> PlaybackGuard.Refusal? {
    let credential =
      token.map { PlaybackAccess.Credential.playbackToken($0) }
      ?? PlaybackAccess.webToken(request).map { .webToken($0) }
    return playback.refusal(
      of: credential, on: media.stream, media.keys, by: request.peer, at: now,
      seconds: (SystemClock.wallTime - .origin).wholeSeconds)
  }

  /// `/auth`: whether the client may have the address in `X-Original-URI`.
  private func authenticate(_ exchange: any Exchange) {
    exchange.kind = .probe
    let request = exchange.request
    guard let target = request.header("x-original-uri"),
      var original = try? Request("GET", target, peer: request.peer)
    else { return exchange.respond(PlaybackAccess.answer(.invalid)) }
    let token = original.isBelow("t") ? original.takePathPrefix() : nil
    let media = protectedMedia(original)
    exchange.respond(PlaybackAccess.answer(media.flatMap { refusal(original, token, $0) }))
  }

  /// Media of a stream with keys.
  private struct ProtectedMedia {
    let stream: String
    let keys: [TokenKey]
    /// Whether the response has URIs of other media, which inherit the path.
    let isIndex: Bool
  }

  /// The media that a request names; nil if it needs no token.
  private func protectedMedia(_ request: Request) -> ProtectedMedia? {
    let target = routes.target(of: request)
    let (stream, keys, isIndex): (String, [TokenKey], Bool)
    if !relays.isEmpty, let path = target.relay, let relay = relays[path.stream] {
      // The page for players has no media.
      guard path.file != nil || !path.isPlayer else { return nil }
      (stream, keys) = (path.stream, relay.entry.playbackKeys)
      isIndex = path.file?.isIndex ?? true
    } else {
      let name: String?
      switch target.route {
      case .playlist(let stream, _, _), .manifest(let stream, _):
        (name, isIndex) = (stream, true)
      case .chunkedPlaylist(let stream, _, _): (name, isIndex) = (stream, true)
      // The page needs no token; with one it becomes the page that plays with it.
      case .page(let stream) where PlaybackAccess.parameter(request) != nil:
        (name, isIndex) = (stream, true)
      case .media(let stream, _, _): (name, isIndex) = (stream, false)
      case .timestamps(let stream), .socket(let stream): (name, isIndex) = (stream, false)
      default: return nil
      }
      guard let entry = handler(name)?.stream else { return nil }
      (stream, keys) = (entry.name, entry.options.playbackKeys)
    }
    return keys.isEmpty ? nil : ProtectedMedia(stream: stream, keys: keys, isIndex: isIndex)
  }

  private func refuseMethod(_ exchange: any Exchange) {
    exchange.respond(
      ResponseFields.error(
        405,
        "method not allowed: \(exchange.request.methodText) (expected GET, HEAD or OPTIONS)",
        .second, [HeaderField("Allow", "GET, HEAD, OPTIONS")]))
  }

  func woken() {
    // A removed stream releases held requests by its last publication before it is closed.
    for streamHandler in streamHandlers { streamHandler.woken(now) }
    let streamTable = serverState.streamTable
    if streamTable.revision != revision { follow(streamTable) }
    for relay in relays.values { relay.woken() }
    control.woken()
  }

  var nextDeadline: MonotonicTime {
    let nextCheck = min(nextRelayCheck, nextHistory, mediaUploads.nextDeadline)
    let deadline = streamHandlers.reduce(nextCheck) { min($0, $1.nextDeadline) }
    return relays.values.reduce(deadline) { min($0, $1.nextDeadline) }
  }

  func expire(_ now: MonotonicTime) {
    for streamHandler in streamHandlers { streamHandler.expire(now) }
    for relay in relays.values { relay.expire(now) }
    mediaUploads.expire(now)
    if nextHistory <= now {
      serverState.addToHistory(now)
      nextHistory = now + ViewerHistory.interval
    }
    guard nextRelayCheck <= now else { return }
    serverState.expireRelays(now)
    for relay in relays.values { relay.forget() }
    nextRelayCheck = relays.isEmpty ? .distantFuture : now + .seconds(1)
  }

  private var publishing: RelayPublishing {
    RelayPublishing(
      serverState: serverState, loop: loop, uploads: mediaUploads, permits: permits)
  }

  /// Opens, updates and closes handlers to match the table of streams.
  private func follow(_ streamTable: StreamTable) {
    revision = streamTable.revision
    lastStreamHandler = nil
    let before = byName
    streamHandlers = []
    byName = [:]
    playback.forget()
    needsTokens =
      streamTable.streams.contains { !$0.options.playbackKeys.isEmpty }
      || streamTable.relays.entries.contains { !$0.playbackKeys.isEmpty }
    for stream in streamTable.streams {
      let streamHandler =
        before[stream.name]
        ?? StreamHandler(
          stream, options: serverState.options, counters: counters, loop: loop,
          mayStart: { [serverState] in serverState.mayStart(by: $0, at: $1) },
          sockets: serverState.sockets,
          reroute: { [unowned self] in route($0, $0.request, since: $1) })
      streamHandlers.append(streamHandler)
      byName[stream.name] = streamHandler
    }
    for (name, streamHandler) in before where byName[name] == nil { streamHandler.close() }
    for (streamHandler, stream) in zip(streamHandlers, streamTable.streams) {
      streamHandler.update(stream)
    }
    follow(streamTable.relays)
  }

  /// Opens and closes the handlers of relayed streams.
  private func follow(_ table: RelayTable) {
    let before = relays
    relays = [:]
    for entry in table.entries {
      if let handler = before[entry.name], handler.entry.stream === entry.stream {
        handler.update(entry)
        relays[entry.name] = handler
      } else {
        relays[entry.name] = RelayHandler(
          entry, counters: counters, loop: loop,
          reroute: { [unowned self] in route($0, $0.request, since: $1) })
      }
    }
    for handler in before.values where relays[handler.entry.name] !== handler { handler.close() }
    if relays.isEmpty {
      nextRelayCheck = .distantFuture
    } else if nextRelayCheck == .distantFuture {
      nextRelayCheck = now + .seconds(1)
    }
  }

  /// Adds rows to the history of viewers from now on.
  func keepHistory() { nextHistory = now + ViewerHistory.interval }

  /// Counts the client of a request for media as a viewer.
  private func note(_ exchange: any Exchange, _ report: CMCDReport?) {
    let request = exchange.request, target = routes.target(of: request)
    if !relays.isEmpty, let path = target.relay, relays[path.stream] != nil {
      guard let file = path.file, !file.isIndex else { return }
      return note(exchange, .relayed, path.stream, nil, .zero, report)
    }
    let name: String?
    switch target.route {
    case .playlist(let stream, _, _), .manifest(let stream, _): name = stream
    case .chunkedPlaylist(let stream, _, _), .media(let stream, _, _): name = stream
    default: return
    }
    guard let handler = handler(name), let use = handler.object(of: target) else { return }
    note(exchange, use.object, handler.stream.name, use.rendition, use.segmentDuration, report)
  }

  private func note(
    _ exchange: any Exchange, _ object: ViewerRequest.Object, _ stream: String,
    _ rendition: String?, _ segmentDuration: Interval, _ report: CMCDReport?
  ) {
    let transport = viewers.began(
      exchange,
      ViewerRequest(
        viewer: HTTPViewers.number(of: exchange.request, report, on: stream), object: object,
        rendition: rendition, segmentDuration: segmentDuration, report: report),
      on: stream, now: now)
    if let delay = report?.latencyMilliseconds, let transport {
      counters.withLock { $0.delays.observe(delay, transport) }
    }
  }

  /// Routes a request that arrived at `since`; a held request may be routed again.
  private func route(_ exchange: any Exchange, _ request: Request, since: MonotonicTime) {
    let target = routes.target(of: request)
    if !relays.isEmpty, let path = target.relay, let relay = relays[path.stream] {
      return self.relay(exchange, relay, path, since: since)
    }
    switch target.route {
    case .playlist(let name, let rendition, let depth):
      exchange.kind = .playlist
      streamHandler(name, exchange)?
        .playlist(
          exchange, rendition, isChunked: false, target.directives, depth: depth, since: since)
    case .chunkedPlaylist(let name, let rendition, let depth):
      exchange.kind = .chunkedPlaylist
      streamHandler(name, exchange)?
        .playlist(
          exchange, rendition, isChunked: true, target.directives, depth: depth, since: since)
    case .manifest(let name, let depth): manifest(exchange, name, depth, since: since)
    case .media(let name, let rendition, _):
      guard let file = target.file else { return notFound(exchange) }
      exchange.kind = RequestKind(file)
      streamHandler(name, exchange)?.media(exchange, rendition, file, since: since)
    case .timestamps(let name):
      exchange.kind = .timestamps
      streamHandler(name, exchange)?.timestamps(exchange, since: since)
    case .socket(let name):
      exchange.kind = .socket
      streamHandler(name, exchange)?.sockets.open(exchange)
    case .page(let name):
      exchange.kind = .page
      guard name == nil || serverState.streamTable.stream(name) != nil else {
        return notFound(exchange)
      }
      exchange.respond(serverState.page.page(for: exchange.request))
    case .pageFile(let name):
      exchange.kind = .page
      exchange.respond(serverState.page.script(name) ?? ResponseFields.notFound)
    case .time(let form):
      exchange.kind = .time
      time(exchange, form ?? TimeService.Form(query: exchange.request.query))
    case .statistics(let isPage): statistics.answer(exchange, isPage: isPage, now: now)
    case .auth: authenticate(exchange)
    case .health: probe(exchange, "ok\n")
    case .version: probe(exchange, serverState.versionText + "\n")
    case .metrics:
      let access = serverState.options.metrics
      if let refusal = statistics.refusal(exchange.request, access, option: "metrics", now) {
        exchange.kind = .probe
        return exchange.respond(refusal)
      }
      probe(
        exchange, serverState.metrics(at: now),
        "text/plain; version=0.0.4; charset=utf-8")
    case .ready:
      let readiness = ServerReadiness(serverState)
      guard !readiness.isReady else { return probe(exchange, "ready\n") }
      exchange.kind = .probe
      exchange.respond(ResponseFields.error(503, readiness.reason, .noStore))
    case .unknown: notFound(exchange)
    }
  }

  private func relay(
    _ exchange: any Exchange, _ relay: RelayHandler, _ path: RelayPath, since: MonotonicTime
  ) {
    exchange.kind = .relay
    if path.isPlayer, path.file?.isIndex ?? true,
      let page = path.file == nil
        ? serverState.page.page(for: exchange.request)
        : serverState.page.page(instead: exchange.request)
    {
      exchange.kind = .page
      return exchange.respond(page)
    }
    if let file = path.file { return relay.answer(exchange, file, since: since) }
    exchange.kind = .page
    // A path of two texts between slashes, such as `/S/`, has one folder.
    exchange.respond(
      RelayResponses.page(relay.entry, depth: exchange.request.pathSegments.count - 1))
  }

  private func manifest(
    _ exchange: any Exchange, _ name: String?, _ depth: URLDepth, since: MonotonicTime
  ) {
    exchange.kind = .manifest
    guard let streamHandler = streamHandler(name, exchange) else { return }
    if depth == .player, let page = serverState.page.page(instead: exchange.request) {
      exchange.kind = .page
      return exchange.respond(page)
    }
    streamHandler.manifest(exchange, depth: depth, since: since)
  }

  /// Answers with the time, without a line end: some players parse the whole body as a date.
  private func time(_ exchange: any Exchange, _ form: TimeService.Form) {
    let text = TimeService.text(
      form, now: SystemClock.wallTime, displacement: serverState.options.timeDisplacement)
    answer(exchange, text, "text/plain; charset=utf-8")
  }

  private func probe(
    _ exchange: any Exchange, _ text: String, _ type: String = "text/plain; charset=utf-8"
  ) {
    exchange.kind = .probe
    answer(exchange, text, type)
  }

  private func answer(_ exchange: any Exchange, _ text: String, _ type: String) {
    exchange.respond(
      PreparedResponse(
        status: 200, fields: ResponseFields.fields(type, .noStore), body: [SharedBytes(text)]))
  }

  /// The handler of the stream `name`, or of the default stream if `name` is nil.
  ///
  /// If there is no such stream, the response is 404.
  private func streamHandler(_ name: String?, _ exchange: any Exchange) -> StreamHandler? {
    let found = handler(name)
    if found == nil { notFound(exchange) }
    return found
  }

  /// The handler of the stream `name`, or of the default stream if `name` is nil.
  private func handler(_ name: String?) -> StreamHandler? {
    if let last = lastStreamHandler, last.name == name { return last.streamHandler }
    let found = if let name { byName[name] } else { byName["live"] ?? streamHandlers.first }
    if let name, let found { lastStreamHandler = (name, found) }
    return found
  }

  private func notFound(_ exchange: any Exchange) { exchange.respond(ResponseFields.notFound) }
}
