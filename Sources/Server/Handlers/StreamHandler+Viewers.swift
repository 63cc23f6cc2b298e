// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import Statistics
import Time

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
