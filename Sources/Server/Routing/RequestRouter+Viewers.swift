// SPDX-License-Identifier: Apache-2.0

import HTTP
import Packaging
import Sharing
import Statistics
import Time

/// Requests for media as signs of viewers.
extension RequestRouter {
  /// Counts the client of a request for media as a viewer.
  func note(
    _ exchange: any Exchange, _ request: Request, _ target: RoutedTarget, _ report: CMCDReport?,
    _ grant: PlaybackGrant
  ) {
    if case .uploaded(let path) = target.route {
      guard target.content == .media else { return }
      let viewer = ViewerIdentity(request, tokenOwner: grant.tokenOwner, on: path.stream)
        .number(report)
      return note(exchange, request, viewer, .uploaded, path.stream, nil, .zero, report)
    }
    guard let handler = handler(target.stream), let use = handler.object(of: target) else { return }
    let stream = handler.stream.name
    let viewer = ViewerIdentity(request, tokenOwner: grant.tokenOwner, on: stream).number(report)
    var rendition = use.rendition
    if rendition == SwitchedName.rendition { rendition = handler.rendition(shownTo: viewer) }
    note(exchange, request, viewer, use.object, stream, rendition, use.segmentDuration, report)
  }

  private func note(
    _ exchange: any Exchange, _ request: Request, _ viewer: UInt64,
    _ object: ViewerRequest.Object, _ stream: String, _ rendition: String?,
    _ segmentDuration: Interval, _ report: CMCDReport?
  ) {
    let transport = viewers.began(
      exchange, request,
      ViewerRequest(
        viewer: viewer, object: object, rendition: rendition, segmentDuration: segmentDuration,
        report: report),
      on: stream, now: now)
    if let delay = report?.latencyMilliseconds, let transport {
      counters.withLock { $0.delays.observe(delay, transport) }
    }
  }
}
