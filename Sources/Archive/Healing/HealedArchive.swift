// SPDX-License-Identifier: Apache-2.0

import Media

/// The archive of one stream, as its healing needs it.
struct HealedArchive: Sendable {
  /// The name of the stream.
  let name: String
  let catalog: StreamCatalog
  /// The segmentations of the renditions that are written now.
  let segmentations: @Sendable () -> [String: TrackSegmentation]
  /// Gives an order to the writer's thread.
  let order: @Sendable (WriterOrder) -> Void
}
