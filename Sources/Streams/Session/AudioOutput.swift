// SPDX-License-Identifier: Apache-2.0

import Media
import Packaging

/// An audio track of a session, the sink of its chunks, and coded audio on the way to it.
struct AudioOutput: Sendable {
  let settings: AudioTrackSettings
  let segmentation: AudioSegmentation
  let sink: any ChunkSink
  /// The number of the track.
  let index: Int
  /// Coded audio of a pulled input.
  let queue = AudioQueue()
}
