// SPDX-License-Identifier: Apache-2.0

import HLSPackager
import Media
import Packaging
import Time

/// The viewer of a request, by the object that the request is for.
extension StreamHandler {
  /// The object of a request as a sign of its viewer; nil if it is none.
  func object(
    of target: RoutedTarget
  ) -> (object: ViewerRequest.Object, rendition: String?, segmentDuration: Interval)? {
    let object: ViewerRequest.Object
    var found: RenditionHandler?
    var isSwitched = false
    switch target.route {
    case .playlist(_, nil, let depth) where isChunked(nil, depth): object = .chunkedPlaylist
    case .playlist(_, let name, _):
      let directives = try? target.directives.get()
      object = directives?.mediaSequenceNumber == nil ? .playlist : .lowLatency
      isSwitched = self.isSwitched(name)
      if case .lowLatency = object { found = rendition(isSwitched ? nil : name) }
    case .chunkedPlaylist: object = .chunkedPlaylist
    case .manifest: object = .manifest
    case .media(_, let name, _):
      isSwitched = self.isSwitched(name)
      found = rendition(isSwitched ? nil : name)
      switch target.file {
      case .part: object = .lowLatency
      case .segment(let number):
        let complete = found?.rendition.window.snapshot.segments.last?.number ?? .min
        let isComplete = (servedStream?.names.segment(number) ?? .min) <= complete
        object = isComplete ? .segment : .openSegment
      case .header, nil: return nil
      }
    default: return nil
    }
    let duration = servedStream?.window.segmentation.video.longestSegmentDuration ?? .zero
    // Audio beside video is no choice of the viewer.
    let isShown = found.map { !$0.rendition.isAudio || renditions.first === $0 } ?? false
    let name = isSwitched ? SwitchedRenditions.name : found?.rendition.name
    return (object, isShown ? name : nil, duration)
  }

  private func isSwitched(_ name: String?) -> Bool { name == SwitchedRenditions.name }
}
