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
  private var desks: [StreamDesk] = []

  init(_ site: Site, loop: EventLoop, counters: Locked<ServerCounters>) {
    self.site = site
    self.loop = loop
    self.counters = counters
    for stream in site.streams {
      for rendition in stream.renditions {
        desks.append(
          StreamDesk(stream, rendition, options: site.options, counters: counters) {
            [unowned self] exchange, since in
            route(exchange, since: since)
          })
        rendition.window.subscribe { loop.wake() }
      }
    }
  }

  func handle(_ exchange: any Exchange) {
    switch exchange.request.method {
    case .get, .head:
      if let data = ClientMediaData(exchange.request) {
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

  func woken() { for desk in desks { desk.woken(loop.now) } }

  var nextDeadline: Int64 { desks.reduce(.max) { min($0, $1.nextDeadline) } }

  func expire(_ now: Int64) { for desk in desks { desk.expire(now) } }

  private func route(_ exchange: any Exchange, since: Int64) {
    switch Route(exchange.request.pathSegments) {
    case .playlist(let stream, let rendition, let depth):
      exchange.kind = Kinds.playlist
      if multivariant(exchange, stream, rendition, depth, since: since) { return }
      guard let desk = desk(stream, rendition) else { return notFound(exchange) }
      desk.playlist(exchange, form: .media(.full), depth: depth, since: since, now: loop.now)
    case .chunkedPlaylist(let stream, let rendition, let depth):
      exchange.kind = Kinds.chunkedPlaylist
      if multivariant(exchange, stream, rendition, depth, isChunked: true, since: since) { return }
      guard let desk = desk(stream, rendition) else { return notFound(exchange) }
      desk.playlist(exchange, form: .chunked, depth: depth, since: since, now: loop.now)
    case .manifest(let stream, let depth): manifest(exchange, stream, depth, since: since)
    case .media(let stream, let rendition, let name):
      guard let desk = desk(stream, rendition),
        rendition != nil || desk.served.renditions.count == 1
      else { return notFound(exchange) }
      media(name, desk, exchange, since: since)
    case .timestamps(let stream):
      exchange.kind = Kinds.timestamps
      timestamps(exchange, stream, since: since)
    case .page(let stream):
      exchange.kind = Kinds.page
      guard stream == nil || site.stream(stream) != nil else { return notFound(exchange) }
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

  private func manifest(
    _ exchange: any Exchange, _ stream: String?, _ depth: ManifestShelf.Depth, since: Int64
  ) {
    exchange.kind = Kinds.manifest
    guard let desk = desk(stream, nil) else { return notFound(exchange) }
    if depth == .player, let page = site.page.page(instead: exchange.request) {
      exchange.kind = Kinds.page
      return exchange.respond(page)
    }
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
      exchange.kind = Kinds.header
      if desk.holdWhileStarting(exchange, since: since, needsSegment: false) { return }
      guard let track = desk.rendition.window.snapshot.track,
        name == desk.served.names.name(ofHeader: track.headerHash)
      else { return notFound(exchange) }
      return exchange.respond(desk.rendition.media.response(track).ranged(exchange.request))
    }
    switch desk.served.names.media(named: Substring(name)) {
    case .segment(let number):
      exchange.kind = Kinds.segment
      if desk.holdWhileStarting(exchange, since: since, needsSegment: false) { return }
      desk.segment(number, exchange, since: since, now: loop.now)
    case .part(let index, let number):
      exchange.kind = Kinds.part
      if desk.holdWhileStarting(exchange, since: since, needsSegment: false) { return }
      desk.part(index, of: number, exchange, since: since)
    case nil: notFound(exchange)
    }
  }

  private func timestamps(_ exchange: any Exchange, _ stream: String?, since: Int64) {
    let rendition = exchange.request.queryItems.first { $0.name == "rendition" }?.value
    guard let desk = desk(stream, rendition) else { return notFound(exchange) }
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
    _ exchange: any Exchange, _ stream: String?, _ rendition: String?, _ depth: Route.Depth,
    isChunked: Bool = false, since: Int64
  ) -> Bool {
    guard rendition == nil, let desk = desk(stream, nil), desk.served.renditions.count > 1 else {
      return false
    }
    if desk.holdWhileStarting(exchange, since: since, needsSegment: true) { return true }
    let key = MultivariantShelf.Key(
      depth: depth, isChunked: isChunked, isCompressed: exchange.request.accepts(coding: "gzip"))
    guard let response = desk.served.multivariant.response(key) else {
      exchange.respond(ResponseFields.error(503, "a rendition has not started"))
      return true
    }
    exchange.respond(response)
    return true
  }

  /// The desk of a rendition; of the best one where none is named.
  private func desk(_ stream: String?, _ rendition: String?) -> StreamDesk? {
    guard let served = site.stream(stream) else { return nil }
    return desks.first { desk in
      desk.served === served && desk.rendition.name == rendition ?? served.top.name
    }
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
