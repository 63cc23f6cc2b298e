// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging
import Testing

@testable import Streams

extension StreamConfiguration {
  /// A configuration with one rendition and defaults.
  init(
    size: VideoSize, bitrateKilobits: Int = RenditionSettings.defaultBitrateKilobits,
    segmentation: Segmentation
  ) {
    self.init(
      renditions: RenditionSettings.ladder([(size, bitrateKilobits)]), segmentation: segmentation)
  }

  /// The last audio track, and a window for it.
  func audioOutput(retained: Int = 20) throws -> (output: AudioOutput, window: LiveWindow) {
    guard case .audio(let settings, let segmentation)? = tracks.last else {
      throw CancellationError()
    }
    let window = LiveWindow(
      segmentation: .audio(segmentation), playlistLength: 10, retained: retained)
    return (
      AudioOutput(
        settings: settings, segmentation: segmentation, sink: window, index: tracks.count - 1),
      window
    )
  }
}
