// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import HTTP
import Media
import Packaging
import Sharing
import Statistics
import Time

/// Requests for media as signs of viewers.
extension RequestRouter {
  /// Counts the client of a request for media as a viewer.
  func note(
    _ exchange: any Exchange, _ target: RoutedTarget, _ report: CMCDReport?, _ grant: PlaybackGrant
  ) {
    func viewer(of stream: String) -> UInt64 {
      ViewerIdentity(exchange.request, tokenOwner: grant.tokenOwner, on: stream).number(report)
    }
    if case .uploaded(let path) = target.route {
      guard target.content == .media else { return }
      return note(
        exchange, viewer(of: path.stream), .uploaded, path.stream, nil, .zero, report)
    }
    guard let handler = handler(target.stream), let use = handler.object(of: target) else { return }
    let stream = handler.stream.name
    let viewer = viewer(of: stream)
    var rendition = use.rendition
    if rendition == SwitchedName.rendition { rendition = handler.rendition(shownTo: viewer) }
    note(exchange, viewer, use.object, stream, rendition, use.segmentDuration, report)
  }

  private func note(
    _ exchange: any Exchange, _ viewer: UInt64, _ object: ViewerRequest.Object, _ stream: String,
    _ rendition: String?, _ segmentDuration: Interval, _ report: CMCDReport?
  ) {
    let transport = viewers.began(
      exchange,
      ViewerRequest(
        viewer: viewer, object: object, rendition: rendition, segmentDuration: segmentDuration,
        report: report),
      on: stream, now: now)
    if let delay = report?.latencyMilliseconds, let transport {
      counters.withLock { $0.delays.observe(delay, transport) }
    }
  }
}

/// The viewer of a request, by the object that the request is for.
extension StreamHandler {
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
    let duration = servedStream?.window.segmentation.video.maximumSegmentDuration ?? .zero
    // Audio beside video is no choice of the viewer.
    let isShown = found.map { !$0.rendition.isAudio || renditions.first === $0 } ?? false
    let shown = isSwitched ? SwitchedName.rendition : found?.rendition.name
    return (object, isShown ? shown : nil, duration)
  }
}
