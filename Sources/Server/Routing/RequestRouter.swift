// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Net
import Packaging
import Sharing
import Streams

/// Routes the requests of one loop.
///
/// Confined to the loop's thread.
final class RequestRouter: RequestHandler, LoopService {
  private let serverState: ServerState
  private unowned let loop: EventLoop
  private let counters: Locked<ServerCounters>
  private var lobbies: [StreamHandler] = []
  private var byName: [String: StreamHandler] = [:]
  /// The one that was asked for last: mostly it is asked for again.
  private var lastStreamHandler: (name: String, streamHandler: StreamHandler)?
  private var revision = -1
  private let control: ControlAPI

  init(_ serverState: ServerState, loop: EventLoop, counters: Locked<ServerCounters>) {
    self.serverState = serverState
    self.loop = loop
    self.counters = counters
    control = ControlAPI(serverState, loop: loop)
    serverState.subscribe { [weak loop] in loop?.wake() }
    follow(serverState.streamTable)
  }

  func handle(_ exchange: any Exchange) {
    let request = exchange.request
    if ControlAPI.owns(request) { return control.handle(exchange) }
    switch request.method {
    case .get, .head:
      if let data = CMCDReport(request) {
        counters.withLock { $0.players.observe(data) }
      }
      route(exchange, since: loop.now)
    case .options: exchange.respond(ResponseFields.preflight)
    default:
      exchange.respond(
        ResponseFields.error(
          405, "\(exchange.request.methodText) is not allowed here; allowed are GET, HEAD, OPTIONS",
          .second, [HeaderField("Allow", "GET, HEAD, OPTIONS")]))
    }
  }

  func woken() {
    // What was published last before a stream went is answered before it goes.
    for streamHandler in lobbies { streamHandler.woken(loop.now) }
    let streamTable = serverState.streamTable
    if streamTable.revision != revision { follow(streamTable) }
    control.woken()
  }

  var nextDeadline: Int64 { lobbies.reduce(.max) { min($0, $1.nextDeadline) } }

  func expire(_ now: Int64) { for streamHandler in lobbies { streamHandler.expire(now) } }

  /// Takes over what has become of the site's streams.
  private func follow(_ streamTable: StreamTable) {
    revision = streamTable.revision
    lastStreamHandler = nil
    let before = byName
    lobbies = []
    byName = [:]
    for stream in streamTable.streams {
      let streamHandler =
        before[stream.name]
        ?? StreamHandler(stream, counters: counters, loop: loop) {
          [unowned self] exchange, since in
          route(exchange, since: since)
        }
      lobbies.append(streamHandler)
      byName[stream.name] = streamHandler
    }
    for (name, streamHandler) in before where byName[name] == nil { streamHandler.close() }
    for (streamHandler, stream) in zip(lobbies, streamTable.streams) {
      streamHandler.update(stream)
    }
  }

  private func route(_ exchange: any Exchange, since: Int64) {
    switch Route(exchange.request.pathSegments) {
    case .playlist(let stream, let rendition, let depth):
      exchange.kind = Kinds.playlist
      guard let streamHandler = enter(exchange, stream, since: since) else { return }
      if multivariant(exchange, streamHandler, rendition, depth, since: since) { return }
      guard let handler = streamHandler.handler(rendition) else { return notFound(exchange) }
      handler.playlist(exchange, form: .media(.full), depth: depth, since: since, now: loop.now)
    case .chunkedPlaylist(let stream, let rendition, let depth):
      exchange.kind = Kinds.chunkedPlaylist
      guard let streamHandler = enter(exchange, stream, since: since) else { return }
      if multivariant(exchange, streamHandler, rendition, depth, isChunked: true, since: since) {
        return
      }
      guard let handler = streamHandler.handler(rendition) else { return notFound(exchange) }
      handler.playlist(exchange, form: .chunked, depth: depth, since: since, now: loop.now)
    case .manifest(let stream, let depth): manifest(exchange, stream, depth, since: since)
    case .media(let stream, let rendition, let name):
      guard let kind = Kinds.media(named: name) else { return notFound(exchange) }
      exchange.kind = kind
      guard let streamHandler = enter(exchange, stream, since: since) else { return }
      guard let handler = streamHandler.handler(rendition),
        rendition != nil || streamHandler.handlers.count == 1
      else {
        return notFound(exchange)
      }
      media(name, handler, exchange, since: since)
    case .timestamps(let stream):
      exchange.kind = Kinds.timestamps
      timestamps(exchange, stream, since: since)
    case .page(let stream):
      exchange.kind = Kinds.page
      guard stream == nil || serverState.streamTable.stream(stream) != nil else {
        return notFound(exchange)
      }
      exchange.respond(serverState.page.page(for: exchange.request))
    case .pageFile(let name):
      exchange.kind = Kinds.page
      guard let script = serverState.page.script(name) else { return notFound(exchange) }
      exchange.respond(script)
    case .time(let form):
      exchange.kind = Kinds.time
      time(exchange, form ?? TimeService.Form(query: exchange.request.query))
    case .health, .ready, .version, .metrics: probe(exchange)
    case .unknown: notFound(exchange)
    }
  }

  /// The lobby of the stream that a viewer asks for, in which there are desks; nil where the request is held there or
  /// was answered.
  private func enter(
    _ exchange: any Exchange, _ stream: String?, since: Int64
  ) -> StreamHandler? {
    guard let streamHandler = streamHandler(stream) else {
      notFound(exchange)
      return nil
    }
    streamHandler.use(loop.now)
    return streamHandler.receive(exchange, since: since) ? nil : streamHandler
  }

  private func manifest(
    _ exchange: any Exchange, _ stream: String?, _ depth: ManifestCache.Depth, since: Int64
  ) {
    exchange.kind = Kinds.manifest
    if depth == .player, streamHandler(stream) != nil,
      let page = serverState.page.page(instead: exchange.request)
    {
      exchange.kind = Kinds.page
      return exchange.respond(page)
    }
    guard let streamHandler = enter(exchange, stream, since: since),
      let handler = streamHandler.handler(nil)
    else {
      return
    }
    if streamHandler.holdWhileStarting(exchange, since: since) { return }
    let origin = RequestOrigin.text(exchange.request, serverState.options)
    handler.manifest(
      exchange, ManifestCache.Key(origin: origin, depth: depth), since: since, now: loop.now)
  }

  /// The time in an answer without a line's end: some players read the whole body as a date.
  private func time(_ exchange: any Exchange, _ form: TimeService.Form) {
    let text = TimeService.text(
      form, now: SystemClock.wall,
      displacement: serverState.options.timeDisplacementMicroseconds * 1000)
    exchange.respond(
      PreparedResponse(
        status: 200, fields: ResponseFields.fields("text/plain; charset=utf-8", .noStore),
        body: [SharedBytes(text)]))
  }

  private func media(
    _ name: String, _ handler: RenditionHandler, _ exchange: any Exchange, since: Int64
  ) {
    if name.hasPrefix("init-"), name.hasSuffix(".mp4") {
      if handler.holdWhileStarting(exchange, since: since, needsSegment: false) { return }
      let tracks = handler.rendition.window.snapshot.tracks
      guard
        let track = tracks.first(where: {
          name == handler.served.names.name(ofHeader: $0.headerHash)
        })
      else { return notFound(exchange) }
      return exchange.respond(handler.rendition.media.response(track).ranged(exchange.request))
    }
    switch handler.served.names.media(named: Substring(name)) {
    case .segment(let number):
      if handler.holdWhileStarting(exchange, since: since, needsSegment: false) { return }
      handler.segment(number, exchange, since: since, now: loop.now)
    case .part(let index, let number):
      if handler.holdWhileStarting(exchange, since: since, needsSegment: false) { return }
      handler.part(index, of: number, exchange, since: since)
    case nil: notFound(exchange)
    }
  }

  private func timestamps(_ exchange: any Exchange, _ stream: String?, since: Int64) {
    guard let streamHandler = streamHandler(stream) else { return notFound(exchange) }
    // Who only measures does not start a stream.
    if case .idle = streamHandler.stream.state {
      return exchange.respond(ResponseFields.error(503, "the stream does not run", .noStore))
    }
    if streamHandler.receive(exchange, since: since) { return }
    let rendition = exchange.request.queryItems.first { $0.name == "rendition" }?.value
    guard let handler = streamHandler.handler(rendition) else { return notFound(exchange) }
    if handler.holdWhileStarting(exchange, since: since, needsSegment: false) { return }
    let document = TimestampsDocument(
      snapshot: handler.rendition.window.snapshot, names: handler.served.names,
      length: handler.served.options.timestamps)
    exchange.respond(
      PreparedResponse(
        status: 200, fields: ResponseFields.fields("application/json", .noStore),
        body: [SharedBytes(document.text(now: SystemClock.wall))]))
  }

  private func probe(_ exchange: any Exchange) {
    exchange.kind = Kinds.probe
    switch Route(exchange.request.pathSegments) {
    case .health: text(exchange, "ok")
    case .version: text(exchange, serverState.versionText)
    case .metrics:
      exchange.respond(
        PreparedResponse(
          status: 200,
          fields: ResponseFields.fields("text/plain; version=0.0.4; charset=utf-8", .noStore),
          body: [SharedBytes(MetricsText(serverState: serverState).text())]))
    default:
      let readiness = Readiness(serverState)
      if readiness.isReady { return text(exchange, "ready") }
      exchange.respond(ResponseFields.error(503, readiness.reason, .noStore))
    }
  }

  /// Answers with a Multivariant Playlist where a stream with several renditions is asked for; false elsewhere.
  ///
  /// Delivery directives mean nothing here and are ignored.
  private func multivariant(
    _ exchange: any Exchange, _ streamHandler: StreamHandler, _ rendition: String?,
    _ depth: Route.Depth,
    isChunked: Bool = false, since: Int64
  ) -> Bool {
    guard rendition == nil, let handler = streamHandler.handler(nil),
      handler.served.renditions.count > 1
    else {
      return false
    }
    if streamHandler.holdWhileStarting(exchange, since: since) { return true }
    let key = MultivariantCache.Key(
      depth: depth, isChunked: isChunked, isCompressed: exchange.request.accepts(coding: "gzip"))
    guard let response = handler.served.multivariant.response(key) else {
      exchange.respond(ResponseFields.error(503, "a rendition has not started"))
      return true
    }
    exchange.respond(response)
    return true
  }

  /// The lobby of a stream; nil means the default one.
  private func streamHandler(_ stream: String?) -> StreamHandler? {
    if let last = lastStreamHandler, last.name == stream { return last.streamHandler }
    if let stream {
      let streamHandler = byName[stream]
      lastStreamHandler = streamHandler.map { (stream, $0) }
      return streamHandler
    }
    return byName["live"] ?? lobbies.first
  }

  private func text(_ exchange: any Exchange, _ line: String) {
    exchange.respond(
      PreparedResponse(
        status: 200, fields: ResponseFields.fields("text/plain; charset=utf-8", .noStore),
        body: [SharedBytes(line + "\n")]))
  }

  private func notFound(_ exchange: any Exchange) {
    exchange.respond(ResponseFields.error(404, "nothing is served under this path"))
  }
}
