// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Media
import Packaging
import Sharing
import Statistics
import Time

/// The requests for playlists, MPDs, media and pictures of a stream.
extension StreamHandler {
  /// Whether the playlist at this URL is the chunked one: if the stream prefers it and has it.
  func isChunked(_ target: RoutedTarget) -> Bool {
    if target.kind == .chunkedPlaylist { return true }
    return stream.options.prefersChunkedPlaylist && target.rendition == nil
      && target.depth == .stream
      && servedStream?.window.segmentation.hasVariableDuration != true
  }

  /// Answers a playlist request.
  ///
  /// A request without a rendition is for the Multivariant Playlist if there are several, or if
  /// only that playlist states a property of the stream.
  func playlist(
    _ exchange: any Exchange, _ target: RoutedTarget, since: MonotonicTime
  ) {
    let (name, depth, isChunked) = (target.rendition, target.depth, isChunked(target))
    if isChunked { exchange.kind = .chunkedPlaylist }
    guard let served = open(exchange, since: since) else { return }
    if name == SwitchedName.rendition, !isChunked {
      if starting.hold(exchange, until: .all, of: renditions, since: since) { return }
      return switchedPlaylist(exchange, of: served, target.directives, depth: depth, since: since)
    }
    if let track = served.captions?.track(name), let top = renditions.first, !isChunked {
      if starting.hold(exchange, until: .segment(top), of: renditions, since: since) { return }
      return top.playlists.media(
        exchange, target.directives, depth: depth, of: track, since: since, now: now)
    }
    if name == nil, renditions.count > 1 || served.needsMultivariant(isChunked: isChunked) {
      return multivariant(exchange, served, isChunked: isChunked, depth: depth, since: since)
    }
    guard let handler = rendition(name) else { return exchange.respond(.notFound) }
    if starting.hold(exchange, until: .segment(handler), of: renditions, since: since) { return }
    if isChunked {
      handler.playlists.chunked(exchange, depth: depth, since: since, now: now)
    } else {
      handler.playlists.media(exchange, target.directives, depth: depth, since: since, now: now)
    }
  }

  /// Delivery directives have no meaning for a Multivariant Playlist and are ignored.
  private func multivariant(
    _ exchange: any Exchange, _ served: ServedStream, isChunked: Bool, depth: URLDepth,
    since: MonotonicTime
  ) {
    if starting.hold(exchange, until: .all, of: renditions, since: since) { return }
    let key = MultivariantCache.Key(
      depth: depth, isChunked: isChunked, isCompressed: exchange.request.accepts(coding: "gzip"))
    exchange.respond(
      served.multivariant.response(key)
        ?? .error(503, "a rendition has not started"))
  }

  /// Answers a request for the MPD.
  func manifest(_ exchange: any Exchange, depth: URLDepth, since: MonotonicTime) {
    guard let served = open(exchange, since: since) else { return }
    if starting.hold(exchange, until: .all, of: renditions, since: since) { return }
    guard let source = manifests(for: exchange, of: served, depth: depth) else { return }
    let origin = options.origin(of: exchange.request)
    let response = source.cache.response(
      ManifestCache.Key(origin: origin, depth: depth), to: exchange.request,
      from: source.window.listing, now: SystemClock.wallTime)
    guard let response else { return exchange.respond(.noSegment) }
    exchange.respond(response, extra: heldField.ifHeld(since, now))
  }

  /// Answers a request for media; a stream with one rendition needs no rendition in the URL.
  func media(_ exchange: any Exchange, _ name: String?, _ file: MediaName, since: MonotonicTime) {
    if servedStream == nil, let need = PastNeed(file, of: name),
      answersPast(need, exchange, since: since, { $0.media(exchange, name, file, since: since) })
    {
      return
    }
    guard let served = open(exchange, since: since) else { return }
    if name == SwitchedName.rendition {
      if starting.hold(exchange, until: .all, of: renditions, since: since) { return }
      return switchedMedia(exchange, of: served, file, since: since)
    }
    if let track = served.captions?.track(name) {
      return captions(exchange, track, file, of: served, since: since)
    }
    guard let handler = rendition(name), name != nil || renditions.count == 1 else {
      return exchange.respond(.notFound)
    }
    if starting.hold(exchange, until: .window(handler), of: renditions, since: since) { return }
    switch file {
    case .text: break
    case .header(let hash): return handler.header(hash, exchange)
    case .segment(let number):
      guard let number = served.names.segment(number) else { break }
      measure(exchange, file, number, handler.rendition, of: served, since: since)
      return handler.segments.answer(number, exchange, since: since, now: now)
    case .part(let index, let number):
      guard let number = served.names.segment(number) else { break }
      measure(exchange, file, number, handler.rendition, of: served, since: since)
      return handler.parts.answer(index, of: number, exchange, since: since)
    }
    exchange.respond(.notFound)
  }

  /// Whether a target is a header, or a segment or a part that is complete.
  func hasComplete(_ target: RoutedTarget) -> Bool {
    guard let served = servedStream, let file = target.file,
      let window = rendition(target.rendition)?.rendition.window
    else { return false }
    switch file {
    case .header: return true
    case .text: return false
    case .segment(let name):
      guard let number = served.names.segment(name),
        case .complete = window.snapshot.availability(of: number, window.segmentation)
      else { return false }
      return true
    case .part(let index, let name):
      guard let number = served.names.segment(name) else { return false }
      return window.snapshot.part(index, of: number) != nil
    }
  }

  /// Answers a request for a still.
  func still(_ exchange: any Exchange, _ address: StillAddress, since: MonotonicTime) {
    if servedStream == nil, let need = PastNeed(address),
      answersPast(need, exchange, since: since, { $0.still(exchange, address, since: since) })
    {
      return
    }
    guard let served = open(exchange, since: since), let top = renditions.first else { return }
    if refusesClear(exchange, "stills") { return }
    if starting.hold(exchange, until: .window(top), of: renditions, since: since) { return }
    stills.answer(exchange, address, of: served, since: since)
  }

  /// Answers a request for `/timestamps.json`; it does not start a stream on demand.
  func timestamps(_ exchange: any Exchange, since: MonotonicTime) {
    if case .idle = stream.state {
      return exchange.respond(.error(503, "the stream is idle", .noStore))
    }
    if servedStream == nil, let outage = stream.outage {
      // A page states the reason while the requests for media are held.
      return exchange.respond(TimestampsCache.response(outage, of: stream))
    }
    guard let served = open(exchange, since: since, isUse: false) else { return }
    let name = exchange.request.queryItems.first { $0.name == "rendition" }?.value
    guard let handler = rendition(name) else { return exchange.respond(.notFound) }
    if starting.hold(exchange, until: .window(handler), of: renditions, since: since) { return }
    exchange.respond(
      timestamps.response(of: handler.rendition, of: served, stream.outage, now: now))
  }

  /// Answers a request for the playlist of the key frames of a rendition.
  func iFrames(_ exchange: any Exchange, _ target: RoutedTarget, since: MonotonicTime) {
    guard open(exchange, since: since) != nil else { return }
    guard let handler = rendition(target.rendition), !handler.rendition.isAudio else {
      return exchange.respond(.notFound)
    }
    if starting.hold(exchange, until: .segment(handler), of: renditions, since: since) { return }
    handler.playlists.iFrames(exchange, depth: target.depth, since: since, now: now)
  }

  /// Answers a request for motion JPEG.
  func motionPictures(
    _ exchange: any Exchange, _ width: StillAddress.Width, since: MonotonicTime
  ) {
    guard width != .invalid else { return exchange.respond(StillAddress.Width.refusal) }
    guard let served = open(exchange, since: since), let top = renditions.first else { return }
    guard !top.rendition.isAudio else { return exchange.respond(.notFound) }
    if refusesClear(exchange, "motion JPEG") { return }
    if starting.hold(exchange, until: .window(top), of: renditions, since: since) { return }
    pictures.add(exchange, width: width.pixels, of: served)
  }

  // MARK: The measurement of responses with media

  /// Measures the response of an exchange if statistics of the stream are saved.
  func measure(
    _ exchange: any Exchange, _ file: MediaName, _ segment: Int64, _ rendition: ServedRendition,
    of served: ServedStream, since: MonotonicTime
  ) {
    guard rows != nil, served.options.savesStatistics else { return }
    let report = CMCDReport(exchange.request)
    measure(
      exchange, file, segment, HTTPViewers.number(of: exchange, report, on: served.name),
      rendition, of: served, report: report, switched: nil, since: since)
  }

  /// Measures the response of an exchange if the result has a use.
  func measure(
    _ exchange: any Exchange, _ file: MediaName, _ segment: Int64, _ viewer: UInt64,
    _ rendition: ServedRendition, of served: ServedStream, report: CMCDReport?,
    switched: (SwitchedRenditions, Int)?, since: MonotonicTime
  ) {
    let rows = served.options.savesStatistics ? rows : nil
    guard switched != nil || rows != nil, exchange.request.method == .get else { return }
    var endsSegment = true
    if case .part(let index, _) = file {
      endsSegment = index + 1 == rendition.window.segmentation.parts(in: segment)
    }
    exchange.delivery = Delivery(
      Delivery.Object(
        viewer: viewer, segment: segment, printed: served.names.printed(segment),
        endsSegment: endsSegment, rendition: rendition.name, report: report),
      Delivery.Recipients(
        switched: switched.map { (chooser: $0.0, index: $0.1) }, rows: rows,
        stream: served.name),
      deliveries, since: since)
  }

  // MARK: Captions, except for playlists and the MPD

  /// Answers a request for a file of a text rendition.
  func captions(
    _ exchange: any Exchange, _ track: CaptionTrack, _ file: MediaName, of served: ServedStream,
    since: MonotonicTime
  ) {
    guard let top = renditions.first else { return exchange.respond(.notFound) }
    if starting.hold(exchange, until: .window(top), of: renditions, since: since) { return }
    let (printed, form): (MediaName.Number, ServedCaptions.Form)
    switch file {
    case .text(let number): (printed, form) = (number, .text)
    case .segment(let number): (printed, form) = (number, .cmaf)
    case .header(let hash):
      let header = served.captions?.response(
        header: hash, of: track, served.window.segmentation)
      return exchange.respond(header ?? .notFound)
    case .part: return exchange.respond(.notFound)
    }
    guard let number = served.names.segment(printed) else { return exchange.respond(.notFound) }
    captions?.segment(number, as: form, of: track, exchange, since: since, now: now)
  }

  /// Answers a request for the cues of a text rendition, or holds it until there is a newer one.
  func cues(
    _ exchange: any Exchange, _ rendition: String, _ name: CueName, since: MonotonicTime
  ) {
    guard let served = open(exchange, since: since) else { return }
    guard let track = served.captions?.track(rendition) else { return exchange.respond(.notFound) }
    captions?.cues(of: track, after: name.revision, exchange, since: since)
  }

  // MARK: The viewer of a request

  /// The object of a request as a sign of its viewer; nil if it is none.
  func object(
    of target: RoutedTarget
  ) -> (object: ViewerRequest.Object, rendition: String?, segmentDuration: Interval)? {
    let object: ViewerRequest.Object
    var found: RenditionHandler?
    let isSwitched = target.rendition == SwitchedName.rendition
    let name = isSwitched ? nil : target.rendition
    switch target.kind {
    case .playlist where isChunked(target): object = .chunkedPlaylist
    case .playlist:
      let directives = try? target.directives.get()
      object = directives?.mediaSequenceNumber == nil ? .playlist : .lowLatency
      if case .lowLatency = object { found = rendition(name) }
    case .chunkedPlaylist: object = .chunkedPlaylist
    case .manifest: object = .manifest
    case .part:
      object = .lowLatency
      found = rendition(name)
    case .segment:
      found = rendition(name)
      guard case .segment(let number) = target.file else { return nil }
      let complete = found?.rendition.window.snapshot.segments.last?.number ?? .min
      let isComplete = (servedStream?.names.segment(number) ?? .min) <= complete
      object = isComplete ? .segment : .openSegment
    case .motionPictures: object = .motionPictures
    default: return nil
    }
    // Audio beside video is no choice of the viewer.
    let isShown = found.map { !$0.rendition.isAudio || renditions.first === $0 } ?? false
    let shown = isSwitched ? SwitchedName.rendition : found?.rendition.name
    return (object, isShown ? shown : nil, servedStream?.segmentDuration ?? .zero)
  }
}
