// SPDX-License-Identifier: Apache-2.0

import Media
import Sharing
import System

/// The archive of one stream, as its healing needs it.
struct HealedArchive: Sendable {
  /// The name of the stream.
  let name: String
  let catalog: StreamCatalog
  /// The segmentations of the renditions that are written now.
  let segmentations: @Sendable () -> [String: TrackSegmentation]
  /// Gives an order to the writer's thread.
  let order: @Sendable (WriterOrder) -> Void

  /// The segments of an hour file now; none without the file.
  func rows(of name: HourName, _ rendition: String) throws(SystemError) -> [SegmentRow] {
    let (open, summary) = catalog.read { state in
      let track = state.tracks[rendition]
      return (track?.open?.name == name ? track?.open : nil, track?.files[name])
    }
    guard let summary else { return open?.rows ?? [] }
    return try catalog.folder(of: rendition).segments(name, summary, hasFrames: false).map(\.row)
  }
}
