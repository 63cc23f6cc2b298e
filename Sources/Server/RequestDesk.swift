import HLSPackager
import HTTP
import Net
import Packaging
import Sharing
import Streams

/// Routes the requests of one loop.
///
/// Confined to the loop's thread.
final class RequestDesk: RequestHandler, LoopService {
  private let site: Site
  private unowned let loop: EventLoop
  private let counters: Locked<ServerCounters>
  private var lobbies: [StreamLobby] = []
  private var byName: [String: StreamLobby] = [:]
  /// The one that was asked for last: mostly it is asked for again.
  private var lastLobby: (name: String, lobby: StreamLobby)?
  private var revision = -1
  private let control: ControlDesk

  init(_ site: Site, loop: EventLoop, counters: Locked<ServerCounters>) {
    self.site = site
    self.loop = loop
    self.counters = counters
    control = ControlDesk(site, loop: loop)
    site.subscribe { [weak loop] in loop?.wake() }
    follow(site.roster)
  }

  func handle(_ exchange: any Exchange) {
    let request = exchange.request
    if ControlDesk.owns(request) { return control.handle(exchange) }
    switch request.method {
    case .get, .head:
      if let data = ClientMediaData(request) {
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
    for lobby in lobbies { lobby.woken(loop.now) }
    let roster = site.roster
    if roster.revision != revision { follow(roster) }
    control.woken()
  }

  var nextDeadline: Int64 { lobbies.reduce(.max) { min($0, $1.nextDeadline) } }

  func expire(_ now: Int64) { for lobby in lobbies { lobby.expire(now) } }

  /// Takes over what has become of the site's streams.
  private func follow(_ roster: Roster) {
    revision = roster.revision
    lastLobby = nil
    let before = byName
    lobbies = []
    byName = [:]
    for stream in roster.streams {
      let lobby =
        before[stream.name]
        ?? StreamLobby(stream, options: site.options, counters: counters, loop: loop) {
          [unowned self] exchange, since in
          route(exchange, since: since)
        }
      lobbies.append(lobby)
      byName[stream.name] = lobby
    }
    for (name, lobby) in before where byName[name] == nil { lobby.close() }
    for (lobby, stream) in zip(lobbies, roster.streams) { lobby.update(stream) }
  }

  private func route(_ exchange: any Exchange, since: Int64) {
    switch Route(exchange.request.pathSegments) {
    case .playlist(let stream, let rendition, let depth):
      exchange.kind = Kinds.playlist
      guard let lobby = enter(exchange, stream, since: since) else { return }
      if multivariant(exchange, lobby, rendition, depth, since: since) { return }
      guard let desk = lobby.desk(rendition) else { return notFound(exchange) }
      desk.playlist(exchange, form: .media(.full), depth: depth, since: since, now: loop.now)
    case .chunkedPlaylist(let stream, let rendition, let depth):
      exchange.kind = Kinds.chunkedPlaylist
      guard let lobby = enter(exchange, stream, since: since) else { return }
      if multivariant(exchange, lobby, rendition, depth, isChunked: true, since: since) { return }
      guard let desk = lobby.desk(rendition) else { return notFound(exchange) }
      desk.playlist(exchange, form: .chunked, depth: depth, since: since, now: loop.now)
    case .manifest(let stream, let depth): manifest(exchange, stream, depth, since: since)
    case .media(let stream, let rendition, let name):
      guard let kind = Kinds.media(named: name) else { return notFound(exchange) }
      exchange.kind = kind
      guard let lobby = enter(exchange, stream, since: since) else { return }
      guard let desk = lobby.desk(rendition), rendition != nil || lobby.desks.count == 1 else {
        return notFound(exchange)
      }
      media(name, desk, exchange, since: since)
    case .timestamps(let stream):
      exchange.kind = Kinds.timestamps
      timestamps(exchange, stream, since: since)
    case .page(let stream):
      exchange.kind = Kinds.page
      guard stream == nil || site.roster.stream(stream) != nil else { return notFound(exchange) }
      exchange.respond(site.page.page(for: exchange.request))
    case .pageFile(let name):
      exchange.kind = Kinds.page
      guard let script = site.page.script(name) else { return notFound(exchange) }
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
  ) -> StreamLobby? {
    guard let lobby = lobby(stream) else {
      notFound(exchange)
      return nil
    }
    lobby.use(loop.now)
    return lobby.receive(exchange, since: since) ? nil : lobby
  }

  private func manifest(
    _ exchange: any Exchange, _ stream: String?, _ depth: ManifestShelf.Depth, since: Int64
  ) {
    exchange.kind = Kinds.manifest
    if depth == .player, lobby(stream) != nil,
      let page = site.page.page(instead: exchange.request)
    {
      exchange.kind = Kinds.page
      return exchange.respond(page)
    }
    guard let lobby = enter(exchange, stream, since: since), let desk = lobby.desk(nil) else {
      return
    }
    if lobby.holdWhileStarting(exchange, since: since) { return }
    let origin = RequestOrigin.text(exchange.request, site.options)
    desk.manifest(
      exchange, ManifestShelf.Key(origin: origin, depth: depth), since: since, now: loop.now)
  }

  /// The time in an answer without a line's end: some players read the whole body as a date.
  private func time(_ exchange: any Exchange, _ form: TimeService.Form) {
    let text = TimeService.text(
      form, now: SystemClock.wall,
      displacement: site.options.timeDisplacementMicroseconds * 1000)
    exchange.respond(
      PreparedResponse(
        status: 200, fields: ResponseFields.fields("text/plain; charset=utf-8", .noStore),
        body: [SharedBytes(text)]))
  }

  private func media(_ name: String, _ desk: StreamDesk, _ exchange: any Exchange, since: Int64) {
    if name.hasPrefix("init-"), name.hasSuffix(".mp4") {
      if desk.holdWhileStarting(exchange, since: since, needsSegment: false) { return }
      let tracks = desk.rendition.window.snapshot.tracks
      guard
        let track = tracks.first(where: {
          name == desk.served.names.name(ofHeader: $0.headerHash)
        })
      else { return notFound(exchange) }
      return exchange.respond(desk.rendition.media.response(track).ranged(exchange.request))
    }
    switch desk.served.names.media(named: Substring(name)) {
    case .segment(let number):
      if desk.holdWhileStarting(exchange, since: since, needsSegment: false) { return }
      desk.segment(number, exchange, since: since, now: loop.now)
    case .part(let index, let number):
      if desk.holdWhileStarting(exchange, since: since, needsSegment: false) { return }
      desk.part(index, of: number, exchange, since: since)
    case nil: notFound(exchange)
    }
  }

  private func timestamps(_ exchange: any Exchange, _ stream: String?, since: Int64) {
    guard let lobby = lobby(stream) else { return notFound(exchange) }
    // Who only measures does not start a stream.
    if case .idle = lobby.stream.state {
      return exchange.respond(ResponseFields.error(503, "the stream does not run", .noStore))
    }
    if lobby.receive(exchange, since: since) { return }
    let rendition = exchange.request.queryItems.first { $0.name == "rendition" }?.value
    guard let desk = lobby.desk(rendition) else { return notFound(exchange) }
    if desk.holdWhileStarting(exchange, since: since, needsSegment: false) { return }
    let document = TimestampsDocument(
      snapshot: desk.rendition.window.snapshot, names: desk.served.names,
      length: desk.served.timestamps)
    exchange.respond(
      PreparedResponse(
        status: 200, fields: ResponseFields.fields("application/json", .noStore),
        body: [SharedBytes(document.text(now: SystemClock.wall))]))
  }

  private func probe(_ exchange: any Exchange) {
    exchange.kind = Kinds.probe
    switch Route(exchange.request.pathSegments) {
    case .health: text(exchange, "ok")
    case .version: text(exchange, site.versionText)
    case .metrics:
      exchange.respond(
        PreparedResponse(
          status: 200,
          fields: ResponseFields.fields("text/plain; version=0.0.4; charset=utf-8", .noStore),
          body: [SharedBytes(MetricsText(site: site).text())]))
    default:
      let readiness = Readiness(site)
      if readiness.isReady { return text(exchange, "ready") }
      exchange.respond(ResponseFields.error(503, readiness.reason, .noStore))
    }
  }

  /// Answers with a Multivariant Playlist where a stream with several renditions is asked for; false elsewhere.
  ///
  /// Delivery directives mean nothing here and are ignored.
  private func multivariant(
    _ exchange: any Exchange, _ lobby: StreamLobby, _ rendition: String?, _ depth: Route.Depth,
    isChunked: Bool = false, since: Int64
  ) -> Bool {
    guard rendition == nil, let desk = lobby.desk(nil), desk.served.renditions.count > 1 else {
      return false
    }
    if lobby.holdWhileStarting(exchange, since: since) { return true }
    let key = MultivariantShelf.Key(
      depth: depth, isChunked: isChunked, isCompressed: exchange.request.accepts(coding: "gzip"))
    guard let response = desk.served.multivariant.response(key) else {
      exchange.respond(ResponseFields.error(503, "a rendition has not started"))
      return true
    }
    exchange.respond(response)
    return true
  }

  /// The lobby of a stream; nil means the default one.
  private func lobby(_ stream: String?) -> StreamLobby? {
    if let last = lastLobby, last.name == stream { return last.lobby }
    if let stream {
      let lobby = byName[stream]
      lastLobby = lobby.map { (stream, $0) }
      return lobby
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
