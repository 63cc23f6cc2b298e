// SPDX-License-Identifier: Apache-2.0

import Logging
import Media

extension FrameGridClock {
  /// The source that the audio thread reads; nil for the audio of an input.
  ///
  /// Call on that thread.
  func source(of configuration: StreamConfiguration, log: Log) -> (any LocalAudioSource)? {
    switch configuration.audio {
    case .none, .input: return nil
    case .tone:
      return configuration.audioSegmentation.map {
        ToneAudio(configuration.audioSettings, segmentation: $0, clock: self)
      }
    case .device(let name):
      return DeviceAudio(
        name, settings: configuration.audioSettings, stream: configuration.name, clock: self,
        log: log)
    }
  }
}
