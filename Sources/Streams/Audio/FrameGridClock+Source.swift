// SPDX-License-Identifier: Apache-2.0

import Logging
import Media

extension FrameGridClock {
  /// The source that the audio thread reads; nil for the audio of an input.
  ///
  /// Call on that thread.
  func source(of output: AudioOutput, stream: String, log: Log) -> (any LocalAudioSource)? {
    switch output.settings.source {
    case .input: nil
    case .tone:
      ToneAudio(output.settings.encoder, segmentation: output.segmentation, clock: self)
    case .device(let name):
      DeviceAudio(
        name, settings: output.settings.encoder, stream: stream, clock: self, log: log)
    }
  }
}
